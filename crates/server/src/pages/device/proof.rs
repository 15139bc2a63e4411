//! `/fleet/{subject}/proof`: what can be shown of a device to somebody who trusts nobody here, worked out: the entries that
//! the answer rests on are included, nothing about the device came after them, or it is not there at all, and how many states
//! were sealed. The same as a file, which `vouchsafe verify` checks, at `/fleet/{subject}/proof.json`.

use std::sync::Arc;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::properties::grouped;
use ledger::seal::{Member, Membership, SealedTrees};
use tlog::proof::{Side, inclusion_steps};
use views::fleet::{Current, MAX_PROVEN, Material, Moments};
use world::State;
use world::fleet::{Ground, Subject, sealed_key, sealed_subject};
use world::journal::Seal;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::shell::{Section, Shell, html};
use super::super::words;

/// Entries that are listed.
const MAX_LISTED: usize = 200;
/// The concern whose states devices are.
const CONCERN: &str = "fleet";

struct EntryRow {
    href: String,
    index: String,
    grounds: String,
    logged: Markup,
}

struct StepRow {
    side: &'static str,
    sibling: String,
    gives: String,
    gives_short: String,
    covers: String,
}

/// A leaf of a sealed tree, worked out to the root.
struct Leaf {
    place: String,
    whose: Markup,
    hash: String,
    steps: Vec<StepRow>,
}

/// What a sealed tree says of the device.
struct Sealed {
    /// Entries that were sealed.
    size: u64,
    says: Markup,
    state: Markup,
    leaves: Vec<Leaf>,
    root: String,
}

#[derive(Template)]
#[template(path = "device_proof.html")]
struct ProofPage {
    s: Shell,
    heading: String,
    device_href: String,
    lead: Markup,
    /// The same as a file, where there is something to prove.
    file_href: Option<String>,
    entries: Vec<EntryRow>,
    entries_count: String,
    current: Option<Sealed>,
    absent: Option<Sealed>,
    counted: Vec<(&'static str, Markup)>,
    /// There is such a device.
    known: bool,
}

/// What the world says of the device, apart from it.
struct Rests {
    name: String,
    /// Under which subjects things were said of it.
    subjects: Vec<Subject>,
    entries: Vec<(u64, Vec<Ground>, evidence::Time)>,
}

/// A kept seal with its trees.
type Kept = (Seal, Arc<SealedTrees>);

pub(in super::super) fn page(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let subject = words::subject(text).ok_or_else(|| PageError::no_device(text))?;
    let rests = rests(&view, &subject);
    let kept = kept(ask, &view);
    let known = rests.is_some();
    let Rests { name, subjects, entries } = rests.unwrap_or_else(|| Rests {
        name: subject.to_string(),
        subjects: vec![subject.clone()],
        entries: Vec::new(),
    });
    let current = kept.iter().find_map(|seal| subjects.iter().find_map(|s| present(ask, &view, seal, s)));
    let absent = kept.iter().find_map(|seal| absent(&view, seal, &subject));
    let path = words::device_path(&subject);
    let page = ProofPage {
        lead: lead(known, entries.len(), current.as_ref().map(|c| c.size), absent.is_some(), view.known),
        device_href: view.to(&path),
        file_href: known.then(|| view.to(&format!("{path}/proof.json"))),
        entries_count: grouped(entries.len() as u64),
        entries: entries.into_iter().take(MAX_LISTED).map(|entry| row(&view, entry)).collect(),
        current,
        absent,
        counted: counted(&view, kept.first()),
        known,
        s: Shell::new(ask, &view, &format!("Proofs of {name}"), Section::Fleet),
        heading: super::super::phrase::cut(&name, 80),
    };
    html(if known || page.absent.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND }, &page)
}

fn rests(view: &View<'_>, subject: &Subject) -> Option<Rests> {
    let (at, known) = (view.moment(), view.known);
    view.capped(|world| {
        let fleet = world.fleet_at(at, known);
        let state = fleet.state(subject)?;
        let basis = fleet.basis(&state.subject());
        let entries =
            basis.into_iter().map(|(index, grounds)| (index, grounds, world.clock().time_of(index)));
        Some(Rests { name: words::name(&state), subjects: state.subjects(), entries: entries.collect() })
    })
}

/// The kept seals that were known at the page's moment, the newest first.
fn kept(ask: &Ask, view: &View<'_>) -> Vec<Kept> {
    let seals: Vec<Seal> = view
        .capped(|world| world.journal().seals().iter().filter(|s| s.index < view.known).cloned().collect());
    let ledger = &ask.pages.app.ledger;
    seals
        .into_iter()
        .rev()
        .filter_map(|s| ledger.sealed(Some(s.sealed.size)).map(|trees| (s, trees)))
        .collect()
}

