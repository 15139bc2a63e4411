//! From bytes to values, within bounds: encoding, JSON, YAML, and which advisory format it is.
//!
//! Bounds are checked on the bytes before anything is built, so that memory stays within a small multiple of
//! [`MAX_NODES`] whatever comes in.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

use super::{Digest, Error, Format};

/// Longest document that is read, in bytes.
pub const MAX_LEN: usize = 32 * 1024 * 1024;
/// Most values (scalars, lists, objects) in one document.
pub const MAX_NODES: usize = 2_000_000;
/// Deepest nesting of lists and objects.
pub const MAX_DEPTH: usize = 100;

/// What was irregular about the bytes although they could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Note {
    /// UTF-8 with a byte order mark, which JSON does not allow.
    ByteOrderMark,
    /// UTF-16, which JSON does not allow.
    Utf16,
}

/// A document in memory, parsed and bounded.
#[derive(Debug, Clone)]
pub struct Document {
    value: Value,
    digest: Digest,
    notes: Vec<Note>,
}

impl Document {
    /// Parses JSON, or YAML when the first character is not one that opens a JSON object or list.
    ///
    /// # Errors
    /// When it is too large, wrongly encoded or not well-formed.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_LEN {
            return Err(Error::TooLong { len: bytes.len() });
        }
        let mut notes = Vec::new();
        let text = decode(bytes, &mut notes)?;
        let value = if text.trim_start().starts_with(['{', '[']) { json(&text)? } else { yaml(&text)? };
        Ok(Self { value, digest: Digest(Sha256::digest(bytes).into()), notes })
    }

    /// The document's top value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// SHA-256 of the bytes as they came.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What was irregular about the bytes.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Which format the document has, by the fields that only that format has.
    pub fn format(&self) -> Option<Format> {
        let has = |key: &str| self.value.get(key).is_some();
        if self.value.pointer("/document/csaf_version").is_some() {
            Some(Format::Csaf)
        } else if has("containers")
            || self.value.get("dataType").and_then(Value::as_str) == Some("CVE_RECORD")
        {
            Some(Format::Cve)
        } else if self.value.get("@context").and_then(Value::as_str).is_some_and(|c| c.contains("openvex")) {
            Some(Format::OpenVex)
        } else if self.value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX") {
            Some(Format::CycloneDx)
        } else if has("id") && has("modified") {
            Some(Format::Osv)
        } else {
            None
        }
    }
}

/// Text from UTF-8, with or without a byte order mark, or from UTF-16 with one.
pub(crate) fn decode<'a>(bytes: &'a [u8], notes: &mut Vec<Note>) -> Result<Cow<'a, str>, Error> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).filter_map(|pair| Some(unit([*pair.first()?, *pair.get(1)?])));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        match text {
            Ok(text) if rest.len().is_multiple_of(2) => Ok(Cow::Owned(text)),
            _ => Err(Error::Encoding { at: 0, reason: "a UTF-16 byte order mark, but not UTF-16 after it" }),
        }
    };
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        notes.push(Note::Utf16);
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        notes.push(Note::Utf16);
        return utf16(rest, u16::from_be_bytes);
    }
    let rest = match bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        Some(rest) => {
            notes.push(Note::ByteOrderMark);
            rest
        }
        None => bytes,
    };
    match std::str::from_utf8(rest) {
        Ok(_) if rest.get(..4).is_some_and(|head| head.contains(&0)) => Err(Error::Encoding {
            at: 0,
            reason: "zero bytes in front, as of UTF-16 or UTF-32 without a mark",
        }),
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => Err(Error::Encoding { at: error.valid_up_to(), reason: "bytes that are not UTF-8" }),
    }
}

fn json(text: &str) -> Result<Value, Error> {
    bound_json(text)?;
    serde_json::from_str(text).map_err(|error| Error::Syntax {
        format: "JSON",
        line: error.line(),
        column: error.column(),
        reason: error.to_string(),
    })
}

/// Counts values and depth without building anything. Commas and opening brackets outside strings bound the values.
fn bound_json(text: &str) -> Result<(), Error> {
    let (mut depth, mut values, mut in_string, mut escaped) = (0_usize, 1_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                values += 1;
                if depth > MAX_DEPTH {
                    return Err(Error::TooDeep { at });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if values > MAX_NODES {
            return Err(Error::TooManyValues { at });
        }
    }
    Ok(())
}

/// A list or object under construction, with the key that waits for its value.
enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// YAML as JSON has it: strings, numbers, booleans, null, lists, objects with string keys. Anchors and aliases are
/// refused: no advisory needs them, and they can make a small document huge.
fn yaml(text: &str) -> Result<Value, Error> {
    let mut open: Vec<Open> = Vec::new();
    let mut done: Option<Value> = None;
    let mut values = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            let reason = error.info().to_owned();
            Error::Syntax { format: "YAML", line: marker.line(), column: marker.col() + 1, reason }
        })?;
        let refuse = |reason: &str| Error::Syntax {
            format: "YAML",
            line: span.start.line(),
            column: span.start.col() + 1,
            reason: reason.to_owned(),
        };
        let at = span.start.index();
        let finished = match event {
            Event::Alias(_) => return Err(refuse("aliases are not read")),
            Event::Scalar(text, style, anchor, _) => {
                if anchor != 0 {
                    return Err(refuse("anchors are not read"));
                }
                scalar(&text, style)
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == MAX_DEPTH {
                    return Err(Error::TooDeep { at });
                }
                let list = matches!(event, Event::SequenceStart(..));
                open.push(if list { Open::List(Vec::new()) } else { Open::Object(Map::new(), None) });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Object(map, _)) => Value::Object(map),
                None => return Err(refuse("an end without a beginning")),
            },
            _ => continue,
        };
        values += 1;
        if values > MAX_NODES {
            return Err(Error::TooManyValues { at });
        }
        match open.last_mut() {
            None if done.is_some() => return Err(refuse("more than one document")),
            None => done = Some(finished),
            Some(Open::List(items)) => items.push(finished),
            Some(Open::Object(map, key)) => match (key.take(), finished) {
                (Some(key), value) if map.contains_key(&key) => {
                    let _ = value;
                    return Err(refuse("a key stands twice"));
                }
                (Some(key), value) => {
                    map.insert(key, value);
                }
                (None, Value::String(name)) => *key = Some(name),
                (None, Value::Number(name)) => *key = Some(name.to_string()),
                (None, _) => return Err(refuse("a key is not a string")),
            },
        }
    }
    done.ok_or_else(|| Error::Syntax {
        format: "YAML",
        line: 1,
        column: 0,
        reason: "the document is empty".into(),
    })
}

/// The JSON-compatible core of YAML 1.2's scalar rules.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) => Value::Number(number.into()),
            Err(_) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && text.contains('.') => {
                let number = text.parse::<f64>().ok().and_then(Number::from_f64);
                number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
            }
            Err(_) => Value::String(text.to_owned()),
        },
    }
}
