//! Foreign formats, read into and written from one internal form each. What is foreign stops here: inside there is one
//! SBOM, one advisory, one test result.
//!
//! Here live: package identities (purl), version order by scheme, version ranges (vers and native notations),
//! advisories, the catalogue of exploited vulnerabilities, matching one component with one advisory, software bills of
//! materials, test results, coverage, findings of static analysis, device identifiers (UDI), lists of devices, attestation of
//! others, time stamps, and requirement sets of other tools. Not here: what a device carries, what was decided about an advisory, storage,
//! clocks and networks. Every reader bounds what it is given and answers with a value or with the place and the reason; none panics
//! on outside input.

pub mod advisory;
pub mod analysis;
pub mod attestation;
pub mod coverage;
mod crc32;
pub mod inventory;
pub mod junit;
pub mod kev;
pub mod matching;
pub mod purl;
pub mod requirements;
pub mod sbom;
mod source;
pub mod timestamp;
pub mod udi;
pub mod vers;
pub mod version;
