//! Rows of a device's page: intervals, findings, proofs, and where to go from here.

use ledger::properties::grouped;
use world::fleet::Certainty;

use super::super::markup::{Markup, count, percent};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::words;
use super::{Basics, FindingRow, IntervalRow, MAX_ROWS, Matter, Stretch};

pub(super) fn note(stretches: usize, earlier: bool) -> Option<String> {
    let more = stretches.saturating_sub(MAX_ROWS);
    match (more, earlier) {
        (0, false) => None,
        (0, true) => Some("What was before is left out here: ask for an earlier moment above.".into()),
        (n, _) => {
            Some(format!("{} earlier ones are left out: ask for an earlier moment above.", grouped(n as u64)))
        }
    }
}

pub(super) fn entry(view: &View<'_>, index: u64) -> Markup {
    Markup::new().link(&view.to(&format!("/log/{index}")), &grouped(index))
}

pub(super) fn interval(view: &View<'_>, s: &Stretch) -> IntervalRow {
    let runs = match (s.runs.is_empty(), s.altered) {
        (_, true) => Markup::new().state("warning", "firmware of no release"),
        (true, false) => Markup::new().element("span", "u", "not known"),
        (false, false) => match s.releases.as_slice() {
            [index] => Markup::new().link(&view.to(&format!("/releases/{index}")), &s.runs),
            _ => Markup::new().text(&s.runs),
        },
    };
    let evidence = match s.certainty {
        Certainty::Proven { from, until } if from != until => {
            entry(view, from).text(" and ").then(&entry(view, until))
        }
        Certainty::Unknown(reason) => Markup::new().element("span", "u", words::unknown(reason)),
        certainty => match certainty.evidence() {
            Some(index) => entry(view, index),
            None => Markup::new().element("span", "u", "a word, no evidence"),
        },
    };
    IntervalRow {
        runs,
        grade: words::grade(s.grade),
        certainty: words::certainty(&s.certainty),
        verdict: words::verdict(s.verdict),
        from: Markup::new().time(s.from),
        until: if s.last {
            Markup::new().element("span", "u", "as it was at")
        } else {
            Markup::new().time(s.until)
        },
        evidence,
        site: s.site.clone().unwrap_or_default(),
    }
}

pub(super) fn finding_row(view: &View<'_>, m: &Matter) -> FindingRow {
    let state = match &m.closed {
        None => Markup::new().state("open", "open"),
        Some((index, _)) => Markup::new().state("closed", "closed").text(" by ").then(&entry(view, *index)),
    };
    let says = m.says.clone();
    let says = match &m.closed {
        None => says.element("span", "sub", m.advice),
        Some((_, outcome)) => says.element("span", "sub", &cut(outcome, 300)),
    };
    FindingRow {
        kind: Markup::new().state(if m.closed.is_some() { "closed" } else { m.state }, m.title),
        says,
        state,
        evidence: m.evidence.map_or_else(Markup::new, |index| entry(view, index)),
    }
}

/// What can be shown to somebody who trusts nobody here.
pub(super) fn proofs(view: &View<'_>, b: &Basics) -> Vec<(&'static str, Markup)> {
    let size = count(view.known, "entry", "entries");
    let proof = |index: u64| {
        Markup::new()
            .link(&view.to(&format!("/log/{index}#h-proof")), &format!("proof of entry {}", grouped(index)))
    };
    let included = match b.certainty {
        Certainty::Proven { from, until } if from != until => Markup::new()
            .text(&format!("Both measurements are in the log of {size}: "))
            .then(&proof(from))
            .text(", ")
            .then(&proof(until))
            .text("."),
        certainty => match certainty.evidence() {
            Some(index) => Markup::new()
                .text(&format!("The measurement is in the log of {size}: "))
                .then(&proof(index))
                .text("."),
            None => Markup::new().text("No measurement stands behind this state; a word is no proof."),
        },
    };
    let mut out = vec![("Included", included)];
    if let Some(index) = b.identity.enrolled() {
        out.push((
            "Identity",
            Markup::new().text("Its key was enrolled by a station: ").then(&proof(index)).text("."),
        ));
    }
    let path = format!("{}/proof", words::device_path(&b.subject));
    out.push((
        "Current",
        Markup::new()
            .text("That nothing else was said of it: ")
            .link(&view.to(&format!("{path}#h-current")), "by a seal")
            .text("."),
    ));
    out.push((
        "Absent, counted",
        Markup::new()
            .link(&view.to(&path), "Everything, worked out")
            .text(", and ")
            .link(&view.to(&format!("{path}.json")), "as a file")
            .text(" for ")
            .element("code", "", "vouchsafe verify")
            .text("."),
    ));
    out.push(("Not proven", Markup::new().text("Where it is: that is somebody's word, entered in the log.")));
    out
}

pub(super) fn related(view: &View<'_>, b: &Basics) -> Vec<(String, String)> {
    let link = |query: String, text: String| (view.to(&format!("/fleet?{query}")), text);
    let mut out = Vec::new();
    if let Some(site) = &b.site {
        out.push(link(format!("site={}", percent(site)), format!("Devices at {}", cut(site, 30))));
    }
    out
}
