//! Whether the server takes entries. For load balancers and people on call; says no more than that and why.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::Standing;
use serde_json::json;

use super::Api;
use super::moment::Known;
use super::problem::with_retry;

/// Serves `GET /healthz`: 200 while entries are taken, else 503 with the reason. Reading goes on either way.
pub(super) async fn health(State(api): State<Arc<Api>>) -> Response {
    let ledger = &api.app.ledger;
    let standing = ledger.standing();
    let (word, why) = match &standing {
        Standing::Writable => ("writable", None),
        Standing::ReadOnly(doubt) => ("read-only", Some(doubt.to_string())),
        Standing::Rebuilding(why) => ("rebuilding", Some(why.clone())),
    };
    let status = if why.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let cosigned = api.witnesses.as_ref().and_then(|w| w.cosigned()).map(|head| head.size);
    let known = Known::now(&ledger.read());
    // A stale feed keeps nobody from handing in entries: it is said, and the status stays.
    let stale: Vec<_> = crate::feeds::now(ledger)
        .into_iter()
        .filter_map(|f| Some(json!({ "feed": f.name, "since": f.stale?.to_string() })))
        .collect();
    let answer =
        known.answer(json!({ "standing": word, "reason": why, "cosigned": cosigned, "stale_feeds": stale }));
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    with_retry((status, headers, answer.to_string()).into_response())
}
