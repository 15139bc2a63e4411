//! Software bills of materials: CycloneDX 1.0 to 1.7 (JSON, XML) and SPDX 2.2 and 2.3 (JSON, YAML, XML, tag-value)
//! read into one form, [`Sbom`], checked for quality, stored in one canonical form, and written back.
//! Not here: parsing package URLs and versions, matching against advisories, SPDX 3, SPDX RDF, protobuf.
//!
//! Reading streams: one token is in memory besides what is kept, so memory is in proportion to the components and
//! relationships kept (about 1.3 KB for a component with hash, licence, link and one dependency), not to the document.
//! YAML and tag-value are the exception: they are formats for people, held whole and bounded at 32 MiB. What any
//! document may hold is bounded by [`Limits`].
//!
//! How a document flows: [`read()`] finds the format by content; `source` gives events; `walk` (JSON, YAML) and
//! `walk_xml` follow the tables of the format and check; a builder puts what they hand over into the internal form;
//! `order` normalises it.

mod canonical;
mod check;
mod cyclonedx;
mod error;
mod extra;
mod grammar;
mod merge;
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
pub use merge::{Part, merge};
pub use model::{
    Class, Component, Creator, CreatorKind, Hash, Licence, LicenceForm, LicenceRole, Metadata, Parent, Party,
    PartyKind, Property, Reference, RelationKind, Relationship, Sbom, Scope, Target,
};
pub use quality::{Element, Finding, FindingKind, quality};
pub use read::{Document, Encoding, Limits, Standard, read};
pub use spdx::{write_json as write_spdx_json, write_tag_value as write_spdx_tag_value};

pub(crate) use time::normalise as utc;

pub use crate::source::Place;
