//! What is wrong between code and records: files of no unit, units without files, crossed segregations, marks that name
//! nothing, code that no test ran, open findings of analyses.

use super::{CodeFacts, Measured, Verb};
use crate::limits::MAX_CODE_FINDINGS;
use crate::schema::{
    CODE_ANALYSIS, CODE_COVERAGE, CODE_CROSSES, CODE_NO_UNIT, CODE_NOT_RUN, CODE_OTHER_COMMIT, CODE_SHARED,
    CODE_UNIMPLEMENTED, CODE_UNKNOWN_MARK, CODE_UNREAD, CODE_WITHOUT_FILES,
};
use crate::set::{Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the check.
    pub rule: &'static str,
    /// The record it is about; none for the product as a whole.
    pub node: Option<Node>,
    /// A file, another record, or nothing: what tells it from other findings of the same record.
    pub about: String,
    /// Why.
    pub why: String,
    /// Where: index of the file and line (0: the whole file).
    pub place: Option<(usize, u32)>,
}

type Lines = BTreeMap<usize, BTreeMap<u32, u64>>;

// @implements SWR-18
/// All findings, at most `MAX_CODE_FINDINGS` of each check. O(files + marks + dependencies + what was measured).
#[must_use]
pub fn findings(set: &RecordSet, code: &CodeFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    architecture(set, code, &mut found);
    segregation(set, code, &mut found);
    marks(set, code, &mut found);
    measured(set, code, &mut found);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    found.retain(|finding| {
        let count = counts.entry(finding.rule).or_default();
        *count += 1;
        *count <= MAX_CODE_FINDINGS
    });
    found
}

fn path(code: &CodeFacts, at: usize) -> &str {
    code.files.get(at).map_or("", |file| &file.path)
}

fn unit_node(code: &CodeFacts, unit: usize) -> Option<Node> {
    code.units.get(unit).map(|unit| unit.node)
}

fn architecture(set: &RecordSet, code: &CodeFacts, found: &mut Vec<Finding>) {
    for trouble in &code.trouble {
        let (about, why) = (trouble.split(':').next().unwrap_or("").to_owned(), trouble.clone());
        found.push(Finding { rule: CODE_UNREAD, node: None, about, why, place: None });
    }
    for (at, file) in code.files.iter().enumerate() {
        let about = file.path.to_string();
        if !file.unread.is_empty() {
            let why = format!("{} was not looked into: {}", file.path, file.unread);
            found.push(Finding {
                rule: CODE_UNREAD,
                node: None,
                about: about.clone(),
                why,
                place: Some((at, 0)),
            });
        }
        if code.unit_of.get(at).copied().flatten().is_none() {
            let why = format!("{} belongs to no unit", file.path);
            found.push(Finding { rule: CODE_NO_UNIT, node: None, about, why, place: Some((at, 0)) });
        }
    }
    for unit in code.units.iter().filter(|unit| unit.named == 0) {
        let why = format!("the paths of {} name no file of the code", set.id(unit.node));
        let (node, about) = (Some(unit.node), String::new());
        found.push(Finding { rule: CODE_WITHOUT_FILES, node, about, why, place: None });
    }
    for (at, one, two) in &code.shared {
        let (Some(one), Some(two)) = (unit_node(code, *one), unit_node(code, *two)) else { continue };
        let why = format!("{} and {} both name {}", set.id(one), set.id(two), path(code, *at));
        let (about, place) = (path(code, *at).to_owned(), Some((*at, 0)));
        found.push(Finding { rule: CODE_SHARED, node: Some(two), about, why, place });
    }
}

/// A record and all it is part of.
fn wholes(set: &RecordSet, node: Node) -> BTreeSet<Node> {
    let mut seen = BTreeSet::from([node]);
    let Some(part_of) = set.schema().link_id("part-of") else { return seen };
    let mut queue = vec![node];
    while let Some(node) = queue.pop() {
        queue.extend(set.out_of(node, part_of).iter().map(|edge| edge.node).filter(|n| seen.insert(*n)));
    }
    seen
}

