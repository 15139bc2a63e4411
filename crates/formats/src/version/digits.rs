//! Decimal numbers of any length, compared as text.

use std::cmp::Ordering;

/// Numerical order of two digit strings; empty counts as zero. Linear in their length, no limit of size.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let a = a.trim_start_matches('0');
    let b = b.trim_start_matches('0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Splits off the leading ASCII digits.
pub(super) fn split(text: &str) -> (&str, &str) {
    split_while(text, |b| b.is_ascii_digit())
}

/// Splits off the leading bytes that satisfy `keep`, which must hold for ASCII only.
pub(super) fn split_while(text: &str, keep: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|b| !keep(b)).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether all bytes are ASCII digits, and there is one.
pub(super) fn all(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Numerical order of two dotted lists of numbers, the shorter one filled up with zeros.
pub(super) fn compare_dotted(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = (left.next(), right.next());
        if x.is_none() && y.is_none() {
            return Ordering::Equal;
        }
        let order = compare(x.unwrap_or(""), y.unwrap_or(""));
        if order.is_ne() {
            return order;
        }
    }
}
