//! OpenSSL versions: three numbers and patch letters before 3.0 (`1.0.2zb`), three numbers since, each with an
//! optional pre-release (OpenSSL's release strategy).
//!
//! `-dev` and `-pre…` lead up to the version they name, so they sort before it; `-cvs` was a snapshot taken after it;
//! `-fips` names a way of building the same version. Another suffix is somebody's own build: it has no order with other
//! builds of the same version, and the plain order with all else.

use std::cmp::Ordering;

use super::{digits, semver::take_core};

#[derive(Debug, Clone, Copy)]
pub(super) struct Openssl<'a> {
    core: &'a str,
    letters: &'a str,
    stage: Stage,
    number: &'a str,
    /// A suffix that OpenSSL does not use.
    foreign: &'a str,
    pub(super) irregular: Option<&'static str>,
}

/// In ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Dev,
    Alpha,
    Beta,
    Pre,
    Candidate,
    Release,
    After,
    Foreign,
}

pub(super) fn parse(text: &str) -> Result<Openssl<'_>, &'static str> {
    let mut irregular = None;
    let mut rest = text.trim();
    if let Some(tail) = rest.strip_prefix(['v', 'V']) {
        irregular = Some("leading v");
        rest = tail;
    }
    let (core, rest) = take_core(rest);
    let numbers = core.split('.').count();
    if core.is_empty() || numbers > 3 {
        return Err("not two or three numbers in front");
    }
    if numbers < 3 {
        irregular = Some("not three numbers");
    }
    let (letters, rest) = digits::split_while(rest, |b| b.is_ascii_lowercase());
    let first = core.split('.').next().unwrap_or("");
    if !letters.is_empty() && digits::compare(first, "3").is_ge() {
        return Err("patch letters after version 3");
    }
    let (rest, build) = rest.split_once('+').map_or((rest, None), |(rest, build)| (rest, Some(build)));
    if build.is_some() {
        irregular = Some("build metadata, which has no part in the order");
    }
    let mut foreign = "";
    let (stage, number) = match rest.strip_prefix('-') {
        None if rest.is_empty() => (Stage::Release, ""),
        None => return Err("neither letters nor a pre-release after the numbers"),
        Some(suffix) => {
            let (word, number) = digits::split_while(suffix, |b| b.is_ascii_alphabetic());
            let shaped = number.is_empty() || digits::all(number);
            let stage = match word {
                _ if !shaped => Stage::Foreign,
                "dev" => Stage::Dev,
                "alpha" => Stage::Alpha,
                "beta" => Stage::Beta,
                "pre" => Stage::Pre,
                "rc" => Stage::Candidate,
                "cvs" => Stage::After,
                "fips" => {
                    irregular = Some("a build flavour, which has no part in the order");
                    Stage::Release
                }
                _ => Stage::Foreign,
            };
            if stage == Stage::Foreign {
                irregular = Some("a suffix that OpenSSL does not use");
                foreign = suffix;
            }
            (stage, number)
        }
    };
    Ok(Openssl { core, letters, stage, number, foreign, irregular })
}

pub(super) fn compare(a: &Openssl<'_>, b: &Openssl<'_>) -> Option<Ordering> {
    // Letters compare as text: z before za before zb.
    let order = digits::compare_dotted(a.core, b.core).then_with(|| a.letters.cmp(b.letters));
    if order.is_eq() && (a.stage == Stage::Foreign || b.stage == Stage::Foreign) {
        return if a.foreign == b.foreign && a.stage == b.stage { Some(Ordering::Equal) } else { None };
    }
    Some(order.then_with(|| a.stage.cmp(&b.stage)).then_with(|| digits::compare(a.number, b.number)))
}