fn segregation(set: &RecordSet, code: &CodeFacts, found: &mut Vec<Finding>) {
    let schema = set.schema();
    let Some(apart) = schema.link_id("segregated-from") else { return };
    let mut pairs: BTreeSet<(Node, Node)> = BTreeSet::new();
    for (node, _) in set.records() {
        for edge in set.out_of(node, apart) {
            pairs.extend([(node, edge.node), (edge.node, node)]);
        }
    }
    if pairs.is_empty() {
        return;
    }
    let mut known: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    let mut crossed = |from: Node, to: Node| -> Option<(Node, Node)> {
        for node in [from, to] {
            known.entry(node).or_insert_with(|| wholes(set, node));
        }
        let (above, below) = (known.get(&from)?, known.get(&to)?);
        let all = above.iter().flat_map(|a| below.iter().map(move |b| (*a, *b)));
        all.into_iter().find(|pair| pairs.contains(pair))
    };
    let mut said: BTreeSet<(Node, Node)> = BTreeSet::new();
    for (from_file, to_file, line) in &code.dependencies {
        let unit = |file: &usize| code.unit_of.get(*file).copied().flatten().and_then(|u| unit_node(code, u));
        let (Some(from), Some(to)) = (unit(from_file), unit(to_file)) else { continue };
        let Some((one, two)) = crossed(from, to).filter(|_| from != to && said.insert((from, to))) else {
            continue;
        };
        let why = format!(
            "{} of {} uses {} of {}, and {} is segregated from {}",
            path(code, *from_file),
            set.id(from),
            path(code, *to_file),
            set.id(to),
            set.id(one),
            set.id(two)
        );
        let (node, about, place) = (Some(from), set.id(to).to_owned(), Some((*from_file, *line)));
        found.push(Finding { rule: CODE_CROSSES, node, about, why, place });
    }
    let Some(depends) = schema.link_id("depends-on") else { return };
    for (node, _) in set.records() {
        for edge in set.out_of(node, depends) {
            let Some((one, two)) = crossed(node, edge.node).filter(|_| said.insert((node, edge.node))) else {
                continue;
            };
            let why = format!(
                "{} depends on {}, and {} is segregated from {}",
                set.id(node),
                set.id(edge.node),
                set.id(one),
                set.id(two)
            );
            let about = set.id(edge.node).to_owned();
            found.push(Finding { rule: CODE_CROSSES, node: Some(node), about, why, place: None });
        }
    }
}

fn marks(set: &RecordSet, code: &CodeFacts, found: &mut Vec<Finding>) {
    let exists = |id: &str| set.node(id).filter(|node| set.record(*node).is_some());
    for id in code.ids().filter(|id| exists(id).is_none()) {
        for (at, number) in code.places(id) {
            let Some(mark) = code.files.get(at).and_then(|file| file.marks.get(number)) else { continue };
            let near = crate::problem::meant(id, set.records().map(|(_, record)| record.id()).take(20_000));
            let why =
                format!("{} {} {id}, and there is no record {id}{near}", path(code, at), mark.verb.name());
            let about = format!("{}:{id}", path(code, at));
            found.push(Finding {
                rule: CODE_UNKNOWN_MARK,
                node: None,
                about,
                why,
                place: Some((at, mark.line)),
            });
        }
    }
    for (node, record) in set.records().filter(|(node, _)| set.is_checked(*node)) {
        if !code.marked.iter().any(|kind| kind == record.kind()) {
            continue;
        }
        if code.digest(record.id(), Verb::Implements).is_none() {
            let why = format!("no code is marked to implement {}", record.id());
            let about = String::new();
            found.push(Finding { rule: CODE_UNIMPLEMENTED, node: Some(node), about, why, place: None });
        }
    }
}

