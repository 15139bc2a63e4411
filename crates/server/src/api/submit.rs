//! Entries in. Each is authenticated by its own signature, so anyone may send them; what is bounded is how much at once.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use evidence::EntryError;
use evidence::cbor::Malformed;
use ledger::{Ledger, Level, Outcome, Rejection};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::problem::{Code, Problem, none_accepted, with_retry};
use super::{Api, body, outcome, sequence};
use crate::metrics::Stopwatch;

/// Type of a body of entries (RFC 8742).
const CBOR_SEQUENCE: &str = "application/cbor-seq";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    #[serde(default)]
    wait: Wait,
}

/// What the answer waits for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wait {
    #[default]
    Durable,
    Witnessed,
}

/// Serves `POST /api/v1/entries`.
pub(super) async fn submit(
    State(api): State<Arc<Api>>,
    query: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(format!("{e}; `wait` is `durable` or `witnessed`")))?;
    require_sequence(&headers)?;
    if ask.wait == Wait::Witnessed && api.witnesses.as_ref().is_none_or(|w| !w.wanted()) {
        return Err(Problem::new(Code::NoWitnesses, "this log's policy asks no witness to cosign"));
    }
    let took = Stopwatch::start();
    let whole = body::read(&api, &headers, body, api.limits.submission_bytes).await?;
    let limit = api.limits.submission_entries;
    let split = sequence::split(&whole.bytes, limit);
    let split =
        split.ok_or_else(|| Problem::new(Code::TooLarge, format!("at most {limit} entries at once")))?;
    if split.items.is_empty() && split.tail.is_none() {
        return Err(Problem::bad("the body holds no entry"));
    }
    let tail = split.tail;
    let entries: Vec<Arc<[u8]>> = split.items.into_iter().map(Arc::from).collect();
    drop(whole.bytes);
    let mut outcomes = hand_in(&api, entries, whole.share).await?;
    outcomes.extend(tail.map(malformed));
    api.metrics.submitted(&outcomes, &took);

    let mut late = false;
    if ask.wait == Wait::Witnessed {
        (outcomes, late) = witnessed(&api, outcomes).await?;
    }
    Ok(answer(&headers, &outcomes, late))
}

pub(super) fn require_sequence(headers: &HeaderMap) -> Result<(), Problem> {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = stated.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(CBOR_SEQUENCE) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, format!("the body is `{essence}`, not `{CBOR_SEQUENCE}`")))
}

/// What could not be told apart gets one outcome of its own.
pub(super) fn malformed(tail: Malformed) -> Outcome {
    Err(Rejection::Malformed(EntryError::Envelope(tail)))
}

/// Hands entries to the ledger. What was handed over is finished even if the client goes away; until then it counts
/// against the number in flight.
pub(super) async fn hand_in(
    api: &Api,
    entries: Vec<Arc<[u8]>>,
    share: Option<tokio::sync::OwnedSemaphorePermit>,
) -> Result<Vec<Outcome>, Problem> {
    hand_in_by(api, entries, share, Ledger::submit_then).await
}

/// Takes what became of each entry, from a thread of the ledger.
type Reply<T> = Box<dyn FnOnce(Vec<T>) + Send>;
/// The ledger's method that takes entries.
type Way<T> = fn(&Ledger, Vec<Arc<[u8]>>, Reply<T>);

/// As [`hand_in`], by the ledger's method for it.
pub(super) async fn hand_in_by<T: Send + 'static>(
    api: &Api,
    entries: Vec<Arc<[u8]>>,
    share: Option<tokio::sync::OwnedSemaphorePermit>,
    submit: Way<T>,
) -> Result<Vec<T>, Problem> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let place = api.admission.enter()?;
    let (sender, receiver) = oneshot::channel();
    let ledger = api.app.ledger.clone();
    let reply = Box::new(move |outcomes: Vec<T>| {
        drop((place, share));
        // Whoever asked may have gone; the entries are in the log all the same.
        let _ = sender.send(outcomes);
    });
    // Verifies signatures, so not on a thread that serves others. Its end is the reply.
    drop(tokio::task::spawn_blocking(move || submit(&ledger, entries, reply)));
    let gone =
        |_| Problem::new(Code::StoreFailed, "nobody knows whether the entries are durable; send them again");
    receiver.await.map_err(gone)
}

/// Waits, not for ever, until the entries are under a cosigned checkpoint; says also whether time was over first.
async fn witnessed(api: &Api, outcomes: Vec<Outcome>) -> Result<(Vec<Outcome>, bool), Problem> {
    let Some(witnesses) = &api.witnesses else { return Ok((outcomes, true)) };
    let Some(size) = outcomes.iter().flatten().map(|r| r.index + 1).max() else {
        return Ok((outcomes, false));
    };
    let (mut cosigned, mut stopping) = (witnesses.watch(), api.stopping.subscribe());
    tokio::select! {
        _ = cosigned.wait_for(|c| *c >= size) => {}
        _ = stopping.wait_for(|s| *s) => {}
        () = tokio::time::sleep(api.limits.witness_wait) => {}
    }
    let Some(head) = witnesses.cosigned().filter(|h| h.size >= size) else { return Ok((outcomes, true)) };
    let again = api.blocking(move |ledger| {
        let tree = ledger.tree();
        let prove = |outcome: Outcome| match outcome {
            Ok(mut receipt) => {
                receipt.proof = tree.inclusion(receipt.index, head.size)?;
                receipt.size = head.size;
                receipt.checkpoint = head.checkpoint.clone();
                receipt.level = Level::Witnessed;
                Ok(Ok(receipt))
            }
            rejected => Ok(rejected),
        };
        outcomes.into_iter().map(prove).collect::<Result<Vec<_>, Problem>>()
    });
    Ok((again.await?, false))
}

/// 200: all are in the log; 202: they are, but witnesses have not cosigned yet; 207: some are; 422, 503: none is.
fn answer(headers: &HeaderMap, outcomes: &[Outcome], late: bool) -> Response {
    let accepted = outcomes.iter().filter(|o| o.is_ok()).count();
    let status = match accepted {
        0 => none_accepted(outcomes.iter().filter_map(|o| o.as_ref().err())),
        n if n < outcomes.len() => StatusCode::MULTI_STATUS,
        _ if late => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let uncached = (header::CACHE_CONTROL, "no-store");
    with_retry(if outcome::wants_cbor(headers) {
        let headers = [(header::CONTENT_TYPE, "application/cbor"), uncached];
        (status, headers, outcome::cbor(outcomes)).into_response()
    } else {
        let headers = [(header::CONTENT_TYPE, "application/json"), uncached];
        (status, headers, outcome::json(outcomes).to_string()).into_response()
    })
}
