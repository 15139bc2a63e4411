//! Blobs: where they lie, and what becomes of altered and unfinished ones.

use std::fs;

use ledger::ports::{Blobs, Problem};
use store_sqlite::DirBlobs;
use tempfile::TempDir;
use tlog::Hash;

#[test]
fn a_blob_is_a_read_only_file_under_its_digest() {
    let directory = TempDir::new().unwrap();
    let blobs = DirBlobs::open(directory.path()).unwrap();
    let digest = blobs.put(b"abc").unwrap();
    let name = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.to_string(), name, "FIPS 180-2, appendix B.1");
    let path = directory.path().join("ba").join("78").join(name);
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert!(fs::metadata(&path).unwrap().permissions().readonly());
    assert_eq!(fs::read_dir(directory.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn an_altered_blob_is_reported_and_not_replaced() {
    let directory = TempDir::new().unwrap();
    let blobs = DirBlobs::open(directory.path()).unwrap();
    let digest = blobs.put(b"evidence").unwrap();
    let name = digest.to_string();
    let path = directory.path().join(&name[..2]).join(&name[2..4]).join(&name);
    for other in [&b"evidencE"[..], b"", b"evidence and more"] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, other).unwrap();
        let from = blobs.put_from(&digest, 8, &mut &b"evidence"[..]);
        for error in [blobs.get(&digest).unwrap_err(), blobs.put(b"evidence").unwrap_err(), from.unwrap_err()]
        {
            assert!(matches!(error.problem, Problem::Damaged(_)), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), other, "the trace of the alteration stays");
    }
}

#[test]
fn unfinished_blobs_are_swept_and_never_seen() {
    let directory = TempDir::new().unwrap();
    let blobs = DirBlobs::open(directory.path()).unwrap();
    let digest = Hash::of(b"half");
    fs::write(directory.path().join("tmp").join(format!("{digest}.1.0")), b"ha").unwrap();
    assert_eq!(blobs.get(&digest).unwrap(), None);
    assert_eq!(blobs.sweep().unwrap(), 1);
    assert_eq!(blobs.put(b"half").unwrap(), digest);
    assert_eq!(blobs.sweep().unwrap(), 0);
    assert_eq!(blobs.get(&digest).unwrap().as_deref(), Some(&b"half"[..]));
}
