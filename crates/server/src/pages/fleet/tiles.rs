//! The fleet on the overview: its figures, by release, and its findings by kind.

use ledger::properties::grouped;
use world::fleet::Filter;

use super::super::Ask;
use super::super::census::{Counting, read};
use super::super::error::PageError;
use super::super::findings::counts;
use super::super::moments::View;
use super::super::words::FINDINGS;
use super::breakdown::{Breakdown, by_release, by_verdict, cells, known};
use super::query::Query;
use super::{Figure, census, figures};

pub(crate) struct FindingTile {
    pub(crate) name: &'static str,
    pub(crate) means: &'static str,
    pub(crate) open: String,
    pub(crate) closed: String,
    pub(crate) href: String,
    pub(crate) closed_href: String,
    /// Somebody must look: drawn as an alarm.
    pub(crate) alarm: bool,
}

/// What the overview shows of the fleet.
pub(crate) struct Tiles {
    pub(crate) figures: Vec<Figure>,
    pub(crate) releases: Breakdown,
    pub(crate) verdicts: Breakdown,
    pub(crate) known: Breakdown,
    pub(crate) findings: Vec<FindingTile>,
    pub(crate) open: String,
    pub(crate) devices: String,
    /// What is said where devices exist twice.
    pub(crate) doubt: Option<String>,
}

/// `None` where there is no device; an error of the inner kind while it is being counted.
pub(crate) fn tiles(ask: &Ask, view: &mut View<'_>) -> Result<Result<Option<Tiles>, Counting>, PageError> {
    let shared = match census(ask, view)? {
        Ok(shared) => shared,
        Err(counting) => return Ok(Err(counting)),
    };
    let census = read(&shared);
    if census.len() == 0 {
        return Ok(Ok(None));
    }
    let query = Query::all();
    let choice = census.choose(&Filter::all());
    let cells = cells(choice.classes());
    let counts = counts(view, &census);
    let tile = |((word, name, means, _), (open, closed)): (
        &(&'static str, &'static str, &'static str, &str),
        &(u64, u64),
    )| FindingTile {
        name,
        means,
        open: grouped(*open),
        closed: grouped(*closed),
        href: view.to(&format!("/findings?kind={word}")),
        closed_href: view.to(&format!("/findings?kind={word}&state=closed")),
        alarm: *word == "clone-suspected" && *open > 0,
    };
    let open: u64 = counts.iter().map(|(open, _)| open).sum();
    let closed: u64 = counts.iter().map(|(_, closed)| closed).sum();
    let mut figures = figures(view, &query, &choice, &cells);
    figures.push(Figure {
        href: view.to("/findings"),
        label: "Open findings",
        state: if open > 0 { "open" } else { "" },
        value: grouped(open),
        note: format!("{} closed", grouped(closed)),
    });
    let clones = counts.first().map_or(0, |(open, _)| *open);
    Ok(Ok(Some(Tiles {
        figures,
        releases: by_release(view, &query, choice.classes(), &cells),
        verdicts: by_verdict(view, &query, choice.classes()),
        known: known(view, &query, &cells),
        findings: FINDINGS.iter().zip(&counts).map(tile).collect(),
        open: grouped(open),
        doubt: match clones {
            0 => None,
            1 => Some("One device seems to exist twice: two entries claim one place of its stream.".into()),
            n => Some(format!(
                "{} devices seem to exist twice: two entries claim one place of their stream.",
                grouped(n)
            )),
        },
        devices: grouped(cells.all()),
    })))
}
