//! A full disk: a small file system in memory, mounted for a child process alone.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use ledger::conformance::Feeder;
use ledger::ports::{Appended, Blobs, Guard, Log, Problem};
use store_sqlite::{DirBlobs, FileGuard, SqliteLog};
use tempfile::TempDir;

use super::child;

const MOUNT: &str = "mount -t tmpfs -o size=3m none \"$VOUCHSAFE_TEST_DIRECTORY\" && exec \"$0\" \"$@\"";

#[test]
fn a_full_disk_is_said_and_survived() {
    let directory = TempDir::new().unwrap();
    // As root, or as root of a namespace of one's own where that is allowed.
    for before in [&["unshare", "-m", "sh", "-c", MOUNT][..], &["unshare", "-rm", "sh", "-c", MOUNT]] {
        let mut probe = std::process::Command::new(before[0]);
        probe.args(&before[1..]).arg("true").env("VOUCHSAFE_TEST_DIRECTORY", directory.path());
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            continue;
        }
        let output = child::command(before, "full", directory.path(), 0).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let wrote = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{wrote}");
        let full = said.lines().filter_map(child::said).find(|(word, _)| *word == "full");
        assert!(full.is_some_and(|(_, times)| times > 20), "the disk was full: {said}");
        return;
    }
    assert!(std::env::var_os("CI").is_none(), "no small file system can be mounted (unshare, mount)");
    println!("SKIPPED: no small file system can be mounted (unshare, mount), so no disk was full");
}

/// What the child does.
pub(crate) fn on_a_small_disk(directory: &Path) {
    let mut times = 0;
    // Other ballast, other batches: room runs out at other points of the transaction.
    for round in 0..12_usize {
        let data = directory.join(format!("data{round}"));
        let ballast = directory.join("ballast");
        fs::write(&ballast, vec![1; 1_500_000 + round * 1_111]).unwrap();
        let log = SqliteLog::open(&data).unwrap();
        let mut feeder = Feeder::new();
        let (count, bytes) = [(1, 3_000), (30, 512), (256, 100), (700, 333)][round % 4];
        loop {
            let batch = feeder.uniform(count, bytes);
            match log.append(&batch) {
                Appended::Committed => feeder.committed(&batch),
                Appended::Refused(error) => {
                    assert!(matches!(error.problem, Problem::Full(_)), "{error}");
                    break;
                }
                Appended::Unknown(error) => panic!("a full disk is no riddle: {error}"),
            }
        }
        assert!(feeder.size() > 0);
        times += 1;
        // All is readable, and trying again changes nothing. The checkpointer may have made a little room meanwhile.
        for _ in 0..3 {
            let batch = feeder.uniform(count, bytes);
            match log.append(&batch) {
                Appended::Committed => feeder.committed(&batch),
                Appended::Refused(error) => {
                    assert!(matches!(error.problem, Problem::Full(_)), "{error}");
                    times += 1;
                }
                Appended::Unknown(error) => panic!("a full disk is no riddle: {error}"),
            }
            feeder.check(&log);
        }
        let staged = log.staged(0, usize::MAX).unwrap();
        match log.stage(&feeder.uniform(40, 60_000).entries) {
            Err(error) => assert!(matches!(error.problem, Problem::Full(_)), "{error}"),
            Ok(_) => panic!("2.4 MB fit on a full disk"),
        }
        assert_eq!(log.staged(0, usize::MAX).unwrap(), staged, "nothing was kept");
        feeder.check(&SqliteLog::open_reader(&data).unwrap());
        // With room again it goes on as if nothing had been.
        fs::remove_file(&ballast).unwrap();
        if round == 0 {
            the_others(directory, &data);
        }
        feeder.append(&log, &feeder.clone().uniform(count, bytes));
        feeder.check(&log);
        drop(log);
        feeder.check(&SqliteLog::open(&data).unwrap());
        fs::remove_dir_all(&data).unwrap();
    }
    println!("> full {times}");
}

fn the_others(directory: &Path, data: &Path) {
    // What is left of the disk goes into this.
    let rest = directory.join("rest");
    let _ = fs::write(&rest, vec![2; 4_000_000]);
    let blobs = directory.join("blobs");
    if let Ok(blobs) = DirBlobs::open(&blobs) {
        let bytes = vec![3; 100_000];
        let error = blobs.put(&bytes).unwrap_err();
        assert!(matches!(error.problem, Problem::Full(_)), "{error}");
        assert!(!blobs.has(&tlog::Hash::of(&bytes)).unwrap(), "nothing by half");
        assert_eq!(blobs.sweep().unwrap(), 0, "no temporary file is left");
    }
    fs::remove_file(&rest).unwrap();
    let guard = FileGuard::new(&directory.join("guard"), data).unwrap();
    guard.store("old\n").unwrap();
    let _ = fs::write(&rest, vec![2; 4_000_000]);
    if let Err(error) = guard.store(&"new\n".repeat(15_000)) {
        assert!(matches!(error.problem, Problem::Full(_)), "{error}");
        assert_eq!(guard.load().unwrap().as_deref(), Some("old\n"));
    } else {
        panic!("60,000 bytes fit on a full disk");
    }
    fs::remove_file(&rest).unwrap();
    fs::remove_dir_all(&blobs).unwrap();
}
