//! Whether a value is one of its identifier's: characters, lengths, and what must hold for the parts.

use super::table::{Ai, Check, Kind, Part};
use super::{Element, Gs1Error};
use crate::udi::check::{gs1_holds, gs1_pair_holds};
use crate::udi::date;

pub(super) fn value(ai: &Ai, value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("it has no value");
    }
    if !value.is_ascii() {
        return Err("a character that GS1 does not have");
    }
    let mut rest = value;
    for part in &ai.parts {
        if rest.is_empty() && part.optional {
            break;
        }
        let (taken, left) = rest.split_at(rest.len().min(part.max));
        if taken.len() < part.min {
            return Err("it is too short");
        }
        one(part, taken)?;
        rest = left;
    }
    if rest.is_empty() { Ok(()) } else { Err("it is too long") }
}

fn one(part: &Part, text: &str) -> Result<(), &'static str> {
    if !text.bytes().all(|b| holds(part.kind, b)) {
        return Err(match part.kind {
            Kind::Digits => "a character that is no digit",
            _ => "a character that GS1 does not have there",
        });
    }
    let number = |from: usize, to: usize| text.get(from..to).and_then(|d| d.parse::<u32>().ok());
    let zero = text.bytes().all(|b| b == b'0');
    let fine = match part.check {
        Check::None => true,
        Check::Digit if !gs1_holds(text) => return Err("its check digit is wrong"),
        Check::Pair if !gs1_pair_holds(text) => return Err("its check characters are wrong"),
        Check::Digit | Check::Pair => true,
        Check::MonthDate => date::yymmdd(text).is_some_and(|d| d.month > 0),
        Check::Date => date::yymmdd(text).is_some_and(|d| d.month > 0 && d.day.is_some()),
        Check::LongDate => date::yyyymmdd(text).is_some(),
        Check::Time => number(0, 2).is_some_and(|h| h < 24) && number(2, 4).is_some_and(|m| m < 60),
        Check::Zero => zero,
        Check::NotZero => !zero,
        Check::Piece => match (number(0, 2), number(2, 4)) {
            (Some(piece), Some(of)) => piece > 0 && piece <= of,
            _ => false,
        },
    };
    if fine { Ok(()) } else { Err("it is no such value") }
}

fn holds(kind: Kind, b: u8) -> bool {
    match kind {
        Kind::Digits => b.is_ascii_digit(),
        Kind::Text => b.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&b),
        Kind::Upper => b.is_ascii_uppercase() || b.is_ascii_digit() || b"#-/".contains(&b),
        Kind::Base64 => b.is_ascii_alphanumeric() || b"-_=".contains(&b),
    }
}

/// The value of an identifier that nobody assigned: text of any kind.
pub(super) fn unknown(element: &Element) -> Result<(), Gs1Error> {
    let fine = !element.value.is_empty() && element.value.len() <= 90;
    let fine = fine && element.value.bytes().all(|b| holds(Kind::Text, b));
    let problem = "it is no text of up to 90 characters";
    if fine { Ok(()) } else { Err(Gs1Error::Value { ai: element.ai.clone(), problem }) }
}
