//! The part of the whole story that pushes the product file of `examples/infusion-pump`: every record with its accepted links,
//! the results of one run, approvals by signature, and a risk that is estimated anew later.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ed25519_dalek::Signer;
use evidence::facts::design::{CommitPushed, LinkAccepted, RecordRevised, ResultReported, Verdict};
use evidence::facts::statements::Signed;
use evidence::proof::ssh;
use evidence::statement::{Meaning, Statement};
use evidence::types::{BlobRef, Bytes, EntryRef};
use evidence::{Fact, Hash, Time};
use formats::junit;
use records::lock::{LockLine, parse_lock};
use records::record::Record;
use records::tree::{Tree, load};
use testkit::Author;

use super::Told;

const PRODUCT: &str = "Infusion Pump IP-2";
const LINE: &str = "2.x";
const COMMIT: &str = "5eed000000000000000000000000000000000002";
/// Records that nobody has approved yet.
const UNSIGNED: [&str; 4] = ["SWR-003", "SWR-011", "RCM-004", "TC-007"];
/// The risk that is estimated anew at the end: what its normal form says then, and what it said before.
const REVISED: (&str, &str, &str) =
    ("RISK-003", "residual-probability 1\n10:improbable\n", "residual-probability 1\n10:occasional\n");

/// Where the example is.
pub(super) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/infusion-pump"))
}

fn blob(t: &Told, bytes: &[u8], media_type: &str) -> BlobRef {
    let digest = t.f.ledger.blobs().put(bytes).expect("kept");
    BlobRef { digest, length: bytes.len() as u64, media_type: media_type.into() }
}

/// States something without letting time pass: a push is a matter of seconds.
fn say(t: &mut Told, author: &mut Author, fact: impl Into<Fact>) -> EntryRef {
    let receipt = t.f.submit(author.state(fact)).expect("accepted");
    EntryRef { index: receipt.index, entry: receipt.entry }
}

fn revised(t: &Told, tree: &Tree, record: &Record, commit: &EntryRef, normal: &str) -> RecordRevised {
    let content = blob(t, normal.as_bytes(), "text/x-vouchsafe-record");
    RecordRevised {
        record: record.id().into(),
        kind: record.kind().into(),
        product: PRODUCT.into(),
        line: LINE.into(),
        item: None,
        revision: content.digest,
        content,
        supersedes: None,
        commit: Some(commit.clone()),
        path: Some(tree.set.file(record.place.file).to_owned()),
        editorial: None,
    }
}

/// What a record said before it was revised.
fn before(record: &Record) -> String {
    let (id, now, then) = REVISED;
    let text = record.normal_form();
    if record.id() == id {
        assert!(text.contains(now), "{text}");
        return text.replace(now, then);
    }
    text.to_owned()
}

fn accepted(tree: &Tree) -> Vec<LinkAccepted> {
    let lines = parse_lock(0, &tree.lock, &mut Vec::new());
    let mut stamps = BTreeMap::new();
    for line in &lines {
        if let LockLine::Link { from, link, to, revision, .. } = *line {
            stamps.insert((from, link, to), revision);
        }
    }
    let source = |from: &str| tree.set.node(from).and_then(|node| tree.set.record(node));
    let link = |((from, link, to), revision): ((&str, &str, &str), records::digest::Digest)| {
        Some(LinkAccepted {
            from: from.into(),
            from_revision: Hash(source(from)?.revision().0),
            link: link.into(),
            to: to.into(),
            to_revision: Hash(revision.0),
            product: PRODUCT.into(),
            line: LINE.into(),
        })
    };
    stamps.into_iter().filter_map(link).collect()
}

fn results(run: &str) -> Vec<ResultReported> {
    let mut all = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("results").join(run))
        .expect("results of the example")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    for file in files {
        let bytes = std::fs::read(&file).expect("read");
        let report = junit::read(&bytes[..], &junit::Limits::default()).expect("a report");
        for case in &report.cases {
            let verdict = match case.outcome {
                junit::Outcome::Passed => Verdict::Passed,
                junit::Outcome::Failed => Verdict::Failed,
                junit::Outcome::Errored => Verdict::Error,
                junit::Outcome::Skipped => Verdict::Skipped,
            };
            all.extend(views::design::junit::ids(case).into_iter().map(|test| ResultReported {
                test,
                test_revision: None,
                verdict,
                commit: Some(COMMIT.into()),
                artefact: None,
                report: None,
                ran_at: report.timestamp.as_deref().and_then(|t| t.parse().ok()),
                environment: None,
                actual: None,
                duration_ms: None,
                product: PRODUCT.into(),
                line: LINE.into(),
            }));
        }
    }
    all
}

fn signed(quality: &Author, record: &str, revision: Hash) -> Signed {
    let statement = Statement {
        record: record.into(),
        revision,
        meaning: Meaning::Approve,
        name: "Quality engineer".into(),
        time: Time::from_seconds(testkit::START).expect("a time"),
    };
    let text = statement.text().expect("a statement");
    let signature = quality.secret.sign(&ssh::signed_data(ssh::RECORD_NAMESPACE, text.as_bytes()));
    let signature =
        ssh::blob(&quality.key, ssh::RECORD_NAMESPACE, &signature.to_bytes()).expect("an SSH key");
    Signed {
        statement: text,
        signature: Bytes(signature),
        signer: quality.id,
        record: record.into(),
        revision,
        meaning: Meaning::Approve,
    }
}

/// Pushes the product file.
pub(super) fn tell(t: &mut Told, ci: &mut Author, quality: &mut Author) -> EntryRef {
    let tree = load(&root()).expect("the example loads");
    let configuration = std::fs::read(root().join("vouchsafe.toml")).expect("read");
    let commit = CommitPushed {
        repository: "infusion-pump".into(),
        commit: COMMIT.into(),
        parents: Vec::new(),
        authored: Time::from_seconds(testkit::START).expect("a time"),
        signed_by: None,
        lock: Some(blob(t, tree.lock.as_bytes(), "text/plain")),
        configuration: Some(blob(t, &configuration, "application/toml")),
        product: PRODUCT.into(),
        line: LINE.into(),
        code: None,
        implements: Vec::new(),
        claimed: Vec::new(),
        signature: None,
        object: None,
    };
    let commit = t.say(ci, commit);
    for (_, record) in tree.set.records() {
        let fact = revised(t, &tree, record, &commit, &before(record));
        say(t, ci, fact);
    }
    for fact in accepted(&tree) {
        say(t, ci, fact);
    }
    for fact in results("2.1.1") {
        say(t, ci, fact);
    }
    for (_, record) in tree.set.records().filter(|(_, record)| !UNSIGNED.contains(&record.id())) {
        let fact = signed(quality, record.id(), Hash(record.revision().0));
        say(t, quality, fact);
    }
    commit
}

/// Estimates one risk anew: what was so before is another matrix.
pub(super) fn revise(t: &mut Told, ci: &mut Author, commit: &EntryRef) {
    let tree = load(&root()).expect("the example loads");
    let (id, ..) = REVISED;
    let record = tree.set.node(id).and_then(|node| tree.set.record(node)).expect("the risk");
    let supersedes = Some(Hash::of(before(record).as_bytes()));
    let fact = revised(t, &tree, record, commit, record.normal_form());
    t.say(ci, RecordRevised { supersedes, ..fact });
}
