//! What was erased is in none of the vault's files.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::conformance::Random;
use ledger::ports::{Problem, Vault, commit};
use store_sqlite::SqliteVault;
use tempfile::TempDir;

/// All bytes of all files, as another process copied them: closing a file here would let go of SQLite's locks on it.
fn bytes(directory: &Path) -> Vec<u8> {
    let copy = TempDir::new().unwrap();
    let status = Command::new("cp").arg("-r").arg(directory).arg(copy.path().join("c")).status();
    assert!(status.unwrap().success());
    let files = fs::read_dir(copy.path().join("c")).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn noise(random: &mut Random, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| random.any().to_be_bytes()).flatten().take(length).collect()
}

/// Whether any 16 bytes of `piece`, taken every 8, occur.
fn occurs(index: &std::collections::BTreeSet<&[u8]>, piece: &[u8]) -> bool {
    piece.windows(16).step_by(8).any(|window| index.contains(window))
}

#[test]
fn erased_means_that_the_files_hold_no_byte_of_it() {
    let directory = TempDir::new().unwrap();
    let vault = SqliteVault::open(directory.path()).unwrap();
    let mut random = Random::new(11);
    let mut held: Vec<([u8; 32], Vec<u8>)> = Vec::new();
    let mut gone = Vec::new();
    for round in 0..4 {
        for _ in 0..60 {
            let length = [16, 40, 200, 1_500, 20_000][random.below(5) as usize];
            let (salt, value) = (noise(&mut random, 32).try_into().unwrap(), noise(&mut random, length));
            vault.put(&salt, &value).unwrap();
            held.push((salt, value));
        }
        for _ in 0..25 {
            let (salt, value) = held.swap_remove(random.below(held.len() as u64) as usize);
            assert!(vault.erase(&commit(&salt, &value)).unwrap());
            gone.push((salt, value));
        }
        let all = bytes(directory.path());
        let index: std::collections::BTreeSet<&[u8]> = all.windows(16).collect();
        for (salt, value) in &gone {
            assert!(!occurs(&index, salt) && !occurs(&index, value), "round {round}");
        }
        // The search would find them if they were there.
        assert!(
            held.iter().all(|(salt, value)| occurs(&index, salt) && occurs(&index, value)),
            "round {round}"
        );
    }
    for (salt, value) in held {
        assert_eq!(vault.get(&commit(&salt, &value)).unwrap(), Some((salt, value)));
    }
}

#[test]
fn an_altered_value_is_reported() {
    let directory = TempDir::new().unwrap();
    let vault = SqliteVault::open(directory.path()).unwrap();
    let commitment = vault.put(&[9; 32], b"a printed name, of some length").unwrap();
    drop(vault);
    let path = directory.path().join("vault.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(14).position(|window| window == b"a printed name").unwrap();
    bytes[place] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    let error = SqliteVault::open(directory.path()).unwrap().get(&commitment).unwrap_err();
    assert!(matches!(error.problem, Problem::Damaged(_)), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let vault = SqliteVault::open(directory.path()).unwrap();
    vault.put(&[9; 32], b"x").unwrap();
    for name in ["vault.sqlite", "vault.sqlite-wal", "vault.sqlite-shm"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
    }
}
