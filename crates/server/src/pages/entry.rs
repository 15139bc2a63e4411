//! `/log/{index}`: one entry, what it says, and why it can be believed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::facts::log::PolicyKind;
use evidence::json::{Value, body_json, entry_json};
use evidence::{SourceId, SourceKind};
use ledger::properties::{Holds, Material, Span, five_properties, flag_text, grouped, witness_keys};
use tlog::proof::{Side, inclusion_steps};
use tlog::{Checkpoint, Note};
use world::World;
use world::streams::StreamKey;

use super::Ask;
use super::content::{fields, json};
use super::error::PageError;
use super::log::{read_range, source_link};
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::{cut, phrase};
use super::shell::{Section, Shell, html};

/// Neighbours in the stream on either side.
const NEIGHBOURS: u64 = 3;
/// Longest phrase of the first sentence.
const LEAD: usize = 300;

struct PropertyView {
    name: &'static str,
    asks: &'static str,
    evidence: Markup,
    verdict: Markup,
}

struct StepView {
    side: &'static str,
    sibling: String,
    result: String,
    result_title: String,
    covers: String,
}

struct NeighbourView {
    sequence: String,
    href: String,
    index: String,
    fact: &'static str,
    time: Markup,
    here: bool,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    s: Shell,
    index: String,
    lead: Markup,
    previous: Option<(String, String)>,
    next: Option<(String, String)>,
    flags: Vec<Markup>,
    properties: Vec<PropertyView>,
    verdicts: String,
    about: Vec<(&'static str, Markup)>,
    fields: Vec<(String, Markup)>,
    steps: Vec<StepView>,
    steps_text: String,
    leaf: String,
    leaf_short: String,
    bytes: String,
    root: String,
    single: bool,
    json: Markup,
    checkpoint: String,
    checkpoint_note: String,
    stream: Markup,
    neighbours: Vec<NeighbourView>,
}

/// What the world says about an entry.
struct About {
    properties: [ledger::properties::Property; 5],
    flags: Vec<Vec<Span>>,
    name: String,
    behalf: Option<(SourceId, String)>,
    arrived: evidence::Time,
    neighbours: Vec<(u64, u64, evidence::Time)>,
}

fn about(world: &World, view: &View<'_>, m: &Material) -> About {
    let body = m.entry.body();
    let name = |id: &SourceId| {
        world.sources().get(id).map(|s| s.name_at(m.index + 1).to_owned()).unwrap_or_default()
    };
    let key = StreamKey { source: body.source, stream: body.stream };
    let places = body.sequence.saturating_sub(NEIGHBOURS)..=body.sequence.saturating_add(NEIGHBOURS);
    let neighbours = places.filter_map(|sequence| {
        let index = world.streams().index_of(&key, sequence).filter(|i| *i < view.known)?;
        Some((sequence, index, world.clock().time_of(index)))
    });
    About {
        properties: five_properties(world, m),
        flags: world.journal().flags(m.index, view.known).map(flag_text).collect(),
        name: name(&body.source),
        behalf: body.on_behalf_of.map(|id| (id, name(&id))),
        arrived: world.clock().time_of(m.index),
        neighbours: neighbours.collect(),
    }
}

pub(super) fn page(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let index = text.replace(',', "").parse::<u64>().ok().filter(|i| *i < view.known);
    let index = index.ok_or_else(|| PageError::no_entry(text, view.known))?;
    let ledger = &ask.pages.app.ledger;
    let policy = view.capped(|w| w.journal().policy(PolicyKind::Witnesses, view.known));
    let witnesses = witness_keys(policy, &**ledger.blobs());
    let place = |key: &StreamKey, sequence| ledger.read().streams().index_of(key, sequence);
    let tree = ledger.tree();
    let mut material = Material::gather(&**ledger.log(), &tree, &place, &witnesses, index, view.known)
        .map_err(PageError::ledger)?;
    let stamps = ask.pages.app.settings.stamps.as_ref();
    material.stamped = stamps.and_then(|s| s.bound(index, view.known, &|size| tree.root_at(size).ok()));
    let about = view.capped(|w| about(w, &view, &material));
    let body = material.entry.body();
    let steps = steps(&material)?;
    let held = about.properties.iter().filter(|p| p.holds == Holds::Yes).count();
    let content = body_json(body);
    let (checkpoint, checkpoint_note) = checkpoint(ask, &view)?;
    let leaf = material.leaf.to_string();
    let at = |index: u64| (view.to(&format!("/log/{index}")), grouped(index));
    let page = EntryPage {
        index: grouped(index),
        lead: lead(&view, &material, &about),
        previous: index.checked_sub(1).map(at),
        next: Some(index + 1).filter(|i| *i < view.known).map(at),
        flags: about.flags.iter().map(|spans| markup(&view, spans)).collect(),
        properties: about.properties.iter().map(|p| property(&view, p)).collect(),
        verdicts: format!("{held} of 5 hold"),
        about: facts_about(&view, &material, &about),
        fields: fields(&view, content.get("content").unwrap_or(&Value::Null)),
        steps_text: count(steps.len() as u64, "step", "steps"),
        steps,
        leaf_short: shorten(&leaf),
        leaf,
        bytes: count(material.raw.len() as u64, "byte", "bytes"),
        root: material.root.to_string(),
        single: material.proof.is_empty(),
        json: json(&with_index(index, &entry_json(&material.entry))),
        checkpoint,
        checkpoint_note,
        stream: source_link(&view, &body.source, &about.name)
            .text(&format!(", stream {}", grouped(body.stream))),
        neighbours: neighbours(ask, &view, &about, index)?,
        s: Shell::new(ask, &view, &format!("Entry {}", grouped(index)), Section::Log),
    };
    html(StatusCode::OK, &page)
}

/// The index is not part of the entry; people look for it first.
fn with_index(index: u64, entry: &Value) -> Value {
    let mut map = evidence::json::Map::new();
    map.insert("index".into(), index.into());
    map.extend(entry.as_object().cloned().unwrap_or_default());
    Value::Object(map)
}

fn markup(view: &View<'_>, spans: &[Span]) -> Markup {
    spans.iter().fold(Markup::new(), |m, span| match span {
        Span::Text(text) => m.text(text),
        Span::Entry(index) => m.link(&view.to(&format!("/log/{index}")), &grouped(*index)),
        Span::Source(id) => m.link(&view.to(&format!("/sources/{id}")), &id.to_string()),
        Span::Digest(hash) => m.digest(hash),
        Span::Time(time) => m.time(*time).text(" UTC"),
    })
}

fn property(view: &View<'_>, p: &ledger::properties::Property) -> PropertyView {
    let state = match p.holds {
        Holds::Yes => "holds",
        Holds::NotProven => "undetermined",
        Holds::No => "alarm",
    };
    let verdict = Markup::new().state(state, p.holds.word());
    PropertyView { name: p.name, asks: p.asks, evidence: markup(view, &p.evidence), verdict }
}

/// What kind of source it is, as the beginning of a sentence.
fn kind(id: &SourceId) -> &'static str {
    match id.kind() {
        SourceKind::Device => "Device",
        SourceKind::Ledger => "The ledger",
        SourceKind::Person => "Person",
        SourceKind::Service => "Service",
        SourceKind::Ci => "CI job",
        SourceKind::Gateway => "Gateway",
        SourceKind::Station => "Station",
    }
}

