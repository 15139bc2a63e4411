//! Whether an entry may be appended now. Pure: the same world and entry give the same verdict.
//!
//! The signature was verified before, under a key that the world gave; *decide* holds the entry to the state as it is at
//! its index: key, suspension, place in the stream, and what its fact presupposes. Permissions are the ledger's seam.

use evidence::facts::log::{QuarantineCause, Recovered};
use evidence::facts::statements::Signed;
use evidence::statement::Statement;
use evidence::types::EntryRef;
use evidence::{Body, Entry, Fact, KeyId, SourceId, SourceKind, Time};
use tlog::Hash;

use crate::fleet::Subject;
use crate::release::Known;
use crate::streams::{Place, StreamKey};
use crate::world::World;

/// What to do with an entry whose signature verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Append it.
    Accept,
    /// Its place is taken. The same entry again gets its stored receipt; another one is an equivocation, and both
    /// sides are kept in an `Equivocated` entry.
    Taken {
        /// Index of the entry that holds the place.
        index: u64,
        /// Whether that is the same entry; `None` where the log must be read to tell.
        same: Option<bool>,
    },
    /// Append a `Quarantined` entry that keeps it; the entry itself is refused.
    Quarantine(QuarantineCause),
    /// Refuse it; nothing is kept.
    Refuse(Refusal),
}

/// Why an entry is refused. The code is stable, the sentence and the hint are for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The source is not enrolled.
    #[error("{0} is not enrolled")]
    UnknownSource(SourceId),
    /// The source has no key that could have signed this.
    #[error("{0} has no key that could have signed this entry")]
    UnknownKey(SourceId),
    /// The stream continues at another place.
    #[error("the stream continues at sequence {next}, not {got}")]
    OutOfOrder {
        /// The place that comes next.
        next: u64,
        /// The place of the entry.
        got: u64,
    },
    /// The entry names another previous entry than the one in the log.
    #[error("the previous hash is not that of the stream's entry at {0}")]
    OtherPrevious(u64),
    /// The stream is closed.
    #[error("the stream is closed")]
    StreamClosed,
    /// The stream has too many open gaps.
    #[error("the stream has {0} open gaps, the most one may have")]
    TooManyGaps(usize),
    /// A beacon of a generation or size that the log never had.
    #[error("it embeds a beacon of generation {generation} and size {size}, which this log has not reached")]
    FutureBeacon {
        /// The beacon's generation.
        generation: u64,
        /// The beacon's size.
        size: u64,
    },
    /// The identifier is taken or not derived from the key.
    #[error("the identifier {0} {1}")]
    BadIdentifier(SourceId, &'static str),
    /// The key cannot be used.
    #[error("the key cannot be used: {0}")]
    BadKey(String),
    /// The fact speaks of something that is not so.
    #[error("{0}")]
    Precondition(String),
    /// The tick would go back, or further ahead than the bound.
    #[error("a tick to {to} is not between the last one at {last} and the bound of {bound} seconds")]
    Tick {
        /// Last tick.
        last: Time,
        /// The tick.
        to: Time,
        /// The bound.
        bound: u64,
    },
    /// Only the ledger states this fact.
    #[error("only the ledger itself states {0}")]
    LedgerOnly(&'static str),
    /// The fact does not fit the kind of source.
    #[error("a {kind} does not state {fact}")]
    WrongKind {
        /// Kind of the source.
        kind: &'static str,
        /// Name of the fact.
        fact: &'static str,
    },
}

impl Refusal {
    /// Stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource(_) => "unknown_source",
            Self::UnknownKey(_) => "unknown_key",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::OtherPrevious(_) => "other_previous",
            Self::StreamClosed => "stream_closed",
            Self::TooManyGaps(_) => "too_many_gaps",
            Self::FutureBeacon { .. } => "future_beacon",
            Self::BadIdentifier(..) => "bad_identifier",
            Self::BadKey(_) => "bad_key",
            Self::Precondition(_) => "precondition_failed",
            Self::Tick { .. } => "bad_tick",
            Self::LedgerOnly(_) => "ledger_only",
            Self::WrongKind { .. } => "wrong_kind",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::UnknownSource(_) => "enrol the source first: `vouchsafe source enrol`",
            Self::UnknownKey(_) => {
                "sign with the key the source is enrolled with, or rotate: `vouchsafe source rotate`"
            }
            Self::OutOfOrder { .. } => {
                "continue at the place stated; ask for the stream's head if it is not known"
            }
            Self::OtherPrevious(_) => {
                "read the stream's head and chain to it; if the chain was forked, start another stream"
            }
            Self::StreamClosed | Self::TooManyGaps(_) => "start another stream",
            Self::FutureBeacon { .. } => {
                "embed a beacon that this log signed; if it did, the log has lost its tail"
            }
            Self::BadIdentifier(..) => "derive the identifier from the first key; never reuse one",
            Self::BadKey(_) => "generate another key",
            Self::Precondition(_) => "read the present state and state the fact again",
            Self::Tick { .. } => {
                "set the machine's clock right; for a real jump an operator states ClockAdvanced"
            }
            Self::LedgerOnly(_) | Self::WrongKind { .. } => "state another fact, or as another source",
        }
    }
}

