//! From a name to a verdict on every release: aliases merged, rules applied, statements and decisions weighed.
//!
//! A component is assessed once for each advisory, whatever number of releases carries it. Linear in the components that
//! share a key with the advisory's products and in the releases that carry those.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use formats::advisory::vex::Statement;
use formats::advisory::{Advisory, Affected, Coordinates, Digest, Format};
use formats::matching::{Keys, Step, Verdict, assess};
use ledger::ports::Blobs;

use super::catalogue::Catalogue;
use super::decided::{Speaks, Target, reaches, verdict, words};
use super::error::PopulationError;
use super::findings::{About, Exploited, Findings, Judged, PartFinding, ReleaseFinding, Told};
use super::knowledge::{Decision, Knowledge, Release};
use super::parts::Part;

/// Most names of one vulnerability that are followed: chains of aliases longer than this are a mistake of a feed.
const MAX_NAMES: usize = 256;

/// Everything that is known about one vulnerability.
struct Case<'a> {
    catalogue: &'a Catalogue,
    known: &'a Knowledge,
    names: BTreeSet<String>,
    /// Advisories with the aliases merged, each with its entry.
    advisories: Vec<(u64, Advisory)>,
    /// Statements that count, and what is said of those that do not.
    statements: Vec<Statement>,
    spoken: Vec<(u64, String)>,
    decisions: Vec<(&'a Decision, Target, Option<String>)>,
    /// Why nobody can say which components it is about.
    open: Vec<String>,
}

