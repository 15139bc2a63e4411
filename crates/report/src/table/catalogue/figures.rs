//! The figures of each scope.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::ENTRIES;
use crate::figure::{Figure, Kind as FigureKind};
use crate::scope::Scope;

fn figure(name: &str, title: &str, kind: FigureKind, table: &str) -> Figure {
    Figure {
        name: name.into(),
        title: title.into(),
        kind,
        table: table.into(),
        conditions: BTreeMap::new(),
        unless: BTreeMap::new(),
        columns: Vec::new(),
        with: None,
        on: None,
        value: Value::Null,
    }
}

fn count(name: &str, title: &str, table: &str, conditions: &[(&str, Value)]) -> Figure {
    let conditions = conditions.iter().map(|(c, v)| ((*c).to_owned(), v.clone())).collect();
    Figure { conditions, ..figure(name, title, FigureKind::Count, table) }
}

/// Counts the rows of a table but those with a value in a column.
fn but(name: &str, title: &str, table: &str, conditions: &[(&str, Value)], unless: (&str, Value)) -> Figure {
    let unless = BTreeMap::from([(unless.0.to_owned(), unless.1)]);
    Figure { unless, ..count(name, title, table, conditions) }
}

fn tally(name: &str, title: &str, table: &str, columns: &[&str]) -> Figure {
    Figure { kind: FigureKind::Tally, ..list(name, title, table, columns) }
}

fn list(name: &str, title: &str, table: &str, columns: &[&str]) -> Figure {
    let columns = columns.iter().map(|c| (*c).to_owned()).collect();
    Figure { columns, ..figure(name, title, FigureKind::List, table) }
}

fn join(name: &str, title: &str, tables: [&str; 2], on: [&str; 2], columns: &[&str]) -> Figure {
    let [table, with] = tables;
    Figure {
        with: Some(with.into()),
        on: Some(on.map(str::to_owned)),
        kind: FigureKind::Join,
        ..list(name, title, table, columns)
    }
}

