//! How many: by release, by verdict, by how it is known, by site. Sums over classes, each a link to its list.

use std::collections::BTreeMap;

use evidence::facts::fleet::Appraisal;
use ledger::properties::grouped;
use world::fleet::{Certainty, Grade};

use super::super::census::Class;
use super::super::chart::{Bar, Cell, Fill, Stack, bars, matrix, meter, stacked};
use super::super::markup::Markup;
use super::super::moments::View;
use super::super::words;
use super::query::{Query, equals};
use super::runs::{Group, groups};

/// Releases that are drawn, and those that are listed.
const MAX_DRAWN: usize = 8;
const MAX_RELEASES: usize = 60;
/// Sites that are listed.
const MAX_SITES: usize = 15;
/// The four degrees of certainty and their words, which are the values of the field too.
const CERTAIN: [(&str, Fill); 4] = [
    ("proven", Fill::Proven),
    ("fresh", Fill::Fresh),
    ("assumed", Fill::Assumed),
    ("unknown", Fill::Unknown),
];

/// Devices by grade and certainty.
#[derive(Clone, Copy, Default)]
pub(super) struct Cells([[u64; 4]; 3]);

impl Cells {
    pub(super) fn add(&mut self, class: &Class) {
        let certain = match class.certainty {
            Certainty::Proven { .. } => 0,
            Certainty::Fresh { .. } => 1,
            Certainty::Assumed { .. } => 2,
            Certainty::Unknown(_) => 3,
        };
        let row = match class.grade {
            Grade::Attested => 0,
            Grade::Reported => 1,
            Grade::Declared => 2,
        };
        if let Some(cell) = self.0.get_mut(row).and_then(|row| row.get_mut(certain)) {
            *cell += class.count;
        }
    }

    pub(super) fn all(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    pub(super) fn grade(&self, grade: Grade) -> u64 {
        let row = match grade {
            Grade::Attested => 0,
            Grade::Reported => 1,
            Grade::Declared => 2,
        };
        self.0.get(row).map_or(0, |row| row.iter().sum())
    }

    pub(super) fn certain(&self) -> [u64; 4] {
        let mut sums = [0; 4];
        for row in &self.0 {
            sums.iter_mut().zip(row).for_each(|(sum, n)| *sum += n);
        }
        sums
    }

    fn parts(&self) -> Vec<(Fill, u64)> {
        CERTAIN.iter().zip(self.certain()).map(|((_, fill), n)| (*fill, n)).collect()
    }
}

/// A number that leads to its list; nothing leads to an empty one.
pub(crate) struct Number {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) href: String,
    pub(crate) zero: bool,
}

fn number(label: &'static str, value: u64, href: String) -> Number {
    Number { label, value: grouped(value), href, zero: value == 0 }
}

/// A row of a breakdown.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) href: String,
    /// What is said of it beside its name.
    pub(crate) note: Markup,
    pub(crate) numbers: Vec<Number>,
    pub(crate) meter: Markup,
}

/// A picture and the table with the same figures.
pub(crate) struct Breakdown {
    pub(crate) chart: Markup,
    pub(crate) lines: Vec<Line>,
    pub(crate) totals: Vec<Number>,
    /// What was left out.
    pub(crate) more: Option<String>,
}

