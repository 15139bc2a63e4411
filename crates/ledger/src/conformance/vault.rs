//! The suite of [`Vault`].

use super::Place;
use super::feeder::entry;
use crate::ports::{Vault, commit};

/// Everything a [`Vault`] must do. `fresh` makes a new, empty place each time.
pub fn vault(fresh: &dyn Fn() -> Place<dyn Vault>) {
    let place = fresh();
    let vault = place();
    let value = |index: u64| entry(index, 10 + 37 * usize::try_from(index % 50).expect("small")).to_vec();
    let salt = |index: u64| {
        let mut salt = [7; 32];
        salt[..8].copy_from_slice(&index.to_be_bytes());
        salt
    };
    for index in 0..100 {
        let commitment = commit(&salt(index), &value(index));
        assert_eq!(vault.get(&commitment).expect("readable"), None);
        assert_eq!(vault.put(&salt(index), &value(index)).expect("writable"), commitment);
        assert_eq!(vault.put(&salt(index), &value(index)).expect("the same again is no error"), commitment);
    }
    // The same value behind another salt is another commitment, with a life of its own.
    let other = vault.put(&salt(1_000), &value(4)).expect("writable");
    for index in (0..100).step_by(2) {
        let commitment = commit(&salt(index), &value(index));
        assert!(vault.erase(&commitment).expect("writable"), "it was there");
        assert!(!vault.erase(&commitment).expect("writable"), "it is gone");
        assert_eq!(vault.get(&commitment).expect("readable"), None);
    }
    drop(vault);
    let vault = place();
    for index in 0..100 {
        let held = vault.get(&commit(&salt(index), &value(index))).expect("readable");
        assert_eq!(held, (index % 2 == 1).then(|| (salt(index), value(index))));
    }
    assert_eq!(vault.get(&other).expect("readable"), Some((salt(1_000), value(4))));
    // What was erased may be given again.
    vault.put(&salt(2), &value(2)).expect("writable");
    assert_eq!(vault.get(&commit(&salt(2), &value(2))).expect("readable"), Some((salt(2), value(2))));
    assert!(vault.erase(&commit(&salt(2), &value(2))).expect("writable"));
}
