//! How well can response bits be guessed? Several guessers, the best of them at its upper confidence end sets the min-entropy.

use alloc::vec;
use alloc::vec::Vec;

use super::bits::{Kept, NOT_KEPT, REGIONS};
use super::math::{Z95, float, ratio};
use crate::Layout;
use crate::layout::cell;

/// One way to guess a response bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// What the guesser knows.
    pub name: &'static str,
    /// Probability that it is right: at least one half.
    pub right: f64,
    /// Upper 95 % end of that.
    pub upper: f64,
    /// Bits it was tried on.
    pub sample: usize,
}

/// Min-entropy of a family, per cell without pairing and per response bit with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entropy {
    /// Unpaired stable cells guessed from the majority of the other chips.
    pub unpaired_from_others: f64,
    /// Unpaired stable cells guessed from the majority of their region (1/64 of the memory).
    pub unpaired_from_region: f64,
    /// Bits per unpaired stable cell: −log2 of the better of the two.
    pub unpaired_bits: f64,
    /// The guessers tried on response bits.
    pub guesses: Vec<Guess>,
    /// Bits per response bit: −log2 of the highest upper end.
    pub response_bits: f64,
}

/// What the estimators need of one chip.
pub(crate) struct View<'a> {
    pub(crate) majority: &'a [u8],
    pub(crate) counts: &'a [u16],
    pub(crate) reads: usize,
    pub(crate) kept: &'a Kept,
}

