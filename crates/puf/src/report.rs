//! Qualification of a family of chips: is it a PUF, how good, and with which profile may it be enrolled?
//!
//! [`qualify`] computes the figures and the verdict of the gate; [`Qualification::text`] prints them and
//! [`Qualification::svg`] draws the distributions, with [`Qualification::distribution_table`] as the table beside them. For stations and
//! servers: it works on raw reads of sample chips, which are secrets of those chips, without constant-time claims.

mod bits;
mod choice;
mod entropy;
mod figures;
mod gate;
mod math;
mod model;
mod qualify;
mod svg;
mod text;

pub use bits::{Chip, Read};
pub use choice::{Candidate, Choice};
pub use entropy::{Entropy, Guess};
pub use figures::{BadRead, ChipFigures, ConditionFigures, Qualification};
pub use gate::Refusal;
pub use model::{CellFit, NoiseFit};
pub use qualify::qualify;
pub use svg::Distribution;

/// What the gate asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Highest key-failure probability, at its upper 95 % end.
    pub max_key_failure: f64,
    /// How many times worse than the worst good held-out read every read may become (temperature, wear) with
    /// that failure probability still kept.
    pub stress: f64,
    /// Highest rate of bad reads, at its upper 95 % end. Each costs a power cycle, not a key.
    pub max_bad_reads: f64,
    /// Pairs the layout should offer per key; more leaves room for stronger codes, fewer spreads wider.
    pub pairs: usize,
}

impl Demand {
    /// One key in a million also at three times the errors of the worst read, one bad read in twenty, 1,600 pairs.
    pub const STANDARD: Self = Self { max_key_failure: 1e-6, stress: 3.0, max_bad_reads: 0.05, pairs: 1600 };
}

/// Fewest chips a family is judged by.
pub const MIN_CHIPS: usize = 3;
