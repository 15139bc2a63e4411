//! One record with all that is known of it, the gaps of a line, and its trace: what the engine makes of the records at a moment.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use records::command::{CommandError, TraceFormat, trace_set};
use records::engine::verdict;
use records::render::risk::RiskPage;
use records::render::{self, Format};
use records::risk::risk_view;
use records::set::{Edge, LinkState, Node, RecordSet};
use serde_json::{Value, json};
use views::design::{Design, DesignError, Moment};
use world::design::{Imported, RecordEvent, Reported, Signature};

use super::{Asked, LINE, Query1, Question, signature_json};
use crate::api::Api;
use crate::api::problem::{Code, Problem};
use crate::api::token::Reader;

/// Threads that evaluate at once; others serve meanwhile.
const THREADS: usize = 2;
/// Most results of a record that are listed; the last ones.
const RESULTS: usize = 100;

impl From<DesignError> for Problem {
    fn from(error: DesignError) -> Self {
        match error {
            DesignError::Store(e) => e.into(),
            DesignError::Nothing { .. } | DesignError::NoConfiguration { .. } => {
                Self::new(Code::NotFound, error.to_string())
            }
            DesignError::Missing { .. } | DesignError::Configuration { .. } => {
                Self::new(Code::Damaged, error.to_string())
            }
        }
    }
}

/// The design that a question is about.
async fn design(api: &Arc<Api>, query: Query1, takes: &[&str]) -> Result<(Question, Arc<Design>), Problem> {
    let (question, moment) = {
        let reading = api.app.ledger.read();
        let question = Question::new(&reading, query, takes)?;
        let (product, line) = question.line(&question.view(&reading))?;
        let moment = Moment { product, line, at: question.at, known: question.known.size };
        (question, moment)
    };
    let of = api.clone();
    let design =
        api.blocking(move |ledger| Ok(of.designs.at(ledger, ledger.blobs().as_ref(), &moment, THREADS)?));
    Ok((question, design.await?))
}

/// Says of what an answer is, and how far the log was read for it.
fn answer(question: &Question, design: &Design, members: Value) -> Response {
    let Moment { product, line, .. } = &design.moment;
    let mut whole = json!({ "product": product, "line": line, "applied": design.applied });
    if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
        whole.extend(members);
    }
    question.answer(whole)
}

/// Serves `GET /api/v1/gaps`: what is missing, by rule and record; with `record` at one record.
pub(super) async fn gaps(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let (question, design) = design(&api, query, &["product", "line", "record"]).await?;
    let view =
        render::View { report: &design.report, set: design.evaluator.set(), root: None, all: true, known: 0 };
    let mut bytes = Vec::new();
    let internal = |e: &dyn std::fmt::Display| Problem::new(Code::Internal, format!("writing the gaps: {e}"));
    render::write(&view, Format::Json, &mut bytes).map_err(|e| internal(&e))?;
    let mut report: Value = serde_json::from_slice(&bytes).map_err(|e| internal(&e))?;
    if let (Some(id), Some(gaps)) =
        (&question.asked.record, report.get_mut("gaps").and_then(Value::as_array_mut))
    {
        gaps.retain(|gap| gap.get("record").and_then(Value::as_str) == Some(id));
    }
    Ok(answer(&question, &design, report))
}

/// Serves `GET /api/v1/trace?kinds=A,B,…`: the matrix between kinds.
pub(super) async fn trace(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Query1,
) -> Result<Response, Problem> {
    let (question, design) = design(&api, query, &["product", "line", "kinds"]).await?;
    let Asked { kinds, .. } = &question.asked;
    let kinds: Vec<String> = kinds.as_deref().unwrap_or_default().split(',').map(str::to_owned).collect();
    let mut bytes = Vec::new();
    trace_set(design.evaluator.set(), &kinds, TraceFormat::Json, &mut bytes).map_err(|e| match e {
        CommandError::Usage { what, fix } => Problem::bad(format!("{what}; {fix}")),
        other => Problem::new(Code::Internal, other.to_string()),
    })?;
    let traced = serde_json::from_slice(&bytes);
    let traced: Value = traced.map_err(|e| Problem::new(Code::Internal, e.to_string()))?;
    Ok(answer(&question, &design, traced))
}

/// Serves `GET /api/v1/risk`: every risk before and after control, the matrices, the overall residual risk.
pub(super) async fn risk(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let (question, design) = design(&api, query, LINE).await?;
    let set = design.evaluator.set();
    let (view, mut bytes) = (risk_view(set), Vec::new());
    let page = RiskPage { set, view: &view };
    let internal =
        |e: &dyn std::fmt::Display| Problem::new(Code::Internal, format!("writing the risks: {e}"));
    render::risk::write(&page, TraceFormat::Json, &mut bytes).map_err(|e| internal(&e))?;
    let risks: Value = serde_json::from_slice(&bytes).map_err(|e| internal(&e))?;
    Ok(answer(&question, &design, risks))
}

/// What the log holds of a record beside its content.
struct Of {
    history: Vec<RecordEvent>,
    signatures: Vec<Signature>,
    imported: Vec<Imported>,
    results: Vec<Reported>,
}

