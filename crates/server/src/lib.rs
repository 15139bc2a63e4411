//! Vouchsafe over HTTP. Thin: parse, authorise, one call, render. What things mean is in `world`, what is durable in
//! `ledger`.
//!
//! | module | serves |
//! |---|---|
//! | [`api`] | the log (checkpoint, tiles, bundles), entries in and out, proofs, events, health |
//! | [`pages`] | HTML for people |
//! | [`auth`] | bearer tokens, one-use sign-in codes, sessions |
//! | [`witness`] | a C2SP witness, and the client that asks witnesses to cosign |
//! | [`run`] | listeners, TLS, limits of connections, graceful stop |
//! | [`metrics`] | what the server counts, as Prometheus reads it |

pub mod api;
pub mod auth;
mod feeds;
pub mod metrics;
pub mod pages;
pub mod run;
mod state;
pub mod timestamp;
pub mod witness;

pub use state::{AppState, Settings};
