//! Seals state what the world is; snapshots count only when a seal states them.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use evidence::facts::design::RecordRetired;
use evidence::{Fact, SourceKind};
use ledger::seal::Membership;
use ledger::{Options, Snapshots, load};
use testkit::{Author, Fixture};
use tlog::Hash;
use world::State;

fn retired(n: u64) -> RecordRetired {
    RecordRetired {
        record: format!("SWR-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: Hash([1; 32]),
    }
}

/// Every state of every concern, as a plain replay of the log gives them.
fn states(world: &mut world::World) -> Vec<(&'static str, Vec<State>)> {
    world.freeze();
    let all = world::CONCERNS.map(|c| (c, world.frozen(c, None, usize::MAX).expect("a concern")));
    world.thaw();
    all.into()
}

#[test]
fn a_seal_states_the_world_of_its_size_while_the_log_goes_on() {
    let mut f = Fixture::new();
    let mut authors: Vec<Author> = (0..40).map(|n| Author::new(SourceKind::Ci, 20 + n)).collect();
    for a in &authors {
        f.enrol(a, &["ci"]);
    }
    let ledger = Arc::new(f.ledger);
    let sealer = {
        let ledger = ledger.clone();
        std::thread::spawn(move || (0..10).map(|_| ledger.seal().expect("sealed")).collect::<Vec<_>>())
    };
    for n in 0..400u64 {
        let at = usize::try_from(n).expect("small") % authors.len();
        assert!(ledger.submit(vec![authors[at].state(retired(n))])[0].is_ok());
    }
    for receipt in sealer.join().expect("no panic") {
        let (entry, _) = ledger.entry(receipt.index).expect("there");
        let Fact::Sealed(sealed) = &entry.body().fact else { panic!("{entry:?}") };
        // What a plain replay of exactly that prefix gives.
        let mut world = world::World::new();
        for raw in f.log.read(0, usize::try_from(sealed.size).expect("small"), usize::MAX).expect("reads") {
            let entry = evidence::Entry::decode(&raw).expect("an entry");
            world.apply(&entry, entry.hash());
        }
        for ((name, states), stated) in states(&mut world).iter().zip(&sealed.concerns) {
            let mut tree = tlog::tree::CompactRange::new();
            states.iter().for_each(|s| tree.append(s.leaf_hash()));
            assert_eq!((*name, tree.root(), tree.size()), (&*stated.concern, stated.root, stated.count));
        }
    }
}

#[test]
fn membership_is_current_neighbours_show_absence_the_size_counts() {
    let mut f = Fixture::new();
    let authors: Vec<Author> = (0..30).map(|n| Author::new(SourceKind::Ci, 20 + n)).collect();
    for a in &authors {
        f.enrol(a, &["ci"]);
    }
    f.ledger.seal().expect("sealed");
    let trees = f.ledger.sealed(None).expect("kept");
    let stated = trees.sealed.concerns.iter().find(|c| c.concern == "sources").expect("a concern");
    assert_eq!(stated.count, 32, "thirty, the administrator and the ledger");
    let mut world = load(&*f.log, None).expect("loads").world;
    let all = states(&mut world).into_iter().find(|(n, _)| *n == "sources").expect("a concern").1;
    for state in &all {
        let found = trees.membership("sources", &state.key).expect("a concern");
        assert!(matches!(found, Membership::Present(_)));
        found.verify(stated, &state.key, Some(state)).expect("holds");
        let mut other = state.clone();
        other.value.push(0);
        assert!(found.verify(stated, &state.key, Some(&other)).is_err());
        // Just beside each key there is nothing, and the proof of that is not one for the key itself.
        let mut beside = state.key.clone();
        beside.push(0);
        let absent = trees.membership("sources", &beside).expect("a concern");
        absent.verify(stated, &beside, None).expect("holds");
        assert!(absent.verify(stated, &state.key, None).is_err());
    }
    for edge in [&[][..], &[0xff; 4][..]] {
        trees
            .membership("sources", edge)
            .expect("a concern")
            .verify(stated, edge, None)
            .expect("holds at the ends");
    }
}

#[test]
fn a_start_from_a_snapshot_gives_the_same_world_as_a_replay() {
    let dir = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::new(dir.path().join("snapshots"));
    let (log, guard) = {
        let f = Fixture::new();
        (f.log.clone(), f.guard.clone())
    };
    let open = || Fixture::open_with(log.clone(), guard.clone(), Options::default(), Some(snapshots.clone()));
    let mut f = open().expect("opens");
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.admin.stream = 5;
    f.enrol(&ci, &["ci"]);
    for n in 0..700 {
        f.at(n);
        f.submit(ci.state(retired(n))).expect("accepted");
        if n == 300 {
            f.ledger.seal().expect("sealed");
        }
    }
    drop(f);
    let mut resumed = load(&*log, Some(&snapshots)).expect("loads");
    let mut replayed = load(&*log, None).expect("loads");
    assert!(resumed.from_snapshot > 300 && replayed.from_snapshot == 0);
    assert_eq!(resumed.edge.root(), replayed.edge.root());
    assert_eq!(states(&mut resumed.world), states(&mut replayed.world));
    let (a, b) = (resumed.world.clock().ticks(), replayed.world.clock().ticks());
    assert_eq!(a, b);
    // The ledger goes on from it.
    let f = open().expect("opens");
    f.at(800);
    f.submit(ci.state(retired(999))).expect("accepted");
}

#[test]
fn a_changed_snapshot_is_not_used() {
    let dir = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::new(dir.path());
    let (log, guard) = {
        let f = Fixture::new();
        (f.log.clone(), f.guard.clone())
    };
    let f =
        Fixture::open_with(log.clone(), guard, Options::default(), Some(snapshots.clone())).expect("opens");
    f.ledger.seal().expect("sealed");
    drop(f);
    let size = load(&*log, Some(&snapshots)).expect("loads").from_snapshot;
    assert!(size > 0);
    let mut flipped = 0;
    for concern in world::CONCERNS {
        let path = dir.path().join(size.to_string()).join(concern);
        let good = fs::read(&path).expect("reads");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).expect("writes");
            let loaded = load(&*log, Some(&snapshots)).expect("falls back to a replay");
            assert_eq!(loaded.from_snapshot, 0, "{concern}, byte {at}");
            flipped += 1;
        }
        fs::write(&path, &good).expect("writes");
    }
    assert!(flipped > 500, "{flipped}");
    assert_eq!(load(&*log, Some(&snapshots)).expect("loads").from_snapshot, size);
}

#[test]
fn states_are_sealed_by_the_hour_when_something_happened() {
    let (log, guard) = {
        let f = Fixture::new();
        (f.log.clone(), f.guard.clone())
    };
    let options = Options { idle_tick: Duration::from_millis(20), ..Options::default() };
    let f = Fixture::open(log, guard, options).expect("opens");
    let seals = |f: &Fixture| f.ledger.read().journal().seals().len();
    let wait = |f: &Fixture, n: usize| {
        (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            seals(f) == n
        })
    };
    f.at(10);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(seals(&f), 0, "not due yet");
    f.at(3_700);
    assert!(wait(&f, 1), "due after an hour");
    f.at(7_400);
    std::thread::sleep(Duration::from_millis(200));
    assert!(seals(&f) <= 2, "an idle log is not sealed over and over");
}
