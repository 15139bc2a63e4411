//! The ledger: the one way facts become durable, ordered and provable.
#![forbid(unsafe_code)]

pub mod ports;
