//! purl-spec: 586 cases, without exception.

use formats::purl::{Error, Parts, Purl};
use serde_json::Value;

use crate::data;

fn parts_value(purl: &Purl) -> Value {
    let qualifiers =
        if purl.qualifiers().is_empty() { Value::Null } else { serde_json::json!(purl.qualifiers()) };
    serde_json::json!({
        "type": purl.ty(), "namespace": purl.namespace(), "name": purl.name(), "version": purl.version(),
        "qualifiers": qualifiers, "subpath": purl.subpath(),
    })
}

fn build(input: &Value) -> Result<Purl, Error> {
    let get = |key: &str| input.get(key).and_then(Value::as_str);
    let qualifiers: Vec<(&str, &str)> = match input.get("qualifiers").and_then(Value::as_object) {
        Some(map) => map.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect(),
        None => Vec::new(),
    };
    Purl::build(&Parts {
        ty: get("type").unwrap_or(""),
        namespace: get("namespace"),
        name: get("name").unwrap_or(""),
        version: get("version"),
        qualifiers: &qualifiers,
        subpath: get("subpath"),
    })
}

#[test]
fn every_case_of_purl_spec_holds() {
    let Some(folder) = data::folder("vectors/purl-spec/tests") else { return };
    let (mut cases, mut refused, mut wrong) = (0, 0, Vec::new());
    for group in ["spec", "types"] {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join(group)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            for case in data::cases(&folder.join(group), name) {
                cases += 1;
                let must_fail = case.get("expected_failure").and_then(Value::as_bool) == Some(true);
                let input = &case["input"];
                let found = match data::str_of(&case, "test_type") {
                    "parse" => Purl::parse(input.as_str().unwrap()).map(|purl| parts_value(&purl)),
                    "build" => build(input).map(|purl| Value::String(purl.to_string())),
                    _ => Purl::read(input.as_str().unwrap()).map(|(purl, _)| Value::String(purl.to_string())),
                };
                refused += usize::from(must_fail);
                let holds = match &found {
                    Ok(value) => !must_fail && *value == case["expected_output"],
                    Err(_) => must_fail,
                };
                if !holds {
                    wrong.push(format!("{name}: {input} gave {found:?}, wanted {}", case["expected_output"]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((cases, refused), (586, 54));
}

#[test]
fn the_table_has_every_type_that_is_registered() {
    let Some(folder) = data::folder("vectors/purl-spec/types") else { return };
    let mut registered = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let definition: Value = serde_json::from_str(&data::text(&folder, &name)).unwrap();
        let ty = data::str_of(&definition, "type").to_owned();
        let rule = formats::purl::rule_of(&ty).unwrap_or_else(|| panic!("no rule for {ty}"));
        let wanted = definition["namespace_definition"]["requirement"].as_str().unwrap();
        assert_eq!(format!("{:?}", rule.namespace).to_lowercase(), wanted, "{ty}");
        registered.push(ty);
    }
    assert_eq!(registered.len(), formats::purl::type_rules().len());
}
