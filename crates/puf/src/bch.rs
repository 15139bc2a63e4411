//! Binary narrow-sense BCH codes of length 2^m − 1: remainder (the sketch of a word) and bounded-distance decoding.
//!
//! Words are slices of `n` bytes of 0 or 1, coefficient of x^0 first. Words and what is computed from them are secret; length,
//! degree and every loop bound are public. Decoding runs the same operations on the same addresses whatever the word:
//! syndromes with masks over powers at public positions, inversion-free Berlekamp–Massey (Sarwate and Shanbhag, IEEE
//! TVLSI 2001) for all 2t steps with masked selection, a Chien search over all n positions, then syndromes again.
//! Cost: O(n·t) eight lanes at a time.

use alloc::vec::Vec;
use core::hint::black_box;

use subtle::Choice;
use zeroize::{Zeroize, Zeroizing};

use crate::gf::{self, Field};

/// Longest code.
pub(crate) const MAX_N: usize = 255;
/// Most errors a code may correct; a locator then fits `WORDS` words of eight lanes.
const MAX_T: u8 = 62;
const WORDS: usize = 8;
/// Words of a remainder: n − k is below 256.
const LIMBS: usize = 4;

/// A polynomial of up to 64 coefficients in GF(2^m), lowest first.
type Poly = Zeroizing<[u64; WORDS]>;

/// A BCH code: length n = 2^m − 1, k message bits, corrects t errors.
#[derive(Clone)]
pub struct Code {
    m: u8,
    t: u8,
    k: usize,
    field: Field,
    /// Generator polynomial without its leading term.
    generator: [u64; LIMBS],
}

impl core::fmt::Debug for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "BCH({},{},t={})", self.n(), self.k, self.t)
    }
}

impl Code {
    /// The narrow-sense primitive BCH code over GF(2^m), 3 ≤ m ≤ 8, with designed distance 2t + 1, 1 ≤ t ≤ 62.
    /// None when no message bit would be left.
    #[must_use]
    pub fn new(m: u8, t: u8) -> Option<Self> {
        let field = Field::new(m)?;
        let n = field.order();
        if t == 0 || t > MAX_T || 2 * usize::from(t) >= n {
            return None;
        }
        let mut root = [false; MAX_N];
        for first in 1..=2 * usize::from(t) {
            let mut exponent = first;
            while !root[exponent] {
                root[exponent] = true;
                exponent = exponent * 2 % n;
            }
        }
        let degree = root.iter().filter(|r| **r).count();
        let k = n.checked_sub(degree).filter(|k| *k > 0)?;
        // Product of (x + α^e) over all roots; its coefficients end in {0, 1}.
        let mut product: Vec<u8> = alloc::vec![1];
        for exponent in (0..n).filter(|e| root[*e]) {
            let power = field.power(exponent);
            product.push(0);
            for i in (0..product.len()).rev() {
                let below = if i == 0 { 0 } else { product[i - 1] };
                product[i] = below ^ field.mul1(product[i], power);
            }
        }
        let mut generator = [0; LIMBS];
        for (i, coefficient) in product.iter().take(degree).enumerate() {
            generator[i / 64] |= u64::from(*coefficient) << (i % 64);
        }
        Some(Self { m, t, k, field, generator })
    }

    /// Degree of the field.
    #[must_use]
    pub fn m(&self) -> u8 {
        self.m
    }

    /// Length in bits.
    #[must_use]
    pub fn n(&self) -> usize {
        self.field.order()
    }

    /// Message bits.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// Errors corrected.
    #[must_use]
    pub fn t(&self) -> u8 {
        self.t
    }

    /// Bits of a remainder: n − k.
    #[must_use]
    pub fn parity_bits(&self) -> usize {
        self.n() - self.k
    }

