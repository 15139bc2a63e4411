//! The design history: records, links, results, commits, baselines and signatures of a line, at two moments, in pages. What the
//! rules make of them is in `records/rules`, the addresses in `records/routes`.

mod beside;
mod routes;
mod rules;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use evidence::Time;
use ledger::Reading;
use serde::Deserialize;
use serde_json::{Value, json};
use tlog::Hash;
use world::design::{Commit, DesignView, Page, Standing};

use super::Api;
use super::entries::private_json;
use super::moment::Known;
use super::problem::{Code, Problem};
use super::token::Reader;

pub(super) use routes::described;

/// Most things of a page, and how many unless the request says otherwise. Few, because the world is held meanwhile.
const PAGE: (usize, usize) = (1_000, 200);

/// What says which line is meant.
const LINE: &[&str] = &["product", "line"];
/// And which page of it.
const PAGES: &[&str] = &["product", "line", "after", "limit"];

/// What every question may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    product: Option<String>,
    line: Option<String>,
    at: Option<String>,
    known: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
    /// Results: of this commit only.
    commit: Option<String>,
    /// Signatures and imported approvals: of this record only.
    record: Option<String>,
    /// Trace: the kinds, with commas.
    kinds: Option<String>,
}

impl Asked {
    /// Refuses what means something at other addresses only.
    fn only(&self, takes: &[&str]) -> Result<(), Problem> {
        let said = [
            ("product", self.product.is_some()),
            ("line", self.line.is_some()),
            ("after", self.after.is_some()),
            ("limit", self.limit.is_some()),
            ("commit", self.commit.is_some()),
            ("record", self.record.is_some()),
            ("kinds", self.kinds.is_some()),
        ];
        match said.into_iter().find(|(name, said)| *said && !takes.contains(name)) {
            Some((name, _)) => Err(Problem::bad(format!("`{name}` means nothing here"))),
            None => Ok(()),
        }
    }
}

pub(super) type Query1 = Result<Query<Asked>, axum::extract::rejection::QueryRejection>;

/// A question with its moments resolved.
pub(super) struct Question {
    pub(super) asked: Asked,
    pub(super) known: Known,
    pub(super) at: Time,
}

impl Question {
    /// Beside the moments, only what `takes` names may be asked.
    pub(super) fn new(reading: &Reading<'_>, query: Query1, takes: &[&str]) -> Result<Self, Problem> {
        let Query(asked) = query.map_err(|e| Problem::bad(e.to_string()))?;
        asked.only(takes)?;
        let known = Known::asked(reading, asked.known.as_deref())?;
        let at = asked.at.as_deref().map(str::parse::<Time>).transpose();
        let at = at.map_err(|_| Problem::bad("`at` is a time such as 2026-11-20T12:00:00Z"))?;
        Ok(Self { asked, known, at: at.unwrap_or(known.time) })
    }

    fn view<'a>(&self, reading: &'a Reading<'_>) -> DesignView<'a> {
        reading.design_at(self.at, self.known.size)
    }

    /// Product and line: as asked, else the only ones there are.
    pub(super) fn line(&self, view: &DesignView<'_>) -> Result<(String, String), Problem> {
        let fits = |asked: &Option<String>, is: &str| asked.as_deref().is_none_or(|asked| asked == is);
        let mut fitting =
            view.lines().filter(|(p, l)| fits(&self.asked.product, p) && fits(&self.asked.line, l));
        match (fitting.next(), fitting.next()) {
            (Some((product, line)), None) => Ok((product.to_owned(), line.to_owned())),
            (None, _) => {
                Err(Problem::new(Code::NotFound, "no record of such a product and line was known then"))
            }
            (Some(_), Some(_)) => Err(Problem::bad(
                "there are several products or lines: name one with `product` and `line`; /api/v1/lines lists them",
            )),
        }
    }

    fn limit(&self) -> Result<usize, Problem> {
        let (most, usual) = PAGE;
        let limit = self.asked.limit.unwrap_or(usual);
        if limit == 0 || limit > most {
            return Err(Problem::bad(format!("`limit` is 1 to {most}")));
        }
        Ok(limit)
    }

    fn after(&self) -> Result<Option<Vec<u8>>, Problem> {
        self.asked.after.as_deref().map(unhex).transpose()
    }

    pub(super) fn answer(&self, members: Value) -> Response {
        let mut whole = self.known.answer(json!({ "at": self.at.to_string() }));
        if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
            whole.extend(members);
        }
        private_json(&whole)
    }

    fn page<T>(
        &self,
        (product, line): &(String, String),
        name: &str,
        page: Page<T>,
        item: impl Fn(T) -> Value,
    ) -> Response {
        let next = page.next.as_deref().map(hex);
        let items: Vec<Value> = page.items.into_iter().map(item).collect();
        self.answer(json!({ "product": product, "line": line, name: items, "next": next }))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A cursor that an earlier answer gave.
fn unhex(text: &str) -> Result<Vec<u8>, Problem> {
    const MOST: usize = 16 << 10;
    let bad = || Problem::bad("`after` is the `next` of an earlier answer");
    if text.len() > MOST || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(bad());
    }
    let byte = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..text.len()).step_by(2).map(|at| byte(at).ok_or_else(bad)).collect()
}

