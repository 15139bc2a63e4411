//! Entries, receipts, sources, streams, releases, proofs, health.

use serde_json::json;

use super::Named;
use crate::api::openapi::schema::{
    answer, by_name, count, flag, free, hash, index, list, maybe, named, object, text, text_of, time, words,
};

pub(super) fn schemas() -> Vec<Named> {
    vec![
        ("Entry", object(&entry())),
        ("OneEntry", answer(&entry())),
        (
            "Entries",
            answer(&[("from", index()), ("next", maybe(index())), ("entries", list(named("Entry")))]),
        ),
        (
            "Receipt",
            object(&[
                ("index", index()),
                ("entry", hash()),
                ("leaf", hash()),
                ("level", words(&["staged", "durable", "witnessed"])),
                ("repeated", flag()),
                ("size", count()),
                ("checkpoint", text_of("A signed note (C2SP tlog-checkpoint).")),
                ("proof", list(hash())),
            ]),
        ),
        (
            "Rejection",
            object(&[
                ("code", text_of("A code of docs/api.md, “Codes of entries”.")),
                ("message", text()),
                ("hint", text()),
                ("temporary", flag()),
            ]),
        ),
        (
            "Outcomes",
            object(&[
                ("accepted", count()),
                ("rejected", count()),
                ("items", list(json!({ "anyOf": [named("Receipt"), named("Rejection")] }))),
            ]),
        ),
        ("Source", object(&source())),
        ("OneSource", answer(&source())),
        ("Sources", answer(&[("sources", list(named("Source"))), ("next", maybe(text()))])),
        (
            "Stream",
            answer(&[
                ("source", text()),
                ("stream", count()),
                ("next", count()),
                ("last", hash()),
                ("last_index", index()),
                ("entries", count()),
                ("closed", maybe(index())),
                ("gaps", list(object(&[("from", count()), ("count", count()), ("since", index())]))),
                ("forks", list(index())),
                ("key", maybe(object(&[("from", count()), ("key", free("A public key."))]))),
            ]),
        ),
        (
            "Releases",
            answer(&[
                (
                    "releases",
                    list(object(&[
                        ("index", index()),
                        ("entry", hash()),
                        ("made", time()),
                        ("withdrawn", maybe(index())),
                        ("release", free("The fact `ReleaseMade` (docs/spec/entry.md).")),
                    ])),
                ),
                ("next", maybe(index())),
            ]),
        ),
        ("Blob", object(&[("sha256", hash()), ("length", count())])),
        (
            "Inclusion",
            answer(&[
                ("index", index()),
                ("leaf", hash()),
                ("level", words(&["durable", "witnessed"])),
                ("size", count()),
                ("checkpoint", text()),
                ("proof", list(hash())),
            ]),
        ),
        (
            "Consistency",
            answer(&[
                ("old", count()),
                ("new", count()),
                ("old_root", hash()),
                ("new_root", hash()),
                ("proof", list(hash())),
            ]),
        ),
        (
            "Freshness",
            answer(&[
                ("generation", count()),
                ("size", count()),
                ("root", hash()),
                ("time", time()),
                ("checkpoint", text()),
            ]),
        ),
        (
            "Health",
            answer(&[
                ("standing", words(&["writable", "read-only", "rebuilding"])),
                ("reason", maybe(text())),
                ("cosigned", maybe(count())),
                ("stale_feeds", list(object(&[("feed", text()), ("since", time())]))),
            ]),
        ),
    ]
}

fn entry() -> Vec<Named> {
    let flags = object(&[("flag", words(&["corrected", "voided"])), ("by?", index()), ("at", index())]);
    vec![
        ("index", index()),
        ("logged", time()),
        ("flags?", list(flags)),
        ("entry", hash()),
        ("bytes", count()),
        (
            "body",
            object(&[
                ("fact", text_of("Name of the fact.")),
                ("source", text()),
                ("stream", count()),
                ("sequence", count()),
                ("previous?", hash()),
                ("time?", time()),
                ("beacon?", free("The checkpoint that the author had seen.")),
                ("reason?", text()),
                ("on_behalf_of?", text()),
                ("content", free("The fact (docs/spec/entry.md, 12).")),
            ]),
        ),
        (
            "proof",
            object(&[
                ("kind", words(&["COSE_Sign1", "WebAuthn", "SSHSIG"])),
                ("algorithm?", text()),
                ("kid?", text()),
                ("signature", text()),
                ("authenticator_data?", text()),
                ("client_data?", text()),
            ]),
        ),
    ]
}

fn source() -> Vec<Named> {
    let key = object(&[
        ("id", text()),
        ("key", free("The public key.")),
        ("from", index()),
        ("until", maybe(index())),
        ("cause", maybe(text())),
        ("doubtful_since", maybe(time())),
    ]);
    vec![
        ("source", text()),
        ("kind", text()),
        ("name", text()),
        ("roles", list(text())),
        ("suspended", flag()),
        ("enrolled", index()),
        ("keys", list(key)),
        ("quarantined", list(index())),
    ]
}

/// What proves an answer about devices.
pub(super) fn proof() -> Named {
    let entry = object(&[
        ("index", index()),
        ("grounds", list(text())),
        ("entry", text_of("Base64 of the entry's bytes.")),
        ("proof", list(hash())),
    ]);
    let current = object(&[
        ("seal", index()),
        ("size", count()),
        ("concern", text()),
        ("place", count()),
        ("proof", list(hash())),
        ("key", text()),
        ("value", text()),
    ]);
    let schema = object(&[
        ("format", json!({ "const": views::fleet::FORMAT })),
        ("checkpoint", text()),
        ("known", object(&[("size", count()), ("root", hash()), ("consistency", list(hash()))])),
        ("entries", list(entry)),
        ("current", list(current)),
        ("says", list(text())),
    ]);
    ("AnswerProof", schema)
}

/// Numbers by a word.
pub(super) fn counts() -> serde_json::Value {
    by_name(count())
}
