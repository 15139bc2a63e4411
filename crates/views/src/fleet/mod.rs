//! Devices as programs read them: the moments of a question, the state of one device and of many as JSON, whom an
//! identifier means, and the proof that goes with an answer. The command line and the API say the same by saying it here.
//!
//! Not here: what is known of a device (`world::fleet`), HTTP, terminals.

mod answer;
mod csv;
mod moments;
mod proof;
mod who;

pub use answer::{count_json, device_json, grades_json, history_json, one_json};
pub use csv::{COLUMNS, row};
pub use moments::{BadMoment, Moments};
pub use proof::{Current, FORMAT, MAX_PROVEN, Material, Proof, current, prove};
pub use who::{Candidate, MAX_CANDIDATES, Search, direct, subject};

#[cfg(test)]
mod tests;