fn lead(view: &View<'_>, m: &Material, about: &About) -> Markup {
    let body = m.entry.body();
    let who = match (body.source.kind(), about.name.as_str()) {
        (SourceKind::Ledger, _) => kind(&body.source).to_owned(),
        (_, "") => format!("{} {}", kind(&body.source), body.source),
        (_, name) => format!("{} {}", kind(&body.source), cut(name, 60)),
    };
    let text = format!("{who} {}", cut(&phrase(&body.fact), LEAD));
    let mut out = Markup::new().strong(&text);
    if let Some((id, name)) = &about.behalf {
        out = out.text(", on behalf of ").then(&source_link(view, id, name));
    }
    out = out.text(". The log took it in at ").time(about.arrived).text(" UTC");
    match &body.reason {
        Some(reason) => out.text(&format!("; the reason given: “{}”", cut(reason, LEAD))),
        None => out.text("."),
    }
}

fn facts_about(view: &View<'_>, m: &Material, about: &About) -> Vec<(&'static str, Markup)> {
    let body = m.entry.body();
    let fact = body.fact.name();
    let mut out = vec![
        ("Kind", Markup::new().link(&view.to(&format!("/log?fact={fact}")), fact)),
        (
            "Source",
            source_link(view, &body.source, &about.name).raw("<br>").element(
                "code",
                "dg",
                &body.source.to_string(),
            ),
        ),
        ("Arrived", Markup::new().time(about.arrived).text(" UTC ").element("span", "u", "log time")),
    ];
    if let Some(time) = body.time {
        out.push((
            "Claimed",
            Markup::new().time(time).text(" UTC ").element("span", "u", "by the source's clock"),
        ));
    }
    if let Some((id, name)) = &about.behalf {
        out.push(("On behalf of", source_link(view, id, name)));
    }
    if let Some(reason) = &body.reason {
        out.push(("Reason", Markup::new().text(reason)));
    }
    out.push(("Entry hash", Markup::new().digest(&m.entry.hash())));
    out
}

