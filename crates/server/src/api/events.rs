//! Server-sent events (WHATWG HTML, 9.2): one event an entry from an index on, in order, each once. The id of an event is
//! the entry's index, so a client that comes back with `Last-Event-ID` misses nothing and gets nothing twice.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use evidence::Entry;
use ledger::LedgerError;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::moment::number;
use super::problem::{Code, Problem};
use super::token::Watcher;
use super::{Api, entries, stored};

/// Entries read at once for one stream.
const CHUNK: usize = 256;
/// Bytes of entries read at once for one stream.
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks that wait for a client; it then gets no more until it reads.
const BUFFERED: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    from: Option<u64>,
}

/// Serves `GET /api/v1/events?from=INDEX`; without `from`, what comes after the present head.
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    watcher: Watcher,
    query: Result<Query<From>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(From { from }) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let size = api.app.ledger.read().size;
    let next = match headers.get("last-event-id") {
        None => from.unwrap_or(size),
        Some(last) => {
            let last = last.to_str().ok().and_then(number);
            last.ok_or_else(|| Problem::bad("`Last-Event-ID` is the index of an entry"))?.saturating_add(1)
        }
    };
    if next > size {
        return Err(LedgerError::OutOfRange { what: "entry", got: next, size }.into());
    }
    let place = api.streams.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::new(Code::Busy, "too many event streams are open"))?;
    let (sender, receiver) = mpsc::channel(BUFFERED);
    tokio::spawn(run(api, watcher, next, sender, place));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(Chunks(receiver))).into_response())
}

pub(super) struct Chunks(mpsc::Receiver<Bytes>);

impl Chunks {
    /// A body of what is sent.
    pub(super) const fn of(receiver: mpsc::Receiver<Bytes>) -> Self {
        Self(receiver)
    }
}

impl futures_core::Stream for Chunks {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(Ok))
    }
}

/// Feeds one stream until the client goes, stops reading, loses its token or session, or the server stops.
async fn run(
    api: Arc<Api>,
    watcher: Watcher,
    mut next: u64,
    to: mpsc::Sender<Bytes>,
    _place: OwnedSemaphorePermit,
) {
    let (mut grown, mut stopping) = (api.grown.clone(), api.stopping.subscribe());
    // Headers reach the client with the first bytes.
    let mut chunk = Bytes::from_static(b"retry: 1000\n\n");
    loop {
        // Asked between reading and sending: what was read under a token that is revoked by now reaches nobody.
        if *stopping.borrow() || watcher.still(&api).is_err() {
            return;
        }
        match tokio::time::timeout(api.limits.stall, to.send(chunk)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
        if next >= *grown.borrow_and_update() {
            tokio::select! {
                changed = grown.changed() => if changed.is_err() { return },
                _ = stopping.changed() => return,
                () = to.closed() => return,
                () = tokio::time::sleep(api.limits.keep_alive) => {
                    chunk = Bytes::from_static(b": nothing new\n\n");
                    continue;
                }
            }
        }
        match api.blocking(move |ledger| read(ledger, next)).await {
            Ok((text, after)) => (chunk, next) = (text, after),
            // What the error says was logged; the client comes back and is told.
            Err(_) => return,
        }
    }
}

/// The events from `next` on, at most a chunk of them, and the index after them.
fn read(ledger: &ledger::Ledger, next: u64) -> Result<(Bytes, u64), Problem> {
    let tree = ledger.tree();
    let entries = stored::read(&**ledger.log(), &tree, next, CHUNK, CHUNK_BYTES)?;
    let mut text = String::with_capacity(entries.len() * 320);
    for (index, raw) in (next..).zip(&entries) {
        let entry = entries::decode(index, raw)?;
        let time = ledger.read().clock().time_of(index);
        event(&mut text, index, time, &entry);
    }
    Ok((Bytes::from(text), next + entries.len() as u64))
}

fn event(text: &mut String, index: u64, time: evidence::Time, entry: &Entry) {
    let body = entry.body();
    let data = json!({
        "index": index,
        "entry": entry.hash().to_string(),
        "logged": time.to_string(),
        "fact": body.fact.name(),
        "source": body.source.to_string(),
        "stream": body.stream,
        "sequence": body.sequence,
    });
    // JSON escapes line breaks, so the data is one line.
    text.push_str(&format!("id: {index}\ndata: {data}\n\n"));
}
