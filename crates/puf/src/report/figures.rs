//! The figures of a qualification: what is measured, of each chip and of the family. How: `qualify`.

use alloc::string::String;
use alloc::vec::Vec;

use super::Demand;
use super::choice::{Candidate, Choice};
use super::entropy::Entropy;
use super::gate::Refusal;
use super::model::{CellFit, NoiseFit};
use crate::{Error, Layout};

/// A read set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRead {
    /// Its label.
    pub label: String,
    /// Share of bits that differ from the majority of the chip's reads.
    pub distance: f64,
    /// The fault, when it is not merely far away.
    pub error: Option<Error>,
}

/// Held-out reads of one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionFigures {
    /// The condition.
    pub name: String,
    /// Good held-out reads.
    pub reads: usize,
    /// Mean error rate of response bits.
    pub mean: f64,
    /// Error rate of the worst read.
    pub worst: f64,
    /// Were reads of this condition enrolled?
    pub enrolled: bool,
}

/// Figures of one chip. Rates are shares, not percentages.
#[derive(Debug, Clone, PartialEq)]
pub struct ChipFigures {
    /// Its name.
    pub name: String,
    /// Good reads enrolled.
    pub enrolled: usize,
    /// Good reads held out.
    pub held_out: usize,
    /// Reads set aside.
    pub bad: Vec<BadRead>,
    /// Distance of every good read from the enrolment majority.
    pub distances: Vec<f64>,
    /// Ones in the enrolment majority.
    pub ones: f64,
    /// Held-out errors against the first enrolment read.
    pub error_one: f64,
    /// Held-out errors against the majority of the enrolment reads.
    pub error_majority: f64,
    /// Held-out errors of cells that never changed at enrolment.
    pub error_stable: f64,
    /// Share of cells that never changed at enrolment.
    pub stable: f64,
    /// Share of candidate pairs kept.
    pub pairs: f64,
    /// Held-out errors of response bits.
    pub error_response: f64,
    /// The worst held-out read's errors of response bits, and its label.
    pub worst: (f64, String),
    /// By condition.
    pub conditions: Vec<ConditionFigures>,
    /// The fitted margins.
    pub fit: CellFit,
    /// What the fit predicts for the errors of response bits at enrolment noise.
    pub predicted: f64,
    /// The noise of held-out reads.
    pub noise: NoiseFit,
}

/// A qualification: figures, candidates, choice and verdict.
#[derive(Debug, Clone)]
pub struct Qualification {
    /// The chips that could be measured.
    pub chips: Vec<ChipFigures>,
    /// Distances of every two chips.
    pub between: Vec<(String, String, f64)>,
    /// Reads taken in all, bad ones among them, and the upper 95 % end of their rate.
    pub bad_reads: (usize, usize, f64),
    /// The layout of pairs all figures are for.
    pub layout: Option<Layout>,
    /// Entropy, when enough chips could be compared.
    pub entropy: Option<Entropy>,
    /// Every shipped code.
    pub candidates: Vec<Candidate>,
    /// The profile to use, when one meets the demands.
    pub choice: Option<Choice>,
    /// Why the gate refuses; empty when it accepts.
    pub refusals: Vec<Refusal>,
    /// What was asked.
    pub demand: Demand,
}

impl Qualification {
    /// May this family be enrolled with [`Qualification::choice`]?
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.refusals.is_empty() && self.choice.is_some()
    }
}
