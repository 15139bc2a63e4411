//! Proofs that anyone may fetch: inclusion and consistency.
//!
//! A proof names the leaf hash alone, which covers the signature. The entry hash covers the body only, and whoever can
//! guess a body could confirm it by that hash; it takes a token.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger::{LedgerError, Level};
use serde::Deserialize;
use serde_json::{Value, json};
use tlog::packet::LogProof;
use tlog::{Checkpoint, Note};

use super::Api;
use super::moment::{Known, number};
use super::outcome::hex;
use super::problem::{Code, Problem};

/// Ending of the address that gives the C2SP tlog-proof file.
const PACKET: &str = ".tlog-proof";

/// Serves `GET /api/v1/proof/{index}` and `GET /api/v1/proof/{index}.tlog-proof`: against the largest cosigned checkpoint
/// that covers the entry, else against the durable one.
pub(super) async fn inclusion(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (text, packet) = name.strip_suffix(PACKET).map_or((name.as_str(), false), |text| (text, true));
    let index = number(text).ok_or_else(|| Problem::new(Code::NotFound, format!("`{name}` is no index")))?;
    let cosigned = api.witnesses.as_ref().and_then(|w| w.cosigned()).filter(|head| index < head.size);
    api.blocking(move |ledger| {
        // Checkpoint first: the tree is never behind it.
        let durable = ledger.checkpoint();
        let tree = ledger.tree();
        let (level, note) =
            cosigned.map_or((Level::Durable, durable), |head| (Level::Witnessed, head.checkpoint));
        let checkpoint = Note::parse(note.as_bytes()).map_err(damaged)?;
        let size = Checkpoint::parse(checkpoint.text()).map_err(damaged)?.size;
        let hashes = tree.inclusion(index, size)?;
        if packet {
            let file = LogProof { extra: None, index, hashes, checkpoint }.to_string();
            let name = format!("attachment; filename=\"{index}{PACKET}\"");
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "public, no-cache".to_owned()),
            ];
            return Ok((headers, file).into_response());
        }
        let known = Known::of(&ledger.read(), size);
        Ok(public_json(&known.answer(json!({
            "index": index,
            "leaf": tree.leaf(index)?.to_string(),
            "level": level.word(),
            "size": size,
            "checkpoint": &*note,
            "proof": hex(&hashes),
        }))))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sizes {
    old: u64,
    new: Option<u64>,
}

/// Serves `GET /api/v1/consistency?old=&new=`.
pub(super) async fn consistency(
    State(api): State<Arc<Api>>,
    query: Result<Query<Sizes>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(sizes) = query.map_err(|e| Problem::bad(e.to_string()))?;
    api.blocking(move |ledger| {
        let tree = ledger.tree();
        let new = sizes.new.unwrap_or(tree.size());
        if sizes.old > new {
            return Err(Problem::bad(format!("`old` {} is larger than `new` {new}", sizes.old)));
        }
        let proof = tree.consistency(sizes.old, new)?;
        let (old_root, new_root) = (tree.root_at(sizes.old)?, tree.root_at(new)?);
        let known = Known::of(&ledger.read(), tree.size());
        Ok(public_json(&known.answer(json!({
            "old": sizes.old,
            "new": new,
            "old_root": old_root.to_string(),
            "new_root": new_root.to_string(),
            "proof": hex(&proof),
        }))))
    })
    .await
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
pub(super) fn damaged(error: tlog::Error) -> Problem {
    LedgerError::BadCheckpoint(error.to_string()).into()
}

fn public_json(value: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, no-cache")];
    (headers, value.to_string()).into_response()
}
