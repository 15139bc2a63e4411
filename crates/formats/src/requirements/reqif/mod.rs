//! ReqIF (OMG formal/2016-07-01, 1.0 to 1.2) in and out, as DOORS, Polarion, ReqIF Studio, Enterprise Architect and the
//! Eclipse tools write it. What the set keeps survives reading and writing unchanged; tool extensions and the files of
//! a `.reqifz` are named in findings and attachments, not kept. Not here: the meaning of attribute names.

pub(super) mod element;
mod read;
mod types;
mod values;
mod write;
mod write_types;
mod write_xml;

pub use read::{read, read_archive};
pub use write::write;

/// The tool id our files carry; only in such files are ids and values decoded that were encoded on writing.
const OWN_TOOL: &str = "Vouchsafe";
/// Prefix of an id that was not an XML name and stands encoded.
const ENCODED: &str = "vs.";
/// Data type of an attribute that holds a value ReqIF has no type for, as JSON.
const JSON_TYPE: &str = "vouchsafe-json";
/// Name of the attribute that holds an item's links to files and addresses.
const EXTERNAL: &str = "vouchsafe.external-links";

/// An id as an XML name: unchanged where it is one, else each other character as `_xHEX_` after a prefix.
fn encode(id: &str) -> String {
    use std::fmt::Write as _;
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let later = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if id.starts_with(first) && id.chars().all(later) && !id.starts_with(ENCODED) {
        return id.to_owned();
    }
    let mut out = ENCODED.to_owned();
    for c in id.chars() {
        if later(c) && c != '_' {
            out.push(c);
        } else {
            let _ = write!(out, "_x{:X}_", u32::from(c));
        }
    }
    out
}

/// Undoes [`encode`]; what is not encoded stays.
fn decode(id: &str) -> String {
    let Some(mut rest) = id.strip_prefix(ENCODED) else { return id.to_owned() };
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("_x") {
        let decoded = after
            .split_once('_')
            .and_then(|(hex, tail)| Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, tail)));
        let Some((c, tail)) = decoded else { return id.to_owned() };
        out.push_str(before);
        out.push(c);
        rest = tail;
    }
    out.push_str(rest);
    out
}
