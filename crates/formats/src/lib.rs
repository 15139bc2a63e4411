//! Foreign formats, read into and written from one internal form each.
//!
//! Here live: package identities (purl), version order by scheme, version ranges (vers and native notations), and
//! advisories. Not here: what a device carries, what was decided about an advisory, storage, clocks and networks.
//! Every reader takes bytes that are already in memory, bounds them, and answers with a value or with the place and
//! the reason; none panics on outside input.

pub mod advisory;
pub mod kev;
pub mod purl;
pub mod vers;
pub mod version;
