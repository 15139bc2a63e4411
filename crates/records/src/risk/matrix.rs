//! The risks of a record set by the policy: both matrices, the controls of each risk with their two verifications, and
//! the overall residual risk. Every count is the length of a list that is there beside it.

use super::{Evaluation, Probability, Region, When, evaluate};
use crate::engine::verdict;
use crate::facts::Outcome;
use crate::set::{Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet};

/// One place of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What the policy says of it.
    pub region: Region,
    /// The risks there, by id.
    pub risks: Vec<Node>,
}

/// Risks by severity and probability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Before or after control.
    pub when: When,
    /// Names of the columns: probabilities, least first; the last is `not estimable` when a risk is there.
    pub columns: Vec<String>,
    /// Severity and its cells, greatest first.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// Risks without a place.
    pub unplaced: Vec<Unplaced>,
}

/// A risk that has no place in a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    /// The risk.
    pub risk: Node,
    /// Why.
    pub why: String,
}

/// A control of a risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The record.
    pub node: Node,
    /// Whether its implementation is verified by a passed, current test or an accepted review.
    pub implemented: bool,
    /// Whether its effectiveness is, by one of its own.
    pub effective: bool,
    /// Records it introduces: hazards, situations, risks.
    pub introduces: Vec<Node>,
}

/// One risk with all that is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskLine {
    /// The record.
    pub node: Node,
    /// Situations and harms it is of.
    pub of: Vec<Node>,
    /// Before control.
    pub initial: Evaluation,
    /// After control.
    pub residual: Evaluation,
    /// Controls of the risk, of its situation and of the sequences of events that lead there, by id.
    pub controls: Vec<Control>,
    /// Controls it, or its situation or hazard, is introduced by.
    pub introduced_by: Vec<Node>,
    /// Whether a benefit-risk analysis is written down.
    pub benefit_risk: bool,
}

/// Overall residual risk by the policy's criteria.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overall {
    /// Residual risks of each region, by id.
    pub regions: BTreeMap<Region, Vec<Node>>,
    /// Risks whose residual region is not known.
    pub unknown: Vec<Node>,
    /// Regions of which there are more than the policy allows: region, how many, how many allowed.
    pub exceeded: Vec<(Region, usize, usize)>,
    /// Unacceptable residual risks without a benefit-risk analysis.
    pub unbalanced: Vec<Node>,
}

