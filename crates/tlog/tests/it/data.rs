//! Finds the shared test data, which is not part of this repository.

use std::path::PathBuf;

/// The folder `name` of the shared data; `None`, loudly, where there is none. Fails under `CI`.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "test data is missing: set VOUCHSAFE_TESTDATA");
    std::eprintln!("SKIPPED: no test data at {}", folder.display());
    None
}
