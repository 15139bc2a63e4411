//! Every way in which helper data can be malformed, each refused by its own reason at its own place.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::enrol;
use crate::sim::{CellModel, Conditions, SimChip};

const ID: &[u8] = b"pump-1";
/// Offset of the mask length behind the header, the id's length and the id.
const MASK_LEN: usize = 27 + ID.len();

/// Six blocks of BCH(127,36): 546 sketch bits, so the last byte has six of padding.
fn valid() -> Vec<u8> {
    let layout = Layout::new(65_536, 0, 17, 128).unwrap();
    let profile = Profile::new(7, 15, 6, layout, 900).unwrap();
    let chip = SimChip::new(1, 8192, CellModel::CY62256NLL);
    let reads: Vec<Vec<u8>> = (0..9).map(|n| chip.read(n, Conditions::NOMINAL)).collect();
    let slices: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
    enrol(&slices, &profile, &Context::new(ID, 5).unwrap()).unwrap().0.encode()
}

fn refused(bytes: &[u8]) -> (usize, HelperFault) {
    match HelperData::decode(bytes) {
        Err(Error::Helper { at, fault }) => (at, fault),
        other => panic!("{other:?}"),
    }
}

fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut all = valid();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    all
}

#[test]
fn valid_helper_data_round_trip() {
    let bytes = valid();
    let helper = HelperData::decode(&bytes).unwrap();
    assert_eq!(helper.encode(), bytes);
    assert_eq!((helper.device_id(), helper.version()), (ID, 5));
    assert_eq!(helper.profile().response_bits(), 762);
    assert_eq!(helper.chosen().count(), 762);
    assert_eq!(helper.digest(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert_eq!(&bytes[..5], b"VPUF\x01");
    // The whole path pinned: simulated chip, choice of pairs, sketch, keys, encoding.
    assert_eq!(helper.digest()[..8], [143, 92, 195, 10, 32, 219, 34, 247]);
}

#[test]
fn every_header_field_is_checked() {
    assert_eq!(refused(&with(0, b"X")), (0, HelperFault::Magic));
    assert_eq!(refused(&with(4, &[2])), (4, HelperFault::Format));
    assert_eq!(refused(&with(5, &[9])), (5, HelperFault::Profile));
    assert_eq!(refused(&with(6, &[16])), (5, HelperFault::Profile));
    for blocks in [0, 33, 255] {
        assert_eq!(refused(&with(7, &[blocks])), (5, HelperFault::Profile));
    }
    // An entropy claim too low for 128 bits, and one above a bit a bit.
    for entropy in [600_u16, 1001] {
        assert_eq!(refused(&with(8, &entropy.to_be_bytes())), (5, HelperFault::Profile));
    }
    for (at, bytes) in [(10, &[0xff; 4][..]), (14, &[0, 0, 0, 17]), (18, &[0, 16]), (20, &[0, 5])] {
        assert_eq!(refused(&with(at, bytes)), (10, HelperFault::Layout));
    }
    for len in [0, 65, 255] {
        assert_eq!(refused(&with(26, &[len])), (26, HelperFault::DeviceId));
    }
}

#[test]
fn every_length_but_the_right_one_is_refused() {
    let bytes = valid();
    for cut in 0..bytes.len() {
        let (at, fault) = refused(&bytes[..cut]);
        assert!(fault == HelperFault::Truncated && at <= cut, "{cut}: {at} {fault:?}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(refused(&longer), (bytes.len(), HelperFault::Trailing));
}

#[test]
fn the_mask_chooses_exactly_what_is_needed_in_shortest_form() {
    let bytes = valid();
    let len = usize::from(u16::from_be_bytes([bytes[MASK_LEN], bytes[MASK_LEN + 1]]));
    let first = MASK_LEN + 2;
    for bit in 0..len * 8 {
        let mut altered = bytes.clone();
        altered[first + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(refused(&altered), (MASK_LEN, HelperFault::Mask), "bit {bit}");
    }
    // A zero byte more is another encoding of the same mask.
    let mut padded = bytes.clone();
    padded.insert(first + len, 0);
    padded[MASK_LEN..first].copy_from_slice(&u16::try_from(len + 1).unwrap().to_be_bytes());
    assert_eq!(refused(&padded), (MASK_LEN, HelperFault::Mask));
    // A bit beyond the last candidate: 3,856 candidates fill 482 bytes, the next byte has none.
    let mut beyond = bytes[..first].to_vec();
    let mut mask = bytes[first..first + len].to_vec();
    mask.resize(482, 0);
    mask.push(1);
    let moved = mask.iter().position(|b| *b != 0).unwrap();
    mask[moved] &= mask[moved] - 1;
    beyond[MASK_LEN..first].copy_from_slice(&u16::try_from(mask.len()).unwrap().to_be_bytes());
    beyond.extend_from_slice(&mask);
    beyond.extend_from_slice(&bytes[first + len..]);
    assert_eq!(HelperData::decode(&bytes).unwrap().profile().layout().candidates(), 3856);
    assert_eq!(refused(&beyond), (MASK_LEN, HelperFault::Mask));
}

#[test]
fn padding_bits_must_be_zero() {
    let bytes = valid();
    let last = bytes.len() - TAG - 1;
    let sketch = last + 1 - 546_usize.div_ceil(8);
    for bit in 2..8 {
        let mut altered = bytes.clone();
        altered[last] ^= 1 << bit;
        assert_eq!(refused(&altered), (sketch, HelperFault::Padding), "bit {bit}");
    }
    for bit in 0..2 {
        let mut altered = bytes.clone();
        altered[last] ^= 1 << bit;
        assert!(HelperData::decode(&altered).is_ok(), "sketch bits are for the tag to protect");
    }
}

#[test]
fn lengths_that_lie_allocate_nothing() {
    assert_eq!(refused(&with(MASK_LEN, &[0xff, 0xff])).1, HelperFault::Truncated);
    assert_eq!(refused(&vec![0; 1 << 16]), (0, HelperFault::Magic));
}
