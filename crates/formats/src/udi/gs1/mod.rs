//! GS1: element strings with brackets or separators, Digital Links, scan data. Strict here: each function answers for
//! exactly what the specifications allow, with the place where something else stands. [`super::parse`] is lenient.
//!
//! Not here: whether identifiers go together, keys of members (company prefixes), code lists of countries and currencies.

mod check;
pub mod link;
pub mod scan;
pub mod table;

use table::Ai;

/// What separates elements of variable length in a message; FNC1 of the symbology.
pub const SEPARATOR: char = '\u{1d}';
/// Longest message, in bytes: the largest symbols hold less.
pub const MAX_MESSAGE: usize = 8_192;

/// What is wrong with an element string, a link or scan data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Error {
    /// Longer than any symbol.
    #[error("longer than {MAX_MESSAGE} bytes")]
    TooLong,
    /// It does not have the form at all.
    #[error("{0}")]
    Form(&'static str),
    /// No identifier stands there.
    #[error("at byte {at}: no application identifier begins with `{text}`")]
    NoIdentifier {
        /// Where.
        at: usize,
        /// What stands there.
        text: String,
    },
    /// The value of an identifier is not what it must be.
    #[error("({ai}): {problem}")]
    Value {
        /// The identifier.
        ai: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// An identifier is not allowed where it stands.
    #[error("({ai}) may not stand there: {problem}")]
    Place {
        /// The identifier.
        ai: String,
        /// Why.
        problem: &'static str,
    },
}

/// An identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The digits of the identifier.
    pub ai: String,
    /// The value.
    pub value: String,
}

impl Element {
    fn new(ai: &str, value: &str) -> Self {
        Self { ai: ai.to_owned(), value: value.to_owned() }
    }

    /// Whether a separator must follow unless it is the last one.
    fn predefined(&self) -> bool {
        table::find(&self.ai).is_some_and(|ai| ai.predefined)
    }
}

/// Whether a value is one of this identifier's.
///
/// # Errors
/// What is wrong with it.
pub fn validate(ai: &Ai, value: &str) -> Result<(), Gs1Error> {
    check::value(ai, value).map_err(|problem| Gs1Error::Value { ai: ai.code.clone(), problem })
}

/// Splits an element string in brackets as people read it, `(01)…(21)…`, without looking at the values. A bracket in a
/// value is written `\(`.
///
/// # Errors
/// It does not begin with a bracket, or what stands in one is no number of two to four digits.
pub fn split_bracketed(text: &str) -> Result<Vec<Element>, Gs1Error> {
    if text.len() > MAX_MESSAGE {
        return Err(Gs1Error::TooLong);
    }
    let mut rest =
        text.strip_prefix('(').ok_or(Gs1Error::Form("an element string in brackets begins with ("))?;
    let mut elements = Vec::new();
    loop {
        let (ai, value) = rest.split_once(')').ok_or(Gs1Error::Form("a bracket is not closed"))?;
        if !(2..=4).contains(&ai.len()) || !ai.bytes().all(|b| b.is_ascii_digit()) {
            let text = ai.chars().take(8).collect();
            return Err(Gs1Error::NoIdentifier { at: text_at(rest, ai), text });
        }
        let (value, next) = until_bracket(value);
        elements.push(Element { ai: ai.to_owned(), value });
        match next {
            Some(next) => rest = next,
            None => return Ok(elements),
        }
    }
}

fn text_at(whole: &str, part: &str) -> usize {
    whole.find(part).unwrap_or(0)
}

/// A value up to the next bracket that is not escaped, and what follows that bracket.
fn until_bracket(text: &str) -> (String, Option<&str>) {
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        match before.strip_suffix('\\') {
            Some(before) => {
                value.push_str(before);
                value.push('(');
                rest = after;
            }
            None => {
                value.push_str(before);
                return (value, Some(after));
            }
        }
    }
    value.push_str(rest);
    (value, None)
}

/// Reads an element string in brackets. With `unknown`, identifiers that nobody assigned are taken as they are.
///
/// # Errors
/// The first thing that is wrong.
pub fn bracketed(text: &str, unknown: bool) -> Result<Vec<Element>, Gs1Error> {
    let elements = split_bracketed(text)?;
    for element in &elements {
        match table::find(&element.ai) {
            Some(ai) => validate(ai, &element.value)?,
            None if unknown && table::leading(&element.ai).is_none() => check::unknown(element)?,
            None => return Err(Gs1Error::NoIdentifier { at: 0, text: element.ai.clone() }),
        }
    }
    Ok(elements)
}

/// Reads a message with separators, of which the first stands before everything (as [`compose`] writes it).
///
/// # Errors
/// The first thing that is wrong.
pub fn message(text: &str, separator: char) -> Result<Vec<Element>, Gs1Error> {
    if text.len() > MAX_MESSAGE {
        return Err(Gs1Error::TooLong);
    }
    let mut rest = text.strip_prefix(separator).ok_or(Gs1Error::Form("a message begins with a separator"))?;
    if rest.is_empty() {
        return Err(Gs1Error::Form("the message is empty"));
    }
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (element, next) = first(rest, separator, text.len() - rest.len())?;
        let ai = table::find(&element.ai);
        ai.map_or(Ok(()), |ai| validate(ai, &element.value))?;
        elements.push(element);
        rest = next;
    }
    Ok(elements)
}

/// The first element of a message without looking into its value, and the rest. A separator after a predefined length is
/// too much and is passed over.
///
/// # Errors
/// No identifier stands there, or the message ends within a predefined length.
pub fn first(text: &str, separator: char, at: usize) -> Result<(Element, &str), Gs1Error> {
    let Some(ai) = table::leading(text) else {
        return Err(Gs1Error::NoIdentifier { at, text: text.chars().take(4).collect() });
    };
    let value = text.get(ai.code.len()..).unwrap_or_default();
    let end = value.find(separator).unwrap_or(value.len());
    let end = if ai.predefined {
        let length = ai.parts.iter().map(|p| p.max).sum();
        if end < length || !value.is_char_boundary(length) {
            return Err(Gs1Error::Value { ai: ai.code.clone(), problem: "it ends too early" });
        }
        length
    } else {
        end
    };
    let (value, rest) = value.split_at(end);
    Ok((Element::new(&ai.code, value), rest.strip_prefix(separator).unwrap_or(rest)))
}

/// Writes elements as a message: a separator before everything, and after each element of variable length but the last.
#[must_use]
pub fn compose(elements: &[Element], separator: char) -> String {
    let mut out = String::new();
    let mut open = true;
    for element in elements {
        if open {
            out.push(separator);
        }
        out.push_str(&element.ai);
        out.push_str(&element.value);
        open = !element.predefined();
    }
    out
}

/// Writes elements in brackets.
#[must_use]
pub fn brackets(elements: &[Element]) -> String {
    elements.iter().map(|e| format!("({}){}", e.ai, e.value.replace('(', "\\("))).collect()
}
