//! One flipped byte anywhere in the data directory of a whole ledger: loading or the audit reports it, or it changes nothing
//! that is read. Never a silent change.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::audit::{Depth, audit};
use ledger::conformance::Random;
use ledger::ports::{Blobs, Log, Vault};
use ledger::{Doubt, Standing, load};
use store_sqlite::{DirBlobs, SqliteLog, SqliteVault};
use tempfile::TempDir;
use tlog::Hash;

use super::ledger_place::{Place, copy, fill, writer};

/// What is in the directory besides the log.
struct Kept {
    blobs: Vec<Hash>,
    values: Vec<Hash>,
}

fn made(place: &Place) -> Kept {
    place.make();
    let ledger = place.open(10).unwrap();
    let mut author = writer(0, 7);
    fill(&ledger, &mut author, 300);
    ledger.seal().unwrap();
    fill(&ledger, &mut author, 100);
    ledger.seal().unwrap();
    fill(&ledger, &mut author, 150);
    let blobs = (1..4u8).map(|n| ledger.blobs().put(&vec![n; 700 * usize::from(n)]).unwrap()).collect();
    let values = (1..4u8).map(|n| ledger.vault().put(&[n; 32], &[n; 200]).unwrap()).collect();
    Kept { blobs, values }
}

/// What one reads from the directory: each part is what it says, or that it is damaged.
#[derive(Debug, PartialEq)]
struct Read {
    log: Result<Content, String>,
    audit: Option<String>,
    blobs: Vec<Result<Option<Vec<u8>>, ()>>,
    values: Vec<Result<Option<Vec<u8>>, ()>>,
}

#[derive(Debug, PartialEq)]
struct Content {
    head: String,
    root: Hash,
    entries: Hash,
    tiles: String,
    world: Hash,
}

fn read(place: &Place, kept: &Kept) -> Read {
    let data = place.data();
    let (found, audited) = match SqliteLog::open(&data) {
        Err(e) => (Err(e.to_string()), Some(e.to_string())),
        Ok(log) => {
            let report = audit(&log, Depth { signatures: false, threads: 1 }, None, |_, _| {});
            let problem = report.map_or_else(|e| Some(e.to_string()), |r| r.problem.map(|(_, e)| e));
            (content(place, &log).map_err(|e| e.to_string()), problem)
        }
    };
    let blobs = DirBlobs::open(&data.join("blobs")).unwrap();
    let value = |vault: &Result<SqliteVault, _>, c: &Hash| match vault {
        Ok(vault) => vault.get(c).map(|v| v.map(|(_, value)| value)).map_err(|_| ()),
        Err(_) => Err(()),
    };
    let vault = SqliteVault::open(&data);
    Read {
        log: found,
        audit: audited,
        blobs: kept.blobs.iter().map(|d| blobs.get(d).map_err(|_| ())).collect(),
        values: kept.values.iter().map(|c| value(&vault, c)).collect(),
    }
}

