//! A whole ledger killed at any instant, and one whose syncs fail: a checker outside holds every acknowledgement of every
//! round against the log as it is opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use ledger::audit::{Depth, audit};
use ledger::conformance::Random;
use ledger::ports::Log;
use ledger::{Standing, load};
use store_sqlite::SqliteLog;
use tempfile::TempDir;
use tlog::proof::verify_consistency;
use tlog::tree::{MemoryTree, consistency_proof};
use tlog::{Checkpoint, Hash, leaf_hash};

use super::ledger_place::{Place, Said, guarded, next, start};

/// What was acknowledged and released, over all rounds.
#[derive(Default)]
struct Held {
    leaves: BTreeMap<u64, Hash>,
    notes: BTreeMap<u64, BTreeSet<String>>,
    unsettled: u64,
}

impl Held {
    /// Takes note; says whether it was an acknowledgement.
    fn hears(&mut self, said: Said) -> bool {
        match said {
            Said::Opened => false,
            Said::Unsettled => {
                self.unsettled += 1;
                false
            }
            Said::Acknowledged(index, leaf, note) => {
                let before = self.leaves.insert(index, leaf);
                assert!(before.is_none_or(|b| b == leaf), "index {index} was used twice");
                let size = note.lines().nth(1).unwrap().parse().unwrap();
                self.notes.entry(size).or_default().insert(note);
                true
            }
            Said::Other(words) => panic!("the child says: {words}"),
        }
    }

    /// Holds the log against what is held.
    fn check(&self, place: &Place) -> u64 {
        let log = SqliteLog::open(&place.data()).unwrap();
        let loaded = load(&log, None).unwrap();
        let entries = log.read(0, usize::MAX, usize::MAX).unwrap();
        let mut tree = MemoryTree::default();
        let mut roots = vec![tree.root()];
        for raw in &entries {
            tree.append(leaf_hash(raw));
            if self.notes.contains_key(&tree.size()) {
                roots.resize(tree.size() as usize, Hash([0; 32]));
                roots.push(tree.root());
            }
        }
        for (index, leaf) in &self.leaves {
            let there = tree.leaves().get(*index as usize);
            assert_eq!(there, Some(leaf), "entry {index} was acknowledged");
        }
        let mut last: Option<(u64, Hash)> = None;
        for (size, notes) in &self.notes {
            let mut root = None;
            for note in notes {
                let (checkpoint, _) = Checkpoint::open(note.as_bytes(), &loaded.keys[0]).unwrap();
                assert_eq!(
                    Some(&checkpoint.root),
                    roots.get(*size as usize),
                    "the checkpoint of size {size}"
                );
                root = Some(checkpoint.root);
            }
            if let (Some((old, old_root)), Some(root)) = (last, root) {
                let proof = consistency_proof(&tree, old, *size).unwrap();
                verify_consistency(old, *size, &proof, &old_root, &root).unwrap();
            }
            last = root.map(|root| (*size, root));
        }
        assert!(guarded(place) <= loaded.head.size, "the guard is never ahead of what is durable");
        loaded.head.size
    }
}

fn audited(place: &Place) {
    let log = SqliteLog::open(&place.data()).unwrap();
    let report = audit(&log, Depth { signatures: true, threads: 2 }, None, |_, _| {}).unwrap();
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.gaps, report.forks), (0, 0));
}

#[test]
fn nothing_acknowledged_is_lost_whenever_it_is_killed() {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().into());
    place.make();
    let (mut held, mut random) = (Held::default(), Random::new(3));
    let mut heard = Vec::new();
    for round in 1..=14 {
        let (mut process, mut lines) = start("submit", &place, round);
        // Some while they open the log, most after some acknowledgements and a moment.
        let patience = [0, 40, 400, 900][random.below(4) as usize];
        let mut count = 0;
        while count < patience {
            count += u64::from(held.hears(next(&mut lines).expect("it goes on until it is killed")));
        }
        sleep(Duration::from_micros(random.below(if patience == 0 { 90_000 } else { 15_000 })));
        process.kill().unwrap();
        process.wait().unwrap();
        // What it said before it died counts too.
        while let Some(said) = next(&mut lines) {
            count += u64::from(held.hears(said));
        }
        heard.push(count);
        held.check(&place);
        let ledger = place.open(round * 100_000 + 90_000).unwrap();
        assert_eq!(ledger.standing(), Standing::Writable, "round {round}");
    }
    assert_eq!(held.unsettled, 0, "no store failed");
    let size = held.check(&place);
    audited(&place);
    // What the kills left of snapshots that were being written goes with the next one.
    place.open(1_500_000).unwrap().seal().unwrap();
    let names = std::fs::read_dir(place.data().join("snapshots")).unwrap();
    let names: Vec<_> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() <= 2 && names.iter().all(|n| n.parse::<u64>().is_ok()), "{names:?}");
    println!("{size} entries, {} acknowledged over 14 kills: {heard:?}", held.leaves.len());
    assert!(held.leaves.len() > 2_000 && held.notes.len() > 30, "{heard:?}");
}

#[test]
fn nothing_acknowledged_is_lost_when_a_sync_fails() {
    let allowed = Command::new("strace").args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "strace is missing or not allowed");
        println!("SKIPPED: strace is missing or not allowed, so no sync failed");
        return;
    }
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().into());
    place.make();
    let mut held = Held::default();
    for round in 1..=6u64 {
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={}", 5 + round * 9);
        let before = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", &inject];
        let mut child = super::ledger_place::command(&before, "submit-some", &place, round);
        let mut child = child.stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while let Some(said) = next(&mut lines) {
            held.hears(said);
        }
        child.wait().unwrap();
        held.check(&place);
    }
    println!("{} acknowledged, {} answers had to be settled", held.leaves.len(), held.unsettled);
    assert!(held.unsettled > 0 && held.leaves.len() > 1_000);
    audited(&place);
}
