//! What must not leave or be written between a decision and its durability, and how a log begins when its beginning is cut off.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use evidence::SourceKind;
use ledger::conformance::{Fault, FaultyLog, Op};
use ledger::ports::{Guard, Log, MemoryGuard, MemoryLog};
use ledger::{Ledger, Options, Standing, load};
use testkit::{Author, Fixture};
use tlog::{Checkpoint, Hash};

use crate::faults::{next, retired};

/// Holds up the committer after a commit, before the sequencer hears of it.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn over(ledger: &Ledger) -> Arc<Self> {
        let gate = Arc::new(Self::default());
        let own = gate.clone();
        ledger.on_commit(Box::new(move |_| {
            let shut = own.0.lock().expect("no panic");
            drop(own.1.wait_while(shut, |shut| *shut).expect("no panic"));
        }));
        gate
    }

    fn set(&self, shut: bool) {
        *self.0.lock().expect("no panic") = shut;
        self.1.notify_all();
    }
}

#[test]
fn what_was_gathered_when_doubt_came_is_not_committed() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let gate = Gate::over(&f.ledger);
    gate.set(true);
    let (first, second) = (ci.state(retired(1)), ci.state(retired(2)));
    let before = f.ledger.read().size;
    std::thread::scope(|scope| {
        let ledger = &f.ledger;
        let committed = scope.spawn(move || ledger.submit(vec![first]).pop());
        while ledger.read().size == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        let gathered = scope.spawn(move || ledger.submit(vec![second]).pop());
        // Decided and applied, behind the commit that is held up.
        while ledger.read().size() == before + 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let other = Checkpoint::new(testkit::ORIGIN, 1_000, Hash([7; 32]));
        ledger.seen_elsewhere(&other, "a witness");
        gate.set(false);
        assert!(committed.join().expect("no panic").expect("an answer").is_ok(), "it was durable before");
        let said = gathered.join().expect("no panic").expect("an answer").expect_err("the log is in doubt");
        assert_eq!(said.code(), "unavailable");
    });
    assert!(matches!(f.ledger.standing(), Standing::ReadOnly(_)));
    assert_eq!(load(&*f.log, None).expect("loads").head.size, before + 1);
    assert_eq!(f.ledger.read().size, before + 1);
}

#[test]
fn a_seal_is_shown_once_its_entry_is_durable() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let gate = Gate::over(&f.ledger);
    gate.set(true);
    let before = f.ledger.read().size;
    std::thread::scope(|scope| {
        let ledger = &f.ledger;
        let entries = next(&mut ci, 1);
        let _held_up = scope.spawn(move || ledger.submit(entries).pop());
        while ledger.read().size == before {
            std::thread::sleep(Duration::from_millis(1));
        }
        let sealing = scope.spawn(move || ledger.seal());
        // Stated in the world, and not durable.
        while ledger.read().journal().seals().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
        assert!(ledger.sealed(None).is_none());
        gate.set(false);
        let receipt = sealing.join().expect("no panic").expect("sealed");
        let sealed = ledger.sealed(None).expect("durable now");
        assert!(sealed.sealed.size <= receipt.index);
        assert!(ledger.sealed(Some(sealed.sealed.size)).is_some());
    });
}

#[test]
fn a_log_whose_beginning_was_cut_off_is_begun_again_or_stands() {
    for fault in [Fault::Before(Fault::io()), Fault::Instead(Fault::io()), Fault::After(Fault::io())] {
        let log: Arc<FaultyLog> = Arc::new(FaultyLog::new(Arc::new(MemoryLog::default())));
        let guard: Arc<dyn Guard> = Arc::new(MemoryGuard::default());
        log.script(Op::Append, [fault.clone()]);
        assert!(testkit::init().run(&*log, &*guard, &testkit::keys()).is_err(), "{fault:?}");
        if log.head().expect("reads").is_none() {
            testkit::init().run(&*log, &*guard, &testkit::keys()).expect("begun again");
        }
        // Whichever it was: the log opens for writing, without a recovery.
        let f = Fixture::open(log, guard, Options::default()).expect("opens");
        assert_eq!(f.ledger.standing(), Standing::Writable, "{fault:?}");
    }
}
