//! Enrolment: screening of reads, stable pairs, sketch and tag.
//!
//! Runs at the station (about two bytes of working memory a cell). What it decides on (a read refused, which pairs
//! are kept) is public by construction: verdicts and the mask. Counts, majorities and response are zeroized.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::helper::HelperData;
use crate::layout::cell;
use crate::{Context, Depth, Error, Fault, Profile, Secret, health, secret};

/// Fewest power-up reads an enrolment takes.
pub const MIN_READS: usize = 9;
/// Most power-up reads an enrolment takes.
pub const MAX_READS: usize = 1024;
/// A read is far when its distance from the majority exceeds twice the median distance; the limit stays between these,
/// in 1/10,000.
const FAR: core::ops::RangeInclusive<u32> = 100..=1200;
/// Standard deviations from balance at which the chosen bits are refused.
const SIGMAS: u64 = 5;

/// How one read of a series relates to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadQuality {
    /// Bits that differ from the majority of the series, in 1/10,000.
    pub distance: u32,
    /// The limit that held for this series, in 1/10,000.
    pub limit: u32,
}

impl ReadQuality {
    /// Too far from the others: incomplete power-off or another chip. Leave it out, power-cycle and read again.
    #[must_use]
    pub fn is_far(&self) -> bool {
        self.distance > self.limit
    }
}

/// Ones of every cell over the reads.
fn counts(reads: &[&[u8]]) -> Zeroizing<Vec<u16>> {
    let cells = reads.first().map_or(0, |r| r.len() * 8);
    let mut counts = Zeroizing::new(vec![0_u16; cells]);
    for read in reads {
        for (eight, byte) in counts.chunks_exact_mut(8).zip(read.iter()) {
            for (bit, count) in eight.iter_mut().enumerate() {
                *count += u16::from(byte >> bit & 1);
            }
        }
    }
    counts
}

/// Distance of every read from the majority of all, with the limit for this series.
///
/// The majority of nine or more reads of one chip stands as long as fewer than half are bad.
///
/// # Errors
/// [`Error::TooFewReads`], [`Error::TooManyReads`], [`Error::ReadLength`] when the reads differ in length.
pub fn screen(reads: &[&[u8]]) -> Result<Vec<ReadQuality>, Error> {
    bounded(reads, reads.first().map_or(0, |r| r.len()))?;
    Ok(distances(reads, &counts(reads)))
}

fn bounded(reads: &[&[u8]], want: usize) -> Result<(), Error> {
    if reads.len() < MIN_READS {
        return Err(Error::TooFewReads { got: reads.len(), need: MIN_READS });
    }
    if reads.len() > MAX_READS {
        return Err(Error::TooManyReads { got: reads.len(), max: MAX_READS });
    }
    match reads.iter().enumerate().find(|(_, r)| r.len() != want) {
        Some((read, r)) => Err(Error::ReadLength { read, got: r.len(), want }),
        None => Ok(()),
    }
}

fn distances(reads: &[&[u8]], counts: &[u16]) -> Vec<ReadQuality> {
    let total = u32::try_from(reads.len()).unwrap_or(u32::MAX);
    let majority: Zeroizing<Vec<u8>> = Zeroizing::new(
        counts
            .chunks_exact(8)
            .map(|eight| {
                eight.iter().rev().fold(0, |byte, n| byte << 1 | u8::from(u32::from(*n) * 2 > total))
            })
            .collect(),
    );
    let distance: Vec<u32> = reads
        .iter()
        .map(|read| {
            let differ: u64 =
                read.iter().zip(majority.iter()).map(|(a, b)| u64::from((a ^ b).count_ones())).sum();
            u32::try_from(differ * 10_000 / (counts.len().max(1) as u64)).unwrap_or(u32::MAX)
        })
        .collect();
    let mut sorted = distance.clone();
    sorted.sort_unstable();
    let limit = (2 * sorted.get(sorted.len() / 2).copied().unwrap_or(0)).clamp(*FAR.start(), *FAR.end());
    distance.into_iter().map(|distance| ReadQuality { distance, limit }).collect()
}

