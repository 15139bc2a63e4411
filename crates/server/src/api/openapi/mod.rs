//! The description of the API as OpenAPI 3.1, made from the table of addresses (`table`), served at
//! `/api/v1/openapi.json` and kept as `docs/api/openapi.json`. Objects may get further members within a version; what is
//! described stays.
//!
//! Not here: what each address does (its own module), the addresses of the pages, metrics.

mod operation;
pub(super) mod schema;
mod schemas;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tlog::Hash;

pub(super) use operation::Operation;

use super::problem::Code;

/// Groups of operations, in the order of the documentation.
const TAGS: [(&str, &str); 7] = [
    ("log", "The log as C2SP tlog-tiles serves it, and proofs."),
    ("entries", "Entries in and out, sources, streams, events, blobs."),
    ("devices", "What is known of devices, at two moments."),
    ("vulnerabilities", "From an advisory to the devices that carry what it is about."),
    ("design", "The design history: records, links, results, signatures, gaps, trace."),
    ("device protocol", "What devices and gateways speak (docs/spec/device-protocol.md)."),
    ("operation", "Health, and this description."),
];

/// The text and its entity tag.
static TEXT: LazyLock<(String, String)> = LazyLock::new(|| {
    let text = format!("{:#}\n", describe(super::routes::table().operations()));
    let tag = format!("\"{}\"", Hash::of(text.as_bytes()));
    (text, tag)
});

/// The description of the API: JSON, indented.
#[must_use]
pub fn text() -> &'static str {
    &TEXT.0
}

/// Serves `GET /api/v1/openapi.json`.
pub(super) async fn serve(headers: HeaderMap) -> Response {
    let (text, tag) = &*TEXT;
    let caching = [(header::CACHE_CONTROL, "public, max-age=3600"), (header::ETAG, tag.as_str())];
    let held = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if held.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}

/// The whole document (OpenAPI 3.1, 4.8.1).
fn describe(operations: &[Operation]) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        paths.entry(operation.path()).or_default().insert(operation.method.to_owned(), operation.to_json());
    }
    let tags: Vec<Value> =
        TAGS.iter().map(|(name, says)| json!({ "name": name, "description": says })).collect();
    let mut responses = operation::shared(operations);
    let failed = [Code::MethodNotAllowed, Code::Busy, Code::StoreFailed, Code::Damaged, Code::Internal];
    responses.insert("Failed".into(), operation::problem(&failed));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Vouchsafe",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Signed facts in, proofs and answers out. Answers carry two moments: `at`, when it was so, and `known`, what was known. Objects may get further members; a client passes over those it does not know. docs/api.md says more.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The server that gave this description." }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "A token whose SHA-256 is a `TokenIssued` fact; what is listed beside it are the scopes that it must have: `read` or `write`.",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "vouchsafe",
                    "description": "The session of someone signed in to the pages; `__Host-vouchsafe` where the server speaks TLS.",
                },
            },
            "responses": responses,
            "schemas": schemas::all(),
        },
    })
}
