//! What must hold whatever a store does: a checker that stands outside the ledger and believes only what it was told.
//!
//! It keeps every acknowledgement and every checkpoint that was ever released, and holds them against the log afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use evidence::Entry;
use evidence::facts::design::RecordRetired;
use ledger::audit::{Depth, audit};
use ledger::ports::Log;
use ledger::{Ledger, Outcome, Rejection, load};
use testkit::Author;
use tlog::proof::verify_consistency;
use tlog::tree::CompactRange;
use tlog::{Checkpoint, Hash, leaf_hash};
use world::{State, World};

pub(crate) fn retired(n: u64) -> RecordRetired {
    RecordRetired {
        record: format!("SWR-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: Hash([1; 32]),
    }
}

/// The next `n` entries of an author.
pub(crate) fn next(author: &mut Author, n: u64) -> Vec<Arc<[u8]>> {
    (0..n).map(|_| author.state(retired(author.sequence))).collect()
}

/// Every state of every concern.
pub(crate) fn states(mut world: World) -> Vec<(&'static str, Vec<State>)> {
    world.freeze();
    world::CONCERNS.map(|c| (c, world.frozen(c, None, usize::MAX).expect("a concern"))).into()
}

/// Everything that ever left a ledger.
#[derive(Default)]
pub(crate) struct Checker(Mutex<Told>);

#[derive(Default)]
struct Told {
    /// Acknowledged entries by index.
    acknowledged: BTreeMap<u64, Arc<[u8]>>,
    /// Index of each acknowledged entry.
    indices: BTreeMap<Hash, u64>,
    /// Signed checkpoints by size.
    checkpoints: BTreeMap<u64, BTreeSet<Arc<str>>>,
    /// Answers by code.
    codes: BTreeMap<&'static str, u64>,
}

impl Checker {
    /// Takes note of an answer.
    pub(crate) fn hears(&self, raw: &Arc<[u8]>, outcome: &Outcome) {
        let told = &mut *self.0.lock().expect("no panic");
        let code = match outcome {
            Ok(_) => "accepted",
            Err(rejection) => rejection.code(),
        };
        *told.codes.entry(code).or_default() += 1;
        let Ok(receipt) = outcome else { return };
        let entry = Entry::decode(raw).expect("an entry").hash();
        assert_eq!(receipt.entry, entry, "the receipt is for what was sent");
        let at = *told.indices.entry(entry).or_insert(receipt.index);
        assert_eq!(at, receipt.index, "one entry, one index");
        let before = told.acknowledged.insert(receipt.index, raw.clone());
        assert!(before.is_none_or(|b| b == *raw), "index {} was used twice", receipt.index);
        told.checkpoints.entry(receipt.size).or_default().insert(receipt.checkpoint.clone());
    }

    /// Takes note of a checkpoint that was handed out.
    pub(crate) fn sees(&self, ledger: &Ledger) {
        let note = ledger.checkpoint();
        let size = note.lines().nth(1).and_then(|l| l.parse().ok()).expect("a checkpoint");
        self.0.lock().expect("no panic").checkpoints.entry(size).or_default().insert(note);
    }

    /// How often an answer was given.
    pub(crate) fn count(&self, code: &str) -> u64 {
        self.0.lock().expect("no panic").codes.get(code).copied().unwrap_or(0)
    }

    /// Sends entries and takes note of the answers; while the store is read anew, tries again.
    pub(crate) fn submit(&self, ledger: &Ledger, entries: &[Arc<[u8]>]) -> Vec<Outcome> {
        let outcomes = ledger.submit(entries.to_vec());
        entries.iter().zip(&outcomes).for_each(|(raw, outcome)| self.hears(raw, outcome));
        outcomes
    }

    /// Sends entries until each has an answer that stays. The same bytes settle what is open.
    pub(crate) fn settle(&self, ledger: &Ledger, entries: &[Arc<[u8]>]) -> Vec<Outcome> {
        // Bounded: each fault on request happens once, so that the store answers again within a few rounds.
        for _ in 0..200 {
            let outcomes = self.submit(ledger, entries);
            if !outcomes.iter().any(|o| o.as_ref().is_err_and(Rejection::is_temporary)) {
                return outcomes;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        panic!("the ledger did not come back: {}", ledger.standing());
    }

    /// Holds the log, and the running ledger, against everything that was told. `log` is the store itself, unhindered.
    pub(crate) fn check(&self, log: &dyn Log, ledger: &Ledger, signatures: bool) {
        self.sees(ledger);
        let told = self.0.lock().expect("no panic");
        let loaded = load(log, None).expect("the log loads");
        let entries = log.read(0, usize::MAX, usize::MAX).expect("reads");
        assert_eq!(entries.len() as u64, loaded.head.size);
        for (index, raw) in &told.acknowledged {
            let stored = usize::try_from(*index).ok().and_then(|i| entries.get(i));
            assert!(stored == Some(raw), "entry {index} was acknowledged and is not there as it was");
        }
        let mut range = CompactRange::new();
        let mut roots = vec![range.root()];
        for raw in &entries {
            range.append(leaf_hash(raw));
            roots.push(range.root());
        }
        for (size, notes) in &told.checkpoints {
            for note in notes {
                let opened = loaded.keys.iter().find_map(|k| Checkpoint::open(note.as_bytes(), k).ok());
                let (checkpoint, _) = opened.expect("signed by a key that the log names");
                let root = usize::try_from(*size).ok().and_then(|s| roots.get(s));
                assert_eq!((checkpoint.size, Some(&checkpoint.root)), (*size, root), "a released checkpoint");
            }
        }
        let tree = ledger.tree();
        let at = |size: &u64| roots.get(usize::try_from(*size).expect("small")).expect("a root");
        let sizes: Vec<&u64> = told.checkpoints.keys().collect();
        for pair in sizes.windows(2) {
            let [old, new] = pair else { continue };
            let proof = tree.consistency(**old, **new).expect("a proof");
            verify_consistency(**old, **new, &proof, at(old), at(new)).expect("checkpoints are consistent");
        }
        let running = ledger.read();
        assert_eq!(running.size, loaded.head.size, "the ledger is where its log is");
        assert_eq!(states((*running).clone()), states(loaded.world), "the world is what the log amounts to");
        drop(running);
        let report = audit(log, Depth { signatures, threads: 1 }, None, |_, _| {}).expect("reads");
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.forks, 0);
    }

    /// Whether an entry is in the log.
    pub(crate) fn is_logged(log: &dyn Log, raw: &Arc<[u8]>) -> bool {
        log.read(0, usize::MAX, usize::MAX).expect("reads").contains(raw)
    }
}
