//! Releases out: what was made, in the order in which it was made. Not here: what devices run (`fleet`).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use evidence::Field;
use serde::Deserialize;
use serde_json::{Value, json};
use world::release::{Known as Counting, Release};

use super::Api;
use super::entries::private_json;
use super::moment::{Known, number};
use super::problem::Problem;
use super::token::Reader;

/// Most releases of a page, and how many unless the request says otherwise. Few, because the world is held meanwhile.
const PAGE: (usize, usize) = (200, 50);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    product: Option<String>,
    item: Option<String>,
    version: Option<String>,
    from: Option<String>,
    limit: Option<usize>,
    known: Option<String>,
}

/// Serves `GET /api/v1/releases`.
pub(super) async fn page(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let (most, usual) = PAGE;
    let limit = page.limit.unwrap_or(usual);
    if limit == 0 || limit > most {
        return Err(Problem::bad(format!("`limit` is 1 to {most}")));
    }
    let from =
        page.from.as_deref().map(|text| number(text).ok_or_else(|| Problem::bad("`from` is an index")));
    let from = from.transpose()?.unwrap_or(0);
    let reading = api.app.ledger.read();
    let known = Known::asked(&reading, page.known.as_deref())?;
    let counting = Counting::new(known.size, reading.journal());
    let fits = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|wanted| wanted == has);
    let all = reading.releases().iter(counting).filter(|r| {
        r.entry.index >= from
            && fits(&page.product, &r.made.product)
            && fits(&page.item, &r.made.item)
            && fits(&page.version, &r.made.version)
    });
    let mut all = all.peekable();
    let one = |r: &Release| {
        json!({
            "index": r.entry.index,
            "entry": r.entry.entry.to_string(),
            "made": reading.clock().time_of(r.entry.index).to_string(),
            "withdrawn": reading.releases().withdrawn(r.entry.index, counting),
            "release": r.made.to_json(),
        })
    };
    let releases: Vec<Value> = all.by_ref().take(limit).map(one).collect();
    let next = all.peek().map(|r| r.entry.index);
    Ok(private_json(&known.answer(json!({ "releases": releases, "next": next }))))
}
