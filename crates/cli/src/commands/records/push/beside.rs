//! What a push states beside records, links and results: reviews that were held, coverage, static analysis, tags, and approvals
//! of other tools with their files, as statements. Each compares with the log first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evidence::Fact;
use evidence::facts::design::{AnalysisReported, CoverageReported, ReviewHeld, ReviewOutcome, TagPushed};
use evidence::facts::statements::ApprovalImported;
use evidence::statement::Meaning;
use evidence::types::{BlobRef, EntryRef, Interpreted};
use records::code::{self, Measured, measured_to_canonical};
use records::record::Record;
use records::set::RecordSet;
use tlog::Hash;

use super::super::measured;
use super::super::results::About;
use super::super::signatures::SignatureFile;
use super::git;
use super::signed::Judge;
use super::there::{Of, Review, There};
use crate::failure::Failure;
use crate::session::Session;

/// Most statements of other tools that one push looks at.
const MAX_STATEMENTS: usize = 200_000;

/// Reviews whose record says what came out, with the signatures over the record's present revision.
pub(super) fn reviews(
    own: &[&Record],
    there: &There,
    of: Of<'_>,
    commit: &EntryRef,
    signed: &[(&SignatureFile, EntryRef)],
) -> Vec<Fact> {
    let mut facts = Vec::new();
    for record in own.iter().filter(|record| record.kind() == "review") {
        let Some(outcome) = ReviewOutcome::from_word(record.text_of("outcome")) else { continue };
        let revision = Hash(record.revision().0);
        let over = |file: &SignatureFile| {
            file.statement.record == record.id() && file.statement.revision == revision
        };
        let mut signatures: Vec<EntryRef> =
            signed.iter().filter(|(file, _)| over(file)).map(|(_, at)| at.clone()).collect();
        signatures.sort_by_key(|at| at.index);
        let actions = record.field("actions");
        let actions: Vec<String> =
            actions.iter().flat_map(|field| field.values().map(str::to_owned).collect::<Vec<_>>()).collect();
        let review = Review {
            revision,
            outcome: outcome.word().to_owned(),
            actions: actions.clone(),
            signatures: signatures.iter().map(|at| at.index).collect(),
        };
        if there.reviews.get(record.id()) == Some(&review) {
            continue;
        }
        let held = ReviewHeld {
            record: record.id().to_owned(),
            baseline: commit.clone(),
            outcome,
            actions,
            signatures,
            product: of.product.to_owned(),
            line: of.line.to_owned(),
            revision,
        };
        facts.push(held.into());
    }
    facts
}

/// A report of coverage or analysis.
pub(super) struct Report {
    bytes: Vec<u8>,
    media_type: &'static str,
    parser: &'static str,
    /// One of coverage, one a run of analysis.
    measured: Vec<Measured>,
}

/// Reads reports of coverage and analysis.
pub(super) fn read(
    coverages: &[PathBuf],
    analyses: &[PathBuf],
    about: &About,
) -> Result<Vec<Report>, Failure> {
    let bytes = |path: &Path| std::fs::read(path).map_err(|e| Failure::file("reading the report", path, &e));
    // The name alone: where it lay says nothing to others, and a repeated push may find it elsewhere.
    let named = |path: &Path, measured: Measured| Measured {
        source: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        ..measured
    };
    let mut all = Vec::new();
    for path in coverages {
        let measured = vec![named(path, measured::coverage(path, about)?)];
        all.push(Report {
            bytes: bytes(path)?,
            media_type: "application/octet-stream",
            parser: "coverage",
            measured,
        });
    }
    for path in analyses {
        let measured = measured::analysis(path, about)?.into_iter().map(|m| named(path, m)).collect();
        all.push(Report {
            bytes: bytes(path)?,
            media_type: "application/sarif+json",
            parser: "sarif",
            measured,
        });
    }
    Ok(all)
}

