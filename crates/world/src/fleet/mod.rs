//! The fleet: every device that was declared or enrolled, and what the log says of it. Questions take two moments, *at*
//! (when it was so) and *known* (what the log held), through [`FleetView`]; see `docs/concepts/fleet.md`.
//!
//! | file | what |
//! |---|---|
//! | `record`, `table`, `notes`, `identity` | how it is kept: a short log a device, shared values once |
//! | `names`, `runs` | finding devices by serial number, UDI and asset |
//! | `said`, `spans`, `view`, `state`, `stand`, `glance` | one device at two moments, and how certain that is |
//! | `look`, `entries`, `history` | one device as a whole, its entries, its time line |
//! | `population`, `filter` | many devices at one moment |
//! | `appraise`, `ear` | the verdict on one piece of evidence, and how others read it |
//! | `silence`, `finding` | what somebody should look at |
//! | `basis`, `declared` | which entries an answer rests on; what imports said last |
//! | `roll` | devices whose evidence changed nothing, many in one entry |
//!
//! Not here: releases (`release`), streams and keys (`streams`, `sources`), sites' people, evidence that waits to be rolled
//! up (the ledger).

mod appraise;
mod basis;
mod declared;
mod ear;
mod entries;
mod filter;
mod finding;
mod glance;
mod history;
mod identity;
mod look;
mod names;
mod notes;
mod population;
mod record;
mod roll;
mod runs;
mod said;
mod silence;
mod spans;
mod stand;
mod state;
mod states;
mod subject;
mod table;
mod view;

use evidence::body::Measured;
use evidence::facts::fleet::{Appraised, Custody, DeviceDeclared, DeviceEnrolled, DeviceReported};
use evidence::facts::log::QuarantineCause;
use evidence::{Body, Entry, Evidence, Fact, Hash, SourceId, Time};

use crate::cow::CowMap;
use identity::Identities;
use record::{Enrolled, Last, Log, Obs, Record};
use table::Table;

pub use appraise::{POLICY, appraise, appraise_after, appraise_changed, changes};
pub use basis::{Basis, Ground, sealed_entries, sealed_key, sealed_subject};
pub use declared::Declaration;
pub use ear::{EAR_PROFILE, Ear, VECTOR_NAMES};
pub use entries::{DeviceEntry, Said as Spoken};
pub use filter::{Filter, FilterError, MAX_FILTER, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};
pub use finding::{Finding, FindingKind};
pub use history::{Interval, MAX_HISTORY};
pub use identity::shows_serial;
pub use look::Look;
pub use notes::{Clash, ClashOn, Closed};
pub use population::{Count, Grades, Page};
pub use roll::{MAX_ROLL, Present, Roll, unchanged};
pub use silence::Silence;
pub use stand::{Software, Stand, Turn};
pub use state::{Certainty, DeviceState, Grade, Running, UnknownReason};
pub use subject::Subject;
pub use table::Verdict;
pub use view::FleetView;

/// Seconds that evidence is fresh where no `ReportingSet` says otherwise: a day.
pub const DEFAULT_INTERVAL: u64 = 86_400;
/// Seconds of silence that make a finding where no `ReportingSet` says otherwise: three days.
pub const DEFAULT_DEADLINE: u64 = 3 * 86_400;

/// Every device.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    texts: Table<String>,
    sets: Table<Vec<Measured>>,
    verdicts: Table<Verdict>,
    /// Logs apart from the map, whose nodes are never full.
    devices: CowMap<Subject, Box<Log>>,
    identities: Identities,
    names: names::Names,
    notes: notes::Notes,
}

/// What the fleet needs to know of the log to take an entry.
pub(crate) struct Arrival {
    /// Index of the entry.
    pub(crate) index: u64,
    /// Seconds from the tick of the entry's beacon to its log time; `None` without a beacon.
    pub(crate) age: Option<u64>,
}

