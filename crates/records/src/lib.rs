//! Design records: our own format (Markdown with front matter, CSV), normal form and content hash, `vouchsafe.toml`,
//! `vouchsafe.lock`, profiles as data, the rule engine over one `RecordSet`, and the commands over a working tree.
//!
//! Foreign formats (JUnit, ReqIF, …) live in `formats`; signatures and pushing in the binary; records as facts in
//! `world`, which evaluates the same rules over a `RecordSet` of its own.

pub mod code;
pub mod command;
pub mod config;
pub mod digest;
pub mod engine;
pub mod facts;
pub mod impact;
pub mod limits;
pub mod lock;
pub mod named;
pub mod problem;
pub mod profiles;
pub mod record;
pub mod render;
pub mod risk;
pub mod schema;
pub mod set;
pub mod source;
pub mod structure;
pub mod tree;