/// The figures of a scope, without their values.
pub(crate) fn figures(scope: &Scope) -> Vec<Figure> {
    let mut out = vec![
        count("entries", "Entries in this package", ENTRIES, &[]),
        count("log-keys", "Keys that the log had", "log-keys", &[]),
        count("sources", "Persons and programs", "sources", &[]),
        count("persons", "Persons", "sources", &[("kind", json!("person"))]),
        count("keys", "Their keys", "keys", &[]),
        count("signatures", "Statements that persons signed", "signatures", &[]),
        count("approvals", "Approvals among them", "signatures", &[("meaning", json!("approve"))]),
        count("rejections", "Rejections among them", "signatures", &[("meaning", json!("reject"))]),
        join(
            "signers",
            "Who signed what",
            ["signatures", "sources"],
            ["signer", "source"],
            &["entry", "time", "record", "revision", "meaning", "sources.name", "signer", "statement"],
        ),
        count("acts", "Entries that persons signed themselves", "acts", &[]),
        count("corrections", "Corrected and voided entries", "corrections", &[]),
        count("releases", "Releases of items", "releases", &[]),
        count("components", "Components in their bills of materials", "components", &[]),
        count("systems", "System releases", "systems", &[]),
        join(
            "withdrawn",
            "Withdrawn releases",
            ["withdrawals", "releases"],
            ["release", "entry"],
            &["entry", "time", "releases.item", "releases.version", "reason"],
        ),
        list("versions", "Versions released", "releases", &["entry", "time", "item", "version"]),
        count("advisories", "Advisories taken in", "advisories", &[]),
        count("vulnerability-decisions", "Decisions on vulnerabilities", "vulnerabilities", &[]),
        join(
            "advisories-decided",
            "Advisories under whose name something was decided",
            ["advisories", "vulnerabilities"],
            ["advisory", "vulnerability"],
            &["entry", "advisory", "vulnerabilities.entry", "vulnerabilities.status"],
        ),
        count("affected", "Decided: affected", "vulnerabilities", &[("status", json!("affected"))]),
        count(
            "not-affected",
            "Decided: not affected",
            "vulnerabilities",
            &[("status", json!("not_affected"))],
        ),
        count("fixed", "Decided: fixed", "vulnerabilities", &[("status", json!("fixed"))]),
    ];
    if !matches!(scope, Scope::Device { .. }) {
        out.extend([
            count("baselines", "Baselines", "baselines", &[]),
            count("revisions", "Revisions of records", "revisions", &[]),
            count("links", "Accepted links", "links", &[]),
            count("results", "Results of tests", "results", &[]),
            count("passed", "Results passed", "results", &[("verdict", json!("passed"))]),
            count("failed", "Results failed", "results", &[("verdict", json!("failed"))]),
            count("verdicts", "Tests with results, by test case", "verdicts", &[]),
            count(
                "verdicts-passed",
                "Newest results passed, nothing changed since",
                "verdicts",
                &[("verdict", json!("passed")), ("changed", json!([]))],
            ),
            but(
                "verdicts-changed",
                "Newest results passed, but something changed since",
                "verdicts",
                &[("verdict", json!("passed"))],
                ("changed", json!([])),
            ),
            but(
                "verdicts-bad",
                "Newest results that are not passed",
                "verdicts",
                &[],
                ("verdict", json!("passed")),
            ),
            count("runs", "Test runs by hand", "runs", &[]),
            count("runs-passed", "Runs by hand that passed", "runs", &[("outcome", json!("passed"))]),
            count("reviews", "Design reviews stated as entries of their own", "reviews", &[]),
            count("review-records", "Design reviews as records", "review-records", &[]),
            count("release-records", "Releases as records", "release-records", &[]),
            count("records", "Records that count", "records", &[]),
            count("user-needs", "User needs", "requirements", &[("kind", json!("user-need"))]),
            count(
                "system-requirements",
                "System requirements",
                "requirements",
                &[("kind", json!("system-requirement"))],
            ),
            count(
                "software-requirements",
                "Software requirements",
                "requirements",
                &[("kind", json!("software-requirement"))],
            ),
            count("tests", "Test cases", "tests", &[]),
            count("trace", "Links between records", "trace", &[]),
            count(
                "verifies",
                "Links by which a test case verifies a record",
                "trace",
                &[("link", json!("verifies"))],
            ),
            count(
                "refines",
                "Links by which a record refines another",
                "trace",
                &[("link", json!("refines"))],
            ),
            count("risks", "Risks", "risks", &[]),
            count(
                "risks-acceptable",
                "Residual risks that are acceptable",
                "risks",
                &[("residual-acceptable", json!("true"))],
            ),
            count(
                "risks-not-acceptable",
                "Residual risks that are not acceptable",
                "risks",
                &[("residual-acceptable", json!("false"))],
            ),
            count(
                "risks-unsaid",
                "Residual risks of which their record does not say it",
                "risks",
                &[("residual-acceptable", Value::Null)],
            ),
            count("risk-controls", "Risk controls", "risk-controls", &[]),
            join(
                "controlled",
                "Risks and what controls them",
                ["risks", "trace"],
                ["record", "to"],
                &["record", "title", "trace.link", "trace.from", "trace.from-kind"],
            ),
            count("software", "Software systems, items and units", "software", &[]),
            count("class-a", "With safety class A of their own", "software", &[("safety-class", json!("A"))]),
            count("class-b", "With safety class B of their own", "software", &[("safety-class", json!("B"))]),
            count("class-c", "With safety class C of their own", "software", &[("safety-class", json!("C"))]),
            count("soup", "SOUP", "soup", &[]),
            count("anomalies", "Problems", "anomalies", &[]),
            but(
                "anomalies-open",
                "Problems that are not closed",
                "anomalies",
                &[],
                ("status", json!("closed")),
            ),
        ]);
    }
    if !matches!(scope, Scope::Release { .. }) {
        out.extend([
            count("enrolments", "Devices enrolled", "enrolments", &[]),
            count("declared", "Devices declared by an import", "declared", &[]),
            count("attested", "Pieces of evidence", ENTRIES, &[("fact", json!("Attested"))]),
            count("appraisals", "Verdicts logged", "appraisals", &[]),
            count(
                "contraindicated",
                "Verdicts: contraindicated",
                "appraisals",
                &[("status", json!("contraindicated"))],
            ),
            count("conflicts", "Contradictions and inadmissible evidence", "conflicts", &[]),
        ]);
    }
    match scope {
        Scope::Device { .. } => out.extend([
            count("states", "Stretches of time in which nothing known changed", "history", &[]),
            count("states-proven", "Proven among them", "history", &[("certainty", json!("proven"))]),
            count("states-unknown", "Unknown among them", "history", &[("certainty", json!("unknown"))]),
        ]),
        Scope::All => {
            out.push(count("devices", "Devices", "devices", &[]));
            for grade in ["attested", "reported", "declared"] {
                out.push(count(
                    &format!("devices-{grade}"),
                    &format!("Devices known as {grade}"),
                    "devices",
                    &[("grade", json!(grade))],
                ));
            }
            for certainty in ["proven", "fresh", "assumed", "unknown"] {
                out.push(count(
                    &format!("devices-{certainty}"),
                    &format!("Devices whose state is {certainty}"),
                    "devices",
                    &[("certainty", json!(certainty))],
                ));
            }
            for (column, title) in [
                ("running", "Devices by what they run"),
                ("site", "Devices by site"),
                ("custody", "Devices by custody"),
            ] {
                out.push(tally(&format!("devices-by-{column}"), title, "devices", &[column]));
            }
            out.push(count("findings", "Findings", "findings", &[]));
            out.push(count("findings-open", "Findings not settled", "findings", &[("closed", Value::Null)]));
        }
        _ => {}
    }
    out
}
