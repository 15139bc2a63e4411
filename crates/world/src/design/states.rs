//! Bytes of the states of this concern: `[hash of the entry, number of the fact, content]`. They are all that is kept; what is
//! asked for is read from them.

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::design::{
    AnalysisReported, BaselineMade, CommitPushed, CoverageReported, LinkAccepted, LinkWithdrawn,
    RecordRetired, RecordRevised, ResultReported, ReviewHeld, TagPushed,
};
use evidence::facts::statements::{ApprovalImported, Signed};
use evidence::{Fact, Field};
use tlog::Hash;

/// The value of the state that a fact of this concern sets.
pub(super) fn write(hash: &Hash, fact: &Fact) -> Option<Box<[u8]>> {
    let mut w = Writer::with_capacity(320);
    w.array(3);
    hash.write(&mut w);
    w.uint(fact.tag());
    match fact {
        Fact::Signed(f) => f.write(&mut w),
        Fact::ApprovalImported(f) => f.write(&mut w),
        Fact::RecordRevised(f) => f.write(&mut w),
        Fact::RecordRetired(f) => f.write(&mut w),
        Fact::LinkAccepted(f) => f.write(&mut w),
        Fact::LinkWithdrawn(f) => f.write(&mut w),
        Fact::ResultReported(f) => f.write(&mut w),
        Fact::BaselineMade(f) => f.write(&mut w),
        Fact::CommitPushed(f) => f.write(&mut w),
        Fact::ReviewHeld(f) => f.write(&mut w),
        Fact::CoverageReported(f) => f.write(&mut w),
        Fact::AnalysisReported(f) => f.write(&mut w),
        Fact::TagPushed(f) => f.write(&mut w),
        _ => return None,
    }
    Some(w.into_bytes().into_boxed_slice())
}

/// Hash and fact of a state.
pub(super) fn read(raw: &[u8]) -> Result<(Hash, Fact), Malformed> {
    let mut reader = Reader::new(raw);
    let r = &mut reader;
    r.array_of(3, "a hash, a number and a fact")?;
    let hash = Hash::read(r)?;
    let fact: Fact = match r.uint()? {
        40 => Signed::read(r)?.into(),
        42 => ApprovalImported::read(r)?.into(),
        50 => RecordRevised::read(r)?.into(),
        51 => RecordRetired::read(r)?.into(),
        52 => LinkAccepted::read(r)?.into(),
        53 => LinkWithdrawn::read(r)?.into(),
        54 => ResultReported::read(r)?.into(),
        55 => BaselineMade::read(r)?.into(),
        56 => CommitPushed::read(r)?.into(),
        58 => ReviewHeld::read(r)?.into(),
        59 => CoverageReported::read(r)?.into(),
        60 => AnalysisReported::read(r)?.into(),
        61 => TagPushed::read(r)?.into(),
        other => return Err(r.bad(Reason::UnknownCode("state of the design", other))),
    };
    r.leave();
    r.finish()?;
    Ok((hash, fact))
}
