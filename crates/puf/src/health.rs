//! Is this read the power-up of a memory at all? Fill, flat regions, periods, weight.
//!
//! A source can show healthy distances and still repeat itself: these tests come before any statistics. Each looks
//! at every byte it tests, adds up without branching on values, and only the verdict is acted on. They refuse broken
//! sources; they do not measure entropy.

use crate::{Error, Fault};

/// How far the period test reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Periods of 1 to 64 bytes: for every reconstruction, on the device.
    Quick,
    /// Periods of 1 to 1,024 bytes and the powers of two up to half the read (address lines that do not count): for enrolment.
    Full,
}

/// Share of bytes equal to their neighbour above which memory was filled, permille. A cell bias of 80 % gives 20.
const FILL: usize = 250;
/// Window of the flat-region test, bytes, and the share of ones it must keep away from 0 and 1, permille.
const WINDOW: usize = 256;
const FLAT: usize = 80;
/// Share of bits equal to the bit one period before that calls a read periodic, permille (below 1000 − this:
/// periodic with inversion). A cell bias of 80 % gives 680.
const PERIODIC: usize = 750;
/// Bytes of the read the period test compares.
const PERIOD_WINDOW: usize = 4096;
/// Share of ones allowed over the whole read, permille.
const WEIGHT: core::ops::RangeInclusive<usize> = 300..=700;

/// Tests one raw read; `read` is its number, for the error.
///
/// Cost: O(bytes) and 64 (quick) or about 1,030 (full) passes over at most 4 KiB.
///
/// # Errors
/// [`Error::Unhealthy`] with the first fault in the order fill, flat region, period, weight.
pub fn health(read: usize, bytes: &[u8], depth: Depth) -> Result<(), Error> {
    match fault(bytes, depth) {
        None => Ok(()),
        Some(fault) => Err(Error::Unhealthy { read, fault }),
    }
}

fn permille(part: usize, whole: usize) -> usize {
    part * 1000 / whole.max(1)
}

fn narrow(permille: usize) -> u16 {
    u16::try_from(permille).unwrap_or(u16::MAX)
}

fn fault(bytes: &[u8], depth: Depth) -> Option<Fault> {
    let same = bytes.windows(2).map(|pair| usize::from(crate::gf::is_zero(pair[0] ^ pair[1]))).sum::<usize>();
    let same = permille(same, bytes.len().saturating_sub(1));
    if same > FILL {
        return Some(Fault::ConstantFill { permille: narrow(same) });
    }
    for (i, window) in bytes.chunks_exact(WINDOW).enumerate() {
        let share = permille(ones(window), WINDOW * 8);
        if !(FLAT..=1000 - FLAT).contains(&share) {
            return Some(Fault::FlatRegion { offset: i * WINDOW });
        }
    }
    if let Some(fault) = period(bytes, depth) {
        return Some(fault);
    }
    let weight = permille(ones(bytes), bytes.len() * 8);
    (!WEIGHT.contains(&weight)).then_some(Fault::Weight { permille: narrow(weight) })
}

/// Ones of a slice. `count_ones` on a byte becomes the instruction or a branch-free sequence.
fn ones(bytes: &[u8]) -> usize {
    bytes.iter().map(|b| b.count_ones() as usize).sum()
}

/// Share of bits equal at a distance of `lag` bytes, permille.
pub(crate) fn equal_at(bytes: &[u8], lag: usize) -> usize {
    let window = PERIOD_WINDOW.min(bytes.len().saturating_sub(lag)) / 8 * 8;
    let (here, _) = bytes[..window].as_chunks::<8>();
    let (there, _) = bytes[lag..lag + window].as_chunks::<8>();
    let differ: usize = here
        .iter()
        .zip(there)
        .map(|(a, b)| (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)).count_ones() as usize)
        .sum();
    1000 - permille(differ, window * 8)
}

/// The lags of a depth that leave something to compare.
pub(crate) fn lags(len: usize, depth: Depth) -> impl Iterator<Item = usize> {
    let (dense, powers) = match depth {
        Depth::Quick => (64, 0),
        Depth::Full => (1024, len / 2),
    };
    let dense = dense.min(len / 2);
    (1..=dense).chain((11..usize::BITS).map(|bit| 1 << bit).take_while(move |lag| *lag <= powers))
}

/// The strongest period. All lags are looked at whatever they show.
fn period(bytes: &[u8], depth: Depth) -> Option<Fault> {
    let mut worst = (0, 500_usize);
    for lag in lags(bytes.len(), depth) {
        let equal = equal_at(bytes, lag);
        if equal.abs_diff(500) > worst.1.abs_diff(500) {
            worst = (lag, equal);
        }
    }
    let (period, equal) = worst;
    (!(1000 - PERIODIC..=PERIODIC).contains(&equal))
        .then_some(Fault::Periodic { period, permille: narrow(equal) })
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// Bits of the given share of ones, in permille, from a multiplicative hash of the position.
    fn noise(len: usize, ones: u64) -> Vec<u8> {
        let bit = |i: usize| {
            let z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let z = (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            u8::from((z >> 33) % 1000 < ones)
        };
        (0..len).map(|i| (0..8).fold(0, |byte, b| byte | bit(i * 8 + b) << b)).collect()
    }

    #[test]
    fn healthy_noise_passes_balanced_and_biased() {
        for ones in [350, 500, 650] {
            assert_eq!(health(0, &noise(8192, ones), Depth::Full), Ok(()), "{ones}");
            assert_eq!(health(0, &noise(8192, ones), Depth::Quick), Ok(()));
        }
    }

    #[test]
    fn each_fault_is_named() {
        assert!(matches!(fault(&[0; 4096], Depth::Quick), Some(Fault::ConstantFill { permille: 1000 })));
        let mut zeroed = noise(8192, 500);
        zeroed[1024..1280].fill(0);
        assert_eq!(fault(&zeroed, Depth::Quick), Some(Fault::FlatRegion { offset: 1024 }));
        assert!(matches!(fault(&noise(8192, 750), Depth::Quick), Some(Fault::Weight { .. })));
    }

    #[test]
    fn periods_are_found_within_reach() {
        for period in [3, 31, 64, 500, 1024, 2048, 4096] {
            let base = noise(period, 500);
            let read: Vec<u8> = base.iter().copied().cycle().take(16384).collect();
            let Some(Fault::Periodic { period: found, permille }) = fault(&read, Depth::Full) else {
                panic!("period {period} missed");
            };
            assert_eq!((found % period, permille), (0, 1000));
        }
        // With inversion: each half of the period is the complement of the other.
        let half = noise(20, 500);
        let read: Vec<u8> =
            (0..8192).map(|i| half[i % 20] ^ if i / 20 % 2 == 0 { 0 } else { 0xff }).collect();
        assert!(matches!(fault(&read, Depth::Quick), Some(Fault::Periodic { permille: 0 | 1000, .. })));
        // Out of the quick test's reach, on purpose.
        let read: Vec<u8> = noise(500, 500).into_iter().cycle().take(8192).collect();
        assert_eq!(fault(&read, Depth::Quick), None);
    }

    #[test]
    fn short_reads_do_not_panic() {
        for len in 0..40 {
            let _ = fault(&vec![0x5a; len], Depth::Full);
        }
    }
}
