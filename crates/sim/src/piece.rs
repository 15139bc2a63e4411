//! What a gateway sends: entries of many devices, unopened, among them some that nobody should take.

use std::sync::Arc;

use evidence::Hash;

/// Where a piece comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// From the device, sent for the first time or again because it was not answered for good.
    Genuine,
    /// A second copy of what is sent beside it.
    Duplicate,
    /// What was answered for good before.
    Replayed,
    /// A bit of its signature was flipped.
    BadSignature,
    /// A bit anywhere was flipped. The last of its batch: where the envelope broke, nobody finds what follows.
    Corrupted,
    /// Its claims are the device's; the signature is another's.
    Foreign,
    /// From a second device with the same secret.
    OfCopy,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Genuine,
        Self::Duplicate,
        Self::Replayed,
        Self::BadSignature,
        Self::Corrupted,
        Self::Foreign,
        Self::OfCopy,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Duplicate => "duplicate",
            Self::Replayed => "replayed",
            Self::BadSignature => "bad-signature",
            Self::Corrupted => "corrupted",
            Self::Foreign => "foreign",
            Self::OfCopy => "of-copy",
        }
    }

    /// Whether it is only sent once, and its answer concerns no device.
    pub(crate) const fn passes(self) -> bool {
        !matches!(self, Self::Genuine | Self::OfCopy)
    }
}

/// One entry on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Number of the device that it is of, or claims to be of.
    pub device: u64,
    /// Where it comes from.
    pub kind: Kind,
    /// Its entry hash; `None` where a bit was flipped.
    pub entry: Option<Hash>,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Which device of its site holds it.
    pub(crate) slot: usize,
}

/// What a gateway sends at once, as one CBOR sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The site whose gateway sends it.
    pub site: usize,
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

impl Batch {
    /// The body of `POST /device/v1/evidence`.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes());
        self.pieces.iter().for_each(|p| out.extend_from_slice(&p.bytes));
        out
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|p| p.bytes.len()).sum()
    }
}
