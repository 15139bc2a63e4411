//! The body of an entry: a CWT claims set (RFC 8392) with the stream's claims beside the fact.
//!
//! A device's body is its EAT claims set (RFC 9711): UEID, boot count, measured components and so on are claims of the
//! body itself. Every other source names itself in a private-use claim and puts its fact into another. Claim numbers are
//! in this file and nowhere else.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::facts::Fact;
use crate::source::{SourceId, SourceKind};
use crate::time::Time;
use crate::types::{Beacon, Bytes};
use crate::wire::Field;

/// Number of the fact that has no content: its claims are the body's.
pub const ATTESTED: u64 = 103;

/// Claim numbers. Below −65,536 stands private use (RFC 8392, 9.1).
pub mod claim {
    /// iat: the time the source's own clock claims (RFC 8392, 3.1.6).
    pub const IAT: i64 = 6;
    /// eat_nonce (RFC 9711, 4.1).
    pub const NONCE: i64 = 10;
    /// ueid (RFC 9711, 4.2.1).
    pub const UEID: i64 = 256;
    /// hwmodel (RFC 9711, 4.2.4).
    pub const HWMODEL: i64 = 259;
    /// hwversion (RFC 9711, 4.2.5).
    pub const HWVERSION: i64 = 260;
    /// uptime in seconds (RFC 9711, 4.2.11).
    pub const UPTIME: i64 = 261;
    /// dbgstat (RFC 9711, 4.2.9).
    pub const DBGSTAT: i64 = 263;
    /// eat_profile (RFC 9711, 4.3.2).
    pub const PROFILE: i64 = 265;
    /// bootcount (RFC 9711, 4.2.12).
    pub const BOOTCOUNT: i64 = 267;
    /// bootseed (RFC 9711, 4.2.13).
    pub const BOOTSEED: i64 = 268;
    /// swname (RFC 9711, 4.2.6).
    pub const SWNAME: i64 = 270;
    /// swversion (RFC 9711, 4.2.7).
    pub const SWVERSION: i64 = 271;
    /// measurements (RFC 9711, 4.2.16).
    pub const MEASUREMENTS: i64 = 273;
    /// The source, unless it is a device.
    pub const SOURCE: i64 = -70_001;
    /// The stream, a number of the source's own choosing.
    pub const STREAM: i64 = -70_002;
    /// Place in the stream, from 0.
    pub const SEQUENCE: i64 = -70_003;
    /// Hash of the stream's previous entry; left out at 0.
    pub const PREVIOUS: i64 = -70_004;
    /// A tree head the source had seen.
    pub const BEACON: i64 = -70_005;
    /// Number of the fact.
    pub const FACT: i64 = -70_006;
    /// Content of the fact.
    pub const CONTENT: i64 = -70_007;
    /// Why, in the words of whoever acts.
    pub const REASON: i64 = -70_008;
    /// On whose behalf a service or the ledger acts.
    pub const ON_BEHALF_OF: i64 = -70_009;
}

/// CoAP content format of a measured component in CBOR (RFC 10013, 7.2).
const MEASURED_COMPONENT: u64 = 295;
/// SHA-256 in the Named Information Hash Algorithm registry (RFC 6920).
const NI_SHA_256: u64 = 1;
/// Longest reason, in bytes.
pub const MAX_REASON: usize = 4_096;
/// Most measured components in one piece of evidence.
pub const MAX_MEASUREMENTS: usize = 64;

/// What one entry says, and its place in its source's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Who says it.
    pub source: SourceId,
    /// In which of its streams.
    pub stream: u64,
    /// At which place, from 0.
    pub sequence: u64,
    /// Hash of the entry before it; `None` exactly at place 0.
    pub previous: Option<Hash>,
    /// The time its own clock claims, if it has one.
    pub time: Option<Time>,
    /// The newest tree head it had checked.
    pub beacon: Option<Beacon>,
    /// Why.
    pub reason: Option<String>,
    /// For whom.
    pub on_behalf_of: Option<SourceId>,
    /// What.
    pub fact: Fact,
}

codes! {
    /// Whether a debugger can look inside (RFC 9711, 4.2.9).
    DebugStatus = "dbgstat" {
        /// Debugging is possible now.
        0 Enabled = "enabled",
        /// Debugging is off.
        1 Disabled = "disabled",
        /// Debugging was off since the device started.
        2 DisabledSinceBoot = "disabled-since-boot",
        /// Debugging can be re-enabled by nobody but the maker.
        3 DisabledPermanently = "disabled-permanently",
        /// Debugging can be re-enabled by nobody.
        4 DisabledFullyAndPermanently = "disabled-fully-and-permanently",
    }
}