/// Estimates over at least two chips.
pub(crate) fn entropy(chips: &[View<'_>], layout: Layout) -> Entropy {
    let (others, region) = unpaired(chips);
    let guesses = vec![
        sisters(chips),
        majority_of_others(chips),
        worst_chip_bias(chips),
        place(chips, layout),
        neighbours(chips, layout),
    ];
    let best = guesses.iter().map(|g| g.upper).fold(0.5, f64::max).min(1.0);
    Entropy {
        unpaired_from_others: others,
        unpaired_from_region: region,
        unpaired_bits: -libm::log2(others.max(region)),
        guesses,
        response_bits: -libm::log2(best),
    }
}

/// A guess of a share of the sample that is as far from one half as the guesser makes it, whichever way.
fn guess(name: &'static str, part: usize, sample: usize) -> Guess {
    let right = if sample == 0 { 1.0 } else { 0.5 + (ratio(part, sample) - 0.5).abs() };
    let upper = (right + Z95 * 0.5 / libm::sqrt(float(sample.max(1)))).min(1.0);
    Guess { name, right, upper, sample }
}

fn unpaired(chips: &[View<'_>]) -> (f64, f64) {
    let cells = chips.iter().map(|c| c.counts.len()).min().unwrap_or(0);
    let mut votes = vec![0_i16; cells];
    for chip in chips {
        for (at, vote) in votes.iter_mut().enumerate() {
            *vote += 2 * i16::from(cell(chip.majority, at)) - 1;
        }
    }
    let (mut right, mut total) = (0.0, 0.0);
    let (mut region_right, mut region_total) = (0, 0);
    for chip in chips {
        let mut regions = vec![[0_usize; 2]; REGIONS];
        for (at, vote) in votes.iter().enumerate() {
            if chip.counts[at] != 0 && usize::from(chip.counts[at]) != chip.reads {
                continue;
            }
            let own = 2 * i16::from(cell(chip.majority, at)) - 1;
            right += match ((vote - own) * own).signum() {
                1 => 1.0,
                0 => 0.5,
                _ => 0.0,
            };
            total += 1.0;
            regions[at * REGIONS / cells][usize::from(cell(chip.majority, at))] += 1;
        }
        region_right += regions.iter().map(|r| r[0].max(r[1])).sum::<usize>();
        region_total += regions.iter().map(|r| r[0] + r[1]).sum::<usize>();
    }
    ((right / f64::max(total, 1.0)).max(0.5), ratio(region_right, region_total).max(0.5))
}

/// Someone who owns so many sister chips that they know the leaning θ of every pair in this design.
///
/// Two chips agree at a pair with probability 1/2 + 2·Var(θ) on average, and who knows θ is right with probability
/// 1/2 + E|θ − 1/2| ≤ 1/2 + √Var(θ): so agreement bounds even that guesser.
fn sisters(chips: &[View<'_>]) -> Guess {
    let (mut equal, mut sample) = (0, 0);
    for (i, one) in chips.iter().enumerate() {
        for other in chips.iter().skip(i + 1) {
            for (a, b) in one.kept.lower.iter().zip(&other.kept.lower) {
                if *a != NOT_KEPT && *b != NOT_KEPT {
                    equal += usize::from(a == b);
                    sample += 1;
                }
            }
        }
    }
    let agreement = if sample == 0 { 1.0 } else { ratio(equal, sample) };
    let bound = |agreement: f64| 0.5 + libm::sqrt((agreement - 0.5).max(0.0) / 2.0);
    Guess {
        name: "the leaning of every pair, known from unlimited sister chips (bound)",
        right: bound(agreement).min(1.0),
        upper: bound(agreement + Z95 * 0.5 / libm::sqrt(float(sample.max(1)))).min(1.0),
        sample,
    }
}

fn majority_of_others(chips: &[View<'_>]) -> Guess {
    let length = chips.iter().map(|c| c.kept.lower.len()).min().unwrap_or(0);
    let sign = |bit: u8| if bit == NOT_KEPT { 0 } else { 2 * i32::from(bit) - 1 };
    let (mut right, mut sample) = (0, 0);
    for at in 0..length {
        let sum: i32 = chips.iter().map(|c| sign(c.kept.lower[at])).sum();
        for own in chips.iter().map(|c| sign(c.kept.lower[at])) {
            let others = sum - own;
            if own != 0 && others != 0 {
                right += usize::from((own > 0) == (others > 0));
                sample += 1;
            }
        }
    }
    guess("the majority of the other chips at the same pair", right, sample)
}

fn worst_chip_bias(chips: &[View<'_>]) -> Guess {
    let name = "which side of its pairs the chip itself leans to (worst chip)";
    chips
        .iter()
        .map(|chip| {
            let kept = chip.kept.lower.iter().filter(|bit| **bit != NOT_KEPT);
            guess(name, kept.clone().filter(|bit| **bit == 1).count(), kept.count())
        })
        .max_by(|a, b| a.upper.total_cmp(&b.upper))
        .unwrap_or(guess(name, 0, 0))
}

fn place(chips: &[View<'_>], layout: Layout) -> Guess {
    let name = "the leaning at its place: bit in its byte, sixteenth of the memory (worst)";
    let mut groups = vec![[0_usize; 2]; 24];
    let cells = layout.cells() as usize;
    for chip in chips {
        for (at, bit) in chip.kept.lower.iter().enumerate().filter(|(_, bit)| **bit != NOT_KEPT) {
            for group in [at % 8, 8 + at * 16 / cells] {
                groups[group][usize::from(*bit)] += 1;
            }
        }
    }
    groups
        .iter()
        .map(|g| guess(name, g[1], g[0] + g[1]))
        .max_by(|a, b| a.upper.total_cmp(&b.upper))
        .unwrap_or(guess(name, 0, 0))
}

/// Neighbours in the order of the response, both seen from the lower side of their pair.
fn neighbours(chips: &[View<'_>], layout: Layout) -> Guess {
    let name = "the response bit 1 to 8 before it (worst)";
    let lower = |(at, bit): &(usize, u8)| u8::from(at & usize::from(layout.distance()) != 0) ^ bit;
    (1..=8)
        .map(|lag| {
            let (mut equal, mut sample) = (0, 0);
            for chip in chips {
                for ends in chip.kept.starts.windows(2) {
                    let run = &chip.kept.cells[ends[0]..ends[1]];
                    equal +=
                        run.iter().zip(run.iter().skip(lag)).filter(|(a, b)| lower(a) == lower(b)).count();
                    sample += run.len().saturating_sub(lag);
                }
            }
            // Most neighbours come up a second time from the other side.
            guess(name, equal / 2, sample / 2)
        })
        .max_by(|a, b| a.upper.total_cmp(&b.upper))
        .unwrap_or(guess(name, 0, 0))
}
