//! What is answered when a request is not served: RFC 9457 problem documents, with `code` for machines and `hint` for
//! people. The one place where errors of the ledger become statuses of HTTP. The table is in `docs/api.md`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::{LedgerError, Rejection};

/// Seconds after which a client that met a temporary refusal may come back.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request cannot be understood.
    BadRequest,
    /// The request's body did not arrive in time.
    Timeout,
    /// The body is of a type that is not taken here.
    UnsupportedMediaType,
    /// More than is taken at once.
    TooLarge,
    /// No token, or one that opens nothing.
    Unauthorised,
    /// A token without the scope.
    ForbiddenScope,
    /// There is nothing here.
    NotFound,
    /// The method does nothing here.
    MethodNotAllowed,
    /// An identifier that several devices have.
    Ambiguous,
    /// An index or size that the log has not reached.
    OutOfRange,
    /// The policy names no witness, so nothing will be witnessed.
    NoWitnesses,
    /// The blob's digest is another one than stated.
    DigestMismatch,
    /// Too many requests of this kind are being served.
    Busy,
    /// The store cannot be read or written now.
    StoreFailed,
    /// What is stored is not what was stored.
    Damaged,
    /// The server failed.
    Internal,
}

/// Every code, for the table of the documentation.
pub const CODES: &[Code] = &[
    Code::BadRequest,
    Code::Timeout,
    Code::UnsupportedMediaType,
    Code::TooLarge,
    Code::Unauthorised,
    Code::ForbiddenScope,
    Code::NotFound,
    Code::MethodNotAllowed,
    Code::Ambiguous,
    Code::OutOfRange,
    Code::NoWitnesses,
    Code::DigestMismatch,
    Code::Busy,
    Code::StoreFailed,
    Code::Damaged,
    Code::Internal,
];

impl Code {
    /// The stable word, the status and the hint.
    #[must_use]
    pub const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::BadRequest => {
                ("bad_request", StatusCode::BAD_REQUEST, "see docs/api.md for what is expected here")
            }
            Self::Timeout => (
                "timeout",
                StatusCode::REQUEST_TIMEOUT,
                "send the whole body at once; the same entries are safe to send again",
            ),
            Self::UnsupportedMediaType => (
                "unsupported_media_type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send entries as `application/cbor-seq` (RFC 8742)",
            ),
            Self::TooLarge => ("too_large", StatusCode::PAYLOAD_TOO_LARGE, "send less at once"),
            Self::Unauthorised => (
                "unauthorised",
                StatusCode::UNAUTHORIZED,
                "send `Authorization: Bearer TOKEN` with a token that an administrator issued and that has not expired",
            ),
            Self::ForbiddenScope => (
                "forbidden_scope",
                StatusCode::FORBIDDEN,
                "ask an administrator for a token with the scope that the answer names",
            ),
            Self::NotFound => {
                ("not_found", StatusCode::NOT_FOUND, "check the address; docs/api.md lists them all")
            }
            Self::MethodNotAllowed => {
                ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "see the `Allow` header for what is")
            }
            Self::Ambiguous => (
                "ambiguous",
                StatusCode::CONFLICT,
                "ask by one of the identifiers in `detail`, such as `dev:…` or `asset:…`",
            ),
            Self::OutOfRange => (
                "out_of_range",
                StatusCode::NOT_FOUND,
                "ask for less than the size that the checkpoint states",
            ),
            Self::NoWitnesses => (
                "no_witnesses",
                StatusCode::BAD_REQUEST,
                "ask for `wait=durable`; witnesses are named in the server's tlog-policy file",
            ),
            Self::DigestMismatch => (
                "digest_mismatch",
                StatusCode::UNPROCESSABLE_ENTITY,
                "read the file again and upload it anew",
            ),
            Self::Busy => {
                ("busy", StatusCode::SERVICE_UNAVAILABLE, "come back after the time in `Retry-After`")
            }
            Self::StoreFailed => (
                "store_failed",
                StatusCode::SERVICE_UNAVAILABLE,
                "come back later; the operator finds the reason in the server's log and at /healthz",
            ),
            Self::Damaged => (
                "damaged",
                StatusCode::INTERNAL_SERVER_ERROR,
                "tell the operator to run `vouchsafe log verify`",
            ),
            Self::Internal => (
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "tell the operator the request id; the server's log says more",
            ),
        }
    }
}

/// A problem document (RFC 9457). Its type is `about:blank`: `code` tells problems apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    /// Seconds after which to come back, where that is known better than usually.
    retry: Option<u64>,
}

impl Problem {
    /// A problem, with what is wrong this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry: None }
    }

    /// There is no place now; there will be one in so many seconds.
    pub fn busy(seconds: u64, detail: impl Into<String>) -> Self {
        Self { retry: Some(seconds), ..Self::new(Code::Busy, detail) }
    }

    /// The request cannot be understood.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, detail)
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        let code = match &error {
            LedgerError::OutOfRange { .. } => Code::OutOfRange,
            LedgerError::Store(e) if matches!(e.problem, ledger::ports::Problem::Damaged(_)) => Code::Damaged,
            LedgerError::Store(_) | LedgerError::Thread { .. } => Code::StoreFailed,
            LedgerError::BadEntry { .. } | LedgerError::BadCheckpoint(_) => Code::Damaged,
            _ => Code::Internal,
        };
        if code != Code::OutOfRange {
            tracing::error!(error = %error, "a request was not served");
        }
        Self::new(code, error.to_string())
    }
}

impl From<ledger::ports::StoreError> for Problem {
    fn from(error: ledger::ports::StoreError) -> Self {
        LedgerError::Store(error).into()
    }
}

/// The status of a submission of which nothing was accepted.
#[must_use]
pub fn none_accepted<'a>(rejections: impl IntoIterator<Item = &'a Rejection>) -> StatusCode {
    let temporary = |r: &Rejection| matches!(r, Rejection::Unavailable(_) | Rejection::OutcomeUnknown(_));
    if rejections.into_iter().all(temporary) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Adds `Retry-After` to an answer that says "not now".
#[must_use]
pub fn with_retry(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(RETRY_AFTER);
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, status, hint) = self.code.row();
        let document = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": self.detail,
            "code": code,
            "hint": hint,
        });
        let headers =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, document.to_string()).into_response();
        if let Some(seconds) = self.retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let mut response = with_retry(response);
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"vouchsafe\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
