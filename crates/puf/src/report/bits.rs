//! Reads of chips as the report takes them, and counting over them.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::math::ratio;
use crate::Layout;
use crate::layout::cell;

/// One power-up read.
#[derive(Debug, Clone)]
pub struct Read {
    /// What to call it in the report (a file name).
    pub label: String,
    /// The condition it was taken under (a supply voltage, a temperature); reads of one condition count as one group.
    pub condition: String,
    /// The memory.
    pub bytes: Vec<u8>,
}

/// The reads of one chip.
#[derive(Debug, Clone)]
pub struct Chip {
    /// Its name in the report.
    pub name: String,
    /// All reads in the order taken.
    pub reads: Vec<Read>,
    /// Which of them are for enrolment; all others are held out.
    pub enrol: Vec<usize>,
}

impl Chip {
    /// A chip whose enrolment reads are chosen evenly over all reads: a quarter, at least nine, leaving out the first, which
    /// is the likeliest to be bad.
    #[must_use]
    pub fn evenly(name: String, reads: Vec<Read>) -> Self {
        let take = (reads.len() / 4).max(crate::MIN_READS).min(reads.len().saturating_sub(1));
        let enrol = (0..take).map(|i| 1 + i * (reads.len() - 1) / take).collect();
        Self { name, reads, enrol }
    }
}

/// Bits that differ.
pub(crate) fn differ(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones() as usize).sum()
}

/// Share of bits that differ.
pub(crate) fn distance(a: &[u8], b: &[u8]) -> f64 {
    ratio(differ(a, b), a.len() * 8)
}

/// Ones of every cell over some reads.
pub(crate) fn counts(reads: &[&[u8]]) -> Vec<u16> {
    let mut counts = vec![0_u16; reads.first().map_or(0, |r| r.len() * 8)];
    for read in reads {
        for (eight, byte) in counts.chunks_exact_mut(8).zip(read.iter()) {
            for (bit, n) in eight.iter_mut().enumerate() {
                *n += u16::from(byte >> bit & 1);
            }
        }
    }
    counts
}

/// The majority of some reads, from their counts.
pub(crate) fn majority(counts: &[u16], reads: usize) -> Vec<u8> {
    let one = |n: &u16| u8::from(usize::from(*n) * 2 > reads);
    counts.chunks_exact(8).map(|eight| eight.iter().rev().fold(0, |byte, n| byte << 1 | one(n))).collect()
}

/// The pairs an enrolment would keep, over every start of a layout: disjoint sets of candidates, one after the other.
pub(crate) struct Kept {
    /// By lower cell of a pair: its value where the pair is kept, else [`NOT_KEPT`]. Over all starts every pair comes up
    /// twice, once from each side; here it stands once, so that samples are not counted double and a leaning is not
    /// hidden by its mirror image.
    pub(crate) lower: Vec<u8>,
    /// Kept first cells with their bit, in order, from both sides.
    pub(crate) cells: Vec<(usize, u8)>,
    /// Where each start begins in `cells`; one more at the end.
    pub(crate) starts: Vec<usize>,
}

/// No pair is kept at this candidate.
pub(crate) const NOT_KEPT: u8 = 2;

fn starts(layout: Layout) -> impl Iterator<Item = Layout> {
    (0..u32::from(layout.step())).filter_map(move |start| layout.with_start(start).ok())
}

impl Kept {
    pub(crate) fn new(counts: &[u16], reads: usize, layout: Layout) -> Self {
        let stable = |n: u16| n == 0 || usize::from(n) == reads;
        let mut kept = Self { lower: vec![NOT_KEPT; counts.len()], cells: Vec::new(), starts: vec![0] };
        for layout in starts(layout) {
            for (a, b) in layout.pairs() {
                if stable(counts[a]) && stable(counts[b]) && counts[a] != counts[b] {
                    kept.cells.push((a, u8::from(counts[a] != 0)));
                    kept.lower[a.min(b)] = u8::from(counts[a.min(b)] != 0);
                }
            }
            kept.starts.push(kept.cells.len());
        }
        kept
    }

    /// Which kept bits a read gets wrong, in order.
    pub(crate) fn errors(&self, read: &[u8]) -> Vec<u8> {
        self.cells.iter().map(|(at, bit)| cell(read, *at) ^ bit).collect()
    }

    /// The fewest pairs any start offers.
    pub(crate) fn fewest(&self) -> usize {
        self.starts.windows(2).map(|w| w[1] - w[0]).min().unwrap_or(0)
    }
}

/// Regions for the bias of a place.
pub(crate) const REGIONS: usize = 64;

/// How far the cells of a region lean to its majority, averaged over [`REGIONS`] regions: at least one half.
pub(crate) fn lean(bits: &[u8]) -> f64 {
    let region = bits.len().div_ceil(REGIONS).max(1);
    let majority = |r: &[u8]| {
        let ones = r.iter().map(|b| b.count_ones() as usize).sum::<usize>();
        ones.max(r.len() * 8 - ones)
    };
    ratio(bits.chunks(region).map(majority).sum(), bits.len() * 8).max(0.5)
}