/// Serves `GET /api/v1/lines`: the products and lines of which something is known.
async fn lines(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &[])?;
    let view = question.view(&reading);
    let lines: Vec<Value> =
        view.lines().map(|(product, line)| json!({ "product": product, "line": line })).collect();
    Ok(question.answer(json!({ "lines": lines })))
}

/// Serves `GET /api/v1/records`: the present revision of each record.
async fn records(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let page = view.records(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    // Few of the commits are named by one page.
    let mut commits: std::collections::BTreeMap<u64, Option<Commit>> = std::collections::BTreeMap::new();
    for held in &page.items {
        if let Some(commit) = &held.said.commit {
            commits.entry(commit.index).or_insert_with(|| view.commit(&line.0, &line.1, commit.index));
        }
    }
    Ok(question.page(&line, "records", page, |held| {
        let said = &held.said;
        let commit = said.commit.as_ref().and_then(|c| commits.get(&c.index)).and_then(Option::as_ref);
        json!({
            "id": said.record, "kind": said.kind, "item": said.item, "revision": said.revision.to_string(),
            "path": said.path, "index": held.index, "entry": held.entry.to_string(),
            "repository": commit.map(|c| &c.said.repository), "commit": commit.map(|c| &c.said.commit),
        })
    }))
}

/// Serves `GET /api/v1/links`: the accepted links.
async fn links(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let page = view.links(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    Ok(question.page(&line, "links", page, |held| {
        let said = &held.said;
        json!({
            "from": said.from, "from_revision": said.from_revision.to_string(), "type": said.link,
            "to": said.to, "to_revision": said.to_revision.to_string(), "index": held.index,
        })
    }))
}

/// Serves `GET /api/v1/results`: every result, by test; with `commit` those of one commit.
async fn results(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &["product", "line", "after", "limit", "commit"])?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let mut page = view.all_results(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    if let Some(commit) = &question.asked.commit {
        page.items.retain(|held| held.said.commit.as_ref() == Some(commit));
    }
    Ok(question.page(&line, "results", page, |held| rules::result_json(&held)))
}

/// Serves `GET /api/v1/commits`: in the order in which they were pushed.
async fn commits(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let page = view.commits_after(&line.0, &line.1, question.after()?.as_deref(), question.limit()?);
    let digest = |blob: &Option<evidence::types::BlobRef>| blob.as_ref().map(|b| b.digest.to_string());
    Ok(question.page(&line, "commits", page, |held| {
        let said = &held.said;
        json!({
            "repository": said.repository, "commit": said.commit, "parents": said.parents,
            "authored": said.authored.to_string(), "signed_by": said.signed_by.map(|k| k.to_string()),
            "signature": beside::standing_json(&view.git_standing(
                held.index, said.signed_by.as_ref(), said.signature.as_deref())),
            "object": digest(&said.object), "implements": said.implements, "claimed": said.claimed,
            "lock": digest(&said.lock), "configuration": digest(&said.configuration), "code": digest(&said.code),
            "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/baselines`: by name.
async fn baselines(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, PAGES)?;
    let view = question.view(&reading);
    let line = question.line(&view)?;
    let (after, limit) = (question.after()?, question.limit()?);
    let mut items = view.baselines(&line.0, &line.1);
    // Few, and by name: the cursor is the name of the last one.
    items.sort_by(|a, b| a.said.name.cmp(&b.said.name));
    items.retain(|held| after.as_ref().is_none_or(|after| held.said.name.as_bytes() > after.as_slice()));
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|held| held.said.name.clone().into_bytes());
    let page = Page { items, next };
    Ok(question.page(&line, "baselines", page, |held| {
        let said = &held.said;
        json!({
            "name": said.name, "size": said.size, "root": said.root.to_string(), "records": said.records,
            "index": held.index, "entry": held.entry.to_string(),
        })
    }))
}

/// Serves `GET /api/v1/signatures`: by record; with `record` those over one record.
async fn signatures(State(api): State<Arc<Api>>, _: Reader, query: Query1) -> Result<Response, Problem> {
    let reading = api.app.ledger.read();
    let question = Question::new(&reading, query, &["after", "limit", "record"])?;
    let view = question.view(&reading);
    let page = match &question.asked.record {
        Some(record) => Page { items: view.signatures(record), next: None },
        None => view.all_signatures(question.after()?.as_deref(), question.limit()?),
    };
    let next = page.next.as_deref().map(hex);
    let items: Vec<Value> = page.items.iter().map(signature_json).collect();
    Ok(question.answer(json!({ "signatures": items, "next": next })))
}

pub(super) fn signature_json(signature: &world::design::Signature) -> Value {
    let said = &signature.said;
    let statement = evidence::statement::Statement::parse(&said.statement).ok();
    let doubt = match signature.standing {
        Standing::Valid => None,
        Standing::KeyInDoubt { since } => Some(format!("the key is in doubt since {since}")),
    };
    json!({
        "record": said.record, "revision": said.revision.to_string(), "meaning": said.meaning.to_string(),
        "name": statement.as_ref().map(|s| &s.name), "time": statement.map(|s| s.time.to_string()),
        "signer": said.signer.to_string(), "statement": said.statement,
        "signature": evidence::proof::ssh::armour(&said.signature.0),
        "signature_sha256": Hash::of(&said.signature.0).to_string(),
        "doubt": doubt, "index": signature.index, "entry": signature.entry.to_string(),
    })
}
