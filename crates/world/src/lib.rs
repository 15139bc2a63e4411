//! What the log amounts to: plain state, computed by [`World::apply`] from one entry after the other and from nothing
//! else. No clock, no randomness, no I/O, no varying iteration order: replaying a prefix of the log gives the same world
//! on any machine.
//!
//! Three verbs: *decide* says whether an entry may be appended now, *apply* takes an entry that is in the log, *ask*
//! (the read methods) answers questions, each at a stated log size. State lives in concerns, one folder each:
//!
//! | concern | holds |
//! |---|---|
//! | [`clock`] | log time |
//! | [`journal`] | the log's own facts: genesis, epochs, seals, corrections, keys of the log |
//! | [`sources`] | who may speak: sources, their keys, names and roles over time |
//! | [`design`] | records, links, results, signatures and baselines of every line |
//! | [`release`] | releases, their measurements, withdrawals, reference lists |
//! | [`fleet`] | every device: what it runs, where, and how that is known |
//! | [`streams`] | who has said how much: heads, gaps and forks of every stream |
//! | [`vulnerability`] | advisories in their states, feeds, decisions, other parties' VEX documents |
//!
//! Not here: durability, signatures, proofs, permissions (the ledger), and foreign formats.

pub mod clock;
pub mod concern;
mod cow;
pub mod decide;
pub mod design;
pub mod fleet;
pub mod journal;
pub mod release;
pub mod sources;
pub mod streams;
pub mod vulnerability;
mod world;

pub use concern::{BadState, State};
pub use decide::{Refusal, Verdict};
pub use world::{APPLY_VERSION, CONCERNS, World};
