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
use crate::types::Beacon;
use crate::wire::Field;

mod evidence;

pub use evidence::{DebugStatus, Evidence, MAX_MEASUREMENTS, Measured};

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

/// Longest reason, in bytes.
pub const MAX_REASON: usize = 4_096;

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

impl Body {
    /// Its deterministic CBOR. Whether it can also be read (lengths, the previous hash, who may attest) is for
    /// [`Self::decode`] to say; [`crate::Entry`] asks it.
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
                if tag == ATTESTED {
                    return Err(Malformed { at, reason: Reason::Expected("no content beside evidence") });
                }
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