/// The notices that a name leads to, and every name that they share.
pub(super) fn group(
    catalogue: &Catalogue,
    known: &Knowledge,
    asked: &str,
) -> (BTreeSet<u32>, BTreeSet<String>) {
    let documents = &catalogue.documents;
    let (mut notices, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<String> = vec![asked.to_owned()];
    let mut first = true;
    while let Some(name) = open.pop() {
        if !names.insert(name.clone()) || names.len() > MAX_NAMES {
            continue;
        }
        for number in documents.named(&name) {
            let Some(notice) = documents.get(*number) else { continue };
            // A document's identifier leads to all it holds, but only where that is what was asked for.
            if !(first || notice.names().any(|n| n == name)) || !known.is_current(notice.entry) {
                continue;
            }
            if notices.insert(*number) {
                open.extend(notice.names().map(str::to_owned));
            }
        }
        first = false;
    }
    (notices, names)
}

/// What is found about a vulnerability.
///
/// # Errors
/// Nothing known speaks of it.
pub(super) fn vulnerability(
    catalogue: &Catalogue,
    known: &Knowledge,
    blobs: &dyn Blobs,
    asked: &str,
) -> Result<Findings, PopulationError> {
    let (numbers, mut names) = group(catalogue, known, asked);
    let documents = &catalogue.documents;
    let mut unreadable: Vec<(u64, String)> = documents
        .unreadable()
        .iter()
        .filter(|u| names.contains(&*u.document) && known.is_current(u.entry))
        .map(|u| (u.entry, u.reason.clone()))
        .collect();
    let mut found = Vec::new();
    for number in &numbers {
        let Some(notice) = documents.get(*number) else { continue };
        match documents.contents(blobs, notice.entry) {
            Ok(contents) => {
                found.extend(contents.advisories.get(notice.place).map(|a| (notice.entry, a.clone())));
            }
            Err(reason) => unreadable.push((notice.entry, reason)),
        }
    }
    // The identifier of a document with several vulnerabilities is no name of any of them.
    if numbers.len() > 1
        && !numbers.iter().filter_map(|n| documents.get(*n)).any(|n| n.names().any(|n| n == asked))
    {
        names.remove(asked);
    }
    let mut case = Case {
        catalogue,
        known,
        advisories: Vec::new(),
        statements: Vec::new(),
        spoken: Vec::new(),
        decisions: Vec::new(),
        open: unreadable
            .iter()
            .map(|(entry, why)| format!("the advisory of entry {entry} cannot be read: {why}"))
            .collect(),
        names,
    };
    case.hear();
    if found.is_empty() && unreadable.is_empty() && case.decisions.is_empty() && case.spoken.is_empty() {
        return Err(PopulationError::Unknown { name: asked.to_owned() });
    }
    case.take(found, blobs);
    let releases = case.releases();
    let mut entries: BTreeSet<u64> =
        numbers.iter().filter_map(|n| documents.get(*n)).map(|n| n.entry).collect();
    entries.extend(unreadable.iter().map(|(entry, _)| *entry));
    entries.extend(case.spoken.iter().map(|(entry, _)| *entry));
    entries.extend(case.decisions.iter().map(|(d, _, _)| d.taken.entry.index));
    let exploited = exploited(catalogue, known, &case.names);
    entries.extend(exploited.as_ref().map(|e| e.entry));
    let best = case.names.iter().find(|name| name.starts_with("CVE-")).cloned();
    let products: BTreeSet<String> =
        case.advisories.iter().flat_map(|(_, a)| &a.affected).filter_map(product).collect();
    let shown: Vec<&str> = products.iter().take(8).map(String::as_str).collect();
    let more = if products.len() > shown.len() { ", …" } else { "" };
    Ok(Findings {
        about: About::Vulnerability,
        asked: asked.to_owned(),
        id: best.unwrap_or_else(|| asked.to_owned()),
        excluded: format!("is a product of its advisories ({}{more})", shown.join(", ")),
        notices: numbers.iter().filter_map(|n| documents.get(*n)).cloned().collect(),
        unreadable,
        exploited,
        told: Told::default(),
        releases,
        entries,
        names: case.names.into_iter().collect(),
    })
}

/// What the newest catalogue of exploited vulnerabilities says of any of the names.
fn exploited(catalogue: &Catalogue, known: &Knowledge, names: &BTreeSet<String>) -> Option<Exploited> {
    let listings = catalogue.documents.exploited();
    let entry = listings.states().rfind(|entry| known.is_current(*entry))?;
    let (cve, found) = names.iter().find_map(|name| Some((name, listings.get(entry, name)?)))?;
    Some(Exploited {
        entry,
        cve: cve.clone(),
        since: found.added.to_string(),
        cisa_due: found.due.to_string(),
        ransomware: found.ransomware,
    })
}

/// What an advisory calls its product.
fn product(affected: &Affected) -> Option<String> {
    let c = &affected.coordinates;
    let purl = || c.purl.as_ref().map(ToString::to_string);
    c.name.clone().or_else(|| c.product.clone()).or_else(purl).or_else(|| c.cpes.first().cloned())
}

impl Case<'_> {
    /// Statements and decisions about it.
    fn hear(&mut self) {
        for vex in &self.known.vex {
            let statements = self.catalogue.documents.statements(vex.entry);
            let about = |s: &&Statement| {
                self.names.contains(&s.vulnerability) || s.aliases.iter().any(|a| self.names.contains(a))
            };
            let mut about: Vec<Statement> =
                statements.into_iter().flat_map(|s| s.iter()).filter(about).cloned().collect();
            if about.is_empty() {
                continue;
            }
            match &vex.trust {
                Ok(ground) => {
                    self.spoken
                        .push((vex.entry, format!("the statement of entry {} counts: {ground}", vex.entry)));
                    self.statements.append(&mut about);
                }
                Err(why) => {
                    self.spoken.push((
                        vex.entry,
                        format!("the statement of entry {} is not relied on: {why}", vex.entry),
                    ));
                }
            }
        }
        for decision in &self.known.decisions {
            if self.names.contains(&decision.taken.fact.vulnerability) {
                let target = Target::of(&decision.taken.fact.component);
                self.decisions.push((decision, target, None));
            }
        }
    }

    /// Advisories as they are assessed: with every name the vulnerability has, and without entries that name no product
    /// where another document does.
    fn take(&mut self, found: Vec<(u64, Advisory)>, blobs: &dyn Blobs) {
        for (decision, _, reopened) in &mut self.decisions {
            *reopened = reopens(self.catalogue, self.known, blobs, decision, &found);
        }
        let usable = |a: &Affected| a.coordinates.usable().is_ok();
        let standing = |a: &Advisory| a.withdrawn.is_none();
        let any = found.iter().any(|(_, a)| standing(a) && a.affected.iter().any(usable));
        for (entry, mut advisory) in found {
            advisory.aliases = self.names.iter().filter(|name| **name != advisory.id).cloned().collect();
            if any {
                advisory.affected.retain(usable);
                if advisory.affected.is_empty() && standing(&advisory) {
                    continue;
                }
            } else if standing(&advisory) {
                self.open.push(format!(
                    "{}: it names no product that could be matched; an assessment by a person, with evidence, would settle it",
                    advisory.id
                ));
            }
            self.advisories.push((entry, advisory));
        }
        if self.advisories.is_empty() && self.open.is_empty() {
            self.open.push("no advisory is known, only what was stated and decided; an advisory that names its products would settle it".into());
            self.advisories.push((u64::MAX, unnamed(&self.names)));
        }
    }

    /// The components that rules, statements or decisions may speak of.
    fn candidates(&self) -> BTreeSet<u32> {
        let mut all = BTreeSet::new();
        let parts = &self.catalogue.parts;
        for affected in self.advisories.iter().flat_map(|(_, a)| &a.affected) {
            // What names no product is open for every release; nothing is gained by saying so of each component.
            if affected.coordinates.usable().is_ok() {
                parts.meeting(&Keys::of_product(&affected.coordinates), &mut all);
            }
        }
        let named = |name: &str| {
            Keys::of_product(&Coordinates { name: Some(name.to_owned()), ..Coordinates::default() })
        };
        for (_, target, _) in &self.decisions {
            parts.meeting(&named(target.name()), &mut all);
        }
        let products = self.statements.iter().flat_map(|s| &s.products);
        for product in products.flat_map(|p| std::iter::once(p).chain(&p.subcomponents)) {
            if let Some(purl) = &product.purl {
                parts.meeting(&named(purl.name()), &mut all);
            }
        }
        all
    }

    /// What rules and statements say of a component; `None` where they do not concern it.
    fn judge(&self, part: &Part) -> Option<Judged> {
        let mut judged = Judged {
            verdict: Verdict::NotAffected,
            steps: Vec::new(),
            entries: BTreeSet::new(),
            decision: None,
        };
        let (mut concerned, mut said) = (false, false);
        for (entry, advisory) in &self.advisories {
            let faces = part.faces().map(|face| assess(&face, advisory, &self.statements));
            let Some(best) = faces.max_by_key(|a| (a.verdict, concerns(&a.steps))) else { continue };
            if !concerns(&best.steps) {
                continue;
            }
            let entries: Vec<String> = best
                .steps
                .iter()
                .filter(|s| !matches!(s, Step::OtherProduct { .. }))
                .map(|s| format!("{}: {s}", advisory.id))
                .collect();
            judged.steps.extend(entries);
            said |= best.steps.iter().any(|s| matches!(s, Step::Said { .. } | Step::NotReliedOn { .. }));
            judged.verdict = judged.verdict.max(best.verdict);
            concerned = true;
            judged.entries.extend(Some(*entry).filter(|entry| *entry != u64::MAX));
        }
        for (entry, words) in &self.spoken {
            let counts = words.contains(" counts: ");
            if said || !counts {
                judged.steps.push(words.clone());
                judged.entries.insert(*entry);
            }
        }
        concerned.then_some(judged)
    }

    /// The decisions on top of that, for one release.
    fn decide(
        &self,
        part: &Part,
        release: &Release,
        base: Option<&Arc<Judged>>,
    ) -> Option<(Arc<Judged>, bool)> {
        let mut holds: Option<(&Decision, String)> = None;
        let mut notes = Vec::new();
        for (decision, target, reopened) in self.decisions.iter().rev() {
            let index = decision.taken.entry.index;
            match target.speaks_of(part) {
                Speaks::No => {}
                Speaks::OtherVersion { looked_at } => notes.push((index, format!(
                    "the decision of entry {index} looked at version {looked_at} only and does not carry over to this one; decide again"
                ))),
                Speaks::Yes => match (reaches(&decision.taken.fact, release, self.known), reopened) {
                    (Err(why), _) => notes.push((index, format!("the decision of entry {index} does not hold here: {why}"))),
                    (Ok(_), Some(why)) => notes.push((index, format!("the decision of entry {index} is open again: {why}; decide again"))),
                    (Ok(ground), None) if holds.is_none() => holds = Some((decision, ground)),
                    (Ok(_), None) => {}
                },
            }
        }
        if holds.is_none() && notes.is_empty() {
            return base.map(|base| (base.clone(), false));
        }
        let mut judged = base.map_or_else(
            || Judged {
                verdict: Verdict::NotAffected,
                steps: vec!["no advisory concerns the component".into()],
                entries: BTreeSet::new(),
                decision: None,
            },
            |base| Judged::clone(base),
        );
        for (index, note) in notes {
            judged.steps.push(note);
            judged.entries.insert(index);
        }
        let settled = holds.is_some();
        if let Some((decision, ground)) = holds {
            judged.steps.push(format!("{}; {ground}", words(decision)));
            judged.entries.insert(decision.taken.entry.index);
            judged.decision = Some(decision.taken.entry.index);
            judged.verdict = verdict(decision.taken.fact.status);
        } else if base.is_none() {
            return None;
        }
        Some((Arc::new(judged), settled))
    }

    fn releases(&self) -> BTreeMap<u64, ReleaseFinding> {
        let parts = &self.catalogue.parts;
        let mut found: BTreeMap<u64, Vec<PartFinding>> = BTreeMap::new();
        let mut settled: BTreeSet<u64> = BTreeSet::new();
        for number in self.candidates() {
            let Some(part) = parts.get(number) else { continue };
            let base = self.judge(part).map(Arc::new);
            for index in parts.carriers(number) {
                let Some(release) = self.known.releases.get(&index) else { continue };
                let Some((mut judged, decided)) = self.decide(part, release, base.as_ref()) else { continue };
                if !decided && judged.verdict != Verdict::NotAffected && parts.excluded(number, index) {
                    let mut own = Judged::clone(&judged);
                    own.steps.push(
                        "the bill of materials says that the component is not delivered (scope excluded)"
                            .into(),
                    );
                    own.verdict = Verdict::NotAffected;
                    judged = Arc::new(own);
                }
                if decided {
                    settled.insert(index);
                }
                found.entry(index).or_default().push(PartFinding { part: number, judged });
            }
        }
        // Whoever decided that a component is affected or fixed said what the vulnerability is about.
        let named = self.decisions.iter().any(|(d, _, reopened)| {
            reopened.is_none() && matches!(verdict(d.taken.fact.status), Verdict::Affected | Verdict::Fixed)
        });
        let mut out = BTreeMap::new();
        for index in self.known.releases.keys() {
            let mut of_release = found.remove(index).unwrap_or_default();
            of_release.sort_by(|a, b| b.judged.verdict.cmp(&a.judged.verdict).then(a.part.cmp(&b.part)));
            let mut open: Vec<String> =
                parts.bill(*index).and_then(super::parts::Bill::open).into_iter().collect();
            if !named && !settled.contains(index) {
                open.extend(self.open.iter().cloned());
            }
            if of_release.is_empty() && open.is_empty() {
                continue;
            }
            let prevails = of_release.iter().map(|p| p.judged.verdict).max().unwrap_or(Verdict::NotAffected);
            let verdict = if open.is_empty() { prevails } else { prevails.max(Verdict::Undetermined) };
            out.insert(*index, ReleaseFinding { verdict, parts: of_release, open });
        }
        out
    }
}