/// A measured component (RFC 10013, 4.3), in its digested form with SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Name of the component, such as `pump`.
    pub name: String,
    /// Version the device claims for it.
    pub version: Option<String>,
    /// SHA-256 of it.
    pub digest: Hash,
}

/// The EAT claims of a device's evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Answer to a challenge, 8 to 64 bytes.
    pub nonce: Option<Bytes>,
    /// Hardware model, 1 to 32 bytes of the maker's choosing.
    pub hardware_model: Option<Bytes>,
    /// Hardware version.
    pub hardware_version: Option<String>,
    /// Seconds since the device started.
    pub uptime: Option<u64>,
    /// Debug state.
    pub debug: Option<DebugStatus>,
    /// Profile of this evidence, a URI.
    pub profile: Option<String>,
    /// Starts of the device so far.
    pub boot_count: Option<u64>,
    /// Random value of this start, 32 to 64 bytes.
    pub boot_seed: Option<Bytes>,
    /// Name of the software.
    pub software_name: Option<String>,
    /// Version of the software.
    pub software_version: Option<String>,
    /// What was measured.
    pub measurements: Vec<Measured>,
}

impl Body {
    /// Its deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256);
        let device = self.source.kind() == SourceKind::Device;
        let evidence = if let Fact::Attested(e) = &self.fact { Some(e) } else { None };
        let pairs = evidence.map_or(0, Evidence::claims)
            + [self.time.is_some(), self.previous.is_some(), self.beacon.is_some(), evidence.is_none()]
                .iter()
                .chain(&[self.reason.is_some(), self.on_behalf_of.is_some()])
                .filter(|present| **present)
                .count()
            + 4; // source, stream, sequence, fact
        w.map(pairs);
        // Ascending keys: positive ones first, then negative ones by magnitude.
        put(&mut w, claim::IAT, self.time.as_ref());
        if let Some(e) = evidence {
            put(&mut w, claim::NONCE, e.nonce.as_ref());
        }
        if device {
            put(&mut w, claim::UEID, Some(&self.source));
        }
        if let Some(e) = evidence {
            e.write_claims(&mut w);
        }
        if !device {
            put(&mut w, claim::SOURCE, Some(&self.source));
        }
        put(&mut w, claim::STREAM, Some(&self.stream));
        put(&mut w, claim::SEQUENCE, Some(&self.sequence));
        put(&mut w, claim::PREVIOUS, self.previous.as_ref());
        put(&mut w, claim::BEACON, self.beacon.as_ref());
        put(&mut w, claim::FACT, Some(&self.fact.tag()));
        if evidence.is_none() {
            w.int(claim::CONTENT);
            self.fact.write_content(&mut w);
        }
        put(&mut w, claim::REASON, self.reason.as_ref());
        put(&mut w, claim::ON_BEHALF_OF, self.on_behalf_of.as_ref());
        w.into_bytes()
    }

    /// Reads a body, refusing everything but its one encoding.
    ///
    /// # Errors
    /// The first deviation, with its place.
    pub fn decode(raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        let mut map = r.map()?;
        let mut d = Draft::default();
        loop {
            let at = r.position();
            let Some(key) = map.next(&mut r)? else { break };
            d.claim(key, at, &mut r)?;
        }
        r.finish()?;
        d.finish()
    }

    /// SHA-256 over the encoded body: the identity of the entry.
    #[must_use]
    pub fn hash(encoded: &[u8]) -> Hash {
        Hash(Sha256::digest(encoded).into())
    }
}

fn put<T: Field>(w: &mut Writer, key: i64, value: Option<&T>) {
    if let Some(value) = value {
        w.int(key);
        value.write(w);
    }
}

impl Evidence {
    /// How many claims it takes.
    fn claims(&self) -> usize {
        [
            self.nonce.is_some(),
            self.hardware_model.is_some(),
            self.hardware_version.is_some(),
            self.uptime.is_some(),
            self.debug.is_some(),
            self.profile.is_some(),
            self.boot_count.is_some(),
            self.boot_seed.is_some(),
            self.software_name.is_some(),
            self.software_version.is_some(),
            !self.measurements.is_empty(),
        ]
        .iter()
        .filter(|present| **present)
        .count()
    }

