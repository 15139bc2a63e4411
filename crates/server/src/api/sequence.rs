//! CBOR sequences (RFC 8742): one item after the other, without anything around them. Finds where items end and nothing
//! else; whether an item is an entry is for `evidence` to say.

use evidence::cbor::{Malformed, Reason};

/// The items of a sequence, and what is wrong with the rest of it, if anything is.
#[derive(Debug)]
pub struct Split<'a> {
    /// Whole items.
    pub items: Vec<&'a [u8]>,
    /// Where and why no further item could be found. What follows cannot be told apart from it.
    pub tail: Option<Malformed>,
}

/// Splits a sequence into at most `limit` items; `None` if it has more. Linear in the input, and no recursion.
#[must_use]
pub fn split(input: &[u8], limit: usize) -> Option<Split<'_>> {
    let (mut items, mut rest, mut at) = (Vec::new(), input, 0);
    while !rest.is_empty() {
        if items.len() >= limit {
            return None;
        }
        let cut = item_length(rest).map(|length| rest.split_at_checked(length));
        match cut {
            Ok(Some((item, after))) => {
                items.push(item);
                at += item.len();
                rest = after;
            }
            Ok(None) => {
                return Some(Split { items, tail: Some(Malformed { at, reason: Reason::Truncated }) });
            }
            Err(reason) => return Some(Split { items, tail: Some(Malformed { at, reason }) }),
        }
    }
    Some(Split { items, tail: None })
}

/// Length of the first item of `input`, which may be more than there is.
fn item_length(input: &[u8]) -> Result<usize, Reason> {
    let (mut at, mut pending) = (0usize, 1u64);
    // Each round reads a head of at least one byte, so there are at most as many rounds as bytes.
    while pending > 0 {
        pending -= 1;
        let first = *input.get(at).ok_or(Reason::Truncated)?;
        at += 1;
        let extra = match first & 31 {
            0..=23 => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Err(Reason::Indefinite),
            _ => return Err(Reason::Unsupported),
        };
        let raw = input.get(at..at + extra).ok_or(Reason::Truncated)?;
        at += extra;
        let argument = raw.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let argument = if extra == 0 { u64::from(first & 31) } else { argument };
        let (bytes, items) = match first >> 5 {
            2 | 3 => (argument, 0),
            4 => (0, argument),
            5 => (0, argument.checked_mul(2).ok_or(Reason::Truncated)?),
            6 => (0, 1),
            _ => (0, 0),
        };
        at = usize::try_from(bytes).ok().and_then(|n| at.checked_add(n)).ok_or(Reason::Truncated)?;
        pending = pending.checked_add(items).ok_or(Reason::Truncated)?;
        // Every pending item takes at least a byte.
        if at > input.len() || pending > (input.len() - at) as u64 {
            return Err(Reason::Truncated);
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests;
