//! Verdicts on evidence: one story a reason.

use evidence::body::DebugStatus;
use evidence::facts::fleet::{Appraisal, AppraisalReason as R, Appraised, Custody};
use evidence::facts::release::{ReferenceListSet, ReleaseWithdrawn};
use evidence::facts::sources::Equivocated;
use evidence::types::{Bytes, EntryRef, NamedDigest};
use evidence::{Hash, Time};
use world::fleet::{Ear, appraise, appraise_changed};

use crate::story::{Story, Word, device, t};

const OLD: &[(&str, u8)] = &[("boot", 1), ("main", 2)];
const NEW: &[(&str, u8)] = &[("boot", 1), ("main", 3)];

fn begun() -> Story {
    let mut s = Story::new();
    s.reporting(None, 100, 1_000);
    s.release("firmware", "2.1.0", OLD);
    s.release("firmware", "2.2.0", NEW);
    s.enrol(1);
    s
}

fn verdict(s: &Story, word: &Word) -> (Appraisal, Vec<R>, Vec<u8>) {
    let a = appraise(&s.world, &word.entry()).expect("an enrolled device");
    (a.status, a.reasons, a.vector.0)
}

fn now(s: &Story, sequence: u64, all: &[(&str, u8)]) -> Word {
    Word::new(1, sequence, Some(s.world.size()), all)
}

#[test]
fn what_a_release_lists_is_affirmed() {
    let s = begun();
    let found = verdict(&s, &now(&s, 0, OLD));
    assert_eq!(found, (Appraisal::Affirming, vec![R::ReleaseKnown], vec![2, 0, 2, 0, 0, 0, 0, 0]));
    let a = appraise(&s.world, &now(&s, 0, NEW).entry()).expect("an enrolled device");
    assert_eq!(a.release.map(|r| r.index), Some(3));
    assert!(appraise(&s.world, &Word::new(2, 0, None, OLD).entry()).is_none(), "nobody enrolled it");
}

#[test]
fn measurements_that_no_release_lists_are_a_warning() {
    let s = begun();
    let unknown = verdict(&s, &now(&s, 0, &[("boot", 1), ("main", 77)]));
    assert_eq!((unknown.0, unknown.1), (Appraisal::Warning, vec![R::MeasurementUnknown]));
    assert_eq!(verdict(&s, &now(&s, 0, &[])).1, vec![R::NothingMeasured]);
    let mut s = begun();
    s.release("firmware", "3.0.0", &[("boot", 9), ("main", 10)]);
    let mixed = verdict(&s, &now(&s, 0, &[("boot", 9), ("main", 2)]));
    assert_eq!((mixed.0, mixed.1), (Appraisal::Warning, vec![R::MixedReleases]));
}

#[test]
fn what_is_wrong_is_contraindicated() {
    let mut s = begun();
    let mut open = now(&s, 0, OLD);
    open.evidence.debug = Some(DebugStatus::Enabled);
    let found = verdict(&s, &open);
    assert_eq!(
        (found.0, found.1, found.2[5]),
        (Appraisal::Contraindicated, vec![R::ReleaseKnown, R::DebugEnabled], 96)
    );
    open.evidence.debug = Some(DebugStatus::DisabledSinceBoot);
    assert_eq!(verdict(&s, &open).0, Appraisal::Affirming);
    // The boot count.
    let mut first = now(&s, 0, OLD);
    first.evidence.boot_count = Some(7);
    s.attest(&first);
    let mut next = now(&s, 1, OLD);
    next.evidence.boot_count = Some(7);
    assert_eq!(verdict(&s, &next).0, Appraisal::Affirming);
    next.evidence.boot_count = Some(6);
    assert_eq!(verdict(&s, &next).1, vec![R::ReleaseKnown, R::BootCountBack]);
    // A withdrawn release.
    let entry = s
        .world
        .releases()
        .iter(world::release::Known::new(99, s.world.journal()))
        .next()
        .map(|r| r.entry.clone());
    s.say(ReleaseWithdrawn { release: entry.expect("the first release") });
    assert_eq!(verdict(&s, &now(&s, 1, OLD)).1, vec![R::ReleaseKnown, R::ReleaseWithdrawn]);
    assert_eq!(verdict(&s, &now(&s, 1, NEW)).0, Appraisal::Affirming);
    // A fork.
    let entry = |n| EntryRef { index: n, entry: Hash([1; 32]) };
    s.say(Equivocated {
        source: device(1),
        stream: 1,
        sequence: 0,
        first: entry(4),
        second: Hash([2; 32]),
        bytes: Some(Bytes(vec![])),
        blob: None,
    });
    assert_eq!(verdict(&s, &now(&s, 1, NEW)).1, vec![R::ReleaseKnown, R::IdentityDoubt]);
}

