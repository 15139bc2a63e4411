//! The guard: where it may not lie, and what it reads back.

use std::fs;

use ledger::ports::{Guard, Problem};
use store_sqlite::FileGuard;
use tempfile::TempDir;

#[test]
fn a_guard_inside_the_data_is_refused() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    fs::create_dir_all(data.join("deep")).unwrap();
    fs::create_dir(directory.path().join("elsewhere")).unwrap();
    let mut inside = vec![data.join("guard"), data.join("deep").join("guard"), data.join("../data/guard")];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&data, directory.path().join("link")).unwrap();
        inside.push(directory.path().join("link").join("guard"));
        fs::write(data.join("real"), "x").unwrap();
        std::os::unix::fs::symlink(data.join("real"), directory.path().join("elsewhere/guard")).unwrap();
        inside.push(directory.path().join("elsewhere/guard"));
    }
    for path in inside {
        let error = FileGuard::new(&path, &data).unwrap_err();
        assert!(matches!(error.problem, Problem::Failed(_)), "{error}");
        assert!(error.to_string().contains("inside the data directory"), "{error}");
    }
    // A name that only begins like it is another place.
    fs::create_dir(directory.path().join("data2")).unwrap();
    FileGuard::new(&directory.path().join("data2/guard"), &data).unwrap();
    assert!(FileGuard::new(&directory.path().join("nowhere/guard"), &data).is_err());
    assert!(FileGuard::new(std::path::Path::new("/"), &data).is_err());
}

#[test]
fn what_is_no_checkpoint_is_reported() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    let path = directory.path().join("guard");
    let guard = FileGuard::new(&path, &data).unwrap();
    for bytes in [&b""[..], b"\xff\xfe", &[b'x'; 70_000]] {
        fs::write(&path, bytes).unwrap();
        let error = guard.load().unwrap_err();
        assert!(matches!(error.problem, Problem::Damaged(_)), "{error}");
    }
    assert!(guard.store("").is_err());
    // A half-written file of an earlier process is in nobody's way.
    fs::write(directory.path().join("guard.new"), "half").unwrap();
    guard.store("whole\n").unwrap();
    assert_eq!(guard.load().unwrap().as_deref(), Some("whole\n"));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "guard and data, nothing else");
}