impl Overall {
    /// Whether every residual risk is known, every unacceptable one is balanced by a benefit-risk analysis, and no bound
    /// is passed. People decide about the overall residual risk; this says whether the criteria of the plan are met.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.unknown.is_empty() && self.exceeded.is_empty() && self.unbalanced.is_empty()
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskView {
    /// Every risk, by id.
    pub risks: Vec<RiskLine>,
    /// Before and after control; empty without a policy.
    pub matrices: Vec<Matrix>,
    /// The residual risks together.
    pub overall: Overall,
}

/// Computes the view. Needs a sealed set. O(risks × what leads to each).
#[must_use]
pub fn risk_view(set: &RecordSet) -> RiskView {
    let schema = set.schema();
    let kind = schema.kind_id("risk");
    let mut nodes: Vec<Node> = set
        .records()
        .map(|(node, _)| node)
        .filter(|node| kind.is_some() && set.kind(*node) == kind)
        .collect();
    nodes.sort_by_key(|node| set.id(*node));
    let risks: Vec<RiskLine> = nodes.into_iter().filter_map(|node| line(set, node)).collect();
    let mut matrices = Vec::new();
    let mut overall = Overall::default();
    for risk in &risks {
        match risk.residual.region {
            Some(region) => overall.regions.entry(region).or_default().push(risk.node),
            None => overall.unknown.push(risk.node),
        }
        if risk.residual.region == Some(Region::Unacceptable) && !risk.benefit_risk {
            overall.unbalanced.push(risk.node);
        }
    }
    if let Some(policy) = &schema.risk {
        matrices.extend([When::Initial, When::Residual].map(|when| matrix(set, policy, &risks, when)));
        for (region, allowed) in &policy.overall {
            let there = overall.regions.get(region).map_or(0, Vec::len);
            if there > *allowed {
                overall.exceeded.push((*region, there, *allowed));
            }
        }
    }
    RiskView { risks, matrices, overall }
}

fn matrix(set: &RecordSet, policy: &super::Policy, risks: &[RiskLine], when: When) -> Matrix {
    let of = |risk: &RiskLine| {
        let evaluation = if when == When::Initial { &risk.initial } else { &risk.residual };
        (evaluation.severity, evaluation.probability, evaluation.region, evaluation.trouble.clone())
    };
    let blind = risks.iter().any(|risk| of(risk).1 == Some(Probability::NotEstimable));
    let mut columns: Vec<String> = policy.probability.iter().map(|level| level.name.clone()).collect();
    let mut places: Vec<Probability> = (0..columns.len()).map(Probability::Class).collect();
    if blind {
        columns.push("not estimable".to_owned());
        places.push(Probability::NotEstimable);
    }
    let mut unplaced = Vec::new();
    let mut cells: BTreeMap<(usize, Probability), Vec<Node>> = BTreeMap::new();
    for risk in risks {
        match of(risk) {
            (Some(severity), Some(probability), Some(_), _) => {
                cells.entry((severity, probability)).or_default().push(risk.node);
            }
            (.., trouble) => {
                let id = set.id(risk.node);
                let why = trouble.map_or_else(|| format!("{id} is not estimated"), |t| t.text(id));
                unplaced.push(Unplaced { risk: risk.node, why });
            }
        }
    }
    let rows = policy.severity.iter().enumerate().rev().map(|(severity, level)| {
        let cells = places.iter().map(|place| Cell {
            region: policy.region(when, severity, *place).unwrap_or(Region::Unacceptable),
            risks: cells.get(&(severity, *place)).cloned().unwrap_or_default(),
        });
        (level.name.clone(), cells.collect())
    });
    Matrix { when, columns, rows: rows.collect(), unplaced }
}

fn line(set: &RecordSet, node: Node) -> Option<RiskLine> {
    let schema = set.schema();
    let record = set.record(node)?;
    let policy = schema.risk.as_ref();
    let ends = |from: &[Node], link: &str, back: bool| -> Vec<Node> {
        let Some(link) = schema.link_id(link) else { return Vec::new() };
        let edges = |node: &Node| {
            let edges = if back { set.back_of(*node, link) } else { set.out_of(*node, link) };
            edges.iter().map(|edge| edge.node).filter(|node| set.record(*node).is_some()).collect::<Vec<_>>()
        };
        from.iter().flat_map(edges).collect()
    };
    let situations = ends(&[node], "situation", false);
    let sequences = ends(&situations, "arises-from", false);
    let hazards = ends(&sequences, "begins-with", false);
    let chain: Vec<Node> = [&[node][..], &situations, &sequences, &hazards].concat();
    let unique = |nodes: Vec<Node>| {
        let set_of: BTreeSet<Node> = nodes.into_iter().collect();
        let mut nodes: Vec<Node> = set_of.into_iter().collect();
        nodes.sort_by_key(|node| set.id(*node));
        nodes
    };
    let controls = unique(ends(&chain, "controls", true)).into_iter().map(|control| Control {
        node: control,
        implemented: verified(set, &ends(&[control], "verifies-implementation", true)),
        effective: verified(set, &ends(&[control], "verifies-effectiveness", true)),
        introduces: unique(ends(&[control], "introduced-by", true)),
    });
    Some(RiskLine {
        node,
        controls: controls.collect(),
        introduced_by: unique(ends(&chain, "introduced-by", false)),
        initial: evaluate(policy, record, When::Initial),
        residual: evaluate(policy, record, When::Residual),
        benefit_risk: record.field("benefit-risk").is_some(),
        of: [situations, ends(&[node], "harm", false)].concat(),
    })
}

/// Whether one of these test cases passed on the present revisions, or one of these reviews accepted.
fn verified(set: &RecordSet, by: &[Node]) -> bool {
    by.iter().any(|node| {
        let accepted = set
            .record(*node)
            .is_some_and(|r| matches!(r.text_of("outcome"), "accepted" | "accepted-with-actions"));
        let passed =
            || verdict(set, *node).is_some_and(|v| v.stale.is_none() && v.outcome == Outcome::Passed);
        accepted || passed()
    })
}
