//! Which cells may form pairs, in which order: public arithmetic on positions, nothing about their values.

use crate::Error;

/// Fewest cells (1 KiB).
pub const MIN_CELLS: u32 = 8 * 1024;
/// Most cells (128 KiB).
pub const MAX_CELLS: u32 = 8 * 128 * 1024;
/// Distances allowed between the cells of a pair: powers of two in this range.
const DISTANCE: core::ops::RangeInclusive<u16> = 8..=4096;

/// Candidate pairs: candidate j is cell a = `start` + j·`step` with its partner a ⊕ `distance`. Cell i is bit i mod 8
/// (lowest first) of byte i / 8.
///
/// Partners sit at the same place in their byte and in one aligned group, so that whatever biases a column or a region biases both
/// alike. A step well above the reach of neighbour correlation keeps candidates apart; odd, it never lands on
/// a partner, because a distance that is a power of two is no multiple of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    cells: u32,
    start: u32,
    step: u16,
    distance: u16,
}

impl Layout {
    /// A layout over `cells` cells.
    ///
    /// # Errors
    /// [`Error::Layout`] unless `cells` is within [`MIN_CELLS`]..=[`MAX_CELLS`] and a multiple of twice the distance, the
    /// distance is a power of two from 8 to 4,096, and the step is odd, at least 3 and above `start`.
    pub fn new(cells: u32, start: u32, step: u16, distance: u16) -> Result<Self, Error> {
        let ok = (MIN_CELLS..=MAX_CELLS).contains(&cells)
            && DISTANCE.contains(&distance)
            && distance.is_power_of_two()
            && cells.is_multiple_of(2 * u32::from(distance))
            && step >= 3
            && !step.is_multiple_of(2)
            && start < u32::from(step);
        if ok { Ok(Self { cells, start, step, distance }) } else { Err(Error::Layout) }
    }

    /// A layout over `cells` cells, distance 128, that spreads `pairs` pairs over the whole memory when one
    /// candidate in `one_in` becomes a pair.
    ///
    /// # Errors
    /// [`Error::Layout`] when the memory is too small for a step of 17, or not a multiple of 256 cells.
    pub fn spread(cells: u32, pairs: usize, one_in: u32) -> Result<Self, Error> {
        let pairs = u32::try_from(pairs).map_err(|_| Error::Layout)?;
        let room = cells.checked_div(pairs.saturating_mul(one_in)).ok_or(Error::Layout)?;
        if room < 17 {
            return Err(Error::Layout);
        }
        let step = u16::try_from(room.min(255)).map_err(|_| Error::Layout)?;
        Self::new(cells, 0, step - (1 - step % 2), 128)
    }

    /// The same candidates shifted: first cells are disjoint from those of every other start, pairs from those of most
    /// ([`Layout::shares_pairs_with`]).
    ///
    /// # Errors
    /// [`Error::Layout`] when `start` is not below the step.
    pub fn with_start(self, start: u32) -> Result<Self, Error> {
        Self::new(self.cells, start, self.step, self.distance)
    }

    /// Whether some pair is a candidate in both layouts, as it is or from its other side. Layouts that differ in more than
    /// their start are taken to share pairs.
    #[must_use]
    pub fn shares_pairs_with(&self, other: &Self) -> bool {
        let like = Self { start: self.start, ..*other };
        let step = u32::from(self.step);
        let apart = (self.start + step - other.start) % step;
        let distance = u32::from(self.distance) % step;
        like != *self || apart == 0 || apart == distance || apart == step - distance
    }

    /// Cells of a read.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }

    /// Bytes of a read.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.cells as usize / 8
    }

    /// First candidate.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.start
    }

    /// Cells from one candidate to the next.
    #[must_use]
    pub fn step(&self) -> u16 {
        self.step
    }

    /// Distance of partners in cells.
    #[must_use]
    pub fn distance(&self) -> u16 {
        self.distance
    }

    /// Number of candidates.
    #[must_use]
    pub fn candidates(&self) -> usize {
        ((self.cells - self.start).div_ceil(u32::from(self.step))) as usize
    }

    /// The candidates in order: cell and partner, both below [`Layout::cells`].
    pub fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        let distance = usize::from(self.distance);
        (self.start as usize..self.cells as usize)
            .step_by(usize::from(self.step))
            .map(move |cell| (cell, cell ^ distance))
    }
}

/// The value of one cell, 0 or 1. The position is public.
pub(crate) fn cell(read: &[u8], at: usize) -> u8 {
    (read[at / 8] >> (at % 8)) & 1
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn no_cell_is_used_twice_over_all_starts() {
        for (cells, step, distance) in [(8192, 17, 8), (8192, 51, 128), (16384, 255, 4096)] {
            let mut used = vec![0_u8; cells as usize];
            let mut firsts = 0;
            let base = Layout::new(cells, 0, step, distance).unwrap();
            for start in 0..u32::from(step) {
                let layout = base.with_start(start).unwrap();
                let mut within = vec![false; cells as usize];
                for (a, b) in layout.pairs() {
                    assert!(!within[a] && !within[b] && a != b);
                    within[a] = true;
                    within[b] = true;
                    used[a] += 1;
                    firsts += 1;
                }
                assert_eq!(layout.pairs().count(), layout.candidates());
            }
            assert_eq!(firsts, cells);
            assert!(used.iter().all(|n| *n == 1));
        }
    }

    #[test]
    fn shared_pairs_are_told() {
        let base = Layout::new(8192, 0, 39, 128).unwrap();
        let sorted = |layout: Layout| -> alloc::collections::BTreeSet<(usize, usize)> {
            layout.pairs().map(|(a, b)| (a.min(b), a.max(b))).collect()
        };
        let mut sharing = 0;
        for one in 0..39 {
            for other in 0..39 {
                let (one, other) = (base.with_start(one).unwrap(), base.with_start(other).unwrap());
                let shared = !sorted(one).is_disjoint(&sorted(other));
                assert_eq!(one.shares_pairs_with(&other), shared, "{} {}", one.start(), other.start());
                sharing += u32::from(shared);
            }
        }
        assert_eq!(sharing, 39 * 3);
        assert!(base.shares_pairs_with(&Layout::new(8192, 1, 41, 128).unwrap()));
    }

    #[test]
    fn refused_layouts() {
        for (cells, start, step, distance) in [
            (8191, 0, 17, 8),
            (4096, 0, 17, 8),
            (MAX_CELLS * 2, 0, 17, 8),
            (8192, 17, 17, 8),
            (8192, 0, 16, 8),
            (8192, 0, 1, 8),
            (8192, 0, 17, 4),
            (8192, 0, 17, 24),
            (8192, 0, 17, 8192),
            (8192 + 128, 0, 17, 128),
        ] {
            assert_eq!(Layout::new(cells, start, step, distance), Err(Error::Layout));
        }
        assert!(Layout::spread(8192, 1020, 5).is_err());
        assert!(Layout::spread(8192, 0, 5).is_err());
        assert_eq!(Layout::spread(262_144, 1020, 5).unwrap().step(), 51);
    }
}
