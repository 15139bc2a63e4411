//! One device: what is known of it at two moments, and over time.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use ledger::Ledger;
use serde::Deserialize;
use views::fleet::{Current, Moments, Search};
use world::fleet::Subject;

use super::Api;
use super::entries::private_json;
use super::fleet::{PIECE, add_proof, moments};
use super::problem::{Code, Problem};
use super::token::Reader;

/// A question about one device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    at: Option<String>,
    known: Option<String>,
    #[serde(default)]
    prove: bool,
}

/// Serves `GET /api/v1/devices/{id}`.
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
    query: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(e.to_string()))?;
    api.blocking(move |ledger| {
        let moments = moments(ledger, ask.at.as_deref(), ask.known.as_deref())?;
        let subject = who(ledger, &moments, &id)?;
        let (mut members, basis, subjects) = {
            let reading = ledger.read();
            let view = reading.fleet_at(moments.at, moments.known);
            let state = view.state(&subject).ok_or_else(|| nobody(&id, &moments))?;
            let basis = view.basis(&subject);
            (views::fleet::one_json(&view, &subject, &state, &basis), basis, state.subjects())
        };
        if ask.prove {
            let sealed: Vec<Current> =
                subjects.iter().filter_map(|s| sealed(ledger, s, moments.known)).collect();
            add_proof(&mut members, ledger, &moments, &basis, &sealed, false)?;
        }
        Ok(private_json(&moments.answer(members)))
    })
    .await
}

/// Serves `GET /api/v1/devices/{id}/history`.
pub(super) async fn history(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
    query: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(e.to_string()))?;
    if ask.prove {
        return Err(Problem::bad("a history has no proof of its own: ask for the device at a moment of it"));
    }
    api.blocking(move |ledger| {
        let moments = moments(ledger, ask.at.as_deref(), ask.known.as_deref())?;
        let subject = who(ledger, &moments, &id)?;
        let mut members = {
            let reading = ledger.read();
            let view = reading.fleet_at(moments.at, moments.known);
            let intervals = view.history(&subject);
            if intervals.is_empty() {
                return Err(nobody(&id, &moments));
            }
            views::fleet::history_json(&intervals)
        };
        if let Some(members) = members.as_object_mut() {
            members.insert("id".into(), subject.to_string().into());
        }
        Ok(private_json(&moments.answer(members)))
    })
    .await
}

fn nobody(id: &str, moments: &Moments) -> Problem {
    let detail = format!("no device is called `{id}` at {} as known at size {}", moments.at, moments.known);
    Problem::new(Code::NotFound, detail)
}

/// Whom an identifier means. A serial number or UDI is looked for among all devices, in pieces.
fn who(ledger: &Ledger, moments: &Moments, id: &str) -> Result<Subject, Problem> {
    if let Some(subject) = views::fleet::direct(ledger.read().fleet(), id) {
        return Ok(subject);
    }
    let (mut search, mut after) = (Search::new(id), None);
    loop {
        let reading = ledger.read();
        let view = reading.fleet_at(moments.at, moments.known);
        after = search.piece(&view, after.as_ref(), PIECE);
        if after.is_none() {
            break;
        }
    }
    match (search.count, search.found.pop()) {
        (1, Some(found)) => Ok(found.subject),
        (0, _) => Err(nobody(id, moments)),
        (count, last) => {
            let names = search.found.iter().chain(&last).map(|c| format!("{} ({})", c.subject, c.label));
            let names = names.collect::<Vec<_>>().join("; ");
            Err(Problem::new(Code::Ambiguous, format!("{count} devices are called `{id}`: {names}")))
        }
    }
}

/// The records of a subject under the kept seal that says most about the first `known` entries.
fn sealed(ledger: &Ledger, subject: &Subject, known: u64) -> Option<Current> {
    let mut seals = ledger.read().journal().seals().to_vec();
    seals.sort_by_key(|s| (s.sealed.size < known, s.sealed.size.abs_diff(known)));
    let (seal, trees) = seals.iter().find_map(|s| Some((s, ledger.sealed(Some(s.sealed.size))?)))?;
    let state = ledger.read().fleet().sealed_state(subject, seal.sealed.size)?;
    let membership = trees.membership("fleet", &state.key);
    views::fleet::current(seal, membership, state)
}
