//! Facts about the log itself: its beginning, its time, its epochs and seals, corrections, losses, erasure. 1 to 19.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::keys::PublicKey;
use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, Bytes, EntryRef};

codes! {
    /// Whose clock the ticks follow.
    Clock = "clock" {
        /// The machine's clock.
        1 System = "system",
        /// A story's clock: no time in the log is a real time. The origin begins with `simulated.`.
        2 Simulated = "simulated",
    }

    /// Why an entry is inadmissible although its signature verifies.
    QuarantineCause = "quarantine-cause" {
        /// The key was revoked before this index.
        1 KeyRevoked = "key-revoked",
        /// The source is suspended.
        2 SourceSuspended = "source-suspended",
        /// The stream was forked and the fork not resolved.
        3 StreamForked = "stream-forked",
        /// Another enrolment holds this key, UEID or UDI instance.
        4 IdentityClash = "identity-clash",
        /// It embeds a beacon that this log never signed.
        5 ForeignBeacon = "foreign-beacon",
    }

    /// Which policy a document sets.
    PolicyKind = "policy-kind" {
        /// Who may do what.
        1 Authorisation = "authorisation",
        /// Which witnesses must cosign (tlog-policy).
        2 Witnesses = "witnesses",
        /// How evidence is appraised.
        3 Appraisal = "appraisal",
        /// How long what is kept.
        4 Retention = "retention",
    }
}