    /// Writes the claims that follow the UEID.
    fn write_claims(&self, w: &mut Writer) {
        put(w, claim::HWMODEL, self.hardware_model.as_ref());
        if let Some(version) = &self.hardware_version {
            w.int(claim::HWVERSION);
            write_version(w, version);
        }
        put(w, claim::UPTIME, self.uptime.as_ref());
        put(w, claim::DBGSTAT, self.debug.as_ref());
        put(w, claim::PROFILE, self.profile.as_ref());
        put(w, claim::BOOTCOUNT, self.boot_count.as_ref());
        put(w, claim::BOOTSEED, self.boot_seed.as_ref());
        put(w, claim::SWNAME, self.software_name.as_ref());
        if let Some(version) = &self.software_version {
            w.int(claim::SWVERSION);
            write_version(w, version);
        }
        if !self.measurements.is_empty() {
            w.int(claim::MEASUREMENTS);
            w.array(self.measurements.len());
            for m in &self.measurements {
                m.write(w);
            }
        }
    }
}

/// A version is an array of the text alone: no scheme is claimed (RFC 9711, 4.2.5).
fn write_version(w: &mut Writer, version: &str) {
    w.array(1);
    w.text(version);
}

fn read_version(r: &mut Reader<'_>) -> Result<String, Malformed> {
    r.array_of(1, "a version: an array of one text")?;
    let version = r.text(256)?.into();
    r.leave();
    Ok(version)
}

impl Measured {
    /// `[295, bstr .cbor measured-component]` (RFC 9711, 4.2.16; RFC 10013, 4.3).
    fn write(&self, w: &mut Writer) {
        let mut inner = Writer::with_capacity(64);
        inner.map(2);
        inner.int(1);
        inner.array(1 + usize::from(self.version.is_some()));
        inner.text(&self.name);
        if let Some(version) = &self.version {
            write_version(&mut inner, version);
        }
        inner.int(2);
        inner.array(2);
        inner.uint(NI_SHA_256);
        inner.bytes(&self.digest.0);
        w.array(2);
        w.uint(MEASURED_COMPONENT);
        w.bytes(&inner.into_bytes());
    }

    fn read(outer: &mut Reader<'_>) -> Result<Self, Malformed> {
        let at = outer.position();
        outer.array_of(2, "[295, measured component]")?;
        if outer.uint()? != MEASURED_COMPONENT {
            return Err(Malformed {
                at,
                reason: Reason::Expected("content format 295, a measured component in CBOR"),
            });
        }
        let start = outer.position();
        let raw = outer.bytes(1_024)?;
        outer.leave();
        // Places inside the wrapped item are reported from its head: three bytes at most away.
        Self::read_inner(&mut Reader::new(raw)).map_err(|e| Malformed { at: start + e.at, reason: e.reason })
    }

    fn read_inner(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut map = r.map()?;
        let (mut id, mut digest) = (None, None);
        loop {
            let at = r.position();
            match map.next(r)? {
                None => break,
                Some(1) => {
                    let n = r.array(2)?;
                    let name = r.text(256)?.into();
                    let version = if n > 1 { Some(read_version(r)?) } else { None };
                    r.leave();
                    id = Some((name, version));
                }
                Some(2) => {
                    r.array_of(2, "[1, SHA-256]")?;
                    let algorithm = r.uint()?;
                    if algorithm != NI_SHA_256 {
                        return Err(Malformed {
                            at,
                            reason: Reason::UnknownCode("digest algorithm", algorithm),
                        });
                    }
                    digest = Some(Hash::read(r)?);
                    r.leave();
                }
                Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
            }
        }
        r.finish()?;
        let missing = |name| Malformed { at: 0, reason: Reason::Missing(name) };
        let (name, version) = id.ok_or(missing("id"))?;
        Ok(Self { name, version, digest: digest.ok_or(missing("digested-measurement"))? })
    }
}

/// The claims of a body as they are read.
#[derive(Default)]
struct Draft {
    ueid: Option<SourceId>,
    source: Option<SourceId>,
    stream: Option<u64>,
    sequence: Option<u64>,
    previous: Option<Hash>,
    time: Option<Time>,
    beacon: Option<Beacon>,
    reason: Option<String>,
    on_behalf_of: Option<SourceId>,
    tag: Option<u64>,
    fact: Option<Fact>,
    evidence: Evidence,
    has_evidence: bool,
}

