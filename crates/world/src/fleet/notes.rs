//! What is said about the fleet rather than about one device: reporting intervals, sites, imports, closed findings, and
//! enrolments that clash. Few; kept as they came.

use std::collections::BTreeMap;

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::fleet::{FindingClosed, FleetImported, ReportingSet, SiteDefined};
use evidence::{Fact, Field, Hash, SourceId};

use crate::concern::BadState;
use crate::cow::CowMap;
use crate::sources::{get_option, put_option};

/// Number under which clashes are kept: that of `Quarantined`, whose entries they mostly come from.
const CLASH: u16 = 18;

/// What two enrolments have in common that only one may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClashOn {
    /// The UEID.
    Ueid,
    /// The key.
    Key,
    /// The UDI instance.
    Udi,
}

impl ClashOn {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ueid => "ueid",
            Self::Key => "key",
            Self::Udi => "udi",
        }
    }
}

/// An enrolment whose identity another device holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Index of the entry that shows it.
    pub index: u64,
    /// The device of the later enrolment.
    pub device: SourceId,
    /// The device that holds the identity.
    pub holder: SourceId,
    /// What they have in common.
    pub on: ClashOn,
    /// UDI of the later enrolment, verbatim.
    pub udi: Option<String>,
}

/// A finding that was looked into and settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Index of the entry that says so.
    pub index: u64,
    /// What it was.
    pub outcome: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    pub(super) states: CowMap<Vec<u8>, Vec<u8>>,
    /// By model; the empty one holds for every model.
    pub(super) reporting: BTreeMap<Option<String>, Vec<(u64, ReportingSet)>>,
    pub(super) sites: BTreeMap<String, Vec<(u64, SiteDefined)>>,
    pub(super) imports: Vec<(u64, FleetImported)>,
    pub(super) closed: BTreeMap<Hash, Vec<Closed>>,
    pub(super) clashes: Vec<Clash>,
}

fn key(tag: u16, index: u64) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &index.to_be_bytes()].concat()
}

impl Notes {
    pub(super) fn take(&mut self, index: u64, fact: &Fact) {
        let mut w = Writer::with_capacity(64);
        match fact {
            Fact::ReportingSet(f) => {
                f.write(&mut w);
                self.reporting.entry(f.model.clone()).or_default().push((index, f.clone()));
            }
            Fact::SiteDefined(f) => {
                f.write(&mut w);
                self.sites.entry(f.site.clone()).or_default().push((index, f.clone()));
            }
            Fact::FleetImported(f) => {
                f.write(&mut w);
                self.imports.push((index, f.clone()));
            }
            Fact::FindingClosed(f) => {
                f.write(&mut w);
                let closed = Closed { index, outcome: f.outcome.clone() };
                self.closed.entry(f.finding).or_default().push(closed);
            }
            _ => return,
        }
        let tag = u16::try_from(fact.tag()).unwrap_or(u16::MAX);
        self.states.insert(key(tag, index), w.into_bytes());
    }

    pub(super) fn clash(&mut self, clash: Clash) {
        let mut w = Writer::with_capacity(128);
        w.array(4);
        clash.device.write(&mut w);
        clash.holder.write(&mut w);
        w.uint(clash.on as u64);
        put_option(&mut w, clash.udi.as_ref());
        self.states.insert(key(CLASH, clash.index), w.into_bytes());
        self.clashes.push(clash);
    }
}

pub(super) fn restore(notes: &mut Notes, raw: &[u8], value: &[u8]) -> Result<(), BadState> {
    let (tag, index) = raw.split_first_chunk::<2>().ok_or(BadState::Key)?;
    let index = u64::from_be_bytes(index.try_into().map_err(|_| BadState::Key)?);
    let tag = u16::from_be_bytes(*tag);
    if tag == CLASH {
        notes.clash(read_clash(index, value).map_err(BadState::Value)?);
    } else {
        notes.take(index, &read(tag, value).map_err(BadState::Value)?);
    }
    Ok(())
}

fn read(tag: u16, raw: &[u8]) -> Result<Fact, Malformed> {
    let mut reader = Reader::new(raw);
    let r = &mut reader;
    let fact: Fact = match tag {
        108 => ReportingSet::read(r)?.into(),
        109 => SiteDefined::read(r)?.into(),
        110 => FleetImported::read(r)?.into(),
        111 => FindingClosed::read(r)?.into(),
        other => return Err(r.bad(Reason::UnknownCode("note of the fleet", other.into()))),
    };
    r.finish()?;
    Ok(fact)
}

fn read_clash(index: u64, raw: &[u8]) -> Result<Clash, Malformed> {
    let mut r = Reader::new(raw);
    r.array_of(4, "a clash of four parts")?;
    let (device, holder) = (SourceId::read(&mut r)?, SourceId::read(&mut r)?);
    let on = match r.uint()? {
        0 => ClashOn::Ueid,
        1 => ClashOn::Key,
        2 => ClashOn::Udi,
        other => return Err(r.bad(Reason::UnknownCode("clash", other))),
    };
    let udi: Option<String> = get_option(&mut r)?;
    r.leave();
    r.finish()?;
    Ok(Clash { index, device, holder, on, udi })
}