#[test]
fn an_older_release_and_a_gap_are_warnings() {
    let mut s = begun();
    s.fresh(1, 0, NEW);
    let down = verdict(&s, &now(&s, 1, OLD));
    assert_eq!((down.0, down.1), (Appraisal::Warning, vec![R::ReleaseKnown, R::Downgraded]));
    let gap = verdict(&s, &now(&s, 3, NEW));
    assert_eq!((gap.0, gap.1, gap.2[7]), (Appraisal::Warning, vec![R::ReleaseKnown, R::SequenceGap], 32));
}

#[test]
fn a_step_back_is_said_until_something_newer_runs() {
    let mut s = begun();
    let heard = |s: &mut Story, sequence: u64, all: &[(&str, u8)]| {
        let word = now(s, sequence, all);
        let changed = appraise_changed(&s.world, &word.entry());
        let reasons = verdict(s, &word).1;
        s.attest(&word);
        if let Some(a) = changed {
            s.say(a);
        }
        reasons.contains(&R::Downgraded)
    };
    assert!(!heard(&mut s, 0, NEW));
    assert!(heard(&mut s, 1, OLD));
    assert!(heard(&mut s, 2, OLD), "the same again does not make it well");
    assert!(heard(&mut s, 3, &OLD[1..]), "nor does another set of the same release");
    assert!(!heard(&mut s, 4, NEW));
    // Leaving a withdrawn release is what is asked for.
    let index = s.release("firmware", "2.3.0", &[("boot", 1), ("main", 4)]);
    assert!(!heard(&mut s, 5, &[("boot", 1), ("main", 4)]));
    let known = world::release::Known::new(99, s.world.journal());
    let newest = s.world.releases().get(index, known).expect("it is there").entry.clone();
    s.say(ReleaseWithdrawn { release: newest });
    assert!(!heard(&mut s, 6, NEW));
}

#[test]
fn late_evidence_says_nothing_about_now() {
    let mut s = begun();
    let beacon = s.world.size();
    s.tick(101);
    let late = Word::new(1, 0, Some(beacon), OLD);
    assert_eq!(verdict(&s, &late).0, Appraisal::None);
    assert_eq!(verdict(&s, &late).1, vec![R::ReleaseKnown, R::Late]);
    assert_eq!(verdict(&s, &Word::new(1, 0, None, OLD)).1, vec![R::ReleaseKnown, R::NoBeacon]);
    // In the window, to the second.
    let mut s = begun();
    let beacon = s.world.size();
    s.tick(100);
    assert_eq!(verdict(&s, &Word::new(1, 0, Some(beacon), OLD)).0, Appraisal::Affirming);
    // What fills a gap is history even with the newest beacon, and its boot count and release go back rightly.
    let mut newer = now(&s, 2, NEW);
    newer.evidence.boot_count = Some(9);
    s.attest(&newer);
    let mut filler = now(&s, 1, OLD);
    filler.evidence.boot_count = Some(3);
    assert_eq!(verdict(&s, &filler).1, vec![R::ReleaseKnown, R::Late]);
}

