//! The fitted cell model: how often will a kept cell flip, and a key fail?
//!
//! Maes (CHES 2013): a cell has a margin m ~ N(μ, σ²) and reads one with probability Φ(m/s), s the noise of the power-up,
//! 1 at enrolment. μ/σ follows from how far regions lean to one side; σ is fitted by maximum likelihood to how many of the
//! enrolment reads of each cell were ones, folded, so that regions of opposite bias may be mixed. The noise of every held-out read is then the s that explains the errors it
//! showed; over reads ln s is taken as normal.

use alloc::vec::Vec;

use super::math::{Z95, binomial_tail, bisect, chi2_05, float, mean_sd, phi};
use crate::Code;

/// Nodes of the integral over margins and over noises.
const NODES: usize = 161;
/// Largest noise considered; there a fifth of all kept cells flips.
const MAX_LN_NOISE: f64 = 4.0;
/// Range of ln σ searched, and the golden ratio's inverse.
const LN_SPREAD: (f64, f64) = (-1.0, 6.0);
const GOLDEN: f64 = 0.618_033_988_749_895;

/// Margins of a chip's cells in units of the enrolment noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellFit {
    /// |μ|.
    pub mean: f64,
    /// σ.
    pub spread: f64,
    /// Reads the fit is made on.
    pub reads: usize,
}

/// Standard normal nodes with weights that sum to one.
fn nodes(reach: f64) -> impl Iterator<Item = (f64, f64)> {
    let step = 2.0 * reach / float(NODES - 1);
    (0..NODES).map(move |i| {
        let x = -reach + float(i) * step;
        (x, step * libm::exp(-0.5 * x * x) / libm::sqrt(core::f64::consts::TAU))
    })
}

impl CellFit {
    /// Fits σ to `histogram` (cells by number of ones among its length − 1 reads) and μ to `lean`, the share of cells
    /// that hold the majority value of their region: Φ(μ/√(1 + σ²)).
    pub(crate) fn fit(histogram: &[usize], lean: f64) -> Self {
        let shift = bisect(0.0, 6.0, |z| phi(z) < lean);
        let reads = histogram.len().saturating_sub(1);
        let folded: Vec<(usize, f64)> = (0..=reads / 2)
            .map(|k| {
                let other = if 2 * k == reads { 0 } else { histogram[reads - k] };
                (k, float(histogram[k] + other))
            })
            .collect();
        let likelihood = |mean: f64, spread: f64| {
            let cells: Vec<(f64, f64, f64)> = nodes(6.0)
                .map(|(x, w)| {
                    let m = mean + spread * x;
                    (w, libm::log(phi(m).max(1e-300)), libm::log(phi(-m).max(1e-300)))
                })
                .collect();
            folded
                .iter()
                .map(|(k, count)| {
                    let (k, rest) = (float(*k), float(reads - k));
                    let p: f64 = cells
                        .iter()
                        .map(|(w, one, zero)| {
                            w * (libm::exp(k * one + rest * zero) + libm::exp(rest * one + k * zero))
                        })
                        .sum();
                    count * libm::log(p.max(1e-300))
                })
                .sum::<f64>()
        };
        // One parameter is left, and the likelihood has one peak in ln σ: shrink around it (golden section).
        let mean_for = |spread: f64| shift * libm::sqrt(1.0 + spread * spread);
        let value = |log: f64| likelihood(mean_for(libm::exp(log)), libm::exp(log));
        let (mut low, mut high) = LN_SPREAD;
        for _ in 0..40 {
            let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
            if value(a) < value(b) { low = a } else { high = b }
        }
        let spread = libm::exp(0.5 * (low + high));
        Self { mean: mean_for(spread), spread, reads }
    }

    /// Expected share of ones in a region of positive bias.
    #[must_use]
    pub fn ones(&self) -> f64 {
        phi(self.mean / libm::sqrt(1.0 + self.spread * self.spread))
    }

