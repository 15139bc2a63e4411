//! The design history over HTTP: lists with cursors, one record, gaps and trace, at two moments; and what is refused.

use evidence::Time;
use evidence::facts::design::{
    BaselineMade, CommitPushed, LinkAccepted, RecordRevised, ResultReported, Verdict,
};
use evidence::types::{BlobRef, EntryRef};
use evidence::{Entry, Fact};
use records::source::{Parsed, read_markdown};
use serde_json::Value;
use tlog::Hash;

use crate::api_house::House;

const CONFIG: &[u8] = b"[product]\nname = \"Pump\"\nstage = \"development\"\nprofiles = [\"iso13485\"]\n";

struct Told {
    house: House,
    commit: Option<EntryRef>,
}

impl Told {
    fn say(&mut self, fact: impl Into<Fact>) -> EntryRef {
        let raw = self.house.ci.state(fact);
        let entry = Entry::decode(&raw).expect("an entry").hash();
        let answer = self.house.client.submit(&[raw]).json();
        let index = answer["items"][0]["index"].as_u64().unwrap_or_else(|| panic!("{answer}"));
        EntryRef { index, entry }
    }

    fn blob(&self, bytes: &[u8]) -> BlobRef {
        let digest = self.house.ledger.blobs().put(bytes).expect("kept");
        BlobRef { digest, length: bytes.len() as u64, media_type: "text/plain".into() }
    }

