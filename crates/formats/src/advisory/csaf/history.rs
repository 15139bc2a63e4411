//! Tests about languages, versions and the revision history: 6.1.12, 6.1.14 to 6.1.22, 6.1.28, 6.1.30.

use std::cmp::Ordering;

use serde_json::Value;

use super::check::{Report, list, text};
use super::lang;
use crate::version::{Scheme, compare};

pub(super) fn check(document: &Value, report: &mut Report) {
    let Some(head) = document.get("document") else { return };
    languages(head, report);
    let Some(tracking) = head.get("tracking") else { return };
    let revisions: Vec<Revision<'_>> = list(tracking, "revision_history")
        .iter()
        .enumerate()
        .filter_map(|(index, item)| {
            Some(Revision { index, date: text(item, "date")?, number: text(item, "number")? })
        })
        .collect();
    let (status, version) = (text(tracking, "status").unwrap_or(""), text(tracking, "version").unwrap_or(""));
    versions(status, version, &revisions, report);
    order(status, version, &revisions, report);
    completeness(&revisions, report);
}

#[derive(Debug, Clone, Copy)]
struct Revision<'a> {
    index: usize,
    date: &'a str,
    number: &'a str,
}

impl Revision<'_> {
    fn place(&self) -> String {
        format!("/document/tracking/revision_history/{}/number", self.index)
    }
}

fn languages(head: &Value, report: &mut Report) {
    let (own, source) = (text(head, "lang"), text(head, "source_lang"));
    for (key, tag) in [("lang", own), ("source_lang", source)] {
        if let Some(tag) = tag
            && !lang::is_valid(tag)
        {
            report.fail("6.1.12", format!("/document/{key}"), format!("{tag:?} is not a language tag"));
        }
    }
    let category = head.get("publisher").and_then(|publisher| text(publisher, "category"));
    if category == Some("translator") && source.is_none() {
        report.fail("6.1.15", "/document/source_lang", "missing although the publisher is a translator");
    }
    if let (Some(own), Some(source)) = (own, source)
        && own.eq_ignore_ascii_case(source)
    {
        report.fail("6.1.28", "/document/lang", "the same as the source language");
    }
}

fn is_integer(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit())
}

fn has_pre_release(version: &str) -> bool {
    version.split('+').next().is_some_and(|version| version.contains('-'))
}

fn is_zero(version: &str) -> bool {
    version.split(['.', '-', '+']).next().is_some_and(|major| major == "0")
}

fn versions(status: &str, version: &str, revisions: &[Revision<'_>], report: &mut Report) {
    let released = matches!(status, "final" | "interim");
    let place = "/document/tracking/version";
    if released && (is_zero(version) || has_pre_release(version)) {
        report.fail(
            "6.1.17",
            place,
            format!("{version} is a version of a draft, but the status is {status}"),
        );
    }
    if released && has_pre_release(version) {
        report.fail("6.1.20", place, format!("{version} is a pre-release, but the status is {status}"));
    }
    for revision in revisions {
        if released && is_zero(revision.number) {
            report.fail("6.1.18", revision.place(), "a revision 0 in a released document");
        }
        if has_pre_release(revision.number) {
            report.fail("6.1.19", revision.place(), "a pre-release in the revision history");
        }
        if is_integer(revision.number) != is_integer(version) {
            report.fail("6.1.30", revision.place(), "whole numbers and semantic versions mixed");
        }
    }
}

fn by_number(a: &str, b: &str) -> Ordering {
    compare(Scheme::Semver, a, b).unwrap_or(Ordering::Equal)
}

fn order(status: &str, version: &str, revisions: &[Revision<'_>], report: &mut Report) {
    let by_date = |a: &Revision<'_>, b: &Revision<'_>| {
        compare(Scheme::Datetime, a.date, b.date).unwrap_or_else(|_| a.date.cmp(b.date))
    };
    let mut sorted = revisions.to_vec();
    sorted.sort_by(|a, b| by_date(a, b).then_with(|| by_number(a.number, b.number)));
    for (earlier, later) in sorted.iter().zip(sorted.iter().skip(1)) {
        if by_number(earlier.number, later.number).is_gt() {
            let reason = format!("{} is later than {}", later.number, earlier.number);
            report.fail("6.1.14", later.place(), reason);
        }
    }
    let Some(last) = sorted.last() else { return };
    // Build metadata does not count; neither does the pre-release of a draft.
    let bare = |version: &str| {
        let version = version.split('+').next().unwrap_or("").to_owned();
        if status == "draft" { version.split('-').next().unwrap_or("").to_owned() } else { version }
    };
    if bare(version) != bare(last.number) {
        let reason = format!("{version}, but the latest revision is {}", last.number);
        report.fail("6.1.16", "/document/tracking/version", reason);
    }
}

fn completeness(revisions: &[Revision<'_>], report: &mut Report) {
    let mut sorted = revisions.to_vec();
    sorted.sort_by(|a, b| by_number(a.number, b.number));
    for (a, b) in sorted.iter().zip(sorted.iter().skip(1)) {
        if a.number == b.number {
            report.fail("6.1.22", b.place(), format!("revision {} stands twice", b.number));
        }
    }
    // Whole numbers, or the major numbers of semantic versions, start at 0 or 1 and leave none out.
    let majors: Vec<(u64, &Revision<'_>)> =
        sorted.iter().filter_map(|r| Some((r.number.split('.').next()?.parse().ok()?, r))).collect();
    let mut expected = 1;
    for (major, revision) in majors {
        if major > expected {
            report.fail("6.1.21", revision.place(), format!("revision {expected} is missing"));
        }
        expected = expected.max(major.saturating_add(1));
    }
}
