//! Facts about where clinical data came from and what was done to it. 210 to 219. Used from the second round on.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::source::SourceId;
use crate::time::Time;
use crate::types::EntryRef;

structures! {
    /// A device captured data.
    DataCaptured = "data-captured" {
        /// The device.
        1 device: SourceId,
        /// Commitment to the data.
        2 data: Hash,
        /// Kind of data, such as an IEEE 11073 code.
        3 kind: String,
        /// When, by the device's clock.
        4 captured_at: Option<Time>,
        /// What the device ran, as appraised.
        5 state: Option<EntryRef>,
    }

    /// Data became other data.
    DataTransformed = "data-transformed" {
        /// Commitments to what went in.
        1 inputs: Vec<Hash>,
        /// Commitment to what came out.
        2 output: Hash,
        /// Record of the transformation.
        3 transformation: String,
        /// Its revision.
        4 revision: Hash,
        /// Release that ran it.
        5 release: Option<EntryRef>,
    }

    /// Data was given to someone.
    DataDisclosed = "data-disclosed" {
        /// Commitments to the data.
        1 data: Vec<Hash>,
        /// Commitment to whom.
        2 recipient: Hash,
        /// Ground.
        3 ground: String,
    }
}
