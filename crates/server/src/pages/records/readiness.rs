//! How ready a line is: rules in force by clause family, open gaps by severity, suspect links. Worked out beside the page
//! where there are many records, and kept as these few numbers, not as the records.

use std::sync::Arc;

use records::engine::GapState;
use records::schema::Severity;
use views::design::{Design, Moment, Version};

use super::super::Ask;
use super::super::beside::{LARGE, SMALL};
use super::super::error::PageError;
use super::super::moments::View;
use super::families::{FAMILIES, in_force};
use super::state::States;
use super::{Lines, THREADS};

/// Rules with failing gaps that are named, those with most.
const WORST: usize = 5;
/// Records up to which a page waits for the rules.
const FEW: u64 = 5_000;
const RECORD_REVISED: &str = "RecordRevised";

/// Rules of a family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Fared {
    /// In force.
    pub(in super::super) rules: u64,
    /// With a failing gap.
    pub(in super::super) failing: u64,
    /// Without a failing gap, with one that is justified.
    pub(in super::super) justified: u64,
    /// Failing gaps.
    pub(in super::super) gaps: u64,
}

impl Fared {
    fn add(&mut self, fared: records::engine::RuleSummary) {
        self.rules += 1;
        self.failing += u64::from(fared.failing > 0);
        self.justified += u64::from(fared.failing == 0 && fared.justified > 0);
        self.gaps += fared.failing as u64;
    }

    /// Rules without a failing gap.
    pub(in super::super) const fn met(&self) -> u64 {
        self.rules.saturating_sub(self.failing)
    }
}

/// The numbers of a line.
#[derive(Debug, Default)]
pub(in super::super) struct Readiness {
    pub(in super::super) stage: String,
    pub(in super::super) records: u64,
    /// In the order of [`FAMILIES`]. A rule that several families ask for stands in each.
    pub(in super::super) families: [Fared; FAMILIES.len()],
    /// Each rule once.
    pub(in super::super) all: Fared,
    /// Open gaps that fail, warn, are noted; gaps that are justified; open ones in the wrong order.
    pub(in super::super) failing: u64,
    pub(in super::super) warnings: u64,
    pub(in super::super) notes: u64,
    pub(in super::super) justified: u64,
    pub(in super::super) retrospective: u64,
    /// Records with a suspect link.
    pub(in super::super) suspects: u64,
    /// Rules with most failing gaps: id, title, how many.
    pub(in super::super) worst: Vec<(String, String, u64)>,
}

impl Readiness {
    /// Counts. O(gaps + rules).
    pub(super) fn of(design: &Design) -> Self {
        let report = &design.report;
        let mut sums = Self {
            stage: report.stage.clone(),
            records: report.records as u64,
            suspects: States::of(design).suspects() as u64,
            ..Self::default()
        };
        for gap in &report.gaps {
            let counter = match (&gap.state, gap.severity) {
                (GapState::Justified(_), _) => {
                    sums.justified += 1;
                    continue;
                }
                (_, Severity::Error) => &mut sums.failing,
                (_, Severity::Warning) => &mut sums.warnings,
                (_, Severity::Note) => &mut sums.notes,
            };
            *counter += 1;
            sums.retrospective += u64::from(gap.retrospective);
        }
        let rulings = in_force(design);
        for ruling in &rulings {
            sums.all.add(ruling.fared);
            for (family, fared) in FAMILIES.iter().zip(&mut sums.families) {
                if ruling.families.iter().any(|of| of.word == family.word) {
                    fared.add(ruling.fared);
                }
            }
        }
        let mut worst: Vec<_> = rulings.into_iter().filter(|ruling| ruling.fared.failing > 0).collect();
        worst.sort_by_key(|ruling| std::cmp::Reverse(ruling.fared.failing));
        worst.truncate(WORST);
        sums.worst = worst.into_iter().map(|r| (r.id, r.title, r.fared.failing as u64)).collect();
        sums
    }
}

/// The readiness of one line of several.
pub(in super::super) struct Ready {
    pub(in super::super) lines: Lines,
    /// The numbers, or why the rules cannot be asked; `None` while they are being worked out.
    pub(in super::super) readiness: Option<Arc<Result<Readiness, String>>>,
}

/// Lines that are looked at for one whose rules can be asked.
const MAX_LINES: usize = 8;

/// The readiness of the line that is asked for with `of`, else of the first whose rules can be asked. `None` where nothing was
/// pushed.
pub(in super::super) fn readiness(ask: &Ask, view: &View<'_>) -> Result<Option<Ready>, PageError> {
    let Some(first) = Lines::choose(ask, view)? else { return Ok(None) };
    if ask.param("of").is_none() {
        for lines in first.each().into_iter().take(MAX_LINES) {
            let readiness = of_line(ask, view, &lines);
            if !matches!(readiness.as_deref(), Some(Err(_))) {
                return Ok(Some(Ready { lines, readiness }));
            }
        }
    }
    let readiness = of_line(ask, view, &first);
    Ok(Some(Ready { lines: first, readiness }))
}

/// The numbers of a line at the page's moments, or why the rules cannot be asked. `None`: they are being worked out.
fn of_line(ask: &Ask, view: &View<'_>, lines: &Lines) -> Option<Arc<Result<Readiness, String>>> {
    let (product, line) = (lines.product.clone(), lines.line.clone());
    let moment = Moment { product, line, at: view.moment(), known: view.known };
    let (version, revised) = view.capped(|world| {
        let tag =
            evidence::Fact::CATALOGUE.iter().find(|(_, name)| *name == RECORD_REVISED).map(|(tag, _)| *tag);
        let revised = tag.and_then(|tag| world.journal().counts().get(&tag).copied());
        (world.design_at(moment.at, moment.known).version(), revised.unwrap_or_default())
    });
    let version: Version = (moment.product.clone(), moment.line.clone(), version);
    let patience = if revised <= FEW { SMALL } else { LARGE };
    let (ledger, designs) = (ask.pages.app.ledger.clone(), ask.pages.designs.clone());
    ask.pages.worked.readiness.get(&version, patience, move || {
        let design = designs.at(ledger.as_ref(), ledger.blobs().as_ref(), &moment, THREADS);
        design.map(|design| Readiness::of(&design)).map_err(|e| e.to_string())
    })
}
