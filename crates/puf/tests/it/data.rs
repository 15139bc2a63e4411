//! The real chips, where the test data are at hand. Names say voltage and number of the read.

use std::fs;
use std::path::{Path, PathBuf};

use puf::report::{Chip, Read};

/// The directory of the power-up reads, or none (said loudly) when the test data are absent; in CI that is a failure.
pub(crate) fn sram() -> Option<PathBuf> {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let dir = root.join("puf/sram-tribler");
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var_os("CI").is_none(), "test data missing: {}", dir.display());
    println!("SKIPPED: no test data at {}", dir.display());
    None
}

/// All reads of one directory, by name.
pub(crate) fn reads(dir: &Path) -> Vec<Read> {
    let mut reads: Vec<Read> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let label = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let condition = label.split('-').next().unwrap().to_owned();
            Read { label, condition, bytes: fs::read(&path).unwrap() }
        })
        .collect();
    reads.sort_by(|a, b| a.label.cmp(&b.label));
    reads
}

/// Labels enrolled on every CY62256NLL chip: nine nominal reads and four from each end of the voltage range, none of them bad.
pub(crate) fn enrolled(label: &str) -> bool {
    let number: u32 = label[label.len() - 2..].parse().unwrap();
    match label.split('-').next() {
        Some("normal") => (4..=12).contains(&number),
        Some("4.5V" | "5.0V") => (4..=7).contains(&number),
        _ => false,
    }
}

/// The five genuine chips, enrolment reads chosen.
pub(crate) fn genuine(dir: &Path) -> Vec<Chip> {
    ["A", "B", "C", "D", "E"]
        .into_iter()
        .map(|name| {
            let reads = reads(&dir.join("CY62256NLL").join(name));
            let enrol =
                reads.iter().enumerate().filter(|(_, r)| enrolled(&r.label)).map(|(i, _)| i).collect();
            Chip { name: name.to_owned(), reads, enrol }
        })
        .collect()
}
