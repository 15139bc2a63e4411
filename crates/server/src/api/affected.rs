//! Who is affected by a vulnerability or carries a component, and the list of vulnerabilities: answered by the follower, which
//! says how far it is.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use views::csv;
use views::fleet::MAX_PROVEN;
use views::population::{
    List, MAX_PAGE, PopulationError, Populations, Question, VERDICTS, json as form, word,
};
use world::fleet::Basis;

use super::Api;
use super::entries::private_json;
use super::fleet::{add_proof, moments};
use super::problem::{Code, Problem};
use super::token::Reader;

/// Devices of a page unless the request says otherwise.
const PAGE: usize = 100;
/// Bytes of one piece of a whole list.
const PIECE: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    at: Option<String>,
    known: Option<String>,
    list: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    prove: bool,
    /// `csv` or `jsonl`: every device of the present, without pages.
    format: Option<String>,
}

impl From<PopulationError> for Problem {
    fn from(error: PopulationError) -> Self {
        let code = match error {
            PopulationError::Unknown { .. } => Code::NotFound,
            _ => Code::BadRequest,
        };
        Self::new(code, error.to_string())
    }
}

fn populations(api: &Api) -> Result<Arc<Populations>, Problem> {
    let populations = api.app.populations.clone().filter(|p| p.applied() > 0);
    populations.ok_or_else(|| Problem::new(Code::Busy, "populations are being worked out; come back shortly"))
}

/// Serves `GET /api/v1/affected/{id}`.
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
    query: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let limit = ask.limit.unwrap_or(PAGE);
    if limit == 0 || limit > MAX_PAGE {
        return Err(Problem::bad(format!("`limit` is 1 to {MAX_PAGE}")));
    }
    let mut question = Question { limit, ..Question::now(&id) };
    if let Some(list) = &ask.list {
        let known = VERDICTS.map(|v| word(question.about(), v)).join(", ");
        question.list = form::verdicts(list, question.about())
            .map_err(|name| Problem::bad(format!("`list`: `{name}` is none of {known}, all")))?;
    }
    question.after = ask.after.as_deref().map(form::subject).transpose()?;
    if question.after.is_some() && (ask.at.is_none() || ask.known.is_none()) {
        let detail = "a later page is of the same moments: give `at` and `known` of the first one";
        return Err(Problem::bad(detail));
    }
    let populations = populations(&api)?;
    if let Some(format) = ask.format {
        if ask.at.is_some() || ask.known.is_some() || ask.prove || ask.limit.is_some() {
            return Err(Problem::bad(
                "`format` gives the whole list of the present: leave out the rest but `list`",
            ));
        }
        return whole(&api, populations, question, &format).await;
    }
    api.blocking(move |ledger| {
        if ask.at.is_some() || ask.known.is_some() {
            let asked = moments(ledger, ask.at.as_deref(), ask.known.as_deref())?;
            question.known = Some(asked.known);
            question.at = Some(asked.at);
        }
        let answer = populations.ask(&question)?;
        let mut value = answer.to_json();
        if let Some(members) = value.as_object_mut() {
            members.insert("applied".into(), populations.applied().into());
        }
        if ask.prove {
            let releases = answer.releases.iter().filter(|r| !r.components.is_empty() || r.devices > 0);
            let releases = releases.map(|r| r.release.entry.index);
            let mut basis = Basis::new();
            let entries = answer.findings.entries.iter().copied().chain(releases);
            for entry in entries.chain(answer.devices.iter().flat_map(|d| d.evidence.iter().copied())) {
                basis.entry(entry).or_default();
            }
            if basis.len() > MAX_PROVEN {
                return Err(Problem::new(Code::TooLarge, format!("the answer rests on {} entries; at most {MAX_PROVEN} are proven at once: ask for a smaller page", basis.len())));
            }
            let size = answer.known.size.to_string();
            let asked = moments(ledger, Some(&answer.at.to_string()), Some(&size))?;
            add_proof(&mut value, ledger, &asked, &basis, &[], true)?;
        }
        Ok(private_json(&value))
    })
    .await
}

/// Writes every device of the present, a line each, as fast as it is read.
async fn whole(
    api: &Api,
    populations: Arc<Populations>,
    question: Question,
    format: &str,
) -> Result<Response, Problem> {
    let as_csv = match format {
        "csv" => true,
        "jsonl" => false,
        other => return Err(Problem::bad(format!("`format` is `csv` or `jsonl`, not `{other}`"))),
    };
    let list = api.blocking(move |_| Ok(populations.list(&question.asked, &question.list)?)).await?;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(2);
    tokio::task::spawn_blocking(move || lines(&list, as_csv, |piece| sender.blocking_send(piece).is_ok()));
    let kind = if as_csv { "text/csv; charset=utf-8" } else { "application/jsonl" };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(super::events::Chunks::of(receiver))).into_response())
}

