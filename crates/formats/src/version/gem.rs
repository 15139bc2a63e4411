//! RubyGems versions: segments of digits or letters, a segment of letters making a pre-release (`Gem::Version`).
//!
//! Reading splits into segments and keeps them, so that comparing allocates nothing.

use std::cmp::Ordering;

use super::digits;

/// Most segments of one version; longer ones are refused.
const MAX_SEGMENTS: usize = 256;

#[derive(Debug, Clone)]
pub(super) struct Gem {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Word(String),
    Number(String),
}

impl Segment {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(number) if number.bytes().all(|b| b == b'0'))
    }
}

pub(super) fn parse(text: &str) -> Result<Gem, &'static str> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("it does not start with a digit");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) {
        return Err("characters other than letters, digits, '.' and '-'");
    }
    let mut segments: Vec<Segment> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        if segments.len() == MAX_SEGMENTS {
            return Err("more than 256 parts");
        }
        let tail = match first {
            b'.' => rest.get(1..),
            b'-' => {
                segments.push(Segment::Word("pre".to_owned()));
                rest.get(1..)
            }
            b'0'..=b'9' => {
                let (number, tail) = digits::split(rest);
                segments.push(Segment::Number(number.to_owned()));
                Some(tail)
            }
            _ => {
                let (word, tail) = digits::split_while(rest, |b| b.is_ascii_alphabetic());
                segments.push(Segment::Word(word.to_owned()));
                Some(tail)
            }
        };
        rest = tail.unwrap_or("");
    }
    // Zeros at the end of the numbers in front, and at the end of all, do not count.
    let head =
        segments.iter().position(|segment| matches!(segment, Segment::Word(_))).unwrap_or(segments.len());
    let mut tail = segments.split_off(head);
    for part in [&mut segments, &mut tail] {
        while part.last().is_some_and(Segment::is_zero) {
            part.pop();
        }
    }
    segments.append(&mut tail);
    Ok(Gem { segments })
}

pub(super) fn compare(a: &Gem, b: &Gem) -> Ordering {
    let zero = Segment::Number(String::new());
    let longest = a.segments.len().max(b.segments.len());
    for i in 0..longest {
        let (x, y) = (a.segments.get(i).unwrap_or(&zero), b.segments.get(i).unwrap_or(&zero));
        let order = match (x, y) {
            (Segment::Number(x), Segment::Number(y)) => digits::compare(x, y),
            (Segment::Word(x), Segment::Word(y)) => x.cmp(y),
            (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
            (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
