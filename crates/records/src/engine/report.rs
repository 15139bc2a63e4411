//! What a check found: gaps with their state, weight and clauses, ready to be shown.

use super::evaluator::{Evaluator, Late};
use super::suspect::{Suspect, with_reach};
use crate::code::{self, CodeFacts};
use crate::problem::{Code, Problem};
use crate::record::{Place, Record};
use crate::schema::{
    BUILT_IN, CLAIMED_ID, DIFFERING_RULES, IN_QUESTION, LinkId, Rule, SUSPECT, Schema, Severity, UNACCEPTED,
    UNSIGNED_EDITORIAL, built_in,
};
use crate::set::{Claim, LinkState, Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether somebody said that a gap is acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapState {
    /// Nobody did.
    Open,
    /// This justification does, and it was accepted at the present revision.
    Justified(String),
    /// This justification did; what it justifies changed since, or it was never accepted.
    Lapsed(String),
}

/// What is the same in all gaps of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleText {
    /// Id of the rule.
    pub id: String,
    /// What it asks.
    pub title: String,
    /// What to do.
    pub hint: String,
    /// Clauses that ask for it, as printed, with their mark when unconfirmed.
    pub clauses: Vec<String>,
}

/// A place where a rule does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The rule.
    pub rule: Arc<RuleText>,
    /// Id of the record; empty for the product as a whole.
    pub record: Box<str>,
    /// The other end, where the gap is about one link.
    pub about: Box<str>,
    /// How much it weighs at the present stage.
    pub severity: Severity,
    /// Why it does not hold here.
    pub why: String,
    /// Where.
    pub place: Place,
    /// Everything is there, but in the wrong order: what was missed cannot be made good, only justified.
    pub retrospective: bool,
    /// The order is only claimed (signatures and Git history); the log would prove it.
    pub claimed: bool,
    /// Whether it is justified.
    pub state: GapState,
}

impl Gap {
    /// Whether it makes the check fail.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.severity == Severity::Error && !matches!(self.state, GapState::Justified(_))
    }

    /// What `--ratchet` compares: stable as long as rule, record and link stay.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {} {}", self.rule.id, self.record, self.about).trim_end().to_owned()
    }
}

/// How one rule fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleSummary {
    /// Gaps that fail.
    pub failing: usize,
    /// Gaps that do not fail.
    pub other: usize,
    /// Gaps that are justified.
    pub justified: usize,
}

/// The whole outcome of a check.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Gaps, by place.
    pub gaps: Vec<Gap>,
    /// Suspect links and what they put in question.
    pub suspects: Vec<Suspect>,
    /// Bad input.
    pub problems: Vec<Problem>,
    /// How many problems were left out.
    pub problems_left_out: usize,
    /// Test cases that results named and no record is about.
    pub unmatched_results: Vec<String>,
    /// How many records were checked.
    pub records: usize,
    /// How many links they have.
    pub links: usize,
    /// The product's stage.
    pub stage: String,
    /// By rule.
    pub rules: BTreeMap<String, RuleSummary>,
}

impl Report {
    /// 2 with bad input, 1 with a failing gap, else 0.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        if !self.problems.is_empty() { 2 } else { u8::from(self.gaps.iter().any(Gap::fails)) }
    }
}

