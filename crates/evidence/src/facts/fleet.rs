//! Facts about fielded devices: declared, enrolled, appraised, reported, moved. 100 to 129; 103, `Attested`, is in `body`.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::keys::{KeyId, PublicKey};
use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, Bytes, EntryRef};

codes! {
    /// Where a device's key lives.
    KeyOrigin = "key-origin" {
        /// Re-derived from silicon at each power-up.
        1 Puf = "puf",
        /// In a secure element.
        2 SecureElement = "secure-element",
        /// In a TPM.
        3 Tpm = "tpm",
        /// In a file.
        4 File = "file",
    }

    /// Where a device stands in its life.
    Custody = "custody" {
        /// Used on or by patients: expected to report.
        1 InUse = "in-use",
        /// Stored: not expected to report.
        2 Stored = "stored",
        /// Lent out.
        3 Loaned = "loaned",
        /// Under way.
        4 InTransit = "in-transit",
        /// In service or repair.
        5 InService = "in-service",
        /// Out of use for good.
        6 Retired = "retired",
        /// Nobody knows where it is.
        7 Missing = "missing",
    }

    /// The verdict on evidence, worst part first (AR4SI).
    Appraisal = "appraisal" {
        /// Nothing can be said.
        0 None = "none",
        /// As it should be.
        2 Affirming = "affirming",
        /// Something needs attention.
        32 Warning = "warning",
        /// Something is wrong.
        96 Contraindicated = "contraindicated",
    }

    /// Why evidence is appraised as it is, one code a reason.
    AppraisalReason = "appraisal-reason" {
        /// Every measurement is a reference value of one release.
        1 ReleaseKnown = "release-known",
        /// A measurement is a reference value of no release.
        2 MeasurementUnknown = "measurement-unknown",
        /// Measurements of different releases.
        3 MixedReleases = "mixed-releases",
        /// The release was withdrawn.
        4 ReleaseWithdrawn = "release-withdrawn",
        /// Debugging was possible.
        5 DebugEnabled = "debug-enabled",
        /// The boot count went back.
        6 BootCountBack = "boot-count-back",
        /// The sequence has a gap.
        7 SequenceGap = "sequence-gap",
        /// An older release than before.
        8 Downgraded = "downgraded",
        /// Too old to say anything about now.
        9 Late = "late",
        /// The key may be held by two devices.
        10 IdentityDoubt = "identity-doubt",
        /// Configuration that its owner did not list.
        11 ConfigurationUnknown = "configuration-unknown",
        /// No measurement at all.
        12 NothingMeasured = "nothing-measured",
        /// Embeds no beacon, so nothing says when it was made.
        13 NoBeacon = "no-beacon",
    }
}

structures! {
    /// A device known from an import, not by its own word.
    DeviceDeclared = "device-declared" {
        /// Identifier in the importing system.
        1 asset: String,
        /// UDI as scanned or printed, verbatim.
        2 udi: Option<String>,
        /// Serial number.
        3 serial: Option<String>,
        /// Model.
        4 model: Option<String>,
        /// Software as the import says, by item.
        5 software: Vec<String>,
        /// Site.
        6 site: Option<String>,
        /// Owner, a commitment where it is confidential.
        7 owner: Option<String>,
        /// Where it stands in its life.
        8 custody: Option<Custody>,
        /// Since when, as the import says.
        9 since: Option<Time>,
        /// The import it came in.
        10 import: Option<BlobRef>,
    }

    /// A device can attest from here on.
    DeviceEnrolled = "device-enrolled" {
        /// Its UEID.
        1 device: SourceId,
        /// Its standing key.
        2 key: PublicKey,
        /// The key's signature over UEID, UDI and the log's origin (`proof::attached`).
        3 possession: Bytes,
        /// UDI as scanned, verbatim.
        4 udi: Option<String>,
        /// Serial number.
        5 serial: Option<String>,
        /// Model.
        6 model: String,
        /// Hardware version.
        7 hardware_version: Option<String>,
        /// Where the key lives.
        8 key_origin: KeyOrigin,
        /// SHA-256 of the helper data.
        9 helper: Option<Hash>,
        /// Qualification report of the PUF.
        10 report: Option<BlobRef>,
        /// Product.
        11 product: String,
    }

    /// An enrolled device is the one that was declared.
    DeviceAttached = "device-attached" {
        /// The enrolled device.
        1 device: SourceId,
        /// The declared device.
        2 asset: String,
        /// What they have in common, such as `udi`.
        3 by: String,
    }

    /// What a piece of evidence amounts to, logged when it differs from the last one.
    Appraised = "appraised" {
        /// The device.
        1 device: SourceId,
        /// The evidence.
        2 evidence: Hash,
        /// The verdict.
        3 status: Appraisal,
        /// AR4SI trust vector: instance identity, configuration, executables, file system, hardware, runtime, storage,
        /// sourced data; eight signed bytes.
        4 vector: Bytes,
        /// Why.
        5 reasons: Vec<AppraisalReason>,
        /// Release it runs, if the measurements say.
        6 release: Option<EntryRef>,
        /// Version of the policy.
        7 policy: u64,
    }

    /// What an update client or the device says it runs, unproven.
    DeviceReported = "device-reported" {
        /// UEID, if it is enrolled.
        1 device: Option<SourceId>,
        /// Identifier in the importing system, if it is not.
        2 asset: Option<String>,
        /// Item and version, such as `firmware 2.1.0`.
        3 software: Vec<String>,
        /// When, as the client says.
        4 reported_at: Option<Time>,
    }

    /// Site, owner or custody of a device changed.
    DeviceMoved = "device-moved" {
        /// UEID, if it is enrolled.
        1 device: Option<SourceId>,
        /// Identifier in the importing system, if it is not.
        2 asset: Option<String>,
        /// Site from here on.
        3 site: Option<String>,
        /// Owner from here on.
        4 owner: Option<String>,
        /// Custody from here on.
        5 custody: Option<Custody>,
        /// Since when, if not since this entry.
        6 since: Option<Time>,
    }

    /// A device has another standing key: new silicon, new sketch, or repair.
    DeviceReenrolled = "device-reenrolled" {
        /// The device.
        1 device: SourceId,
        /// The key until here.
        2 old: KeyId,
        /// The key from here on.
        3 key: PublicKey,
        /// The new key's signature over UEID and the log's origin (`proof::attached`).
        4 possession: Bytes,
        /// SHA-256 of the new helper data.
        5 helper: Option<Hash>,
    }

    /// How often devices must report.
    ReportingSet = "reporting-set" {
        /// Model, or all if left out.
        1 model: Option<String>,
        /// Reporting interval in seconds: evidence is fresh that long.
        2 interval: u64,
        /// Seconds of silence that make a finding.
        3 deadline: u64,
    }

    /// A place where devices are.
    SiteDefined = "site-defined" {
        /// Identifier.
        1 site: String,
        /// Name, a commitment where it is confidential.
        2 name: Option<String>,
        /// Country, ISO 3166-1 alpha-2.
        3 country: Option<String>,
    }

    /// A list of devices was imported.
    FleetImported = "fleet-imported" {
        /// The file.
        1 document: BlobRef,
        /// Rows taken.
        2 taken: u64,
        /// Rows refused.
        3 refused: u64,
        /// Column mapping that was used.
        4 mapping: String,
    }

    /// A finding was looked into and settled.
    FindingClosed = "finding-closed" {
        /// The finding's identifier.
        1 finding: Hash,
        /// What it was.
        2 outcome: String,
        /// What was looked at.
        3 evidence: Vec<EntryRef>,
    }
}
