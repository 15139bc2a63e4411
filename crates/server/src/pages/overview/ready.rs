//! Readiness on the overview: of one line, rules by clause family and open gaps by severity.

use ledger::properties::grouped;

use super::super::Ask;
use super::super::chart::{Fill, meter};
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::records::{FAMILIES, Fared, Readiness, Ready as Found, readiness};
use super::Figure;

/// A number that leads to its list, or nowhere when it is none.
pub(crate) struct Number {
    pub(crate) href: String,
    pub(crate) value: String,
}

fn number(n: u64, href: impl FnOnce() -> String) -> Number {
    Number { href: if n == 0 { String::new() } else { href() }, value: grouped(n) }
}

pub(crate) struct FamilyRow {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) href: String,
    /// Rules, those without and with a failing gap, failing gaps.
    pub(crate) numbers: Vec<(&'static str, Number)>,
    pub(crate) meter: Markup,
}

pub(crate) struct SeverityRow {
    pub(crate) state: Markup,
    pub(crate) means: &'static str,
    pub(crate) n: Number,
}

/// What is shown of a line's readiness.
pub(crate) struct Ready {
    /// Product and line, as the address calls them; which of them is shown.
    pub(crate) lines: Vec<(String, bool)>,
    /// Product and line that are shown.
    pub(crate) of: String,
    /// The rules are being asked.
    pub(crate) counting: bool,
    /// Why the rules cannot be asked.
    pub(crate) why: Option<String>,
    pub(crate) stage: String,
    pub(crate) families: Vec<FamilyRow>,
    pub(crate) all: Option<FamilyRow>,
    pub(crate) severities: Vec<SeverityRow>,
    pub(crate) worst: Vec<(String, String, Number)>,
    pub(crate) gaps_href: String,
    pub(crate) rules_href: String,
    sums: Option<(u64, u64, u64, u64, String)>,
}

/// Makes an address of these pages of a path and a query.
type To<'a> = dyn Fn(&str, &[(&str, &str)]) -> String + 'a;

/// The readiness of the line that is asked for, else of the first whose rules can be asked.
pub(super) fn ready(ask: &Ask, view: &View<'_>) -> Result<Ready, PageError> {
    let found = readiness(ask, view)?;
    let mut ready = Ready {
        lines: Vec::new(),
        of: String::new(),
        counting: false,
        why: None,
        stage: String::new(),
        families: Vec::new(),
        all: None,
        severities: Vec::new(),
        worst: Vec::new(),
        gaps_href: view.to("/gaps"),
        rules_href: view.to("/rules"),
        sums: None,
    };
    let Some(Found { lines, readiness }) = found else { return Ok(ready) };
    ready.lines.clone_from(&lines.all);
    ready.of = lines.all.iter().find(|(_, chosen)| *chosen).map(|(name, _)| name.clone()).unwrap_or_default();
    let to = |path: &str, query: &[(&str, &str)]| view.to(&lines.path(path, query));
    ready.gaps_href = to("/gaps", &[]);
    ready.rules_href = to("/rules", &[]);
    match readiness.as_deref() {
        None => ready.counting = true,
        Some(Err(why)) => ready.why = Some(format!("{why}.")),
        Some(Ok(found)) => fill(&mut ready, found, &to),
    }
    Ok(ready)
}

fn fill(ready: &mut Ready, found: &Readiness, to: &To<'_>) {
    ready.stage.clone_from(&found.stage);
    let family = |word: &'static str, name, about, fared: &Fared| FamilyRow {
        name,
        about,
        href: to("/rules", &[("family", word)]),
        numbers: vec![
            ("Rules", number(fared.rules, || to("/rules", &[("family", word)]))),
            ("Without", number(fared.met(), || to("/rules", &[("family", word), ("show", "met")]))),
            ("With", number(fared.failing, || to("/rules", &[("family", word), ("show", "failing")]))),
            ("Failing gaps", number(fared.gaps, || to("/gaps", &[("family", word)]))),
        ],
        meter: meter(
            &[
                (Fill::Fresh, fared.met().saturating_sub(fared.justified)),
                (Fill::Assumed, fared.justified),
                (Fill::Attend, fared.failing),
            ],
            fared.rules.max(1),
        ),
    };
    let in_force = FAMILIES.iter().zip(&found.families).filter(|(_, fared)| fared.rules > 0);
    ready.families = in_force.map(|(f, fared)| family(f.word, f.name, f.about, fared)).collect();
    ready.all = Some(family("", "All rules", "", &found.all));
    let severity = |state, word, means, n: u64, show: &str| SeverityRow {
        state: Markup::new().state(if n == 0 { "met" } else { state }, word),
        means,
        n: number(n, || to("/gaps", &[("show", show)])),
    };
    ready.severities = vec![
        severity("gap", "fails", "keeps the line from being ready", found.failing, ""),
        severity("warning", "warning", "to be mended; does not fail", found.warnings, "warning"),
        severity("open", "noted", "asked for at a later stage", found.notes, "note"),
        severity(
            "overdue",
            "retrospective",
            "of the open ones: done in the wrong order",
            found.retrospective,
            "retrospective",
        ),
        severity("justified", "justified", "a signed record says why", found.justified, "justified"),
    ];
    ready.worst = found
        .worst
        .iter()
        .map(|(id, title, n)| {
            (id.clone(), title.clone(), number(*n, || to("/gaps", &[("by", "rule"), ("group", id)])))
        })
        .collect();
    let suspects = to("/records", &[("show", "suspect")]);
    ready.sums = Some((found.failing, found.all.rules, found.suspects, found.records, suspects));
}

impl Ready {
    /// What asks for somebody, as figures.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let Some((failing, rules, suspects, records, to_suspects)) = &self.sums else { return Vec::new() };
        let warm = |n: u64, state| if n > 0 { state } else { "" };
        vec![
            Figure {
                href: self.gaps_href.clone(),
                label: "Failing gaps",
                state: warm(*failing, "gap"),
                value: grouped(*failing),
                note: format!("of {} in force", count(*rules, "rule", "rules")),
            },
            Figure {
                href: to_suspects.clone(),
                label: "On suspect links",
                state: warm(*suspects, "suspect"),
                value: grouped(*suspects),
                note: format!("of {}", count(*records, "record", "records")),
            },
        ]
    }

    /// The answer in a sentence; nothing where nothing was pushed.
    pub(super) fn says(&self) -> Markup {
        let Some((failing, ..)) = self.sums else {
            return match (self.of.is_empty(), self.counting) {
                (true, _) => Markup::new(),
                (false, true) => {
                    Markup::new().strong("The rules are being asked").text(&format!(" of {}.", self.of))
                }
                (false, false) => {
                    Markup::new().strong("The rules cannot be asked").text(&format!(" of {}.", self.of))
                }
            };
        };
        match failing {
            0 => Markup::new()
                .text(&format!("{} has ", self.of))
                .strong("no failing gap")
                .text(&format!(" at stage {}.", self.stage)),
            n => Markup::new().strong(&format!("{} is not ready:", self.of)).text(&format!(
                " {} at stage {}.",
                count(n, "failing gap", "failing gaps"),
                self.stage
            )),
        }
    }
}
