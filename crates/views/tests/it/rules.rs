//! The rules above matching: aliases, decisions and how far they carry, whose statements count, what reopens a decision, and
//! that nobody is silently unaffected.

use evidence::facts::vulnerability::VexStatus;
use formats::matching::Verdict;
use tlog::Hash;
use views::population::{PopulationError, Question, VERDICTS, VEX_TRUST};

use crate::stage::{Stage, bom, everything, osv, steps, t, verdict};

#[test]
fn aliases_are_one_vulnerability_and_the_worst_verdict_prevails() {
    let mut s = Stage::new();
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.5"])]);
    s.advisory(&osv("CVE-2026-1", "pkg:generic/a", "1.5", r#","aliases":["GHSA-x"]"#));
    s.advisory(&osv("GHSA-x", "pkg:generic/a", "2.0", r#","aliases":["OSV-9"]"#));
    s.advisory(&osv("OTHER-1", "pkg:generic/a", "9.0", r#","related":["CVE-2026-1"]"#));
    for name in ["CVE-2026-1", "GHSA-x", "OSV-9"] {
        let answer = s.ask(&everything(name));
        assert_eq!(answer.findings.id, "CVE-2026-1");
        assert_eq!(answer.findings.names, ["CVE-2026-1", "GHSA-x", "OSV-9"]);
        assert_eq!(answer.findings.notices.len(), 2, "what is only related is another one");
        assert_eq!(verdict(&answer, "firmware 1"), Verdict::Affected);
        let steps = steps(&answer, "firmware 1");
        assert!(steps.contains("CVE-2026-1: ") && steps.contains("GHSA-x: "), "both speak: {steps}");
    }
    assert!(matches!(s.try_ask(&everything("CVE-1999-0001")), Err(PopulationError::Unknown { .. })));
    assert!(matches!(s.try_ask(&everything("pkg:")), Err(PopulationError::BadPurl { .. })));
}

#[test]
fn what_cannot_be_told_is_undetermined_for_every_device() {
    let mut s = Stage::new();
    s.release("firmware", "1", &[&bom(&["pkg:generic/b@1"])]);
    s.release("firmware", "2", &[]);
    s.declare("known", &["firmware 1"], None);
    s.declare("without bill", &["firmware 2"], None);
    s.declare("no such release", &["firmware 3"], None);
    s.declare("silent", &[], None);
    let mut device = s.enrol(1);
    s.attest(&mut device, &[("main", 77)]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2", ""));
    let answer = s.ask(&everything("CVE-1"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::NotAffected);
    assert_eq!(verdict(&answer, "firmware 2"), Verdict::Undetermined);
    assert_eq!(answer.tally.devices, 5);
    assert_eq!(answer.tally.count(Verdict::Undetermined), 4);
    assert_eq!(answer.tally.count(Verdict::NotAffected), 1);
    let reasons: Vec<_> = answer.tally.reasons.iter().map(|(r, n)| (*r, *n)).collect();
    assert_eq!(
        reasons,
        [("nothing-said", 1), ("release-not-known", 1), ("release-undetermined", 1), ("unknown-firmware", 1)]
    );
    assert_eq!(answer.count(), answer.devices.len() as u64);
}

#[test]
fn a_document_that_names_no_product_is_open_until_somebody_says_what_it_is_about() {
    let mut s = Stage::new();
    let first = s.release("firmware", "1", &[&bom(&["FreeRTOS-Kernel@V10.0.0", "pkg:generic/b@1"])]);
    s.release("app", "1", &[&bom(&["pkg:npm/c@1"])]);
    s.advisory(
        r#"{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2018-16522","state":"PUBLISHED"},
        "containers":{"cna":{"affected":[{"vendor":"n/a","product":"n/a","versions":[{"version":"n/a","status":"affected"}]}]}}}"#,
    );
    let answer = s.ask(&everything("CVE-2018-16522"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::Undetermined);
    assert_eq!(verdict(&answer, "app 1"), Verdict::Undetermined);
    assert!(steps(&answer, "app 1").contains("assessment by a person"), "{}", steps(&answer, "app 1"));
    s.decide("CVE-2018-16522", "FreeRTOS-Kernel V10.0.0", VexStatus::Affected, &[&first]);
    let answer = s.ask(&everything("CVE-2018-16522"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::Affected);
    assert_eq!(verdict(&answer, "app 1"), Verdict::NotAffected, "{}", steps(&answer, "app 1"));
    // Another document that names its product says what the first one is about.
    s.advisory(&osv("OSV-1", "pkg:generic/b", "2", r#","aliases":["CVE-2018-16522"]"#));
    let answer = s.ask(&everything("CVE-2018-16522"));
    assert_eq!(verdict(&answer, "app 1"), Verdict::NotAffected);
}

#[test]
fn a_decision_carries_over_to_later_releases_of_its_line_and_to_no_others() {
    let mut s = Stage::new();
    let bill = bom(&["pkg:generic/a@1.0"]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    s.release("firmware", "1.0", &[&bill]);
    let looked_at = s.release("firmware", "1.1", &[&bill]);
    s.decide("CVE-1", "pkg:generic/a@1.0", VexStatus::NotAffected, &[&looked_at]);
    s.release("firmware", "1.2", &[&bill]);
    s.release_of("firmware", "old", "0.9.9", &[&bill], &[]);
    s.release("app", "1.0", &[&bill]);
    s.release("firmware", "1.3", &[&bom(&["pkg:generic/a@1.1"])]);
    let answer = s.ask(&everything("CVE-1"));
    for (label, expected, step) in [
        ("firmware 1.0", Verdict::Affected, "not earlier than this release"),
        ("firmware 1.1", Verdict::NotAffectedByVex, "it was looked at for firmware 1.1"),
        ("firmware 1.2", Verdict::NotAffectedByVex, "carries over to later releases"),
        ("firmware 0.9.9", Verdict::Affected, "of another product, item or line"),
        ("app 1.0", Verdict::Affected, "of another product, item or line"),
        ("firmware 1.3", Verdict::Affected, "looked at version 1.0 only and does not carry over"),
    ] {
        let steps = steps(&answer, label);
        assert_eq!(verdict(&answer, label), expected, "{label}: {steps}");
        assert!(steps.contains(step), "{label}: {steps}");
    }
    assert!(steps(&answer, "firmware 1.1").contains("Somebody decided at "), "it says whose decision it is");
    // Without a version it speaks of every version.
    s.decide("CVE-1", "pkg:generic/a", VexStatus::NotAffected, &[&looked_at]);
    assert_eq!(verdict(&s.ask(&everything("CVE-1")), "firmware 1.3"), Verdict::NotAffectedByVex);
    // The last one counts, and a void one does not.
    let last = s.decide("CVE-1", "pkg:generic/a", VexStatus::UnderInvestigation, &[]);
    assert_eq!(verdict(&s.ask(&everything("CVE-1")), "firmware 1.2"), Verdict::Undetermined);
    s.void(&last);
    assert_eq!(verdict(&s.ask(&everything("CVE-1")), "firmware 1.2"), Verdict::NotAffectedByVex);
}

#[test]
fn a_changed_or_withdrawn_advisory_opens_a_decision_again() {
    let mut s = Stage::new();
    let release = s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0"])]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    s.decide("CVE-1", "pkg:generic/a@1.0", VexStatus::NotAffected, &[&release]);
    let settled = s.size();
    // Other words about the same products and versions change nothing.
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", r#","summary":"in other words""#));
    let answer = s.ask(&everything("CVE-1"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::NotAffectedByVex);
    assert_eq!(answer.findings.notices.len(), 1, "only the newest state counts");
    // Nor does another document of the same vulnerability.
    s.advisory(&osv("ALIAS-1", "pkg:generic/a", "2.0", r#","aliases":["CVE-1"]"#));
    assert_eq!(verdict(&s.ask(&everything("CVE-1")), "firmware 1"), Verdict::NotAffectedByVex);
    let settled = s.size().max(settled);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "3.0", ""));
    let answer = s.ask(&everything("CVE-1"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::Affected);
    assert!(
        steps(&answer, "firmware 1").contains("open again: CVE-1 says something else"),
        "{}",
        steps(&answer, "firmware 1")
    );
    // What was known then does not change.
    let then = s.ask(&Question { known: Some(settled), ..everything("CVE-1") });
    assert_eq!(verdict(&then, "firmware 1"), Verdict::NotAffectedByVex);
    let gone = r#","aliases":["CVE-1"],"withdrawn":"2026-02-01T00:00:00Z""#;
    s.advisory(&osv("ALIAS-1", "pkg:generic/a", "2.0", gone));
    s.advisory(&osv("CVE-1", "pkg:generic/a", "3.0", r#","withdrawn":"2026-02-01T00:00:00Z""#));
    let answer = s.ask(&everything("CVE-1"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::NotAffected);
    assert_eq!(answer.findings.withdrawn(), Some("2026-02-01T00:00:00Z"));
    assert!(steps(&answer, "firmware 1").contains("withdrawn"), "{}", steps(&answer, "firmware 1"));
}

const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://vendor.example/vex/1","author":"Vendor",
    "timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-1"},
    "products":[{"@id":"pkg:generic/a@1.0"}],"status":"not_affected","justification":"vulnerable_code_not_present"}]}"#;

#[test]
fn a_statement_counts_only_by_policy_and_says_whose_it_is() {
    let mut s = Stage::new();
    let key = Hash([5; 32]);
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0"])]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    s.vex(VEX, "Vendor", Some(key));
    let found = |s: &Stage| {
        let answer = s.ask(&everything("CVE-1"));
        (verdict(&answer, "firmware 1"), steps(&answer, "firmware 1"))
    };
    let (alone, why) = found(&s);
    assert_eq!(alone, Verdict::Affected, "{why}");
    assert!(why.contains("is not relied on: stated by Vendor and signed by the key"), "{why}");
    let before = s.size();
    s.configure(VEX_TRUST, &format!("author Somebody else\nkey {key}"));
    let (trusted, why) = found(&s);
    assert_eq!(trusted, Verdict::NotAffectedByVex, "{why}");
    assert!(why.contains("Vendor says in") && why.contains(&format!("signed by the key {key}")), "{why}");
    let then = s.ask(&Question { known: Some(before), ..everything("CVE-1") });
    assert_eq!(verdict(&then, "firmware 1"), Verdict::Affected);
    s.configure(VEX_TRUST, "author Vendor");
    assert_eq!(found(&s).0, Verdict::NotAffectedByVex);
    s.configure(VEX_TRUST, "author Vendors");
    assert_eq!(found(&s).0, Verdict::Affected);
    // A person's decision outweighs it.
    s.configure(VEX_TRUST, "author Vendor");
    s.decide("CVE-1", "pkg:generic/a", VexStatus::Affected, &[]);
    assert_eq!(found(&s).0, Verdict::Affected);
}

#[test]
fn contradicting_statements_and_versions_that_nobody_can_order_stay_open_and_say_so() {
    let mut s = Stage::new();
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0", "pkg:acme/b@blue"])]);
    s.declare("x1", &["firmware 1"], None);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    s.advisory(&osv("CVE-2", "pkg:acme/b", "green", ""));
    s.configure(VEX_TRUST, "author Vendor\nauthor Researcher");
    s.vex(VEX, "Vendor", None);
    let found = |s: &Stage, asked: &str| {
        let answer = s.ask(&everything(asked));
        assert_eq!(answer.tally.devices, 1);
        (
            verdict(&answer, "firmware 1"),
            answer.tally.count(Verdict::Undetermined),
            steps(&answer, "firmware 1"),
        )
    };
    assert_eq!(found(&s, "CVE-1").0, Verdict::NotAffectedByVex, "one of them alone counts");
    let other = VEX.replace("Vendor", "Researcher").replace("vendor.example", "researcher.example").replace(
        r#""status":"not_affected","justification":"vulnerable_code_not_present""#,
        r#""status":"affected","action_statement":"update""#,
    );
    s.vex(&other, "Researcher", None);
    let (both, devices, why) = found(&s, "CVE-1");
    assert_eq!((both, devices), (Verdict::Undetermined, 1), "{why}");
    assert!(why.contains("Vendor says in") && why.contains("Researcher says in"), "{why}");
    let (unknown, devices, why) = found(&s, "CVE-2");
    assert_eq!((unknown, devices), (Verdict::Undetermined, 1), "never silently unaffected: {why}");
    assert!(why.contains("version scheme"), "and why: {why}");
}

#[test]
fn a_component_that_is_not_delivered_affects_nobody() {
    let mut s = Stage::new();
    let bill =
        bom(&["pkg:generic/a@1.0"]).replace(r#""version":"1.0""#, r#""version":"1.0","scope":"excluded""#);
    s.release("firmware", "1", &[&bill]);
    s.release("firmware", "2", &[&bill, &bom(&["pkg:generic/a@1.0"])]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    let answer = s.ask(&everything("CVE-1"));
    assert_eq!(verdict(&answer, "firmware 1"), Verdict::NotAffected);
    assert!(steps(&answer, "firmware 1").contains("not delivered"));
    assert_eq!(verdict(&answer, "firmware 2"), Verdict::Affected);
}

#[test]
fn a_lost_bill_of_materials_or_advisory_leaves_it_open() {
    let mut s = Stage::new();
    let bill = bom(&["pkg:generic/b@1.0"]);
    s.release("firmware", "1", &[&bill]);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    assert_eq!(verdict(&s.ask(&everything("CVE-1")), "firmware 1"), Verdict::NotAffected);
    struct Lost<'a>(&'a dyn ledger::ports::Blobs, Hash);
    impl ledger::ports::Blobs for Lost<'_> {
        fn put(&self, bytes: &[u8]) -> Result<Hash, ledger::ports::StoreError> {
            self.0.put(bytes)
        }
        fn get(&self, digest: &Hash) -> Result<Option<Vec<u8>>, ledger::ports::StoreError> {
            if *digest == self.1 { Ok(None) } else { self.0.get(digest) }
        }
        fn has(&self, digest: &Hash) -> Result<bool, ledger::ports::StoreError> {
            self.0.has(digest)
        }
    }
    let world = s.ledger.read();
    let release = world.releases().made(0..world.size).next().unwrap().made.sboms[0].normalised.digest;
    let advisory = world
        .vulnerabilities()
        .advisories_taken(0..world.size)
        .next()
        .unwrap()
        .fact
        .document
        .normalised
        .digest;
    for lost in [release, advisory] {
        let blobs = Lost(&**s.ledger.blobs(), lost);
        let catalogue = views::population::Catalogue::load(&world, world.size, &blobs, &mut |_| {});
        let known = views::population::Knowledge::of(&world, world.size);
        let found = views::population::findings(&catalogue, &known, &blobs, &everything("CVE-1")).unwrap();
        let release = found.releases.values().next().unwrap();
        assert_eq!(release.verdict, Verdict::Undetermined);
        assert!(release.open[0].contains("cannot be read: its normalised form"), "{:?}", release.open);
    }
}

#[test]
fn two_moments_answer_for_what_ran_then_and_what_was_known_then() {
    let mut s = Stage::new();
    s.at(100);
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0"])]);
    s.release("firmware", "2", &[&bom(&["pkg:generic/a@2.0"])]);
    s.declare("d", &[], Some("north"));
    s.report("d", &["firmware 1"]);
    s.at(1_000);
    s.report("d", &["firmware 2"]);
    s.at(2_000);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    let count = |question: &Question| s.ask(question).tally.count(Verdict::Affected);
    assert_eq!(count(&everything("CVE-1")), 0, "it was corrected before anybody knew");
    assert_eq!(count(&Question { at: Some(t(500)), ..everything("CVE-1") }), 1, "but was affected");
    let early = Question { known: Some(s.size() - 1), ..everything("CVE-1") };
    assert!(matches!(s.try_ask(&early), Err(PopulationError::Unknown { .. })), "nobody knew");
    let sites = s.ask(&Question { at: Some(t(500)), ..everything("CVE-1") }).to_json();
    assert_eq!(sites["sites"][0]["site"], "north");
    assert_eq!(sites["sites"][0]["affected"], 1);
    assert_eq!(VERDICTS.len(), 5);
}
