//! Time stamps over checkpoints (RFC 3161): who signed an answer, and where answers are kept. The bytes are read by
//! `formats::timestamp`; how they are asked for over HTTP is `exchange.rs`.

mod exchange;
mod keep;
mod verify;

pub use exchange::ask;
pub use keep::{KeepError, Stamps};
pub use verify::{Authorities, StampError, Stamped};
