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

/// A path under the root of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// Holds `fresh` against the committed file; with `UPDATE_GOLDEN=1` in the environment, writes the file instead.
pub(crate) fn compare(path: &str, fresh: &str) {
    let file = repository(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(file.parent().expect("in a folder")).expect("a folder for golden files");
        std::fs::write(&file, fresh).expect("a golden file that can be written");
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    for (n, (kept, fresh)) in kept.lines().zip(fresh.lines()).enumerate() {
        assert_eq!(kept, fresh, "{path}, line {}; UPDATE_GOLDEN=1 rewrites it", n + 1);
    }
    assert_eq!(kept.len(), fresh.len(), "{path} has other lines; UPDATE_GOLDEN=1 rewrites it");
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Bytes from hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).expect("hexadecimal digits"))
        .collect()
}
