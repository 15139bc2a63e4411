//! The range notation of GitLab's advisory database: alternatives with `||`, comparators with spaces or commas, the
//! same for every ecosystem. Partial versions are filled up, not widened: `<=3.3` means `<=3.3.0`.

use super::{Constraint, native};
use crate::version::{Scheme, Version, pep440_normal};

pub(super) fn alternatives(
    scheme: Scheme,
    text: &str,
) -> Result<Vec<Vec<Constraint>>, (String, &'static str)> {
    let mut alternatives = native::simple(text)?;
    for constraint in alternatives.iter_mut().flatten() {
        let whole = match scheme {
            Scheme::Pypi => pep440_normal(&constraint.version),
            Scheme::Npm | Scheme::Golang | Scheme::Cargo | Scheme::Semver => fill_up(&constraint.version),
            _ => Some(constraint.version.clone()),
        };
        let Some(whole) = whole.filter(|whole| Version::parse(scheme, whole).is_ok()) else {
            return Err((constraint.version.clone(), "not a version of this ecosystem"));
        };
        constraint.version = whole;
    }
    Ok(alternatives)
}

/// At least three numbers without leading zeros, then what came after them as pre-release or build; `None` when letters
/// follow a dot or a fourth number: Semantic Versioning could only hold them where they have no part in the order.
fn fill_up(version: &str) -> Option<String> {
    let mut rest = version.strip_prefix('v').unwrap_or(version);
    let mut numbers = Vec::with_capacity(4);
    loop {
        let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        if number.is_empty() {
            return None;
        }
        let number = number.trim_start_matches('0');
        numbers.push(if number.is_empty() { "0" } else { number });
        let Some(tail) = tail.strip_prefix('.') else {
            rest = tail;
            break;
        };
        rest = tail;
    }
    if numbers.len() > 3 && rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    while numbers.len() < 3 {
        numbers.push("0");
    }
    let hyphen = if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) { "-" } else { "" };
    Some(format!("{}{hyphen}{rest}", numbers.join(".")))
}
