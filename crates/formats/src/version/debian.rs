//! Debian versions: `[epoch:]upstream[-revision]`, deb-version(7) and Debian Policy 5.6.12.

use std::cmp::Ordering;

use super::digits;

/// dpkg holds the epoch in an int.
const MAX_EPOCH: &str = "2147483647";

#[derive(Debug, Clone, Copy)]
pub(super) struct Debian<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
    pub(super) irregular: Option<&'static str>,
}

pub(super) fn parse(text: &str) -> Result<Debian<'_>, &'static str> {
    let text = text.trim();
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        return Err("white space inside");
    }
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, _)) if !digits::all(epoch) => return Err("the epoch is not a number"),
        Some((epoch, _)) if digits::compare(epoch, MAX_EPOCH).is_gt() => {
            return Err("the epoch is too large");
        }
        Some((_, "")) => return Err("nothing after the epoch"),
        Some((epoch, rest)) => (epoch, rest),
        None => ("", text),
    };
    let (upstream, revision) = match rest.rsplit_once('-') {
        Some((_, "")) => return Err("the revision is empty"),
        Some((upstream, revision)) => (upstream, revision),
        None => (rest, ""),
    };
    let mut irregular = None;
    if !upstream.bytes().next().is_some_and(|b| b.is_ascii_digit()) {
        irregular = Some("the upstream version does not start with a digit");
    }
    let upstream_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'~' | b':');
    let revision_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'~');
    if !upstream.bytes().all(upstream_ok) || !revision.bytes().all(revision_ok) {
        irregular = Some("characters that a Debian version does not have");
    }
    if upstream.is_empty() {
        return Err("the upstream version is empty");
    }
    Ok(Debian { epoch, upstream, revision, irregular })
}

pub(super) fn compare(a: &Debian<'_>, b: &Debian<'_>) -> Ordering {
    digits::compare(a.epoch, b.epoch)
        .then_with(|| compare_part(a.upstream, b.upstream))
        .then_with(|| compare_part(a.revision, b.revision))
}

/// Runs of other characters and runs of digits in turn; an absent run of digits is zero.
fn compare_part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (x, rest_a) = digits::split_while(a, |byte| !byte.is_ascii_digit());
        let (y, rest_b) = digits::split_while(b, |byte| !byte.is_ascii_digit());
        let order = compare_text(x.as_bytes(), y.as_bytes());
        if order.is_ne() {
            return order;
        }
        let (x, rest_a) = digits::split(rest_a);
        let (y, rest_b) = digits::split(rest_b);
        let order = digits::compare(x, y);
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

/// `~` before the end, the end before letters, letters before all else.
fn compare_text(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(&byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(&byte) => i32::from(byte) + 256,
    };
    let longest = a.len().max(b.len());
    (0..longest)
        .map(|i| weight(a.get(i)).cmp(&weight(b.get(i))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