impl Fleet {
    /// Number of devices and of declared assets, attached ones counted twice.
    #[must_use]
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there is no device.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whom an enrolment would clash with, and on what: the UEID, the key, or the UDI instance is another's.
    #[must_use]
    pub fn clash(&self, f: &DeviceEnrolled) -> Option<(SourceId, ClashOn)> {
        if self.devices.get(&Subject::Device(f.device)).is_some() {
            return Some((f.device, ClashOn::Ueid));
        }
        let key = identity::key(&f.key.id());
        if let Some(holder) = self.holders(key).next() {
            return Some((holder, ClashOn::Key));
        }
        let (udi, serial) = (f.udi.as_deref(), f.serial.as_deref());
        let mut same = self.holders(identity::instance(udi, serial)?);
        same.find(|d| self.enrolment(d).is_some_and(|e| identity::same(&e, udi, serial)))
            .map(|holder| (holder, ClashOn::Udi))
    }

    /// Devices whose records bear a mark.
    fn holders(&self, mark: u64) -> impl Iterator<Item = SourceId> {
        self.identities.of(mark).flat_map(move |prefix| {
            let first = identity::first_of(prefix).map(Subject::Device);
            let from = first.into_iter().flat_map(|first| self.devices.range_from(first));
            from.map_while(move |(subject, log)| match subject {
                Subject::Device(device) if identity::prefix(device) == prefix => Some((*device, log)),
                _ => None,
            })
            .filter(move |(_, log)| identity::marks(log).any(|m| m == mark))
            .map(|(device, _)| device)
        })
    }

    fn enrolment(&self, device: &SourceId) -> Option<Enrolled> {
        self.devices.get(&Subject::Device(*device))?.records().find_map(|(_, record)| match record {
            Record::Enrolled(e) => Some(e),
            _ => None,
        })
    }

    fn push(&mut self, subject: &Subject, index: u64, record: &Record) {
        if self.devices.get(subject).is_none() {
            self.devices.insert(subject.clone(), Box::default());
        }
        if let Some(log) = self.devices.get_mut(subject) {
            log.push(index, record);
        }
        self.names.take(subject, record);
    }

    fn texts(&mut self, all: &[String]) -> Vec<u32> {
        all.iter().map(|text| self.texts.intern(text.clone())).collect()
    }

    fn text(&mut self, text: Option<&String>) -> Option<u32> {
        text.map(|text| self.texts.intern(text.clone()))
    }

    /// Takes an entry. Facts about other things change nothing here.
    pub(crate) fn take(&mut self, arrival: &Arrival, body: &Body) {
        let index = arrival.index;
        self.notes.take(index, &body.fact);
        match &body.fact {
            Fact::Attested(e) => self.attested(arrival, body, e),
            Fact::GapReported(_) | Fact::StreamKeyChanged(_) | Fact::StreamClosed(_) => {
                self.heard(arrival, body);
            }
            Fact::DeviceDeclared(f) => self.declared(index, f),
            Fact::DeviceEnrolled(f) => self.enrolled(index, f),
            Fact::DeviceReenrolled(f) => {
                let key = identity::key(&f.key.id());
                self.identities.insert(key, &f.device);
                self.of_device(index, &f.device, &Record::Reenrolled(key));
            }
            Fact::Quarantined(f) if f.cause == QuarantineCause::IdentityClash => {
                if let Some(bytes) = &f.bytes {
                    self.clashed(index, &bytes.0);
                }
            }
            Fact::DeviceAttached(f) => self.attached(index, &f.device, &f.asset),
            Fact::Appraised(f) => self.appraised(index, f),
            Fact::DeviceReported(f) => self.reported(index, f),
            Fact::DeviceMoved(f) => {
                let (site, owner) = (f.site.as_ref(), f.owner.as_ref());
                let subject = Subject::named(f.device.as_ref(), f.asset.as_ref());
                self.placed(index, subject, site, owner, f.custody, f.since);
            }
            _ => {}
        }
    }

