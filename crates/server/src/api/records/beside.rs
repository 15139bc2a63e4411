//! What was pushed beside records: reviews, coverage, static analysis, tags, approvals of other tools; and how signatures of Git
//! stand. In pages, at two moments.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use evidence::types::{EntryRef, Interpreted};
use serde_json::{Value, json};
use world::design::{GitStanding, Page};

use super::rules::imported_json;
use super::{PAGES, Query1, Question, hex};
use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::token::Reader;

/// How the signature of a commit or tag stands.
pub(super) fn standing_json(standing: &GitStanding) -> Value {
    let mut said = json!({ "state": standing.word() });
    let more = match standing {
        GitStanding::Verified { name, source, key } => {
            json!({ "name": name, "source": source.map(|s| s.to_string()), "key": key })
        }
        GitStanding::InDoubt { name, key, since } => {
            json!({ "name": name, "key": key, "since": since.to_string() })
        }
        GitStanding::UnknownKey { key } => json!({ "key": key }),
        GitStanding::Unsigned | GitStanding::Bad | GitStanding::Unchecked => json!({}),
    };
    if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
        said.extend(more);
    }
    said
}

fn report_json(report: &Interpreted) -> Value {
    json!({
        "document": report.raw.digest.to_string(), "normalised": report.normalised.digest.to_string(),
        "parser": report.parser, "parser_version": report.parser_version,
    })
}

fn entry_json(at: &EntryRef) -> Value {
    json!({ "index": at.index, "entry": at.entry.to_string() })
}

/// Serves `GET /api/v1/reviews`: the last statement of each review of a line.
pub(super) async fn reviews(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Query1,
) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let page = view.all_reviews(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    Ok(question.page(&line, "reviews", page, |held| {
        let said = &held.said;
        json!({
            "record": said.record, "revision": said.revision.to_string(), "outcome": said.outcome.word(),
            "reviewed": entry_json(&said.baseline), "actions": said.actions,
            "signatures": said.signatures.iter().map(entry_json).collect::<Vec<_>>(),
            "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/coverage`: every report, by item; with `commit` those of one commit.
pub(super) async fn coverage(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Query1,
) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &["product", "line", "after", "limit", "commit"])?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let mut page = view.coverage(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    if let Some(commit) = &question.asked.commit {
        page.items.retain(|held| held.said.commit == *commit);
    }
    Ok(question.page(&line, "coverage", page, |held| {
        let said = &held.said;
        json!({
            "item": said.item, "commit": said.commit, "lines_covered": said.lines_covered, "lines": said.lines,
            "artefact": said.artefact.map(|a| a.to_string()), "report": report_json(&said.report),
            "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/analyses`: every report of static analysis, by item; with `commit` those of one commit.
pub(super) async fn analyses(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Query1,
) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &["product", "line", "after", "limit", "commit"])?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let mut page = view.analyses(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    if let Some(commit) = &question.asked.commit {
        page.items.retain(|held| held.said.commit == *commit);
    }
    Ok(question.page(&line, "analyses", page, |held| {
        let said = &held.said;
        json!({
            "item": said.item, "commit": said.commit, "tool": said.tool, "findings": said.findings,
            "report": report_json(&said.report), "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/tags`: by repository and name, as they point now.
pub(super) async fn tags(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let page = view.tags(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    Ok(question.page(&line, "tags", page, |held| {
        let said = &held.said;
        let standing = view.git_standing(held.index, said.signed_by.as_ref(), said.signature.as_deref());
        json!({
            "repository": said.repository, "tag": said.tag, "commit": said.commit,
            "object": said.object.digest.to_string(), "signature": standing_json(&standing),
            "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/imported-approvals`: statements of other tools, by record; with `record` those of one record.
pub(super) async fn imported(
    State(api): State<Arc<Api>>,
    _: Reader,
    query: Query1,
) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &["after", "limit", "record"])?;
    let view = question.view(&reading);
    let page = match &question.asked.record {
        Some(record) => Page { items: view.imported(record), next: None },
        None => view.all_imported(question.after()?.as_deref(), question.limit()?),
    };
    let next = page.next.as_deref().map(hex);
    let items: Vec<Value> = page.items.iter().map(imported_json).collect();
    Ok(question.answer(json!({ "imported_approvals": items, "next": next })))
}