#[test]
fn a_site_owns_its_configuration() {
    let mut s = begun();
    let list = |name: &str, site: Option<&str>, digest: u8| ReferenceListSet {
        name: name.into(),
        site: site.map(Into::into),
        accepted: vec![NamedDigest { name: "drugs".into(), digest: Hash([digest; 32]) }],
        document: None,
    };
    let with = |d| vec![("boot", 1), ("main", 2), ("drugs", d)];
    assert_eq!(verdict(&s, &now(&s, 0, &with(40))).1, vec![R::MeasurementUnknown]);
    s.say(list("library", Some("north"), 40));
    s.moved(1, Some("south"), Some(Custody::InUse), None);
    assert_eq!(verdict(&s, &now(&s, 0, &with(40))).1, vec![R::MeasurementUnknown], "another site's");
    s.moved(1, Some("north"), None, None);
    let listed = verdict(&s, &now(&s, 0, &with(40)));
    assert_eq!((listed.0, listed.1, listed.2[1]), (Appraisal::Affirming, vec![R::ReleaseKnown], 2));
    let other = verdict(&s, &now(&s, 0, &with(41)));
    assert_eq!(
        (other.0, other.1),
        (Appraisal::Contraindicated, vec![R::ReleaseKnown, R::ConfigurationUnknown])
    );
    s.say(list("defaults", None, 41));
    assert_eq!(verdict(&s, &now(&s, 0, &with(41))).0, Appraisal::Affirming, "the maker's list counts too");
}

#[test]
fn a_verdict_is_logged_when_it_changes() {
    let mut s = begun();
    let first = appraise_changed(&s.world, &now(&s, 0, OLD).entry()).expect("the first");
    s.fresh(1, 0, OLD);
    let log = |s: &mut Story, a: Appraised| s.say(a);
    log(&mut s, first);
    assert_eq!(appraise_changed(&s.world, &now(&s, 1, OLD).entry()), None);
    let changed = appraise_changed(&s.world, &now(&s, 1, NEW).entry()).expect("another release");
    assert_eq!(changed.release.as_ref().map(|r| r.index), Some(3));
    // Late and otherwise fine: the verdict of now stands.
    let beacon = s.world.size();
    s.tick(500);
    assert_eq!(appraise_changed(&s.world, &Word::new(1, 1, Some(beacon), NEW).entry()), None);
    let mut open = Word::new(1, 1, Some(beacon), NEW);
    open.evidence.debug = Some(DebugStatus::Enabled);
    let bad = appraise_changed(&s.world, &open.entry()).expect("a debugger is worth a word, however late");
    assert_eq!(bad.status, Appraisal::Contraindicated);
    log(&mut s, bad);
    let size = s.world.size();
    let status = |at: Time, known| {
        let view = s.world.fleet_at(at, known);
        let state = view.state(&world::fleet::Subject::Device(device(1)));
        state.and_then(|st| st.verdict.map(|v| v.status))
    };
    assert_eq!(status(t(500), size), Some(Appraisal::Contraindicated));
    assert_eq!(status(t(499), size), Some(Appraisal::Affirming));
    assert_eq!(status(t(500), size - 1), Some(Appraisal::Affirming));
}

#[test]
fn a_verdict_is_an_attestation_result() {
    let s = begun();
    let verdict = appraise(&s.world, &now(&s, 2, OLD).entry()).expect("an enrolled device");
    let ear = Ear::of(&verdict, t(7), "https://example.org", "vouchsafe 0.1.0");
    assert_eq!(ear.status, "warning");
    assert_eq!(ear.vector, [(0, "instance-identity", 2), (2, "executables", 2), (7, "sourced-data", 32)]);
    let claims = ear.claims();
    assert!(
        claims.starts_with(&[0xa4, 6, 0x1a, 0x65, 0x53, 0xf1, 0x07, 0x19, 0x01, 0x09, 0x78, 29]),
        "{claims:02x?}"
    );
    // {6: …, 265: …, 266: {device: {1000: 32, 1001: {0: 2, 2: 2, 7: 32}, 1003: …}}, 1004: {0: …, 1: …}}
    let part =
        [0x19, 0x03, 0xe8, 0x18, 32, 0x19, 0x03, 0xe9, 0xa3, 0, 2, 2, 2, 7, 0x18, 32, 0x19, 0x03, 0xeb];
    assert!(claims.windows(part.len()).any(|w| w == part), "{claims:02x?}");
}
