//! Answers for programs: JSON and CSV, the same from the command line and from the server.

use evidence::{SourceId, Time};
use formats::matching::Verdict;
use serde_json::{Map, Value, json};
use world::fleet::{Grade, Subject};

use super::answer::{Answer, ComponentAnswer, Device, ReleaseAnswer};
use super::error::PopulationError;
use super::findings::{About, Exploited, Findings, VERDICTS, word};
use super::listing::{Course, Metrics};
use super::outcome::Tally;
use super::timeline::Point;

/// The columns of the CSV form.
pub const CSV_HEADER: &str =
    "device,asset,udi,serial,model,site,custody,grade,freshness,verdict,reason,runs,evidence,at,known";

impl Answer {
    /// The whole answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let word = |verdict: Verdict| self.findings.word(verdict);
        let mut counts = Map::new();
        let mut grades = Map::new();
        for verdict in VERDICTS {
            counts.insert(word(verdict).into(), self.tally.count(verdict).into());
            let of = |grade: Grade| self.tally.grades.get(&(verdict, grade)).copied().unwrap_or_default();
            let by: Map<String, Value> =
                Grade::ALL.iter().map(|grade| (grade.word().to_owned(), of(*grade).into())).collect();
            grades.insert(word(verdict).into(), by.into());
        }
        let sites = self.sites.iter().map(|(site, name)| {
            let mut row = Map::new();
            row.insert("site".into(), site.map(|_| name.as_str()).into());
            for verdict in VERDICTS {
                let count = self.tally.sites.get(&(verdict, *site)).copied().unwrap_or_default();
                row.insert(word(verdict).into(), count.into());
            }
            Value::Object(row)
        });
        let others: Map<String, Value> =
            self.others.iter().map(|(verdict, n)| (word(*verdict).to_owned(), (*n).into())).collect();
        let advisories = self.findings.notices.iter().map(|n| {
            json!({
                "id": &*n.id, "document": &*n.document, "entry": n.entry, "aliases": n.aliases.iter().map(|a| &**a).collect::<Vec<_>>(),
                "published": n.published.as_deref(), "withdrawn": n.withdrawn.as_deref(),
                "informational": n.informational.as_deref(),
            })
        });
        json!({
            "asked": self.findings.asked,
            "about": match self.findings.about { About::Vulnerability => "vulnerability", About::Component => "component" },
            "id": self.findings.id,
            "names": self.findings.names,
            "summary": self.findings.summary(),
            "severity": self.findings.severity().map(|(score, text)| json!({ "score": score, "text": text })),
            "withdrawn": self.findings.withdrawn(),
            "informational": self.findings.informational(),
            "exploited": self.findings.exploited.as_ref().map(exploited),
            "at": self.at.to_string(),
            "known": { "size": self.known.size, "time": self.known.time.map(|t| t.to_string()) },
            "list": self.list.iter().map(|v| word(*v)).collect::<Vec<_>>(),
            "count": self.count(),
            "devices": self.devices.iter().map(|d| device(d, self.findings.about)).collect::<Vec<_>>(),
            "next": self.next.as_ref().map(ToString::to_string),
            "fleet": self.tally.devices,
            "verdicts": counts,
            "undetermined": self.tally.reasons,
            "grades": grades,
            "sites": sites.collect::<Vec<_>>(),
            "releases": self.releases.iter().map(|r| release(r, self.findings.about)).collect::<Vec<_>>(),
            "other_releases": others,
            "advisories": advisories.collect::<Vec<_>>(),
            "entries": self.findings.entries,
        })
    }
}

/// What the catalogue of exploited vulnerabilities says.
#[must_use]
pub fn exploited(exploited: &Exploited) -> Value {
    json!({
        "cve": exploited.cve, "since": exploited.since, "cisa_due": exploited.cisa_due,
        "ransomware": exploited.ransomware, "entry": exploited.entry,
    })
}

