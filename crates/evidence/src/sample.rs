//! Examples of every structure, for tests, golden files and load generators: the same seed gives the same examples.
//!
//! Behind the feature `sample`. Not here: anything that makes sense. Examples are well formed, not true.

use alloc::string::String;
use alloc::vec::Vec;

use crate::body::Body;
use crate::facts::Fact;
use crate::source::{SourceId, SourceKind};
use crate::wire::Field;

/// Which of the values that may be left out an example has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// None: each structure is as small as it can be.
    Bare,
    /// All: each structure has every field.
    Full,
    /// Some, by the seed.
    Mixed,
}

/// A source of examples. Its generator is SplitMix64: small, fixed for ever, and no source of secrets.
#[derive(Clone, Debug)]
pub struct Sampler {
    state: u64,
    fill: Fill,
}

/// Structures of the body that are not fields of a fact, but have examples all the same.
pub trait Sample {
    /// An example of it.
    fn sample(s: &mut Sampler) -> Self;
}

/// Texts that a codec or a JSON rendering may stumble over; none is longer than the shortest limit of a field.
const TEXTS: &[&str] =
    &["pump", "SWR-012", "2.1.0-rc.1", "größer als 5 µl", "流量", "say \"so\"\\\n", "", "a b\tc", "🩺"];

impl Sampler {
    /// Begins at `seed`.
    #[must_use]
    pub const fn new(seed: u64, fill: Fill) -> Self {
        Self { state: seed, fill }
    }

    /// Another sampler that begins where this one now is; this one moves on.
    pub fn fork(&mut self) -> Self {
        Self { state: self.bits(), fill: self.fill }
    }

    /// The `n`-th of the samplers that begin here.
    #[must_use]
    pub fn branch(&self, n: u64) -> Self {
        Self { state: self.state ^ n.wrapping_mul(0xd6e8_feb8_6659_fd93), fill: self.fill }.fork()
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`; 0 if there is none.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits().checked_rem(n).unwrap_or_default()
    }

    /// Whether the next value that may be left out is there.
    pub fn present(&mut self) -> bool {
        match self.fill {
            Fill::Bare => false,
            Fill::Full => true,
            Fill::Mixed => self.below(2) == 1,
        }
    }

    /// An unsigned integer of any magnitude, so that every length of head occurs.
    pub fn uint(&mut self) -> u64 {
        let shift = self.below(64);
        self.bits() >> shift
    }

    /// A signed integer of any magnitude.
    pub fn int(&mut self) -> i64 {
        self.uint().cast_signed()
    }

    /// `n` bytes.
    pub fn bytes(&mut self, n: u64) -> Vec<u8> {
        (0..n).map(|_| self.bits().to_le_bytes()[0]).collect()
    }

    /// `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.bits().to_le_bytes()[0])
    }

    /// A text.
    pub fn text(&mut self) -> String {
        String::from(self.choose(TEXTS))
    }

    /// One of several values, of which there is at least one.
    ///
    /// # Panics
    /// `all` is empty.
    pub fn choose<T: Copy>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap_or_default();
        #[expect(clippy::indexing_slicing, reason = "below the length, which the caller promises is not 0")]
        all[at]
    }

    /// An identifier of this kind; of a device, a UEID of any type and length.
    pub fn source(&mut self, kind: SourceKind) -> SourceId {
        let (first, rest) = match kind {
            SourceKind::Device => self.choose(&[(1, 16), (1, 24), (1, 32), (2, 6), (2, 8), (3, 14)]),
            SourceKind::Ledger => (0x80, 10),
            SourceKind::Person => (0x81, 10),
            SourceKind::Service => (0x82, 10),
            SourceKind::Ci => (0x83, 10),
            SourceKind::Gateway => (0x84, 10),
            SourceKind::Station => (0x85, 10),
        };
        let mut raw = alloc::vec![first];
        raw.extend(self.bytes(rest));
        SourceId::from_bytes(&raw).unwrap_or(SourceId::device([0; 16]))
    }

    /// A body that states `fact`, at any place of a stream of a source that may state it.
    pub fn body(&mut self, fact: Fact) -> Body {
        let kind = match fact {
            Fact::Attested(_) => SourceKind::Device,
            _ => self.choose(&SourceKind::ALL),
        };
        let previous = Option::sample(self);
        Body {
            source: self.source(kind),
            stream: self.uint(),
            sequence: if previous.is_some() { self.uint().max(1) } else { 0 },
            previous,
            time: Option::sample(self),
            beacon: Option::sample(self),
            reason: Option::sample(self),
            on_behalf_of: Option::sample(self),
            fact,
        }
    }
}
