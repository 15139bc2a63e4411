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
    for bytes in contents.into_iter().chain((0..20).map(|index| entry(index, 500).to_vec())) {
        assert_eq!(blobs.get(&Hash::of(&bytes)).expect("readable"), Some(bytes));
    }
}