/// By release. A device that runs several items counts in each, so the rows need not add up to the devices.
pub(super) fn by_release<'a>(
    view: &View<'_>,
    query: &Query,
    classes: impl Iterator<Item = &'a Class>,
    all: &Cells,
) -> Breakdown {
    let groups = groups(classes);
    let longest = groups.values().map(|g| g.cells.all()).max().unwrap_or_default();
    let known = view.known;
    let note = |group: &Group| match group.releases.as_slice() {
        [Some(index)] => {
            let withdrawn = view.capped(|w| {
                w.releases().withdrawn(*index, world::release::Known::new(known, w.journal())).is_some()
            });
            let m = Markup::new().raw("<a href=\"").text(&view.to(&format!("/releases/{index}"))).raw("\">");
            let m = if withdrawn { m.state("warning", "withdrawn") } else { m.state("released", "released") };
            m.raw("</a>")
        }
        [] => Markup::new().state("unknown", "unknown"),
        [None] => Markup::new().element("span", "u", "not in the log"),
        _ => Markup::new().element("span", "u", "several products"),
    };
    let mut lines: Vec<(u64, Line, Stack)> = Vec::new();
    for (runs, group) in &groups {
        let (name, href) = (runs.name(), view.to(&runs.address(query, &[])));
        let to = |field: &'static str, value: &str| view.to(&runs.address(query, &[(field, value)]));
        let mut numbers = vec![number("Devices", group.cells.all(), href.clone())];
        for (grade, label) in
            [(Grade::Attested, "Attested"), (Grade::Reported, "Reported"), (Grade::Declared, "Declared")]
        {
            numbers.push(number(label, group.cells.grade(grade), to("grade", grade.word())));
        }
        let labels = ["Proven", "Fresh", "Assumed", "Unknown"];
        for ((label, n), (word, _)) in labels.into_iter().zip(group.cells.certain()).zip(CERTAIN) {
            numbers.push(number(label, n, to("freshness", word)));
        }
        let meter = meter(&group.cells.parts(), longest);
        let stack = Stack { label: name.clone(), href: href.clone(), parts: group.cells.parts() };
        lines.push((group.cells.all(), Line { name, href, note: note(group), numbers, meter }, stack));
    }
    // Those with most devices are drawn, in the order of the table.
    let mut sizes: Vec<u64> = lines.iter().map(|(n, ..)| *n).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let least = |most: usize| sizes.get(most.saturating_sub(1)).copied().unwrap_or_default();
    let (drawn, listed) = (least(MAX_DRAWN), least(MAX_RELEASES));
    let total = lines.len();
    lines.retain(|(n, ..)| *n >= listed);
    lines.truncate(MAX_RELEASES);
    let more = (lines.len() < total)
        .then(|| format!("{} more releases have fewer devices; ask for one above.", total - lines.len()));
    let mut totals = vec![number("Devices", all.all(), view.to(&query.with(&[])))];
    for (grade, label) in
        [(Grade::Attested, "Attested"), (Grade::Reported, "Reported"), (Grade::Declared, "Declared")]
    {
        totals.push(number(label, all.grade(grade), view.to(&query.with(&[("grade", grade.word())]))));
    }
    for ((label, n), (word, _)) in
        ["Proven", "Fresh", "Assumed", "Unknown"].into_iter().zip(all.certain()).zip(CERTAIN)
    {
        totals.push(number(label, n, view.to(&query.with(&[("freshness", word)]))));
    }
    let (mut pictured, mut kept) = (Vec::new(), Vec::new());
    for (n, line, stack) in lines {
        if n >= drawn && pictured.len() < MAX_DRAWN {
            pictured.push(stack);
        }
        kept.push(line);
    }
    let description =
        "Devices by what they run, split by how certain that is; the same figures stand in the table.";
    let chart = stacked("releases", "Devices by release", description, &pictured);
    Breakdown { chart, lines: kept, totals, more }
}

/// Sums over classes.
pub(super) fn cells<'a>(classes: impl Iterator<Item = &'a Class>) -> Cells {
    classes.fold(Cells::default(), |mut cells, class| {
        cells.add(class);
        cells
    })
}

/// By the last verdict.
pub(super) fn by_verdict<'a>(
    view: &View<'_>,
    query: &Query,
    classes: impl Iterator<Item = &'a Class>,
) -> Breakdown {
    let mut counts: BTreeMap<Option<Appraisal>, u64> = BTreeMap::new();
    for class in classes {
        *counts.entry(class.verdict()).or_default() += class.count;
    }
    let order = [
        Some(Appraisal::Contraindicated),
        Some(Appraisal::Warning),
        Some(Appraisal::Affirming),
        Some(Appraisal::None),
        None,
    ];
    let (mut lines, mut drawn, mut total) = (Vec::new(), Vec::new(), 0);
    for status in order {
        let n = counts.get(&status).copied().unwrap_or_default();
        if n == 0 && status == Some(Appraisal::None) {
            continue;
        }
        total += n;
        let href = view.to(&match status {
            Some(status) => query.with(&[("verdict", status.word())]),
            None => query.and("verdict is unknown"),
        });
        let name = status.map_or("not appraised", Appraisal::word).to_owned();
        let warm = matches!(status, Some(Appraisal::Warning | Appraisal::Contraindicated));
        let fill = if warm { Fill::Attend } else { Fill::Plain };
        drawn.push(Bar { fill, label: name.clone(), value: n, href: href.clone() });
        let note = words::verdict(status);
        lines.push(Line {
            name,
            href: href.clone(),
            note,
            numbers: vec![number("Devices", n, href)],
            meter: Markup::new(),
        });
    }
    let description = "Devices by the last verdict on their evidence; the same figures stand in the table.";
    let chart = bars("verdicts", "Devices by verdict", description, &drawn);
    let totals = vec![number("Devices", total, view.to(&query.with(&[])))];
    Breakdown { chart, lines, totals, more: None }
}

