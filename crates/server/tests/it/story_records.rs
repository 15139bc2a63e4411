//! The part of the story that pushes a small product file: needs, requirements, tests, with a suspect link, a failed and a
//! missing test, a signature, an approval of another tool, a retired record, and a hostile title.

use ed25519_dalek::Signer;
use evidence::facts::design::{
    CommitPushed, LinkAccepted, RecordRetired, RecordRevised, ResultReported, Verdict,
};
use evidence::facts::statements::{ApprovalImported, Signed};
use evidence::proof::ssh;
use evidence::statement::{Meaning, Statement};
use evidence::types::{BlobRef, Bytes, EntryRef};
use evidence::{Hash, Time};
use records::source::{Parsed, read_markdown};
use testkit::Author;

use super::{HOSTILE, Told};

const PRODUCT: &str = "Ward pump";
const CONFIG: &[u8] = b"[product]\nname = \"Ward pump\"\nstage = \"verification\"\nprofiles = [\"iso13485\", \"iec62304\", \"iso14971\"]\n";

fn blob(t: &Told, bytes: &[u8], media_type: &str) -> BlobRef {
    let digest = t.f.ledger.blobs().put(bytes).expect("kept");
    BlobRef { digest, length: bytes.len() as u64, media_type: media_type.into() }
}

fn record(t: &mut Told, ci: &mut Author, commit: &EntryRef, supersedes: Option<Hash>, text: &str) -> Hash {
    let mut parsed = Parsed::default();
    read_markdown(0, text.as_bytes(), &mut parsed);
    let record = parsed.records.remove(0);
    let content = blob(t, record.normal_form().as_bytes(), "text/x-vouchsafe-record");
    let revision = content.digest;
    t.say(
        ci,
        RecordRevised {
            record: record.id().into(),
            kind: record.kind().into(),
            product: PRODUCT.into(),
            line: "main".into(),
            item: None,
            revision,
            content,
            supersedes,
            commit: Some(commit.clone()),
            path: Some(format!("records/{}.md", record.id())),
            editorial: None,
        },
    );
    revision
}

fn text(id: &str, kind: &str, title: &str, links: &str, body: &str) -> String {
    let title = title.replace('\\', "\\\\").replace('"', "\\\"");
    let links = if links.is_empty() { String::new() } else { format!("links:\n  {links}\n") };
    format!("---\nid: {id}\nkind: {kind}\ntitle: \"{title}\"\n{links}---\n\n{body}\n")
}

fn accept(
    t: &mut Told,
    ci: &mut Author,
    (from, from_revision): (&str, Hash),
    link: &str,
    (to, to_revision): (&str, Hash),
) {
    let (from, link, to) = (from.into(), link.into(), to.into());
    let (product, line) = (PRODUCT.into(), "main".into());
    t.say(ci, LinkAccepted { from, from_revision, link, to, to_revision, product, line });
}

fn result(t: &mut Told, ci: &mut Author, test: &str, verdict: Verdict) {
    let fact = ResultReported {
        test: test.into(),
        test_revision: None,
        verdict,
        commit: Some("c0ffee0000000000000000000000000000000001".into()),
        artefact: None,
        report: None,
        ran_at: None,
        environment: Some("bench 3".into()),
        actual: None,
        duration_ms: Some(40),
        product: PRODUCT.into(),
        line: "main".into(),
    };
    t.say(ci, fact);
}

/// Tells this part.
pub(super) fn tell(t: &mut Told, ci: &mut Author, quality: &mut Author) {
    let configuration = Some(blob(t, CONFIG, "application/toml"));
    let commit = CommitPushed {
        repository: "ward-pump".into(),
        commit: "c0ffee0000000000000000000000000000000001".into(),
        parents: Vec::new(),
        authored: Time::EPOCH,
        signed_by: None,
        lock: None,
        product: PRODUCT.into(),
        line: "main".into(),
        configuration,
        code: None,
        implements: vec![],
        claimed: vec![],
        signature: None,
        object: None,
    };
    let commit = t.say(ci, commit);
    let mut put = |t: &mut Told, text: String| record(t, ci, &commit, None, &text);
    let need = put(
        t,
        text(
            "UN-001",
            "user-need",
            "The nurse sees how much was given",
            "",
            "At a glance, from two metres.\n\nIn daylight too.",
        ),
    );
    let other = put(t, text("UN-002", "user-need", HOSTILE, "", HOSTILE));
    let refines = "refines: [UN-001]";
    let sys = put(t, text("SYS-001", "system-requirement", "Volume is shown in ml", refines, "To 0.1 ml."));
    put(t, text("SYS-002", "system-requirement", "Digits are 12 mm high", refines, "At least."));
    put(t, text("SYS-003", "system-requirement", "An orphan", "", "Refines nothing."));
    let swr =
        put(t, text("SWR-001", "software-requirement", "Round to 0.1 ml", "refines: [SYS-001]", "Half up."));
    put(
        t,
        text("SWR-002", "software-requirement", "Refresh once a second", "refines: [SYS-001]", "Or faster."),
    );
    let case =
        put(t, text("TC-001", "test-case", "Rounding", "verifies: [SWR-001, SYS-001]", "Compare 50 values."));
    put(t, text("TC-002", "test-case", "Refresh", "verifies: [SWR-002]", "Measure with a camera."));
    let gone = put(t, text("SWR-003", "software-requirement", "Blink", "refines: [SYS-002]", "No."));
    accept(t, ci, ("SYS-001", sys), "refines", ("UN-001", need));
    accept(t, ci, ("SWR-001", swr), "refines", ("SYS-001", sys));
    accept(t, ci, ("TC-001", case), "verifies", ("SWR-001", swr));
    result(t, ci, "TC-001", Verdict::Passed);
    result(t, ci, "TC-002", Verdict::Failed);
    let statement = Statement {
        record: "UN-001".into(),
        revision: need,
        meaning: Meaning::Approve,
        name: "Quality engineer".into(),
        time: Time::from_seconds(testkit::START).expect("a time"),
    };
    let statement_text = statement.text().expect("a statement");
    let signature = quality.secret.sign(&ssh::signed_data(ssh::RECORD_NAMESPACE, statement_text.as_bytes()));
    let signature =
        ssh::blob(&quality.key, ssh::RECORD_NAMESPACE, &signature.to_bytes()).expect("an SSH key");
    let (record_id, revision) = (statement.record, statement.revision);
    let fact = Signed {
        statement: statement_text,
        signature: Bytes(signature),
        signer: quality.id,
        record: record_id,
        revision,
        meaning: Meaning::Approve,
    };
    t.say(quality, fact);
    let document = blob(t, b"approved.pdf", "application/pdf");
    let imported = ApprovalImported {
        record: "UN-002".into(),
        revision: other,
        meaning: Meaning::Approve,
        name: "Head of <b>quality</b>".into(),
        time: Time::from_seconds(testkit::START).expect("a time").to_string(),
        tool: "Another tool".into(),
        document,
        statement: "approved by Head of <b>quality</b>".into(),
    };
    t.say(quality, imported);
    let (product, line) = (PRODUCT.to_owned(), "main".to_owned());
    t.say(ci, RecordRetired { record: "SWR-003".into(), product, line, revision: gone });
    // SYS-001 changes: what was accepted against it is suspect, what was run on it stale.
    record(
        t,
        ci,
        &commit,
        Some(sys),
        &text("SYS-001", "system-requirement", "Volume is shown in ml", refines, "To 0.01 ml."),
    );
}