fn content(place: &Place, log: &SqliteLog) -> Result<Content, ledger::LedgerError> {
    let loaded = load(log, Some(&place.snapshots()))?;
    let entries = log.read(0, usize::MAX, usize::MAX)?;
    let mut tiles = String::new();
    for index in 0..3 {
        let (tile, bundle) = (log.tile(0, index)?, log.bundle(index)?);
        tiles += &format!("{:?} {:?} ", tile.map(|t| Hash::of(&t)), bundle.map(|b| Hash::of(&b)));
    }
    tiles += &format!("{:?} {:?}", log.cosigned()?, log.staged(0, 10)?);
    let mut world = loaded.world;
    world.freeze();
    let mut states = Vec::new();
    for concern in world::CONCERNS {
        let all = world.frozen(concern, None, usize::MAX).unwrap();
        all.iter().for_each(|s| states.extend_from_slice(&s.leaf_hash().0));
    }
    Ok(Content {
        head: loaded.head.checkpoint.to_string(),
        root: loaded.edge.root(),
        entries: Hash::of(&entries.concat()),
        tiles,
        world: Hash::of(&states),
    })
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Flips one byte of a copy, which the owner may have made read-only.
fn flip(path: &Path, at: usize, change: u8) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= change;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn every_file_of_a_stopped_ledger() {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().join("good"));
    fs::create_dir(&place.0).unwrap();
    let kept = made(&place);
    // Opening writes: the comparison begins from what is there afterwards.
    let due = read(&place, &kept);
    assert!(due.log.is_ok() && due.audit.is_none(), "{due:?}");
    let mut all = Vec::new();
    files(&place.data(), &mut all);
    all.sort();
    let mut random = Random::new(5);
    let (mut silent, mut reported, mut flips) = (0, 0, 0);
    for file in &all {
        let length = fs::metadata(file).unwrap().len();
        let name = file.strip_prefix(&place.0).unwrap();
        let samples = if name.ends_with("log.sqlite") { 160 } else { length.min(10) };
        for _ in 0..samples {
            let (at, change) = (random.below(length) as usize, 1 + random.below(255) as u8);
            let other = Place(directory.path().join("bad"));
            copy(&place.0, &other.0);
            flip(&other.0.join(name), at, change);
            let found = read(&other, &kept);
            fs::remove_dir_all(&other.0).unwrap();
            let context = format!("{}, byte {at} changed by {change:#04x}", name.display());
            flips += 1;
            if found == due {
                silent += 1;
                continue;
            }
            reported += 1;
            // Each part is what it was, or it is reported.
            assert!(found.log == due.log || found.log.is_err(), "{context}: {:?}", found.log);
            assert!(found.log.is_ok() || found.audit.is_some(), "{context}: the audit finds nothing");
            for (found, due) in found.blobs.iter().zip(&due.blobs).chain(found.values.iter().zip(&due.values))
            {
                assert!(found == due || found.is_err(), "{context}: {found:?}");
            }
        }
    }
    println!(
        "{} files, {flips} flips: {reported} were reported, {silent} changed nothing that is read",
        all.len()
    );
    assert!(all.len() > 8 && reported > 20 && silent > 20, "{} files", all.len());
}

/// What a crash leaves: a flip in the write-ahead log may cost the commits after it, as a whole. Then the guard says so.
#[test]
fn the_write_ahead_log_of_a_killed_ledger() {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().join("good"));
    fs::create_dir(&place.0).unwrap();
    place.make();
    let ledger = place.open(10).unwrap();
    let mut author = writer(0, 7);
    for count in [40, 200, 30, 60, 5] {
        fill(&ledger, &mut author, count);
    }
    let (size, head) = (ledger.read().size, ledger.checkpoint());
    copy(&place.0, &directory.path().join("crashed"));
    drop(ledger);
    // The guard of the stopped ledger knows the head.
    fs::copy(place.0.join("guard"), directory.path().join("crashed/guard")).unwrap();
    let crashed = Place(directory.path().join("crashed"));
    let wal = crashed.data().join("log.sqlite-wal");
    let length = fs::metadata(&wal).unwrap().len();
    assert!(length > 100_000, "the WAL holds the log: {length}");
    let mut random = Random::new(6);
    let (mut whole, mut lost, mut unopened) = (0, 0, 0);
    for _ in 0..80 {
        let other = Place(directory.path().join("bad"));
        copy(&crashed.0, &other.0);
        let at = random.below(length) as usize;
        flip(&other.data().join("log.sqlite-wal"), at, 1 + random.below(255) as u8);
        match other.open(20) {
            Err(_) => unopened += 1,
            Ok(ledger) => match ledger.standing() {
                Standing::Writable => {
                    assert_eq!((ledger.read().size, ledger.checkpoint()), (size, head.clone()), "byte {at}");
                    whole += 1;
                }
                Standing::ReadOnly(Doubt::TailLost { stored, seen }) => {
                    assert!(stored < seen && seen == size, "byte {at}: {stored} of {seen}");
                    lost += 1;
                }
                other => panic!("byte {at}: {other}"),
            },
        }
        fs::remove_dir_all(&other.0).unwrap();
    }
    println!("80 flips in {length} bytes of WAL: {whole} left all, {lost} read-only, {unopened} not opened");
    assert!(lost > 0);
}