fn row(view: &View<'_>, (index, grounds, logged): (u64, Vec<Ground>, evidence::Time)) -> EntryRow {
    let words: Vec<String> = grounds.iter().map(|ground| ground.word().replace('-', " ")).collect();
    EntryRow {
        href: view.to(&format!("/log/{index}#h-proof")),
        index: grouped(index),
        grounds: words.join(", "),
        logged: Markup::new().time(logged),
    }
}

fn seal_link(view: &View<'_>, seal: &Seal) -> Markup {
    Markup::new().text("entry ").link(&view.to(&format!("/log/{}", seal.index)), &grouped(seal.index))
}

fn stated(seal: &Seal) -> Option<&evidence::facts::log::SealedConcern> {
    seal.sealed.concerns.iter().find(|concern| concern.concern == CONCERN)
}

/// That the records of the device under a seal are all that was said of it until then.
fn present(ask: &Ask, view: &View<'_>, (seal, trees): &Kept, subject: &Subject) -> Option<Sealed> {
    let (stated, key) = (stated(seal)?, sealed_key(subject));
    let membership = trees.membership(CONCERN, &key)?;
    let state: State = ask.pages.app.ledger.read().fleet().sealed_state(subject, seal.sealed.size)?;
    let Membership::Present(member) = &membership else { return None };
    let verified = membership.verify(stated, &key, Some(&state));
    let entries = world::fleet::sealed_entries(&state.value).map_or(0, |all| all.len());
    let size = seal.sealed.size;
    let says = Markup::new()
        .text(&format!("Its state among the first {} names ", count(size, "entry", "entries")))
        .strong(&count(entries as u64, "entry about it", "entries about it"))
        .text(", and there is no other: it is the leaf at place ")
        .text(&grouped(member.place))
        .text(&format!(" of {}, whose root ", count(stated.count, "state", "states")))
        .then(&seal_link(view, seal))
        .text(" states. ");
    let says = match view.known.saturating_sub(size) {
        0 => says,
        1 if seal.index == size => says.text("Nothing but the seal itself came after it."),
        n => says.text(&format!("Of the {} after it only a replay can tell.", count(n, "entry", "entries"))),
    };
    Some(Sealed {
        size,
        says,
        state: verdict(verified),
        leaves: vec![leaf(view, member, stated.count)],
        root: stated.root.to_string(),
    })
}

/// That nothing was said of the device until a seal: its neighbours stand side by side.
fn absent(view: &View<'_>, (seal, trees): &Kept, subject: &Subject) -> Option<Sealed> {
    let (stated, key) = (stated(seal)?, sealed_key(subject));
    let membership = trees.membership(CONCERN, &key)?;
    let Membership::Absent { before, after } = &membership else { return None };
    let verified = membership.verify(stated, &key, None);
    let neighbours: Vec<&Member> = before.iter().chain(after).collect();
    let places: Vec<String> = neighbours.iter().map(|member| grouped(member.place)).collect();
    let says = Markup::new()
        .text(&format!("The first {} say ", count(seal.sealed.size, "entry", "entries")))
        .strong("nothing of it")
        .text(&format!(
            ": of the {} sealed in their order, those at {} {} stand side by side, and it would stand between them. ",
            count(stated.count, "state", "states"),
            if places.len() == 1 { "place" } else { "places" },
            places.join(" and ")
        ))
        .text("The root is stated by ")
        .then(&seal_link(view, seal))
        .text(".");
    Some(Sealed {
        size: seal.sealed.size,
        says,
        state: verdict(verified),
        leaves: neighbours.into_iter().map(|member| leaf(view, member, stated.count)).collect(),
        root: stated.root.to_string(),
    })
}

fn verdict(verified: Result<(), String>) -> Markup {
    match verified {
        Ok(()) => Markup::new().state("holds", "verified just now"),
        Err(why) => Markup::new().state("alarm", "does not hold").text(&format!(" {why}")),
    }
}

