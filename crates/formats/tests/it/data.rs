//! Finds the shared test data, and says loudly when it is not there.

use std::path::{Path, PathBuf};

/// The folder of a set, or `None` (after a loud line) when the shared data is not on this machine.
///
/// # Panics
/// In CI, where the data has to be there.
pub(crate) fn folder(set: &str) -> Option<PathBuf> {
    let base = std::env::var_os("VOUCHSAFE_TESTDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = base.join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the test data {set} is missing; set VOUCHSAFE_TESTDATA");
    eprintln!("SKIPPED: the test data {set} is not here; set VOUCHSAFE_TESTDATA to the folder that holds it");
    None
}

/// All files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
