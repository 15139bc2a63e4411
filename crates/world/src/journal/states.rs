//! Bytes of the states of this concern: the entry's index and the fact's content, under a key that says which state of the
//! log it sets. A later fact about the same thing takes the place of the earlier one only where nothing asks for history.

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::log::{
    ClockAdvanced, Configured, Corrected, Epoch, Genesis, LogKeyRotated, PolicySet, Recovered, Sealed, Voided,
};
use evidence::{Fact, Field};

use std::collections::BTreeMap;

use crate::concern::{BadState, State};

/// Key of the counts of entries by fact; sorts after the keys of facts.
pub(super) const COUNTS: &[u8] = &[0xff, 0xff];

pub(super) fn counts(counts: &BTreeMap<u64, u64>) -> State {
    let mut w = Writer::with_capacity(counts.len() * 6);
    w.array(counts.len() * 2);
    for (tag, count) in counts {
        w.uint(*tag);
        w.uint(*count);
    }
    State { key: COUNTS.to_vec(), value: w.into_bytes() }
}

pub(super) fn read_counts(raw: &[u8]) -> Result<BTreeMap<u64, u64>, Malformed> {
    let mut r = Reader::new(raw);
    let n = r.array(usize::from(u16::MAX))?;
    let mut counts = BTreeMap::new();
    let ascending = r.bad(Reason::OutOfRange("pairs of a fact's number, ascending, and its count"));
    if !n.is_multiple_of(2) {
        return Err(ascending);
    }
    for _ in 0..n / 2 {
        let (tag, count) = (r.uint()?, r.uint()?);
        if counts.last_key_value().is_some_and(|(last, _)| *last >= tag) {
            return Err(ascending);
        }
        counts.insert(tag, count);
    }
    r.leave();
    r.finish()?;
    Ok(counts)
}

/// Key and value of the state that a fact sets, if it sets one. Key: the fact's number, then what tells states of one
/// kind apart: nothing for the genesis and the last permission to jump, else the index.
pub(super) fn of(index: u64, fact: &Fact) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut w = Writer::with_capacity(128);
    w.array(2);
    w.uint(index);
    let single = match fact {
        Fact::Genesis(f) => f.write_single(&mut w, true),
        Fact::ClockAdvanced(f) => f.write_single(&mut w, true),
        Fact::Epoch(f) => f.write_single(&mut w, false),
        Fact::Sealed(f) => f.write_single(&mut w, false),
        Fact::Recovered(f) => f.write_single(&mut w, false),
        Fact::LogKeyRotated(f) => f.write_single(&mut w, false),
        Fact::Corrected(f) => f.write_single(&mut w, false),
        Fact::Voided(f) => f.write_single(&mut w, false),
        Fact::Configured(f) => f.write_single(&mut w, false),
        Fact::PolicySet(f) => f.write_single(&mut w, false),
        _ => return None,
    };
    // Two bytes for the number and eight for the index: bytewise order is the order of number and index.
    let mut key = u16::try_from(fact.tag()).ok()?.to_be_bytes().to_vec();
    if !single {
        key.extend_from_slice(&index.to_be_bytes());
    }
    Some((key, w.into_bytes()))
}

/// Writes a content and passes on whether its state is single.
trait WriteSingle {
    fn write_single(&self, w: &mut Writer, single: bool) -> bool;
}

impl<T: Field> WriteSingle for T {
    fn write_single(&self, w: &mut Writer, single: bool) -> bool {
        self.write(w);
        single
    }
}

/// Index and fact of a state.
pub(super) fn read(state: &State) -> Result<(u64, Fact), BadState> {
    let tag = match state.key.as_slice() {
        [a, b] | [a, b, _, _, _, _, _, _, _, _] => u16::from_be_bytes([*a, *b]),
        _ => return Err(BadState::Key),
    };
    read_value(tag, &state.value).map_err(BadState::Value)
}

fn read_value(tag: u16, raw: &[u8]) -> Result<(u64, Fact), Malformed> {
    let mut r = Reader::new(raw);
    r.array_of(2, "an index and a fact")?;
    let index = r.uint()?;
    let r = &mut r;
    let fact: Fact = match tag {
        1 => Genesis::read(r)?.into(),
        3 => Epoch::read(r)?.into(),
        4 => Sealed::read(r)?.into(),
        5 => Recovered::read(r)?.into(),
        6 => LogKeyRotated::read(r)?.into(),
        7 => Corrected::read(r)?.into(),
        8 => Voided::read(r)?.into(),
        14 => Configured::read(r)?.into(),
        15 => PolicySet::read(r)?.into(),
        16 => ClockAdvanced::read(r)?.into(),
        other => return Err(r.bad(Reason::UnknownCode("state of the journal", other.into()))),
    };
    r.leave();
    r.finish()?;
    Ok((index, fact))
}

#[cfg(test)]
mod tests {
    use evidence::facts::log::Epoch;

    use super::of;
    use crate::concern::{Concern, State};
    use crate::journal::Journal;

    #[test]
    fn counts_have_one_form() {
        let read = |bytes: &[u8]| super::read_counts(bytes);
        assert!(read(&[0x84, 1, 2, 3, 4]).is_ok());
        assert!(read(&[0x84, 3, 2, 1, 4]).is_err(), "out of order");
        assert!(read(&[0x84, 1, 2, 1, 4]).is_err(), "twice");
        assert!(read(&[0x83, 1, 2, 3]).is_err(), "a number without its count");
    }

    #[test]
    fn a_key_is_the_one_of_its_value() {
        let (key, value) =
            of(3, &Epoch { apply_version: 1, description: "x".into() }.into()).expect("it sets a state");
        let good = State { key, value };
        assert_eq!(Journal::default().restore(&good), Ok(()));
        for at in 2..good.key.len() {
            let mut bad = good.clone();
            bad.key[at] ^= 1;
            assert!(Journal::default().restore(&bad).is_err(), "byte {at}");
        }
    }
}