    fn attested(&mut self, arrival: &Arrival, body: &Body, e: &Evidence) {
        let set = (!e.measurements.is_empty()).then(|| self.sets.intern(in_order(&e.measurements)));
        let obs = Obs {
            stream: body.stream,
            sequence: body.sequence,
            age: arrival.age,
            set,
            // One below the largest, so that a count that is missing can be told from it.
            boot: e.boot_count.map(|n| n.min(u64::MAX - 1)),
            debug: e.debug,
        };
        self.of_device(arrival.index, &body.source, &Record::Evidence(obs));
    }

    fn heard(&mut self, arrival: &Arrival, body: &Body) {
        let (stream, sequence, age) = (body.stream, body.sequence, arrival.age);
        let obs = Obs { stream, sequence, age, set: None, boot: None, debug: None };
        self.of_device(arrival.index, &body.source, &Record::Heard(obs));
    }

    /// Notes something of an enrolled device. Nothing is made of what names no device.
    fn of_device(&mut self, index: u64, device: &SourceId, record: &Record) {
        if let Some(log) = self.devices.get_mut(&Subject::Device(*device)) {
            log.push(index, record);
        }
    }

    fn declared(&mut self, index: u64, f: &DeviceDeclared) {
        let record = Record::Declared {
            udi: f.udi.clone(),
            serial: f.serial.clone(),
            model: self.text(f.model.as_ref()),
            software: self.texts(&f.software),
            since: f.since,
        };
        let subject = Subject::Asset(f.asset.clone());
        self.push(&subject, index, &record);
        self.placed(index, Some(subject), f.site.as_ref(), f.owner.as_ref(), f.custody, f.since);
    }

    fn placed(
        &mut self,
        index: u64,
        subject: Option<Subject>,
        site: Option<&String>,
        owner: Option<&String>,
        custody: Option<Custody>,
        since: Option<Time>,
    ) {
        let Some(subject) = subject.filter(|s| self.devices.get(s).is_some()) else { return };
        if site.is_none() && owner.is_none() && custody.is_none() {
            return;
        }
        let (site, owner) = (self.text(site), self.text(owner));
        self.push(&subject, index, &Record::Placed { site, owner, custody, since });
    }

    /// An enrolment that was set aside, because its identity is another's.
    fn clashed(&mut self, index: u64, entry: &[u8]) {
        let Ok(entry) = Entry::decode(entry) else { return };
        if let Fact::DeviceEnrolled(f) = &entry.body().fact
            && let Some((holder, on)) = self.clash(f)
        {
            let (device, udi) = (f.device, f.udi.clone());
            self.notes.clash(Clash { index, device, holder, on, udi });
        }
    }

    fn enrolled(&mut self, index: u64, f: &DeviceEnrolled) {
        if let Some((holder, on)) = self.clash(f) {
            self.notes.clash(Clash { index, device: f.device, holder, on, udi: f.udi.clone() });
            if on == ClashOn::Ueid {
                return; // A UEID is enrolled once.
            }
        }
        let subject = Subject::Device(f.device);
        let key = identity::key(&f.key.id());
        self.identities.insert(key, &f.device);
        if let Some(instance) = identity::instance(f.udi.as_deref(), f.serial.as_deref()) {
            self.identities.insert(instance, &f.device);
        }
        let record = Record::Enrolled(Enrolled {
            model: self.texts.intern(f.model.clone()),
            product: self.texts.intern(f.product.clone()),
            hardware: self.text(f.hardware_version.as_ref()),
            udi: f.udi.clone(),
            serial: f.serial.clone(),
            origin: f.key_origin,
            key,
        });
        self.push(&subject, index, &record);
    }

    /// The first attachment of either side holds; another one changes nothing.
    fn attached(&mut self, index: u64, device: &SourceId, asset: &str) {
        let (d, a) = (Subject::Device(*device), Subject::Asset(asset.to_owned()));
        if self.attachment(&d).is_some() || self.attachment(&a).is_some() {
            return;
        }
        if self.devices.get(&d).is_some() && self.devices.get(&a).is_some() {
            self.push(&d, index, &Record::Attached(asset.to_owned()));
            self.push(&a, index, &Record::AttachedTo(*device));
        }
    }

