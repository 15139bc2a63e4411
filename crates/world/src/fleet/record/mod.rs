//! What the log says of one device, in its own order, in as few bytes as it takes: a kind, steps from one index to the
//! next, numbers of shared values. An unchanged attestation is four to eight bytes, a change of state about as many.
//!
//! Nothing is summed up on the way in: each question reads the records below its known size and sums up itself, so that
//! what was known at any past size comes out as it did then. Reading a device is linear in its records.

use evidence::body::DebugStatus;
use evidence::cbor::{Malformed, Reason};
use evidence::facts::fleet::{Custody, KeyOrigin};
use evidence::{SourceId, Time};

mod codec;

pub(super) use codec::Records;
use codec::write;

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
    /// One more than the number of the last verdict; 0 if there is none. So with the site.
    verdict: u32,
    /// What was last said of its site, and by which entry: fits, or counts as backdated.
    site: u32,
    site_index: u32,
    /// Something was said of its place that counts from another moment than its entry's.
    pub(super) backdated: bool,
    /// It is a declared device too.
    pub(super) attached: bool,
}

/// What is kept of an entry of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    stream: u64,
    sequence: u64,
    /// One more than the boot count; 0 where it was not said.
    boot: u64,
    /// One more than the number of its set of measurements; 0 if it measured nothing.
    set: u32,
    debug: Option<DebugStatus>,
}

impl Last {
    pub(super) fn boot(&self) -> Option<u64> {
        self.boot.checked_sub(1)
    }

    pub(super) fn set(&self) -> Option<u32> {
        self.set.checked_sub(1)
    }

    fn of(o: &Obs) -> Self {
        let boot = o.boot.map_or(0, |n| n.saturating_add(1));
        Self { stream: o.stream, sequence: o.sequence, boot, set: after(o.set), debug: o.debug }
    }
}

/// One more than a number, 0 for none. Four thousand million values repeat the last number (see `Table::intern`).
fn after(id: Option<u32>) -> u32 {
    id.map_or(0, |id| id.saturating_add(1))
}

impl Head {
    /// The newest evidence in the order of its stream.
    pub(super) fn newest(&self) -> Option<&Last> {
        self.newest.as_deref().or(self.last.as_ref())
    }

    /// The last verdict.
    pub(super) fn verdict(&self) -> Option<u32> {
        self.verdict.checked_sub(1)
    }

    /// What was last said of its site, and by which entry.
    pub(super) fn site(&self) -> Option<(u64, u32)> {
        Some((self.site_index.into(), self.site.checked_sub(1)?))
    }
}

impl Log {
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records, oldest first, each with the index of its entry.
    pub(super) fn records(&self) -> Records<'_> {
        Records::new(&self.bytes)
    }

    /// The bytes of the records of the first `size` entries.
    pub(super) fn until(&self, size: u64) -> &[u8] {
        let mut records = self.records();
        let mut end = 0;
        while records.next().is_some_and(|(index, _)| index < size) {
            end = self.bytes.len() - records.left();
        }
        self.bytes.get(..end).unwrap_or_default()
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
        if let Some(left) = records.bad() {
            let at = bytes.len() - left;
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
                let new = Last { set: 0, boot: 0, debug: None, ..Last::of(obs) };
                let kept = self.last.unwrap_or(new);
                self.last = Some(Last { stream: new.stream, sequence: new.sequence, ..kept });
            }
            Record::Appraised(id) => self.verdict = after(Some(*id)),
            Record::Placed { site, since, .. } => {
                let short = u32::try_from(index);
                if site.is_some() {
                    (self.site, self.site_index) = (after(*site), short.unwrap_or(u32::MAX));
                }
                self.backdated |= since.is_some() || short.is_err();
            }
            Record::Attached(_) => self.attached = true,
            Record::Reenrolled(_) => {
                // Another silicon counts its own starts.
                self.newest = self.newest().map(|n| Box::new(Last { boot: 0, ..*n }));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
