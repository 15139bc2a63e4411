//! What devices and gateways speak: docs/spec/device-protocol.md, sections 8 and 9. Entries prove themselves, so requests
//! need no credentials; what is bounded is how much at once.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use device::wire::{
    Answer, Freshness, MAX_BATCH, MAX_BATCH_BYTES, MAX_STATEMENTS, Outcome, Statement, Verdict,
};
use evidence::cbor::Writer;
use evidence::facts::fleet::Appraised;
use evidence::{Entry, Field};
use ledger::{Ledger, Rejection, Standing, Taken};
use serde_json::json;
use tlog::{Checkpoint, Note};

use super::moment::Known;
use super::problem::{Code, Problem};
use super::proofs::damaged;
use super::submit::{hand_in_by, malformed, require_sequence};
use super::{Api, body, sequence};
use crate::metrics::Stopwatch;

/// Seconds after which a device sends again what was not taken now.
const LATER: u64 = 30;
/// Caches may serve freshness for a moment.
const CACHING: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=5");

/// Serves `GET /device/v1/freshness`: the newest checkpoint and what leads to its key. JSON for people who ask for it.
pub(super) async fn freshness(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Response, Problem> {
    let ledger = &api.app.ledger;
    let note = ledger.checkpoint();
    let checkpoint =
        Note::parse(note.as_bytes()).and_then(|n| Checkpoint::parse(n.text())).map_err(damaged)?;
    let size = checkpoint.size;
    let reading = ledger.read();
    let journal = reading.journal();
    let generation =
        journal.recoveries().iter().rev().find(|(index, _)| *index < size).map_or(0, |(_, r)| r.generation);
    let handovers = journal.rotations().iter().map(|(i, f)| (*i, Statement::Handover(f.handover.clone())));
    let recoveries = journal.recoveries().iter().map(|(i, f)| {
        let mut w = Writer::with_capacity(512);
        f.write(&mut w);
        (*i, Statement::Recovered(w.into_bytes()))
    });
    let mut statements: Vec<_> = handovers.chain(recoveries).filter(|(index, _)| *index < size).collect();
    statements.sort_by_key(|(index, _)| *index);
    let known = Known::of(&reading, size);
    drop(reading);
    let asked = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if asked.contains("application/json") {
        let answer = known.answer(json!({
            "generation": generation,
            "size": size,
            "root": checkpoint.root.to_string(),
            "time": known.time.to_string(),
            "checkpoint": &*note,
        }));
        return Ok(
            ([(header::CONTENT_TYPE, "application/json"), CACHING], answer.to_string()).into_response()
        );
    }
    // A device that missed more than this many changes of keys is served at a station.
    let surplus = statements.len().saturating_sub(MAX_STATEMENTS);
    let statements = statements.into_iter().skip(surplus).map(|(_, s)| s).collect();
    let statement = Freshness { generation, checkpoint: note.to_string(), statements };
    let tag = format!("\"{generation}-{size}\"");
    let head = [(header::CONTENT_TYPE, "application/cbor".to_owned()), (header::ETAG, tag)];
    Ok((head, [CACHING], statement.encode()).into_response())
}

/// Serves `POST /device/v1/evidence`: one answer an entry, in their order.
pub(super) async fn evidence(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require_sequence(&headers)?;
    if let Err(busy) = api.admission.open() {
        crate::run::discard(body).await;
        return Err(busy);
    }
    let took = Stopwatch::start();
    let whole = body::read(&api, &headers, body, api.limits.submission_bytes.min(MAX_BATCH_BYTES)).await?;
    let most = api.limits.submission_entries.min(MAX_BATCH);
    let split = sequence::split(&whole.bytes, most);
    let split =
        split.ok_or_else(|| Problem::new(Code::TooLarge, format!("at most {most} entries at once")))?;
    if split.items.is_empty() && split.tail.is_none() {
        return Err(Problem::bad("the body holds no entry"));
    }
    let tail = split.tail;
    let entries: Vec<Arc<[u8]>> = split.items.into_iter().map(Arc::from).collect();
    drop(whole.bytes);
    let mut outcomes = hand_in_by(&api, entries.clone(), whole.share, Ledger::submit_evidence_then).await?;
    outcomes.extend(tail.map(|tail| malformed(tail).map(Taken::Logged)));
    api.metrics.submitted(&outcomes, &took);
    let unavailable = |o: &Result<Taken, Rejection>| matches!(o, Err(Rejection::Unavailable(_)));
    if outcomes.iter().all(unavailable) {
        let why = api.app.ledger.standing();
        // A full queue empties by itself; anything else takes somebody.
        return Err(match why {
            Standing::Writable => api.admission.turned_away(),
            why => Problem::busy(LATER, format!("the ledger takes nothing now: {why}")),
        });
    }
    let mut out = Vec::with_capacity(outcomes.len() * 1_024);
    for (n, outcome) in outcomes.iter().enumerate() {
        out.extend_from_slice(&answer(outcome, entries.get(n).map(|e| &e[..])).encode());
    }
    Ok(([(header::CONTENT_TYPE, "application/cbor-seq")], out).into_response())
}

/// What became of one item, in the protocol's words.
fn answer(outcome: &Result<Taken, Rejection>, entry: Option<&[u8]>) -> Answer {
    let rejection = match outcome {
        Ok(Taken::Staged(staged)) => {
            return Answer {
                entry: Some(staged.entry),
                verdict: staged.appraised.as_deref().map(verdict),
                ..Answer::bare(Outcome::Staged)
            };
        }
        Ok(Taken::Logged(receipt)) => {
            return Answer {
                entry: Some(receipt.entry),
                index: Some(receipt.index),
                receipt: receipt.to_packet().ok(),
                verdict: receipt.appraised.as_deref().map(verdict),
                ..Answer::bare(Outcome::Logged)
            };
        }
        Err(rejection) => rejection,
    };
    let code = rejection.code();
    // Not enrolled yet, or places that come first have not: the same bytes may be taken another time.
    let later = rejection.is_temporary()
        || matches!(code, "unknown_source" | "unknown_key" | "too_many_gaps" | "too_much");
    Answer {
        entry: entry.and_then(|raw| Entry::decode(raw).ok()).map(|e| e.hash()),
        code: Some(code.into()),
        detail: Some(rejection.to_string().chars().take(256).collect()),
        retry_after: later.then_some(LATER),
        ..Answer::bare(if later { Outcome::Later } else { Outcome::Refused })
    }
}

/// A verdict as the protocol says it.
fn verdict(appraised: &Appraised) -> Verdict {
    let mut vector = [0; 8];
    for (part, byte) in vector.iter_mut().zip(&appraised.vector.0) {
        *part = i8::from_be_bytes([*byte]);
    }
    Verdict { status: appraised.status, vector, reasons: appraised.reasons.clone() }
}
