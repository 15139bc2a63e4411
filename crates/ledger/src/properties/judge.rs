//! The verdicts: what was read about an entry, held against the world. Pure.
//!
//! The world may be ahead of the size that is asked about; what came later is left out, except that a gap which was filled
//! meanwhile counts as filled.

use evidence::entry::Proof;
use evidence::{Hash, SourceKind, Time};
use world::World;
use world::journal::Flag;
use world::sources::{KeyPeriod, Source};
use world::streams::{Stream, StreamKey};

use super::material::Material;
use super::{Holds, Property, Span, grouped};

/// Collects a sentence.
#[derive(Default)]
struct Says(Vec<Span>);

impl Says {
    fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Span::Text(text.into()));
        self
    }
    fn entry(mut self, index: u64) -> Self {
        self.0.push(Span::Entry(index));
        self
    }
    fn digest(mut self, hash: Hash) -> Self {
        self.0.push(Span::Digest(hash));
        self
    }
    fn time(mut self, time: Time) -> Self {
        self.0.push(Span::Time(time));
        self
    }
    fn source(mut self, id: evidence::SourceId) -> Self {
        self.0.push(Span::Source(id));
        self
    }
}

/// The five properties of an entry, in the order of invariant 13.
#[must_use]
pub fn five_properties(world: &World, m: &Material) -> [Property; 5] {
    let body = m.entry.body();
    let source = world.sources().get(&body.source).filter(|s| s.enrolled < m.known);
    let stream = world.streams().get(&StreamKey { source: body.source, stream: body.stream });
    [
        provenance(world, m, source),
        integrity(m),
        non_repudiation(world, m, source, stream),
        completeness(m, stream),
        temporal_order(world, m),
    ]
}

fn provenance(world: &World, m: &Material, source: Option<&Source>) -> Property {
    let body = m.entry.body();
    let property =
        |holds, says: Says| Property { name: "Provenance", asks: "who said it", holds, evidence: says.0 };
    let Some(source) = source else {
        let says = Says::default().source(body.source).text(" is not enrolled in this log.");
        return property(Holds::No, says);
    };
    let mut says = Says::default().source(body.source);
    let name = source.name_at(m.index + 1);
    if !name.is_empty() {
        says = says.text(format!(", by the name of “{name}”"));
    }
    says = says.text(", enrolled by entry ").entry(source.enrolled).text(" on ");
    says = says.time(world.clock().time_of(source.enrolled)).text(".");
    if let Some(on_behalf_of) = body.on_behalf_of {
        says = says.text(" It speaks on behalf of ").source(on_behalf_of).text(", as it states.");
    }
    let early = m.index < source.enrolled;
    if early {
        says = says.text(" The enrolment came after this entry.");
    }
    property(if early { Holds::No } else { Holds::Yes }, says)
}

fn integrity(m: &Material) -> Property {
    let holds = tlog::proof::verify_inclusion(m.index, m.known, &m.leaf, &m.proof, &m.root);
    let mut says =
        Says::default().text(format!("{} bytes hash to leaf ", grouped(m.raw.len() as u64))).digest(m.leaf);
    says = match (&holds, m.proof.len()) {
        (Ok(()), 0) => says.text(", which is the root of a log of one entry"),
        (Ok(()), 1) => {
            says.text(format!("; one step leads from it to the root of {} entries", grouped(m.known)))
        }
        (Ok(()), n) => {
            says.text(format!("; {n} steps lead from it to the root of {} entries", grouped(m.known)))
        }
        (Err(e), _) => says.text(format!(", but {e}")),
    };
    says = match m.cosigned.as_ref().map(|c| (c.size, c.verified.len(), c.unverified.len())) {
        Some((size, n, _)) if n > 0 => says.text(format!(
            ". {n} {} cosigned the log at {} entries, this one among them.",
            if n == 1 { "witness has" } else { "witnesses have" },
            grouped(size)
        )),
        Some((size, _, n)) if n > 0 => says.text(format!(
            ". The checkpoint of {} entries carries {n} cosignatures whose keys are not at hand.",
            grouped(size)
        )),
        _ => says.text(". No witness has cosigned a checkpoint that holds it."),
    };
    let holds = if holds.is_ok() { Holds::Yes } else { Holds::No };
    Property { name: "Integrity", asks: "the bytes are these", holds, evidence: says.0 }
}

