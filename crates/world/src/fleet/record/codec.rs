//! The bytes of records: a kind and four flags in one byte, the step from the last index, then what the kind needs.
//! Numbers are LEB128, options one more than themselves, texts their length and bytes.

use evidence::body::DebugStatus;
use evidence::facts::fleet::{Custody, KeyOrigin};
use evidence::{SourceId, Time};

use super::{Enrolled, Head, Obs, Record};

const DECLARED: u8 = 0;
const ENROLLED: u8 = 1;
const ATTACHED: u8 = 2;
const ATTACHED_TO: u8 = 3;
const EVIDENCE: u8 = 4;
const HEARD: u8 = 5;
const APPRAISED: u8 = 6;
const REPORTED: u8 = 7;
const PLACED: u8 = 8;
const REENROLLED: u8 = 9;

/// The next place of the same stream.
const NEXT: u8 = 1;
/// The same measurements.
const SAME_SET: u8 = 2;
/// The same boot count and debug state.
const SAME_REST: u8 = 4;
/// With a beacon.
const BEACON: u8 = 8;

fn put(out: &mut Vec<u8>, mut v: u64) {
    // LEB128: seven bits a byte, the lowest first.
    while v >= 0x80 {
        out.push(u8::try_from(v & 0x7f).unwrap_or(0) | 0x80);
        v >>= 7;
    }
    out.push(u8::try_from(v).unwrap_or(0));
}

/// An option as itself plus one, none as zero. No value reaches `u64::MAX`: sequences, counts and times are bounded.
fn put_opt(out: &mut Vec<u8>, v: Option<u64>) {
    put(out, v.map_or(0, |v| v.saturating_add(1)));
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_opt_text(out: &mut Vec<u8>, text: Option<&String>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        put_text(out, text);
    }
}

fn put_ids(out: &mut Vec<u8>, ids: &[u32]) {
    put(out, ids.len() as u64);
    ids.iter().for_each(|id| put(out, u64::from(*id)));
}

pub(super) fn write(out: &mut Vec<u8>, head: &Head, index: u64, record: &Record) {
    let step = index.saturating_sub(head.index);
    let mut begin = |kind: u8, flags: u8| {
        out.push(kind << 4 | flags);
        put(out, step);
    };
    let id = |v: &Option<u32>| v.map(u64::from);
    let seconds = |t: &Option<Time>| t.map(Time::seconds);
    match record {
        Record::Declared { udi, serial, model, software, since } => {
            begin(DECLARED, 0);
            put_opt_text(out, udi.as_ref());
            put_opt_text(out, serial.as_ref());
            put_opt(out, id(model));
            put_ids(out, software);
            put_opt(out, seconds(since));
        }
        Record::Enrolled(e) => {
            begin(ENROLLED, 0);
            put(out, u64::from(e.model));
            put(out, u64::from(e.product));
            put_opt(out, id(&e.hardware));
            put_opt_text(out, e.udi.as_ref());
            put_opt_text(out, e.serial.as_ref());
            put(out, e.origin.code());
            put(out, e.key);
        }
        Record::Attached(asset) => {
            begin(ATTACHED, 0);
            put_text(out, asset);
        }
        Record::AttachedTo(device) => {
            begin(ATTACHED_TO, 0);
            put(out, device.as_bytes().len() as u64);
            out.extend_from_slice(device.as_bytes());
        }
        Record::Evidence(o) | Record::Heard(o) => {
            let measures = matches!(record, Record::Evidence(_));
            let flag = |on: bool, bit: u8| if on { bit } else { 0 };
            let last = head.last;
            let next =
                last.is_some_and(|l| l.stream == o.stream && l.sequence.checked_add(1) == Some(o.sequence));
            let same_set = measures && last.is_some_and(|l| l.set() == o.set);
            let same_rest = measures && last.is_some_and(|l| (l.boot(), l.debug) == (o.boot, o.debug));
            let flags = flag(next, NEXT)
                | flag(same_set, SAME_SET)
                | flag(same_rest, SAME_REST)
                | flag(o.age.is_some(), BEACON);
            begin(if measures { EVIDENCE } else { HEARD }, flags);
            if !next {
                put(out, o.stream);
                put(out, o.sequence);
            }
            if let Some(age) = o.age {
                put(out, age);
            }
            if measures && !same_set {
                put_opt(out, id(&o.set));
            }
            if measures && !same_rest {
                put_opt(out, o.boot);
                put_opt(out, o.debug.map(DebugStatus::code));
            }
        }
        Record::Appraised(verdict) => {
            begin(APPRAISED, 0);
            put(out, u64::from(*verdict));
        }
        Record::Reported { software, at } => {
            begin(REPORTED, 0);
            put_ids(out, software);
            put_opt(out, seconds(at));
        }
        Record::Placed { site, owner, custody, since } => {
            begin(PLACED, 0);
            put_opt(out, id(site));
            put_opt(out, id(owner));
            put_opt(out, custody.map(Custody::code));
            put_opt(out, seconds(since));
        }
        Record::Reenrolled(key) => {
            begin(REENROLLED, 0);
            put(out, *key);
        }
    }
}

