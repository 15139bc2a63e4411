//! Facts of field actions and updates. 170 to 179. Used from the second round on.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, EntryRef};

codes! {
    /// What became of one device of a campaign.
    TargetOutcome = "target-outcome" {
        /// Measured as corrected.
        1 Corrected = "corrected",
        /// Returned or destroyed.
        2 Removed = "removed",
        /// Cannot be reached.
        3 Unreachable = "unreachable",
        /// Was never affected.
        4 NotAffected = "not-affected",
        /// The owner refuses.
        5 Refused = "refused",
    }
}

structures! {
    /// A field action on a population that is frozen here.
    CampaignOpened = "campaign-opened" {
        /// Identifier.
        1 campaign: String,
        /// Product.
        2 product: String,
        /// What is done.
        3 action: String,
        /// The condition, in the query language.
        4 condition: String,
        /// The moment at which it was asked.
        5 at: Time,
        /// What was known: a log size.
        6 known: u64,
        /// The devices, in order.
        7 population: BlobRef,
        /// Merkle tree hash over them.
        8 root: Hash,
        /// Their number.
        9 devices: u64,
        /// What a corrected device measures.
        10 corrected_by: Vec<EntryRef>,
        /// By when.
        11 due: Option<Time>,
    }

    /// One device of a campaign is settled.
    CampaignTargetResolved = "campaign-target-resolved" {
        /// The campaign.
        1 campaign: String,
        /// The device, if it is enrolled.
        2 device: Option<SourceId>,
        /// The device, if it is declared only.
        3 asset: Option<String>,
        /// What became of it.
        4 outcome: TargetOutcome,
        /// What shows it.
        5 evidence: Vec<EntryRef>,
    }

    /// A field action is over.
    CampaignClosed = "campaign-closed" {
        /// The campaign.
        1 campaign: String,
        /// Devices settled.
        2 resolved: u64,
        /// Devices open, each with its own reason in a `Decision`.
        3 open: u64,
        /// Signatures over it.
        4 signatures: Vec<EntryRef>,
    }

    /// An update goes out to a population, in waves.
    RolloutStarted = "rollout-started" {
        /// Identifier.
        1 rollout: String,
        /// The release.
        2 release: EntryRef,
        /// The campaign it serves, if it serves one.
        3 campaign: Option<String>,
        /// The devices, in order.
        4 population: BlobRef,
        /// Their number.
        5 devices: u64,
        /// Devices in each wave.
        6 waves: Vec<u64>,
        /// Share of failures, in thousandths, at which it pauses by itself.
        7 pause_at_permille: Option<u64>,
    }

    /// An update is held.
    RolloutPaused = "rollout-paused" {
        /// The rollout.
        1 rollout: String,
        /// Devices updated so far.
        2 updated: u64,
        /// Devices that failed so far.
        3 failed: u64,
    }

    /// A held update goes on.
    RolloutResumed = "rollout-resumed" {
        /// The rollout.
        1 rollout: String,
        /// Signatures over it.
        2 signatures: Vec<EntryRef>,
    }

    /// An update is over.
    RolloutEnded = "rollout-ended" {
        /// The rollout.
        1 rollout: String,
        /// Devices updated.
        2 updated: u64,
        /// Devices that failed.
        3 failed: u64,
        /// Devices never reached.
        4 unreached: u64,
    }
}
