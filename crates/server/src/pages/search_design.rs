//! The part of the search that finds records by their identifier and vulnerabilities by any of their names.

use super::Ask;
use super::markup::{Markup, percent};
use super::moments::View;
use super::phrase::cut;
use super::search::{Hit, MAX_HITS};
use super::vulnerabilities::path;

/// Products and lines that are looked through.
const MAX_LINES: usize = 64;
/// Shortest part of a vulnerability's name that is looked for.
const MIN_PART: usize = 4;

/// Finds them.
pub(super) fn find(ask: &Ask, view: &View<'_>, text: &str, hits: &mut Vec<Hit>) {
    records(view, text, hits);
    vulnerabilities(ask, view, text, hits);
}

fn records(view: &View<'_>, text: &str, hits: &mut Vec<Hit>) {
    let (at, known) = (view.moment(), view.known);
    // Identifiers are written in capitals; people search as they type.
    let upper = text.to_uppercase();
    let found = view.capped(|world| {
        let design = world.design_at(at, known);
        let lines: Vec<(String, String)> =
            design.lines().take(MAX_LINES).map(|(p, l)| (p.to_owned(), l.to_owned())).collect();
        let there = |(product, line): (String, String)| {
            let id = [text, upper.as_str()].into_iter().find_map(|id| design.record(&product, &line, id))?;
            Some((id.said.record, id.said.kind, format!("{product}, {line}")))
        };
        lines.into_iter().filter_map(there).collect::<Vec<_>>()
    });
    let one = found.len() == 1;
    hits.extend(found.into_iter().map(|(id, kind, of)| Hit {
        href: view.to(&format!("/records/{}?of={}", percent(&id), percent(&of))),
        what: "record",
        name: id,
        note: Markup::new().text(&format!("{kind} of {}", cut(&of, 80))),
        exact: one,
    }));
}

fn vulnerabilities(ask: &Ask, view: &View<'_>, text: &str, hits: &mut Vec<Hit>) {
    let Some(populations) = ask.pages.app.populations.as_ref().filter(|p| p.applied() > 0) else { return };
    if text.len() < MIN_PART {
        return;
    }
    let wanted = text.to_lowercase();
    // The names of the present lead to pages of any moment, which say so where nothing was known yet.
    let (_, found) = populations.concerned();
    for findings in found.iter() {
        let name = findings.names.iter().find(|name| name.to_lowercase().contains(&wanted));
        let Some(name) = name else { continue };
        if hits.len() >= MAX_HITS {
            return;
        }
        hits.push(Hit {
            href: view.to(&path(&findings.id)),
            what: "vulnerability",
            name: findings.id.clone(),
            note: Markup::new().text(&cut(findings.summary().unwrap_or_default(), 120)),
            exact: name.to_lowercase() == wanted,
        });
    }
}
