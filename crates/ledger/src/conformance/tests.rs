//! The suite against the ports in memory, and the faulty log.

use std::sync::Arc;

use super::*;
use crate::ports::{Blobs, Guard, MemoryBlobs, MemoryGuard, MemoryLog, MemoryVault, Problem, Vault};

fn memory() -> Place<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    Box::new(move || Box::new(Shared(Arc::clone(&log))))
}

#[test]
fn the_log_in_memory_conforms() {
    log(&memory);
}

/// The suite would be of no use if a log that loses or alters something passed it.
#[test]
fn the_suite_notices_a_bad_log() {
    let lose = |op, faults: Vec<Fault>| {
        let fresh = || -> Place<dyn Log> {
            let faulty = FaultyLog::new(Arc::new(MemoryLog::default()));
            faulty.script(op, faults.clone());
            let faulty: Arc<dyn Log> = Arc::new(faulty);
            Box::new(move || Box::new(Shared(Arc::clone(&faulty))))
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| log(&fresh))).is_err()
    };
    for op in [Op::Head, Op::Append, Op::Read, Op::Tile, Op::Bundle, Op::PutCosigned, Op::Stage, Op::Unstage]
    {
        assert!(lose(op, vec![Fault::Instead(Fault::io())]), "{op:?}");
        assert!(lose(op, vec![Fault::After(Fault::io())]), "{op:?}");
    }
}

#[test]
fn a_faulty_log_fails_as_its_script_says() {
    let log = FaultyLog::new(Arc::new(MemoryLog::default()));
    let mut feeder = Feeder::new();
    let full = Problem::Full("on request".into());
    log.script(
        Op::Append,
        [Fault::Before(full), Fault::Instead(Fault::io()), Fault::After(Fault::io()), Fault::None],
    );
    let batch = feeder.uniform(2, 8);
    assert!(matches!(log.append(&batch), Appended::Refused(e) if matches!(e.problem, Problem::Full(_))));
    feeder.check(&**log.inner());
    assert!(matches!(log.append(&batch), Appended::Unknown(_)));
    feeder.check(&**log.inner());
    assert!(matches!(log.append(&batch), Appended::Unknown(_)));
    feeder.committed(&batch);
    feeder.check(&log);
    let batch = feeder.uniform(300, 8);
    feeder.append(&log, &batch);
    feeder.check(&log);
    assert_eq!(log.calls(Op::Append), 4);
    log.script(Op::Read, [Fault::Before(Problem::Damaged("on request".into()))]);
    assert!(log.read(0, 1, 1).is_err());
    assert!(log.read(0, 1, 1).is_ok());
}

#[test]
fn the_other_ports_in_memory_conform() {
    blobs(&|| {
        let blobs = Arc::new(MemoryBlobs::default());
        Box::new(move || Box::new(Kept(Arc::clone(&blobs))))
    });
    vault(&|| {
        let vault = Arc::new(MemoryVault::default());
        Box::new(move || Box::new(Kept(Arc::clone(&vault))))
    });
    guard(&|| {
        let guard = Arc::new(MemoryGuard::default());
        Box::new(move || Box::new(Kept(Arc::clone(&guard))))
    });
}

/// What [`Shared`] is to logs.
struct Kept<T>(Arc<T>);

impl Blobs for Kept<MemoryBlobs> {
    fn put(&self, bytes: &[u8]) -> Result<tlog::Hash, StoreError> {
        self.0.put(bytes)
    }
    fn get(&self, digest: &tlog::Hash) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(digest)
    }
    fn has(&self, digest: &tlog::Hash) -> Result<bool, StoreError> {
        self.0.has(digest)
    }
}

impl Vault for Kept<MemoryVault> {
    fn put(&self, salt: &[u8; 32], value: &[u8]) -> Result<tlog::Hash, StoreError> {
        self.0.put(salt, value)
    }
    fn get(&self, commitment: &tlog::Hash) -> Result<Option<([u8; 32], Vec<u8>)>, StoreError> {
        self.0.get(commitment)
    }
    fn erase(&self, commitment: &tlog::Hash) -> Result<bool, StoreError> {
        self.0.erase(commitment)
    }
}

impl Guard for Kept<MemoryGuard> {
    fn load(&self) -> Result<Option<Arc<str>>, StoreError> {
        self.0.load()
    }
    fn store(&self, checkpoint: &str) -> Result<(), StoreError> {
        self.0.store(checkpoint)
    }
}