impl Evaluator {
    /// Puts together what is open now. O(gaps + what is in question).
    #[must_use]
    pub fn report(&self) -> Report {
        let set = self.set();
        let schema = set.schema();
        let writer = Writer::new(set, schema);
        let mut gaps = Vec::new();
        let mut direct = Vec::new();
        for (node, open) in self.open() {
            for (at, why, late) in &open.rules {
                gaps.extend(writer.of_rule(*node, *at, why, *late));
            }
            for edge in &open.unaccepted {
                let title = schema.link(edge.link).map_or("links to", |link| &link.title);
                let why = format!("{} {title} {}: never accepted", set.id(*node), set.id(edge.node));
                let place = set.link_place(*node, *edge);
                gaps.push(writer.built_in(UNACCEPTED, *node, set.id(edge.node), why, place));
            }
            direct.extend(open.suspects.iter().cloned());
        }
        for need in &schema.needs {
            if !set.records().any(|(node, _)| set.kind(node) == Some(need.kind)) {
                gaps.push(writer.of_need(need));
            }
        }
        if let Some(code) = set.code() {
            gaps.extend(code::findings(set, code).into_iter().map(|found| writer.of_finding(code, found)));
        }
        for (node, old, _) in set.unsigned_editorial().iter().filter(|(node, ..)| set.is_checked(*node)) {
            let why = format!(
                "{}: the change since {} counts as editorial once it is signed",
                set.id(*node),
                old.short()
            );
            let place = set.record(*node).map_or(Place::default(), Record::id_place);
            gaps.push(writer.built_in(UNSIGNED_EDITORIAL, *node, &old.short(), why, place));
        }
        gaps.extend(set.claims().iter().map(|claim| writer.of_claim(claim)));
        gaps.extend(set.differing().iter().map(|repository| writer.of_differing(repository)));
        let mut suspects = with_reach(set, direct);
        suspects.retain(|suspect| set.is_checked(suspect.record));
        gaps.extend(suspects.iter().map(|suspect| writer.of_suspect(suspect)));
        gaps.sort_by(|a, b| {
            (a.place, &a.rule.id, &a.record, &a.about).cmp(&(b.place, &b.rule.id, &b.record, &b.about))
        });
        let own = || set.records().filter(|(node, _)| set.is_checked(*node));
        let mut rules: BTreeMap<String, RuleSummary> = BTreeMap::new();
        for gap in &gaps {
            if !rules.contains_key(&gap.rule.id) {
                rules.insert(gap.rule.id.clone(), RuleSummary::default());
            }
            let Some(summary) = rules.get_mut(&gap.rule.id) else { continue };
            match gap.state {
                GapState::Justified(_) => summary.justified += 1,
                _ if gap.fails() => summary.failing += 1,
                _ => summary.other += 1,
            }
        }
        Report {
            gaps,
            suspects,
            problems: Vec::new(),
            problems_left_out: 0,
            unmatched_results: Vec::new(),
            records: own().count(),
            links: own().map(|(node, _)| set.out(node).len()).sum(),
            stage: schema.stages.get(set.stage(None)).cloned().unwrap_or_default(),
            rules,
        }
    }
}

struct Writer<'a> {
    set: &'a RecordSet,
    schema: &'a Schema,
    rules: Vec<Arc<RuleText>>,
    built_in: Vec<Arc<RuleText>>,
    justifies: Option<LinkId>,
}

impl<'a> Writer<'a> {
    fn new(set: &'a RecordSet, schema: &'a Schema) -> Self {
        let clauses = |of: &[u32]| of.iter().map(|clause| schema.clause_text(*clause)).collect();
        let text = |rule: &Rule| RuleText {
            id: rule.id.to_string(),
            title: rule.title.clone(),
            hint: rule.hint.clone(),
            clauses: clauses(&rule.clauses),
        };
        let of_name = |name: &str| {
            let (standard, number) = name.split_once(':')?;
            schema.clauses.iter().position(|c| c.standard == standard && c.number == number)
        };
        let built_in = |check: &crate::schema::BuiltIn| RuleText {
            id: check.id.to_owned(),
            title: check.title.to_owned(),
            hint: check.hint.to_owned(),
            clauses: check
                .clauses
                .iter()
                .filter_map(|name| Some(schema.clause_text(u32::try_from(of_name(name)?).ok()?)))
                .collect(),
        };
        Self {
            set,
            schema,
            rules: schema.rules.iter().map(|rule| Arc::new(text(rule))).collect(),
            built_in: BUILT_IN.iter().map(|rule| Arc::new(built_in(rule))).collect(),
            justifies: schema.link_id("justifies"),
        }
    }