/// A line of the list of vulnerabilities.
#[must_use]
pub fn line(findings: &Findings, tally: &Tally) -> Value {
    let mut counts = Map::new();
    for verdict in VERDICTS {
        counts.insert(findings.word(verdict).into(), tally.count(verdict).into());
    }
    let releases = |verdict: Verdict| findings.releases.values().filter(|r| r.verdict == verdict).count();
    json!({
        "id": findings.id,
        "names": findings.names,
        "summary": findings.summary(),
        "severity": findings.severity().map(|(score, text)| json!({ "score": score, "text": text })),
        "withdrawn": findings.withdrawn(),
        "informational": findings.informational(),
        "exploited": findings.exploited.as_ref().map(exploited),
        "verdict": findings.word(findings.worst()),
        "devices": counts,
        "releases": { "affected": releases(Verdict::Affected), "undetermined": releases(Verdict::Undetermined) },
    })
}

/// Members of [`flat`], in the order of a table.
pub const FLAT: [&str; 17] = [
    "id",
    "names",
    "summary",
    "score",
    "severity",
    "verdict",
    "affected",
    "undetermined",
    "fixed",
    "not-affected-by-vex",
    "not-affected",
    "releases-affected",
    "withdrawn",
    "informational",
    "exploited-since",
    "ransomware",
    "cisa-due",
];

/// The same as a row of a table: devices by verdict, without structure.
#[must_use]
pub fn flat(findings: &Findings, tally: &Tally) -> Value {
    let severity = findings.severity();
    let affected = findings.releases.values().filter(|r| r.verdict == Verdict::Affected).count();
    let mut row = json!({
        "id": findings.id, "names": findings.names, "summary": findings.summary(),
        "score": severity.and_then(|(score, _)| score), "severity": severity.map(|(_, text)| text),
        "verdict": findings.word(findings.worst()), "releases-affected": affected,
        "withdrawn": findings.withdrawn(), "informational": findings.informational(),
        "exploited-since": findings.exploited.as_ref().map(|e| &e.since),
        "ransomware": findings.exploited.as_ref().map(|e| e.ransomware),
        "cisa-due": findings.exploited.as_ref().map(|e| &e.cisa_due),
    });
    if let Some(row) = row.as_object_mut() {
        for verdict in VERDICTS {
            row.insert(findings.word(verdict).into(), tally.count(verdict).into());
        }
    }
    row
}

/// A trend.
#[must_use]
pub fn trend(points: &[Point]) -> Value {
    let one = |p: &Point| {
        json!({
            "at": p.at.to_string(), "affected": p.affected, "undetermined": p.undetermined,
            "corrected": p.corrected, "devices": p.devices,
        })
    };
    points.iter().map(one).collect()
}

/// The course of one vulnerability in one product.
#[must_use]
pub fn course(course: &Course) -> Value {
    json!({
        "id": course.id,
        "exploited": course.exploited,
        "product": course.product,
        "identified": course.identified.to_string(),
        "patched": course.patched.as_ref().map(|(_, at)| at.to_string()),
        "patches": course.patched.as_ref().map(|(releases, _)| releases),
        "implemented": course.implemented.map(|at| at.to_string()),
        "seconds_to_patch": course.to_patch(),
        "seconds_to_field": course.to_field(),
        "affected_now": course.left,
        "undetermined_now": course.undetermined,
        "affected_most": course.most,
    })
}

/// The figures of a period.
#[must_use]
pub fn metrics(metrics: &Metrics) -> Value {
    let average = |of: Option<(u64, u64)>| of.map(|(mean, median)| json!({ "mean": mean, "median": median }));
    json!({
        "identified": metrics.identified,
        "patched": metrics.patched,
        "implemented": metrics.implemented,
        "share_patched": metrics.patched.saturating_mul(10_000).checked_div(metrics.identified).map(|n| format!("{}.{:02}%", n / 100, n % 100)),
        "seconds_to_patch": average(metrics.to_patch),
        "seconds_to_field": average(metrics.to_field),
    })
}

