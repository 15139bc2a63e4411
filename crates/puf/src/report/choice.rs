//! Which shipped code, in how many blocks, meets both demands; and how it does on the held-out reads.

use alloc::vec::Vec;

use super::Demand;
use super::bits::Kept;
use super::math::{float, upper95};
use super::model::{KeyModel, key_failure_at};
use crate::profile::residual_milli;
use crate::{Code, Error, Layout, MAX_BLOCKS, MIN_RESIDUAL_BITS, Profile, SHIPPED};

/// One shipped code measured against the demands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Degree of the field.
    pub m: u8,
    /// Errors corrected a block.
    pub t: u8,
    /// Length.
    pub n: usize,
    /// Message bits.
    pub k: usize,
    /// Bits of min-entropy left per block with paired cells; may be negative.
    pub residual_per_block: f64,
    /// The same with stable cells that are not paired.
    pub residual_unpaired: f64,
    /// Blocks for 128 bits; none when no number does or too many would be needed.
    pub blocks: Option<u8>,
    /// Key-failure probability of the worst chip, estimate and upper 95 % end, with those blocks.
    pub key_failure: (f64, f64),
    /// Key-failure probability were every read as bad as the demanded multiple of the worst good held-out one.
    pub stressed: f64,
    /// Enough pairs on every chip, and all demands met.
    pub fits: bool,
}

/// The profile chosen and how it stood the held-out reads.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The profile to enrol with.
    pub profile: Profile,
    /// Key-failure probability of the worst chip by the fitted model.
    pub key_failure: f64,
    /// Its upper 95 % end.
    pub key_failure_upper: f64,
    /// Key-failure probability were every read as bad as the demanded multiple of the worst good held-out one.
    pub key_failure_stressed: f64,
    /// The bit error rate that means.
    pub stress_rate: f64,
    /// Keys tried: every disjoint set of response bits on every held-out good read.
    pub trials: usize,
    /// Keys that failed.
    pub failures: usize,
    /// Upper 95 % end of the failure rate by counting alone, keys taken as independent.
    pub empirical_upper: f64,
    /// Errors in the worst of all blocks tried.
    pub worst_block: usize,
    /// Variance of errors per block within a read over its binomial value: above 1, errors cluster.
    pub dispersion: f64,
}

/// What is known of one chip when codes are compared.
pub(crate) struct Tried<'a> {
    pub(crate) kept: &'a Kept,
    pub(crate) model: KeyModel,
    /// The error pattern of every held-out good read over all kept bits.
    pub(crate) errors: Vec<Vec<u8>>,
    pub(crate) worst_rate: f64,
}

/// Thousandths of a bit, rounded down.
pub(crate) fn milli(bits: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000 before")]
    let milli = (bits * 1000.0).clamp(0.0, 1000.0) as u16;
    milli
}

