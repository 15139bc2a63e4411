//! The design history for people: `/records`, one record, `/trace`, `/gaps`. What the pages share is here: which line, and the
//! records of a line at the moments of the page with what the rules say of them.
//!
//! | module | holds |
//! |---|---|
//! | `list` | `/records`: every record of a line, by kind and state |
//! | `record` | `/records/ID`: one record with its links, results, gaps, signatures and history |
//! | `trace` | `/trace`: the matrix between kinds, and its graph (`graph`) |
//! | `gaps` | `/gaps`: what is missing, by rule or by clause |
//! | `rules` | `/rules`: what is asked, and how each rule fared |
//! | `risk` | `/risk`: the risk matrix before and after control |
//! | `families`, `readiness` | rules by clause family, in numbers |

mod around;
mod families;
mod gaps;
mod graph;
mod list;
mod readiness;
mod record;
mod risk;
mod rules;
mod state;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use views::design::{Design, DesignError, Moment};

use super::error::PageError;
use super::markup::percent;
use super::moments::View;
use super::{Ask, Pages, run};

/// Threads that evaluate at once.
const THREADS: usize = 2;

/// The addresses.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/records", get(list_page))
        .route("/records/{id}", get(record_page))
        .route("/trace", get(trace_page))
        .route("/gaps", get(gaps_page))
        .route("/rules", get(rules_page))
        .route("/risk", get(risk_page))
}

type Params = Query<BTreeMap<String, String>>;

async fn list_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, list::page).await
}

async fn record_page(
    State(pages): State<Pages>,
    uri: Uri,
    Path(id): Path<String>,
    Query(q): Params,
) -> Response {
    run(pages, uri, q, move |ask| record::page(ask, &id)).await
}

async fn trace_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, trace::page).await
}

async fn gaps_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, gaps::page).await
}

async fn rules_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, rules::page).await
}

async fn risk_page(State(pages): State<Pages>, uri: Uri, Query(q): Params) -> Response {
    run(pages, uri, q, risk::page).await
}

pub(super) use families::FAMILIES;
pub(super) use readiness::{Fared, Readiness, Ready, readiness};

/// Which line a page is about, of those that there are.
pub(super) struct Lines {
    /// As they stand in the address and in the list, and whether it is the chosen one.
    pub(super) all: Vec<(String, bool)>,
    product: String,
    line: String,
}

impl Lines {
    /// The line that was asked for with `of`, else the first. `None` when nothing was pushed by then.
    fn choose(ask: &Ask, view: &View<'_>) -> Result<Option<Self>, PageError> {
        let (at, known) = (view.moment(), view.known);
        let lines: Vec<(String, String)> = view.capped(|world| {
            world.design_at(at, known).lines().map(|(p, l)| (p.to_owned(), l.to_owned())).collect()
        });
        let name = |(product, line): &(String, String)| format!("{product}, {line}");
        let chosen = match ask.param("of") {
            None => lines.first(),
            Some(of) => Some(lines.iter().find(|line| name(line) == of).ok_or_else(|| {
                PageError::bad_filter(format!("“{of}” is no product and line that was known then."))
            })?),
        };
        let Some((product, line)) = chosen.cloned() else { return Ok(None) };
        let all = lines.iter().map(|at| (name(at), at.0 == product && at.1 == line)).collect();
        Ok(Some(Self { all, product, line }))
    }

    /// Each of the lines, chosen.
    fn each(&self) -> Vec<Self> {
        let one = |(name, _): &(String, bool)| {
            let (product, line) = name.rsplit_once(", ")?;
            let all = self.all.iter().map(|(other, _)| (other.clone(), other == name)).collect();
            Some(Self { all, product: product.to_owned(), line: line.to_owned() })
        };
        self.all.iter().filter_map(one).collect()
    }

    /// The parameter that keeps the line in a link, where there are several.
    fn query(&self) -> Option<String> {
        let chosen = self.all.iter().find(|(_, chosen)| *chosen).filter(|_| self.all.len() > 1)?;
        Some(format!("of={}", percent(&chosen.0)))
    }

    /// A path of these pages with the line and more parameters.
    pub(super) fn path(&self, path: &str, more: &[(&str, &str)]) -> String {
        let more = more.iter().filter(|(_, value)| !value.is_empty());
        let mut query: Vec<String> = more.map(|(name, value)| format!("{name}={}", percent(value))).collect();
        query.extend(self.query());
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }

    /// The page of a record.
    fn record(&self, id: &str) -> String {
        self.path(&format!("/records/{}", percent(id)), &[])
    }
}

/// The records of the line at the page's moments; or why the rules cannot be asked.
fn design(ask: &Ask, view: &View<'_>, lines: &Lines) -> Result<Result<Arc<Design>, String>, PageError> {
    let ledger = &ask.pages.app.ledger;
    let (product, line) = (lines.product.clone(), lines.line.clone());
    let moment = Moment { product, line, at: view.moment(), known: view.known };
    match ask.pages.designs.at(ledger.as_ref(), ledger.blobs().as_ref(), &moment, THREADS) {
        Ok(design) => Ok(Ok(design)),
        Err(DesignError::Store(e)) => Err(PageError::store(e)),
        Err(other) => Ok(Err(other.to_string())),
    }
}
