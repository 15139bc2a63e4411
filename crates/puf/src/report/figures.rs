//! The figures of a qualification and the gate.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::bits::{Chip, Kept, counts, distance, majority};
use super::choice::{Candidate, Choice, Tried, candidates, choose};
use super::entropy::{Entropy, View, entropy};
use super::math::{float, ratio, upper95};
use super::model::{CellFit, KeyModel, NoiseFit};
use super::{Demand, MIN_CHIPS};
use crate::{Depth, Error, Layout, MIN_READS, MIN_RESIDUAL_BITS, health, screen};

/// Why the gate refuses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// A chip's reads cannot be used: too few, different lengths, not healthy. The error says which read and why.
    Reads {
        /// The chip.
        chip: String,
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
const ALIKE: f64 = 0.25;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reads { chip, error } => write!(f, "chip {chip}: {error}"),
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

/// One chip after screening.
struct Screened<'a> {
    chip: &'a Chip,
    enrolled: Vec<&'a [u8]>,
    held_out: Vec<usize>,
    bad: Vec<BadRead>,
    counts: Vec<u16>,
    majority: Vec<u8>,
}

/// Computes all figures and the verdict.
///
/// Never fails: what is wrong with the input is a refusal. Cost: a few passes over all reads and about ten over all
/// cells of every two chips.
#[must_use]
pub fn qualify(chips: &[Chip], demand: Demand) -> Qualification {
    let mut refusals = Vec::new();
    let mut screened = Vec::new();
    let (mut reads, mut bad) = (0, 0);
    for chip in chips {
        reads += chip.reads.len();
        match screen_chip(chip) {
            Ok(one) => {
                bad += one.bad.len();
                screened.push(one);
            }
            Err(error) => refusals.push(Refusal::Reads { chip: chip.name.clone(), error }),
        }
    }
    let mut result = Qualification {
        chips: Vec::new(),
        between: Vec::new(),
        bad_reads: (reads, bad, upper95(bad, reads)),
        layout: None,
        entropy: None,
        candidates: Vec::new(),
        choice: None,
        refusals,
        demand,
    };
    let upper = result.bad_reads.2;
    if !screened.is_empty() && upper > demand.max_bad_reads {
        result.refusals.push(Refusal::BadReads { upper, demanded: demand.max_bad_reads });
    }
    compare(&screened, &mut result);
    if screened.len() < MIN_CHIPS {
        result.refusals.push(Refusal::FewChips(screened.len()));
    }
    match layout_for(&screened, demand) {
        Some(layout) => measure(&screened, layout, &mut result),
        None if screened.is_empty() => {}
        None => result.refusals.push(Refusal::Layout),
    }
    result
}

fn screen_chip(chip: &Chip) -> Result<Screened<'_>, Error> {
    let all: Vec<&[u8]> = chip.reads.iter().map(|r| r.bytes.as_slice()).collect();
    let faults: Vec<Option<Error>> =
        all.iter().enumerate().map(|(i, r)| health(i, r, Depth::Full).err()).collect();
    // A source that mostly fails is no source; a single failing read is a bad read.
    if let Some(error) =
        faults.iter().flatten().next().filter(|_| faults.iter().flatten().count() * 2 > all.len())
    {
        return Err(*error);
    }
    let quality = screen(&all)?;
    let is_bad = |i: usize| quality[i].is_far() || faults[i].is_some();
    let enrolled: Vec<&[u8]> =
        chip.enrol.iter().filter(|i| **i < all.len() && !is_bad(**i)).map(|i| all[*i]).collect();
    if enrolled.len() < MIN_READS {
        return Err(Error::TooFewReads { got: enrolled.len(), need: MIN_READS });
    }
    for (second, read) in enrolled.iter().enumerate() {
        if let Some(first) = enrolled.iter().take(second).position(|earlier| earlier == read) {
            return Err(Error::DuplicateRead { first, second });
        }
    }
    let counts = counts(&enrolled);
    let majority = majority(&counts, enrolled.len());
    Ok(Screened {
        chip,
        held_out: (0..all.len()).filter(|i| !is_bad(*i) && !chip.enrol.contains(i)).collect(),
        bad: (0..all.len())
            .filter(|i| is_bad(*i))
            .map(|i| BadRead {
                label: chip.reads[i].label.clone(),
                distance: f64::from(quality[i].distance) / 10_000.0,
                error: faults[i],
            })
            .collect(),
        enrolled,
        counts,
        majority,
    })
}

