//! Small values that several facts share: digests, bytes, references to entries and blobs, beacons.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use tlog::Hash;

use crate::MAX_ENTRY;
use crate::cbor::{Malformed, Reader, Writer};
#[cfg(feature = "json")]
use crate::json::{JsonError, Value, hex, unhex};
use crate::wire::Field;

impl Field for Hash {
    fn cddl() -> Cow<'static, str> {
        "sha256".into()
    }
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Fixed::<32>::read(r).map(|f| Self(f.0))
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        hex(&self.0).into()
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        Fixed::<32>::from_json(v).map(|f| Self(f.0))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        Self(s.array())
    }
}

/// A byte string of exactly `N` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const N: usize>(pub [u8; N]);

impl<const N: usize> Field for Fixed<N> {
    fn cddl() -> Cow<'static, str> {
        alloc::format!("bstr .size {N}").into()
    }
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let at = r.position();
        let raw = r.bytes(N)?;
        let reason = crate::cbor::Reason::Expected("a byte string of its fixed length");
        raw.try_into().map(Self).map_err(|_| Malformed { at, reason })
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        hex(&self.0).into()
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        let raw = v.as_str().and_then(unhex).ok_or(JsonError::expected("hexadecimal digits"))?;
        raw.try_into().map(Self).map_err(|_| JsonError::expected("hexadecimal digits of the fixed length"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        Self(s.array())
    }
}

/// A byte string of any length an entry can hold; hexadecimal in JSON.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes: ", self.0.len())?;
        self.0.iter().take(16).try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Field for Bytes {
    fn cddl() -> Cow<'static, str> {
        "bstr".into()
    }
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.bytes(MAX_ENTRY).map(|b| Self(b.to_vec()))
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> Value {
        hex(&self.0).into()
    }
    #[cfg(feature = "json")]
    fn from_json(v: &Value) -> Result<Self, JsonError> {
        v.as_str().and_then(unhex).map(Self).ok_or(JsonError::expected("hexadecimal digits"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        let n = s.below(40);
        Self(s.bytes(n))
    }
}

structures! {
    /// Another entry of the log: where it stands, and its hash, so that neither can be mistaken.
    EntryRef = "entry-ref" {
        /// Index in the log.
        1 index: u64,
        /// SHA-256 of its body.
        2 entry: Hash,
    }

    /// Evidence too large for an entry, kept beside the log under its digest.
    BlobRef = "blob-ref" {
        /// SHA-256 of its bytes.
        1 digest: Hash,
        /// Length in bytes.
        2 length: u64,
        /// Media type (RFC 6838).
        3 media_type: String,
    }

    /// A recent tree head that the source had seen: nothing it signs over can be older (RFC 9334, epoch handle).
    Beacon = "beacon" {
        /// Generation of the log: 0, and one more with each recovery.
        1 generation: u64,
        /// Number of entries.
        2 size: u64,
        /// Merkle tree hash at that size (RFC 9162, 2.1.1).
        3 root: Hash,
    }

    /// A named digest: of a firmware image, a configuration, an artefact.
    NamedDigest = "named-digest" {
        /// What was measured or built.
        1 name: String,
        /// SHA-256 of it.
        2 digest: Hash,
    }

    /// An outside document, how it was read, and the canonical form that the world works with.
    Interpreted = "interpreted" {
        /// The document as it came.
        1 raw: BlobRef,
        /// Name of the parser.
        2 parser: String,
        /// Version of the parser.
        3 parser_version: u64,
        /// The canonical normalised form.
        4 normalised: BlobRef,
    }
}