    /// Whether a device is enrolled or declared.
    #[must_use]
    pub fn contains(&self, subject: &Subject) -> bool {
        self.devices.get(subject).is_some()
    }

    /// The other side of a subject's attachment, whenever it was known.
    #[must_use]
    pub fn attachment(&self, subject: &Subject) -> Option<Subject> {
        self.devices.get(subject)?.records().find_map(|(_, record)| match record {
            Record::Attached(asset) => Some(Subject::Asset(asset)),
            Record::AttachedTo(device) => Some(Subject::Device(device)),
            _ => None,
        })
    }

    fn appraised(&mut self, index: u64, f: &Appraised) {
        let mut vector = [0; 8];
        for (to, from) in vector.iter_mut().zip(&f.vector.0) {
            *to = i8::from_be_bytes([*from]);
        }
        let (reasons, release) = (f.reasons.clone(), f.release.clone());
        let verdict = Verdict { status: f.status, vector, reasons, release, policy: f.policy };
        let id = self.verdicts.intern(verdict);
        self.of_device(index, &f.device, &Record::Appraised(id));
    }

    fn reported(&mut self, index: u64, f: &DeviceReported) {
        let Some(subject) = Subject::named(f.device.as_ref(), f.asset.as_ref()) else { return };
        if self.devices.get(&subject).is_some() {
            let software = self.texts(&f.software);
            self.push(&subject, index, &Record::Reported { software, at: f.reported_at });
        }
    }

    /// The newest evidence of a device in the order of its stream.
    fn newest(&self, device: &SourceId) -> Option<&Last> {
        self.devices.get(&Subject::Device(*device))?.head().newest()
    }

    /// The verdict that was last logged of a device.
    #[must_use]
    pub fn last_verdict(&self, device: &SourceId) -> Option<&Verdict> {
        self.verdicts.get(self.devices.get(&Subject::Device(*device))?.head().verdict()?)
    }

    /// Digests that some device measured, as hexadecimal digits that begin so; whenever it was. Linear in the different sets
    /// of measurements, which are few.
    #[must_use]
    pub fn digests(&self, digits: &str, limit: usize) -> Vec<Hash> {
        let mut out: Vec<Hash> = Vec::new();
        for m in self.sets.iter().flatten() {
            if out.len() < limit && !out.contains(&m.digest) && m.digest.to_string().starts_with(digits) {
                out.push(m.digest);
            }
        }
        out
    }

    /// Measurements of a set.
    fn measured(&self, set: Option<u32>) -> &[Measured] {
        set.and_then(|id| self.sets.get(id)).map_or(&[], Vec::as_slice)
    }

    /// A shared text, such as a site or a product, by its number.
    #[must_use]
    pub fn text_of(&self, id: u32) -> Option<&str> {
        self.said(Some(id))
    }

    fn said(&self, id: Option<u32>) -> Option<&str> {
        id.and_then(|id| self.texts.get(id)).map(String::as_str)
    }
}

/// Measurements by name, then digest: the order in which a device lists them says nothing.
fn in_order(measured: &[Measured]) -> Vec<Measured> {
    let mut all = measured.to_vec();
    all.sort_by(|a, b| (&a.name, a.digest, &a.version).cmp(&(&b.name, b.digest, &b.version)));
    all
}

/// SHA-256 that names a finding, the same for everyone: over a label, the kind and what it is about.
fn finding_id(kind: &str, about: &[&[u8]]) -> Hash {
    let mut w = evidence::cbor::Writer::with_capacity(128);
    w.array(about.len() + 2);
    w.text("vouchsafe-finding@v1");
    w.text(kind);
    about.iter().for_each(|part| w.bytes(part));
    tlog::leaf_hash(&w.into_bytes())
}
