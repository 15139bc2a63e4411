//! Finding devices (by UEID, serial number, UDI, or what the importing system calls them), releases (by version, or by the
//! digest of an artefact or measurement) and who measured a digest.

use evidence::Hash;
use ledger::properties::grouped;
use world::fleet::Subject;
use world::release::Known;

use super::fleet::equals;
use super::markup::{Markup, percent};
use super::moments::View;
use super::phrase::cut;
use super::search::{Hit, MAX_HITS, MIN_DIGITS};
use super::words;

/// Devices whose identity is looked at where the index has none, and those at a time while the world is held.
const MAX_DEVICES: usize = 100_000;
const SLICE: usize = 1_000;
/// Fewest characters of a part of a serial number or UDI.
const MIN_PART: usize = 3;
/// Releases that are looked through, newest first.
const MAX_RELEASES: usize = 20_000;

pub(super) fn find(view: &View<'_>, text: &str, hits: &mut Vec<Hit>, looked: &mut Vec<String>) {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let hex = (MIN_DIGITS..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    releases(view, text, hex.then_some(digits.as_str()), hits);
    if hex && view.present_asked() {
        measured(view, &digits, hits);
    }
    if !named(view, text, hits) && text.chars().count() >= MIN_PART {
        devices(view, text, hits, looked);
    }
}

/// Letters and digits only, in one case: UDIs are scanned with and without their parentheses.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    plain_into(text, &mut out);
    out
}

fn plain_into(text: &str, out: &mut String) {
    out.clear();
    out.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
}

/// Whether a text has a part, in any case of its ASCII letters.
fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len().max(1)).any(|w| w.eq_ignore_ascii_case(part.as_bytes()))
}

/// A device by its own identifier.
fn named(view: &View<'_>, text: &str, hits: &mut Vec<Hit>) -> bool {
    let Some(subject) = words::subject(text) else { return false };
    let hit = view.capped(|w| device(view, &w.fleet_at(view.moment(), view.known), &subject, true));
    let found = hit.is_some();
    hits.extend(hit);
    found
}

fn device(
    view: &View<'_>,
    fleet: &world::fleet::FleetView<'_>,
    subject: &Subject,
    exact: bool,
) -> Option<Hit> {
    let state = fleet.state(subject)?;
    let mut about: Vec<String> = state.model.map(str::to_owned).into_iter().collect();
    about.extend(state.udi.clone());
    about.push(state.subject().to_string());
    about.extend(state.site.map(|site| format!("at {site}")));
    Some(Hit {
        href: view.to(&words::device_path(&state.subject())),
        what: "device",
        name: cut(&words::name(&state), 80),
        note: Markup::new().text(&cut(&about.join(" · "), 160)),
        exact,
    })
}

/// Devices by serial number or UDI, whole or by how it begins, or by the importing system's identifier: from the index. Where that
/// has none, what stands in the middle of a name is looked for among the first devices.
fn devices(view: &View<'_>, text: &str, hits: &mut Vec<Hit>, looked: &mut Vec<String>) {
    let (at, known) = (view.moment(), view.known);
    let found = view.capped(|w| w.fleet_at(at, known).called(text, false, MAX_HITS));
    let found = found.unwrap_or_default();
    let before = hits.len();
    for subject in found {
        push(view, text, &subject, hits);
    }
    if hits.len() == before {
        among(view, text, hits, looked);
    }
}

/// Adds a device, and says whether it is what was asked for.
fn push(view: &View<'_>, text: &str, subject: &Subject, hits: &mut Vec<Hit>) {
    let (at, known) = (view.moment(), view.known);
    let hit = view.capped(|w| {
        let fleet = w.fleet_at(at, known);
        let bare = plain(text);
        let is = |value: Option<&str>| {
            value.is_some_and(|v| v.eq_ignore_ascii_case(text) || (bare.len() > 12 && plain(v) == bare))
        };
        let exact = fleet
            .state(subject)
            .is_some_and(|s| is(s.serial.as_deref()) || is(s.asset.as_deref()) || is(s.udi.as_deref()));
        device(view, &fleet, subject, exact)
    });
    // A declared device that is an enrolled one is found under both.
    if let Some(hit) = hit.filter(|hit| !hits.iter().any(|h| h.href == hit.href)) {
        hits.push(hit);
    }
}

