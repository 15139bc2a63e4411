//! How a page is written: a header, then records, each with its commit. No flash here, only bytes.
//!
//! ```text
//! page    = header (32)  record*  erased
//! header  = "VSQ1"  sequence (8)  check (8)  erased (12)
//! record  = 0xa5  kind (1)  length (2)  check (8)  payload  erased to a multiple of 32  commit (32)
//! commit  = "VSQC"  sequence (8)  offset (4)  check (8)  erased (8)
//! ```
//!
//! Integers are big-endian. Each check is the first eight bytes of SHA-256 over a word, the page's sequence, the offset
//! and what is checked, so that nothing is taken from where it was not written. The commit is programmed after the record:
//! where it stands, the record was complete once. (Copies of certificates that begin a page have none: the state after them
//! has.) So a record that does not check was cut off by power loss if no commit
//! follows, and was damaged later if one does.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::flash::UNIT;

const MAGIC: &[u8; 4] = b"VSQ1";
const COMMIT: &[u8; 4] = b"VSQC";
const MARK: u8 = 0xa5;
/// Bytes before the payload of a record.
const HEAD: usize = 12;
const ERASED: u8 = 0xff;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The state, encoded.
    State = 1,
    /// An entry of the queue: its number (8), its bytes.
    Entry = 2,
    /// An entry kept from a page that was given up: as `Entry`.
    Carry = 3,
    /// What is settled: the first number that is not (8), and the numbers that are carried still (8 each).
    Settled = 4,
}

impl Kind {
    const ALL: [Self; 4] = [Self::State, Self::Entry, Self::Carry, Self::Settled];
}

/// A record that checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) kind: Kind,
    pub(crate) payload: &'a [u8],
    /// Where it begins in the page.
    pub(crate) offset: usize,
    /// Where the next one begins.
    pub(crate) end: usize,
}

impl<'a> Record<'a> {
    /// Number and bytes of an entry or a carried one.
    pub(crate) fn numbered(&self) -> Option<(u64, &'a [u8])> {
        if !matches!(self.kind, Kind::Entry | Kind::Carry) {
            return None;
        }
        self.payload.split_first_chunk().map(|(n, rest)| (u64::from_be_bytes(*n), rest))
    }
}

/// Bytes that a record with this payload takes, its commit included.
pub(crate) const fn space(payload: usize) -> usize {
    (HEAD + payload).next_multiple_of(UNIT) + UNIT
}

fn check(word: &[u8], sequence: u64, offset: usize, bytes: &[&[u8]]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(word);
    hash.update(sequence.to_be_bytes());
    hash.update((offset as u64).to_be_bytes());
    bytes.iter().for_each(|b| hash.update(b));
    let digest: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}

fn pad(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(UNIT), ERASED);
    bytes
}

/// The header of a page.
pub(crate) fn header(sequence: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(UNIT);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&check(MAGIC, sequence, 0, &[]));
    pad(out)
}

/// Sequence of a page whose header checks.
pub(crate) fn read_header(page: &[u8]) -> Option<u64> {
    let (magic, rest) = page.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let sequence = u64::from_be_bytes(*sequence);
    let good = magic == MAGIC && rest.starts_with(&check(MAGIC, sequence, 0, &[]));
    good.then_some(sequence)
}

/// A record without its commit. The caller keeps `payload` below 64 KiB.
pub(crate) fn record(sequence: u64, offset: usize, kind: Kind, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    let head = [MARK, kind as u8, length[0], length[1]];
    let mut out = Vec::with_capacity(space(payload.len()));
    out.extend_from_slice(&head);
    out.extend_from_slice(&check(b"record", sequence, offset, &[&head, payload]));
    out.extend_from_slice(payload);
    pad(out)
}

/// The commit of a record, at its own offset.
pub(crate) fn commit(sequence: u64, offset: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(UNIT);
    out.extend_from_slice(COMMIT);
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&check(COMMIT, sequence, offset, &[]));
    pad(out)
}

/// Sequence of the page that a commit at this offset was written into.
fn read_commit(page: &[u8], offset: usize) -> Option<u64> {
    let unit = page.get(offset..offset.checked_add(UNIT)?)?;
    let sequence = u64::from_be_bytes(*unit.get(4..12)?.first_chunk()?);
    (unit == commit(sequence, offset)).then_some(sequence)
}

/// Whether a commit of a page with at least this sequence stands at or after `from`: a record was complete there once.
pub(crate) fn committed(page: &[u8], from: usize, sequence: u64) -> bool {
    (from.next_multiple_of(UNIT)..page.len())
        .step_by(UNIT)
        .any(|at| read_commit(page, at).is_some_and(|s| s >= sequence))
}

/// Whether everything from `from` on is erased.
pub(crate) fn is_erased(page: &[u8], from: usize) -> bool {
    page.get(from..).is_some_and(|rest| rest.iter().all(|b| *b == ERASED))
}

/// Where the last unit ends that is not erased.
pub(crate) fn written(page: &[u8]) -> usize {
    let last = page.iter().rposition(|b| *b != ERASED);
    last.map_or(0, |at| (at + 1).next_multiple_of(UNIT))
}

fn read_record(page: &[u8], sequence: u64, offset: usize) -> Option<Record<'_>> {
    let (head, rest) = page.get(offset..)?.split_first_chunk::<4>()?;
    let [mark, kind, high, low] = *head;
    let kind = Kind::ALL.into_iter().find(|k| *k as u8 == kind)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (stated, rest) = rest.split_first_chunk::<8>()?;
    let payload = rest.get(..length)?;
    let good = mark == MARK && *stated == check(b"record", sequence, offset, &[head, payload]);
    let end = offset + space(length);
    (good && end <= page.len()).then_some(Record { kind, payload, offset, end })
}

/// The records of a page that check, in their order; what does not check is stepped over unit by unit.
pub(crate) fn records(page: &[u8], sequence: u64) -> impl Iterator<Item = Record<'_>> {
    let mut offset = UNIT;
    core::iter::from_fn(move || {
        while offset < page.len() {
            match read_record(page, sequence, offset) {
                Some(record) => {
                    offset = record.end;
                    return Some(record);
                }
                None => offset += UNIT,
            }
        }
        None
    })
}
