//! The suite of [`Blobs`].

use tlog::Hash;

use super::Place;
use super::feeder::entry;
use crate::ports::Blobs;

/// Everything a [`Blobs`] must do. `fresh` makes a new, empty place each time.
pub fn blobs(fresh: &dyn Fn() -> Place<dyn Blobs>) {
    let place = fresh();
    let blobs = place();
    let contents: Vec<Vec<u8>> =
        [0, 1, 31, 4_096, 70_000, 3_000_000].into_iter().map(|bytes| entry(5, bytes).to_vec()).collect();
    for bytes in &contents {
        let digest = Hash::of(bytes);
        assert_eq!(blobs.get(&digest).expect("readable"), None);
        assert!(!blobs.has(&digest).expect("readable"));
        assert_eq!(blobs.put(bytes).expect("writable"), digest);
        assert_eq!(blobs.put(bytes).expect("the same again is no error"), digest);
        assert!(blobs.has(&digest).expect("readable"));
        assert_eq!(blobs.get(&digest).expect("readable").as_ref(), Some(bytes));
    }
    for bytes in [entry(6, 10), entry(6, 2_000_000)] {
        let digest = Hash::of(&bytes);
        let length = bytes.len() as u64;
        let from = |digest: &Hash, length, mut bytes: &[u8]| blobs.put_from(digest, length, &mut bytes);
        from(&digest, length - 1, &bytes).expect_err("more bytes than were stated");
        from(&digest, length + 1, &bytes).expect_err("fewer bytes than were stated");
        from(&Hash::of(b"other"), length, &bytes).expect_err("other bytes than were stated");
        assert!(!blobs.has(&digest).expect("readable"), "nothing is kept by half");
        from(&digest, length, &bytes).expect("writable");
        from(&digest, length, &bytes).expect("the same again is no error");
        assert_eq!(blobs.get(&digest).expect("readable"), Some(bytes.to_vec()));
    }
    let several: Vec<Vec<u8>> = (0..50).map(|index| entry(index, 700).to_vec()).collect();
    let borrowed: Vec<&[u8]> =
        several.iter().chain(&several[..3]).chain(&contents[..2]).map(Vec::as_slice).collect();
    blobs.put_all(&borrowed).expect("writable");
    blobs.put_all(&[]).expect("nothing is no error");
    for bytes in &several {
        assert_eq!(blobs.get(&Hash::of(bytes)).expect("readable").as_ref(), Some(bytes));
    }
    // The same and different ones from many threads at once.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for index in 0..20 {
                    blobs.put(&entry(index, 500)).expect("writable");
                }
            });
        }
    });
    drop(blobs);
    let blobs = place();
    for bytes in contents.into_iter().chain(several).chain((0..20).map(|index| entry(index, 500).to_vec())) {
        assert_eq!(blobs.get(&Hash::of(&bytes)).expect("readable"), Some(bytes));
    }
}