/// Whether steps say more than that the advisory is about something else.
fn concerns(steps: &[Step]) -> bool {
    steps.iter().any(|step| !matches!(step, Step::OtherProduct { .. } | Step::NoProduct))
        || steps == [Step::NoProduct]
}

/// An advisory that says nothing, for what only statements and decisions speak of.
fn unnamed(names: &BTreeSet<String>) -> Advisory {
    let mut names = names.iter().cloned();
    Advisory {
        affected: Vec::new(),
        id: names.next().unwrap_or_default(),
        aliases: names.collect(),
        cwes: Vec::new(),
        digest: Digest([0; 32]),
        document: None,
        findings: Vec::new(),
        format: Format::Osv,
        informational: None,
        modified: None,
        published: None,
        references: Vec::new(),
        related: Vec::new(),
        severities: Vec::new(),
        summary: None,
        withdrawn: None,
    }
}

/// Why a decision is open again: a document says something else about products and versions than when it was decided.
fn reopens(
    catalogue: &Catalogue,
    known: &Knowledge,
    blobs: &dyn Blobs,
    decision: &Decision,
    now: &[(u64, Advisory)],
) -> Option<String> {
    let decided = decision.taken.entry.index;
    for (entry, advisory) in now.iter().filter(|(entry, _)| *entry > decided) {
        // The state that held when it was decided: the last one before, of those that lead to this one.
        let mut older = known.documents.keys().rev().filter(|old| **old < decided);
        // A document that was not known then contradicts nothing by being there.
        let Some(before) = older.find(|old| known.newest(**old) == *entry) else { continue };
        let Ok(old) = catalogue.documents.contents(blobs, *before) else {
            return Some(format!("what {} said before entry {entry} cannot be read", advisory.id));
        };
        let old = old.advisories.iter().find(|old| old.id == advisory.id);
        if old.is_none_or(|old| old.affected != advisory.affected) {
            return Some(format!(
                "{} says something else about products and versions since entry {entry}",
                advisory.id
            ));
        }
        if old.is_some_and(|old| old.withdrawn != advisory.withdrawn) {
            return Some(format!("{} was withdrawn or taken up again by entry {entry}", advisory.id));
        }
    }
    None
}
