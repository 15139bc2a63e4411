//! The design history.

use super::Named;
use crate::api::openapi::schema::{
    answer, by_name, count, flag, free, hash, index, list, maybe, named, object, text, time, words,
};

/// A page of one line, under the name of its list.
fn page(name: &'static str, items: serde_json::Value) -> serde_json::Value {
    answer(&[("product", text()), ("line", text()), (name, list(items)), ("next", maybe(text()))])
}

/// An answer about the records of a line, with how far the log was read for it.
fn of_line(members: &[Named]) -> serde_json::Value {
    answer(&[&[("product", text()), ("line", text()), ("applied", count())], members].concat())
}

pub(super) fn schemas() -> Vec<Named> {
    let line = object(&[("product", text()), ("line", text())]);
    vec![
        ("Lines", answer(&[("lines", list(line))])),
        (
            "Records",
            page(
                "records",
                object(&[
                    ("id", text()),
                    ("kind", text()),
                    ("item", maybe(text())),
                    ("revision", hash()),
                    ("path", maybe(text())),
                    ("index", index()),
                    ("entry", hash()),
                    ("repository", maybe(text())),
                    ("commit", maybe(text())),
                ]),
            ),
        ),
        (
            "Links",
            page(
                "links",
                object(&[
                    ("from", text()),
                    ("from_revision", hash()),
                    ("type", text()),
                    ("to", text()),
                    ("to_revision", hash()),
                    ("index", index()),
                ]),
            ),
        ),
        ("Result", object(&result())),
        ("Results", page("results", named("Result"))),
        (
            "Commits",
            page(
                "commits",
                object(&[
                    ("repository", text()),
                    ("commit", text()),
                    ("parents", list(text())),
                    ("authored", time()),
                    ("signed_by", maybe(text())),
                    ("signature", named("GitSignature")),
                    ("object", maybe(hash())),
                    ("implements", list(text())),
                    ("claimed", list(text())),
                    ("lock", maybe(hash())),
                    ("configuration", maybe(hash())),
                    ("code", maybe(hash())),
                    ("index", index()),
                    ("entry", hash()),
                ]),
            ),
        ),
        (
            "Baselines",
            page(
                "baselines",
                object(&[
                    ("name", text()),
                    ("size", count()),
                    ("root", hash()),
                    ("records", count()),
                    ("index", index()),
                    ("entry", hash()),
                ]),
            ),
        ),
        ("Signature", object(&signature())),
        ("Signatures", answer(&[("signatures", list(named("Signature"))), ("next", maybe(text()))])),
        ("GitSignature", object(&git_signature())),
        ("Report", object(&report())),
        ("Reviews", page("reviews", object(&review()))),
        ("Coverage", page("coverage", object(&coverage()))),
        ("Analyses", page("analyses", object(&analysis()))),
        ("Tags", page("tags", object(&tag()))),
        ("ImportedApproval", object(&imported_approval())),
        (
            "ImportedApprovals",
            answer(&[("imported_approvals", list(named("ImportedApproval"))), ("next", maybe(text()))]),
        ),
        ("Record", of_line(&record())),
        ("Gap", object(&gap())),
        ("Gaps", of_line(&gaps())),
        (
            "Trace",
            of_line(&[
                ("version", count()),
                ("kinds", list(text())),
                ("rows", list(object(&[("id", text()), ("to", by_name(list(text())))]))),
                ("unreached", by_name(list(text()))),
            ]),
        ),
        ("Risks", of_line(&risks())),
    ]
}

/// How the signature of a commit or tag stands.
fn git_signature() -> Vec<Named> {
    vec![
        ("state", text()),
        ("name?", maybe(text())),
        ("source?", maybe(text())),
        ("key?", maybe(text())),
        ("since?", time()),
    ]
}

fn report() -> Vec<Named> {
    vec![("document", hash()), ("normalised", hash()), ("parser", text()), ("parser_version", text())]
}