/// What a report says, by item; keeps the documents.
pub(super) fn measured_facts(
    report: &Report,
    session: &Session,
    set: &RecordSet,
    there: &There,
    of: Of<'_>,
) -> Result<Vec<Fact>, Failure> {
    let digest = Hash::of(&report.bytes);
    let item = |file: &str| -> String {
        let of = || {
            let code = set.code()?;
            let unit = code.unit_of.get(code.file(file, 0)?).copied().flatten()?;
            set.item(code.units.get(unit)?.node).map(|item| item.name.clone())
        };
        of().unwrap_or_default()
    };
    let mut facts: Vec<Fact> = Vec::new();
    for measured in &report.measured {
        let analysis = report.parser == "sarif";
        // Lines that ran and lines there are, or findings.
        let mut items: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (file, lines) in &measured.lines {
            let count = items.entry(item(file)).or_default();
            count.0 += lines.values().filter(|hits| **hits > 0).count() as u64;
            count.1 += lines.len() as u64;
        }
        for finding in &measured.findings {
            items.entry(item(&finding.file)).or_default().0 += 1;
        }
        if analysis || items.is_empty() {
            // That nothing was found is a result as well.
            items.entry(String::new()).or_default();
        }
        let is_new = |item: &String| {
            let key = (digest, item.clone(), measured.tool.clone());
            if analysis { !there.analyses.contains(&key) } else { !there.coverage.contains(&(key.0, key.1)) }
        };
        items.retain(|item, _| is_new(item));
        if items.is_empty() {
            continue;
        }
        let document = Interpreted {
            raw: session.put_blob(&report.bytes, report.media_type)?,
            parser: report.parser.to_owned(),
            parser_version: code::FORM.into(),
            normalised: session.put_blob(&measured_to_canonical(measured), "application/json")?,
        };
        for (item, (one, all)) in items {
            let (commit, report) = (measured.commit.clone(), document.clone());
            let (product, line) = (of.product.to_owned(), of.line.to_owned());
            facts.push(if analysis {
                let tool = measured.tool.clone();
                AnalysisReported { item, commit, report, tool, findings: one, product, line }.into()
            } else {
                let artefact = Hash::from_hex(&measured.artefact).ok();
                CoverageReported {
                    item,
                    commit,
                    report,
                    lines_covered: one,
                    lines: all,
                    product,
                    line,
                    artefact,
                }
                .into()
            });
        }
    }
    Ok(facts)
}

/// Annotated tags of commits that are in the log, and what does not count of their signatures.
pub(super) fn tags(
    root: &Path,
    session: &Session,
    judge: &Judge<'_>,
    there: &There,
    of: Of<'_>,
) -> Result<(Vec<Fact>, Vec<String>), Failure> {
    let (mut facts, mut doubts): (Vec<Fact>, _) = (Vec::new(), Vec::new());
    for tag in git::tags(root, |commit| commit == of.commit || there.commits.contains(commit))? {
        if there.tags.get(&tag.name) == Some(&Hash::of(&tag.raw)) {
            continue;
        }
        let found = judge.tag(session, &tag.raw)?;
        doubts.extend(found.doubt.map(|doubt| format!("the signature of the tag {}: {doubt}", tag.name)));
        let pushed = TagPushed {
            repository: of.repository.to_owned(),
            tag: tag.name,
            commit: tag.commit,
            object: session.put_blob(&tag.raw, "application/x-git-tag")?,
            signed_by: found.signed_by,
            signature: found.signature.map(Box::new),
            product: of.product.to_owned(),
            line: of.line.to_owned(),
        };
        facts.push(pushed.into());
    }
    Ok((facts, doubts))
}

