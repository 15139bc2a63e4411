//! Exactly t errors a block are borne, one more is not; altered helper data of the right form fail closed.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::sim::{CellModel, Conditions, SimChip};
use crate::{Layout, Profile, enrol};

const BYTES: usize = 8192;

fn profile() -> Profile {
    Profile::new(8, 23, 2, Layout::spread(65_536, 510, 5).unwrap(), 900).unwrap()
}

/// A chip's first nine reads, the helper data and a fixed key.
fn enrolled(context: &Context<'_>) -> (Vec<u8>, HelperData, Zeroizing<[u8; 32]>) {
    let chip = SimChip::new(7, BYTES, CellModel::CY62256NLL);
    let reads: Vec<Vec<u8>> = (0..9).map(|n| chip.read(n, Conditions::NOMINAL)).collect();
    let slices: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
    let (helper, secret) = enrol(&slices, &profile(), context).unwrap();
    (reads[0].clone(), helper, secret.derive(b"key"))
}

/// The read with the given response bits flipped.
fn flipped(read: &[u8], helper: &HelperData, bits: impl Iterator<Item = usize>) -> Vec<u8> {
    let chosen: Vec<usize> = helper.chosen().collect();
    let mut read = read.to_vec();
    for bit in bits {
        read[chosen[bit] / 8] ^= 1 << (chosen[bit] % 8);
    }
    read
}

#[test]
fn t_errors_in_every_block_and_not_one_more() {
    let context = Context::new(b"pump-1", 1).unwrap();
    let (read, helper, key) = enrolled(&context);
    let (secret, margin) = reconstruct_measured(&read, &helper, &context).unwrap();
    assert_eq!((secret.derive(b"key"), margin.errors), (key.clone(), 0));
    // Bits 0 … 2·23 − 1 alternate between the two blocks: 23 errors in each.
    let worst = flipped(&read, &helper, 0..46);
    let (secret, margin) = reconstruct_measured(&worst, &helper, &context).unwrap();
    assert_eq!(secret.derive(b"key"), key);
    assert_eq!(margin, Margin { errors: 46, worst_block: 23, limit: 23 });
    for extra in [46, 47, 509] {
        let read = flipped(&worst, &helper, core::iter::once(extra));
        assert_eq!(reconstruct(&read, &helper, &context).unwrap_err(), Error::NotReconstructed);
    }
}

/// An attacker who knows the code can give helper data that decode: to another response, or to the same with other positions.
/// The tag must stop both, with the same error as a failed decoding.
#[test]
fn helper_data_that_decode_but_were_altered_fail_closed() {
    let context = Context::new(b"pump-1", 1).unwrap();
    let (read, helper, _) = enrolled(&context);
    let profile = profile();
    let code = profile.code();
    let sketch: Vec<u8> = (0..profile.sketch_bits()).map(|i| helper.sketch_bit(i)).collect();
    let masked = |helper: &HelperData| -> Vec<u8> {
        let mut mask = Vec::new();
        let at: Vec<usize> = helper.chosen().collect();
        for (j, (first, _)) in profile.layout().pairs().enumerate() {
            if j % 8 == 0 {
                mask.push(0);
            }
            mask[j / 8] |= u8::from(at.contains(&first)) << (j % 8);
        }
        while mask.last() == Some(&0) {
            mask.pop();
        }
        mask
    };
    let same = HelperData::new(&profile, &context, masked(&helper), &sketch).with_tag(*helper.tag());
    assert!(reconstruct(&read, &same, &context).is_ok(), "the rebuilding itself is faithful");

    // Shift the sketch by the remainder of one flipped bit: decoding succeeds and finds that bit in error.
    let mut word = vec![0; code.n()];
    word[200] = 1;
    let mut shift = vec![0; code.parity_bits()];
    code.remainder(&word, &mut shift);
    let mut shifted = sketch.clone();
    for (bit, s) in shifted.iter_mut().zip(&shift) {
        *bit ^= s;
    }
    let altered = HelperData::new(&profile, &context, masked(&helper), &shifted).with_tag(*helper.tag());
    assert_eq!(reconstruct(&read, &altered, &context).unwrap_err(), Error::NotReconstructed);

    // Replace the last chosen position by one not chosen: at most one error, so decoding succeeds; the tag tells.
    let mut mask = masked(&helper);
    let last = mask.len() * 8 - 1 - mask.last().unwrap().leading_zeros() as usize;
    mask[last / 8] ^= 1 << (last % 8);
    let free = (0..last).rev().find(|j| mask[j / 8] >> (j % 8) & 1 == 0).unwrap();
    mask[free / 8] |= 1 << (free % 8);
    while mask.last() == Some(&0) {
        mask.pop();
    }
    let altered = HelperData::new(&profile, &context, mask, &sketch).with_tag(*helper.tag());
    assert_eq!(reconstruct(&read, &altered, &context).unwrap_err(), Error::NotReconstructed);
}

#[test]
fn wrong_context_and_wrong_length_are_named() {
    let context = Context::new(b"pump-1", 1).unwrap();
    let (read, helper, _) = enrolled(&context);
    let other = Context::new(b"pump-2", 1).unwrap();
    assert_eq!(reconstruct(&read, &helper, &other).unwrap_err(), Error::OtherDevice);
    let newer = Context::new(b"pump-1", 2).unwrap();
    assert_eq!(reconstruct(&read, &helper, &newer).unwrap_err(), Error::OtherVersion { helper: 1, asked: 2 });
    assert_eq!(
        reconstruct(&read[1..], &helper, &context).unwrap_err(),
        Error::ReadLength { read: 0, got: BYTES - 1, want: BYTES }
    );
    assert!(matches!(
        reconstruct(&vec![0; BYTES], &helper, &context).unwrap_err(),
        Error::Unhealthy { read: 0, .. }
    ));
}