structures! {
    /// The first entry: what is fixed for the life of the log. Signed by the ledger's own key.
    Genesis = "genesis" {
        /// Origin of the checkpoints (C2SP tlog-checkpoint).
        1 origin: String,
        /// Verifier key of the checkpoints (C2SP signed-note).
        2 log_key: String,
        /// Key that can start a successor; kept offline.
        3 recovery_key: PublicKey,
        /// Whose clock the ticks follow.
        4 clock: Clock,
        /// Key of the ledger as a source.
        5 ledger_key: PublicKey,
        /// First administrator, a person.
        6 administrator: SourceId,
        /// The administrator's key.
        7 administrator_key: PublicKey,
        /// The administrator's printed name.
        8 administrator_name: String,
        /// When the log was made.
        9 created: Time,
        /// Most seconds that one tick may jump ahead without an operator's `ClockAdvanced`.
        10 tick_bound: u64,
        /// Salt of this log, so that commitments in two logs cannot be compared.
        11 salt: Hash,
    }

    /// The log's clock moved on. Never backwards.
    Tick = "tick" {
        /// Log time from here on.
        1 time: Time,
    }

    /// From here on, behaviour follows this version of the rules.
    Epoch = "epoch" {
        /// Version of `apply`, matchers, clocks and reducers.
        1 apply_version: u64,
        /// What is different.
        2 description: String,
    }

    /// The state of one concern at the sealed size.
    SealedConcern = "sealed-concern" {
        /// Name of the concern.
        1 concern: String,
        /// Merkle tree hash over its sorted states.
        2 root: Hash,
        /// Number of states.
        3 count: u64,
    }

    /// Roots over the sorted states of every concern, as the log's first `size` entries make them.
    Sealed = "sealed" {
        /// Number of entries whose outcome is sealed.
        1 size: u64,
        /// Log time at that size.
        2 time: Time,
        /// Version of `apply` that computed it.
        3 apply_version: u64,
        /// One root a concern, in the order of their names.
        4 concerns: Vec<SealedConcern>,
    }

    /// This log succeeds one that lost its tail or its trust. It keeps the entries before this one and has a new origin.
    Recovered = "recovered" {
        /// Origin from here on.
        1 origin: String,
        /// Generation from here on, one more than before.
        2 generation: u64,
        /// Verifier key of the checkpoints from here on.
        3 log_key: String,
        /// Key of the ledger as a source from here on.
        4 ledger_key: PublicKey,
        /// Last checkpoint known of the predecessor, a signed note, verbatim.
        5 old_checkpoint: String,
        /// Entries of the predecessor that are kept: the index of this entry.
        6 held: u64,
        /// Root over the kept entries.
        7 held_root: Hash,
        /// Entries that the predecessor had and this log has not.
        8 missing: u64,
        /// Why recovery was needed, and what was done to find the missing entries.
        9 account: String,
        /// Signature by the recovery key over this structure (see `proof::attached`).
        10 signature: Bytes,
    }

    /// The log signs its checkpoints with another key from here on.
    LogKeyRotated = "log-key-rotated" {
        /// The key until here.
        1 old: String,
        /// The key from here on.
        2 new: String,
        /// Signed note by the old key over the new one, verbatim.
        3 handover: String,
    }

    /// An earlier entry was wrong; another takes its place. The original stays readable.
    Corrected = "corrected" {
        /// The wrong entry.
        1 entry: EntryRef,
        /// What holds instead.
        2 by: EntryRef,
        /// The approval, a `Signed` or `Decision`.
        3 approval: EntryRef,
    }

    /// An earlier entry counts no longer. The original stays readable.
    Voided = "voided" {
        /// The void entry.
        1 entry: EntryRef,
        /// The approval, a `Signed` or `Decision`.
        2 approval: EntryRef,
    }

    /// Devices heard whose evidence changed nothing: how often each, and one root over all of it.
    Attendance = "attendance" {
        /// Beginning of the period.
        1 from: Time,
        /// End of the period: log time of this entry.
        2 to: Time,
        /// The devices and how far their streams have come (docs/spec/entry.md, section 11).
        3 roll: Bytes,
        /// Merkle tree hash over the evidence, whole entries, by device as in the roll and then by place.
        4 root: Hash,
        /// Number of devices.
        5 devices: u64,
        /// Number of pieces of evidence.
        6 pieces: u64,
    }

    /// A blob that an entry names cannot be found or differs from its digest.
    BlobLost = "blob-lost" {
        /// The blob.
        1 blob: BlobRef,
        /// What is known of it.
        2 account: String,
    }

    /// Values behind commitments were erased.
    Erased = "erased" {
        /// The commitments, which stay.
        1 commitments: Vec<Hash>,
        /// Legal ground of the erasure.
        2 ground: String,
        /// Retention class of the values.
        3 retention_class: String,
    }

    /// What concerns a matter must not be erased.
    HoldSet = "hold-set" {
        /// Name of the hold.
        1 hold: String,
        /// Commitments, records or devices held.
        2 subjects: Vec<String>,
        /// Why.
        3 ground: String,
    }

    /// A hold ends.
    HoldLifted = "hold-lifted" {
        /// Name of the hold.
        1 hold: String,
        /// Why.
        2 ground: String,
    }

    /// A setting changed.
    Configured = "configured" {
        /// Name of the setting.
        1 setting: String,
        /// Value before, if there was one.
        2 before: Option<String>,
        /// Value from here on; left out when the setting is removed.
        3 after: Option<String>,
    }

    /// A policy document takes force.
    PolicySet = "policy-set" {
        /// Which policy.
        1 kind: PolicyKind,
        /// The document.
        2 document: BlobRef,
    }

    /// An operator lets the clock jump further than the bound.
    ClockAdvanced = "clock-advanced" {
        /// The next tick may reach this time.
        1 until: Time,
    }

    /// Rolled-up evidence older than the retention was removed.
    Pruned = "pruned" {
        /// Of every `Attendance` whose period ended by this time; what of it was logged besides stays.
        1 before: Time,
        /// Hashes of those entries, where they were at hand; the time above names them all.
        2 rolls: Vec<Hash>,
        /// Pieces removed.
        3 pieces: u64,
    }

    /// Evidence that verifies but is inadmissible was set aside, whole.
    Quarantined = "quarantined" {
        /// Why.
        1 cause: QuarantineCause,
        /// Whom it names as its source.
        2 source: SourceId,
        /// Its hash.
        3 entry: Hash,
        /// The whole entry as it came, unless it is in `blob`.
        4 bytes: Option<Bytes>,
        /// Where the whole entry is, if it is too large for this one.
        5 blob: Option<BlobRef>,
    }
}
