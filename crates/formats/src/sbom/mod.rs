//! Software bills of materials: CycloneDX 1.0 to 1.7 (JSON, XML) and SPDX 2.2 and 2.3 (JSON, YAML, XML, tag-value)
//! read into one form, [`Sbom`], checked for quality, stored in one canonical form, and written back.
//! Not here: parsing package URLs and versions, matching against advisories, SPDX 3, SPDX RDF, protobuf.
//!
//! Reading streams: one token is in memory besides what is kept, so the cost is O(document) time and memory in
//! proportion to the components kept, never to the document. What a document may hold is bounded by [`Limits`].

mod canonical;
mod check;
mod cyclonedx;
mod error;
mod extra;
mod grammar;
mod model;
mod order;
mod quality;
mod read;
mod spdx;
mod time;
mod walk;
mod walk_xml;

pub mod list;

#[cfg(test)]
mod tests;

pub use canonical::{PARSER_VERSION, from_canonical, to_canonical};
pub use cyclonedx::{write_json as write_cyclonedx_json, write_xml as write_cyclonedx_xml};
pub use error::{Error, Problem};
pub use model::{
    Class, Component, Creator, CreatorKind, Hash, Licence, LicenceForm, LicenceRole, Metadata, Parent, Party,
    PartyKind, Property, Reference, RelationKind, Relationship, Sbom, Scope, Target,
};
pub use quality::{Element, Finding, FindingKind, quality};
pub use read::{Document, Encoding, Limits, Standard, read};
pub use spdx::{write_json as write_spdx_json, write_tag_value as write_spdx_tag_value};

pub use crate::source::Place;