/// Decides on an entry whose signature was verified under `key`, as if it came at the world's next index.
#[must_use]
pub fn decide(world: &World, entry: &Entry, hash: &Hash, key: &KeyId) -> Verdict {
    let body = entry.body();
    let index = world.size();
    let stream = StreamKey { source: body.source, stream: body.stream };
    let place = world.streams().place(body, hash);
    // A repeat is a repeat even after its key was revoked: the stored receipt is all it gets.
    if let Place::Taken(at) = place {
        let same = world.entry_hash(&stream, body.sequence).map(|stored| stored == *hash);
        return Verdict::Taken { index: at, same };
    }
    if world.size() == 0 && matches!(body.fact, Fact::Genesis(_)) {
        return Verdict::Accept;
    }
    if let Fact::Recovered(f) = &body.fact {
        return recovery(world, body, f, place).map_or(Verdict::Accept, Verdict::Refuse);
    }
    let Some(source) = world.sources().get(&body.source) else {
        return Verdict::Refuse(Refusal::UnknownSource(body.source));
    };
    let stream_key =
        world.streams().get(&stream).and_then(|s| s.key.as_ref()).filter(|(_, k)| k.id() == *key);
    if stream_key.is_none() && source.key_at(key, index).is_none() {
        let known = source.keys.iter().any(|k| k.id == *key);
        return if known {
            Verdict::Quarantine(QuarantineCause::KeyRevoked)
        } else {
            Verdict::Refuse(Refusal::UnknownKey(body.source))
        };
    }
    if source.suspended_at(index) {
        return Verdict::Quarantine(QuarantineCause::SourceSuspended);
    }
    if let Fact::DeviceEnrolled(f) = &body.fact
        && (world.sources().get(&f.device).is_some() || world.fleet().clash(f).is_some())
    {
        return Verdict::Quarantine(QuarantineCause::IdentityClash);
    }
    let refusal = match place {
        Place::Next => None,
        Place::AfterGap(_) | Place::InGap => None,
        Place::Taken(_) => None,
        Place::OutOfOrder { next } => Some(Refusal::OutOfOrder { next, got: body.sequence }),
        Place::OtherPrevious => Some(Refusal::OtherPrevious(body.sequence.saturating_sub(1))),
        Place::Closed => Some(Refusal::StreamClosed),
        Place::TooManyGaps => Some(Refusal::TooManyGaps(crate::streams::MAX_GAPS)),
    };
    let refusal = refusal.or_else(|| beacon(world, entry)).or_else(|| fact(world, entry));
    refusal.map_or(Verdict::Accept, Verdict::Refuse)
}

/// A beacon must be one the log could have signed. Its root is checked where the tree is.
fn beacon(world: &World, entry: &Entry) -> Option<Refusal> {
    let b = entry.body().beacon.as_ref()?;
    let now = world.journal().generation();
    let reached = b.generation < now || (b.generation == now && b.size <= world.size());
    if reached { None } else { Some(Refusal::FutureBeacon { generation: b.generation, size: b.size }) }
}

/// A recovery brings its own ledger key: it continues nobody's stream, because the predecessor's may go on in the entries
/// that are missing.
fn recovery(world: &World, body: &Body, fact: &Recovered, place: Place) -> Option<Refusal> {
    let said = |what: &str| Some(Refusal::Precondition(format!("a recovery {what}")));
    let journal = world.journal();
    if SourceId::derive(SourceKind::Ledger, &fact.ledger_key) != Some(body.source) || place != Place::Next {
        return said("begins the stream of the ledger key that it names");
    }
    if world.sources().get(&body.source).is_some() {
        return said("names a ledger key that was never used before");
    }
    if fact.generation != journal.generation() + 1 || fact.held != world.size() {
        return said("names the next generation and the entries that are kept");
    }
    let first = journal.genesis().map(|g| g.origin.as_str());
    let origins = first.into_iter().chain(journal.recoveries().iter().map(|(_, r)| r.origin.as_str()));
    if origins.into_iter().any(|o| o == fact.origin) {
        return said("names an origin that was never used before");
    }
    None
}

