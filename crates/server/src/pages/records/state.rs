//! In which state a record is: failing gaps, suspect links, approval, results. Counted once for a whole page.

use std::collections::BTreeMap;

use records::engine::{Verdict, verdict};
use records::facts::{Meaning, Outcome};
use records::set::Node;
use views::design::Design;

use super::super::markup::{Markup, count};

/// What stands open at each record.
pub(super) struct States<'d> {
    design: &'d Design,
    /// Failing gaps, and gaps in all that nobody justified.
    gaps: BTreeMap<&'d str, (usize, usize)>,
    /// Records with a suspect link of their own, each with what changed.
    suspects: BTreeMap<Node, Vec<Node>>,
}

impl<'d> States<'d> {
    pub(super) fn of(design: &'d Design) -> Self {
        let mut gaps: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for gap in &design.report.gaps {
            let (failing, all) = gaps.entry(&gap.record).or_default();
            *failing += usize::from(gap.fails());
            *all += usize::from(!matches!(gap.state, records::engine::GapState::Justified(_)));
        }
        let mut suspects: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        for suspect in design.report.suspects.iter().filter(|s| s.link.is_some()) {
            suspects.entry(suspect.record).or_default().push(suspect.changed);
        }
        Self { design, gaps, suspects }
    }

    /// Failing gaps of a record, and gaps in all.
    pub(super) fn gaps(&self, id: &str) -> (usize, usize) {
        self.gaps.get(id).copied().unwrap_or_default()
    }

    /// What changed under the links of a record since they were accepted.
    pub(super) fn suspect(&self, node: Node) -> &[Node] {
        self.suspects.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Records with a suspect link.
    pub(super) fn suspects(&self) -> usize {
        self.suspects.len()
    }

    /// Records with a failing gap.
    pub(super) fn failing(&self) -> usize {
        self.gaps.iter().filter(|(id, (failing, _))| !id.is_empty() && *failing > 0).count()
    }

    /// Who approves the present revision: the first that nobody of the same name took back.
    pub(super) fn approved_by(&self, node: Node) -> Option<&'d str> {
        let set = self.design.evaluator.set();
        let revision = set.record(node)?.revision();
        let statements = || set.approvals(node).iter().filter(|s| s.revision == revision);
        let taken_back = |name: &str, at| {
            statements().any(|s| s.meaning == Meaning::Reject && &*s.name == name && s.at >= at)
        };
        let approval = statements().find(|s| s.meaning == Meaning::Approve && !taken_back(&s.name, s.at));
        approval.map(|s| &*s.name)
    }

    /// The result of a record, if it has any.
    pub(super) fn result(&self, node: Node) -> Option<Verdict> {
        verdict(self.design.evaluator.set(), node)
    }

    /// The state of a record that needs somebody most.
    pub(super) fn worst(&self, node: Node, id: &str) -> Markup {
        let (failing, all) = self.gaps(id);
        let m = Markup::new();
        if failing > 0 {
            m.state("gap", &count(failing as u64, "gap", "gaps"))
        } else if !self.suspect(node).is_empty() {
            m.state("suspect", "suspect")
        } else if all > 0 {
            m.state("open", &count(all as u64, "open point", "open points"))
        } else {
            m.state("met", "nothing open")
        }
    }
}

/// A result in a word: state, word, and whether it needs somebody.
pub(super) fn result_word(verdict: &Verdict) -> (&'static str, &'static str, bool) {
    if verdict.stale.is_some() {
        return ("suspect", "stale", true);
    }
    match verdict.outcome {
        Outcome::Passed => ("pass", "pass", false),
        Outcome::Failed => ("fail", "fail", true),
        Outcome::Error => ("fail", "error", true),
        Outcome::Skipped => ("not-run", "not run", true),
    }
}
