//! RPM versions: `[epoch:]version[-release]`, each part by rpmvercmp (rpm-version(7)).
//!
//! A missing release sorts before any release, as OSV orders it: who knows only `1.2` is told about fixes in `1.2-5`.

use std::cmp::Ordering;

use super::digits;

#[derive(Debug, Clone, Copy)]
pub(super) struct Rpm<'a> {
    epoch: &'a str,
    version: &'a str,
    release: Option<&'a str>,
    pub(super) irregular: Option<&'static str>,
}

pub(super) fn parse(text: &str) -> Result<Rpm<'_>, &'static str> {
    let text = text.trim();
    // A colon ends an epoch only after digits; module builds have colons elsewhere.
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        _ => ("", text),
    };
    let (version, release) = match rest.rsplit_once('-') {
        Some((version, release)) => (version, Some(release)),
        None => (rest, None),
    };
    let known = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'%' | b'{' | b'}' | b'~' | b'^')
    };
    let regular = !version.is_empty()
        && release != Some("")
        && version.bytes().chain(release.unwrap_or("").bytes()).all(known);
    let irregular =
        if regular { None } else { Some("characters that an RPM version does not have, or a part missing") };
    Ok(Rpm { epoch, version, release, irregular })
}

pub(super) fn compare(a: &Rpm<'_>, b: &Rpm<'_>) -> Ordering {
    digits::compare(a.epoch, b.epoch).then_with(|| rpmvercmp(a.version, b.version)).then_with(|| {
        match (a.release, b.release) {
            (Some(x), Some(y)) => rpmvercmp(x, y),
            (x, y) => x.is_some().cmp(&y.is_some()),
        }
    })
}

/// Segments of digits or letters, separators ignored; `~` before the end, `^` after the end and before all else.
pub(super) fn rpmvercmp(mut a: &str, mut b: &str) -> Ordering {
    let separator = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'~' && byte != b'^';
    loop {
        a = skip(a, separator);
        b = skip(b, separator);
        match (a.strip_prefix('~'), b.strip_prefix('~')) {
            (Some(x), Some(y)) => {
                (a, b) = (x, y);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (a.strip_prefix('^'), b.strip_prefix('^')) {
            (Some(x), Some(y)) => {
                (a, b) = (x, y);
                continue;
            }
            (Some(_), None) => return if b.is_empty() { Ordering::Greater } else { Ordering::Less },
            (None, Some(_)) => return if a.is_empty() { Ordering::Less } else { Ordering::Greater },
            (None, None) => {}
        }
        if a.is_empty() || b.is_empty() {
            return (!a.is_empty()).cmp(&!b.is_empty());
        }
        let digit = |text: &str| text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let order = match (digit(a), digit(b)) {
            (true, true) => {
                let (x, rest_a) = digits::split(a);
                let (y, rest_b) = digits::split(b);
                (a, b) = (rest_a, rest_b);
                digits::compare(x, y)
            }
            (false, false) => {
                let (x, rest_a) = digits::split_while(a, |byte| byte.is_ascii_alphabetic());
                let (y, rest_b) = digits::split_while(b, |byte| byte.is_ascii_alphabetic());
                (a, b) = (rest_a, rest_b);
                x.cmp(y)
            }
            // A number is newer than a word.
            (digit_a, digit_b) => return digit_a.cmp(&digit_b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Drops leading bytes that satisfy `drop`; bytes beyond ASCII always do, so the cut is at a character.
fn skip(text: &str, drop: impl Fn(u8) -> bool) -> &str {
    let start = text.bytes().position(|b| !drop(b)).unwrap_or(text.len());
    text.get(start..).unwrap_or("")
}
