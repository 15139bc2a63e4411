//! What is enrolled: code, blocks, layout and the entropy the family's qualification found, with the account of what is left.

use crate::{Code, Error, Layout};

/// Least residual min-entropy of a profile, in bits.
pub const MIN_RESIDUAL_BITS: u32 = 128;
/// Most blocks of a profile.
pub const MAX_BLOCKS: u8 = 32;
/// The codes profiles may use, as (m, t): each the strongest of its dimension.
pub const SHIPPED: [(u8, u8); 16] = [
    (7, 7),
    (7, 9),
    (7, 10),
    (7, 13),
    (7, 15),
    (7, 21),
    (8, 13),
    (8, 18),
    (8, 19),
    (8, 21),
    (8, 23),
    (8, 26),
    (8, 27),
    (8, 30),
    (8, 31),
    (8, 42),
];

/// A profile: how many response bits, protected how, worth how much.
#[derive(Debug, Clone)]
pub struct Profile {
    code: Code,
    blocks: u8,
    layout: Layout,
    entropy_milli: u16,
}

impl Profile {
    /// A profile of `blocks` blocks of the shipped code (m, t) over `layout`.
    ///
    /// `entropy_milli` is the min-entropy of one response bit in thousandths of a bit, as qualified for the family of chips
    /// *for paired bits* (`report::Qualification`); it is the caller's claim and nothing measured on one chip can
    /// replace it.
    ///
    /// # Errors
    /// [`Error::Profile`] for a code not in [`SHIPPED`], no or too many blocks or an entropy above 1,000;
    /// [`Error::TooLittleEntropy`] when fewer than [`MIN_RESIDUAL_BITS`] are left.
    pub fn new(m: u8, t: u8, blocks: u8, layout: Layout, entropy_milli: u16) -> Result<Self, Error> {
        if !SHIPPED.contains(&(m, t)) || blocks == 0 || blocks > MAX_BLOCKS || entropy_milli > 1000 {
            return Err(Error::Profile);
        }
        let code = Code::new(m, t).ok_or(Error::Profile)?;
        let residual = residual_milli(&code, blocks, entropy_milli).max(0).unsigned_abs() / 1000;
        if residual < MIN_RESIDUAL_BITS {
            return Err(Error::TooLittleEntropy { residual, need: MIN_RESIDUAL_BITS });
        }
        Ok(Self { code, blocks, layout, entropy_milli })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Number of blocks.
    #[must_use]
    pub fn blocks(&self) -> u8 {
        self.blocks
    }

    /// The candidate pairs.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Min-entropy of a response bit, in thousandths.
    #[must_use]
    pub fn entropy_milli(&self) -> u16 {
        self.entropy_milli
    }

    /// Response bits: one pair each.
    #[must_use]
    pub fn response_bits(&self) -> usize {
        self.code.n() * usize::from(self.blocks)
    }

    /// Bits the sketch publishes.
    #[must_use]
    pub fn sketch_bits(&self) -> usize {
        self.code.parity_bits() * usize::from(self.blocks)
    }

    /// Bits of min-entropy left when the helper data are known: blocks · (n·h − (n − k)), rounded down.
    #[must_use]
    pub fn residual_bits(&self) -> u32 {
        residual_milli(&self.code, self.blocks, self.entropy_milli).max(0).unsigned_abs() / 1000
    }
}

/// Residual min-entropy in thousandths of a bit; negative when the sketch may give away everything.
pub(crate) fn residual_milli(code: &Code, blocks: u8, entropy_milli: u16) -> i32 {
    // At most 255 · 1000 · 32: far below the limit.
    let bits = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    i32::from(blocks) * (bits(code.n()) * i32::from(entropy_milli) - 1000 * bits(code.parity_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residual_entropy_as_published() {
        // Per block for h = 0.6 and 0.42.
        for (m, t, h, want) in [
            (7, 7, 600, 27_200),
            (7, 10, 600, 13_200),
            (7, 13, 600, -800),
            (7, 15, 600, -14_800),
            (7, 10, 420, -9_660),
            (7, 10, 1000, 64_000),
        ] {
            assert_eq!(residual_milli(&Code::new(m, t).unwrap(), 1, h), want);
        }
    }

    #[test]
    fn refuses_127_bits_and_takes_128() {
        let layout = Layout::new(262_144, 0, 51, 128).unwrap();
        // Two blocks of BCH(127,64): 128 bits exactly at h = 1, and nothing less will do.
        assert_eq!(Profile::new(7, 10, 2, layout, 1000).unwrap().residual_bits(), 128);
        assert_eq!(
            Profile::new(7, 10, 2, layout, 999).unwrap_err(),
            Error::TooLittleEntropy { residual: 127, need: 128 }
        );
        // A negative bound is no entropy, however many blocks.
        assert_eq!(
            Profile::new(7, 15, 32, layout, 400).unwrap_err(),
            Error::TooLittleEntropy { residual: 0, need: 128 }
        );
        for (m, t, blocks, h) in [(7, 11, 4, 900), (8, 30, 0, 900), (8, 30, 33, 900), (8, 30, 4, 1001)] {
            assert_eq!(Profile::new(m, t, blocks, layout, h).unwrap_err(), Error::Profile);
        }
    }

    #[test]
    fn shipped_codes_are_the_strongest_of_their_dimension() {
        for (m, t) in SHIPPED {
            let k = Code::new(m, t).unwrap().k();
            assert!(Code::new(m, t + 1).is_none_or(|next| next.k() < k), "({m},{t})");
        }
    }
}
