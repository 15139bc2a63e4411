//! Who may speak and who has said how much: sources, and heads of streams.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use evidence::{Field, SourceId};
use ledger::{Ledger, Reading};
use serde::Deserialize;
use serde_json::{Value, json};
use world::sources::Source;
use world::streams::{Stream, StreamKey};

use super::Api;
use super::entries::private_json;
use super::moment::{Known, number};
use super::problem::{Code, Problem};
use super::token::Reader;

/// Most sources of a page, and how many unless the request says otherwise. Few, because the world is held meanwhile.
const PAGE: (usize, usize) = (100, 50);
/// How often a head is read again because its batch was not committed after all.
const ATTEMPTS: usize = 3;
/// How long a head waits until what it rests on is durable.
const PATIENCE: Duration = Duration::from_secs(2);

fn source_id(text: &str) -> Result<SourceId, Problem> {
    text.parse().map_err(|e| Problem::bad(format!("`{text}` names no source: {e}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    from: Option<String>,
    limit: Option<usize>,
    known: Option<String>,
}

/// Serves `GET /api/v1/sources`: in the order of their identifiers.
pub(super) async fn page(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let from = page.from.as_deref().map(source_id).transpose()?;
    let (most, usual) = PAGE;
    let limit = page.limit.unwrap_or(usual);
    if limit == 0 || limit > most {
        return Err(Problem::bad(format!("`limit` is 1 to {most}")));
    }
    let reading = api.app.ledger.read();
    let known = Known::asked(&reading, page.known.as_deref())?;
    let mut there = reading.sources().iter_from(from.as_ref()).filter(|(_, s)| s.enrolled < known.size);
    let sources: Vec<Value> =
        there.by_ref().take(limit).map(|(id, s)| source_json(id, s, known.size)).collect();
    let next = there.next().map(|(id, _)| id.to_string());
    Ok(private_json(&known.answer(json!({ "sources": sources, "next": next }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AsOf {
    known: Option<String>,
}

/// Serves `GET /api/v1/sources/{id}`.
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
    query: Result<Query<AsOf>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(as_of) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let id = source_id(&id)?;
    let reading = api.app.ledger.read();
    let known = Known::asked(&reading, as_of.known.as_deref())?;
    let source = reading.sources().get(&id).filter(|s| s.enrolled < known.size);
    let source = source.ok_or_else(|| Problem::new(Code::NotFound, format!("{id} is not enrolled")))?;
    Ok(private_json(&known.answer(source_json(&id, source, known.size))))
}

fn source_json(id: &SourceId, source: &Source, size: u64) -> Value {
    // A key introduced by entry i may sign from i + 1 on, except the ledger's own first one.
    let keys = source.keys.iter().filter(|k| k.from <= size).map(|k| {
        let until = k.until.filter(|until| *until < size);
        json!({
            "id": k.id.to_string(),
            "key": k.key.to_json(),
            "from": k.from,
            "until": until,
            "cause": until.and(k.cause).map(|c| c.to_json()),
            "doubtful_since": until.and(k.doubtful_since).map(|t| t.to_string()),
        })
    });
    json!({
        "source": id.to_string(),
        "kind": id.kind().word(),
        "name": source.name_at(size),
        "roles": source.roles_at(size),
        "suspended": source.suspended_at(size),
        "enrolled": source.enrolled,
        "keys": keys.collect::<Vec<_>>(),
        "quarantined": source.quarantined.iter().map(|(i, _)| *i).filter(|i| *i < size).collect::<Vec<_>>(),
    })
}

/// Serves `GET /api/v1/streams/{source}/{stream}`: where a stream ends, so that its source can continue it.
pub(super) async fn stream(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path((source, stream)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let source = source_id(&source)?;
    let stream = number(&stream).ok_or_else(|| Problem::bad("a stream is a number"))?;
    let key = StreamKey { source, stream };
    api.blocking(move |ledger| {
        for _ in 0..ATTEMPTS {
            if let Some((known, head)) = durable_head(ledger, &key)? {
                return Ok(private_json(&known.answer(stream_json(&key, &head))));
            }
        }
        Err(Problem::new(Code::Busy, "the stream's head is not durable yet"))
    })
    .await
}

/// The head of a stream, once everything it rests on is durable. The world runs ahead of durability: what it says is
/// held back until the log has caught up, and read again if that batch failed.
fn durable_head(ledger: &Ledger, key: &StreamKey) -> Result<Option<(Known, Stream)>, Problem> {
    let nothing = || Problem::new(Code::NotFound, format!("{} has no stream {}", key.source, key.stream));
    let (applied, head) = {
        let reading: Reading<'_> = ledger.read();
        (world::World::size(&reading), reading.streams().get(key).cloned())
    };
    if ledger.wait_beyond(applied.saturating_sub(1), PATIENCE) < applied {
        return Ok(None);
    }
    let head = head.ok_or_else(nothing)?;
    let (entry, _) = ledger.entry(head.last_index)?;
    let body = entry.body();
    let same = entry.hash() == head.last && (body.source, body.stream) == (key.source, key.stream);
    Ok(same.then(|| (Known::of(&ledger.read(), applied), head)))
}

fn stream_json(key: &StreamKey, head: &Stream) -> Value {
    let gaps = head.gaps.iter().map(|g| json!({ "from": g.from, "count": g.count, "since": g.since }));
    json!({
        "source": key.source.to_string(),
        "stream": key.stream,
        "next": head.next,
        "last": head.last.to_string(),
        "last_index": head.last_index,
        "entries": head.entries,
        "closed": head.closed,
        "gaps": gaps.collect::<Vec<_>>(),
        "forks": head.forks.iter().map(|(index, _)| *index).collect::<Vec<_>>(),
        "key": head.key.as_ref().map(|(from, key)| json!({ "from": from, "key": key.to_json() })),
    })
}
