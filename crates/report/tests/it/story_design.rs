//! What the story tells of records, commits and tests.

use evidence::Hash;
use evidence::facts::design::{
    CommitPushed, LinkAccepted, RecordRetired, RecordRevised, ResultReported, Verdict,
};
use evidence::types::{BlobRef, Interpreted};

use super::{Cast, t};

impl Cast {
    pub(super) fn interpreted(&self, text: &str) -> Interpreted {
        let bytes = format!("{{\"a\":\"{text}\"}}");
        let digest = self.f.ledger.blobs().put(bytes.as_bytes()).expect("kept");
        let blob = BlobRef { digest, length: bytes.len() as u64, media_type: "application/json".into() };
        Interpreted { raw: blob.clone(), parser: "test".into(), parser_version: 1, normalised: blob }
    }

    pub(super) fn result(&mut self, test: &str, verdict: Verdict, commit: Option<&str>) {
        let result = ResultReported {
            test: test.into(),
            test_revision: None,
            verdict,
            commit: commit.map(str::to_owned),
            artefact: None,
            report: None,
            ran_at: Some(t(30)),
            environment: None,
            actual: None,
            duration_ms: Some(12),
            product: "pump".into(),
            line: "main".into(),
        };
        let entry = self.ci.state(result);
        self.taken(entry);
    }

    pub(super) fn commit(&mut self, commit: &str) {
        let pushed = CommitPushed {
            repository: "firmware".into(),
            commit: commit.into(),
            parents: Vec::new(),
            authored: t(10),
            signed_by: None,
            lock: None,
            product: "pump".into(),
            line: "main".into(),
            configuration: None,
            code: None,
            implements: Vec::new(),
            claimed: Vec::new(),
            signature: None,
            object: None,
        };
        let entry = self.ci.state(pushed);
        self.taken(entry);
    }

    pub(super) fn accept(&mut self, from: &str, link: &str, to: &str, to_revision: Hash) {
        let accepted = LinkAccepted {
            from: from.into(),
            from_revision: self.revisions[from],
            link: link.into(),
            to: to.into(),
            to_revision,
            product: "pump".into(),
            line: "main".into(),
        };
        let entry = self.ci.state(accepted);
        self.taken(entry);
    }

    /// Cases whose results are stale, mixed, by hand, or of a test that no record is named after.
    pub(super) fn tests_of_all_kinds(&mut self) {
        let old = self.revisions["SWR-001"];
        self.record("TC-002", "test-case", &[("links.verifies", &["SWR-001"]), ("title", &["Pressure"])]);
        self.record("TC-003", "test-case", &[("links.verifies", &["SWR-001"]), ("title", &["Stale"])]);
        self.record("TC-004", "test-case", &[("tests", &["flow_ok"]), ("title", &["Automated"])]);
        self.record(
            "RUN-001",
            "test-run",
            &[
                ("date", &["2026-01-02"]),
                ("executor", &["tester"]),
                ("links.run-of", &["TC-003"]),
                ("outcome", &["passed"]),
                ("title", &["By hand"]),
            ],
        );
        let case = self.revisions["TC-003"];
        self.accept("RUN-001", "run-of", "TC-003", case);
        self.accept("RUN-001", "ran-against", "SWR-001", old);
        self.commit(&"a".repeat(40));
        // What this commit changed is stated after it.
        self.commit(&"b".repeat(40));
    }

    pub(super) fn results_of_all_kinds(&mut self) {
        // Ran on the commit before, reported after the next was pushed.
        self.result("TC-003", Verdict::Passed, Some(&"a".repeat(40)));
        self.result("TC-002", Verdict::Failed, Some(&"b".repeat(40)));
        self.result("TC-002", Verdict::Passed, Some(&"b".repeat(40)));
        self.result("flow_ok", Verdict::Passed, Some(&"b".repeat(40)));
        self.result("of_no_case", Verdict::Error, None);
        self.record("PR-002", "anomaly", &[("status", &["investigated"]), ("title", &["Rare reset"])]);
        self.record("PR-003", "anomaly", &[("status", &["closed"]), ("title", &["Typing error"])]);
        self.record(
            "PROD-001",
            "product",
            &[
                ("intended-use", &["Infusion of fluids"]),
                ("text", &["Made\nby nobody."]),
                ("title", &["Pump"]),
            ],
        );
    }