/// Enrols a chip: from at least [`MIN_READS`] power-up reads to helper data and the secret.
///
/// Take the reads over real power cycles and over the corners of voltage and temperature the device will see: a cell
/// is kept only when it never changed in any of them. Deterministic: the same reads give the same helper data.
/// Enrolling again publishes a second sketch of overlapping pairs; count its bits against the residual entropy, or use
/// a layout that shares no pair with the first ([`crate::Layout::shares_pairs_with`]).
///
/// # Errors
/// [`Error::TooFewReads`], [`Error::TooManyReads`], [`Error::ReadLength`] for the wrong input; [`Error::Unhealthy`] and
/// [`Error::DuplicateRead`] for sources that are no PUF; [`Error::FarRead`] for a read to be taken again after a
/// power cycle; [`Error::TooFewPairs`] and [`Error::UnhealthyResponse`] for a chip the profile does not fit.
pub fn enrol(
    reads: &[&[u8]],
    profile: &Profile,
    context: &Context<'_>,
) -> Result<(HelperData, Secret), Error> {
    let layout = profile.layout();
    bounded(reads, layout.bytes())?;
    for (i, read) in reads.iter().enumerate() {
        health(i, read, Depth::Full)?;
        if let Some(first) = reads.iter().take(i).position(|earlier| earlier == read) {
            return Err(Error::DuplicateRead { first, second: i });
        }
    }
    let counts = counts(reads);
    for (read, quality) in distances(reads, &counts).into_iter().enumerate() {
        if quality.is_far() {
            return Err(Error::FarRead { read, distance: quality.distance, limit: quality.limit });
        }
    }
    let (mask, response, sides) = choose(reads, &counts, profile)?;
    balanced(&response, &sides)?;
    let code = profile.code();
    let mut sketch = vec![0; profile.sketch_bits()];
    let mut word = Zeroizing::new(vec![0; code.n()]);
    for (block, out) in sketch.chunks_exact_mut(code.parity_bits()).enumerate() {
        let bits = response.iter().skip(block).step_by(usize::from(profile.blocks()));
        for (slot, bit) in word.iter_mut().zip(bits) {
            *slot = *bit;
        }
        code.remainder(&word, out);
    }
    let helper = HelperData::new(profile, context, mask, &sketch);
    let (tag, secret) = secret::keys(&response, &helper.public_bytes());
    Ok((helper.with_tag(tag), secret))
}

/// Mask over the candidates and the response: of all pairs of stable cells that differ, as many as needed, evenly spread over
/// the memory, because disturbances come in stretches of neighbouring addresses. Blocks take turns over them for the same
/// reason: bit i of the response belongs to block i mod blocks.
/// Beside each bit, the side of its pair (0 lower, 1 upper) that the first cell lies on.
type Chosen = (Vec<u8>, Zeroizing<Vec<u8>>, Vec<u8>);

fn choose(reads: &[&[u8]], counts: &[u16], profile: &Profile) -> Result<Chosen, Error> {
    let need = profile.response_bits();
    let mut mask = vec![0_u8; profile.layout().candidates().div_ceil(8)];
    let mut response = Zeroizing::new(Vec::with_capacity(need));
    let mut sides = Vec::with_capacity(need);
    let first_read = reads.first().copied().unwrap_or_default();
    let stable = |n: u16| n == 0 || usize::from(n) == reads.len();
    let usable = |(_, (a, b)): &(usize, (usize, usize))| {
        stable(counts[*a]) && stable(counts[*b]) && counts[*a] != counts[*b]
    };
    let pairs = || profile.layout().pairs().enumerate().filter(usable);
    let found = pairs().count();
    if found < need {
        return Err(Error::TooFewPairs { found, need });
    }
    for (q, (j, (a, _))) in pairs().enumerate() {
        // Exactly `need` of `found` steps of this line cross a whole number.
        if (q + 1) * need / found > q * need / found {
            mask[j / 8] |= 1 << (j % 8);
            response.push(cell(first_read, a));
            sides.push(u8::from(a & usize::from(profile.layout().distance()) != 0));
        }
    }
    let used = mask.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    mask.truncate(used);
    Ok((mask, response, sides))
}

