//! Values that many devices share (texts, sets of measurements, verdicts), each kept once and named by a small number.
//!
//! Numbers are given in the order of the log, so they are the same on every machine; a table is append-only and its states
//! are cut at the frozen length instead of being copied.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::body::Measured;
use evidence::cbor::{Malformed, Reader, Writer};
use evidence::facts::fleet::{Appraisal, AppraisalReason, Appraised};
use evidence::types::EntryRef;
use evidence::{Field, Hash};

use crate::concern::{BadState, State};
use crate::sources::{get_option, put_option};

/// Longest text read back from a state.
const MAX_TEXT: usize = 65_535;

/// What stands in a table.
pub(super) trait Shared: Sized {
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed>;
}

#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    ids: BTreeMap<Arc<[u8]>, u32>,
    items: Vec<(Arc<[u8]>, T)>,
    frozen: Option<usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { ids: BTreeMap::new(), items: Vec::new(), frozen: None }
    }
}

impl<T: Shared> Table<T> {
    /// The number of a value, a new one if it is new. A log that holds four thousand million different values repeats the
    /// last number: it would take more entries than a log of this size class can hold.
    pub(super) fn intern(&mut self, value: T) -> u32 {
        let mut w = Writer::with_capacity(64);
        value.write(&mut w);
        let bytes = w.into_bytes();
        if let Some(id) = self.ids.get(bytes.as_slice()) {
            return *id;
        }
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let bytes: Arc<[u8]> = bytes.into();
        self.ids.insert(bytes.clone(), id);
        self.items.push((bytes, value));
        id
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.items.get(usize::try_from(id).ok()?).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, value)| value)
    }

    pub(super) fn freeze(&mut self) {
        self.frozen = Some(self.items.len());
    }

    pub(super) fn thaw(&mut self) {
        self.frozen = None;
    }

    /// Frozen states under `prefix`, from the item at `first` on.
    pub(super) fn states(&self, prefix: u8, first: usize, limit: usize) -> impl Iterator<Item = State> {
        let end = self.frozen.unwrap_or(self.items.len());
        self.items.iter().enumerate().take(end).skip(first).take(limit).map(move |(n, (bytes, _))| {
            let id = u32::try_from(n).unwrap_or(u32::MAX);
            State { key: [&[prefix][..], &id.to_be_bytes()].concat(), value: bytes.to_vec() }
        })
    }

    /// Takes back one state, whose number must be the next.
    pub(super) fn restore(&mut self, id: u32, value: &[u8]) -> Result<(), BadState> {
        if usize::try_from(id) != Ok(self.items.len()) {
            return Err(BadState::Key);
        }
        let mut r = Reader::new(value);
        let item = T::read(&mut r).and_then(|item| r.finish().map(|()| item)).map_err(BadState::Value)?;
        if self.intern(item) == id { Ok(()) } else { Err(BadState::Key) }
    }
}

impl Shared for String {
    fn write(&self, w: &mut Writer) {
        w.text(self);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.text(MAX_TEXT).map(Into::into)
    }
}

/// Measurements in the order of their names: what makes one state of a device differ from another.
impl Shared for Vec<Measured> {
    fn write(&self, w: &mut Writer) {
        w.array(self.len());
        for m in self {
            w.array(3);
            w.text(&m.name);
            put_option(w, m.version.as_ref());
            m.digest.write(w);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let n = r.array(evidence::body::MAX_MEASUREMENTS)?;
        let mut all = Self::with_capacity(n);
        for _ in 0..n {
            r.array_of(3, "a measurement of three parts")?;
            let name = r.text(MAX_TEXT)?.into();
            all.push(Measured { name, version: get_option(r)?, digest: Hash::read(r)? });
            r.leave();
        }
        r.leave();
        Ok(all)
    }
}

/// A verdict as logged, without the evidence it was passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Worst part first (AR4SI).
    pub status: Appraisal,
    /// AR4SI trust vector, eight signed bytes.
    pub vector: [i8; 8],
    /// Why.
    pub reasons: Vec<AppraisalReason>,
    /// Release, if the measurements said.
    pub release: Option<EntryRef>,
    /// Version of the policy.
    pub policy: u64,
}

impl Verdict {
    /// Whether a new verdict says the same, on whatever evidence.
    pub(super) fn is(&self, new: &Appraised) -> bool {
        let vector = self.vector.iter().map(|v| v.to_be_bytes()[0]);
        (self.status, &self.reasons, &self.release, self.policy)
            == (new.status, &new.reasons, &new.release, new.policy)
            && vector.eq(new.vector.0.iter().copied())
    }
}

impl Shared for Verdict {
    fn write(&self, w: &mut Writer) {
        w.array(5);
        self.status.write(w);
        w.array(self.vector.len());
        self.vector.iter().for_each(|v| w.int(i64::from(*v)));
        w.array(self.reasons.len());
        self.reasons.iter().for_each(|reason| reason.write(w));
        put_option(w, self.release.as_ref());
        w.uint(self.policy);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        r.array_of(5, "a verdict of five parts")?;
        let status = Appraisal::read(r)?;
        r.array_of(8, "a trust vector of eight parts")?;
        let mut vector = [0; 8];
        for part in &mut vector {
            *part = i8::try_from(r.int()?)
                .map_err(|_| r.bad(evidence::cbor::Reason::OutOfRange("a signed byte")))?;
        }
        r.leave();
        let n = r.array(MAX_TEXT)?;
        let mut reasons = Vec::new();
        for _ in 0..n {
            reasons.push(AppraisalReason::read(r)?);
        }
        r.leave();
        let (release, policy) = (get_option(r)?, r.uint()?);
        r.leave();
        Ok(Self { status, vector, reasons, release, policy })
    }
}