    fn of_rule(&self, node: Node, at: u32, why: &str, late: Option<Late>) -> Option<Gap> {
        let rule = self.schema.rules.get(at as usize)?;
        let stage = self.set.stage(Some(node));
        Some(Gap {
            rule: Arc::clone(self.rules.get(at as usize)?),
            record: self.set.id(node).into(),
            about: "".into(),
            severity: if stage < rule.fails_from { Severity::Note } else { rule.severity },
            why: why.to_owned(),
            place: self.set.record(node)?.id_place(),
            retrospective: late.is_some(),
            claimed: late.is_some_and(|late| late.claimed),
            state: self.state(node, &rule.id),
        })
    }

    fn of_need(&self, need: &crate::schema::Need) -> Gap {
        let kind = self.schema.kind(need.kind).map_or("?", |kind| &kind.name);
        let rule = RuleText {
            id: need.id.to_string(),
            title: format!("There is a record of kind {kind}"),
            hint: need.hint.clone(),
            clauses: need.clauses.iter().map(|clause| self.schema.clause_text(*clause)).collect(),
        };
        Gap {
            rule: Arc::new(rule),
            record: "".into(),
            about: kind.into(),
            severity: Severity::Error,
            why: format!("no record of kind {kind}"),
            place: Place::default(),
            retrospective: false,
            claimed: false,
            state: self.state_of_product(&need.id, kind),
        }
    }

    fn of_suspect(&self, suspect: &Suspect) -> Gap {
        let set = self.set;
        let id = set.id(suspect.record);
        let fields =
            suspect.fields.as_ref().map_or_else(String::new, |fields| format!(" ({})", fields.join(", ")));
        let changed = format!("{} changed{fields}", set.id(suspect.changed));
        match suspect.link {
            Some(edge) => {
                let title = self.schema.link(edge.link).map_or("links to", |link| &link.title);
                let target = set.id(edge.node);
                let why = format!("{id} {title} {target}: {changed} since the link was accepted");
                self.built_in(SUSPECT, suspect.record, target, why, suspect.place)
            }
            None => {
                let path: Vec<&str> = suspect.path.iter().map(|node| set.id(*node)).collect();
                let why = format!("{changed}; it reaches {id} by {}", path.join(" → "));
                self.built_in(IN_QUESTION, suspect.record, set.id(suspect.changed), why, suspect.place)
            }
        }
    }

    fn of_claim(&self, claim: &Claim) -> Gap {
        let set = self.set;
        let node = set.node(&claim.id);
        let name = set.repository_name(node.map_or(0, |node| set.repository(node)));
        let stands = if name.is_empty() { "this repository".to_owned() } else { format!("`{name}`") };
        let why =
            format!("{} is a record of `{}` as well; that of {stands} counts", claim.id, claim.repository);
        let place = node.and_then(|node| set.record(node)).map_or(Place::default(), Record::id_place);
        let node = node.unwrap_or(Node(u32::MAX));
        Gap { record: claim.id.clone(), ..self.built_in(CLAIMED_ID, node, &claim.repository, why, place) }
    }

    fn of_differing(&self, repository: &str) -> Gap {
        let why = format!(
            "`{repository}` has other rules than `{}`, whose rules are in force",
            self.set.repository_name(0)
        );
        let gap = self.built_in(DIFFERING_RULES, Node(u32::MAX), repository, why, Place::default());
        Gap { state: self.state_of_product(DIFFERING_RULES, repository), ..gap }
    }

    fn built_in(&self, rule: &str, node: Node, about: &str, why: String, place: Place) -> Gap {
        Gap {
            rule: self.built_in.iter().find(|text| text.id == rule).cloned().unwrap_or_default(),
            record: self.set.id(node).into(),
            about: about.into(),
            severity: self.weight(rule, Some(node)),
            why,
            place,
            retrospective: false,
            claimed: false,
            state: self.state(node, rule),
        }
    }