fn review() -> Vec<Named> {
    let entry = object(&[("index", index()), ("entry", hash())]);
    vec![
        ("record", text()),
        ("revision", hash()),
        ("outcome", text()),
        ("reviewed", entry.clone()),
        ("actions", list(text())),
        ("signatures", list(entry)),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn coverage() -> Vec<Named> {
    vec![
        ("item", text()),
        ("commit", text()),
        ("lines_covered", count()),
        ("lines", count()),
        ("artefact", maybe(hash())),
        ("report", named("Report")),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn analysis() -> Vec<Named> {
    vec![
        ("item", text()),
        ("commit", text()),
        ("tool", text()),
        ("findings", count()),
        ("report", named("Report")),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn tag() -> Vec<Named> {
    vec![
        ("repository", text()),
        ("tag", text()),
        ("commit", text()),
        ("object", hash()),
        ("signature", named("GitSignature")),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn imported_approval() -> Vec<Named> {
    vec![
        ("record", text()),
        ("revision", hash()),
        ("meaning", text()),
        ("name", maybe(text())),
        ("time", maybe(text())),
        ("tool", text()),
        ("statement", maybe(text())),
        ("document", hash()),
        ("index", index()),
    ]
}

fn risks() -> Vec<Named> {
    let cell =
        object(&[("probability", text()), ("region", text()), ("count", count()), ("risks", list(text()))]);
    let row = object(&[("severity", text()), ("cells", list(cell))]);
    let unplaced = object(&[("risk", text()), ("why", text())]);
    let matrix = object(&[("when", text()), ("rows", list(row)), ("unplaced", list(unplaced))]);
    let evaluation = object(&[
        ("severity", maybe(text())),
        ("probability", maybe(text())),
        ("region", maybe(text())),
        ("stated", maybe(flag())),
        ("trouble", maybe(text())),
    ]);
    let control = object(&[
        ("id", text()),
        ("implementation-verified", flag()),
        ("effectiveness-verified", flag()),
        ("introduces", list(text())),
    ]);
    let risk = object(&[
        ("id", text()),
        ("title", text()),
        ("of", list(text())),
        ("initial", evaluation.clone()),
        ("residual", evaluation),
        ("controls", list(control)),
        ("introduced-by", list(text())),
        ("benefit-risk", flag()),
    ]);
    let policy = object(&[("version", text()), ("per", text())]);
    vec![
        ("version", count()),
        ("policy", maybe(policy)),
        ("matrices", list(matrix)),
        ("risks", list(risk)),
        (
            "overall",
            free("Risks by region, those that cannot be placed, and what the policy allows fewer of."),
        ),
    ]
}

fn result() -> Vec<Named> {
    vec![
        ("test", text()),
        ("verdict", text()),
        ("commit", maybe(text())),
        ("test_revision", maybe(hash())),
        ("report", maybe(hash())),
        ("ran_at", maybe(time())),
        ("environment", maybe(text())),
        ("actual", maybe(text())),
        ("duration_ms", maybe(count())),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn signature() -> Vec<Named> {
    vec![
        ("record", text()),
        ("revision", hash()),
        ("meaning", text()),
        ("name", maybe(text())),
        ("time", maybe(time())),
        ("signer", text()),
        ("statement", text()),
        ("signature", text()),
        ("signature_sha256", hash()),
        ("doubt", maybe(text())),
        ("index", index()),
        ("entry", hash()),
    ]
}

fn record() -> Vec<Named> {
    let link = object(&[
        ("type", text()),
        ("id", text()),
        ("title", maybe(text())),
        ("state", words(&["accepted", "unaccepted", "suspect", "dangling"])),
    ]);
    let gap = object(&[
        ("rule", text()),
        ("why", text()),
        ("severity", text()),
        ("fails", flag()),
        ("clauses", list(text())),
    ]);
    let latest = object(&[("outcome", text()), ("stale", maybe(text())), ("source", maybe(text()))]);
    let present = object(&[
        ("revision", hash()),
        ("kind", text()),
        ("title", text()),
        ("path", maybe(text())),
        ("fields", by_name(list(text()))),
        ("links", list(link.clone())),
        ("linked_by", list(link)),
        ("gaps", list(gap)),
        ("latest_result", maybe(latest)),
    ]);
    let event = object(&[
        ("event", words(&["revised", "retired"])),
        ("revision", hash()),
        ("supersedes?", maybe(hash())),
        ("path?", maybe(text())),
        ("commit_index?", maybe(index())),
        ("editorial_index?", maybe(index())),
        ("index", index()),
        ("entry", hash()),
    ]);
    vec![
        ("id", text()),
        ("present", maybe(present)),
        ("history", list(event)),
        ("results", list(named("Result"))),
        ("signatures", list(named("Signature"))),
        ("imported_approvals", list(named("ImportedApproval"))),
    ]
}

fn gap() -> Vec<Named> {
    vec![
        ("rule", text()),
        ("record", text()),
        ("about", maybe(text())),
        ("severity", text()),
        ("title", text()),
        ("why", text()),
        ("hint", text()),
        ("clauses", list(text())),
        ("file", maybe(text())),
        ("line", maybe(count())),
        ("retrospective", flag()),
        ("state", words(&["open", "justified", "lapsed"])),
        ("justification", maybe(text())),
        ("fails", flag()),
    ]
}

fn gaps() -> Vec<Named> {
    let problem = object(&[
        ("code", text()),
        ("file", maybe(text())),
        ("line", maybe(count())),
        ("record", maybe(text())),
        ("message", text()),
        ("fix", maybe(text())),
        ("excerpt", maybe(text())),
    ]);
    let suspect = object(&[
        ("record", text()),
        ("changed", text()),
        ("fields", list(text())),
        ("path", list(text())),
        ("link", maybe(text())),
    ]);
    vec![
        ("version", count()),
        ("stage", text()),
        ("records", count()),
        ("links", count()),
        ("exit", count()),
        ("problems", list(problem)),
        ("problems-left-out", count()),
        ("gaps", list(named("Gap"))),
        ("suspects", list(suspect)),
        ("unmatched-results", list(text())),
        ("failing", count()),
    ]
}
