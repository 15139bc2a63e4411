//! Public conformance sets and hostile input, over the public interface; and the tools whose order is followed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what it does not expect must stop"
)]

mod advisory_canonical;
mod advisory_sets;
mod allocation;
mod attestation;
mod csaf_vectors;
mod cyclonedx;
mod data;
mod dpkg;
mod hostile;
mod inventory;
mod junit;
mod lists;
mod matching_keys;
mod matching_sets;
mod memory;
mod npm_vectors;
mod own_lock;
mod purl_vectors;
mod quality;
mod requirements;
mod requirements_hostile;
mod requirements_reqif;
mod requirements_tables;
mod round_trip;
mod spdx;
mod udi_vectors;
mod vers_vectors;
mod version_vectors;