/// Reads records until there are no more, or none that can be read.
pub(in crate::fleet) struct Records<'a> {
    left: &'a [u8],
    pub(super) head: Head,
    bad: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(left: &'a [u8]) -> Self {
        Self { left, head: Head::default(), bad: false }
    }

    /// How many bytes were left when a record could not be read.
    pub(super) fn bad(&self) -> Option<usize> {
        self.bad.then_some(self.left.len())
    }

    /// Bytes after the last record that was read.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(*first)
    }

    fn uint(&mut self) -> Option<u64> {
        let mut v = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            v |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(v);
            }
        }
        None
    }

    fn opt(&mut self) -> Option<Option<u64>> {
        self.uint().map(|v| v.checked_sub(1))
    }

    fn id(&mut self) -> Option<u32> {
        self.uint()?.try_into().ok()
    }

    fn opt_id(&mut self) -> Option<Option<u32>> {
        match self.opt()? {
            None => Some(None),
            Some(v) => u32::try_from(v).ok().map(Some),
        }
    }

    fn time(&mut self) -> Option<Option<Time>> {
        match self.opt()? {
            None => Some(None),
            Some(v) => Time::from_seconds(v).map(Some),
        }
    }

    fn take(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.uint()?).ok()?;
        let (taken, rest) = self.left.split_at_checked(n)?;
        self.left = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<String> {
        std::str::from_utf8(self.take()?).ok().map(Into::into)
    }

    fn opt_text(&mut self) -> Option<Option<String>> {
        if self.byte()? == 0 { Some(None) } else { self.text().map(Some) }
    }

    fn ids(&mut self) -> Option<Vec<u32>> {
        let n = self.uint()?;
        (0..n).map(|_| self.id()).collect()
    }

    fn record(&mut self) -> Option<(u64, Record)> {
        let first = self.byte()?;
        let (kind, flags) = (first >> 4, first & 15);
        let index = self.head.index.checked_add(self.uint()?)?;
        let record = match kind {
            DECLARED => Record::Declared {
                udi: self.opt_text()?,
                serial: self.opt_text()?,
                model: self.opt_id()?,
                software: self.ids()?,
                since: self.time()?,
            },
            ENROLLED => Record::Enrolled(Enrolled {
                model: self.id()?,
                product: self.id()?,
                hardware: self.opt_id()?,
                udi: self.opt_text()?,
                serial: self.opt_text()?,
                origin: KeyOrigin::from_code(self.uint()?)?,
                key: self.uint()?,
            }),
            ATTACHED => Record::Attached(self.text()?),
            ATTACHED_TO => Record::AttachedTo(SourceId::from_bytes(self.take()?).ok()?),
            EVIDENCE => Record::Evidence(self.obs(flags, true)?),
            HEARD => Record::Heard(self.obs(flags, false)?),
            APPRAISED => Record::Appraised(self.id()?),
            REPORTED => Record::Reported { software: self.ids()?, at: self.time()? },
            PLACED => Record::Placed {
                site: self.opt_id()?,
                owner: self.opt_id()?,
                custody: match self.opt()? {
                    None => None,
                    Some(code) => Some(Custody::from_code(code)?),
                },
                since: self.time()?,
            },
            REENROLLED => Record::Reenrolled(self.uint()?),
            _ => return None,
        };
        self.head.follow(index, &record);
        Some((index, record))
    }

    fn obs(&mut self, flags: u8, measures: bool) -> Option<Obs> {
        let last = self.head.last;
        let (stream, sequence) = if flags & NEXT == 0 {
            (self.uint()?, self.uint()?)
        } else {
            (last?.stream, last?.sequence.checked_add(1)?)
        };
        let age = if flags & BEACON == 0 { None } else { Some(self.uint()?) };
        let mut obs = Obs { stream, sequence, age, set: None, boot: None, debug: None };
        if measures {
            obs.set = if flags & SAME_SET == 0 { self.opt_id()? } else { last?.set() };
            (obs.boot, obs.debug) = if flags & SAME_REST == 0 {
                let boot = self.opt()?;
                let debug = match self.opt()? {
                    None => None,
                    Some(code) => Some(DebugStatus::from_code(code)?),
                };
                (boot, debug)
            } else {
                (last?.boot(), last?.debug)
            };
        }
        Some(obs)
    }
}

impl Iterator for Records<'_> {
    type Item = (u64, Record);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() || self.bad {
            return None;
        }
        let record = self.record();
        self.bad = record.is_none();
        record
    }
}
