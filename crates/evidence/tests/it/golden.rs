//! The golden files under `testdata/golden/`: bytes that no version may write otherwise. `UPDATE_GOLDEN=1` rewrites them,
//! which is right before the first tagged version only.

use std::fmt::Write;

use evidence::facts::design::RecordRevised;
use evidence::facts::statements::Signed;
use evidence::json::entry_json;
use evidence::proof::{cose, ssh};
use evidence::sample::{Fill, Sampler};
use evidence::statement::{Meaning, Statement};
use evidence::types::{Beacon, BlobRef, Bytes};
use evidence::{Body, Entry, Evidence, Fact, Hash, SourceId, SourceKind, Time};

use crate::catalogue::examples;
use crate::data::{compare, hex, repository, unhex};
use crate::signers::{self, Signer};

const KEYS: &str = "\
# Public keys: name, deterministic CBOR. The secret of the n-th of the first eight is n repeated 32 times.
";
const SOURCES: &str = "\
# Identifiers of sources: name of the first key (`-` for a UEID), bytes, text.
";
const FACTS: &str = "\
# One entry a line: fact.filling, hexadecimal. Proven by `cose-ed25519` of keys.txt.
# `bare` leaves out all that may be left out; `full` leaves out nothing. Well formed, not meaningful.
";
const PROOFS: &str = "\
# One entry a line: kind of proof, which is also the name of the key in keys.txt, hexadecimal.
";
const STATEMENTS: &str = "\
# Persons' signatures: name of the key in keys.txt, statement (hexadecimal UTF-8), signature as the fact Signed carries it.
";
const JSON: &str = "\
# The same entries as JSON: name in proofs.txt or facts.txt, JSON.
";

fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

/// What a pump says of itself, with most of what it can say.
pub(crate) fn attestation() -> Body {
    let digest = |n| Hash([n; 32]);
    let measured = |name: &str, version: Option<&str>, n| evidence::body::Measured {
        name: name.into(),
        version: version.map(Into::into),
        digest: digest(n),
    };
    Body {
        source: SourceId::device([0x11; 16]),
        stream: 1,
        sequence: 42,
        previous: Some(digest(0x22)),
        time: Some(time("2026-11-20T12:00:00Z")),
        beacon: Some(Beacon { generation: 0, size: 1_000, root: digest(0x33) }),
        reason: None,
        on_behalf_of: None,
        fact: Fact::Attested(Evidence {
            hardware_model: Some(Bytes(b"PX-200".to_vec())),
            uptime: Some(86_400),
            debug: Some(evidence::body::DebugStatus::DisabledPermanently),
            boot_count: Some(17),
            boot_seed: Some(Bytes(vec![0x44; 32])),
            software_name: Some("pump".into()),
            software_version: Some("2.1.0".into()),
            measurements: vec![
                measured("boot", None, 0x55),
                measured("pump", Some("2.1.0"), 0x66),
                measured("drug-library", Some("2026-10"), 0x77),
            ],
            ..Evidence::default()
        }),
    }
}

/// The first entry of a person's stream: a revision of a requirement.
pub(crate) fn revision(signer: &Signer) -> Body {
    Body {
        source: SourceId::derive(SourceKind::Person, &signer.public).expect("not a device"),
        stream: 0,
        sequence: 0,
        previous: None,
        time: None,
        beacon: None,
        reason: Some("Alarm limit after review".into()),
        on_behalf_of: None,
        fact: Fact::RecordRevised(RecordRevised {
            record: "SWR-012".into(),
            kind: "software-requirement".into(),
            product: "pump".into(),
            line: "main".into(),
            item: None,
            revision: Hash([0x88; 32]),
            content: BlobRef { digest: Hash([0x99; 32]), length: 640, media_type: "text/markdown".into() },
            supersedes: None,
            commit: None,
            path: Some("requirements/SWR-012.md".into()),
            editorial: None,
        }),
    }
}

/// One entry a kind of proof: devices attest under COSE, persons revise a record.
pub(crate) fn proofs() -> Vec<(Signer, Entry)> {
    let proven = |signer: Signer| {
        let body = if signer.name.starts_with("cose") { attestation() } else { revision(&signer) };
        let entry = signer.prove(body);
        (signer, entry)
    };
    signers::all().into_iter().map(proven).collect()
}

/// A statement over the record of [`revision`].
pub(crate) fn statement() -> Statement {
    Statement {
        record: "SWR-012".into(),
        revision: Hash([0x88; 32]),
        meaning: Meaning::Approve,
        name: "Approver of the requirement".into(),
        time: time("2026-11-20T12:00:00Z"),
    }
}

#[test]
fn keys_and_sources() {
    let (mut keys, mut sources) = (String::from(KEYS), String::from(SOURCES));
    for signer in signers::all() {
        writeln!(keys, "{} {}", signer.name, hex(&signer.public.canonical())).expect("a String");
        for kind in SourceKind::ALL {
            let Some(id) = SourceId::derive(kind, &signer.public) else { continue };
            writeln!(sources, "{} {} {id}", signer.name, hex(id.as_bytes())).expect("a String");
        }
    }
    for (name, key) in crate::refused::unusable_keys() {
        writeln!(keys, "{name} {}", hex(&key.canonical())).expect("a String");
    }
    let mut s = Sampler::new(0, Fill::Full);
    for _ in 0..16 {
        let id = s.source(SourceKind::Device);
        writeln!(sources, "- {} {id}", hex(id.as_bytes())).expect("a String");
    }
    compare("testdata/golden/keys.txt", &keys);
    compare("testdata/golden/sources.txt", &sources);
}