/// What each fact presupposes.
fn fact(world: &World, entry: &Entry) -> Option<Refusal> {
    let body = entry.body();
    let kind = body.source.kind();
    let ledger_only = matches!(
        body.fact,
        Fact::Genesis(_)
            | Fact::Tick(_)
            | Fact::Epoch(_)
            | Fact::Sealed(_)
            | Fact::Recovered(_)
            | Fact::LogKeyRotated(_)
            | Fact::Attendance(_)
            | Fact::BlobLost(_)
            | Fact::Pruned(_)
            | Fact::Quarantined(_)
            | Fact::Equivocated(_)
            | Fact::Appraised(_)
    );
    if ledger_only && kind != SourceKind::Ledger {
        return Some(Refusal::LedgerOnly(body.fact.name()));
    }
    let device_only =
        matches!(body.fact, Fact::Attested(_) | Fact::GapReported(_) | Fact::StreamKeyChanged(_));
    let device_may = device_only || matches!(body.fact, Fact::StreamClosed(_));
    if device_only != (kind == SourceKind::Device) && !(device_may && kind == SourceKind::Device) {
        return Some(Refusal::WrongKind { kind: kind.word(), fact: body.fact.name() });
    }
    match &body.fact {
        Fact::Genesis(_) => Some(Refusal::Precondition("the log has begun already".into())),
        Fact::Tick(f) => {
            let last = world.now();
            let (bound, advanced) = world.journal().tick_limit();
            let limit = last.plus(bound).max(advanced.unwrap_or(Time::EPOCH));
            let fine = last < f.time && f.time <= limit;
            if fine { None } else { Some(Refusal::Tick { last, to: f.time, bound }) }
        }
        Fact::SourceEnrolled(f) => {
            if let Err(e) = f.key.check() {
                return Some(Refusal::BadKey(e.to_string()));
            }
            if f.source.kind() == SourceKind::Device || f.source.kind() == SourceKind::Ledger {
                return Some(Refusal::BadIdentifier(f.source, "is not enrolled with this fact"));
            }
            if SourceId::derive(f.source.kind(), &f.key) != Some(f.source) {
                return Some(Refusal::BadIdentifier(f.source, "is not the one derived from its first key"));
            }
            let taken = world.sources().get(&f.source).is_some();
            taken.then_some(Refusal::BadIdentifier(f.source, "is enrolled already and is never used again"))
        }
        Fact::KeyRotated(f) => {
            if let Err(e) = f.new.check() {
                return Some(Refusal::BadKey(e.to_string()));
            }
            let Some(source) = world.sources().get(&f.source) else {
                return Some(Refusal::UnknownSource(f.source));
            };
            if source.keys.iter().any(|k| k.id == f.new.id()) {
                return Some(Refusal::Precondition(format!("{} has or had this key already", f.source)));
            }
            let holds = source.key_at(&f.old, world.size()).is_some();
            (!holds).then(|| Refusal::Precondition(format!("{} does not hold the key {}", f.source, f.old)))
        }
        Fact::KeyRevoked(f) => {
            let Some(source) = world.sources().get(&f.source) else {
                return Some(Refusal::UnknownSource(f.source));
            };
            let had = source.keys.iter().any(|k| k.id == f.key);
            (!had).then(|| Refusal::Precondition(format!("{} never had the key {}", f.source, f.key)))
        }
        Fact::DeviceEnrolled(f) => {
            if let Err(e) = f.key.check() {
                return Some(Refusal::BadKey(e.to_string()));
            }
            let device = f.device.kind() == SourceKind::Device;
            (!device).then_some(Refusal::BadIdentifier(f.device, "is not a UEID"))
        }
        Fact::DeviceReenrolled(f) => {
            if let Err(e) = f.key.check() {
                return Some(Refusal::BadKey(e.to_string()));
            }
            let holds =
                world.sources().get(&f.device).is_some_and(|s| s.key_at(&f.old, world.size()).is_some());
            (!holds).then(|| Refusal::Precondition(format!("{} does not hold the key {}", f.device, f.old)))
        }
        Fact::DeviceAttached(f) => attached(world, &f.device, &f.asset),
        Fact::ReleaseWithdrawn(f) => release(world, &f.release),
        Fact::SystemReleaseMade(f) => f.items.iter().find_map(|i| release(world, &i.release)),
        Fact::AdvisoryTaken(f) => f.supersedes.as_ref().and_then(|old| {
            let there = world.vulnerabilities().took_advisory(old);
            (!there).then(|| named("took a state of an advisory", old))
        }),
        Fact::VulnerabilityDecided(f) => {
            let missing = f.supersedes.as_ref().filter(|old| !world.vulnerabilities().decided(old));
            let missing = missing.map(|old| named("is a decision on a vulnerability", old));
            missing.or_else(|| f.releases.iter().find_map(|r| release(world, r)))
        }
        Fact::Signed(f) => signed(world, f).or_else(|| crate::design::decide(world, &body.fact)),
        Fact::SourceRenamed(f) => unknown(world, &f.source),
        Fact::SourceSuspended(f) => unknown(world, &f.source),
        Fact::SourceReinstated(f) => unknown(world, &f.source),
        Fact::RolesChanged(f) => unknown(world, &f.source),
        Fact::TokenIssued(f) => unknown(world, &f.source).or_else(|| {
            let taken = world.sources().token(&f.token).is_some();
            taken.then(|| Refusal::Precondition("this token was issued before".into()))
        }),
        Fact::TokenRevoked(f) => {
            let known = world.sources().token(&f.token).is_some();
            (!known).then(|| Refusal::Precondition("no such token was issued".into()))
        }
        Fact::Corrected(f) => ahead(world, &[f.entry.index, f.by.index, f.approval.index]),
        Fact::Voided(f) => ahead(world, &[f.entry.index, f.approval.index]),
        Fact::StreamClosed(f) => {
            let stream = StreamKey { source: body.source, stream: body.stream };
            let said = world.streams().get(&stream).map_or(0, |s| s.entries) + 1;
            (f.entries != said).then(|| {
                Refusal::Precondition(format!(
                    "the stream has {said} entries with this one, not {}",
                    f.entries
                ))
            })
        }
        other => crate::design::decide(world, other),
    }
}

