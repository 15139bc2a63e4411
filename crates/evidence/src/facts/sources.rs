//! Facts about sources, their keys, tokens and streams. 20 to 39.

use alloc::string::String;
use alloc::vec::Vec;

use tlog::Hash;

use crate::keys::{KeyId, PublicKey};
use crate::source::SourceId;
use crate::time::Time;
use crate::types::{BlobRef, Bytes, EntryRef};

codes! {
    /// Why a key is revoked (after RFC 5280, 5.3.1).
    RevocationCause = "revocation-cause" {
        /// Someone else may have the key.
        1 Compromised = "compromised",
        /// The key cannot be used any more.
        2 Lost = "lost",
        /// Another key took its place.
        3 Superseded = "superseded",
        /// The source no longer acts.
        4 Ceased = "ceased",
    }

    /// Why a device could not send what its sequence counted.
    GapCause = "gap-cause" {
        /// Its store was full.
        1 StoreFull = "store-full",
        /// Its store was damaged.
        2 StoreDamaged = "store-damaged",
        /// Power failed while it wrote.
        3 PowerLoss = "power-loss",
        /// Service erased it.
        4 Serviced = "serviced",
    }
}

structures! {
    /// A source can speak from here on.
    SourceEnrolled = "source-enrolled" {
        /// Its identifier, derived from this key.
        1 source: SourceId,
        /// Its first key.
        2 key: PublicKey,
        /// Printed name, or what it is called. Names may coincide and change; identifiers do neither.
        3 name: String,
        /// What it may do, by role.
        4 roles: Vec<String>,
        /// The key's signature over the identifier and the log's origin: whoever enrolled it held it (`proof::attached`).
        5 possession: Option<Bytes>,
    }

    /// A source has another key from here on; the old one signs no more.
    KeyRotated = "key-rotated" {
        /// Whose.
        1 source: SourceId,
        /// The key until here.
        2 old: KeyId,
        /// The key from here on.
        3 new: PublicKey,
        /// The new key's signature over the identifier and the log's origin (`proof::attached`).
        4 possession: Option<Bytes>,
    }

    /// A key signs no more. What it signed before this entry stays valid.
    KeyRevoked = "key-revoked" {
        /// Whose.
        1 source: SourceId,
        /// Which key.
        2 key: KeyId,
        /// Why.
        3 cause: RevocationCause,
        /// Since when it is in doubt, if that is before this entry: what it signed since is flagged, not removed.
        4 doubtful_since: Option<Time>,
    }

    /// A source is called otherwise from here on.
    SourceRenamed = "source-renamed" {
        /// Who.
        1 source: SourceId,
        /// The name from here on.
        2 name: String,
    }

    /// A source cannot speak until it is reinstated.
    SourceSuspended = "source-suspended" {
        /// Who.
        1 source: SourceId,
    }

    /// A suspended source can speak again.
    SourceReinstated = "source-reinstated" {
        /// Who.
        1 source: SourceId,
    }

    /// A source may do other things from here on.
    RolesChanged = "roles-changed" {
        /// Who.
        1 source: SourceId,
        /// All its roles from here on.
        2 roles: Vec<String>,
    }

    /// Whoever shows the token reads on behalf of a source.
    TokenIssued = "token-issued" {
        /// On whose behalf.
        1 source: SourceId,
        /// SHA-256 of the token; the token itself is nowhere.
        2 token: Hash,
        /// What it opens.
        3 scopes: Vec<String>,
        /// Until when.
        4 expires: Time,
        /// What it is for.
        5 label: String,
    }

    /// A token opens nothing any more.
    TokenRevoked = "token-revoked" {
        /// SHA-256 of the token.
        1 token: Hash,
    }

    /// The stream of this entry ends here.
    StreamClosed = "stream-closed" {
        /// Entries of the stream, this one included.
        1 entries: u64,
    }

    /// The stream of this entry continues under another key, which the source's standing key vouches for.
    StreamKeyChanged = "stream-key-changed" {
        /// The key from the next entry on.
        1 key: PublicKey,
        /// The enrolled key's signature over the new key and its place in the stream (`proof::attached`).
        2 certificate: Bytes,
    }

    /// Entries that this source counted but cannot deliver.
    GapReported = "gap-reported" {
        /// First missing place.
        1 from: u64,
        /// Number of missing places.
        2 count: u64,
        /// Why.
        3 cause: GapCause,
    }

    /// Two different entries at one place of a stream: proof that the source, or whoever holds its key, said both.
    Equivocated = "equivocated" {
        /// Whose.
        1 source: SourceId,
        /// Which stream.
        2 stream: u64,
        /// Which place.
        3 sequence: u64,
        /// The entry that the log holds.
        4 first: EntryRef,
        /// Hash of the other entry.
        5 second: Hash,
        /// The other entry, whole, unless it is in `blob`.
        6 bytes: Option<Bytes>,
        /// Where the whole other entry is, if it is too large for this one.
        7 blob: Option<BlobRef>,
    }
}
