//! SPDX 2.2 (ISO/IEC 5962) and 2.3 in JSON, YAML, XML and tag-value. Not here: RDF, SPDX 3, licence expressions as
//! such (kept verbatim), snippets and extracted licence texts (checked for form, then dropped).

mod build;
mod names;
mod table;
mod tag_value;
mod write;
mod write_tag_value;

pub(crate) use build::Builder;
pub(crate) use table::DOCUMENT;
pub(crate) use tag_value::{is_tag_value, read as read_tag_value};
pub use write::write_json;
pub use write_tag_value::write_tag_value;

use super::grammar::Version;

/// The version a document states.
pub(crate) fn version(text: &str) -> Option<Version> {
    match text {
        "SPDX-2.2" => Some(22),
        "SPDX-2.3" => Some(23),
        _ => None,
    }
}