fn non_repudiation(
    world: &World,
    m: &Material,
    source: Option<&Source>,
    stream: Option<&Stream>,
) -> Property {
    let property = |holds, says: Says| Property {
        name: "Non-repudiation",
        asks: "with its own key",
        holds,
        evidence: says.0,
    };
    let kind = match m.entry.proof() {
        Proof::Cose { .. } => "COSE_Sign1",
        Proof::WebAuthn { .. } => "WebAuthn assertion",
        Proof::Ssh { .. } => "SSH signature",
    };
    // A stream may have a key of its own, introduced by an entry in it.
    if let Some((from, key)) = stream.and_then(|s| s.key.as_ref())
        && m.entry.hints_at(&key.id(), key)
    {
        let holds = *from <= m.index && m.entry.verify(key).is_ok();
        let says = Says::default().text(format!("{kind}, {}, the stream's own key ", key.algorithm.word()));
        let says = says.digest(key.id()).text(", valid from entry ").entry(*from).text(" on.");
        return property(if holds { Holds::Yes } else { Holds::No }, says);
    }
    let Some(period) = source.and_then(|s| key_of(s, m)) else {
        return property(
            Holds::No,
            Says::default().text(format!("{kind}, but no key of the source fits it.")),
        );
    };
    let mut says =
        Says::default().text(format!("{kind}, {}, key ", period.key.algorithm.word())).digest(period.id);
    if let Err(e) = m.entry.verify(&period.key) {
        return property(Holds::No, says.text(format!(": {e}.")));
    }
    let mut holds = if period.valid_at(m.index) { Holds::Yes } else { Holds::No };
    says = match holds {
        Holds::Yes => says.text(", verified just now. It was valid at entry ").entry(m.index),
        _ => says.text(", verified just now, but not valid at entry ").entry(m.index),
    };
    says = match period.until.filter(|until| *until < m.known) {
        None => says.text("; neither rotated nor revoked since."),
        Some(until) => match period.cause {
            None => says.text("; rotated later by entry ").entry(until).text("."),
            Some(cause) => {
                says.text("; revoked by entry ").entry(until).text(format!(" ({}).", cause.word()))
            }
        },
    };
    let time = world.clock().time_of(m.index);
    if let Some(since) =
        period.doubtful_since.filter(|t| *t <= time && period.until.is_some_and(|u| u < m.known))
    {
        holds = Holds::NotProven;
        says = says.text(" Since ").time(since).text(" the key is in doubt, and so is this entry.");
    }
    says = match m.entry.body().source.kind() {
        SourceKind::Ledger => says.text(" It is the ledger's own key, which the server holds."),
        _ => says.text(" The server does not hold it."),
    };
    property(holds, says)
}

/// The key that signed: the period that covers the entry, else any that the entry hints at.
fn key_of<'a>(source: &'a Source, m: &Material) -> Option<&'a KeyPeriod> {
    let hinted = || source.keys.iter().filter(|k| m.entry.hints_at(&k.id, &k.key));
    hinted().find(|k| k.valid_at(m.index)).or_else(|| hinted().next_back())
}

