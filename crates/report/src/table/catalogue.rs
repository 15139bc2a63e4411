//! The tables and figures of each scope. Which there are is part of the program; how each is computed is said in the package.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Column, Definition, ENTRIES, Kind};
use crate::figure::{Figure, Kind as FigureKind};
use crate::scope::Scope;

/// A column of a projection: name, title, place in the entry.
type Projected = (&'static str, &'static str, &'static str);
/// A column of a table of states: name, title.
type Stated = (&'static str, &'static str);

fn column(name: &str, title: &str, from: Option<&str>) -> Column {
    Column { name: name.into(), title: title.into(), from: from.map(str::to_owned) }
}

fn entries(name: &str, title: &str, facts: &[&str], columns: &[Projected]) -> Definition {
    let first = [column("entry", "Entry", Some("@entry")), column("time", "Log time", Some("@time"))];
    let rest = columns.iter().map(|(name, title, from)| {
        // Short forms: `content` fields by their name, places in the body by theirs.
        let pointer = match from.strip_prefix('.') {
            Some(body) => format!("/body/{body}"),
            None => format!("/body/content/{from}"),
        };
        column(name, title, Some(&pointer))
    });
    Definition {
        name: name.into(),
        title: title.into(),
        kind: Kind::Entries,
        facts: facts.iter().map(|f| (*f).to_owned()).collect(),
        sources: Vec::new(),
        kinds: Vec::new(),
        columns: first.into_iter().chain(rest).collect(),
    }
}

fn state(name: &str, title: &str, columns: &[Stated]) -> Definition {
    let columns = columns.iter().map(|(name, title)| column(name, title, None));
    Definition {
        name: name.into(),
        title: title.into(),
        kind: Kind::State,
        facts: Vec::new(),
        sources: Vec::new(),
        kinds: Vec::new(),
        columns: std::iter::once(column("entry", "Entry", None)).chain(columns).collect(),
    }
}

fn acts() -> Definition {
    let columns: &[Projected] = &[
        ("person", "Person", ".source"),
        ("fact", "What was stated", ".fact"),
        ("reason", "Reason", ".reason"),
    ];
    Definition {
        sources: vec!["person".into()],
        ..entries("acts", "Entries that persons signed themselves", &[], columns)
    }
}

/// The tables of every scope.
fn common() -> Vec<Definition> {
    vec![
        state("log-keys", "Keys of the log", &[("key", "Verifier key"), ("from", "Signs from this size on")]),
        state(
            "sources",
            "Persons and programs",
            &[
                ("source", "Source"),
                ("kind", "Kind"),
                ("name", "Printed name"),
                ("roles", "Roles"),
                ("suspended", "Suspended"),
            ],
        ),
        state(
            "keys",
            "Their keys",
            &[
                ("source", "Source"),
                ("key", "Key id"),
                ("algorithm", "Algorithm"),
                ("purpose", "Purpose"),
                ("public", "Public key"),
                ("from", "First entry it may sign"),
                ("until", "Ended by entry"),
                ("cause", "Cause"),
            ],
        ),
        entries(
            "signatures",
            "Statements that persons signed",
            &["Signed"],
            &[
                ("signer", "Signer", "signer"),
                ("record", "Record", "record"),
                ("revision", "Revision", "revision"),
                ("meaning", "Meaning", "meaning"),
                ("statement", "Statement", "statement"),
            ],
        ),
        acts(),
        entries(
            "corrections",
            "Corrected and voided entries",
            &["Corrected", "Voided"],
            &[
                ("what", "What", ".fact"),
                ("corrected", "Entry concerned", "entry/index"),
                ("by", "Entry that holds instead", "by/index"),
                ("reason", "Reason", ".reason"),
            ],
        ),
        entries(
            "releases",
            "Releases of items",
            &["ReleaseMade"],
            &[
                ("product", "Product", "product"),
                ("item", "Item", "item"),
                ("line", "Line", "line"),
                ("version", "Version", "version"),
                ("commit", "Commit", "commit"),
                ("artefacts", "Built files", "artefacts"),
                ("sboms", "Bills of materials", "sboms"),
                ("measurements", "Reference measurements", "measurements"),
                ("anomalies", "Known residual anomalies", "anomalies"),
                ("verified", "Verified by", "verified"),
                ("signatures", "Signatures", "signatures"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "systems",
            "System releases",
            &["SystemReleaseMade"],
            &[
                ("product", "Product", "product"),
                ("variant", "Variant", "variant"),
                ("version", "Version", "version"),
                ("items", "Items", "items"),
                ("verified", "Verified by", "verified"),
                ("signatures", "Signatures", "signatures"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "withdrawals",
            "Withdrawn releases",
            &["ReleaseWithdrawn"],
            &[
                ("release", "Release", "release/index"),
                ("reason", "Reason", ".reason"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "support",
            "Ends of support",
            &["SupportEndSet"],
            &[
                ("product", "Product", "product"),
                ("item", "Item", "item"),
                ("version", "Version", "version"),
                ("until", "Supported until", "until"),
            ],
        ),
        entries(
            "advisories",
            "Advisories taken in",
            &["AdvisoryTaken"],
            &[
                ("advisory", "Advisory", "advisory"),
                ("origin", "Origin", "origin"),
                ("modified", "Modified", "modified"),
                ("withdrawn", "Withdrawn", "withdrawn"),
                ("document", "Document", "document/raw/digest"),
            ],
        ),
        entries(
            "vulnerabilities",
            "Decisions on vulnerabilities",
            &["VulnerabilityDecided"],
            &[
                ("vulnerability", "Vulnerability", "vulnerability"),
                ("component", "Component", "component"),
                ("status", "Status", "status"),
                ("justification", "Justification", "justification"),
                ("statement", "Statement", "statement"),
                ("action", "Action", "action"),
                ("by", "Decided by", ".source"),
            ],
        ),
        entries(
            "decisions",
            "Other decisions",
            &["Decision"],
            &[
                ("question", "Question", "question"),
                ("subject", "Subject", "subject"),
                ("outcome", "Outcome", "outcome"),
                ("justification", "Justification", "justification"),
                ("by", "Decided by", ".source"),
            ],
        ),
    ]
}

/// A table of records of some kinds, with fields of theirs. Each has the same first columns.
fn records(name: &str, title: &str, kinds: &[&str], fields: &[Stated]) -> Definition {
    let first: [Projected; 6] = [
        ("record", "Record", "record"),
        ("kind", "Kind", "kind"),
        ("product", "Product", "product"),
        ("line", "Line", "line"),
        ("item", "Item", "item"),
        ("revision", "Revision", "revision"),
    ];
    let mut definition = entries(name, title, &[], &first);
    definition.kind = Kind::Records;
    definition.kinds = kinds.iter().map(|k| (*k).to_owned()).collect();
    let fields = [("title", "Title")].iter().chain(fields);
    definition
        .columns
        .extend(fields.map(|(name, title)| column(name, title, Some(&format!("@field {name}")))));
    definition
}

fn trace() -> Definition {
    let columns = [
        ("entry", "Entry"),
        ("product", "Product"),
        ("line", "Line"),
        ("from", "From"),
        ("from-kind", "Kind"),
        ("link", "Link"),
        ("to", "To"),
        ("to-kind", "Kind"),
    ];
    let columns = columns.map(|(name, title)| column(name, title, Some(&format!("@{name}")))).to_vec();
    Definition { kind: Kind::Links, columns, ..state("trace", "Links between records", &[]) }
}

/// Kinds of requirements.
const REQUIREMENTS: [&str; 4] =
    ["user-need", "system-requirement", "hardware-requirement", "software-requirement"];

/// What design and verification add.
fn design() -> Vec<Definition> {
    vec![
        records("records", "Records that count", &[], &[]),
        records(
            "requirements",
            "Needs and requirements",
            &REQUIREMENTS,
            &[("acceptance", "Acceptance"), ("safety-class", "Safety class")],
        ),
        records(
            "tests",
            "Test cases",
            &["test-case"],
            &[("level", "Level"), ("method", "Method"), ("expected", "Expected")],
        ),
        records(
            "risks",
            "Risks",
            &["risk"],
            &[
                ("severity", "Severity"),
                ("p1", "P1"),
                ("p2", "P2"),
                ("probability", "Probability"),
                ("acceptable", "Acceptable before control"),
                ("residual-severity", "Residual severity"),
                ("residual-probability", "Residual probability"),
                ("residual-acceptable", "Residual risk acceptable"),
                ("benefit-risk", "Benefit against risk"),
                ("disclosure", "Disclosed in"),
            ],
        ),
        records(
            "risk-controls",
            "Risk controls",
            &["risk-control"],
            &[
                ("option-level", "Option"),
                ("realised-in", "Realised in"),
                ("implementation", "Implementation"),
                ("new-risks", "New risks"),
            ],
        ),
        records(
            "software",
            "Software systems, items and units",
            &["software-system", "software-item", "software-unit"],
            &[("safety-class", "Safety class"), ("rationale", "Rationale"), ("segregation", "Segregation")],
        ),
        records(
            "soup",
            "SOUP",
            &["soup"],
            &[
                ("manufacturer", "Manufacturer"),
                ("version", "Version"),
                ("safety-class", "Safety class"),
                ("end-of-support", "End of support"),
            ],
        ),
        records(
            "anomalies",
            "Problems",
            &["anomaly"],
            &[
                ("status", "Status"),
                ("safety-evaluation", "Effect on safety"),
                ("security-evaluation", "Effect on security"),
            ],
        ),
        trace(),
        entries(
            "baselines",
            "Baselines",
            &["BaselineMade"],
            &[
                ("name", "Name", "name"),
                ("product", "Product", "product"),
                ("line", "Line", "line"),
                ("records", "Records", "records"),
            ],
        ),
        entries(
            "revisions",
            "Revisions of records",
            &["RecordRevised"],
            &[
                ("record", "Record", "record"),
                ("kind", "Kind", "kind"),
                ("product", "Product", "product"),
                ("line", "Line", "line"),
                ("item", "Item", "item"),
                ("revision", "Revision", "revision"),
                ("supersedes", "Supersedes", "supersedes"),
                ("path", "File", "path"),
                ("content", "Content", "content/digest"),
            ],
        ),
        entries(
            "links",
            "Accepted links",
            &["LinkAccepted"],
            &[
                ("from", "From", "from"),
                ("from_revision", "Revision", "from_revision"),
                ("link", "Link", "link"),
                ("to", "To", "to"),
                ("to_revision", "Revision", "to_revision"),
            ],
        ),
        entries(
            "results",
            "Results of tests",
            &["ResultReported"],
            &[
                ("test", "Test", "test"),
                ("verdict", "Verdict", "verdict"),
                ("commit", "Commit", "commit"),
                ("environment", "Environment", "environment"),
                ("ran_at", "Ran at", "ran_at"),
            ],
        ),
        entries(
            "reviews",
            "Design reviews",
            &["ReviewHeld"],
            &[
                ("record", "Record", "record"),
                ("outcome", "Outcome", "outcome"),
                ("actions", "Actions", "actions"),
            ],
        ),
    ]
}

/// What the fleet adds, the evidence of each device aside.
fn fleet() -> Vec<Definition> {
    vec![
        entries(
            "enrolments",
            "Devices enrolled",
            &["DeviceEnrolled"],
            &[
                ("device", "Device", "device"),
                ("serial", "Serial number", "serial"),
                ("udi", "UDI", "udi"),
                ("model", "Model", "model"),
                ("product", "Product", "product"),
                ("hardware", "Hardware version", "hardware_version"),
                ("key_origin", "Where the key lives", "key_origin"),
                ("by", "Enrolled by", ".source"),
            ],
        ),
        entries(
            "declared",
            "Devices declared by an import",
            &["DeviceDeclared"],
            &[
                ("asset", "Identifier", "asset"),
                ("serial", "Serial number", "serial"),
                ("udi", "UDI", "udi"),
                ("model", "Model", "model"),
                ("software", "Software as told", "software"),
                ("site", "Site", "site"),
            ],
        ),
        entries(
            "moves",
            "Moves",
            &["DeviceMoved"],
            &[
                ("device", "Device", "device"),
                ("asset", "Identifier", "asset"),
                ("site", "Site", "site"),
                ("custody", "Custody", "custody"),
                ("since", "Since", "since"),
            ],
        ),
        entries(
            "appraisals",
            "Verdicts on evidence, where they changed",
            &["Appraised"],
            &[
                ("device", "Device", "device"),
                ("status", "Verdict", "status"),
                ("reasons", "Reasons", "reasons"),
                ("release", "Release", "release/index"),
            ],
        ),
        entries(
            "conflicts",
            "Evidence that contradicts itself or is inadmissible",
            &["Equivocated", "Quarantined"],
            &[
                ("what", "What", ".fact"),
                ("source", "Source", "source"),
                ("stream", "Stream", "stream"),
                ("sequence", "Place", "sequence"),
                ("cause", "Cause", "cause"),
            ],
        ),
    ]
}

fn device() -> Vec<Definition> {
    vec![
        entries(
            "evidence",
            "Evidence of the device",
            &["Attested"],
            &[
                ("device", "Device", ".source"),
                ("stream", "Stream", ".stream"),
                ("sequence", "Place", ".sequence"),
                ("seen", "Log size it had seen", ".beacon/size"),
                ("boots", "Boot count", "bootcount"),
                ("measurements", "Measurements", "measurements"),
            ],
        ),
        entries(
            "reports",
            "What was told of the device",
            &["DeviceReported"],
            &[("software", "Software as told", "software"), ("reported_at", "Told of", "reported_at")],
        ),
        state(
            "history",
            "The device over time",
            &[
                ("from", "From"),
                ("until", "Until"),
                ("grade", "How known"),
                ("certainty", "Certainty"),
                ("running", "Running"),
                ("site", "Site"),
                ("custody", "Custody"),
                ("verdict", "Verdict"),
            ],
        ),
    ]
}

fn all() -> Vec<Definition> {
    vec![
        state(
            "devices",
            "Devices and what they run",
            &[
                ("device", "Device"),
                ("asset", "Identifier"),
                ("serial", "Serial number"),
                ("udi", "UDI"),
                ("model", "Model"),
                ("product", "Product"),
                ("site", "Site"),
                ("custody", "Custody"),
                ("grade", "How known"),
                ("certainty", "Certainty"),
                ("running", "Running"),
                ("verdict", "Verdict"),
                ("seen", "Last word"),
            ],
        ),
        state(
            "findings",
            "Findings",
            &[
                ("finding", "Finding"),
                ("device", "Device"),
                ("site", "Site"),
                ("kind", "Kind"),
                ("about", "About"),
                ("closed", "Settled by entry"),
            ],
        ),
    ]
}

/// The tables of a scope, in order of their names.
pub(crate) fn definitions(scope: &Scope) -> Vec<Definition> {
    let mut out = common();
    match scope {
        Scope::All => out.extend([design(), fleet(), all()].concat()),
        Scope::Release { .. } => out.extend(design()),
        Scope::Device { .. } => out.extend([fleet(), device()].concat()),
        Scope::Period { .. } => out.extend([design(), fleet()].concat()),
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn figure(name: &str, title: &str, kind: FigureKind, table: &str) -> Figure {
    Figure {
        name: name.into(),
        title: title.into(),
        kind,
        table: table.into(),
        conditions: BTreeMap::new(),
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
        count("vulnerabilities", "Decisions on vulnerabilities", "vulnerabilities", &[]),
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
            count("passed", "Tests passed", "results", &[("verdict", json!("passed"))]),
            count("failed", "Tests failed", "results", &[("verdict", json!("failed"))]),
            count("reviews", "Design reviews", "reviews", &[]),
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
                "Residual risks that are not",
                "risks",
                &[("residual-acceptable", json!("false"))],
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
            count("anomalies-open", "Problems that are open", "anomalies", &[("status", json!("open"))]),
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
            out.push(count("findings", "Findings", "findings", &[]));
            out.push(count("findings-open", "Findings not settled", "findings", &[("closed", Value::Null)]));
        }
        _ => {}
    }
    out
}