/// A device of a list.
#[must_use]
pub fn device(device: &Device, about: About) -> Value {
    let runs =
        device.runs.iter().map(|r| json!({ "item": r.item, "version": r.version, "release": r.release }));
    json!({
        "device": device.subject.to_string(),
        "asset": device.asset,
        "udi": device.udi,
        "serial": device.serial,
        "model": device.model,
        "site": device.site,
        "custody": device.custody.map(evidence::facts::fleet::Custody::word),
        "grade": device.grade.word(),
        "freshness": device.certainty,
        "verdict": word(about, device.outcome.verdict),
        "reason": device.outcome.reason,
        "runs": runs.collect::<Vec<_>>(),
        "evidence": device.evidence,
        "seen": device.seen.map(|t| t.to_string()),
    })
}

fn component(component: &ComponentAnswer, about: About) -> Value {
    json!({
        "component": component.component,
        "path": component.paths.first(),
        "paths": component.paths,
        "places": component.places,
        "verdict": word(about, component.judged.verdict),
        "steps": component.judged.steps,
        "entries": component.judged.entries,
    })
}

/// A release with what prevails in it before everything that was looked at.
fn release(of: &ReleaseAnswer, about: About) -> Value {
    let first = of.components.first();
    let steps = first.into_iter().flat_map(|c| &c.judged.steps).chain(&of.steps);
    json!({
        "release": of.release.label(),
        "product": &*of.release.product,
        "item": &*of.release.item,
        "version": &*of.release.version,
        "line": &*of.release.line,
        "index": of.release.entry.index,
        "entry": of.release.entry.entry.to_string(),
        "made": of.release.made.to_string(),
        "withdrawn": of.release.withdrawn,
        "component": first.map(|c| &c.component),
        "path": first.and_then(|c| c.paths.first()),
        "verdict": word(about, of.verdict),
        "devices": of.devices,
        "steps": steps.collect::<Vec<_>>(),
        "components": of.components.iter().map(|c| component(c, about)).collect::<Vec<_>>(),
    })
}

/// A line of CSV (`csv`), with its line end.
pub fn csv_line(out: &mut String, device: &Device, about: About, at: Time, known: u64) {
    let runs: Vec<String> =
        device.runs.iter().map(|r| format!("{} {}", r.item, r.version.as_deref().unwrap_or("?"))).collect();
    let evidence: Vec<String> = device.evidence.iter().map(ToString::to_string).collect();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        device.subject.to_string(),
        text(&device.asset),
        text(&device.udi),
        text(&device.serial),
        text(&device.model),
        text(&device.site),
        device.custody.map(|c| c.word().to_owned()).unwrap_or_default(),
        device.grade.word().to_owned(),
        device.certainty.to_owned(),
        word(about, device.outcome.verdict).to_owned(),
        device.outcome.reason.unwrap_or_default().to_owned(),
        runs.join("; "),
        evidence.join(" "),
        at.to_string(),
        known.to_string(),
    ];
    crate::csv::line(out, fields.iter().map(String::as_str));
}

/// The subject of a text that an answer gave, such as `next`.
///
/// # Errors
/// It names none.
pub fn subject(text: &str) -> Result<Subject, PopulationError> {
    if let Some(asset) = text.strip_prefix("asset:") {
        return Ok(Subject::Asset(asset.to_owned()));
    }
    let device: Result<SourceId, _> = text.parse();
    device.map(Subject::Device).map_err(|_| PopulationError::BadCursor { text: text.to_owned() })
}

/// Verdicts from their words, separated by commas; `all` for every one.
///
/// # Errors
/// The first word that is none.
pub fn verdicts(text: &str, about: About) -> Result<Vec<Verdict>, String> {
    if text == "all" {
        return Ok(VERDICTS.to_vec());
    }
    let one = |name: &str| {
        let found = VERDICTS.into_iter().find(|v| word(about, *v) == name);
        found.ok_or_else(|| name.to_owned())
    };
    text.split(',').map(str::trim).map(one).collect()
}
