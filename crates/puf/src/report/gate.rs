//! The gate: every reason for which a family of chips may not be enrolled.

use alloc::string::String;
use core::fmt;

use super::MIN_CHIPS;
use crate::{Error, MIN_RESIDUAL_BITS};

/// Why the gate refuses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// A chip's reads cannot be used: too few, different lengths, not healthy. The error says which read and why.
    Reads {
        /// The chip.
        chip: String,
        /// The label of the read the error is about.
        label: Option<String>,
        /// What is wrong.
        error: Error,
    },
    /// Fewer than [`MIN_CHIPS`] chips: what chips have in common is undetermined.
    FewChips(usize),
    /// Memories of different size, or too small or oddly sized for a layout.
    Layout,
    /// No shipped code leaves 128 bits of min-entropy.
    Entropy {
        /// Bits of min-entropy per response bit.
        per_bit: f64,
    },
    /// No shipped code that leaves 128 bits fails seldom enough on the pairs the chips offer.
    KeyFailure {
        /// The lowest probability reached with 128 bits, at its upper 95 % end.
        best: f64,
        /// What was asked.
        demanded: f64,
    },
    /// Too many reads are bad.
    BadReads {
        /// Upper 95 % end of their rate.
        upper: f64,
        /// What was asked.
        demanded: f64,
    },
    /// Two chips are nearly the same: one chip read twice, or a clone.
    Alike {
        /// One chip.
        one: String,
        /// The other.
        other: String,
        /// Share of bits that differ.
        distance: f64,
    },
}

/// Chips nearer than this are taken for one.
pub(crate) const ALIKE: f64 = 0.25;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reads { chip, label: Some(label), error } => write!(f, "chip {chip}, {label}: {error}"),
            Self::Reads { chip, label: None, error } => write!(f, "chip {chip}: {error}"),
            Self::FewChips(got) => {
                write!(f, "{got} usable chips, at least {MIN_CHIPS} needed: what chips share is undetermined")
            }
            Self::Layout => {
                f.write_str("the memories differ in size, or the size allows no layout of cell pairs")
            }
            Self::Entropy { per_bit } => write!(
                f,
                "{per_bit:.3} bits of min-entropy a response bit: no shipped code leaves {MIN_RESIDUAL_BITS} bits"
            ),
            Self::KeyFailure { best, demanded } => write!(
                f,
                "keys with {MIN_RESIDUAL_BITS} bits fail with probability {best:.1e} at best, {demanded:.0e} asked"
            ),
            Self::BadReads { upper, demanded } => write!(
                f,
                "up to {:.1} % of reads are bad, {:.1} % allowed: lengthen the power-off before reading",
                upper * 100.0,
                demanded * 100.0
            ),
            Self::Alike { one, other, distance } => write!(
                f,
                "chips {one} and {other} differ in {:.1} % of bits only: one chip under two names, or a clone",
                distance * 100.0
            ),
        }
    }
}