fn completeness(m: &Material, stream: Option<&Stream>) -> Property {
    let body = m.entry.body();
    let place = format!("Place {} of stream {}", grouped(body.sequence), grouped(body.stream));
    let mut holds = Holds::Yes;
    let mut says = Says::default().text(place);
    says = match (&m.before, body.previous) {
        (_, None) => says.text(" begins it"),
        (Some(before), Some(previous)) if before.hash == previous => {
            says.text(" follows entry ").entry(before.index).text(" and names its hash ").digest(previous)
        }
        (Some(before), Some(_)) => {
            holds = Holds::No;
            says.text(" follows entry ").entry(before.index).text(" but names another hash")
        }
        (None, Some(previous)) => {
            holds = Holds::NotProven;
            says.text(" names ").digest(previous).text(" before it, which has not arrived")
        }
    };
    says = match &m.after {
        Some(after) if after.previous == Some(m.entry.hash()) => {
            says.text("; entry ").entry(after.index).text(" names this one.")
        }
        Some(after) => {
            holds = Holds::No;
            says.text("; entry ").entry(after.index).text(" follows but names another one.")
        }
        None => says.text("; nothing follows it yet."),
    };
    let missing: u64 =
        stream.map_or(0, |s| s.gaps.iter().filter(|g| g.since < m.known).map(|g| g.count).sum());
    if missing > 0 {
        let places = if missing == 1 { "place" } else { "places" };
        let scope = if holds == Holds::Yes { " elsewhere" } else { "" };
        says = says.text(format!(" The stream lacks {} {places}{scope}.", grouped(missing)));
    }
    if let Some((fork, _)) = stream.and_then(|s| s.forks.iter().find(|(at, _)| *at < m.known)) {
        holds = Holds::No;
        says = says
            .text(" The stream is forked: two entries claim one place, both kept by entry ")
            .entry(*fork)
            .text(".");
    }
    Property { name: "Completeness", asks: "nothing left out", holds, evidence: says.0 }
}

fn temporal_order(world: &World, m: &Material) -> Property {
    let body = m.entry.body();
    let mut says = Says::default();
    let beacon = body.beacon.as_ref().filter(|b| b.size > 0);
    says = match beacon {
        Some(b) => says
            .text("Not before ")
            .time(world.clock().time_of(b.size - 1))
            .text(format!(": it embeds the root of {} entries. ", grouped(b.size))),
        None => says.text("Not before: not proven, it embeds no root of this log. "),
    };
    let witnessed = m.cosigned.as_ref().and_then(|c| {
        let time = c.verified.iter().filter_map(|(_, t)| *t).min()?;
        Some((time, format!("cosigned in the checkpoint of {} entries", grouped(c.size))))
    });
    let stamped = m.stamped.as_ref().map(|s| {
        let signer = s.signer.get(..16).unwrap_or(&s.signer);
        let how = format!(
            "time-stamped (RFC 3161) in the checkpoint of {} entries, by the certificate {signer}…",
            grouped(s.size)
        );
        (s.time, how)
    });
    // The earliest bound counts; the other one is told.
    let mut bounds: Vec<_> = witnessed.into_iter().chain(stamped).collect();
    bounds.sort_by_key(|(time, _)| *time);
    let bounded = !bounds.is_empty();
    if !bounded {
        says = says.text("Not after: not proven, no cosigned or time-stamped checkpoint at hand holds it. ");
    }
    for (at, (time, how)) in bounds.into_iter().enumerate() {
        says = says.text(if at == 0 { "Not after " } else { "Also " }).time(time).text(format!(": {how}. "));
    }
    says = says.text("The ledger's own clock says it arrived at ").time(world.clock().time_of(m.index));
    says = match body.time {
        Some(time) => says.text("; the source's clock claims ").time(time).text("."),
        None => says.text("; the source claims no time."),
    };
    let both = beacon.is_some() && bounded;
    let holds = if both { Holds::Yes } else { Holds::NotProven };
    Property { name: "Temporal order", asks: "not before, not after", holds, evidence: says.0 }
}

/// What was said later about an entry, as a sentence; nothing if it stands as it was made.
#[must_use]
pub fn flag_text(flag: &Flag) -> Vec<Span> {
    match flag {
        Flag::Corrected { by, at } => {
            Says::default()
                .text("Corrected: entry ")
                .entry(*by)
                .text(" holds instead, as entry ")
                .entry(*at)
                .text(" says.")
                .0
        }
        Flag::Voided { at } => Says::default().text("Voided by entry ").entry(*at).text(".").0,
    }
}
