//! Where the shared test data lies, and what to do when it is not there.

use std::path::PathBuf;

use serde_json::Value;

/// The folder `name` of the shared data: `VOUCHSAFE_TESTDATA`, else beside the workspace. `None`, said loudly, when it is
/// not there; a failure where `CI` is set.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "test data is missing: {}", folder.display());
    println!("SKIPPED: test data is missing: {}", folder.display());
    None
}

pub(crate) fn text(folder: &std::path::Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The cases of a vector file: an array, or `{"tests": […]}`.
pub(crate) fn cases(folder: &std::path::Path, name: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(&text(folder, name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let tests = value.get("tests").unwrap_or(&value);
    tests.as_array().unwrap_or_else(|| panic!("{name}: no cases")).clone()
}

pub(crate) fn str_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// All files below a folder whose names end so, sorted.
pub(crate) fn files(folder: &std::path::Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_str().is_some_and(|path| path.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The last part of a path.
pub(crate) fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