    fn weight(&self, rule: &str, node: Option<Node>) -> Severity {
        let verification = self.schema.stage("verification").unwrap_or(0);
        let late = self.set.stage(node) >= verification;
        built_in(rule).map_or(Severity::Note, |check| if late { check.late } else { check.early })
    }

    fn of_finding(&self, code: &CodeFacts, finding: code::Finding) -> Gap {
        let code::Finding { rule, node, about, why, place } = finding;
        let in_code = place.map(|(at, line)| Place {
            file: code.first_file.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)),
            line,
        });
        let own = || node.and_then(|node| self.set.record(node)).map(Record::id_place);
        Gap {
            rule: self.built_in.iter().find(|text| text.id == rule).cloned().unwrap_or_default(),
            record: node.map_or("", |node| self.set.id(node)).into(),
            state: node.map_or_else(|| self.state_of_product(rule, &about), |node| self.state(node, rule)),
            severity: self.weight(rule, node),
            place: in_code.or_else(own).unwrap_or_default(),
            about: about.into(),
            why,
            retrospective: false,
            claimed: false,
        }
    }

    /// Whether a gap of the product as a whole is justified: at a record of the kind that stands for it. A justification
    /// with `paths` speaks only of the files these name.
    fn state_of_product(&self, rule: &str, about: &str) -> GapState {
        let mut state = GapState::Open;
        let Some(kind) = self.schema.kind_id("product") else { return state };
        for (node, _) in self.set.records().filter(|(node, _)| self.set.kind(*node) == Some(kind)) {
            let of = |justification: &Record| {
                let named = justification.field("paths");
                named.is_none_or(|field| field.values().any(|path| code::Glob::new(path).matches(about)))
            };
            match self.state_where(node, rule, &of) {
                GapState::Open => {}
                justified @ GapState::Justified(_) => return justified,
                lapsed @ GapState::Lapsed(_) => state = lapsed,
            }
        }
        state
    }

    /// Whether a justification of this rule points at the record. An accepted one wins over a lapsed one.
    fn state(&self, node: Node, rule: &str) -> GapState {
        self.state_where(node, rule, &|_| true)
    }

    fn state_where(&self, node: Node, rule: &str, fits: &dyn Fn(&Record) -> bool) -> GapState {
        let Some(link) = self.justifies else { return GapState::Open };
        let mut state = GapState::Open;
        for edge in self.set.back_of(node, link) {
            let record = self.set.record(edge.node).filter(|record| fits(record));
            let named = record.and_then(|record| record.field("rules"));
            if !named.is_some_and(|field| field.values().any(|id| id == rule)) {
                continue;
            }
            let id = self.set.id(edge.node).to_owned();
            if self.set.link_state(edge.node, crate::set::Edge { link, node }) == LinkState::Accepted {
                return GapState::Justified(id);
            }
            state = GapState::Lapsed(id);
        }
        state
    }
}

/// Justifications that name rules which do not exist.
pub(crate) fn check_justifications(set: &RecordSet, problems: &mut Vec<Problem>) {
    let known: BTreeSet<&str> = set.schema().rules.iter().map(|rule| &*rule.id).collect();
    for (node, record) in set.records() {
        let kind = set.kind(node).and_then(|kind| set.schema().kind(kind));
        let Some(field) =
            record.field("rules").filter(|_| kind.is_some_and(|kind| &*kind.name == "justification"))
        else {
            continue;
        };
        for id in field.values().filter(|id| !set.schema().is_rule(id)) {
            let hint = crate::problem::meant(id, known.iter().copied());
            let place = Place { file: record.place.file, line: field.line() };
            let message = format!("there is no rule `{id}`{hint}");
            let fix = "name the rule as `vouchsafe check` prints it";
            problems.push(Problem::new(Code::UnknownRule, place, message, fix).of(record.id()));
        }
    }
}