    /// Error rate, at noise `s`, of paired cells that never changed at enrolment: half of them hold the majority
    /// value of their region and half the other, whose margins are thinner.
    #[must_use]
    pub fn error_rate(&self, s: f64) -> f64 {
        let n = float(self.reads);
        let mut sums = [0.0; 4];
        for (x, w) in nodes(8.0) {
            let m = self.mean + self.spread * x;
            let (stay_one, stay_zero) = (w * libm::pow(phi(m), n), w * libm::pow(phi(-m), n));
            sums[0] += stay_one;
            sums[1] += stay_one * phi(-m / s);
            sums[2] += stay_zero;
            sums[3] += stay_zero * phi(m / s);
        }
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.5 };
        0.5 * (share(sums[1], sums[0]) + share(sums[3], sums[2]))
    }
}

/// Error rate against ln s in even steps, so that it can be inverted and integrated cheaply.
struct Curve {
    rates: Vec<f64>,
}

impl Curve {
    fn new(fit: &CellFit) -> Self {
        let rates = (0..NODES).map(|i| fit.error_rate(libm::exp(Self::ln_noise(i)))).collect();
        Self { rates }
    }

    fn ln_noise(i: usize) -> f64 {
        MAX_LN_NOISE * (2.0 * float(i) / float(NODES - 1) - 1.0)
    }

    fn rate(&self, ln_noise: f64) -> f64 {
        let place = (ln_noise / MAX_LN_NOISE + 1.0) * 0.5 * float(NODES - 1);
        let low =
            self.rates.iter().enumerate().take_while(|(i, _)| float(*i) <= place).count().saturating_sub(1);
        let high = (low + 1).min(NODES - 1);
        let part = (place - float(low)).clamp(0.0, 1.0);
        self.rates[low] * (1.0 - part) + self.rates[high] * part
    }

    fn invert(&self, rate: f64) -> f64 {
        bisect(-MAX_LN_NOISE, MAX_LN_NOISE, |x| self.rate(x) < rate)
    }
}

/// The noise of held-out reads of one chip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseFit {
    /// Mean of ln s.
    pub mean: f64,
    /// Standard deviation of ln s.
    pub spread: f64,
    /// Upper 95 % end of the mean, by the number of independent groups.
    pub mean_upper: f64,
    /// Upper 95 % end of the standard deviation, likewise.
    pub spread_upper: f64,
    /// Independent groups counted: conditions, or tens of reads where that is more, but not single reads, because reads of one
    /// series resemble each other.
    pub groups: usize,
}

/// Cell margins and read noise of one chip, ready to say how often a key fails.
pub(crate) struct KeyModel {
    curve: Curve,
    pub(crate) noise: NoiseFit,
}

impl KeyModel {
    /// From the error rates of held-out reads on kept cells.
    pub(crate) fn new(fit: &CellFit, rates: &[f64], groups: usize) -> Self {
        let curve = Curve::new(fit);
        let logs: Vec<f64> = rates.iter().map(|r| curve.invert(*r)).collect();
        let (mean, spread) = mean_sd(&logs);
        let g = float(groups.max(2));
        let noise = NoiseFit {
            mean,
            spread,
            mean_upper: mean + Z95 * spread / libm::sqrt(g),
            spread_upper: spread * libm::sqrt((g - 1.0) / chi2_05(g - 1.0)),
            groups,
        };
        Self { curve, noise }
    }

    /// Probability that a key of `blocks` blocks fails on one power-up: the model's estimate and its upper 95 % end.
    ///
    /// Within a read the cells are taken as independent with their mean rate: cells of unequal rates have a thinner tail
    /// (Hoeffding 1956), so this errs on the safe side.
    pub(crate) fn key_failure(&self, code: &Code, blocks: usize) -> (f64, f64) {
        let at = |mean: f64, spread: f64| {
            nodes(9.0)
                .map(|(x, w)| w * key_failure_at(code, blocks, self.curve.rate(mean + spread * x)))
                .sum::<f64>()
                .min(1.0)
        };
        (at(self.noise.mean, self.noise.spread), at(self.noise.mean_upper, self.noise.spread_upper))
    }
}

/// Probability that one of `blocks` blocks has more than t errors at a bit error rate.
pub(crate) fn key_failure_at(code: &Code, blocks: usize, rate: f64) -> f64 {
    let block = binomial_tail(code.n(), rate, usize::from(code.t()));
    -libm::expm1(float(blocks) * libm::log1p(-block.min(1.0 - 1e-15)))
}