fn steps(m: &Material) -> Result<Vec<StepView>, PageError> {
    let steps = inclusion_steps(m.index, m.known, &m.leaf, &m.proof)
        .map_err(|e| PageError::damaged(m.index, &e.to_string()))?;
    let view = |step: tlog::proof::Step| {
        let result = step.result.to_string();
        StepView {
            side: match step.side {
                Side::Left => "left",
                Side::Right => "right",
            },
            sibling: step.sibling.to_string(),
            result: shorten(&result),
            result_title: result,
            covers: if step.covers == (0..m.known) {
                "equals the root".into()
            } else {
                format!("{} to {}", grouped(step.covers.start), grouped(step.covers.end - 1))
            },
        }
    };
    Ok(steps.map(view).collect())
}

/// The durable checkpoint, and how it relates to the size of the page.
fn checkpoint(ask: &Ask, view: &View<'_>) -> Result<(String, String), PageError> {
    let ledger = &ask.pages.app.ledger;
    let (text, tree) = (ledger.checkpoint(), ledger.tree());
    let note = Note::parse(text.as_bytes()).ok();
    let parsed = note.as_ref().and_then(|n| Checkpoint::parse(n.text()).ok());
    let Some(head) = parsed.filter(|c| c.size <= tree.size()) else {
        return Ok((text.to_string(), String::new()));
    };
    if head.size == view.known && head.root == view.root {
        return Ok((text.to_string(), "Its root is the one that the steps lead to.".into()));
    }
    if head.size <= view.known {
        // A commit came between: the next load shows both at one size.
        return Ok((text.to_string(), format!("It is of {} entries.", grouped(head.size))));
    }
    let proof = tree.consistency(view.known, head.size).map_err(PageError::ledger)?;
    let good = tlog::proof::verify_consistency(view.known, head.size, &proof, &view.root, &head.root);
    let says = match good {
        Ok(()) => format!(
            "It is of the present {}. The root above, of {}, is a part of it: {} verified just now.",
            count(head.size, "entry", "entries"),
            count(view.known, "entry", "entries"),
            count(proof.len() as u64, "hash of a consistency proof", "hashes of a consistency proof")
        ),
        Err(e) => {
            format!("It is of {} entries, and does not agree with the root above: {e}.", grouped(head.size))
        }
    };
    Ok((text.to_string(), says))
}

fn neighbours(ask: &Ask, view: &View<'_>, about: &About, here: u64) -> Result<Vec<NeighbourView>, PageError> {
    let mut out = Vec::new();
    for (sequence, index, time) in &about.neighbours {
        let Some((_, entry)) = read_range(ask, *index, index + 1)?.pop() else { continue };
        out.push(NeighbourView {
            sequence: grouped(*sequence),
            href: view.to(&format!("/log/{index}")),
            index: grouped(*index),
            fact: entry.body().fact.name(),
            time: Markup::new().time(*time),
            here: *index == here,
        });
    }
    Ok(out)
}

fn shorten(hex: &str) -> String {
    format!("{}…{}", hex.get(..16).unwrap_or(hex), hex.get(56..).unwrap_or_default())
}