/// The lines of a list in pieces, as long as `give` takes them. What a class of devices has in common is written once.
pub fn lines(list: &List, as_csv: bool, mut give: impl FnMut(Bytes) -> bool) {
    let sites: std::collections::BTreeMap<u32, String> = list
        .sites
        .iter()
        .map(|(number, name)| {
            let mut text = String::new();
            if as_csv {
                csv::cell(&mut text, name);
            } else {
                text = Value::from(name.as_str()).to_string();
            }
            (*number, text)
        })
        .collect();
    let ends: Vec<String> = list
        .classes
        .iter()
        .map(|(group, outcome)| {
            let (verdict, grade) = (list.word(outcome.verdict), group.stand.grade.word());
            let runs: Vec<String> = group
                .runs
                .iter()
                .map(|r| format!("{} {}", r.item, r.version.as_deref().unwrap_or("?")))
                .collect();
            if as_csv {
                let mut end = format!(",{grade},{verdict},{},", outcome.reason.unwrap_or_default());
                csv::cell(&mut end, &runs.join("; "));
                let _ = write!(end, ",{},{}\r\n", list.at, list.size);
                end
            } else {
                let rest =
                    json!({ "grade": grade, "verdict": verdict, "reason": outcome.reason, "runs": runs });
                format!(",{}\n", rest.to_string().strip_prefix('{').unwrap_or_default())
            }
        })
        .collect();
    let mut text = String::with_capacity(PIECE + 1_024);
    if as_csv {
        text.push_str("device,site,grade,verdict,reason,runs,at,known\r\n");
    } else {
        let head = json!({ "id": list.findings.id, "at": list.at.to_string(), "known": list.size, "count": list.devices.len() });
        let _ = writeln!(text, "{head}");
    }
    let nowhere = if as_csv { "" } else { "null" };
    let none = String::new();
    for device in list.devices.iter() {
        let site = device.site.and_then(|s| sites.get(&s)).map_or(nowhere, String::as_str);
        let end = ends.get(device.class).unwrap_or(&none);
        // Writing to a string cannot fail.
        let _ = match (as_csv, device.subject) {
            (true, world::fleet::Subject::Device(id)) => write!(text, "{id},{site}"),
            (true, asset) => {
                csv::cell(&mut text, &asset.to_string());
                write!(text, ",{site}")
            }
            (false, world::fleet::Subject::Device(id)) => {
                write!(text, "{{\"device\":\"{id}\",\"site\":{site}")
            }
            (false, asset) => write!(text, "{{\"device\":{},\"site\":{site}", Value::from(asset.to_string())),
        };
        text.push_str(end);
        if text.len() >= PIECE {
            let piece = std::mem::replace(&mut text, String::with_capacity(PIECE + 1_024));
            if !give(Bytes::from(piece)) {
                return;
            }
        }
    }
    give(Bytes::from(text));
}

/// Which vulnerabilities.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    exploited: Option<bool>,
}

/// Serves `GET /api/v1/vulnerabilities`: what concerns the releases, with the devices affected now.
pub(super) async fn all(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Which { exploited }) = query.map_err(|e| Problem::bad(e.to_string()))?;
    let populations = populations(&api)?;
    api.blocking(move |ledger| {
        let (_, found) = populations.concerned();
        let wanted = found.iter().filter(|f| exploited.is_none_or(|wanted| wanted == f.exploited.is_some()));
        let found: Vec<_> = wanted.cloned().collect();
        let (at, size, tallies) = populations.tallies(&found);
        let time = ledger.read().clock().time_of(size.saturating_sub(1));
        let lines: Vec<Value> = found.iter().zip(&tallies).map(|(f, tally)| form::line(f, tally)).collect();
        Ok(private_json(&json!({
            "at": at.to_string(),
            "known": { "size": size, "time": time.to_string() },
            "count": lines.len(),
            "vulnerabilities": lines,
        })))
    })
    .await
}

/// Serves `GET /api/v1/affected/{id}/trend` as `GET /api/v1/trend/{id}`: package URLs hold slashes.
pub(super) async fn trend(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let populations = populations(&api)?;
    api.blocking(move |ledger| {
        let began = ledger.read().clock().time_of(0);
        let answer = populations.ask(&Question { limit: 1, ..Question::now(&id) })?;
        let (known, timeline) = populations.timeline(began);
        let points = timeline.trend(&answer.findings, &known, None);
        Ok(private_json(&json!({
            "id": answer.findings.id,
            "at": known.time.map(|t| t.to_string()),
            "known": { "size": known.size, "time": known.time.map(|t| t.to_string()) },
            "trend": form::trend(&points),
        })))
    })
    .await
}
