//! Integration tests of the embedded stores.
#![expect(clippy::unwrap_used, reason = "tests")]

mod conformance;
