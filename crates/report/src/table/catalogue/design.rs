//! Tables of records, their links, and what was stated of the design. Not here: how records are read (`table::records`).

use super::super::{Definition, Kind};
use super::{Projected, Stated, column, entries, state};

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

/// The same definition with one more column.
fn and(mut definition: Definition, name: &str, title: &str, from: &str) -> Definition {
    definition.columns.push(column(name, title, Some(from)));
    definition
}

/// What the results of each test amount to.
fn verdicts() -> Definition {
    let columns = [
        ("test", "Test", "test"),
        ("product", "Product", "product"),
        ("line", "Line", "line"),
        ("verdict", "Worst outcome", "verdict"),
        ("commit", "Commit", "commit"),
        ("environment", "Environment", "environment"),
        ("ran_at", "Ran at", "ran_at"),
        ("by", "Stated by", ".source"),
    ];
    let mut definition = entries("verdicts", "What the newest results of each test amount to", &[], &columns);
    definition.kind = Kind::Verdicts;
    let more = [
        ("case", "Test case", "@case"),
        ("results", "Results of the same commit", "@results"),
        ("changed", "Changed since", "@changed"),
    ];
    more.into_iter().fold(definition, |d, (name, title, from)| and(d, name, title, from))
}

/// Tests run by hand, as records.
fn runs() -> Definition {
    let fields = [
        ("outcome", "Outcome"),
        ("date", "Date"),
        ("executor", "Tester"),
        ("commit", "Commit"),
        ("version", "Version"),
        ("configuration", "Configuration"),
        ("tools", "Tools"),
        ("actual", "Actual result"),
        ("anomalies", "Anomalies"),
    ];
    let definition = records("runs", "Test runs by hand", &["test-run"], &fields);
    let definition = and(definition, "case", "Test case", "@field links.run-of");
    and(definition, "changed", "Changed since", "@changed")
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
pub(super) fn design() -> Vec<Definition> {
    vec![
        and(
            and(records("records", "Records that count", &[], &[]), "fields", "Fields", "@fields"),
            "by",
            "Stated by",
            "/body/source",
        ),
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
            &[
                ("level", "Level"),
                ("method", "Method"),
                ("expected", "Expected"),
                ("tests", "Carried out by"),
            ],
        ),
        runs(),
        verdicts(),
        records(
            "review-records",
            "Design reviews as records",
            &["review"],
            &[
                ("date", "Date"),
                ("outcome", "Outcome"),
                ("participants", "Participants"),
                ("independent", "Independent"),
                ("actions", "Actions"),
            ],
        ),
        records(
            "release-records",
            "Releases as records",
            &["release"],
            &[("version", "Version"), ("date", "Date")],
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
                ("not-estimable", "Why it cannot be estimated"),
                ("scale", "Policy it was estimated by"),
                ("residual-severity", "Residual severity"),
                ("residual-p1", "Residual P1"),
                ("residual-p2", "Residual P2"),
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
        and(
            records(
                "software",
                "Software systems, items and units",
                &["software-system", "software-item", "software-unit"],
                &[
                    ("safety-class", "Safety class"),
                    ("rationale", "Rationale"),
                    ("segregation", "Segregation"),
                ],
            ),
            "part-of",
            "Part of",
            "@field links.part-of",
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
                ("anomaly-list", "Anomaly list"),
                ("anomaly-review", "Review of the anomaly list"),
                ("anomaly-reviewed", "Reviewed on"),
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
                ("test_revision", "Revision of the case", "test_revision"),
                ("report", "Report", "report/raw/digest"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "reviews",
            "Design reviews stated as entries of their own",
            &["ReviewHeld"],
            &[
                ("record", "Record", "record"),
                ("outcome", "Outcome", "outcome"),
                ("actions", "Actions", "actions"),
            ],
        ),
    ]
}