    /// `word` mod g(x), as n − k bytes of 0 or 1.
    ///
    /// This is the code-offset in systematic form: the codeword whose message bits are those of the word differs from
    /// it in the parity positions only, and there by exactly this remainder.
    pub(crate) fn remainder(&self, word: &[u8], out: &mut [u8]) {
        debug_assert!(word.len() == self.n() && out.len() == self.parity_bits());
        let top = self.parity_bits() - 1;
        let mut state = Zeroizing::new([0_u64; LIMBS]);
        for bit in word.iter().rev() {
            let carry = black_box((state[top / 64] >> (top % 64)) & 1).wrapping_neg();
            let mut shifted_in = u64::from(*bit);
            for (limb, g) in state.iter_mut().zip(&self.generator) {
                let shifted_out = *limb >> 63;
                *limb = (*limb << 1) | shifted_in;
                *limb ^= carry & g;
                shifted_in = shifted_out;
            }
            // Above the top bit the shift leaves x^(n−k), which the generator's leading term cancels.
            if !(top + 1).is_multiple_of(64) {
                state[top / 64] &= (1 << (top % 64 + 1)) - 1;
            }
        }
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = gf::low((state[i / 64] >> (i % 64)) & 1);
        }
    }

    /// S_1 … S_2t at index 0 … 2t − 1.
    fn syndromes(&self, word: &[u8]) -> Zeroizing<[u8; 2 * MAX_T as usize]> {
        let n = self.n();
        let count = 2 * usize::from(self.t);
        let mut s = Zeroizing::new([0_u8; 2 * MAX_T as usize]);
        for i in (1..=count).step_by(2) {
            let mut at = 0;
            let mut sum = 0;
            for bit in word {
                sum ^= black_box(*bit).wrapping_neg() & self.field.power(at);
                at += i;
                if at >= n {
                    at -= n;
                }
            }
            s[i - 1] = sum;
        }
        for i in 1..=count / 2 {
            s[2 * i - 1] = self.field.mul1(s[i - 1], s[i - 1]);
        }
        s
    }

    /// Words that hold t + 2 coefficients. What overflows them belongs to locators of more than t errors, which fail anyway.
    fn words(&self) -> usize {
        (usize::from(self.t) + 2).div_ceil(8).min(WORDS)
    }

    fn dot(&self, a: &Poly, b: &Poly) -> u8 {
        let words = self.words();
        gf::sum(a.iter().zip(b.iter()).take(words).fold(0, |sum, (a, b)| sum ^ self.field.mul(*a, *b)))
    }

    /// The error locator, not normalised.
    fn locator(&self, syndromes: &[u8]) -> Poly {
        let words = self.words();
        let mut lambda: Poly = Zeroizing::new([0; WORDS]);
        lambda[0] = 1;
        let mut b = lambda.clone();
        let mut recent: Poly = Zeroizing::new([0; WORDS]);
        let mut gamma = Zeroizing::new(1_u8);
        let mut k = Zeroizing::new(0_i32);
        for s in syndromes.iter().take(2 * usize::from(self.t)) {
            shift_up(&mut recent, words, *s);
            let delta = Zeroizing::new(self.dot(&lambda, &recent));
            let (gammas, deltas) = (gf::broadcast(*gamma), gf::broadcast(*delta));
            // All ones when δ ≠ 0 and k ≥ 0.
            let nonzero = u32::from(1 ^ gf::is_zero(*delta));
            let negative = (*k).cast_unsigned() >> 31;
            let swap = black_box(nonzero & (1 ^ negative));
            let swap_word = u64::from(swap).wrapping_neg();
            let mut shifted = b.clone();
            shift_up(&mut shifted, words, 0);
            for i in 0..words {
                let next = self.field.mul(lambda[i], gammas) ^ self.field.mul(shifted[i], deltas);
                b[i] = (lambda[i] & swap_word) | (shifted[i] & !swap_word);
                lambda[i] = next;
            }
            let byte = gf::low(swap_word);
            *gamma = (*delta & byte) | (*gamma & !byte);
            // −k − 1 is the complement of k.
            let k_mask = swap.wrapping_neg().cast_signed();
            *k = (!*k & k_mask) | ((*k + 1) & !k_mask);
        }
        lambda
    }

    /// Decodes `word` (a codeword with errors): writes the error pattern to `error` and says whether at most t errors
    /// turn the word into a codeword; also returns the weight of the pattern. When the choice is false, `error` is
    /// zero. Same operations for every word.
    pub(crate) fn decode(&self, word: &[u8], error: &mut [u8]) -> (Choice, u16) {
        debug_assert!(word.len() == self.n() && error.len() == self.n());
        let words = self.words();
        let mut syndromes = self.syndromes(word);
        let mut terms = self.locator(&*syndromes);
        syndromes.zeroize();
        // Position j is in error when λ(α^−j) = 0: each step turns the i-th term by α^−i.
        let n = self.n();
        let mut turn = [0_u64; WORDS];
        for i in 0..words * 8 {
            turn[i / 8] |= u64::from(self.field.power(n - i % n)) << (8 * (i % 8));
        }
        let mut corrected = Zeroizing::new([0_u8; MAX_N]);
        let mut weight = 0_u16;
        for (j, slot) in error.iter_mut().enumerate() {
            let value = gf::sum(terms.iter().take(words).fold(0, |sum, term| sum ^ term));
            *slot = gf::is_zero(value);
            weight += u16::from(*slot);
            corrected[j] = word[j] ^ *slot;
            for (term, turn) in terms.iter_mut().zip(&turn).take(words) {
                *term = self.field.mul(*term, *turn);
            }
        }
        let again = self.syndromes(&corrected[..n]);
        let residue = again.iter().fold(0, |all, s| all | s);
        // The borrow of t − weight is set when there are too many.
        let excess = u16::from(self.t).wrapping_sub(weight) >> 15;
        let ok = gf::is_zero(residue) & gf::is_zero(gf::low(u64::from(excess)));
        let keep = black_box(ok).wrapping_neg();
        for slot in error.iter_mut() {
            *slot &= keep;
        }
        (Choice::from(ok), weight)
    }
}

/// Multiplies by x and sets the constant term.
fn shift_up(poly: &mut Poly, words: usize, constant: u8) {
    let mut carry = u64::from(constant);
    for word in poly.iter_mut().take(words) {
        let out = *word >> 56;
        *word = (*word << 8) | carry;
        carry = out;
    }
}

#[cfg(test)]
mod tests;
