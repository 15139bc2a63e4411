//! Order of the versions that a maker gives to its own items: runs of digits by their number, everything else by its
//! characters, a pre-release (`-rc1`) before what it leads to, build data (`+…`) last.
//!
//! Not here: the schemes of foreign components (the version schemes of `formats`).

use std::cmp::Ordering;

/// Which of two versions is the older one. A total order; versions it holds equal, such as `1.0` and `1.00`, are told
/// apart by their characters.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let ((a1, pre_a), (b1, pre_b)) = (split(a), split(b));
    let core = runs(a1, b1);
    let pre = match (pre_a, pre_b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(x), Some(y)) => runs(x, y),
    };
    core.then(pre).then_with(|| a.cmp(b))
}

/// Core and pre-release, without a leading `v` and without build data.
fn split(version: &str) -> (&str, Option<&str>) {
    let version = version.split_once('+').map_or(version, |(v, _)| v);
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    version.split_once('-').map_or((version, None), |(core, pre)| (core, Some(pre)))
}

fn runs(mut a: &str, mut b: &str) -> Ordering {
    loop {
        match (a.is_empty(), b.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let ((x, rest_a), (y, rest_b)) = (run(a), run(b));
        let digits = |s: &str| s.starts_with(|c: char| c.is_ascii_digit());
        let order = match (digits(x), digits(y)) {
            (true, true) => number(x).len().cmp(&number(y).len()).then_with(|| number(x).cmp(number(y))),
            _ => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The first run of digits or of other characters, and what follows it.
fn run(s: &str) -> (&str, &str) {
    let digit = s.starts_with(|c: char| c.is_ascii_digit());
    let end = s.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(s.len());
    s.split_at_checked(end).unwrap_or((s, ""))
}

fn number(digits: &str) -> &str {
    digits.trim_start_matches('0')
}
