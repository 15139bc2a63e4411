//! A sorted set of small values in few bytes: runs that are filled to nearly what they hold. A B-tree of the standard library
//! takes half as much again, which over a million devices with several marks each is what a fleet's memory goes into.

use std::ops::RangeInclusive;

/// Most values of a run: moving half of it is what an insertion costs at most.
const MOST: usize = 192;
/// Room that a run grows by.
const STEP: usize = 8;

/// A sorted set.
#[derive(Clone, Debug)]
pub(super) struct Runs<T> {
    /// Ascending within and from one to the next; none is empty.
    runs: Vec<Vec<T>>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<T: Ord + Copy> Runs<T> {
    /// The run that holds a value, or would.
    fn place(&self, value: &T) -> usize {
        self.runs.partition_point(|run| run.first().is_some_and(|first| first <= value)).saturating_sub(1)
    }

    /// Adds a value that may be there already. Logarithmic in the runs, linear in one run.
    pub(super) fn insert(&mut self, value: T) {
        let at = self.place(&value);
        let Some(run) = self.runs.get_mut(at) else {
            let mut run = Vec::with_capacity(STEP);
            run.push(value);
            return self.runs.push(run);
        };
        let Err(place) = run.binary_search(&value) else { return };
        if run.len() == run.capacity() {
            run.reserve_exact(STEP);
        }
        run.insert(place, value);
        if run.len() > MOST {
            // Values that come in order leave full runs behind.
            let middle = if place + 1 == run.len() { run.len() - 1 } else { run.len() / 2 };
            let upper = run.split_off(middle);
            run.shrink_to_fit();
            self.runs.insert(at + 1, upper);
        }
    }

    /// The values of a range, in order.
    pub(super) fn range(&self, range: RangeInclusive<T>) -> impl Iterator<Item = T> {
        let (from, to) = range.into_inner();
        let runs = self.runs.get(self.place(&from)..).unwrap_or_default();
        let skip = runs.first().map_or(0, |run| run.partition_point(|value| *value < from));
        runs.iter().flatten().copied().skip(skip).take_while(move |value| *value <= to)
    }
}

#[cfg(test)]
mod tests {
    //! Against the standard library's set.
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_set(
            values in proptest::collection::vec(0u16..2_000, 0..1_500),
            ordered in 0u16..600,
            from in 0u16..2_100,
            to in 0u16..2_100,
        ) {
            let (mut runs, mut set) = (Runs::default(), BTreeSet::new());
            for value in (0..ordered).chain(values) {
                runs.insert(value);
                set.insert(value);
            }
            let got: Vec<u16> = runs.range(from..=to).collect();
            let want: Vec<u16> = if from <= to { set.range(from..=to).copied().collect() } else { Vec::new() };
            prop_assert_eq!(got, want);
            let all: Vec<u16> = runs.range(0..=u16::MAX).collect();
            prop_assert!(all.iter().eq(set.iter()));
            prop_assert!(runs.runs.iter().all(|run| !run.is_empty() && run.len() <= MOST));
        }
    }

    #[test]
    fn it_is_filled_to_nearly_what_it_holds() {
        let mut random = 1u64;
        let mut runs = Runs::default();
        for _ in 0..100_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            runs.insert((random, random));
        }
        let held: usize = runs.runs.iter().map(|run| run.capacity() * 16 + 24 + 16).sum();
        assert!(held < 100_000 * 18, "{held} bytes for 100,000 values of 16");
    }
}
