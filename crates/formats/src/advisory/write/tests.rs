//! What is written passes the mandatory tests of CSAF, reads back as it was stated, and does not depend on order.

use super::{Issue, Stated, Subject, Thing, write_csaf, write_open_vex};
use crate::advisory::{Document, Status, csaf, read};

fn thing(name: &str, purl: &str) -> Thing {
    let cpe = (name == "zlib").then(|| "cpe:2.3:a:zlib:zlib:1.2.11:*:*:*:*:*:*:*".to_owned());
    Thing { name: name.into(), id: purl.into(), purl: Some(purl.into()), cpe }
}

fn subject(version: &str, component: Option<&str>) -> Subject {
    let release = thing(&format!("firmware {version}"), &format!("pkg:generic/firmware@{version}"));
    Subject { release, component: component.map(|name| thing(name, &format!("pkg:generic/{name}@1"))) }
}

fn stated(vulnerability: &str, status: Status, subjects: Vec<Subject>) -> Stated {
    let not = status == Status::NotAffected;
    Stated {
        vulnerability: vulnerability.into(),
        aliases: vec![],
        status,
        justification: not.then(|| "vulnerable_code_not_in_execute_path".into()),
        reasoning: format!("why {vulnerability} is so"),
        action: (status == Status::Affected).then(|| "update to 2.1.1".into()),
        since: "2026-01-02T00:00:00Z".into(),
        subjects,
    }
}

fn issue() -> Issue {
    Issue {
        id: "https://maker.example/vex/pump".into(),
        title: "State of the pump".into(),
        author: "Maker".into(),
        namespace: "https://maker.example".into(),
        revisions: vec![
            ("2026-01-01T00:00:00Z".into(), "first".into()),
            ("2026-01-02T00:00:00Z".into(), "second".into()),
        ],
        tool: "vouchsafe 0.1.0".into(),
        evidence: Some("log.example/pumps, 17 entries".into()),
        stated: vec![
            stated(
                "CVE-2026-0001",
                Status::NotAffected,
                vec![subject("2.0.0", Some("zlib")), subject("2.1.0", Some("zlib"))],
            ),
            stated("CVE-2026-0001", Status::Affected, vec![subject("2.0.0", Some("miniz"))]),
            stated("CVE-2026-0001", Status::Fixed, vec![subject("2.1.1", Some("miniz"))]),
            stated("CVE-2026-0001", Status::UnderInvestigation, vec![subject("2.2.0", None)]),
            Stated {
                aliases: vec!["CVE-2026-0002".into()],
                ..stated("GHSA-aaaa-bbbb-cccc", Status::Fixed, vec![subject("2.1.1", None)])
            },
            stated("OWN-1", Status::Unknown, vec![subject("2.1.1", None)]),
        ],
    }
}

#[test]
fn csaf_passes_every_mandatory_test_and_reads_back() {
    let bytes = write_csaf(&issue());
    let document = Document::parse(&bytes).expect("reads");
    assert_eq!(csaf::mandatory(document.value()), vec![]);
    let contents = read(&bytes).expect("reads");
    assert_eq!(contents.advisories.len(), 3, "one for each vulnerability");
    let said: Vec<(&str, Status, Option<&str>)> = contents
        .statements
        .iter()
        .map(|s| (s.vulnerability.as_str(), s.status, s.justification.as_deref()))
        .collect();
    let not = Some("vulnerable_code_not_in_execute_path");
    assert_eq!(said.iter().filter(|s| **s == ("CVE-2026-0001", Status::NotAffected, not)).count(), 2);
    assert_eq!(said.iter().filter(|s| s.1 == Status::Fixed).count(), 2);
    let affected = contents.statements.iter().find(|s| s.status == Status::Affected).expect("there");
    assert_eq!(affected.action.as_deref(), Some("update to 2.1.1"));
    assert!(contents.advisories.iter().any(|a| a.names().any(|n| n == "GHSA-aaaa-bbbb-cccc")));
    // Without an action the profile still has its remediation.
    let mut none = issue();
    none.stated[1].action = None;
    let document = Document::parse(&write_csaf(&none)).expect("reads");
    assert_eq!(csaf::mandatory(document.value()), vec![]);
}

#[test]
fn open_vex_reads_back_as_it_was_stated() {
    let bytes = write_open_vex(&issue());
    let contents = read(&bytes).expect("reads");
    assert_eq!(contents.statements.len(), issue().stated.len());
    for (said, stated) in contents.statements.iter().zip(issue().stated) {
        assert_eq!(said.vulnerability, stated.vulnerability);
        let status =
            if stated.status == Status::Unknown { Status::UnderInvestigation } else { stated.status };
        assert_eq!(said.status, status);
        assert_eq!(said.findings, vec![], "{said:?}");
        assert_eq!(said.author.as_deref(), Some("Maker"));
    }
    let first = &contents.statements[0];
    assert_eq!(first.products.len(), 2);
    assert_eq!(
        first.products[0].subcomponents[0].purl.as_ref().map(ToString::to_string).as_deref(),
        Some("pkg:generic/zlib@1")
    );
    assert_eq!(first.products[0].subcomponents[0].cpes.len(), 1);
    assert_eq!(contents.statements[0].impact.as_deref(), Some("why CVE-2026-0001 is so"));
}

#[test]
fn order_of_subjects_means_nothing() {
    let mut other = issue();
    other.stated[0].subjects.reverse();
    let first = other.stated[0].subjects[0].clone();
    other.stated[0].subjects.push(first);
    assert_eq!(write_csaf(&other), write_csaf(&issue()));
    assert_eq!(write_open_vex(&other), write_open_vex(&issue()));
}