fn measured(set: &RecordSet, code: &CodeFacts, found: &mut Vec<Finding>) {
    let known = || {
        let one = std::iter::once(&code.commit).filter(|_| code.commits.is_empty());
        code.commits.iter().chain(one)
    };
    let (other, current): (Vec<&Measured>, Vec<&Measured>) =
        code.measured.iter().partition(|measured| known().all(|commit| measured.is_of_other(commit)));
    for measured in other {
        let Measured { source, commit, .. } = measured;
        let present = known().map(String::as_str).collect::<Vec<_>>().join(" or ");
        let why = format!("{source} was made of commit {commit}, not of {present}; it does not count");
        let about = source.clone();
        found.push(Finding { rule: CODE_OTHER_COMMIT, node: None, about, why, place: None });
    }
    let mut lines: Lines = BTreeMap::new();
    let all =
        current.iter().flat_map(|measured| measured.lines.iter().map(|line| (measured.repository, line)));
    for (repository, (name, hits)) in all {
        let Some(at) = code.file(name, repository) else { continue };
        let known = lines.entry(at).or_default();
        for (line, count) in hits {
            let sum = known.entry(*line).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    if !lines.is_empty() {
        coverage(set, code, &lines, found);
    }
    analyses(set, code, &current, found);
}

fn coverage(set: &RecordSet, code: &CodeFacts, lines: &Lines, found: &mut Vec<Finding>) {
    for unit in &code.units {
        let Some(record) = set.record(unit.node) else { continue };
        let Ok(wanted) = record.text_of("min-line-coverage").parse::<f64>() else { continue };
        let (mut ran, mut all) = (0_u32, 0_u32);
        for hits in unit.files.iter().filter_map(|at| lines.get(at)) {
            all = all.saturating_add(u32::try_from(hits.len()).unwrap_or(u32::MAX));
            ran += u32::try_from(hits.values().filter(|hits| **hits > 0).count()).unwrap_or(u32::MAX);
        }
        let reached = if all == 0 { 0.0 } else { f64::from(ran) * 100.0 / f64::from(all) };
        if reached < wanted {
            let id = record.id();
            let why =
                format!("tests ran {ran} of {all} lines of {id}, {reached:.1} %; it asks for {wanted} %");
            let (node, about) = (Some(unit.node), String::new());
            found.push(Finding { rule: CODE_COVERAGE, node, about, why, place: None });
        }
    }
    for id in code.ids() {
        let Some(node) = set.node(id).filter(|node| set.record(*node).is_some()) else { continue };
        for (at, number) in code.places(id) {
            let Some(mark) = code.files.get(at).and_then(|file| file.marks.get(number)) else { continue };
            let Some(hits) = lines.get(&at).filter(|_| mark.verb == Verb::Implements) else { continue };
            let mut inside = hits.range(mark.line..=mark.end).map(|(_, hits)| *hits).peekable();
            if inside.peek().is_some() && inside.all(|hits| hits == 0) {
                let file = path(code, at);
                let why = format!("no test ran the code that implements {id} ({file}:{})", mark.line);
                let (node, about) = (Some(node), format!("{file}:{}", mark.line));
                found.push(Finding { rule: CODE_NOT_RUN, node, about, why, place: Some((at, mark.line)) });
            }
        }
    }
}

fn analyses(set: &RecordSet, code: &CodeFacts, current: &[&Measured], found: &mut Vec<Finding>) {
    for measured in current.iter().filter(|measured| !measured.tool.is_empty()) {
        let mut open: BTreeMap<Option<Node>, Vec<(usize, &super::AnalysisFinding)>> = BTreeMap::new();
        for finding in measured.findings.iter().filter(|finding| finding.error) {
            let Some(at) = code.file(&finding.file, measured.repository) else { continue };
            let unit = code.unit_of.get(at).copied().flatten().and_then(|unit| unit_node(code, unit));
            open.entry(unit).or_default().push((at, finding));
        }
        for (unit, list) in open {
            let Some((at, first)) = list.first() else { continue };
            let of = unit.map_or("no unit", |unit| set.id(unit));
            let message: String = first.message.chars().take(160).collect();
            let why = format!(
                "{} has {} open errors in files of {of}, first {}:{}: {} {message}",
                measured.tool,
                list.len(),
                path(code, *at),
                first.line,
                first.rule
            );
            let (about, place) = (measured.tool.clone(), Some((*at, first.line)));
            found.push(Finding { rule: CODE_ANALYSIS, node: unit, about, why, place });
        }
    }
}