fn stress_rate(chips: &[Tried<'_>], demand: Demand) -> f64 {
    (demand.stress * chips.iter().map(|c| c.worst_rate).fold(0.0, f64::max)).min(0.5)
}

/// Every shipped code against the demands.
pub(crate) fn candidates(chips: &[Tried<'_>], bits: f64, unpaired: f64, demand: Demand) -> Vec<Candidate> {
    let pairs = chips.iter().map(|c| c.kept.fewest()).min().unwrap_or(0);
    SHIPPED
        .iter()
        .filter_map(|(m, t)| Code::new(*m, *t))
        .map(|code| {
            let left = |h: f64| f64::from(residual_milli(&code, 1, milli(h))) / 1000.0;
            let need = u32::from(MAX_BLOCKS);
            let blocks = (1..=need)
                .filter_map(|b| u8::try_from(b).ok())
                .find(|b| residual_milli(&code, *b, milli(bits)) >= MIN_RESIDUAL_BITS.cast_signed() * 1000);
            let key_failure = blocks.map_or((1.0, 1.0), |blocks| {
                chips
                    .iter()
                    .map(|c| c.model.key_failure(&code, usize::from(blocks)))
                    .fold((0.0, 0.0), |worst: (f64, f64), one| (worst.0.max(one.0), worst.1.max(one.1)))
            });
            let stressed =
                blocks.map_or(1.0, |b| key_failure_at(&code, usize::from(b), stress_rate(chips, demand)));
            let room = blocks.is_some_and(|b| usize::from(b) * code.n() <= pairs);
            Candidate {
                m: code.m(),
                t: code.t(),
                n: code.n(),
                k: code.k(),
                residual_per_block: left(bits),
                residual_unpaired: left(unpaired),
                blocks,
                key_failure,
                stressed,
                fits: room && key_failure.1.max(stressed) <= demand.max_key_failure,
            }
        })
        .collect()
}

/// The fitting candidate with the fewest response bits, tried on the held-out reads.
///
/// # Errors
/// Those of [`Profile::new`].
pub(crate) fn choose(
    candidates: &[Candidate],
    chips: &[Tried<'_>],
    bits: f64,
    layout: Layout,
    demand: Demand,
) -> Result<Option<Choice>, Error> {
    let best = candidates
        .iter()
        .filter(|c| c.fits)
        .filter_map(|c| c.blocks.map(|b| (usize::from(b) * c.n, b, c)))
        .min_by(|a, b| a.0.cmp(&b.0).then(a.2.key_failure.1.total_cmp(&b.2.key_failure.1)));
    let Some((_, blocks, candidate)) = best else { return Ok(None) };
    let profile = Profile::new(candidate.m, candidate.t, blocks, layout, milli(bits))?;
    let tally = Tally::of(chips, profile.code().n(), usize::from(blocks), usize::from(candidate.t));
    Ok(Some(Choice {
        key_failure: candidate.key_failure.0,
        key_failure_upper: candidate.key_failure.1,
        key_failure_stressed: candidate.stressed,
        stress_rate: stress_rate(chips, demand),
        trials: tally.keys,
        failures: tally.failures,
        empirical_upper: upper95(tally.failures, tally.keys),
        worst_block: tally.worst_block,
        dispersion: tally.dispersion(),
        profile,
    }))
}

/// Counting over disjoint keys.
#[derive(Default)]
struct Tally {
    keys: usize,
    failures: usize,
    worst_block: usize,
    excess: f64,
    expected: f64,
}

impl Tally {
    fn of(chips: &[Tried<'_>], n: usize, blocks: usize, t: usize) -> Self {
        let mut tally = Self::default();
        for chip in chips {
            for errors in &chip.errors {
                let rate = float(errors.iter().map(|e| usize::from(*e)).sum()) / float(errors.len().max(1));
                for ends in chip.kept.starts.windows(2) {
                    // As enrolment does, each key takes evenly spread pairs and its blocks take turns.
                    let run = &errors[ends[0]..ends[1]];
                    let keys = run.len() / (n * blocks);
                    for first in 0..keys {
                        let key = run.iter().skip(first).step_by(keys).copied().take(n * blocks);
                        tally.key(&key.collect::<Vec<u8>>(), blocks, t, rate);
                    }
                }
            }
        }
        tally
    }

    fn key(&mut self, key: &[u8], blocks: usize, t: usize, rate: f64) {
        let mut failed = false;
        let n = key.len() / blocks;
        for block in 0..blocks {
            let errors = key.iter().skip(block).step_by(blocks).map(|e| usize::from(*e)).sum::<usize>();
            self.worst_block = self.worst_block.max(errors);
            failed |= errors > t;
            let off = float(errors) - float(n) * rate;
            self.excess += off * off;
            self.expected += float(n) * rate * (1.0 - rate);
        }
        self.keys += 1;
        self.failures += usize::from(failed);
    }

    fn dispersion(&self) -> f64 {
        if self.expected > 0.0 { self.excess / self.expected } else { 1.0 }
    }
}
