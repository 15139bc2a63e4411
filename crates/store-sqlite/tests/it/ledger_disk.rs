//! A ledger on disks that are full, on restored backups, beside a second process, and under a clock that was set back.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use ledger::audit::{Depth, audit};
use ledger::{Doubt, Ledger, Rejection, Standing};
use store_sqlite::SqliteLog;
use tempfile::TempDir;

use super::ledger_place::{Place, Said, clock, command, copy, fill, guarded, next, retired, start, writer};

const MOUNT: &str = "mkdir -p \"$VOUCHSAFE_TEST_DIRECTORY/data\" && mount -t tmpfs -o size=4m none \"$VOUCHSAFE_TEST_DIRECTORY/data\" \
     && exec \"$0\" \"$@\"";

fn made() -> (TempDir, Place) {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().into());
    place.make();
    (directory, place)
}

fn refused(ledger: &Ledger, stream: u64) -> String {
    let outcome = ledger.submit(vec![writer(0, stream).state(retired(1))]).remove(0);
    let rejection = outcome.unwrap_err();
    assert_eq!(rejection.code(), "unavailable");
    rejection.to_string()
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().into());
    for before in [&["unshare", "-m", "sh", "-c", MOUNT][..], &["unshare", "-rm", "sh", "-c", MOUNT]] {
        let mut probe = std::process::Command::new(before[0]);
        probe.args(&before[1..]).arg("true").env("VOUCHSAFE_TEST_DIRECTORY", directory.path());
        if !probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
            continue;
        }
        let output = command(before, "full", &place, 0).output().unwrap();
        let (said, wrote) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("> was full"), "{said}\n{wrote}");
        return;
    }
    assert!(std::env::var_os("CI").is_none(), "no small file system can be mounted (unshare, mount)");
    println!("SKIPPED: no small file system can be mounted (unshare, mount), so no disk was full");
}

/// What the child does: `data` is a file system of 4 MiB.
pub(crate) fn on_a_small_disk(place: &Place) {
    place.make();
    let ballast = place.data().join("ballast");
    fs::write(&ballast, vec![1; 2_500_000]).unwrap();
    let ledger = place.open(10).unwrap();
    let mut author = writer(0, 7);
    let mut acknowledged = Vec::new();
    let mut full = 0;
    // Bounded by the disk: each batch is some 30 kB.
    while full < 3 {
        let (sequence, previous) = (author.sequence, author.previous);
        let batch: Vec<Arc<[u8]>> = (0..100).map(|n| author.state(retired(n))).collect();
        let outcomes = ledger.submit(batch.clone());
        if outcomes.iter().all(Result::is_ok) {
            acknowledged.extend(batch.into_iter().zip(outcomes.into_iter().flatten().map(|r| r.index)));
            continue;
        }
        for outcome in &outcomes {
            let Err(rejection) = outcome else { panic!("half a batch was taken") };
            assert!(matches!(rejection, Rejection::Unavailable(_)), "a full disk is no riddle: {rejection}");
            assert!(full > 0 || rejection.to_string().contains("no space left"), "{rejection}");
        }
        full += 1;
        (author.sequence, author.previous) = (sequence, previous);
        std::thread::sleep(Duration::from_millis(30));
    }
    for (raw, index) in &acknowledged {
        assert_eq!(ledger.entry(*index).unwrap().1, *raw, "what was acknowledged is there and can be read");
    }
    fs::remove_file(&ballast).unwrap();
    fill(&ledger, &mut author, 300);
    drop(ledger);
    let log = SqliteLog::open(&place.data()).unwrap();
    let report = audit(&log, Depth { signatures: true, threads: 1 }, None, |_, _| {}).unwrap();
    assert!(report.holds() && acknowledged.len() > 500, "{report:?}");
    drop(log);
    assert_eq!(place.open(20).unwrap().standing(), Standing::Writable);
    println!("> was full");
}

#[test]
fn a_restored_backup_is_read_only_and_says_what_is_missing() {
    let (directory, place) = made();
    let ledger = place.open(10).unwrap();
    let mut author = writer(0, 7);
    fill(&ledger, &mut author, 400);
    let stored = ledger.read().size;
    drop(ledger);
    copy(&place.data(), &directory.path().join("cold"));
    let ledger = place.open(20).unwrap();
    fill(&ledger, &mut author, 150);
    // A backup made beside the running ledger, with the write-ahead log as it was at that moment.
    copy(&place.data(), &directory.path().join("hot"));
    fill(&ledger, &mut author, 150);
    let seen = ledger.read().size;
    drop(ledger);
    assert_eq!(guarded(&place), seen, "a stop leaves the guard at the head");
    for backup in ["cold", "hot"] {
        fs::remove_dir_all(place.data()).unwrap();
        copy(&directory.path().join(backup), &place.data());
        let ledger = place.open(30).unwrap();
        match ledger.standing() {
            Standing::ReadOnly(Doubt::TailLost { stored: s, seen: n }) => {
                assert!(n == seen && s < n && (backup == "hot" || s == stored), "{s} of {n}");
            }
            other => panic!("{backup}: {other}"),
        }
        assert!(refused(&ledger, 8).contains("entries are missing"));
        assert!(ledger.entry(300).is_ok(), "it can be read");
        drop(ledger);
        assert_eq!(guarded(&place), seen, "the guard stays where it was");
    }
}

#[test]
fn a_guard_with_any_byte_flipped_keeps_the_log_read_only() {
    let (directory, place) = made();
    fill(&place.open(10).unwrap(), &mut writer(0, 7), 20);
    let path = directory.path().join("guard");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, &bad).unwrap();
        let standing = place.open(20).unwrap().standing();
        assert!(matches!(standing, Standing::ReadOnly(Doubt::GuardUnreadable(_))), "byte {at}: {standing}");
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(place.open(20).unwrap().standing(), Standing::Writable);
}

#[test]
fn a_second_process_is_told_who_has_the_directory() {
    let (_directory, place) = made();
    let ledger = place.open(10).unwrap();
    let (mut process, mut lines) = start("open", &place, 0);
    let Some(Said::Other(words)) = next(&mut lines) else { panic!("two writers") };
    assert!(words.contains(&format!("process {}", std::process::id())), "{words}");
    process.wait().unwrap();
    fill(&ledger, &mut writer(0, 7), 10);
    drop(ledger);
    let (mut process, mut lines) = start("open", &place, 0);
    assert!(matches!(next(&mut lines), Some(Said::Opened)));
    process.wait().unwrap();
}

#[test]
fn a_clock_set_back_stops_log_time_and_nothing_else() {
    let (_directory, place) = made();
    let ledger = place.open(5_000).unwrap();
    fill(&ledger, &mut writer(0, 7), 10);
    let then = ledger.read().now();
    drop(ledger);
    let clock = Arc::new(clock(1_000));
    let ledger = place.open_with(clock.clone()).unwrap();
    assert_eq!(ledger.standing(), Standing::Writable);
    fill(&ledger, &mut writer(0, 8), 10);
    assert_eq!(ledger.read().now(), then);
    clock.set(then.plus(1));
    fill(&ledger, &mut writer(0, 9), 10);
    assert_eq!(ledger.read().now(), then.plus(1), "it goes on where it stopped");
}
