//! What the log says of one device, in its own order, in as few bytes as it takes: a kind, steps from one index to the
//! next, numbers of shared values. An unchanged attestation is four to eight bytes, a change of state about as many.
//!
//! Nothing is summed up on the way in: each question reads the records below its known size and sums up itself, so that
//! what was known at any past size comes out as it did then. Reading a device is linear in its records.

use evidence::body::DebugStatus;
use evidence::cbor::{Malformed, Reason};
use evidence::facts::fleet::{Custody, KeyOrigin};
use evidence::{SourceId, Time};

/// One thing said about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Declared {
        udi: Option<String>,
        serial: Option<String>,
        model: Option<u32>,
        software: Vec<u32>,
        since: Option<Time>,
    },
    Enrolled(Enrolled),
    /// The declared device that this one is.
    Attached(String),
    /// The enrolled device that this one is.
    AttachedTo(SourceId),
    Evidence(Obs),
    /// An entry of the device that measures nothing.
    Heard(Obs),
    Appraised(u32),
    Reported {
        software: Vec<u32>,
        at: Option<Time>,
    },
    Placed {
        site: Option<u32>,
        owner: Option<u32>,
        custody: Option<Custody>,
        since: Option<Time>,
    },
    /// With the first bytes of the new key's id.
    Reenrolled(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Enrolled {
    pub(super) model: u32,
    pub(super) product: u32,
    pub(super) hardware: Option<u32>,
    pub(super) udi: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) origin: KeyOrigin,
    /// First bytes of the key's id.
    pub(super) key: u64,
}

/// One entry that a device made itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Obs {
    pub(super) stream: u64,
    pub(super) sequence: u64,
    /// Seconds from the tick of its beacon to its arrival; `None` without a beacon.
    pub(super) age: Option<u64>,
    /// Number of its set of measurements; `None` if it measured nothing.
    pub(super) set: Option<u32>,
    pub(super) boot: Option<u64>,
    pub(super) debug: Option<DebugStatus>,
}

/// The records of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    bytes: Vec<u8>,
    head: Head,
}

/// What the next record is written relative to. Small: there is one a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Index of the last record.
    index: u64,
    /// The last word of the device in the order of arrival; measurements and boot count of its last evidence.
    last: Option<Last>,
    /// The newest evidence in the order of its stream, where something older came after it. Of another stream, whatever
    /// came last is the newest.
    newest: Option<Box<Last>>,
    /// The last verdict.
    pub(super) verdict: Option<u32>,
}

/// What is kept of an entry of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    stream: u64,
    sequence: u64,
    /// One more than the boot count; 0 where it was not said.
    boot: u64,
    pub(super) set: Option<u32>,
    debug: Option<DebugStatus>,
}

impl Last {
    pub(super) fn boot(&self) -> Option<u64> {
        self.boot.checked_sub(1)
    }

    fn of(o: &Obs) -> Self {
        let boot = o.boot.map_or(0, |n| n.saturating_add(1));
        Self { stream: o.stream, sequence: o.sequence, boot, set: o.set, debug: o.debug }
    }
}

impl Head {
    /// The newest evidence in the order of its stream.
    pub(super) fn newest(&self) -> Option<&Last> {
        self.newest.as_deref().or(self.last.as_ref())
    }
}

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

impl Log {
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records, oldest first, each with the index of its entry.
    pub(super) fn records(&self) -> Records<'_> {
        Records { left: &self.bytes, head: Head::default(), bad: false }
    }

    pub(super) fn push(&mut self, index: u64, record: &Record) {
        // Room grows by an eighth: doubling would waste as much as it holds, over a million devices.
        let need = 64;
        if self.bytes.capacity() - self.bytes.len() < need {
            let mut out = Vec::with_capacity(need);
            write(&mut out, &self.head, index, record);
            if self.bytes.capacity() - self.bytes.len() < out.len() {
                self.bytes.reserve_exact(out.len().max(self.bytes.len() / 8));
            }
            self.bytes.extend_from_slice(&out);
        } else {
            write(&mut self.bytes, &self.head, index, record);
        }
        self.head.follow(index, record);
    }

    /// Takes back the bytes of a state.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut log = Self { bytes: bytes.to_vec(), head: Head::default() };
        let mut records = log.records();
        while records.next().is_some() {}
        if records.bad {
            let at = bytes.len() - records.left.len();
            return Err(Malformed { at, reason: Reason::Expected("a record of a device") });
        }
        log.head = records.head;
        Ok(log)
    }
}

impl Head {
    fn follow(&mut self, index: u64, record: &Record) {
        self.index = index;
        match record {
            Record::Evidence(obs) => {
                let new = Last::of(obs);
                let older = |n: &&Last| n.stream == new.stream && n.sequence > new.sequence;
                self.newest = self.newest().filter(older).copied().map(Box::new);
                self.last = Some(new);
            }
            Record::Heard(obs) => {
                let new = Last { set: None, boot: 0, debug: None, ..Last::of(obs) };
                let kept = self.last.unwrap_or(new);
                self.last = Some(Last { stream: new.stream, sequence: new.sequence, ..kept });
            }
            Record::Appraised(id) => self.verdict = Some(*id),
            Record::Reenrolled(_) => {
                // Another silicon counts its own starts.
                self.newest = self.newest().map(|n| Box::new(Last { boot: 0, ..*n }));
            }
            _ => {}
        }
    }
}

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

fn write(out: &mut Vec<u8>, head: &Head, index: u64, record: &Record) {
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
            let same_set = measures && last.is_some_and(|l| l.set == o.set);
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
pub(super) struct Records<'a> {
    left: &'a [u8],
    head: Head,
    bad: bool,
}

impl<'a> Records<'a> {
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
            obs.set = if flags & SAME_SET == 0 { self.opt_id()? } else { last?.set };
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
