//! Facts about remote commands and the revocation of their authority. 180 to 189. Used from the second round on.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, Bytes, EntryRef};

codes! {
    /// How a command ended on the device.
    CommandOutcome = "command-outcome" {
        /// Carried out.
        1 Done = "done",
        /// Refused by the device.
        2 Refused = "refused",
        /// Failed on the device.
        3 Failed = "failed",
        /// No answer before it expired.
        4 Expired = "expired",
    }
}

structures! {
    /// A command may be sent: decided, and logged before it is.
    CommandAuthorised = "command-authorised" {
        /// The device.
        1 device: SourceId,
        /// The command.
        2 command: String,
        /// SHA-256 of its arguments.
        3 arguments: Hash,
        /// Digest of the policy that allowed it.
        4 policy: Hash,
        /// Evidence it rests on.
        5 evidence: Option<EntryRef>,
        /// Until when it may be carried out.
        6 expires: Time,
        /// The device's command counter it is good for.
        7 counter: u64,
        /// Approvals.
        8 approvals: Vec<EntryRef>,
    }

    /// A command was sent.
    CommandDispatched = "command-dispatched" {
        /// Its authorisation.
        1 authorisation: EntryRef,
        /// The capability as sent.
        2 capability: Bytes,
    }

    /// The device answered.
    CommandReceipted = "command-receipted" {
        /// The authorisation.
        1 authorisation: EntryRef,
        /// How it ended.
        2 outcome: CommandOutcome,
        /// The device's signed receipt.
        3 receipt: Option<Bytes>,
    }

    /// Authorities that devices must refuse from here on.
    RevocationIssued = "revocation-issued" {
        /// Number of the bundle; it only rises.
        1 bundle: u64,
        /// The bundle.
        2 document: BlobRef,
        /// Whom it concerns.
        3 scope: String,
        /// When the next one is due.
        4 next_update: Time,
    }

    /// A device holds a revocation bundle.
    RevocationAcknowledged = "revocation-acknowledged" {
        /// The device.
        1 device: SourceId,
        /// Number of the bundle.
        2 bundle: u64,
    }
}