/// By grade and certainty: how the fleet is known.
pub(super) fn known(view: &View<'_>, query: &Query, cells: &Cells) -> Breakdown {
    let labels = ["Proven", "Fresh", "Assumed", "Unknown"];
    let [attested, reported, declared] = cells.0;
    let grades = [(Grade::Attested, attested), (Grade::Reported, reported), (Grade::Declared, declared)];
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for (grade, counts) in grades {
        let to = |word: &str| view.to(&query.with(&[("grade", grade.word()), ("freshness", word)]));
        let cell = |((word, fill), value): (&(&'static str, Fill), u64)| Cell {
            value,
            fill: (value > 0).then_some(*fill),
            href: to(word),
            words: format!("{}, {} and {word}", words::devices(value), grade.word()),
        };
        rows.push((grade.word(), CERTAIN.iter().zip(counts).map(cell).collect::<Vec<Cell>>()));
        let pairs = labels.into_iter().zip(counts).zip(CERTAIN);
        let mut numbers: Vec<Number> =
            pairs.map(|((label, n), (word, _))| number(label, n, to(word))).collect();
        let href = view.to(&query.with(&[("grade", grade.word())]));
        numbers.push(number("All", counts.iter().sum(), href.clone()));
        let (name, note) = (grade.word().to_owned(), words::grade(grade));
        lines.push(Line { name, href, note, numbers, meter: Markup::new() });
    }
    let columns = ["proven", "fresh", "assumed", "unknown"];
    let description =
        "Devices by how their state is known and how certain it is; the same figures stand in the table.";
    let chart = matrix("known", "How the fleet is known", description, &columns, &rows);
    Breakdown { chart, lines, totals: Vec::new(), more: None }
}

/// By site: those with silent devices first, then those with most.
pub(super) fn by_site<'a>(
    view: &View<'_>,
    query: &Query,
    classes: impl Iterator<Item = &'a Class>,
) -> Breakdown {
    let mut sites: BTreeMap<Option<&str>, (u64, u64, u64)> = BTreeMap::new();
    for class in classes {
        let (devices, silent, attend) = sites.entry(class.site.as_deref()).or_default();
        *devices += class.count;
        *silent += if class.silent { class.count } else { 0 };
        let warned = matches!(class.verdict(), Some(Appraisal::Warning | Appraisal::Contraindicated));
        *attend += if warned { class.count } else { 0 };
    }
    let total = sites.len();
    let mut all: Vec<_> = sites.into_iter().collect();
    all.sort_by_key(|(name, (devices, silent, _))| (std::cmp::Reverse((*silent, *devices)), *name));
    let line = |(site, (devices, silent, attend)): (Option<&str>, (u64, u64, u64))| {
        let condition = site.map_or_else(|| "site is unknown".to_owned(), |site| equals("site", site));
        let to = |more: &str| view.to(&query.and(&format!("{condition}{more}")));
        let href = match site {
            Some(site) => view.to(&query.with(&[("site", site)])),
            None => to(""),
        };
        Line {
            name: site.map_or_else(|| "nobody said where".into(), |s| super::super::phrase::cut(s, 60)),
            note: Markup::new(),
            numbers: vec![
                number("Devices", devices, href.clone()),
                number("Silent", silent, to(" and silent = yes")),
                number("Not affirming", attend, to(" and verdict in (warning, contraindicated)")),
            ],
            href,
            meter: Markup::new(),
        }
    };
    let lines: Vec<Line> = all.into_iter().take(MAX_SITES).map(line).collect();
    let more = (total > lines.len())
        .then(|| format!("{} more sites; choose one above.", grouped((total - lines.len()) as u64)));
    Breakdown { chart: Markup::new(), lines, totals: Vec::new(), more }
}