fn among(view: &View<'_>, text: &str, hits: &mut Vec<Hit>, looked: &mut Vec<String>) {
    let (at, known) = (view.moment(), view.known);
    let (bare, mut scanned) = (plain(text), String::new());
    let like = |value: Option<&str>| value.is_some_and(|v| has(v, text));
    let (mut after, mut seen): (Option<Subject>, usize) = (None, 0);
    while seen < MAX_DEVICES && hits.len() < MAX_HITS {
        let mut found: Vec<Subject> = Vec::new();
        after = view.capped(|world| {
            world.fleet_at(at, known).identities(after.as_ref(), SLICE, |subject, udi, serial| {
                let asset = match subject {
                    Subject::Asset(asset) => Some(asset.as_str()),
                    Subject::Device(_) => None,
                };
                // A UDI as scanned may lack what is printed around its parts.
                plain_into(udi.unwrap_or_default(), &mut scanned);
                let part = bare.len() >= MIN_PART && scanned.contains(&bare);
                if like(serial) || like(asset) || part {
                    found.push(subject.clone());
                }
            })
        });
        for subject in found.into_iter().take(MAX_HITS - hits.len()) {
            push(view, text, &subject, hits);
        }
        seen += SLICE;
        if after.is_none() {
            return;
        }
    }
    if hits.len() < MAX_HITS {
        looked.push(format!(
            "No serial number, UDI or asset begins so; the first {} devices were looked through for it.",
            grouped(MAX_DEVICES as u64)
        ));
    }
}

fn releases(view: &View<'_>, text: &str, digits: Option<&str>, hits: &mut Vec<Hit>) {
    let wanted = text.to_lowercase();
    let like = |digest: &Hash| digits.is_some_and(|d| digest.to_string().starts_with(d));
    let found = view.capped(|world| {
        let known = Known::new(view.known, world.journal());
        let newest = world.releases().iter(known).rev().take(MAX_RELEASES);
        let mut found = Vec::new();
        for r in newest.filter(|r| r.entry.index < view.upto) {
            let made = &r.made;
            let name = format!("{} {}", made.item, made.version);
            let exact = made.version.to_lowercase() == wanted || name.to_lowercase() == wanted;
            let artefact = made.artefacts.iter().find(|a| like(&a.digest)).map(|a| a.name.clone());
            let component = made.measurements.iter().find(|m| like(&m.digest)).map(|m| m.name.clone());
            let part = wanted.len() >= MIN_PART && name.to_lowercase().contains(&wanted);
            if found.len() < MAX_HITS && (exact || part || artefact.is_some() || component.is_some()) {
                let why = match (artefact, component) {
                    (Some(file), _) => format!("lists the file {file}"),
                    (None, Some(component)) => format!("lists the measurement of {component}"),
                    (None, None) => format!("of {}", made.product),
                };
                found.push((r.entry.index, name, why, exact));
            }
        }
        found
    });
    hits.extend(found.into_iter().map(|(index, name, why, exact)| Hit {
        href: view.to(&format!("/releases/{index}")),
        what: "release",
        name,
        note: Markup::new().text(&why),
        exact,
    }));
}

/// Who measured a digest: a list of devices.
fn measured(view: &View<'_>, digits: &str, hits: &mut Vec<Hit>) {
    let found = view.capped(|w| w.fleet().digests(digits, 3));
    hits.extend(found.into_iter().map(|digest| Hit {
        href: view.to(&format!("/fleet?where={}", percent(&equals("digest", &digest.to_string())))),
        what: "devices",
        name: "Devices that measure this digest".into(),
        note: Markup::new().digest(&digest),
        exact: false,
    }));
}
