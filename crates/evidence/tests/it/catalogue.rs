//! Every fact of the catalogue, by example: through CBOR and JSON and back to the same bytes.

use std::collections::BTreeSet;

use evidence::json::{Value, entry_json, from_json};
use evidence::sample::{Fill, Sampler};
use evidence::{Entry, Fact};

use crate::signers;

/// Examples of every fact under each filling.
pub(crate) fn examples(fill: Fill, seed: u64) -> Vec<Entry> {
    let mut s = Sampler::new(seed, fill);
    let signer = signers::named("cose-ed25519");
    let facts = Fact::samples(&mut s);
    facts.into_iter().map(|fact| signer.prove(s.branch(fact.tag()).body(fact))).collect()
}

fn round_trip(entry: &Entry) {
    let raw = entry.encode();
    let back = Entry::decode(&raw).expect("what was written can be read");
    assert_eq!(&back, entry);
    assert_eq!(back.encode(), raw);
    let text = entry_json(entry).to_string();
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let back = from_json(&json).unwrap_or_else(|e| panic!("{}: {e}\n{text}", entry.body().fact.name()));
    assert_eq!(back.encode(), raw, "{text}");
}

#[test]
fn every_fact_comes_back_through_cbor_and_json() {
    let mut names = BTreeSet::new();
    for fill in [Fill::Bare, Fill::Full] {
        for entry in examples(fill, 1) {
            round_trip(&entry);
            names.insert(entry.body().fact.name());
        }
    }
    for seed in 2..12 {
        examples(Fill::Mixed, seed).iter().for_each(round_trip);
    }
    assert_eq!(names.len(), Fact::CATALOGUE.len() + 1, "every fact of the catalogue, and Attested");
}

#[test]
fn full_examples_have_every_field_and_bare_ones_no_optional_one() {
    let (bare, full) = (examples(Fill::Bare, 1), examples(Fill::Full, 1));
    for (bare, full) in bare.iter().zip(&full) {
        let count = |e: &Entry| {
            let json = entry_json(e);
            let content = json["body"]["content"].as_object().map_or(0, serde_json::Map::len);
            (content, json["body"].as_object().map_or(0, serde_json::Map::len))
        };
        let ((bare_content, bare_claims), (full_content, full_claims)) = (count(bare), count(full));
        assert_eq!((bare_claims, full_claims), (5, 10), "claims of the body");
        assert!(bare_content <= full_content, "{}", full.body().fact.name());
        let rule = evidence::spec::cddl();
        let optional = fields_of(&rule, full.body().fact.name())
            .iter()
            .filter(|f| f.starts_with("? ") && !f.ends_with("; time"))
            .count();
        assert_eq!(full_content - bare_content, optional, "{}", full.body().fact.name());
    }
}

/// The lines of a fact's structure in the CDDL.
fn fields_of<'a>(cddl: &'a str, name: &str) -> Vec<&'a str> {
    let rule = if name == "Attested" {
        "device-evidence = {".to_owned()
    } else {
        let line = cddl.lines().find(|l| l.ends_with(&format!("; {name}"))).expect("in the catalogue");
        let rule = line.rsplit("=> ").next().and_then(|r| r.split(')').next()).expect("a rule");
        format!("{rule} = {{")
    };
    let body = cddl.split(&format!("\n{rule}\n")).nth(1).expect("its rule");
    body.lines().take_while(|l| !l.starts_with(['}', ')'])).map(str::trim).collect()
}

#[test]
fn numbers_and_names_are_unique() {
    let numbers: BTreeSet<u64> =
        Fact::CATALOGUE.iter().map(|(n, _)| *n).chain([evidence::body::ATTESTED]).collect();
    assert_eq!(numbers.len(), Fact::CATALOGUE.len() + 1);
}

#[test]
fn json_that_contradicts_itself_is_refused_with_its_place() {
    let entry = &examples(Fill::Full, 1)[1];
    let good = entry_json(entry);
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut json = good.clone();
        change(&mut json);
        from_json(&json).expect_err("must be refused").to_string()
    };
    let of = |s: &str, what: &str| assert!(s.starts_with(what), "{s}");
    of(&broken(&|j| j["entry"] = "00".repeat(32).into()), "at $.entry: expected the hash of this body");
    of(&broken(&|j| j["bytes"] = 1.into()), "at $.bytes: expected the length of this entry");
    of(&broken(&|j| j["body"]["stream"] = "1".into()), "at $.body.stream: expected an unsigned integer");
    of(&broken(&|j| j["body"]["stream"] = 1.5.into()), "at $.body.stream: expected an unsigned integer");
    of(&broken(&|j| j["body"]["extra"] = 1.into()), "at $.body: expected a known name instead of `extra`");
    of(
        &broken(&|j| j["body"]["content"]["clock"] = "sundial".into()),
        "at $.body.content.clock: expected clock",
    );
    of(
        &broken(&|j| j["body"]["content"]["origin"] = Value::Null),
        "at $.body.content.origin: expected a string",
    );
    of(&broken(&|j| j["proof"]["kind"] = "wax seal".into()), "at $.proof.kind: expected a known name");
    of(&broken(&|j| j["proof"]["signature"] = "0G".into()), "at $.proof.signature: expected hexadecimal");
}
