//! Copies of stores that are in use.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger::ports::Blobs;
use ledger::{Options, load};
use store_sqlite::{DirBlobs, SqliteLog, copy_stores};
use testkit::Author;

use crate::ledger_place::{Place, retired, writer};

#[test]
fn a_copy_made_while_entries_come_loads_and_is_a_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place(dir.path().to_owned());
    place.make();
    let ledger = Arc::new(place.open(10).unwrap());
    let blob = ledger.blobs().put(b"a document").unwrap();
    let going = Arc::new(AtomicBool::new(true));
    let (inner, flag) = (ledger.clone(), going.clone());
    let writing = std::thread::spawn(move || {
        let mut author: Author = writer(0, 1);
        let mut count = 0;
        while flag.load(Ordering::Relaxed) {
            assert!(inner.submit(vec![author.state(retired(count))])[0].is_ok());
            count += 1;
        }
        count
    });
    let mut sizes = Vec::new();
    for n in 0..5 {
        assert!(ledger.wait_beyond(20 * n, Options::default().guard_interval) > 4);
        let to = place.0.join(format!("copy-{n}"));
        fs::create_dir_all(&to).unwrap();
        let copied = copy_stores(&place.data(), &to).unwrap();
        assert_eq!((copied.blobs, copied.blob_bytes, copied.vault), (1, 10, true));
        let log = SqliteLog::open_reader(&to).unwrap();
        let loaded = load(&log, None).unwrap();
        sizes.push((loaded.edge.size(), loaded.edge.root()));
        assert_eq!(DirBlobs::open(&to.join("blobs")).unwrap().get(&blob).unwrap().unwrap(), b"a document");
        assert!(copy_stores(&place.data(), &to).is_err(), "nothing is written over");
    }
    going.store(false, Ordering::Relaxed);
    let count: u64 = writing.join().unwrap();
    assert!(count > 0);
    assert!(sizes.windows(2).all(|w| w[0].0 <= w[1].0) && sizes[0].0 > 4, "{sizes:?}");
    // Each copy is a prefix of what the log has become.
    let tree = ledger.tree();
    for (size, root) in sizes {
        assert_eq!(tree.root_at(size).unwrap(), root);
    }
}

#[test]
fn a_damaged_blob_is_named_and_not_copied() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place(dir.path().to_owned());
    place.make();
    let blobs = DirBlobs::open(&place.data().join("blobs")).unwrap();
    let digest = blobs.put(b"a document").unwrap().to_string();
    let path = place.data().join("blobs").join(&digest[..2]).join(&digest[2..4]).join(&digest);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"b document").unwrap();
    let to = place.0.join("copy");
    fs::create_dir_all(&to).unwrap();
    let failed = copy_stores(&place.data(), &to).unwrap_err().to_string();
    assert!(failed.contains(&digest), "{failed}");
}