/// Serves `GET /api/v1/records/{id}`: its present revision, its links both ways, results, gaps, signatures and history.
pub(super) async fn record(
    State(api): State<Arc<Api>>,
    _: Reader,
    Path(id): Path<String>,
    query: Query1,
) -> Result<Response, Problem> {
    let (question, design) = design(&api, query, LINE).await?;
    let of = {
        let reading = api.app.ledger.read();
        let view = question.view(&reading);
        let Moment { product, line, .. } = &design.moment;
        let mut results = view.results(product, line, &id);
        results.drain(..results.len().saturating_sub(RESULTS));
        Of {
            history: view.history(product, line, &id),
            signatures: view.signatures(&id),
            imported: view.imported(&id),
            results,
        }
    };
    if of.history.is_empty() {
        return Err(Problem::new(Code::NotFound, format!("no record `{id}` was known in this line then")));
    }
    let set = design.evaluator.set();
    let present = set.node(&id).and_then(|node| Some((node, set.record(node)?)));
    let mut whole = json!({
        "id": id,
        "history": of.history.iter().map(event_json).collect::<Vec<_>>(),
        "signatures": of.signatures.iter().map(signature_json).collect::<Vec<_>>(),
        "imported_approvals": of.imported.iter().map(imported_json).collect::<Vec<_>>(),
        "results": of.results.iter().map(result_json).collect::<Vec<_>>(),
        "present": Value::Null,
    });
    if let (Some((node, record)), Some(map)) = (present, whole.as_object_mut()) {
        let fields: serde_json::Map<String, Value> = record
            .fields()
            .filter(|field| !field.name().starts_with(records::record::LINKS))
            .map(|field| (field.name().to_owned(), json!(field.values().collect::<Vec<_>>())))
            .collect();
        let gaps = design.report.gaps.iter().filter(|gap| *gap.record == *record.id());
        let gaps: Vec<Value> = gaps
            .map(|gap| json!({ "rule": gap.rule.id, "why": gap.why, "severity": gap.severity.name(), "fails": gap.fails(), "clauses": gap.rule.clauses }))
            .collect();
        let into = set.back(node).iter().map(|e| link_json(set, e.node, Edge { link: e.link, node }, e.node));
        let verdict = verdict(set, node).map(|v| {
            json!({ "outcome": v.outcome.name(), "stale": v.stale.map(|s| s.reason()), "source": v.source })
        });
        map.insert(
            "present".to_owned(),
            json!({
                "revision": record.revision().to_string(), "kind": record.kind(), "title": record.title(),
                "path": set.file(record.place.file), "fields": fields,
                "links": set.out(node).iter().map(|e| link_json(set, node, *e, e.node)).collect::<Vec<_>>(),
                "linked_by": into.collect::<Vec<_>>(), "gaps": gaps, "latest_result": verdict,
            }),
        );
    }
    Ok(answer(&question, &design, whole))
}

fn link_json(set: &RecordSet, from: Node, edge: Edge, other: Node) -> Value {
    let state = match set.link_state(from, edge) {
        _ if set.record(edge.node).is_none() => "dangling",
        LinkState::Accepted => "accepted",
        LinkState::Unaccepted => "unaccepted",
        LinkState::Suspect(_) => "suspect",
    };
    let title = set.record(other).map(records::record::Record::title);
    json!({ "type": set.schema().link_name(edge.link), "id": set.id(other), "title": title, "state": state })
}

fn event_json(event: &RecordEvent) -> Value {
    match event {
        RecordEvent::Revised(held) => json!({
            "event": "revised", "revision": held.said.revision.to_string(),
            "supersedes": held.said.supersedes.map(|s| s.to_string()), "path": held.said.path,
            "commit_index": held.said.commit.as_ref().map(|c| c.index),
            "editorial_index": held.said.editorial.as_ref().map(|e| e.index),
            "index": held.index, "entry": held.entry.to_string(),
        }),
        RecordEvent::Retired(held) => json!({
            "event": "retired", "revision": held.said.revision.to_string(),
            "index": held.index, "entry": held.entry.to_string(),
        }),
    }
}

pub(super) fn imported_json(held: &Imported) -> Value {
    let said = &held.said;
    let or_null = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "record": said.record, "revision": said.revision.to_string(), "meaning": said.meaning.to_string(),
        "name": or_null(&said.name), "time": or_null(&said.time), "tool": said.tool,
        "statement": said.statement, "document": said.document.digest.to_string(), "index": held.index,
    })
}

pub(super) fn result_json(held: &Reported) -> Value {
    let said = &held.said;
    json!({
        "test": said.test, "verdict": said.verdict.word(), "commit": said.commit,
        "test_revision": said.test_revision.map(|r| r.to_string()),
        "report": said.report.as_ref().map(|r| r.raw.digest.to_string()),
        "ran_at": said.ran_at.map(|t| t.to_string()), "environment": said.environment, "actual": said.actual,
        "duration_ms": said.duration_ms, "index": held.index, "entry": held.entry.to_string(),
    })
}
