//! Evidence too large for entries: uploaded before the entry that names it, found by its digest.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tlog::Hash;

use super::problem::{Code, Problem};
use super::token::{Reader, Uploader};
use super::{Api, body};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stated {
    sha256: Option<String>,
}

/// Serves `PUT /api/v1/blobs[?sha256=DIGEST]`: keeps the body and says its digest. 201 if it is new, 200 if it was there.
pub(super) async fn put(
    State(api): State<Arc<Api>>,
    _: Uploader,
    query: Result<Query<Stated>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Query(stated) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let stated = stated.sha256.as_deref().map(digest).transpose()?;
    let whole = body::read(&api, &headers, body, api.limits.blob_bytes).await?;
    let done = api.blocking(move |ledger| {
        let digest = Hash::of(&whole.bytes);
        if let Some(stated) = stated.filter(|stated| *stated != digest) {
            let detail = format!("the body's digest is {digest}, not {stated}; nothing was kept");
            return Err(Problem::new(Code::DigestMismatch, detail));
        }
        let there = ledger.blobs().has(&digest)?;
        if !there {
            ledger.blobs().put(&whole.bytes)?;
        }
        drop(whole.share);
        Ok((there, digest, whole.bytes.len()))
    });
    let (there, digest, length) = done.await?;
    let status = if there { StatusCode::OK } else { StatusCode::CREATED };
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::LOCATION, format!("/api/v1/blobs/{digest}")),
    ];
    Ok((status, headers, json!({ "sha256": digest.to_string(), "length": length }).to_string())
        .into_response())
}

/// Serves `GET /api/v1/blobs/{digest}`.
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let digest = digest(&name)?;
    let found = api.blocking(move |ledger| Ok(ledger.blobs().get(&digest)?)).await?;
    let bytes = found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no blob {digest}")))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        // Somebody else's bytes: never shown in the browser as if they were ours.
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
    ];
    Ok((headers, bytes).into_response())
}

fn digest(text: &str) -> Result<Hash, Problem> {
    Hash::from_hex(text).map_err(|_| Problem::bad("a digest is 64 lowercase hexadecimal digits"))
}
