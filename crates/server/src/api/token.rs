//! Bearer tokens: whoever shows one reads on behalf of a source. The log knows the SHA-256 of a token alone, so that the
//! lookup compares hashes, and its timing tells nothing about tokens.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use evidence::SourceId;
use ledger::{Ledger, Reading};
use tlog::Hash;

use super::Api;
use super::problem::{Code, Problem};

/// The scope that opens reading.
pub const READ: &str = "read";
/// The scope that opens uploading blobs.
pub const WRITE: &str = "write";
/// Longest token looked at, in bytes.
const MAX_TOKEN: usize = 512;

/// Someone whose token is in the log; only its hash is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    hash: Hash,
    /// On whose behalf.
    pub source: SourceId,
}

impl Bearer {
    /// Whether the token still opens `scope`; streams ask again while they run.
    ///
    /// # Errors
    /// It expired, was revoked, or its source is suspended.
    pub fn still(&self, ledger: &Ledger, scope: &str) -> Result<(), Problem> {
        lookup(&ledger.read(), &self.hash, scope).map(drop)
    }
}

fn lookup(reading: &Reading<'_>, hash: &Hash, scope: &str) -> Result<SourceId, Problem> {
    let refuse = || Problem::new(Code::Unauthorised, "the token opens nothing: unknown, expired or revoked");
    let size = reading.size;
    let now = reading.clock().time_of(size.saturating_sub(1));
    // The world may be ahead of what is durable: an issue counts once durable, a revocation at once.
    let token = reading.sources().token(hash).filter(|t| t.issued < size);
    let token = token.filter(|t| t.revoked.is_none() && now < t.expires).ok_or_else(refuse)?;
    if reading.sources().get(&token.source).is_none_or(|s| s.suspended_at(world::World::size(reading))) {
        return Err(refuse());
    }
    if token.scopes.iter().any(|s| s == scope) {
        return Ok(token.source);
    }
    Err(Problem::new(Code::ForbiddenScope, format!("the token lacks the scope `{scope}`")))
}

/// Who is asking, if the request's token opens `scope`.
///
/// # Errors
/// No token, or one that does not open it.
pub fn bearer(ledger: &Ledger, headers: &HeaderMap, scope: &str) -> Result<Bearer, Problem> {
    let missing = || Problem::new(Code::Unauthorised, "this address takes a bearer token");
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
    let token = value.to_str().ok().and_then(|v| v.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, t)| t.trim());
    let token = token.filter(|t| !t.is_empty() && t.len() <= MAX_TOKEN).ok_or_else(missing)?;
    let hash = Hash::of(token.as_bytes());
    let source = lookup(&ledger.read(), &hash, scope)?;
    Ok(Bearer { hash, source })
}

/// A request that may read.
pub struct Reader(pub Bearer);

impl FromRequestParts<Arc<Api>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        bearer(&api.app.ledger, &parts.headers, READ).map(Self)
    }
}

/// A request that may follow events: by a token, or by the session of someone signed in to the pages.
pub enum Watcher {
    /// By a token.
    Bearer(Bearer),
    /// By a session: the headers that carry it.
    Session(HeaderMap),
}

impl Watcher {
    /// Whether it still may; streams ask again while they run.
    ///
    /// # Errors
    /// The token opens nothing any more, or the session is over.
    pub fn still(&self, api: &Api) -> Result<(), Problem> {
        match self {
            Self::Bearer(bearer) => bearer.still(&api.app.ledger, READ),
            Self::Session(headers) if api.app.auth.signed_in(headers) => Ok(()),
            Self::Session(_) => Err(Problem::new(Code::Unauthorised, "the session is over")),
        }
    }
}

impl FromRequestParts<Arc<Api>> for Watcher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) && api.app.auth.signed_in(&parts.headers) {
            return Ok(Self::Session(parts.headers.clone()));
        }
        bearer(&api.app.ledger, &parts.headers, READ).map(Self::Bearer)
    }
}

/// A request that may upload blobs.
pub struct Uploader(pub Bearer);

impl FromRequestParts<Arc<Api>> for Uploader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        bearer(&api.app.ledger, &parts.headers, WRITE).map(Self)
    }
}
