//! The `vers` notation: `vers:scheme/constraint|constraint`, and its percent-encoding.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::{Body, Comparator, Constraint, Error, MAX_CONSTRAINTS, MAX_LEN, Vers, cells, cells::Cells};
use crate::purl::decode;
use crate::version::{Scheme, Version};

const SPACE: &str = "whitespace is not permitted";

pub(super) fn canonical(text: &str) -> Result<Vers, Error> {
    let refuse = |reason| Err(Error::NotCanonical { reason });
    if text.contains(char::is_whitespace) {
        return refuse(SPACE);
    }
    let (name, body) = split(text)?;
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        return refuse("the scheme is written in lower case");
    }
    if body.starts_with('|') || body.ends_with('|') || body.contains("||") {
        return refuse("leading, trailing or consecutive pipes are not permitted");
    }
    let vers = build(name, body)?;
    let Body::Some { constraints, cells } = &vers.body else { return Ok(vers) };
    if vers.scheme() == Some(Scheme::Datetime) {
        for constraint in constraints {
            Version::parse(Scheme::Datetime, &constraint.version).map_err(Error::Version)?;
        }
    }
    if vers.to_string() != text {
        return refuse("constraints are not sorted by version, or percent-encoding is not canonical");
    }
    // One constraint needs no order; with more, an order that cannot be found is not canonical either.
    match cells {
        Ok(cells) if cells.boundaries() < constraints.len() => refuse("a version stands twice"),
        Err(reason) if constraints.len() > 1 => Err(reason.clone()),
        _ => Ok(vers),
    }
}

pub(super) fn tolerant(text: &str) -> Result<Vers, Error> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (name, body) = split(&compact)?;
    build(&name.to_ascii_lowercase(), body)
}

/// A range in its stored form: no bound on its length, since native ranges may be longer than a `vers` string.
pub(super) fn stored(text: &str) -> Result<Vers, Error> {
    let Some((name, body)) = text.split_once('/') else {
        return Err(Error::Shape { reason: "no '/' after the scheme" });
    };
    let (body, stored) = body.split_once('#').map_or((body, None), |(body, cells)| (body, Some(cells)));
    if body.is_empty() {
        return Ok(Vers { name: name.to_owned(), body: Body::None });
    }
    let mut vers = build(name, body)?;
    if let (Some(stored), Body::Some { cells, .. }) = (stored, &mut vers.body) {
        *cells = Ok(stored_cells(stored).ok_or(Error::Shape { reason: "not the cells of a range" })?);
    }
    Ok(vers)
}

/// Cells as they are stored: a digit a cell, then each boundary after a bar.
pub(super) struct Stored<'a>(pub(super) &'a Cells);

impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (boundaries, inside) = self.0.parts();
        inside.iter().try_for_each(|cell| f.write_char(if *cell { '1' } else { '0' }))?;
        boundaries.iter().try_for_each(|boundary| {
            f.write_char('|')?;
            write_version(f, boundary)
        })
    }
}

fn stored_cells(text: &str) -> Option<Cells> {
    let mut parts = text.split('|');
    let cell = |c: char| match c {
        '0' => Some(false),
        '1' => Some(true),
        _ => None,
    };
    let inside: Vec<bool> = parts.next()?.chars().map(cell).collect::<Option<_>>()?;
    let boundaries: Vec<String> = parts.map(|b| decode(b).map(Cow::into_owned)).collect::<Option<_>>()?;
    (inside.len() == 2 * boundaries.len() + 1).then(|| Cells::of_parts(boundaries, inside))
}

fn split(text: &str) -> Result<(&str, &str), Error> {
    if text.len() > MAX_LEN {
        return Err(Error::TooLong { len: text.len() });
    }
    let Some(rest) = text.strip_prefix("vers:") else {
        return Err(Error::Shape { reason: "it does not start with \"vers:\"" });
    };
    let Some((name, body)) = rest.split_once('/') else {
        return Err(Error::Shape { reason: "no '/' after the scheme" });
    };
    let name_ok = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !name_ok {
        return Err(Error::Shape {
            reason: "the scheme is letters, digits, '.' and '-', starting with a letter",
        });
    }
    Ok((name, body))
}

fn build(name: &str, body: &str) -> Result<Vers, Error> {
    let name = name.to_owned();
    if body == "*" {
        return Ok(Vers { name, body: Body::All });
    }
    let mut constraints = Vec::new();
    for text in body.split('|').filter(|text| !text.is_empty()) {
        if constraints.len() == MAX_CONSTRAINTS {
            return Err(Error::TooManyConstraints);
        }
        constraints.push(constraint(text)?);
    }
    if constraints.is_empty() {
        return Err(Error::Shape { reason: "no constraint" });
    }
    let Some(scheme) = Scheme::from_vers(&name) else {
        let cells = Err(Error::UnknownScheme { name: name.clone() });
        return Ok(Vers { name, body: Body::Some { constraints, cells } });
    };
    let body = match cells::of_flat(scheme, constraints.clone()) {
        Ok((constraints, cells)) => Body::Some { constraints, cells: Ok(cells) },
        Err(reason) => Body::Some { constraints, cells: Err(reason) },
    };
    Ok(Vers { name, body })
}

/// Takes a comparison sign off the front; without one it is [`Comparator::Equal`].
pub(super) fn comparator(text: &str) -> (Comparator, &str) {
    let signs = [
        (">=", Comparator::GreaterOrEqual),
        ("<=", Comparator::LessOrEqual),
        ("!=", Comparator::NotEqual),
        (">", Comparator::Greater),
        ("<", Comparator::Less),
        ("=", Comparator::Equal),
    ];
    let found = signs.iter().find_map(|(sign, comparator)| Some((*comparator, text.strip_prefix(sign)?)));
    found.unwrap_or((Comparator::Equal, text))
}

fn constraint(text: &str) -> Result<Constraint, Error> {
    let refuse = |reason| Err(Error::Constraint { constraint: text.to_owned(), reason });
    let (comparator, version) = comparator(text);
    if version.contains(['<', '>', '=', '!', '*', ',']) {
        return refuse("a sign, '*' or ',' inside the version must be percent-encoded");
    }
    match decode(version) {
        None => refuse("invalid percent-encoding in version"),
        Some(version) if version.is_empty() => refuse("the version is missing"),
        Some(version) => Ok(Constraint { comparator, version: version.into_owned() }),
    }
}

/// Percent-encodes what would be taken for syntax, white space, control characters and all beyond ASCII.
pub(super) fn write_version(f: &mut fmt::Formatter<'_>, version: &str) -> fmt::Result {
    for &byte in version.as_bytes() {
        let stands = byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'%' | b'<' | b'>' | b'=' | b'!' | b'*' | b'|' | b'/' | b',' | b'"' | b'#' | b'?'
            );
        if stands {
            f.write_char(char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}
