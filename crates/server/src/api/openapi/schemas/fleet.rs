//! Devices: counts, lists, one of them, its history.

use serde_json::json;
use world::fleet::Grade;

use super::Named;
use super::log::proof;
use crate::api::openapi::schema::{
    answer, by_name, count, free, hash, index, list, maybe, named, object, text, text_of, time, words,
};

pub(super) fn schemas() -> Vec<Named> {
    vec![
        proof(),
        ("Grades", object(&Grade::ALL.map(|grade| (grade.word(), count())))),
        (
            "FleetCount",
            answer(&[("count", count()), ("grades", named("Grades")), ("proof?", named("AnswerProof"))]),
        ),
        (
            "Fleet",
            answer(&[
                ("count", count()),
                ("devices", list(named("Device"))),
                ("next", maybe(text())),
                ("proof?", named("AnswerProof")),
            ]),
        ),
        ("Running", object(&[("item", text()), ("version", maybe(text())), ("release", maybe(index()))])),
        ("Measured", object(&[("name", text()), ("version", maybe(text())), ("digest", hash())])),
        ("Device", object(&device())),
        ("OneDevice", answer(&[device(), alone()].concat())),
        (
            "DeviceHistory",
            answer(&[
                ("id", text()),
                ("count", count()),
                (
                    "intervals",
                    list(object(&[("from", time()), ("until", maybe(time())), ("state", named("Device"))])),
                ),
            ]),
        ),
    ]
}

fn device() -> Vec<Named> {
    let verdict = object(&[
        ("status", text()),
        ("vector", by_name(json!({ "type": "integer", "minimum": -128, "maximum": 127 }))),
        ("reasons", list(text())),
        ("release", maybe(index())),
        ("policy", maybe(index())),
    ]);
    let basis = object(&[("from?", index()), ("until?", index()), ("by?", maybe(index()))]);
    vec![
        ("id", text_of("`dev:…`, else `asset:…`.")),
        ("device", maybe(text())),
        ("asset", maybe(text())),
        ("udi", maybe(text())),
        ("serial", maybe(text())),
        ("model", maybe(text())),
        ("product", maybe(text())),
        ("hardware", maybe(text())),
        ("site", maybe(text())),
        ("owner", maybe(text())),
        ("custody", maybe(text())),
        ("grade", words(&Grade::ALL.map(Grade::word))),
        ("freshness", freshness()),
        ("reason", maybe(text())),
        ("basis", maybe(basis)),
        ("running", list(named("Running"))),
        ("measured", list(named("Measured"))),
        ("unknown", list(named("Measured"))),
        ("software", list(text())),
        ("verdict", maybe(verdict)),
        ("seen", maybe(time())),
    ]
}

/// How well a state is known.
pub(super) fn freshness() -> serde_json::Value {
    words(&["proven", "fresh", "assumed", "unknown"])
}

fn alone() -> Vec<Named> {
    let carrier = object(&[
        ("agency", maybe(text())),
        ("di", maybe(text())),
        ("check", text()),
        ("serial", maybe(text())),
        ("lot", maybe(text())),
        ("expiry", maybe(text())),
        ("made", maybe(text())),
        ("findings", list(text())),
    ]);
    let finding = object(&[
        ("finding", text()),
        ("kind", text()),
        ("about", free("What the finding is about; its members go with its kind.")),
        ("closed", maybe(object(&[("index", index()), ("outcome", text())]))),
    ]);
    vec![
        ("carrier", maybe(carrier)),
        ("silence", maybe(object(&[("since", time()), ("due", time())]))),
        ("reporting", object(&[("interval", maybe(count())), ("deadline", maybe(count()))])),
        ("findings", list(finding)),
        ("entries", list(object(&[("index", index()), ("grounds", list(text()))]))),
        ("proof?", named("AnswerProof")),
    ]
}
