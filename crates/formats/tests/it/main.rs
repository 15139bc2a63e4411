//! Conformance of the readers with public vectors, and with the tools whose order they follow.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets what it does not expect must stop")]

mod advisory_sets;
mod allocation;
mod csaf_vectors;
mod data;
mod dpkg;
mod matching_sets;
mod npm_vectors;
mod purl_vectors;
mod vers_vectors;
mod version_vectors;