    fn record(&mut self, text: &str, supersedes: Option<Hash>) -> Hash {
        let mut parsed = Parsed::default();
        read_markdown(0, text.as_bytes(), &mut parsed);
        let record = parsed.records.remove(0);
        let content = self.blob(record.normal_form().as_bytes());
        let revision = content.digest;
        self.say(RecordRevised {
            record: record.id().into(),
            kind: record.kind().into(),
            product: "Pump".into(),
            line: "main".into(),
            item: None,
            revision,
            content,
            supersedes,
            commit: self.commit.clone(),
            path: Some(format!("records/{}.md", record.id())),
            editorial: None,
        });
        revision
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.house.client.read(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
}

fn need(text: &str) -> String {
    format!("---\nid: UN-001\nkind: user-need\ntitle: Volume\n---\n\n{text}\n")
}

/// A need and three requirements, one accepted link, a result; then the need changes. Gives the size before that.
fn told() -> (Told, u64) {
    let mut t = Told { house: House::new(), commit: None };
    let configuration = Some(t.blob(CONFIG));
    let commit = t.say(CommitPushed {
        repository: "pump".into(),
        commit: "c1".into(),
        parents: vec![],
        authored: Time::EPOCH,
        signed_by: None,
        lock: None,
        product: "Pump".into(),
        line: "main".into(),
        configuration,
        code: None,
        implements: vec![],
        claimed: vec![],
        signature: None,
        object: None,
    });
    t.commit = Some(commit);
    let old = t.record(&need("The nurse sees it."), None);
    let mut from_revision = old;
    for n in 1..=3 {
        let text = format!(
            "---\nid: SYS-00{n}\nkind: system-requirement\ntitle: R\nlinks:\n  refines: [UN-001]\n---\n\nShall.\n"
        );
        from_revision = t.record(&text, None);
    }
    t.say(LinkAccepted {
        from: "SYS-003".into(),
        from_revision,
        link: "refines".into(),
        to: "UN-001".into(),
        to_revision: old,
        product: "Pump".into(),
        line: "main".into(),
    });
    t.say(ResultReported {
        test: "TC-001".into(),
        test_revision: None,
        verdict: Verdict::Passed,
        commit: Some("c1".into()),
        artefact: None,
        report: None,
        ran_at: None,
        environment: None,
        actual: None,
        duration_ms: Some(7),
        product: "Pump".into(),
        line: "main".into(),
    });
    t.say(BaselineMade {
        name: "0.1".into(),
        product: "Pump".into(),
        line: "main".into(),
        size: 3,
        root: Hash([1; 32]),
        records: 4,
    });
    let before = t.house.size();
    t.record(&need("The doctor sees it."), Some(old));
    (t, before)
}

#[test]
fn lists_come_whole_in_pages_of_any_length() {
    let (mut t, before) = told();
    for limit in [1, 2, 3, 1_000] {
        let (mut ids, mut after) = (Vec::new(), String::new());
        loop {
            let page = t.get(&format!("/api/v1/records?limit={limit}{after}"));
            let records = page["records"].as_array().expect("records");
            assert!(records.len() <= limit);
            ids.extend(records.iter().map(|r| r["id"].as_str().expect("an id").to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(ids, ["SYS-001", "SYS-002", "SYS-003", "UN-001"], "pages of {limit}");
    }
    let first = &t.get("/api/v1/records?product=Pump&line=main")["records"][0];
    assert_eq!((&first["repository"], &first["commit"]), (&"pump".into(), &"c1".into()), "{first}");
    let need = |path: &str| t.get(path)["records"][3]["revision"].as_str().expect("a revision").to_owned();
    let then = format!("/api/v1/records?known={before}");
    assert_ne!(need(&then), need("/api/v1/records"));
    assert_eq!(t.get(&then)["known"]["size"], before);
    assert_eq!(t.get("/api/v1/lines")["lines"][0]["line"], "main");
    assert_eq!(t.get("/api/v1/links")["links"][0]["type"], "refines");
    assert_eq!(t.get("/api/v1/results")["results"][0]["duration_ms"], 7);
    assert_eq!(t.get("/api/v1/results?commit=c2")["results"].as_array().map(Vec::len), Some(0));
    assert_eq!(t.get("/api/v1/commits")["commits"][0]["configuration"], Hash::of(CONFIG).to_string());
    assert_eq!(t.get("/api/v1/baselines")["baselines"][0]["records"], 4);
    assert_eq!(t.get("/api/v1/signatures")["signatures"].as_array().map(Vec::len), Some(0));
    let (product, line) = ("Pump".to_owned(), "main".to_owned());
    t.say(BaselineMade { name: "0.0".into(), product, line, size: 4, root: Hash([2; 32]), records: 4 });
    let first = t.get("/api/v1/baselines?limit=1");
    let next = first["next"].as_str().expect("another page");
    let second = t.get(&format!("/api/v1/baselines?limit=1&after={next}"));
    assert_eq!(
        (&first["baselines"][0]["name"], &second["baselines"][0]["name"]),
        (&"0.0".into(), &"0.1".into())
    );
    assert_eq!(second["next"], Value::Null);
    t.house.client.read("/api/v1/lines?kinds=x").is_problem(400, "bad_request");
}

#[test]
fn one_record_gaps_and_trace_at_two_moments() {
    let (t, before) = told();
    let now = t.get("/api/v1/records/SYS-003");
    assert_eq!(now["present"]["links"][0]["state"], "suspect", "{now}");
    let then = t.get(&format!("/api/v1/records/SYS-003?known={before}"));
    assert_eq!(then["present"]["links"][0]["state"], "accepted", "{then}");
    let need = t.get("/api/v1/records/UN-001");
    assert_eq!(need["history"].as_array().map(Vec::len), Some(2));
    assert_eq!(need["present"]["linked_by"].as_array().map(Vec::len), Some(3));
    assert_eq!(need["present"]["fields"]["text"][0], "The doctor sees it.");
    let suspects = |answer: &Value| answer["suspects"].as_array().expect("suspects").len();
    let gaps = t.get("/api/v1/gaps");
    assert_eq!((suspects(&gaps), suspects(&t.get(&format!("/api/v1/gaps?known={before}")))), (1, 0));
    assert!(gaps["applied"].as_u64() > Some(before), "{}", gaps["applied"]);
    let of_one = t.get("/api/v1/gaps?record=UN-001");
    let of_one = of_one["gaps"].as_array().expect("gaps");
    assert!(!of_one.is_empty() && of_one.iter().all(|gap| gap["record"] == "UN-001"));
    let trace = t.get("/api/v1/trace?kinds=user-need,system-requirement");
    assert_eq!(trace["rows"][0]["to"]["system-requirement"].as_array().map(Vec::len), Some(3), "{trace}");
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_reason() {
    let (t, _) = told();
    let client = &t.house.client;
    client.get("/api/v1/records").is_problem(401, "unauthorised");
    for (path, status, code) in [
        ("/api/v1/records?limit=0", 400, "bad_request"),
        ("/api/v1/records?limit=1001", 400, "bad_request"),
        ("/api/v1/records?after=xyz", 400, "bad_request"),
        ("/api/v1/records?after=zz", 400, "bad_request"),
        ("/api/v1/records?colour=red", 400, "bad_request"),
        ("/api/v1/records?at=yesterday", 400, "bad_request"),
        ("/api/v1/records?known=99999", 404, "out_of_range"),
        ("/api/v1/records?product=Other", 404, "not_found"),
        ("/api/v1/records/SWR-404", 404, "not_found"),
        ("/api/v1/gaps?known=2", 404, "not_found"),
        ("/api/v1/trace?kinds=user-need", 400, "bad_request"),
        ("/api/v1/trace?kinds=user-need,no-such-kind", 400, "bad_request"),
    ] {
        let answer = client.read(path);
        answer.is_problem(status, code);
    }
}
