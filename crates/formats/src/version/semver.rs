//! Semantic Versioning 2.0 and its dialects: npm, Cargo, Go modules, NuGet.
//!
//! Tolerated besides the grammar, because published versions need it and the ecosystem's tools order them: a leading
//! `v`, fewer or more than three numbers (missing ones count as zero), leading zeros, a pre-release without its hyphen.

use std::cmp::Ordering;

use super::{Scheme, digits};

/// npm refuses longer versions (node-semver, `MAX_LENGTH`).
const NPM_MAX_LEN: usize = 256;
/// npm refuses larger numbers: 2^53 - 1 (node-semver, `MAX_SAFE_INTEGER`).
const NPM_MAX_NUMBER: &str = "9007199254740991";
/// Cargo holds each number in 64 bits.
const CARGO_MAX_NUMBER: &str = "18446744073709551615";

/// A version taken apart. Build metadata has no part in the order and is not kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Semver<'a> {
    /// Numbers with dots between, at least one.
    core: &'a str,
    /// Identifiers with dots between; empty for a release.
    pre: &'a str,
    /// Identifiers compare without regard to case.
    fold_case: bool,
    pub(super) irregular: Option<&'static str>,
}

pub(super) fn parse(text: &str, scheme: Scheme) -> Result<Semver<'_>, &'static str> {
    if scheme == Scheme::Npm && text.len() > NPM_MAX_LEN {
        return Err("npm takes at most 256 characters");
    }
    let mut irregular = None;
    let mut rest = text.trim();
    if rest.len() != text.len() {
        irregular = Some("white space around it");
    }
    if scheme == Scheme::Npm
        && let Some(tail) = rest.strip_prefix('=')
    {
        irregular = Some("equals sign in front");
        rest = tail.trim_start();
    }
    if let Some(tail) = rest.strip_prefix(['v', 'V']) {
        if scheme != Scheme::Golang || rest.starts_with('V') {
            irregular = Some("leading v");
        }
        rest = if scheme == Scheme::Npm { tail.trim_start() } else { tail };
    } else if scheme == Scheme::Golang
        && let Some(tail) = rest.strip_prefix("go")
    {
        irregular = Some("toolchain version");
        rest = tail;
    }

    let (core, rest) = take_core(rest);
    if core.is_empty() {
        return Err("no number in front");
    }
    let limit = match scheme {
        Scheme::Npm => Some(NPM_MAX_NUMBER),
        Scheme::Cargo => Some(CARGO_MAX_NUMBER),
        _ => None,
    };
    let mut numbers = 0_usize;
    for number in core.split('.') {
        numbers += 1;
        if limit.is_some_and(|limit| digits::compare(number, limit).is_gt()) {
            return Err("a number is too large for the scheme");
        }
        if number.len() > 1 && number.starts_with('0') {
            irregular = Some("leading zero");
        }
    }
    if numbers != 3 && !(scheme == Scheme::Nuget && numbers <= 4) {
        irregular = Some("not three numbers");
    }

    let (pre, build) = match rest.split_once('+') {
        Some((pre, build)) => (pre, Some(build)),
        None => (rest, None),
    };
    if let Some(build) = build
        && !identifiers(build)
    {
        return Err("build metadata is dot-separated letters, digits and hyphens");
    }
    let pre = match pre.strip_prefix('-') {
        Some(pre) => {
            if !identifiers(pre) {
                return Err("a pre-release is dot-separated letters, digits and hyphens");
            }
            pre
        }
        None if pre.is_empty() => pre,
        None if pre.starts_with(|c: char| c.is_ascii_alphabetic()) && identifiers(pre) => {
            irregular = Some("no hyphen before the pre-release");
            pre
        }
        None => return Err("neither a pre-release nor build metadata after the numbers"),
    };
    if pre.split('.').any(|id| id.len() > 1 && id.starts_with('0') && digits::all(id)) {
        irregular = Some("leading zero");
    }
    Ok(Semver { core, pre, fold_case: scheme == Scheme::Nuget, irregular })
}

/// Splits off numbers with single dots between; a dot that no digit follows is left in the rest.
pub(super) fn take_core(text: &str) -> (&str, &str) {
    let mut end = 0;
    loop {
        let tail = text.get(end..).unwrap_or("");
        let after_dot = if end == 0 { Some(tail) } else { tail.strip_prefix('.') };
        let Some(after_dot) = after_dot else { break };
        let number = digits::split(after_dot).0;
        if number.is_empty() {
            break;
        }
        end = text.len() - after_dot.len() + number.len();
    }
    text.split_at(end)
}

fn identifiers(text: &str) -> bool {
    text.split('.').all(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

pub(super) fn compare(a: &Semver<'_>, b: &Semver<'_>) -> Ordering {
    digits::compare_dotted(a.core, b.core).then_with(|| match (a.pre.is_empty(), b.pre.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_pre(a.pre, b.pre, a.fold_case),
    })
}

/// Semantic Versioning 2.0, clause 11.4.
fn compare_pre(a: &str, b: &str, fold_case: bool) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let order = match (digits::all(x), digits::all(y)) {
            (true, true) => digits::compare(x, y),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) if fold_case => {
                x.bytes().map(|b| b.to_ascii_lowercase()).cmp(y.bytes().map(|b| b.to_ascii_lowercase()))
            }
            (false, false) => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
    }
}
