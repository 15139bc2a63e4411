//! JSON and CBOR for programs: the log as C2SP tlog-tiles serves it, entries in and out, proofs, events, blobs, health.
//! Addresses and codes are in `docs/api.md`.
//!
//! Not here: HTML (`pages`), sessions (`auth`), listeners (`run`).

mod admission;
pub mod affected;
mod blobs;
mod body;
mod device;
mod devices;
mod entries;
mod events;
mod fleet;
mod health;
mod log;
mod moment;
pub mod openapi;
mod outcome;
pub mod problem;
mod proofs;
mod records;
mod releases;
mod routes;
pub mod sequence;
mod sources;
mod stored;
mod submit;
mod table;
pub mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::sync::{Semaphore, watch};

use crate::AppState;
use crate::metrics::Metrics;
use crate::witness::Witnesses;
use problem::{Code, Problem};

/// Bounds of what the API takes and gives at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most entries of one submission; not more than the ledger's own.
    pub submission_entries: usize,
    /// Most bytes of one submission; not more than the ledger's own.
    pub submission_bytes: usize,
    /// Submissions that are being verified or committed; more are told to come back.
    pub submissions: usize,
    /// KiB of request bodies held at once; more are told to come back.
    pub body_kib: usize,
    /// Most bytes of one blob.
    pub blob_bytes: usize,
    /// Most entries of one page.
    pub page_entries: usize,
    /// About most bytes of entries of one page.
    pub page_bytes: usize,
    /// Event streams open at once.
    pub streams: usize,
    /// Longest wait for witnesses.
    pub witness_wait: Duration,
    /// Silence after which an event stream sends a comment.
    pub keep_alive: Duration,
    /// How long an event stream waits for a client that does not read.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let ledger = ledger::Options::default();
        Self {
            submission_entries: ledger.submission_entries,
            submission_bytes: ledger.submission_bytes,
            submissions: 64,
            body_kib: 256 << 10,
            blob_bytes: 32 << 20,
            page_entries: 1_000,
            page_bytes: 4 << 20,
            streams: 256,
            witness_wait: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
            stall: Duration::from_secs(30),
        }
    }
}

/// What the handlers of the API share.
pub struct Api {
    pub(crate) app: AppState,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) witnesses: Option<Arc<Witnesses>>,
    /// Records with what the rules say of them, as asked for lately.
    designs: views::design::Designs,
    /// The durable size.
    grown: watch::Receiver<u64>,
    stopping: watch::Sender<bool>,
    admission: Arc<admission::Admission>,
    bodies: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    requests: AtomicU64,
    born: u64,
}

impl Api {
    /// Puts the API together; it listens to the ledger's commits from here on.
    #[must_use]
    pub fn new(app: AppState, limits: Limits, witnesses: Option<Arc<Witnesses>>) -> Arc<Self> {
        let metrics = Arc::new(Metrics::default());
        let (sender, grown) = watch::channel(0);
        let rise = move |size: u64| {
            sender.send_if_modified(|old| {
                let rises = size > *old;
                *old = size.max(*old);
                rises
            });
        };
        let counted = metrics.clone();
        let rise = Arc::new(rise);
        let hook = rise.clone();
        app.ledger.on_commit(Box::new(move |size| {
            counted.committed();
            hook(size);
        }));
        // The hook came first: no commit falls between it and this reading.
        let size = app.ledger.read().size;
        rise(size);
        Arc::new(Self {
            born: app.ledger.now().seconds(),
            designs: views::design::Designs::default(),
            admission: admission::Admission::new(limits.submissions),
            bodies: Arc::new(Semaphore::new(limits.body_kib)),
            streams: Arc::new(Semaphore::new(limits.streams)),
            requests: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
            app,
            limits,
            metrics,
            witnesses,
            grown,
        })
    }

    /// The counters behind this API.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        let size = self.app.ledger.read().size;
        let witnesses = self.witnesses.as_ref().map(|w| w.status());
        let feeds = crate::feeds::now(&self.app.ledger);
        self.metrics.text(size, &self.app.ledger.standing(), witnesses.as_deref(), &feeds)
    }

    /// Ends what would otherwise never end: event streams and waits for witnesses.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The routes.
    pub fn router(self: &Arc<Self>) -> Router {
        routes::table()
            .into_router()
            .route("/log/checkpoint/", any(nothing))
            .route("/api/{*path}", any(nothing))
            .route("/device/{*path}", any(nothing))
            .layer(middleware::from_fn_with_state(self.clone(), around))
            .with_state(self.clone())
    }

    /// Runs what reads the store where it may take its time.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ledger::Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.app.ledger.clone();
        let done = tokio::task::spawn_blocking(move || work(&ledger)).await;
        done.unwrap_or_else(|e| {
            tracing::error!(error = %e, "a handler failed");
            Err(Problem::new(Code::Internal, "the request could not be served"))
        })
    }
}

/// The routes with default limits and no witnesses: for tests, and for embedding. [`crate::run::serve`] does more.
pub fn router(app: AppState) -> Router {
    Api::new(app, Limits::default(), None).router()
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, "there is nothing at this address")
}

/// What is done around each request: an id, a line in the log without query or headers (they may hold secrets), counters,
/// and headers that every answer carries.
async fn around(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let number = api.requests.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{number:x}", api.born);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let took = crate::metrics::Stopwatch::start();
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && method != Method::HEAD {
        let allow = response.headers().get(header::ALLOW).cloned();
        response =
            Problem::new(Code::MethodNotAllowed, format!("{method} does nothing here")).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let status = response.status();
    api.metrics.answered(status.as_u16());
    tracing::info!(%id, %method, %path, status = status.as_u16(), micros = took.micros(), "request");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
