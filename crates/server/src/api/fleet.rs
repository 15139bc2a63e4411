//! Populations: how many devices a condition holds for, and which, page by page at fixed moments.
//!
//! The world is held for a few dozen devices at a time; between two pieces whoever writes gets in, and the moments of the
//! question keep the answer the same.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use ledger::Ledger;
use ledger::ports::Log;
use serde::Deserialize;
use serde_json::{Value, json};
use views::fleet::{Current, MAX_PROVEN, Material, Moments};
use world::fleet::{Basis, Count, Filter, Subject};

use super::Api;
use super::entries::private_json;
use super::problem::{Code, Problem};
use super::token::Reader;

/// Devices looked at while the world is held: some hundred microseconds.
pub(super) const PIECE: usize = 64;
/// Most devices of a page, and how many unless the request says otherwise.
const PAGE: (usize, usize) = (1_000, 100);

/// A question about many devices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    r#where: Option<String>,
    at: Option<String>,
    known: Option<String>,
    #[serde(default)]
    prove: bool,
    after: Option<String>,
    limit: Option<usize>,
}

/// The moments of a question, against the durable log.
pub(super) fn moments(ledger: &Ledger, at: Option<&str>, known: Option<&str>) -> Result<Moments, Problem> {
    let reading = ledger.read();
    Moments::resolve(reading.clock(), reading.size, at, known).map_err(|e| match e {
        views::fleet::BadMoment::OutOfRange { .. } => Problem::new(Code::OutOfRange, e.to_string()),
        _ => Problem::bad(e.to_string()),
    })
}

fn filter(ask: &Ask) -> Result<Filter, Problem> {
    let text = ask.r#where.as_deref().unwrap_or_default();
    Filter::parse(text).map_err(|e| Problem::bad(format!("`where`: {e}")))
}

/// Serves `GET /api/v1/fleet/count`.
pub(super) async fn count(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(e.to_string()))?;
    if ask.after.is_some() || ask.limit.is_some() {
        return Err(Problem::bad("a count has no pages: leave out `after` and `limit`"));
    }
    let filter = filter(&ask)?;
    api.blocking(move |ledger| {
        let moments = moments(ledger, ask.at.as_deref(), ask.known.as_deref())?;
        let count = count_all(ledger, &moments, &filter);
        let mut members = views::fleet::count_json(&count);
        if ask.prove {
            add_proof(&mut members, ledger, &moments, &Basis::new(), &[], true)?;
        }
        Ok(private_json(&moments.answer(members)))
    })
    .await
}

/// Serves `GET /api/v1/fleet`.
pub(super) async fn page(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let (most, usual) = PAGE;
    let limit = ask.limit.unwrap_or(usual);
    if limit == 0 || limit > most {
        return Err(Problem::bad(format!("`limit` is 1 to {most}")));
    }
    let (filter, after) = (filter(&ask)?, ask.after.as_deref().map(cursor).transpose()?);
    if after.is_some() && (ask.at.is_none() || ask.known.is_none()) {
        return Err(Problem::bad(
            "a later page is of the same moments: give `at` and `known` of the first one",
        ));
    }
    api.blocking(move |ledger| {
        let moments = moments(ledger, ask.at.as_deref(), ask.known.as_deref())?;
        let (count, mut after) = match after {
            Some((count, after)) => (count, Some(after)),
            None => (count_all(ledger, &moments, &filter).count, None),
        };
        let (mut devices, mut basis) = (Vec::new(), Basis::new());
        loop {
            let reading = ledger.read();
            let view = reading.fleet_at(moments.at, moments.known);
            let piece = view.list(&filter, after.as_ref(), limit - devices.len(), PIECE);
            if ask.prove {
                for (index, grounds) in piece.devices.iter().flat_map(|d| view.basis(&d.subject())) {
                    basis.entry(index).or_default().extend(grounds);
                }
            }
            devices.extend(piece.devices.iter().map(views::fleet::device_json));
            after = piece.next;
            if after.is_none() || devices.len() >= limit {
                break;
            }
        }
        let next = after.map(|after| format!("{count}~{after}"));
        let mut members = json!({ "count": count, "devices": devices, "next": next });
        if ask.prove {
            add_proof(&mut members, ledger, &moments, &basis, &[], true)?;
        }
        Ok(private_json(&moments.answer(members)))
    })
    .await
}

/// Where a page begins: the count of the list and the subject before it.
fn cursor(text: &str) -> Result<(u64, Subject), Problem> {
    let parts = text
        .split_once('~')
        .and_then(|(count, subject)| Some((super::moment::number(count)?, views::fleet::subject(subject)?)));
    parts.ok_or_else(|| Problem::bad("`after` is the `next` of the page before"))
}

fn count_all(ledger: &Ledger, moments: &Moments, filter: &Filter) -> Count {
    let (mut count, mut after) = (Count::default(), None);
    loop {
        let reading = ledger.read();
        let view = reading.fleet_at(moments.at, moments.known);
        after = view.count_some(filter, after.as_ref(), PIECE, &mut count);
        if after.is_none() {
            return count;
        }
    }
}

/// Puts the proof of an answer beside it.
pub(super) fn add_proof(
    members: &mut Value,
    ledger: &Ledger,
    moments: &Moments,
    basis: &Basis,
    sealed: &[Current],
    counted: bool,
) -> Result<(), Problem> {
    if basis.len() > MAX_PROVEN {
        let detail =
            format!("the answer rests on {} entries; at most {MAX_PROVEN} are proven at once", basis.len());
        return Err(Problem::new(Code::TooLarge, detail));
    }
    // Checkpoint first: the tree is never behind it.
    let (note, tree, log) = (ledger.checkpoint(), ledger.tree(), ledger.log());
    let log: &dyn Log = &**log;
    let material = Material { log, tree: &tree, note: &note };
    let proof = views::fleet::prove(&material, moments.known, basis, sealed, counted)?;
    if let Value::Object(members) = members {
        members.insert("proof".into(), proof.document);
    }
    Ok(())
}
