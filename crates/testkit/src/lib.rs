//! Builders for tests: authors whose streams continue by themselves, ledgers in memory, fixed clocks, and the place of the
//! shared test data. Test-only: nothing here is linked into the program.

mod author;
mod fixture;

pub use author::Author;
pub use fixture::{Fixture, ORIGIN, START, init, keys};

use std::path::PathBuf;

/// The shared test data, if it is there: `VOUCHSAFE_TESTDATA`, else beside the workspace. Says loudly when it is not, and
/// fails in CI.
///
/// # Panics
/// In CI when the data is missing.
#[must_use]
#[expect(clippy::panic, reason = "a test in CI must not pass without its data")]
pub fn shared_data(set: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(set);
    if path.exists() {
        return Some(path);
    }
    if std::env::var_os("CI").is_some() {
        panic!("the test data {} is missing, and CI requires it", path.display());
    }
    eprintln!("SKIPPED: no test data at {}; set VOUCHSAFE_TESTDATA", path.display());
    None
}
