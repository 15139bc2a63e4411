//! Facts about releases: what was built from which baseline, what it contains, what devices running it measure. 80 to 99.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::time::Time;
use crate::types::{BlobRef, EntryRef, Interpreted, NamedDigest};

structures! {
    /// One built file of a release.
    Artefact = "artefact" {
        /// File name.
        1 name: String,
        /// SHA-256 of the file.
        2 digest: Hash,
        /// Length in bytes.
        3 length: u64,
    }

    /// A known residual anomaly (IEC 62304, 5.8.2).
    ResidualAnomaly = "residual-anomaly" {
        /// Record of the anomaly.
        1 record: String,
        /// Its revision.
        2 revision: Hash,
    }

    /// A release of one item.
    ReleaseMade = "release-made" {
        /// Product.
        1 product: String,
        /// Item: firmware, app, cloud part.
        2 item: String,
        /// Line.
        3 line: String,
        /// Version, verbatim.
        4 version: String,
        /// Baseline it was built from.
        5 baseline: Option<EntryRef>,
        /// Commit, hexadecimal.
        6 commit: Option<String>,
        /// Built files.
        7 artefacts: Vec<Artefact>,
        /// Software bills of materials, as read.
        8 sboms: Vec<Interpreted>,
        /// What a device running it attests, by component.
        9 measurements: Vec<NamedDigest>,
        /// Results it rests on: entries of `ResultReported` or their reports.
        10 verified: Vec<EntryRef>,
        /// Known residual anomalies.
        11 anomalies: Vec<ResidualAnomaly>,
        /// Signatures over the release.
        12 signatures: Vec<EntryRef>,
    }

    /// One item's release within a system release.
    ItemRelease = "item-release" {
        /// Item.
        1 item: String,
        /// Version.
        2 version: String,
        /// Its entry.
        3 release: EntryRef,
    }

    /// Item releases that were verified together.
    SystemReleaseMade = "system-release-made" {
        /// Product.
        1 product: String,
        /// Variant, if it is for one only.
        2 variant: Option<String>,
        /// Version of the system.
        3 version: String,
        /// Its items.
        4 items: Vec<ItemRelease>,
        /// Results it rests on.
        5 verified: Vec<EntryRef>,
        /// Signatures over it.
        6 signatures: Vec<EntryRef>,
    }

    /// A release must not be installed any more.
    ReleaseWithdrawn = "release-withdrawn" {
        /// The release.
        1 release: EntryRef,
    }

    /// Reference values that a site or the maker signed for configuration it owns, such as a drug library.
    ReferenceListSet = "reference-list-set" {
        /// Name of the list.
        1 name: String,
        /// Site that owns it; the maker's if left out.
        2 site: Option<String>,
        /// Accepted digests.
        3 accepted: Vec<NamedDigest>,
        /// The document behind it.
        4 document: Option<BlobRef>,
    }

    /// An item or component is supported until a date.
    SupportEndSet = "support-end-set" {
        /// Product.
        1 product: String,
        /// Item, and version if only that.
        2 item: String,
        /// Version.
        3 version: Option<String>,
        /// Until when.
        4 until: Time,
    }
}
