//! Computing a qualification: screening, comparing, measuring, choosing.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::bits::{Chip, Kept, counts, distance, lean, majority};
use super::choice::{Tried, candidates, choose};
use super::entropy::{View, entropy};
use super::figures::{BadRead, ChipFigures, ConditionFigures, Qualification};
use super::gate::{ALIKE, Refusal};
use super::math::{float, ratio, upper95};
use super::model::{CellFit, KeyModel};
use super::{Demand, MIN_CHIPS};
use crate::{Depth, Error, Layout, MIN_READS, health, screen};

/// One chip after screening.
struct Screened<'a> {
    chip: &'a Chip,
    /// Good reads to enrol; `chip.enrol` may name bad ones.
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
            Err(error) => {
                let label = error.read().and_then(|i| chip.reads.get(i)).map(|r| r.label.clone());
                refusals.push(Refusal::Reads { chip: chip.name.clone(), label, error });
            }
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
    let depth = |i: &usize| if chip.enrol.contains(i) { Depth::Full } else { Depth::Quick };
    let faults: Vec<Option<Error>> =
        all.iter().enumerate().map(|(i, r)| health(i, r, depth(&i)).err()).collect();
    // A source that mostly fails is no source; a single failing read is a bad read.
    if let Some(error) =
        faults.iter().flatten().next().filter(|_| faults.iter().flatten().count() * 2 > all.len())
    {
        return Err(*error);
    }
    let quality = screen(&all)?;
    let is_bad = |i: usize| quality[i].is_far() || faults[i].is_some();
    let ids: Vec<usize> = chip.enrol.iter().copied().filter(|i| *i < all.len() && !is_bad(*i)).collect();
    if ids.len() < MIN_READS {
        // When it is because reads are bad, say so of the first one.
        let bad = chip.enrol.iter().copied().find(|i| *i < all.len() && is_bad(*i));
        if let Some(read) = bad.filter(|_| chip.enrol.len() >= MIN_READS) {
            let far = Error::FarRead { read, distance: quality[read].distance, limit: quality[read].limit };
            return Err(faults[read].unwrap_or(far));
        }
        return Err(Error::TooFewReads { got: ids.len(), need: MIN_READS });
    }
    for (at, second) in ids.iter().enumerate() {
        if let Some(first) = ids.iter().take(at).find(|first| all[**first] == all[*second]) {
            return Err(Error::DuplicateRead { first: *first, second: *second });
        }
    }
    let enrolled: Vec<&[u8]> = ids.iter().map(|i| all[*i]).collect();
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
    result.candidates = candidates(&tried, bits, entropy.unpaired_bits, result.demand);
    result.entropy = Some(entropy);
    match choose(&result.candidates, &tried, bits, layout, result.demand) {
        Ok(Some(choice)) => result.choice = Some(choice),
        _ if result.candidates.iter().all(|c| c.blocks.is_none()) => {
            result.refusals.push(Refusal::Entropy { per_bit: bits });
        }
        _ => {
            let best = result.candidates.iter().map(|c| c.key_failure.1.max(c.stressed)).fold(1.0, f64::min);
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
    let fit = CellFit::fit(&histogram, lean(&one.majority));
    let conditions = conditions(one, &rates);
    let model = KeyModel::new(&fit, &rates, conditions.len().max(rates.len() / 10));
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
        pairs: ratio(kept.cells.len(), one.counts.len()),
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
