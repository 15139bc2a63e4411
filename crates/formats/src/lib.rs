//! Foreign formats, read into and written from one internal form each.
//!
//! Here live: package identities (purl), version order by scheme, version ranges (vers and native notations),
//! advisories, the catalogue of exploited vulnerabilities, and matching one component with one advisory. Not here: what a
//! device carries, what was decided about an advisory, storage, clocks and networks.
//! Every reader takes bytes that are already in memory, bounds them, and answers with a value or with the place and
//! the reason; none panics on outside input.

pub mod advisory;
pub mod kev;
pub mod matching;
pub mod purl;
pub mod vers;
pub mod version;
