//! Vulnerabilities: who is affected, the list, the trend.

use super::Named;
use super::fleet::freshness;
use super::log::counts;
use crate::api::openapi::schema::{
    answer, by_name, count, flag, hash, index, list, maybe, named, number, object, text, text_of, time, words,
};
use serde_json::json;
use views::population::{About, VERDICTS, word};
use world::fleet::Grade;

/// The word of a verdict, about a vulnerability or a component.
fn verdict() -> serde_json::Value {
    let of = |about| VERDICTS.map(|verdict| word(about, verdict));
    let mut all = [of(About::Vulnerability), of(About::Component)].concat();
    all.sort_unstable();
    all.dedup();
    words(&all)
}

fn severity() -> serde_json::Value {
    maybe(object(&[("score", maybe(number())), ("text", text_of("Vector, or the publisher's word."))]))
}

/// What CISA's catalogue of known exploited vulnerabilities says.
fn exploited() -> Named {
    let schema = object(&[
        ("cve", text()),
        ("since", text_of("Day since which it is in CISA's catalogue.")),
        (
            "cisa_due",
            text_of(
                "Day by which CISA wants agencies of the United States to have acted; no deadline for the maker.",
            ),
        ),
        ("ransomware", flag()),
        ("entry", index()),
    ]);
    ("Exploited", schema)
}

/// What is known of a moment whose time may be unsaid.
fn moments() -> Vec<Named> {
    vec![("at", time()), ("known", object(&[("size", count()), ("time", maybe(time()))]))]
}

pub(super) fn schemas() -> Vec<Named> {
    vec![
        exploited(),
        ("AffectedDevice", object(&device())),
        (
            "AffectedComponent",
            object(&[
                ("component", text()),
                ("path", maybe(list(text()))),
                ("paths", list(list(text()))),
                ("places", count()),
                ("verdict", verdict()),
                ("steps", list(text())),
                ("entries", list(index())),
            ]),
        ),
        ("AffectedRelease", object(&release())),
        ("Affected", object(&[moments(), affected()].concat())),
        ("Vulnerability", object(&vulnerability())),
        ("Vulnerabilities", answer(&[("count", count()), ("vulnerabilities", list(named("Vulnerability")))])),
        (
            "Trend",
            object(&[
                ("id", text()),
                ("at", maybe(time())),
                ("known", object(&[("size", count()), ("time", maybe(time()))])),
                (
                    "trend",
                    list(object(&[
                        ("at", time()),
                        ("affected", count()),
                        ("undetermined", count()),
                        ("corrected", count()),
                        ("devices", count()),
                    ])),
                ),
            ]),
        ),
    ]
}

fn device() -> Vec<Named> {
    vec![
        ("device", text()),
        ("asset", maybe(text())),
        ("udi", maybe(text())),
        ("serial", maybe(text())),
        ("model", maybe(text())),
        ("site", maybe(text())),
        ("custody", maybe(text())),
        ("grade", words(&Grade::ALL.map(Grade::word))),
        ("freshness", freshness()),
        ("verdict", verdict()),
        ("reason", maybe(text())),
        ("runs", list(named("Running"))),
        ("evidence", list(index())),
        ("seen", maybe(time())),
    ]
}

fn release() -> Vec<Named> {
    vec![
        ("release", text()),
        ("product", text()),
        ("item", text()),
        ("version", text()),
        ("line", text()),
        ("index", index()),
        ("entry", hash()),
        ("made", time()),
        ("withdrawn", maybe(index())),
        ("component", maybe(text())),
        ("path", maybe(list(text()))),
        ("verdict", verdict()),
        ("devices", count()),
        ("steps", list(text())),
        ("components", list(named("AffectedComponent"))),
    ]
}

fn affected() -> Vec<Named> {
    let advisory = object(&[
        ("id", text()),
        ("document", text()),
        ("entry", index()),
        ("aliases", list(text())),
        ("published", maybe(text())),
        ("withdrawn", maybe(text())),
        ("informational", maybe(text())),
    ]);
    vec![
        ("asked", text()),
        ("about", words(&["vulnerability", "component"])),
        ("id", text()),
        ("names", list(text())),
        ("summary", maybe(text())),
        ("severity", severity()),
        ("withdrawn", maybe(text())),
        ("informational", maybe(text())),
        ("exploited", maybe(named("Exploited"))),
        ("list", list(verdict())),
        ("count", count()),
        ("devices", list(named("AffectedDevice"))),
        ("next", maybe(text())),
        ("fleet", count()),
        ("verdicts", counts()),
        ("undetermined", counts()),
        ("grades", by_name(counts())),
        (
            "sites",
            list(json!({
                "type": "object", "required": ["site"], "properties": { "site": { "type": ["string", "null"] } },
                "additionalProperties": { "type": "integer", "minimum": 0 },
            })),
        ),
        ("releases", list(named("AffectedRelease"))),
        ("other_releases", counts()),
        ("advisories", list(advisory)),
        ("entries", list(index())),
        ("applied", count()),
        ("proof?", named("AnswerProof")),
    ]
}

fn vulnerability() -> Vec<Named> {
    vec![
        ("id", text()),
        ("names", list(text())),
        ("summary", maybe(text())),
        ("severity", severity()),
        ("withdrawn", maybe(text())),
        ("informational", maybe(text())),
        ("exploited", maybe(named("Exploited"))),
        ("verdict", verdict()),
        ("devices", counts()),
        ("releases", object(&[("affected", count()), ("undetermined", count())])),
    ]
}
