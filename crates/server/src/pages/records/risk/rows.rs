//! The overall residual risk with what was concluded about it, and the rows of the list.

use ledger::properties::grouped;
use records::record::Record;
use records::risk::{Control, Evaluation, Policy, Region, RiskLine, RiskView};
use records::set::Node;

use super::super::super::markup::Markup;
use super::super::super::phrase::cut;
use super::{Drawn, MAX_CELL, OVERALL, Row, place, state};

impl Drawn<'_> {
    /// The policy, its criteria, and what was concluded.
    pub(super) fn overall(&self, risks: &RiskView, policy: Option<&Policy>) -> Vec<(&'static str, Markup)> {
        let mut out = Vec::new();
        if let Some(policy) = policy {
            let version = if policy.version.is_empty() { "no version named" } else { &policy.version };
            out.push(("Policy", Markup::new().text(version)));
            out.push(("Probability of", Markup::new().text(&format!("harm per {}", policy.per))));
            for (region, allowed) in &policy.overall {
                let there = risks.overall.regions.get(region).map_or(0, Vec::len);
                let text = format!("{} of at most {}", grouped(there as u64), grouped(*allowed as u64));
                let state = if there > *allowed { "gap" } else { "met" };
                let label = match region {
                    Region::Acceptable => "Acceptable",
                    Region::Reduce => "To be reduced",
                    Region::Unacceptable => "Unacceptable",
                };
                out.push((label, Markup::new().state(state, &text)));
            }
        }
        let (state, word) = match (policy.is_some(), risks.overall.holds()) {
            (false, _) => ("gap", "none: there is no policy"),
            (true, true) => ("met", "are met"),
            (true, false) => ("gap", "are not met"),
        };
        out.push(("Criteria", Markup::new().state(state, word)));
        let concluded = self.concluded();
        if concluded.is_empty() {
            let none = "nobody concluded; a record says so in `overall-residual-risk`";
            out.push(("Conclusion", Markup::new().element("span", "u", none)));
        }
        out.extend(concluded.into_iter().map(|m| ("Conclusion", m)));
        out
    }

    /// The records that evaluate the overall residual risk, with what they conclude.
    fn concluded(&self) -> Vec<Markup> {
        let set = self.set();
        let provides = |record: &Record| {
            record.field("provides").is_some_and(|field| field.values().any(|v| v == OVERALL))
        };
        let mut found: Vec<(&str, &Record)> =
            set.records().filter(|(_, r)| provides(r)).map(|(_, r)| (r.id(), r)).collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        let one = |(id, record): &(&str, &Record)| {
            let m = match record.text_of(OVERALL) {
                "" => Markup::new().state("gap", "no conclusion"),
                "not-acceptable" => Markup::new().state("fail", "not acceptable"),
                word => Markup::new().state("met", &word.replace('-', " ")),
            };
            m.text(" in ")
                .link(&self.view.to(&self.lines.record(id)), id)
                .text(&format!(", {}", cut(record.title(), 80)))
        };
        found.iter().take(MAX_CELL).map(one).collect()
    }

    fn links(&self, nodes: &[Node]) -> Markup {
        let set = self.set();
        let mut m = Markup::new();
        for (n, node) in nodes.iter().take(MAX_CELL).enumerate() {
            let id = set.id(*node);
            m = if n > 0 { m.text(", ") } else { m };
            m = m.link(&self.view.to(&self.lines.record(id)), id);
        }
        if nodes.len() > MAX_CELL {
            m = m.text(&format!(" and {} more", nodes.len() - MAX_CELL));
        }
        m
    }

    fn evaluation(&self, node: Node, evaluation: &Evaluation, policy: Option<&Policy>) -> Markup {
        let Some(region) = evaluation.region else {
            let why = evaluation.trouble.as_ref().map(|t| t.text(self.set().id(node)));
            let m = Markup::new().state("undetermined", "not evaluated");
            return m.element("span", "sub", &why.unwrap_or_default());
        };
        let m = Markup::new().state(state(region), region.name());
        match place(policy, evaluation) {
            Some((severity, probability)) => m.element("span", "sub", &format!("{severity} × {probability}")),
            None => m,
        }
    }

    pub(super) fn row(&self, risk: &RiskLine, policy: Option<&Policy>) -> Row {
        let set = self.set();
        let id = set.id(risk.node);
        let control = |control: &Control| {
            let (state, word) = match (control.implemented, control.effective) {
                (true, true) => ("met", "verified"),
                (true, false) => ("gap", "effectiveness open"),
                (false, true) => ("gap", "implementation open"),
                (false, false) => ("gap", "not verified"),
            };
            let id = set.id(control.node);
            let m = Markup::new().raw("<li>").link(&self.view.to(&self.lines.record(id)), id).text(" ");
            m.state(state, word).raw("</li>")
        };
        let controls = risk.controls.iter().take(MAX_CELL).map(control);
        let list = controls.fold(Markup::new().raw("<ul class=\"plain\">"), |m, li| m.then(&li)).raw("</ul>");
        let balance = match (risk.benefit_risk, risk.residual.region) {
            (true, _) => Markup::new().state("met", "written"),
            (false, Some(Region::Unacceptable)) => Markup::new().state("gap", "missing"),
            (false, _) => Markup::new().element("span", "u", "not needed"),
        };
        let of = self.links(&risk.of);
        let of = if risk.introduced_by.is_empty() {
            of
        } else {
            of.text("; introduced by ").then(&self.links(&risk.introduced_by))
        };
        Row {
            href: self.view.to(&self.lines.record(id)),
            id: id.to_owned(),
            title: cut(set.record(risk.node).map_or("", Record::title), 120),
            of,
            before: self.evaluation(risk.node, &risk.initial, policy),
            after: self.evaluation(risk.node, &risk.residual, policy),
            controls: if risk.controls.is_empty() {
                Markup::new().element("span", "u", "none")
            } else {
                list
            },
            balance,
        }
    }
}