fn compare(screened: &[Screened<'_>], result: &mut Qualification) {
    for (i, one) in screened.iter().enumerate() {
        for other in screened.iter().skip(i + 1) {
            let apart = distance(&one.majority, &other.majority);
            let names = (one.chip.name.clone(), other.chip.name.clone());
            if apart < ALIKE {
                let (one, other) = names.clone();
                result.refusals.push(Refusal::Alike { one, other, distance: apart });
            }
            result.between.push((names.0, names.1, apart));
        }
    }
}

/// Spreads the demanded pairs by the share of pairs that the poorest chip keeps.
fn layout_for(screened: &[Screened<'_>], demand: Demand) -> Option<Layout> {
    let cells = u32::try_from(screened.first()?.counts.len()).ok()?;
    if screened.iter().any(|s| s.counts.len() != screened[0].counts.len()) {
        return None;
    }
    let probe = Layout::new(cells, 0, 17, 128).ok()?;
    let kept = screened.iter().map(|s| Kept::new(&s.counts, s.enrolled.len(), probe).cells.len()).min()?;
    let one_in = u32::try_from((cells as usize).div_ceil(kept.max(1))).ok()?;
    Layout::spread(cells, demand.pairs, one_in).or(Ok::<_, Error>(probe)).ok()
}

fn measure(screened: &[Screened<'_>], layout: Layout, result: &mut Qualification) {
    result.layout = Some(layout);
    let kept: Vec<Kept> = screened.iter().map(|s| Kept::new(&s.counts, s.enrolled.len(), layout)).collect();
    let mut tried = Vec::new();
    for (one, kept) in screened.iter().zip(&kept) {
        let (figures, tries) = measure_chip(one, kept);
        result.chips.push(figures);
        tried.push(tries);
    }
    if screened.len() < 2 {
        return;
    }
    let views: Vec<View<'_>> = screened
        .iter()
        .zip(&kept)
        .map(|(s, kept)| View { majority: &s.majority, counts: &s.counts, reads: s.enrolled.len(), kept })
        .collect();
    let entropy = entropy(&views, layout);
    let bits = entropy.response_bits;
    result.candidates = candidates(&tried, bits, entropy.unpaired_bits, result.demand.max_key_failure);
    result.entropy = Some(entropy);
    match choose(&result.candidates, &tried, bits, layout) {
        Ok(Some(choice)) => result.choice = Some(choice),
        _ if result.candidates.iter().all(|c| c.blocks.is_none()) => {
            result.refusals.push(Refusal::Entropy { per_bit: bits });
        }
        _ => {
            let best = result.candidates.iter().map(|c| c.key_failure.1).fold(1.0, f64::min);
            let demanded = result.demand.max_key_failure;
            result.refusals.push(Refusal::KeyFailure { best, demanded });
        }
    }
}

fn measure_chip<'a>(one: &Screened<'_>, kept: &'a Kept) -> (ChipFigures, Tried<'a>) {
    let reads = &one.chip.reads;
    let held: Vec<&[u8]> = one.held_out.iter().map(|i| reads[*i].bytes.as_slice()).collect();
    let n = one.enrolled.len();
    let stable_mask: Vec<u8> = one
        .counts
        .chunks_exact(8)
        .map(|c| c.iter().rev().fold(0, |b, n1| b << 1 | u8::from(*n1 == 0 || usize::from(*n1) == n)))
        .collect();
    let stable_cells: usize = stable_mask.iter().map(|b| b.count_ones() as usize).sum();
    let stable_errors: usize = held
        .iter()
        .map(|r| {
            let wrong = r.iter().zip(&one.majority).zip(&stable_mask);
            wrong.map(|((a, b), mask)| ((a ^ b) & mask).count_ones() as usize).sum::<usize>()
        })
        .sum();
    let against = |reference: &[u8]| {
        held.iter().map(|r| distance(r, reference)).sum::<f64>() / float(held.len().max(1))
    };
    let errors: Vec<Vec<u8>> = held.iter().map(|r| kept.errors(r)).collect();
    let rates: Vec<f64> =
        errors.iter().map(|e| ratio(e.iter().map(|b| usize::from(*b)).sum(), e.len())).collect();
    let worst = rates.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    let mut histogram = vec![0_usize; n + 1];
    for count in &one.counts {
        histogram[usize::from(*count)] += 1;
    }
    let fit = CellFit::fit(&histogram);
    let conditions = conditions(one, &rates);
    let model = KeyModel::new(&fit, &rates, conditions.len());
    let figures = ChipFigures {
        name: one.chip.name.clone(),
        enrolled: n,
        held_out: held.len(),
        bad: one.bad.clone(),
        distances: one.enrolled.iter().chain(&held).map(|r| distance(r, &one.majority)).collect(),
        ones: ratio(one.majority.iter().map(|b| b.count_ones() as usize).sum(), one.counts.len()),
        error_one: one.enrolled.first().map_or(0.0, |first| against(first)),
        error_majority: against(&one.majority),
        error_stable: ratio(stable_errors, stable_cells * held.len()),
        stable: ratio(stable_cells, one.counts.len()),
        pairs: ratio(kept.cells.len(), kept.bits.len()),
        error_response: rates.iter().sum::<f64>() / float(rates.len().max(1)),
        worst: worst.map_or((0.0, String::new()), |(i, rate)| (rate, reads[one.held_out[i]].label.clone())),
        conditions,
        predicted: fit.error_rate(1.0),
        fit,
        noise: model.noise,
    };
    let worst_rate = figures.worst.0;
    (figures, Tried { kept, model, errors, worst_rate })
}

fn conditions(one: &Screened<'_>, rates: &[f64]) -> Vec<ConditionFigures> {
    let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (i, rate) in one.held_out.iter().zip(rates) {
        groups.entry(&one.chip.reads[*i].condition).or_default().push(*rate);
    }
    groups
        .into_iter()
        .map(|(name, rates)| ConditionFigures {
            name: name.into(),
            reads: rates.len(),
            mean: rates.iter().sum::<f64>() / float(rates.len().max(1)),
            worst: rates.iter().copied().fold(0.0, f64::max),
            enrolled: one
                .chip
                .enrol
                .iter()
                .any(|i| one.chip.reads.get(*i).is_some_and(|r| r.condition == name)),
        })
        .collect()
}
