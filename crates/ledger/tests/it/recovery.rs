//! Lost tails, restored backups, double starts, and the signed way out.

use std::sync::Arc;

use ed25519_dalek::Signer;
use evidence::facts::design::RecordRetired;
use evidence::proof::attached::Attached;
use evidence::proof::ssh;
use evidence::{SourceKind, Time};
use ledger::audit::{Depth, audit};
use ledger::ports::{Appended, Batch, Guard, Log, MemoryGuard, MemoryLog};
use ledger::{Doubt, LedgerKeys, Options, Standing, Succession, load, succeed};
use testkit::{Author, Fixture, ORIGIN};
use tlog::{Checkpoint, Hash, VerifierKey};

fn retired(n: u64) -> RecordRetired {
    RecordRetired {
        record: format!("SWR-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: Hash([1; 32]),
    }
}

/// Everything of a log up to `size`, as a backup taken then would hold it.
fn backup(f: &Fixture, size: u64) -> Arc<dyn Log> {
    let copy = MemoryLog::default();
    let entries = f.log.read(0, usize::try_from(size).expect("small"), usize::MAX).expect("reads");
    let (mut edge, mut tiles) = (tlog::tile::Edge::new(), Vec::new());
    entries.iter().for_each(|e| edge.append(tlog::leaf_hash(e), &mut tiles));
    let checkpoint =
        Checkpoint::new(ORIGIN, size, edge.root()).sign(&testkit::keys().checkpoint).expect("signs");
    let batch = Batch { first: 0, entries, tiles, checkpoint: checkpoint.to_string().into() };
    assert_eq!(copy.append(&batch), Appended::Committed);
    Arc::new(copy)
}

fn filled(n: u64) -> (Fixture, Author) {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    for i in 0..n {
        f.submit(ci.state(retired(i))).expect("accepted");
    }
    (f, ci)
}

fn standing(log: Arc<dyn Log>, guard: Arc<dyn Guard>) -> Standing {
    Fixture::open(log, guard, Options::default()).expect("opens to be read").ledger.standing()
}

#[test]
fn a_restored_backup_comes_up_read_only_and_says_what_is_missing() {
    let (f, mut ci) = filled(300);
    let (old, size) = (backup(&f, 200), f.ledger.read().size);
    let (log, guard) = (f.log.clone(), f.guard.clone());
    drop(f);
    assert_eq!(standing(log, guard.clone()), Standing::Writable);
    let f = Fixture::open(old, guard, Options::default()).expect("opens to be read");
    assert_eq!(f.ledger.standing(), Standing::ReadOnly(Doubt::TailLost { stored: 200, seen: size }));
    let refused = f.submit(ci.state(retired(999))).expect_err("read-only");
    assert!(
        refused.code() == "unavailable" && refused.to_string().contains("entries are missing"),
        "{refused}"
    );
    assert!(f.ledger.entry(150).is_ok(), "it can be read");
}

#[test]
fn a_missing_foreign_or_forked_guard_keeps_the_log_read_only() {
    let (f, mut ci) = filled(50);
    let copy = backup(&f, 40);
    let log = f.log.clone();
    drop(f);
    assert_eq!(
        standing(log.clone(), Arc::new(MemoryGuard::default())),
        Standing::ReadOnly(Doubt::GuardMissing)
    );
    let foreign = MemoryGuard::default();
    foreign.store("not a checkpoint").expect("stores");
    assert!(matches!(
        standing(log.clone(), Arc::new(foreign)),
        Standing::ReadOnly(Doubt::GuardUnreadable(_))
    ));
    // The same log, started twice from one state: each side's guard shows the other as a fork.
    let guard: Arc<dyn Guard> = Arc::new(MemoryGuard::default());
    guard.store(&copy.head().expect("reads").expect("has one").checkpoint).expect("stores");
    let other = Fixture::open(copy, guard.clone(), Options::default()).expect("opens");
    assert_eq!(other.ledger.standing(), Standing::Writable);
    other.at(1_000);
    ci.stream = 9;
    (ci.sequence, ci.previous) = (0, None);
    for n in 0..5 {
        other.submit(ci.state(retired(n))).expect("accepted");
    }
    drop(other);
    assert!(matches!(standing(log, guard), Standing::ReadOnly(Doubt::Forked { .. })));
}

fn sign(by: &Author, s: &Succession) -> Vec<u8> {
    let attached = Attached::recovery(&s.fact);
    let signature = by.secret.sign(&attached.ssh_signed()).to_bytes();
    ssh::blob(&by.key, "vouchsafe-recovery@v1", &signature).expect("an SSH key")
}

#[test]
fn a_signed_recovery_starts_a_successor_that_keeps_what_is_there() {
    let (f, mut ci) = filled(300);
    let old = backup(&f, 200);
    let guard = f.guard.clone();
    let seen = f.ledger.checkpoint();
    let before = f.ledger.entry(150).expect("there").1;
    drop(f);
    let seen = guard.load().expect("reads").unwrap_or(seen);
    let new = || LedgerKeys::from_seeds("log.example/test/2", &[41; 32], &[42; 32]).expect("keys");
    let prepare =
        || Succession::prepare(&*old, &new(), &seen, "disk 2 failed; backup of Tuesday").expect("prepares");
    let now = Time::from_seconds(testkit::START + 500).expect("a time");
    // The administrator's key is not the recovery key, and nothing is changed by trying.
    let wrong = succeed(&*old, &*guard, &new(), prepare(), sign(&Author::person(10), &prepare()), now);
    assert!(wrong.is_err());
    assert_eq!(old.head().expect("reads").expect("has one").size, 200);
    // The old keys cannot succeed themselves.
    assert!(Succession::prepare(&*old, &testkit::keys(), &seen, "again").is_err());
    let s = prepare();
    assert_eq!((s.fact.held, s.fact.missing, s.fact.generation), (200, 102, 1));
    let signature = sign(&Author::person(11), &s);
    let checkpoint = succeed(&*old, &*guard, &new(), s, signature, now).expect("succeeds");
    let key = new().checkpoint.verifier().clone();
    let (head, _) = Checkpoint::open(checkpoint.as_bytes(), &key).expect("signed by the new key");
    assert_eq!((head.size, &*head.origin), (201, "log.example/test/2"));
    let loaded = load(&*old, None).expect("loads");
    assert_eq!(loaded.world.journal().generation(), 1);
    let depth = Depth { signatures: true, threads: 2 };
    let trusted: VerifierKey = key;
    let report = audit(&*old, depth, Some(&trusted), |_, _| {}).expect("reads");
    assert!(report.holds(), "{report:?}");
    // The successor takes entries: the source goes on after what was kept of its stream, or in another one.
    let clock = Arc::new(ledger::ports::FixedClock::new(now.plus(10)));
    let parts = ledger::Parts {
        log: old.clone(),
        blobs: Arc::new(ledger::ports::MemoryBlobs::default()),
        vault: Arc::new(ledger::ports::MemoryVault::default()),
        guard,
        clock,
        authorise: Arc::new(ledger::authorise::Roles),
        keys: new(),
        snapshots: None,
    };
    let l = ledger::Ledger::open(parts, Options::default()).expect("opens");
    assert_eq!(l.standing(), Standing::Writable);
    ci.stream = 2;
    (ci.sequence, ci.previous) = (0, None);
    let outcome = l.submit(vec![ci.state(retired(1))]).remove(0).expect("accepted");
    assert!(outcome.index > 200);
    assert_eq!(l.entry(150).expect("kept").1, before, "indices stay");
    // A device that has not heard of the successor begins a stream with a certificate for the old origin.
    let (mut admin, mut station) = (Author::person(10), Author::new(SourceKind::Station, 30));
    (admin.stream, admin.sequence) = (2, 0);
    let enrol = evidence::facts::sources::SourceEnrolled {
        source: station.id,
        key: station.key.clone(),
        name: "Station".into(),
        roles: vec!["station".into()],
        possession: None,
    };
    let mut device = Author::device(1);
    device.stream = 7;
    let mut enrolled = crate::verdicts::enrolment(&device);
    enrolled.possession = device.possession("log.example/test/2", None);
    for entry in [admin.state(enrol), station.state(enrolled)] {
        assert!(l.submit(vec![entry])[0].is_ok());
    }
    let alias = Author::device(2).key;
    let begins = |origin: &str| {
        let over = Attached::stream_key(origin, &device.id, 7, 0, &alias).cose_signed(&device.key);
        let certificate = evidence::types::Bytes(device.secret.sign(&over).to_bytes().to_vec());
        let fact = evidence::facts::sources::StreamKeyChanged { key: alias.clone(), certificate };
        vec![device.sign(device.body(fact)).encode().into()]
    };
    let refused = l.submit(begins("log.example/other")).remove(0).expect_err("nobody's origin");
    assert_eq!(refused.code(), "bad_attached");
    assert!(l.submit(begins(ORIGIN)).remove(0).is_ok());
    let report = audit(&*old, depth, Some(&trusted), |_, _| {}).expect("reads");
    assert!(report.holds(), "{report:?}");
}

/// The log with one more entry that its ledger would not have taken.
fn forged(log: &dyn Log, entry: Arc<[u8]>) -> MemoryLog {
    let copy = MemoryLog::default();
    let mut entries = log.read(0, usize::MAX, usize::MAX).expect("reads");
    entries.push(entry);
    let (mut edge, mut tiles) = (tlog::tile::Edge::new(), Vec::new());
    entries.iter().for_each(|e| edge.append(tlog::leaf_hash(e), &mut tiles));
    let checkpoint = Checkpoint::new(ORIGIN, edge.size(), edge.root()).sign(&testkit::keys().checkpoint);
    let checkpoint = checkpoint.expect("signs").to_string().into();
    assert_eq!(copy.append(&Batch { first: 0, entries, tiles, checkpoint }), Appended::Committed);
    copy
}

#[test]
fn an_audit_holds_embedded_roots_against_the_tree() {
    let mut house = crate::verdicts::House::new();
    (0..300).for_each(|_| drop(house.attest(1)));
    let depth = Depth { signatures: true, threads: 1 };
    let found =
        |entry: Arc<[u8]>| audit(&forged(&*house.f.log, entry), depth, None, |_, _| {}).expect("reads");
    let size = house.f.ledger.read().size;
    let mut author = house.device;
    let body = |author: &Author| author.body(evidence::Fact::Attested(crate::verdicts::evidence(1)));
    let good: Arc<[u8]> = author.sign(body(&author)).encode().into();
    assert!(found(good).holds());
    // A root that nobody embedded before, of a size that nobody did, and another root of a size that somebody did.
    for (at, root) in [(3, Hash([9; 32])), (size - 1, Hash([9; 32]))] {
        author.beacon = Some(evidence::types::Beacon { generation: 0, size: at, root });
        let report = found(author.sign(body(&author)).encode().into());
        let (index, reason) = report.problem.expect("it is wrong");
        assert!(index == Some(size) && reason.contains("embeds"), "{index:?}: {reason}");
    }
}
