//! Bytes of the states of this concern: under the entry's index, `[hash, number of the fact, content]`. Index order is the
//! order in which they are taken again, so that what a later entry speaks of is there.

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::release::{
    ReferenceListSet, ReleaseMade, ReleaseWithdrawn, SupportEndSet, SystemReleaseMade,
};
use evidence::{Fact, Field};
use tlog::Hash;

use crate::concern::{BadState, State};

/// Key and value of the state that a fact sets, if it is one of this concern.
pub(super) fn of(index: u64, hash: &Hash, fact: &Fact) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut w = Writer::with_capacity(256);
    w.array(3);
    hash.write(&mut w);
    w.uint(fact.tag());
    match fact {
        Fact::ReleaseMade(f) => f.write(&mut w),
        Fact::SystemReleaseMade(f) => f.write(&mut w),
        Fact::ReleaseWithdrawn(f) => f.write(&mut w),
        Fact::ReferenceListSet(f) => f.write(&mut w),
        Fact::SupportEndSet(f) => f.write(&mut w),
        _ => return None,
    }
    Some((index.to_be_bytes().to_vec(), w.into_bytes()))
}

/// Index, hash and fact of a state.
pub(super) fn read(state: &State) -> Result<(u64, Hash, Fact), BadState> {
    let index = state.key.as_slice().try_into().map(u64::from_be_bytes).map_err(|_| BadState::Key)?;
    let (hash, fact) = read_value(&state.value).map_err(BadState::Value)?;
    Ok((index, hash, fact))
}

fn read_value(raw: &[u8]) -> Result<(Hash, Fact), Malformed> {
    let mut reader = Reader::new(raw);
    let r = &mut reader;
    r.array_of(3, "a hash, a number and a fact")?;
    let hash = Hash::read(r)?;
    let fact: Fact = match r.uint()? {
        80 => ReleaseMade::read(r)?.into(),
        81 => SystemReleaseMade::read(r)?.into(),
        82 => ReleaseWithdrawn::read(r)?.into(),
        83 => ReferenceListSet::read(r)?.into(),
        84 => SupportEndSet::read(r)?.into(),
        other => return Err(r.bad(Reason::UnknownCode("state of the releases", other))),
    };
    r.leave();
    r.finish()?;
    Ok((hash, fact))
}
