//! What became of each entry of a submission, as JSON and as CBOR.

use axum::http::{HeaderMap, header};
use evidence::cbor::Writer;
use ledger::{Level, Outcome, Receipt, Rejection};
use serde_json::{Value, json};
use tlog::Hash;

/// Keys of the CBOR answer, one map an item.
mod key {
    pub(super) const INDEX: i64 = 1;
    pub(super) const ENTRY: i64 = 2;
    pub(super) const LEAF: i64 = 3;
    pub(super) const LEVEL: i64 = 4;
    pub(super) const SIZE: i64 = 5;
    pub(super) const CHECKPOINT: i64 = 6;
    pub(super) const PROOF: i64 = 7;
    pub(super) const REPEATED: i64 = 8;
    pub(super) const CODE: i64 = -1;
    pub(super) const MESSAGE: i64 = -2;
    pub(super) const HINT: i64 = -3;
}

/// Whether the client prefers CBOR: it names it and does not name JSON.
pub(super) fn wants_cbor(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let names =
        |want: &str| accept.split(',').any(|t| t.split(';').next().unwrap_or_default().trim() == want);
    (names("application/cbor") || names("application/cbor-seq")) && !names("application/json")
}

/// Hashes in hexadecimal.
pub(super) fn hex(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(ToString::to_string).collect()
}

/// The whole answer as JSON.
pub(super) fn json(outcomes: &[Outcome]) -> Value {
    let accepted = outcomes.iter().filter(|o| o.is_ok()).count();
    let items: Vec<Value> =
        outcomes.iter().map(|o| o.as_ref().map_or_else(rejection_json, receipt_json)).collect();
    json!({ "accepted": accepted, "rejected": outcomes.len() - accepted, "items": items })
}

fn receipt_json(receipt: &Receipt) -> Value {
    json!({
        "index": receipt.index,
        "entry": receipt.entry.to_string(),
        "leaf": receipt.leaf.to_string(),
        "level": receipt.level.word(),
        "repeated": receipt.repeated,
        "size": receipt.size,
        "checkpoint": &*receipt.checkpoint,
        "proof": hex(&receipt.proof),
    })
}

fn rejection_json(rejection: &Rejection) -> Value {
    json!({
        "code": rejection.code(),
        "message": rejection.to_string(),
        "hint": rejection.hint(),
        "temporary": rejection.is_temporary(),
    })
}

/// The whole answer as deterministic CBOR: an array of maps.
pub(super) fn cbor(outcomes: &[Outcome]) -> Vec<u8> {
    let mut w = Writer::with_capacity(outcomes.len() * 512);
    w.array(outcomes.len());
    for outcome in outcomes {
        match outcome {
            Ok(receipt) => receipt_cbor(&mut w, receipt),
            Err(rejection) => {
                w.map(3);
                for (key, text) in [
                    (key::CODE, rejection.code()),
                    (key::MESSAGE, &rejection.to_string()),
                    (key::HINT, rejection.hint()),
                ] {
                    w.int(key);
                    w.text(text);
                }
            }
        }
    }
    w.into_bytes()
}

fn receipt_cbor(w: &mut Writer, receipt: &Receipt) {
    w.map(8);
    w.int(key::INDEX);
    w.uint(receipt.index);
    w.int(key::ENTRY);
    w.bytes(&receipt.entry.0);
    w.int(key::LEAF);
    w.bytes(&receipt.leaf.0);
    w.int(key::LEVEL);
    w.uint(match receipt.level {
        Level::Staged => 0,
        Level::Durable => 1,
        Level::Witnessed => 2,
    });
    w.int(key::SIZE);
    w.uint(receipt.size);
    w.int(key::CHECKPOINT);
    w.text(&receipt.checkpoint);
    w.int(key::PROOF);
    w.array(receipt.proof.len());
    receipt.proof.iter().for_each(|h| w.bytes(&h.0));
    w.int(key::REPEATED);
    w.bool(receipt.repeated);
}
