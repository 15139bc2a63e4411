//! The ledger: the one way facts become durable, ordered and provable.
#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod ports;
