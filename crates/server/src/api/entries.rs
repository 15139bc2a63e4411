//! Entries out: one, or a page of them; as JSON for people or as the bytes that were signed.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use evidence::Entry;
use ledger::{Ledger, LedgerError};
use serde::Deserialize;
use serde_json::{Value, json};
use world::journal::Flag;

use super::moment::{Known, number};
use super::outcome::wants_cbor;
use super::problem::{Code, Problem};
use super::token::Reader;
use super::{Api, stored};

/// Entries of a page unless the request says otherwise.
const PAGE: usize = 100;

/// Serves `GET /api/v1/entries/{index}`.
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(index): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let index =
        number(&index).ok_or_else(|| Problem::new(Code::NotFound, format!("`{index}` is no index")))?;
    let raw = wants_cbor(&headers);
    api.blocking(move |ledger| {
        let (entry, bytes) = ledger.entry(index)?;
        if raw {
            let kind =
                [(header::CONTENT_TYPE, "application/cbor"), (header::CACHE_CONTROL, "private, immutable")];
            return Ok((kind, bytes.to_vec()).into_response());
        }
        let known = Known::now(&ledger.read());
        Ok(private_json(&known.answer(described(ledger, index, &entry, known.size))))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

/// Serves `GET /api/v1/entries?from=&limit=`.
pub(super) async fn page(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(page) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let most = api.limits.page_entries;
    let limit = page.limit.unwrap_or(PAGE.min(most));
    if limit == 0 || limit > most {
        return Err(Problem::bad(format!("`limit` is 1 to {most}")));
    }
    let (raw, bytes) = (wants_cbor(&headers), api.limits.page_bytes);
    api.blocking(move |ledger| {
        let tree = ledger.tree();
        if page.from > tree.size() {
            return Err(LedgerError::OutOfRange { what: "entry", got: page.from, size: tree.size() }.into());
        }
        let entries = stored::read(&**ledger.log(), &tree, page.from, limit, bytes)?;
        let next = page.from + entries.len() as u64;
        if raw {
            let kind = [
                (header::CONTENT_TYPE, "application/cbor-seq"),
                (header::CACHE_CONTROL, "private, no-cache"),
            ];
            let mut response = (kind, entries.concat()).into_response();
            // Where the next page begins; RFC 8288.
            if next < tree.size()
                && let Ok(link) = HeaderValue::try_from(format!(
                    "</api/v1/entries?from={next}&limit={limit}>; rel=\"next\""
                ))
            {
                response.headers_mut().insert(header::LINK, link);
            }
            return Ok(response);
        }
        let known = Known::of(&ledger.read(), tree.size());
        let items = (page.from..).zip(&entries).map(|(index, raw)| {
            let entry = decode(index, raw)?;
            Ok(described(ledger, index, &entry, known.size))
        });
        let items = items.collect::<Result<Vec<_>, Problem>>()?;
        let next = (next < tree.size()).then_some(next);
        Ok(private_json(&known.answer(json!({ "from": page.from, "next": next, "entries": items }))))
    })
    .await
}

/// Decodes what the log holds.
pub(super) fn decode(index: u64, raw: &[u8]) -> Result<Entry, Problem> {
    let bad = |e: evidence::EntryError| LedgerError::BadEntry { index, reason: e.to_string() };
    Ok(Entry::decode(raw).map_err(bad)?)
}

/// An entry with its index, its log time, and what was said about it later.
fn described(ledger: &Ledger, index: u64, entry: &Entry, known: u64) -> Value {
    let reading = ledger.read();
    let flags: Vec<Value> = reading
        .journal()
        .flags(index, known)
        .map(|flag| match flag {
            Flag::Corrected { by, at } => json!({ "flag": "corrected", "by": by, "at": at }),
            Flag::Voided { at } => json!({ "flag": "voided", "at": at }),
        })
        .collect();
    let time = reading.clock().time_of(index).to_string();
    let mut whole = json!({ "index": index, "logged": time });
    if let Value::Object(map) = &mut whole {
        if !flags.is_empty() {
            map.insert("flags".into(), flags.into());
        }
        if let Value::Object(entry) = evidence::json::entry_json(entry) {
            map.extend(entry);
        }
    }
    whole
}

/// An answer that only who asked may keep, and must ask about again.
pub(super) fn private_json(value: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "private, no-cache")];
    (headers, value.to_string()).into_response()
}
