//! What a range amounts to: its boundary versions in ascending order, and for each boundary and each gap between two
//! whether it belongs to the range.

use std::cmp::Ordering;

use super::{Comparator, Constraint, Error};
use crate::version::{self, Scheme, Version};

/// Cell `2k + 1` is the `k`-th boundary, cell `2k` the gap before it; the last cell is the gap after all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cells {
    boundaries: Vec<String>,
    inside: Vec<bool>,
}

fn order(scheme: Scheme, a: &Version<'_>, b: &Version<'_>) -> Result<Ordering, Error> {
    a.order(b).ok_or_else(|| {
        Error::Version(version::Error::NotOrdered { scheme, a: a.text().to_owned(), b: b.text().to_owned() })
    })
}

/// Sorts constraints by version, those of equal versions as they stood, and says which boundary each one has.
///
/// Schemes that leave pairs unordered make sorting fail rather than guess: every pair of neighbours is compared again.
fn sort(scheme: Scheme, constraints: &[&Constraint]) -> Result<(Vec<usize>, Vec<usize>), Error> {
    let versions: Vec<Version<'_>> = constraints
        .iter()
        .map(|constraint| Version::parse(scheme, &constraint.version))
        .collect::<Result<_, _>>()
        .map_err(Error::Version)?;
    let at = |i: usize| versions.get(i);
    let pair = |i: usize, j: usize| match (at(i), at(j)) {
        (Some(a), Some(b)) => order(scheme, a, b),
        _ => Ok(Ordering::Equal),
    };
    // Binary insertion, since a library sort may panic on an order with unordered pairs.
    let mut sorted: Vec<usize> = Vec::with_capacity(versions.len());
    for i in 0..versions.len() {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(&other) = sorted.get(middle) else { break };
            if pair(i, other)?.is_lt() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.insert(low, i);
    }
    let mut places = Vec::with_capacity(sorted.len());
    let mut place = 0;
    let mut previous: Option<usize> = None;
    for &i in &sorted {
        if let Some(previous) = previous
            && pair(previous, i)?.is_ne()
        {
            place += 1;
        }
        places.push(place);
        previous = Some(i);
    }
    Ok((sorted, places))
}

/// The constraints sorted, and what they amount to under the rules of `vers`: redundant constraints are dropped
/// ("simplification"), then contiguous pairs make intervals ("containment").
pub(super) fn of_flat(
    scheme: Scheme,
    constraints: Vec<Constraint>,
) -> Result<(Vec<Constraint>, Cells), Error> {
    let (sorted, places) = sort(scheme, &constraints.iter().collect::<Vec<_>>())?;
    let mut slots: Vec<Option<Constraint>> = constraints.into_iter().map(Some).collect();
    let constraints: Vec<Constraint> =
        sorted.iter().filter_map(|&i| slots.get_mut(i).and_then(Option::take)).collect();
    let boundaries = boundary_versions(constraints.iter(), &places);

    use Comparator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let mut kept: Vec<(Comparator, usize)> = Vec::with_capacity(constraints.len());
    let mut excluded = Vec::new();
    for (constraint, &place) in constraints.iter().zip(&places) {
        let this = constraint.comparator;
        if this == NotEqual {
            excluded.push(place);
            continue;
        }
        while let Some(&(last, _)) = kept.last() {
            if matches!(last, Equal | Less | LessOrEqual) && matches!(this, Less | LessOrEqual) {
                kept.pop();
            } else {
                break;
            }
        }
        let covered = kept.last().is_some_and(|(last, _)| matches!(last, Greater | GreaterOrEqual))
            && matches!(this, Equal | Greater | GreaterOrEqual);
        if !covered {
            kept.push((this, place));
        }
    }

    let mut inside = vec![kept.is_empty(); 2 * boundaries.len() + 1];
    let mut fill =
        |from: usize, to: usize| inside.iter_mut().take(to + 1).skip(from).for_each(|cell| *cell = true);
    let last_cell = 2 * boundaries.len();
    let mut open = None;
    for (index, &(comparator, place)) in kept.iter().enumerate() {
        let cell = 2 * place + 1;
        match comparator {
            Equal => fill(cell, cell),
            Greater => open = Some(cell + 1),
            GreaterOrEqual => open = Some(cell),
            Less | LessOrEqual => {
                let end = if comparator == Less { cell - 1 } else { cell };
                match open.take() {
                    Some(start) => fill(start, end),
                    None if index == 0 => fill(0, end),
                    // A second upper bound with none below it bounds nothing; only "<=" still names its version.
                    None if comparator == LessOrEqual => fill(cell, cell),
                    None => {}
                }
            }
            NotEqual => {}
        }
    }
    if let Some(start) = open {
        fill(start, last_cell);
    }
    for place in excluded {
        if let Some(cell) = inside.get_mut(2 * place + 1) {
            *cell = false;
        }
    }
    Ok((constraints, Cells { boundaries, inside }))
}

