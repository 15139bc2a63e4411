//! HTML for people, rendered on the server. How a new page uses the shell: `docs/pages.md`.
//!
//! | module | holds |
//! |---|---|
//! | `shell` | what stands around every page: bar, as-of strip, alarm, foot |
//! | `moments` | the two moments of a page, from its address to the world they mean |
//! | `replay` | worlds of past sizes |
//! | `census` | the fleet counted, so that pages over it are quick |
//! | `beside`, `concern` | what takes longer than a page may; what concerns the releases |
//! | `overview`, `fleet`, `device`, `findings`, `releases`, `vulnerabilities`, `vulnerability`, `metrics`, `records`, `log`, `entry`, `sources`, `source`, `search`, `sign_in` | pages |
//! | `sheet` | a list as a file: CSV, JSON |
//! | `markup`, `content`, `phrase`, `words`, `chart` | parts of pages |
//! | `assets`, `headers` | style sheets and script; what every answer carries |
//!
//! Not here: what things mean (`world`), what is proven (`ledger::properties`), the API.

mod assets;
mod beside;
mod census;
mod chart;
mod concern;
mod content;
mod device;
mod entry;
mod error;
mod findings;
mod fleet;
mod headers;
mod log;
mod markup;
mod metrics;
mod moments;
mod overview;
mod phrase;
mod records;
mod release;
mod releases;
mod replay;
mod search;
mod search_design;
mod search_fleet;
mod sheet;
mod shell;
mod sign_in;
mod source;
mod sources;
mod vulnerabilities;
mod vulnerability;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::AppState;
use beside::Beside;
use error::PageError;
use replay::Replays;

/// Longest query string that is read.
const MAX_QUERY: usize = 4_096;

/// What pages have beside the server's state.
#[derive(Clone)]
struct Pages {
    app: AppState,
    replays: Arc<Replays>,
    census: census::Keeper,
    designs: Arc<views::design::Designs>,
    worked: Arc<Worked>,
    /// Files that may be written at once.
    files: Arc<tokio::sync::Semaphore>,
}

/// What is worked out beside pages and kept.
struct Worked {
    readiness: Beside<views::design::Version, Result<records::Readiness, String>>,
    pasts: Beside<(evidence::Time, u64), views::population::Past>,
    now: Beside<u64, concern::Concern>,
    over: Beside<concern::Since, concern::Over>,
}

impl Default for Worked {
    fn default() -> Self {
        Self { readiness: Beside::new(16), pasts: Beside::new(4), now: Beside::new(2), over: Beside::new(4) }
    }
}

/// A page being asked for: where, with which query.
struct Ask {
    pages: Pages,
    /// Path of the page.
    path: String,
    /// Parameters of the query; of several with one name the last.
    query: BTreeMap<String, String>,
}

impl Ask {
    /// A parameter that is there and not empty.
    fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(|v| v.trim()).filter(|v| !v.is_empty())
    }
}

/// The pages, sign-in and static files. Everything but the latter two needs a session.
pub fn router(state: AppState) -> Router {
    let census = census::Keeper::default();
    census.begin(&state.ledger);
    let pages = Pages {
        app: state,
        replays: Arc::default(),
        census,
        designs: Arc::default(),
        worked: Arc::default(),
        files: Arc::new(tokio::sync::Semaphore::new(sheet::MAX_FILES)),
    };
    let inside = Router::new()
        .route("/", get(overview_page))
        .route("/fleet", get(fleet_page))
        .route("/fleet/{subject}", get(device_page))
        .route("/fleet/{subject}/proof", get(proof_page))
        .route("/fleet/{subject}/proof.json", get(proof_file))
        .route("/findings", get(findings_page))
        .route("/releases", get(releases_page))
        .route("/releases/{index}", get(release_page))
        .route("/vulnerabilities", get(vulnerabilities_page))
        .route("/vulnerability-metrics", get(metrics_page))
        .route("/vulnerabilities/{*id}", get(vulnerability_page))
        .merge(records::routes())
        .route("/log", get(log_page))
        .route("/log/{index}", get(entry_page))
        .route("/sources", get(sources_page))
        .route("/sources/{id}", get(source_page))
        .route("/search", get(search_page))
        .fallback(nowhere)
        .layer(from_fn_with_state(pages.clone(), need_session));
    let outside = Router::new()
        .route("/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/static/{name}", get(assets::serve));
    inside.merge(outside).layer(from_fn(bound_query)).layer(map_response(headers::add)).with_state(pages)
}

/// Deny by default: without a session there is the sign-in page and nothing else.
async fn need_session(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if pages.app.auth.signed_in(request.headers()) {
        return next.run(request).await;
    }
    if request.method() != Method::GET || request.uri().path().starts_with("/api/") {
        let why = "Sign in first: this needs a session.\n";
        return (StatusCode::UNAUTHORIZED, why).into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let target = if wanted == "/" {
        "/sign-in".to_owned()
    } else {
        format!("/sign-in?next={}", markup::percent(wanted))
    };
    Redirect::to(&target).into_response()
}

async fn bound_query(request: Request, next: Next) -> Response {
    if request.uri().query().is_some_and(|q| q.len() > MAX_QUERY) {
        return (StatusCode::URI_TOO_LONG, "The address is too long.\n").into_response();
    }
    next.run(request).await
}

/// Runs a page where it may wait for the store, and puts whatever goes wrong into the shell.
async fn run(
    pages: Pages,
    uri: Uri,
    query: BTreeMap<String, String>,
    page: impl FnOnce(&Ask) -> Result<Response, PageError> + Send + 'static,
) -> Response {
    let work = move || {
        let ask = Ask { pages, path: uri.path().to_owned(), query };
        page(&ask).unwrap_or_else(|e| e.render(&ask))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| {
        tracing::error!(error = %e, "a page failed");
        (StatusCode::INTERNAL_SERVER_ERROR, "The page failed; the log is not touched by that.\n")
            .into_response()
    })
}

type Params = Query<BTreeMap<String, String>>;

async fn overview_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, overview::page).await
}

async fn fleet_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, fleet::page).await
}

async fn device_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(subject): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| device::page(ask, &subject)).await
}

async fn proof_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(subject): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| device::proof_page(ask, &subject)).await
}

async fn proof_file(
    State(pages): State<Pages>,
    uri: Uri,
    Path(subject): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| device::proof_file(ask, &subject)).await
}

async fn vulnerabilities_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, vulnerabilities::page).await
}

async fn vulnerability_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(id): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| vulnerability::page(ask, &id)).await
}

async fn metrics_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, metrics::page).await
}

async fn findings_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, findings::page).await
}

async fn releases_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, releases::page).await
}

async fn release_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(index): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| release::page(ask, &index)).await
}

async fn log_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, log::page).await
}

async fn entry_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(index): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| entry::page(ask, &index)).await
}

async fn sources_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, sources::list).await
}

async fn source_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(id): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| source::page(ask, &id)).await
}

async fn search_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, search::page).await
}

async fn nowhere(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, |ask| Err(PageError::nowhere(&ask.path))).await
}
