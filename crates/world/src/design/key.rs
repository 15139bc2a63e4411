//! Keys of the states of this concern: a letter, the texts that name the thing, the index of the entry. Order is by thing and
//! then by index, so that the neighbours of a state in a sealed tree are the one before and the one after it.
//!
//! A text ends with the byte 0; in it, 0 is written as `01 01` and 1 as `01 02`. So no text is the beginning of another's,
//! whatever it holds, and the order of the texts is the order of their keys.

use evidence::Fact;

/// What a state is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Analysis,
    Baseline,
    Commit,
    Imported,
    Link,
    Coverage,
    Record,
    Signature,
    Result,
    Review,
    Tag,
}

impl Family {
    const fn letter(self) -> u8 {
        match self {
            Self::Analysis => b'a',
            Self::Baseline => b'b',
            Self::Commit => b'c',
            Self::Imported => b'i',
            Self::Link => b'l',
            Self::Coverage => b'o',
            Self::Record => b'r',
            Self::Signature => b's',
            Self::Result => b't',
            Self::Review => b'v',
            Self::Tag => b'g',
        }
    }
}

/// Bytes of the index at the end of a key.
const INDEX: usize = 8;

/// A key without its index.
pub(super) fn prefix(family: Family, texts: &[&str]) -> Vec<u8> {
    let room = texts.iter().map(|t| t.len() + 1).sum::<usize>();
    let mut key = Vec::with_capacity(1 + room + INDEX);
    key.push(family.letter());
    for text in texts {
        for byte in text.bytes() {
            match byte {
                0 | 1 => key.extend_from_slice(&[1, byte + 1]),
                other => key.push(other),
            }
        }
        key.push(0);
    }
    key
}

/// The first key after all that begin with `prefix`, which ends in a letter or a 0 and so never in `ff`.
pub(super) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}

/// A whole key.
pub(super) fn at(mut prefix: Vec<u8>, index: u64) -> Box<[u8]> {
    prefix.extend_from_slice(&index.to_be_bytes());
    prefix.into_boxed_slice()
}

/// The index at the end of a key.
pub(super) fn index(key: &[u8]) -> Option<u64> {
    key.last_chunk::<INDEX>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// What a key is about: all but its index.
pub(super) fn subject(key: &[u8]) -> &[u8] {
    key.split_last_chunk::<INDEX>().map_or(key, |(subject, _)| subject)
}

/// The key of a fact, if it is one of this concern.
pub(super) fn of(index: u64, fact: &Fact) -> Option<Box<[u8]>> {
    let prefix = match fact {
        Fact::RecordRevised(f) => prefix(Family::Record, &[&f.product, &f.line, &f.record]),
        Fact::RecordRetired(f) => prefix(Family::Record, &[&f.product, &f.line, &f.record]),
        Fact::LinkAccepted(f) => prefix(Family::Link, &[&f.product, &f.line, &f.from, &f.link, &f.to]),
        Fact::LinkWithdrawn(f) => prefix(Family::Link, &[&f.product, &f.line, &f.from, &f.link, &f.to]),
        Fact::ResultReported(f) => prefix(Family::Result, &[&f.product, &f.line, &f.test]),
        Fact::BaselineMade(f) => prefix(Family::Baseline, &[&f.product, &f.line, &f.name]),
        Fact::CommitPushed(f) => prefix(Family::Commit, &[&f.product, &f.line]),
        Fact::TagPushed(f) => prefix(Family::Tag, &[&f.product, &f.line, &f.repository, &f.tag]),
        Fact::ReviewHeld(f) => prefix(Family::Review, &[&f.product, &f.line, &f.record]),
        Fact::CoverageReported(f) => prefix(Family::Coverage, &[&f.product, &f.line, &f.item]),
        Fact::AnalysisReported(f) => prefix(Family::Analysis, &[&f.product, &f.line, &f.item]),
        Fact::Signed(f) => prefix(Family::Signature, &[&f.record]),
        Fact::ApprovalImported(f) => prefix(Family::Imported, &[&f.record]),
        _ => return None,
    };
    Some(at(prefix, index))
}
