//! The ledger: the one way facts become durable, ordered and provable.
//!
//! ```text
//! submit ─▶ authenticate ─▶ [ sequencer: decide ▶ apply ▶ gather ] ─▶ [ committer: append ] ─▶ [ acknowledger ]
//!           callers' threads   one thread, ahead of durability         one thread, no timer      receipts, proofs
//! ```
//!
//! Nothing that depends on an entry leaves before the entry is durable (invariant 1): receipts are made after the append,
//! readers are capped at the durable size. A failed or ambiguous append poisons the sequencer, which reads everything anew.
//!
//! Not here: what facts mean (`world`), how stores work (adapters of [`ports`]), HTTP.
#![forbid(unsafe_code)]

mod attached;
pub mod audit;
mod authenticate;
pub mod authorise;
pub mod claim;
mod committer;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
pub mod follow;
mod guard;
mod init;
mod keys;
mod ledger;
mod options;
pub mod ports;
pub mod properties;
mod receipt;
mod recover;
pub mod seal;
mod sequencer;
mod shared;
mod snapshot;
mod staging;
mod succeed;
mod threads;
mod tree;
mod voice;

pub use authenticate::Authenticated;
pub use error::{LedgerError, Rejection};
pub use guard::{Doubt, Standing};
pub use init::{Init, NewLog, SIMULATED};
pub use keys::LedgerKeys;
pub use ledger::{Ledger, Parts, Reading};
pub use options::{Options, ROLL_EVERY};
pub use receipt::{Level, Receipt, StagedReceipt, Taken};
pub use recover::{Loaded, load};
pub use shared::{Outcome, Reply};
pub use snapshot::Snapshots;
pub use succeed::{Succession, succeed};
pub use tree::TreeView;
