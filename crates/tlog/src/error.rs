//! The crate's error: what was being read or checked, where, and why it was refused.
//! Proof arithmetic has its own small enum ([`crate::proof::ProofError`]), wrapped here.

use alloc::string::String;
use core::fmt;

use crate::note::KeyId;
use crate::proof::ProofError;

/// A text or binary format this crate reads, named in [`Error::Syntax`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A 32-byte hash in hex or base64.
    Hash,
    /// A C2SP signed note.
    Note,
    /// A `name+id+key` verifier key.
    VerifierKey,
    /// A `PRIVATE+KEY+…` signing key.
    SigningKey,
    /// A C2SP tlog-checkpoint.
    Checkpoint,
    /// A C2SP tlog-policy file.
    Policy,
    /// A C2SP `.tlog-proof` file.
    Packet,
    /// A C2SP tlog-witness `add-checkpoint` request.
    AddCheckpoint,
    /// A response to an `add-checkpoint` request.
    WitnessResponse,
    /// A tlog-tiles resource path.
    TilePath,
    /// A hash tile.
    Tile,
    /// An entry bundle.
    EntryBundle,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "hash",
            Self::Note => "signed note",
            Self::VerifierKey => "verifier key",
            Self::SigningKey => "signing key",
            Self::Checkpoint => "checkpoint",
            Self::Policy => "log policy",
            Self::Packet => "log proof",
            Self::AddCheckpoint => "add-checkpoint request",
            Self::WitnessResponse => "witness response",
            Self::TilePath => "tile path",
            Self::Tile => "tile",
            Self::EntryBundle => "entry bundle",
        })
    }
}

/// Why an input was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Bytes that are not UTF-8.
    #[error("not valid UTF-8")]
    Utf8,
    /// A control character (or another octet) the format forbids.
    #[error("contains a forbidden control character")]
    Control,
    /// The last line has no newline, or the input is empty.
    #[error("does not end in a newline")]
    NoFinalNewline,
    /// Longer than the documented bound.
    #[error("longer than the {limit} bytes accepted")]
    TooLong {
        /// The bound, in bytes.
        limit: usize,
    },
    /// More items than the documented bound.
    #[error("more than the {limit} {what} accepted")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The input has another length than its shape asks for.
    #[error("{found} bytes where {expected} are due")]
    Length {
        /// Bytes the shape asks for.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A required part is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A part is there, but not in the form the format prescribes.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Something stands where nothing may.
    #[error("unexpected {0}")]
    Unexpected(&'static str),
    /// Not base64 as RFC 4648 section 4 prescribes (standard alphabet, padded, canonical).
    #[error("not canonical base64")]
    Base64,
    /// Not a decimal number without sign and leading zeros.
    #[error("not a decimal number without sign and leading zeros")]
    Decimal,
    /// The key ID in a key text is not the one its name and key give.
    #[error("the key ID does not belong to this name and key")]
    KeyIdMismatch,
    /// The Ed25519 public key is not a canonical point, or a point of small order.
    #[error("not a canonical Ed25519 public key of large order")]
    WeakKey,
    /// A name or key is defined a second time.
    #[error("{0} was already defined or used")]
    Duplicate(&'static str),
    /// A name that no earlier line defines.
    #[error("the name is not defined on an earlier line")]
    UnknownName,
    /// A key of a type that cannot play this part.
    #[error("a key of type {0:#04x} cannot be used here")]
    KeyType(u8),
}

/// Everything that can go wrong outside of proof arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input does not follow its format; nothing of it was kept.
    #[error("{format}, line {line}: {problem}")]
    Syntax {
        /// What was being read.
        format: Format,
        /// 1-based line, or 1 for inputs that have no lines.
        line: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// A signature by a key we know does not verify, so the whole note is refused.
    #[error("the signature by {name}+{id} does not verify; the note was altered or the key is another one")]
    BadSignature {
        /// Key name of the signature line.
        name: String,
        /// Key ID of the signature line.
        id: KeyId,
    },
    /// No known key has signed.
    #[error("no signature by a known key")]
    NoKnownSignature,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint's origin is {origin:?}, the key is named {key:?}")]
    OriginMismatch {
        /// Origin line of the checkpoint.
        origin: String,
        /// Name of the key.
        key: String,
    },
    /// The operation needs a key of another type.
    #[error("key {name} has type {found:#04x}, needed is {needed:#04x}")]
    KeyType {
        /// Name of the key.
        name: String,
        /// Its signature type.
        found: u8,
        /// The signature type the operation needs.
        needed: u8,
    },
    /// An ML-DSA key that found no signature for this message within the bound of its rejection sampling.
    #[error("key {name} could not sign this message")]
    NotSigned {
        /// Name of the key.
        name: String,
    },
    /// A checkpoint that an ML-DSA-44 cosignature cannot cover whole: it has extension lines, or too long an origin.
    #[error("an ML-DSA-44 cosignature covers neither extension lines nor an origin of more than 255 bytes")]
    NotCovered,
    /// A time beyond 2^63 - 1 seconds (tlog-cosignature, "Format").
    #[error("the cosignature time {0} exceeds 2^63 - 1 seconds")]
    TimeOutOfRange(u64),
    /// A checkpoint that no log may sign: size 0 with a root other than that of the empty tree.
    #[error("a tree of size 0 has the empty root, and no other")]
    EmptyTreeRoot,
    /// No log of the policy has signed the checkpoint.
    #[error("the checkpoint of {origin:?} is signed by none of the policy's logs")]
    UnknownLog {
        /// Origin line of the checkpoint.
        origin: String,
    },
    /// The log's signature is right, but too few witnesses have cosigned.
    #[error("the quorum is not met: {counted} of the policy's witnesses have cosigned")]
    QuorumNotMet {
        /// Witnesses of the quorum with a valid cosignature.
        counted: usize,
    },
    /// The proof does not hold.
    #[error("the proof does not hold: {0}")]
    Proof(ProofError),
}

impl Error {
    pub(crate) const fn syntax(format: Format, line: usize, problem: Problem) -> Self {
        Self::Syntax { format, line, problem }
    }
}