fn boundary_versions<'a>(sorted: impl Iterator<Item = &'a Constraint>, places: &[usize]) -> Vec<String> {
    let mut boundaries: Vec<String> = Vec::new();
    for (constraint, &place) in sorted.zip(places) {
        if place == boundaries.len() {
            boundaries.push(constraint.version.clone());
        }
    }
    boundaries
}

impl Cells {
    /// One of the alternatives, each of which asks for all of its constraints. Quadratic in their number at worst,
    /// which [`super::MAX_CONSTRAINTS`] bounds; ranges met in the field have fewer than thirty.
    pub(super) fn of_alternatives(scheme: Scheme, alternatives: &[Vec<Constraint>]) -> Result<Self, Error> {
        let flat: Vec<&Constraint> = alternatives.iter().flatten().collect();
        let (sorted, places) = sort(scheme, &flat)?;
        let boundaries = boundary_versions(sorted.iter().filter_map(|&i| flat.get(i).copied()), &places);
        let mut place_of = vec![0_usize; flat.len()];
        for (&i, &place) in sorted.iter().zip(&places) {
            if let Some(slot) = place_of.get_mut(i) {
                *slot = place;
            }
        }
        let mut inside = vec![false; 2 * boundaries.len() + 1];
        let mut place_of = place_of.into_iter();
        for alternative in alternatives {
            let bounds: Vec<(Comparator, usize)> = alternative
                .iter()
                .map(|c| c.comparator)
                .zip(place_of.by_ref().take(alternative.len()))
                .collect();
            for (cell, inside) in inside.iter_mut().enumerate() {
                *inside |= bounds.iter().all(|&(comparator, place)| holds(comparator, cell, 2 * place + 1));
            }
        }
        Ok(Self { boundaries, inside })
    }

    /// The boundaries, and for each cell whether it belongs to the range; one cell more than twice the boundaries.
    pub(super) fn of_parts(boundaries: Vec<String>, inside: Vec<bool>) -> Self {
        Self { boundaries, inside }
    }

    pub(super) fn parts(&self) -> (&[String], &[bool]) {
        (&self.boundaries, &self.inside)
    }

    pub(super) fn boundaries(&self) -> usize {
        self.boundaries.len()
    }

    pub(super) fn is_none(&self) -> bool {
        !self.inside.contains(&true)
    }

    pub(super) fn is_all(&self) -> bool {
        !self.inside.contains(&false)
    }

    pub(super) fn contains(&self, scheme: Scheme, version: &Version<'_>) -> Result<bool, Error> {
        sure(version)?;
        let (mut low, mut high) = (0, self.boundaries.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(boundary) = self.boundaries.get(middle) else { break };
            let boundary = Version::parse(scheme, boundary).map_err(Error::Version)?;
            sure(&boundary)?;
            match order(scheme, version, &boundary)? {
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
                Ordering::Equal => return Ok(self.inside.get(2 * middle + 1) == Some(&true)),
            }
        }
        Ok(self.inside.get(2 * low) == Some(&true))
    }

    /// The fewest constraints that amount to these cells.
    pub(super) fn constraints(&self) -> Vec<Constraint> {
        let mut out = Vec::new();
        let cell = |i: usize| self.inside.get(i) == Some(&true);
        for (place, boundary) in self.boundaries.iter().enumerate() {
            let at = 2 * place + 1;
            let comparator = match (cell(at - 1), cell(at), cell(at + 1)) {
                (false, false, false) | (true, true, true) => continue,
                (false, true, false) => Comparator::Equal,
                (true, false, true) => Comparator::NotEqual,
                (true, true, false) => Comparator::LessOrEqual,
                (true, false, false) => Comparator::Less,
                (false, true, true) => Comparator::GreaterOrEqual,
                (false, false, true) => Comparator::Greater,
            };
            out.push(Constraint { comparator, version: boundary.clone() });
        }
        out
    }
}

fn sure(version: &Version<'_>) -> Result<(), Error> {
    match version.doubtful() {
        None => Ok(()),
        Some(reason) => Err(Error::Doubtful { version: version.text().to_owned(), reason }),
    }
}

fn holds(comparator: Comparator, cell: usize, bound: usize) -> bool {
    match comparator {
        Comparator::Equal => cell == bound,
        Comparator::NotEqual => cell != bound,
        Comparator::Less => cell < bound,
        Comparator::LessOrEqual => cell <= bound,
        Comparator::Greater => cell > bound,
        Comparator::GreaterOrEqual => cell >= bound,
    }
}
