//! SARIF as tools write it, and what is refused.

use super::{Error, Level, read};
use serde_json::{Value, json};

fn document() -> Value {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "checker", "semanticVersion": "4.2.0", "rules": [
                { "id": "R1", "defaultConfiguration": { "level": "error" } }, { "id": "R2" }
            ] } },
            "versionControlProvenance": [{ "repositoryUri": "https://example.org/x", "revisionId": "0f0f" }],
            "invocations": [{ "executionSuccessful": true }],
            "artifacts": [{ "location": { "uri": "src/a%20b.c" } }],
            "results": [
                { "ruleId": "R1/sub", "message": { "text": "null" }, "locations": [{ "physicalLocation": {
                    "artifactLocation": { "index": 0 }, "region": { "startLine": 7 } } }] },
                { "ruleIndex": 1, "message": { "text": "style" }, "suppressions": [{ "kind": "inSource" }] },
                { "ruleId": "R2", "level": "note", "message": { "text": "n" },
                  "suppressions": [{ "kind": "external", "status": "underReview" }] },
                { "ruleId": "R1", "kind": "pass", "message": { "text": "fine" } }
            ]
        }]
    })
}

#[test]
fn levels_places_and_suppressions() {
    let analysis = read(document().to_string().as_bytes()).unwrap();
    let run = &analysis.runs[0];
    assert_eq!((&*run.tool, &*run.version, &*run.commit), ("checker", "4.2.0", "0f0f"));
    assert_eq!(run.successful, Some(true));
    let said: Vec<_> =
        run.results.iter().map(|r| (&*r.rule, r.level, &*r.file, r.line, r.suppressed)).collect();
    assert_eq!(
        said,
        [
            ("R1/sub", Level::Error, "src/a b.c", 7, false),
            ("R2", Level::Warning, "", 0, true),
            ("R2", Level::Note, "", 0, false),
        ],
        "what passed is no finding"
    );
}

#[test]
fn what_is_not_sarif_is_refused_with_the_place() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut document = document();
        change(&mut document);
        read(document.to_string().as_bytes()).unwrap_err().to_string()
    };
    assert!(refused(&|d| d["version"] = json!("2.0.0")).contains("/version"));
    assert!(refused(&|d| d["runs"] = json!({})).contains("/runs"));
    assert!(refused(&|d| d["runs"][0]["tool"] = json!(null)).contains("/runs/0/tool/driver"));
    assert!(refused(&|d| d["runs"][0]["results"] = json!(3)).contains("/runs/0/results"));
    assert!(refused(&|d| d["runs"][0]["results"][1] = json!(3)).contains("/runs/0/results/1"));
    assert!(matches!(read(b"{"), Err(Error::Unreadable { .. })));
    assert!(matches!(read(&[0xFF, 0x00]), Err(Error::Unreadable { .. })));
    assert!(matches!(read("[".repeat(1000).as_bytes()), Err(Error::Unreadable { .. })));
}

#[test]
fn our_own_report_can_be_read() {
    let own = json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "vouchsafe" } }, "results": [
        { "ruleId": "x", "level": "error", "message": { "text": "m" },
          "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "q/%E2%82%AC%zz" } } }] }
    ] }] });
    let analysis = read(own.to_string().as_bytes()).unwrap();
    assert_eq!(&*analysis.runs[0].results[0].file, "q/€%zz");
    assert_eq!(analysis.runs[0].successful, None);
}
