//! Releases out: filtered, in pages, as known then.

use evidence::facts::release::{ReleaseMade, ReleaseWithdrawn};
use evidence::types::{EntryRef, NamedDigest};
use serde_json::Value;
use tlog::Hash;

use crate::api_house::House;

fn release(item: &str, version: &str) -> ReleaseMade {
    ReleaseMade {
        product: "pump & more".into(),
        item: item.into(),
        line: "main".into(),
        version: version.into(),
        baseline: None,
        commit: None,
        artefacts: vec![],
        sboms: vec![],
        measurements: vec![NamedDigest { name: "main".into(), digest: Hash::of(version.as_bytes()) }],
        verified: vec![],
        anomalies: vec![],
        signatures: vec![],
    }
}

#[test]
fn releases_are_found_by_what_they_are_of() {
    let mut house = House::new();
    let mut indices = Vec::new();
    for (item, version) in [("firmware", "1.0"), ("app", "1.0"), ("firmware", "1.1")] {
        let entry = house.ci.state(release(item, version));
        let answer = house.client.submit(&[entry]).json();
        indices.push((
            answer["items"][0]["index"].as_u64().expect("an index"),
            answer["items"][0]["entry"].as_str().expect("a hash").to_owned(),
        ));
    }
    let before = house.size();
    let (index, hash) = indices[0].clone();
    let withdrawn =
        ReleaseWithdrawn { release: EntryRef { index, entry: Hash::from_hex(&hash).expect("a hash") } };
    let entry = house.ci.state(withdrawn);
    house.client.submit(&[entry]);
    let ask = |query: &str| house.client.read(&format!("/api/v1/releases{query}")).json();
    let found = |answer: &Value| {
        let list = answer["releases"].as_array().expect("a list");
        list.iter().map(|r| r["index"].as_u64().expect("an index")).collect::<Vec<_>>()
    };
    let all: Vec<u64> = indices.iter().map(|(index, _)| *index).collect();
    assert_eq!(found(&ask("")), all);
    assert_eq!(found(&ask("?product=pump%20%26%20more&item=firmware")), [all[0], all[2]]);
    let one = ask("?item=firmware&version=1.0");
    assert_eq!((found(&one), &one["releases"][0]["entry"]), (vec![all[0]], &Value::from(hash)));
    assert_eq!(one["releases"][0]["release"]["measurements"][0]["name"], "main");
    assert!(one["releases"][0]["withdrawn"].as_u64().is_some());
    assert_eq!(
        ask(&format!("?version=1.0&item=firmware&known={before}"))["releases"][0]["withdrawn"],
        Value::Null
    );
    assert_eq!(found(&ask("?product=monitor")), Vec::<u64>::new());
    // Pages follow each other to the end.
    let (mut next, mut seen) = (Some(0), Vec::new());
    while let Some(from) = next {
        let page = ask(&format!("?limit=2&from={from}"));
        seen.extend(found(&page));
        next = page["next"].as_u64();
    }
    assert_eq!(seen, all);
    for wrong in ["?limit=0", "?limit=201", "?from=x", "?nothing=1"] {
        house.client.read(&format!("/api/v1/releases{wrong}")).is_problem(400, "bad_request");
    }
    assert_eq!(house.client.get("/api/v1/releases").status, 401);
}