/// A signature's printed name is the signer's own, and what stands beside the statement is what the statement says.
fn signed(world: &World, fact: &Signed) -> Option<Refusal> {
    let said = |what: String| Some(Refusal::Precondition(what));
    let Ok(statement) = Statement::parse(&fact.statement) else {
        return said("the statement is not in its canonical form".into());
    };
    let Some(signer) = world.sources().get(&fact.signer) else {
        return Some(Refusal::UnknownSource(fact.signer));
    };
    if fact.signer.kind() != SourceKind::Person {
        return said("only a person signs a statement".into());
    }
    let name = signer.name_at(world.size());
    if statement.name != name {
        return said(format!("the statement prints the name `{}`, the signer's is `{name}`", statement.name));
    }
    let same = (&statement.record, statement.revision, statement.meaning)
        == (&fact.record, fact.revision, fact.meaning);
    if same { None } else { said("record, revision or meaning beside the statement differ from it".into()) }
}

/// Each device is attached to one declared device at most, and the other way round.
fn attached(world: &World, device: &SourceId, asset: &str) -> Option<Refusal> {
    let fleet = world.fleet();
    let said = |what: String| Some(Refusal::Precondition(what));
    let (d, a) = (Subject::Device(*device), Subject::Asset(asset.to_owned()));
    if !fleet.contains(&d) {
        return Some(Refusal::UnknownSource(*device));
    }
    if !fleet.contains(&a) {
        return said(format!("no device is declared as `{asset}`"));
    }
    let taken = [d, a].iter().find_map(|s| Some((s.clone(), fleet.attachment(s)?)));
    taken.and_then(|(one, other)| said(format!("{one} is attached to {other} already")))
}

/// An entry that made a release.
fn release(world: &World, entry: &EntryRef) -> Option<Refusal> {
    let known = Known::new(world.size(), world.journal());
    let made = world.releases().get(entry.index, known).is_some_and(|r| r.entry == *entry);
    (!made).then(|| Refusal::Precondition(format!("entry {} with this hash made no release", entry.index)))
}

fn named(what: &str, entry: &EntryRef) -> Refusal {
    Refusal::Precondition(format!("no entry {} with this hash {what}", entry.index))
}

fn unknown(world: &World, id: &SourceId) -> Option<Refusal> {
    world.sources().get(id).is_none().then_some(Refusal::UnknownSource(*id))
}

/// An entry can speak only of entries before it.
fn ahead(world: &World, indices: &[u64]) -> Option<Refusal> {
    let ahead = indices.iter().find(|i| **i >= world.size())?;
    Some(Refusal::Precondition(format!("there is no entry {ahead} yet")))
}