impl Draft {
    fn claim(&mut self, key: i64, at: usize, r: &mut Reader<'_>) -> Result<(), Malformed> {
        match key {
            claim::IAT => self.time = Some(Time::read(r)?),
            claim::UEID => self.ueid = Some(SourceId::read(r)?),
            claim::SOURCE => self.source = Some(SourceId::read(r)?),
            claim::STREAM => self.stream = Some(r.uint()?),
            claim::SEQUENCE => self.sequence = Some(r.uint()?),
            claim::PREVIOUS => self.previous = Some(Hash::read(r)?),
            claim::BEACON => self.beacon = Some(Beacon::read(r)?),
            claim::FACT => self.tag = Some(r.uint()?),
            claim::CONTENT => {
                let tag = self.tag.ok_or(Malformed { at, reason: Reason::Missing("fact") })?;
                let fact = Fact::read_content(tag, r)?;
                self.fact = Some(fact.ok_or(Malformed { at, reason: Reason::UnknownCode("fact", tag) })?);
            }
            claim::REASON => self.reason = Some(r.text(MAX_REASON)?.into()),
            claim::ON_BEHALF_OF => self.on_behalf_of = Some(SourceId::read(r)?),
            _ => {
                self.has_evidence = true;
                self.evidence.claim(key, at, r)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Body, Malformed> {
        let bad = |reason| Malformed { at: 0, reason };
        let missing = |name| bad(Reason::Missing(name));
        let source = match (self.ueid, self.source) {
            (Some(id), None) if id.kind() == SourceKind::Device => id,
            (None, Some(id)) if id.kind() != SourceKind::Device => id,
            (None, None) => return Err(missing("source")),
            _ => {
                return Err(bad(Reason::Expected(
                    "a UEID for a device, a source for everyone else, not both",
                )));
            }
        };
        let tag = self.tag.ok_or(missing("fact"))?;
        let fact = match (self.fact, tag) {
            (None, ATTESTED) if self.ueid.is_some() => Fact::Attested(self.evidence),
            (None, ATTESTED) => return Err(bad(Reason::Expected("evidence from a device"))),
            (Some(fact), _) if !self.has_evidence => fact,
            (Some(_), _) => return Err(bad(Reason::Expected("EAT claims in evidence only"))),
            (None, _) => return Err(missing("content")),
        };
        let sequence = self.sequence.ok_or(missing("sequence"))?;
        if (sequence == 0) != self.previous.is_none() {
            return Err(bad(Reason::Expected("a previous hash exactly when the sequence is not 0")));
        }
        Ok(Body {
            source,
            stream: self.stream.ok_or(missing("stream"))?,
            sequence,
            previous: self.previous,
            time: self.time,
            beacon: self.beacon,
            reason: self.reason,
            on_behalf_of: self.on_behalf_of,
            fact,
        })
    }
}

impl Evidence {
    fn claim(&mut self, key: i64, at: usize, r: &mut Reader<'_>) -> Result<(), Malformed> {
        let sized = |r: &mut Reader<'_>, range: core::ops::RangeInclusive<usize>, what| {
            let raw = r.bytes(*range.end())?;
            if range.contains(&raw.len()) {
                Ok(Some(Bytes(raw.to_vec())))
            } else {
                Err(Malformed { at, reason: Reason::OutOfRange(what) })
            }
        };
        match key {
            claim::NONCE => self.nonce = sized(r, 8..=64, "a nonce has 8 to 64 bytes")?,
            claim::HWMODEL => self.hardware_model = sized(r, 1..=32, "a hardware model has 1 to 32 bytes")?,
            claim::HWVERSION => self.hardware_version = Some(read_version(r)?),
            claim::UPTIME => self.uptime = Some(r.uint()?),
            claim::DBGSTAT => self.debug = Some(DebugStatus::read(r)?),
            claim::PROFILE => self.profile = Some(r.text(256)?.into()),
            claim::BOOTCOUNT => self.boot_count = Some(r.uint()?),
            claim::BOOTSEED => self.boot_seed = sized(r, 32..=64, "a boot seed has 32 to 64 bytes")?,
            claim::SWNAME => self.software_name = Some(r.text(256)?.into()),
            claim::SWVERSION => self.software_version = Some(read_version(r)?),
            claim::MEASUREMENTS => {
                let n = r.array(MAX_MEASUREMENTS)?;
                for _ in 0..n {
                    self.measurements.push(Measured::read(r)?);
                }
                r.leave();
                if n == 0 {
                    return Err(Malformed { at, reason: Reason::OutOfRange("an empty list is left out") });
                }
            }
            other => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
        Ok(())
    }
}