    /// States a revision of a record; `fields` are in the order of their names.
    pub(super) fn record(&mut self, id: &str, kind: &str, fields: &[(&str, &[&str])]) {
        let mut all: Vec<(&str, &[&str])> = fields.to_vec();
        let (id_value, kind_value) = ([id], [kind]);
        all.extend([("id", &id_value[..]), ("kind", &kind_value[..])]);
        all.sort_unstable();
        let mut form = String::from("vouchsafe-record/1\n");
        for (name, values) in all {
            form.push_str(&format!("{name} {}\n", values.len()));
            values.iter().for_each(|v| form.push_str(&format!("{}:{v}\n", v.len())));
        }
        let digest = self.f.ledger.blobs().put(form.as_bytes()).expect("kept");
        let fact = RecordRevised {
            record: id.into(),
            kind: kind.into(),
            product: "pump".into(),
            line: "main".into(),
            item: None,
            revision: digest,
            content: BlobRef { digest, length: form.len() as u64, media_type: "text/plain".into() },
            supersedes: self.revisions.insert(id.into(), digest),
            commit: None,
            path: Some(format!("records/{id}.md")),
            editorial: None,
        };
        let entry = self.ci.state(fact);
        self.taken(entry);
    }

    pub(super) fn design(&mut self) {
        self.record("UN-001", "user-need", &[("title", &["Give what was prescribed"])]);
        self.record("SYS-001", "system-requirement", &[("links.need-of", &["UN-001"]), ("title", &["Rate"])]);
        self.record(
            "SWR-001",
            "software-requirement",
            &[
                ("links.allocated-to", &["SI-001"]),
                ("links.refines", &["SYS-001"]),
                ("title", &["Closed-loop flw"]),
            ],
        );
        self.tests_of_all_kinds();
        self.record(
            "SWR-001",
            "software-requirement",
            &[
                ("links.allocated-to", &["SI-001"]),
                ("links.refines", &["SYS-001"]),
                ("title", &["Closed-loop flow"]),
            ],
        );
        self.record(
            "SWR-002",
            "software-requirement",
            &[
                ("links.implements-control", &["RCM-001"]),
                ("links.refines", &["SYS-001"]),
                ("title", &["Supervisor"]),
            ],
        );
        self.record("SWR-003", "software-requirement", &[("title", &["Dropped again"])]);
        self.record(
            "SI-001",
            "software-item",
            &[("rationale", &["can harm"]), ("safety-class", &["C"]), ("title", &["Firmware"])],
        );
        self.record(
            "TC-001",
            "test-case",
            &[("level", &["system"]), ("links.verifies", &["SWR-001", "SWR-002"]), ("title", &["Flow"])],
        );
        self.record(
            "RISK-001",
            "risk",
            &[
                ("links.situation", &["HS-001"]),
                ("residual-acceptable", &["true"]),
                ("severity", &["S5"]),
                ("title", &["Overdose"]),
            ],
        );
        self.record(
            "RCM-001",
            "risk-control",
            &[
                ("links.controls", &["RISK-001"]),
                ("option-level", &["protective-measure"]),
                ("realised-in", &["software", "hardware"]),
                ("title", &["Supervisor stops the motor"]),
            ],
        );
        self.record(
            "SOUP-001",
            "soup",
            &[("manufacturer", &["lwIP"]), ("title", &["lwIP"]), ("version", &["2.1.2"])],
        );
        self.record("PR-001", "anomaly", &[("status", &["open"]), ("title", &["Display flickers"])]);
        let retired = RecordRetired {
            record: "SWR-003".into(),
            product: "pump".into(),
            line: "main".into(),
            revision: self.revisions["SWR-003"],
        };
        let entry = self.ci.state(retired);
        self.taken(entry);
        self.result("TC-001", Verdict::Passed, None);
        self.results_of_all_kinds();
    }
}