fn leaf(view: &View<'_>, member: &Member, states: u64) -> Leaf {
    let whose = match sealed_subject(&member.key) {
        Some(subject) => Markup::new().link(&view.to(&words::device_path(&subject)), &subject.to_string()),
        None => Markup::new().element("span", "u", "not a device: a site or a setting"),
    };
    let steps = inclusion_steps(member.place, states, &member.leaf, &member.proof).map(|steps| {
        let row = |step: tlog::proof::Step| {
            let gives = step.result.to_string();
            StepRow {
                side: if matches!(step.side, Side::Left) { "left" } else { "right" },
                sibling: step.sibling.to_string(),
                gives_short: format!("{}…", gives.get(..16).unwrap_or_default()),
                gives,
                covers: if step.covers == (0..states) {
                    "equals the root".into()
                } else {
                    format!(
                        "{} to {}",
                        grouped(step.covers.start),
                        grouped(step.covers.end.saturating_sub(1))
                    )
                },
            }
        };
        steps.map(row).collect()
    });
    Leaf {
        place: grouped(member.place),
        whose,
        hash: member.leaf.to_string(),
        steps: steps.unwrap_or_default(),
    }
}

/// What a seal says of how many there are.
fn counted(view: &View<'_>, kept: Option<&Kept>) -> Vec<(&'static str, Markup)> {
    let Some((seal, _)) = kept else {
        let none = Markup::new().element("span", "u", "No seal was kept by this moment. ");
        return vec![("Sealed", none.element("code", "", "vouchsafe log seal").text(" makes one."))];
    };
    let Some(stated) = stated(seal) else { return Vec::new() };
    let size = count(seal.sealed.size, "entry", "entries");
    vec![
        ("Sealed", Markup::new().text(&format!("the first {size}, by ")).then(&seal_link(view, seal))),
        ("States", Markup::new().strong(&grouped(stated.count)).text(" of devices, sites and settings")),
        ("Root", Markup::new().element("code", "dg", &stated.root.to_string())),
        (
            "A count",
            Markup::new()
                .text("of devices under a condition is shown by a replay of these entries: ")
                .element("code", "", "vouchsafe fleet count --prove"),
        ),
    ]
}

fn lead(known: bool, entries: usize, current: Option<u64>, absent: bool, size: u64) -> Markup {
    if !known {
        let m = Markup::new().strong("Nothing is known of it").text(" at this moment; ");
        return m.text(if absent {
            "that nothing was said of it is shown below."
        } else {
            "and no seal was kept that could show it."
        });
    }
    let verb = if entries == 1 { "is" } else { "are" };
    let m = Markup::new()
        .text("What is known of it rests on ")
        .strong(&count(entries as u64, "entry", "entries"))
        .text(&format!(", which {verb} in the log of {}. ", count(size, "entry", "entries")));
    match current {
        // The seal itself may be the one entry after what it seals.
        Some(sealed) if sealed + 1 >= size => m.text("That nothing else was said of it is shown by a seal."),
        Some(sealed) => m.text(&format!(
            "That nothing else was said of it is shown by a seal for the first {}; from there by a replay only.",
            grouped(sealed)
        )),
        None => m.text(
            "That nothing else was said of it can be shown by a replay only: no seal is kept that has it.",
        ),
    }
}

/// The answer and its proof as a file.
pub(in super::super) fn file(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let subject = words::subject(text).ok_or_else(|| PageError::no_device(text))?;
    let ledger = &ask.pages.app.ledger;
    // Checkpoint first: the tree is never behind it.
    let (note, tree) = (ledger.checkpoint(), ledger.tree());
    let moments = Moments {
        at: view.moment().min(view.known_time),
        known: view.known,
        time: view.known_time,
        asked: None,
    };
    let found = view.capped(|world| {
        let fleet = world.fleet_at(moments.at, moments.known);
        let state = fleet.state(&subject)?;
        let basis = fleet.basis(&subject);
        Some((views::fleet::one_json(&fleet, &subject, &state, &basis), basis, state.subjects()))
    });
    let Some((mut members, basis, subjects)) = found else { return Err(PageError::no_device(text)) };
    if basis.len() > MAX_PROVEN {
        return Err(PageError::too_many_entries(basis.len(), MAX_PROVEN));
    }
    let kept = kept(ask, &view);
    let sealed = subjects.iter().filter_map(|subject| {
        kept.iter().find_map(|(seal, trees)| {
            let state = ledger.read().fleet().sealed_state(subject, seal.sealed.size)?;
            views::fleet::current(seal, trees.membership(CONCERN, &state.key), state)
        })
    });
    let sealed: Vec<Current> = sealed.collect();
    let material = Material { log: &**ledger.log(), tree: &tree, note: &note };
    let proof =
        views::fleet::prove(&material, moments.known, &basis, &sealed, false).map_err(PageError::ledger)?;
    if let serde_json::Value::Object(members) = &mut members {
        members.insert("proof".into(), proof.document);
    }
    let name = subject.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.proof.json\"")),
    ];
    Ok((headers, format!("{:#}\n", moments.answer(members))).into_response())
}