/// Pairing leaves balanced, independent bits on a sound chip: refuse what lies more than five standard deviations off.
/// Tested are the bits, the bits seen from the lower side of their pair (both partners lean if those are skewed), and neighbours.
fn balanced(response: &[u8], sides: &[u8]) -> Result<(), Error> {
    let off = |part: u64, whole: u64| (2 * part).abs_diff(whole).pow(2) > SIGMAS * SIGMAS * whole;
    let share = |part: u64, whole: u64| u16::try_from(part * 1000 / whole.max(1)).unwrap_or(u16::MAX);
    let lower: Zeroizing<Vec<u8>> =
        Zeroizing::new(response.iter().zip(sides).map(|(b, side)| b ^ side).collect());
    for bits in [response, &lower] {
        let n = bits.len() as u64;
        let ones: u64 = bits.iter().map(|b| u64::from(*b)).sum();
        if off(ones, n) {
            return Err(Error::UnhealthyResponse { fault: Fault::Skewed { permille: share(ones, n) } });
        }
    }
    for bits in [response, &lower] {
        let n = (bits.len() as u64).saturating_sub(1);
        let equal: u64 = bits.windows(2).map(|w| u64::from(1 ^ w[0] ^ w[1])).sum();
        if off(equal, n) {
            return Err(Error::UnhealthyResponse { fault: Fault::Correlated { permille: share(equal, n) } });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skewed_and_correlated_bits_are_refused() {
        let mut bits: Vec<u8> =
            (0..1024_u32).map(|i| u8::from(i.wrapping_mul(0x9e37_79b9) >> 31 == 1)).collect();
        // A multiplicative sequence is regular, so scramble it with its own square.
        for (i, bit) in (0_u32..).zip(bits.iter_mut()) {
            *bit ^= u8::from(i.wrapping_mul(i).wrapping_mul(0x85eb_ca6b) >> 30 & 1 == 1);
        }
        assert_eq!(balanced(&bits, &[0; 1024]), Ok(()));
        let skewed: Vec<u8> = (0..1024).map(|i| u8::from(i % 5 < 3)).collect();
        assert!(matches!(
            balanced(&skewed, &[0; 1024]),
            Err(Error::UnhealthyResponse { fault: Fault::Skewed { permille: 600 } })
        ));
        // Balanced bits that follow the side their cell lies on.
        assert!(matches!(
            balanced(&bits, &bits),
            Err(Error::UnhealthyResponse { fault: Fault::Skewed { permille: 0 } })
        ));
        let steps: Vec<u8> = (0..1024).map(|i| u8::from(i % 8 < 4)).collect();
        assert!(matches!(
            balanced(&steps, &[0; 1024]),
            Err(Error::UnhealthyResponse { fault: Fault::Correlated { .. } })
        ));
        let alternating: Vec<u8> = (0..1024).map(|i| u8::from(i % 2 == 0)).collect();
        assert!(matches!(
            balanced(&alternating, &[0; 1024]),
            Err(Error::UnhealthyResponse { fault: Fault::Correlated { .. } })
        ));
    }

    #[test]
    fn one_bad_read_among_nine_is_named() {
        let base: Vec<u8> =
            (0..2048_u32).map(|i| i.wrapping_mul(0x9e37_79b9).rotate_left(9).to_le_bytes()[1]).collect();
        let mut reads: Vec<Vec<u8>> = (0..9_usize)
            .map(|r| base.iter().enumerate().map(|(i, b)| if i % 9 == r { b ^ 1 } else { *b }).collect())
            .collect();
        for byte in &mut reads[4][..700] {
            *byte ^= 0x11;
        }
        let slices: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
        let quality = screen(&slices).unwrap();
        let far: Vec<usize> =
            quality.iter().enumerate().filter(|(_, q)| q.is_far()).map(|(i, _)| i).collect();
        assert_eq!(far, [4]);
        assert!(matches!(screen(&slices[..8]), Err(Error::TooFewReads { got: 8, need: 9 })));
    }
}