#[test]
fn facts_and_proofs() {
    let (mut facts, mut proven, mut json) = (String::from(FACTS), String::from(PROOFS), String::from(JSON));
    for (signer, entry) in proofs() {
        assert_eq!(entry.verify(&signer.public), Ok(()), "{}", signer.name);
        writeln!(proven, "{} {}", signer.name, hex(&entry.encode())).expect("a String");
        writeln!(json, "{} {}", signer.name, entry_json(&entry)).expect("a String");
    }
    for (filling, fill) in [("bare", Fill::Bare), ("full", Fill::Full)] {
        for entry in examples(fill, 0) {
            let name = entry.body().fact.name();
            writeln!(facts, "{name}.{filling} {}", hex(&entry.encode())).expect("a String");
            if fill == Fill::Full {
                writeln!(json, "{name}.{filling} {}", entry_json(&entry)).expect("a String");
            }
        }
    }
    compare("testdata/golden/proofs.txt", &proven);
    compare("testdata/golden/facts.txt", &facts);
    compare("testdata/golden/json.txt", &json);
}

/// Whatever the samplers of later versions make: what was once written is read, word for word.
#[test]
fn kept_entries_are_still_read() {
    let read = |file: &str| -> Vec<(String, String)> {
        let text =
            std::fs::read_to_string(repository(&format!("testdata/golden/{file}"))).expect("golden file");
        let lines = text.lines().filter(|l| !l.starts_with('#'));
        lines.map(|l| l.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a name")).collect()
    };
    let kept: Vec<(String, String)> = [read("facts.txt"), read("proofs.txt")].concat();
    let keys: Vec<_> = signers::all().into_iter().map(|s| s.public).collect();
    let mut stated: std::collections::BTreeMap<String, String> = read("json.txt").into_iter().collect();
    assert!(kept.len() > 2 * Fact::CATALOGUE.len(), "{} entries", kept.len());
    for (name, digits) in kept {
        let raw = unhex(&digits);
        let entry = Entry::decode(&raw).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(entry.encode(), raw, "{name}");
        let key = keys.iter().find(|k| entry.hints_at(&k.id(), k)).expect("a key of keys.txt");
        assert_eq!(entry.verify(key), Ok(()), "{name}");
        if let Some(json) = stated.remove(&name) {
            let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            assert_eq!(entry_json(&entry), json, "{name}");
            assert_eq!(evidence::json::from_json(&json), Ok(entry), "{name}");
        }
    }
    assert!(stated.is_empty(), "JSON of no entry: {:?}", stated.keys());
}

#[test]
fn statements() {
    let mut out = String::from(STATEMENTS);
    let text = statement().text().expect("a statement");
    for signer in signers::all().into_iter().filter(|s| !s.name.starts_with("cose")) {
        let signature = crate::statement::sign(&signer, &text);
        assert_eq!(evidence::statement::verify(&signer.public, &text, &signature), Ok(statement()));
        writeln!(out, "{} {} {}", signer.name, hex(text.as_bytes()), hex(&signature)).expect("a String");
        // The fact that carries it is an entry like any other.
        let fact = Signed {
            statement: text.clone(),
            signature: Bytes(signature),
            signer: SourceId::derive(SourceKind::Person, &signer.public).expect("not a device"),
            record: statement().record,
            revision: statement().revision,
            meaning: statement().meaning,
        };
        let entry = signer.prove(Body { fact: fact.into(), ..revision(&signer) });
        assert_eq!(Entry::decode(&entry.encode()), Ok(entry));
    }
    compare("testdata/golden/statements.txt", &out);
}

#[test]
fn the_worked_example_of_the_specification_is_the_golden_entry() {
    let (signer, entry) = proofs().swap_remove(0);
    let spec = std::fs::read_to_string(repository("docs/spec/entry.md")).expect("the specification");
    let example = spec.split("<!-- worked example -->").nth(1).expect("the worked example");
    let bytes: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .map(|line| line.split_once('|').map_or(line, |(bytes, _)| bytes))
        .flat_map(|bytes| bytes.split_whitespace())
        .collect();
    assert_eq!(bytes, hex(&entry.encode()));
    let header = cose::protected_header(signer.public.algorithm, &evidence::entry::kid(&signer.public.id()));
    let signed = hex(&cose::sig_structure(&header, &[], entry.body_bytes()));
    for (what, said) in [
        ("entry hash", hex(&entry.hash().0)),
        ("key id", hex(&signer.public.id().0)),
        ("public key", hex(&signer.public.canonical())),
        ("what is signed", signed[..40].to_owned()),
        ("namespace", ssh::ENTRY_NAMESPACE.to_owned()),
    ] {
        assert!(spec.contains(&said), "the specification must state the {what}: {said}");
    }
}
