//! Repeatable random numbers (SplitMix64; Steele, Lea, Flood 2014). Never for secrets of anything real.

use crate::plan::Permille;

/// A generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl Random {
    /// A generator for a purpose: other words give other numbers.
    #[must_use]
    pub fn of(words: &[u64]) -> Self {
        Self(words.iter().fold(GOLDEN, |state, word| mix(state ^ mix(word.wrapping_add(GOLDEN)))))
    }

    /// 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `n`; 0 where `n` is 0. The bias is far below what a simulation could show.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next_bits().checked_rem(n).unwrap_or(0)
    }

    /// A place in a list of so many.
    pub(crate) fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Whether something that happens in so many of a thousand cases happens.
    pub fn chance(&mut self, permille: Permille) -> bool {
        // Drawn in any case, so that one fault more or less does not shift all others.
        self.below(1_000) < u64::from(permille)
    }

    /// 32 bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut out = [0; 32];
        out.chunks_exact_mut(8).for_each(|c| c.copy_from_slice(&self.next_bits().to_be_bytes()));
        out
    }

    /// Another order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for n in (1..all.len()).rev() {
            all.swap(n, self.place(n + 1));
        }
    }
}