/// Approvals that other tools claim, with the file that shows each, and what could not be stated.
pub(super) fn imported(
    root: &Path,
    session: &Session,
    own: &[&Record],
    there: &There,
) -> Result<(Vec<Fact>, Vec<String>), Failure> {
    let (mut facts, mut left): (Vec<Fact>, Vec<String>) = (Vec::new(), Vec::new());
    let mut files: BTreeMap<String, Option<(BlobRef, String)>> = BTreeMap::new();
    let statements = own.iter().flat_map(|record| {
        let field = record.field("foreign-statements");
        let values: Vec<&str> = field.iter().flat_map(|field| field.values().collect::<Vec<_>>()).collect();
        values.into_iter().map(move |value| (*record, value))
    });
    for (record, value) in statements.take(MAX_STATEMENTS) {
        let Some(claim) = claim(value) else { continue };
        if !files.contains_key(claim.file) {
            let found = git::file(root, claim.file)?;
            let kept = match found {
                Some((path, bytes)) => Some((session.put_blob(&bytes, "application/octet-stream")?, path)),
                None => {
                    left.push(format!(
                        "statements of {} in {}: the file is not in this commit, or several are called so; commit it beside the records",
                        record.text_of("foreign-set"),
                        claim.file
                    ));
                    None
                }
            };
            files.insert(claim.file.to_owned(), kept);
        }
        let Some(Some((document, _))) = files.get(claim.file) else { continue };
        let revision = Hash(record.revision().0);
        let key = (record.id().to_owned(), revision, document.digest, value.to_owned());
        if there.imported.contains(&key) {
            continue;
        }
        let statement = ApprovalImported {
            record: key.0,
            revision,
            meaning: claim.meaning,
            name: claim.name.to_owned(),
            time: claim.time.to_owned(),
            tool: record.text_of("foreign-set").to_owned(),
            document: document.clone(),
            statement: key.3,
        };
        facts.push(statement.into());
    }
    Ok((facts, left))
}

/// What `foreign-statements` says, as `vouchsafe import` writes it: `approved by NAME on TIME (claimed), FILE, line …`.
struct Claim<'v> {
    meaning: Meaning,
    name: &'v str,
    time: &'v str,
    file: &'v str,
}

fn claim(value: &str) -> Option<Claim<'_>> {
    let (head, place) = value.split_once(" (claimed), ")?;
    let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
    let meaning = match word {
        "approved" => Meaning::Approve,
        "reviewed" => Meaning::Review,
        "rejected" => Meaning::Reject,
        "authored" | "written" => Meaning::Author,
        _ => return None,
    };
    let is_time = |text: &&str| text.starts_with(|c: char| c.is_ascii_digit());
    let (by, time) = match rest {
        only if only.starts_with("on ") => ("", only.strip_prefix("on ").unwrap_or_default()),
        both => both.rsplit_once(" on ").filter(|(_, time)| is_time(time)).unwrap_or((both, "")),
    };
    let name = by.strip_prefix("by ").unwrap_or(by);
    let place = place.strip_prefix("in ").unwrap_or(place);
    let file = place.split_once(", ").map_or(place, |(file, _)| file);
    (file != "the set").then_some(Claim { meaning, name, time, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_as_import_writes_them() {
        let said = |value| claim(value).map(|c| (c.meaning, c.name, c.time, c.file));
        assert_eq!(
            said(
                "approved by A. Lead on 2021-03-04T10:00:00Z (claimed), changes.yml, line 3, column 1, evidence x"
            ),
            Some((Meaning::Approve, "A. Lead", "2021-03-04T10:00:00Z", "changes.yml"))
        );
        assert_eq!(
            said("reviewed (claimed), req/REQ001.yml, line 9, column 11, evidence s, which matches"),
            Some((Meaning::Review, "", "", "req/REQ001.yml"))
        );
        assert_eq!(
            said("reviewed on 2021-03-04 (claimed), in a.yml"),
            Some((Meaning::Review, "", "2021-03-04", "a.yml"))
        );
        assert_eq!(
            said("approved by a man on the moon (claimed), a.yml, line 1"),
            Some((Meaning::Approve, "a man on the moon", "", "a.yml"))
        );
        assert_eq!(said("approved by B (claimed), in the set"), None);
        assert_eq!(said("seen by B (claimed), a.yml"), None);
    }
}
