//! Measures the marks of the design against floors of the same run and prints one table. See `docs/performance.md`.
//!
//! `vouchsafe-bench [--quick] [--entries N] [--dir DIR] [--only WORD]`: DIR lies on the disk to be measured. Not here: the
//! work that is measured; it is the ledger's own, on the embedded stores, as the program uses it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a measurement reads the clock and stops when something is not as expected"
)]

mod acknowledge;
mod audits;
mod big;
mod http;
mod ingest;
mod load;
mod machine;
mod memory;
mod packages;
mod populations;
mod records;
mod restart;
mod rolls;
mod sboms;
mod stall;
mod table;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use table::Table;

/// What was asked for.
pub(crate) struct Settings {
    /// Shorter runs and a smaller log.
    pub(crate) quick: bool,
    /// Entries of the large log.
    pub(crate) entries: u64,
    /// Where everything is written.
    pub(crate) directory: PathBuf,
    /// Runs of which the median counts.
    pub(crate) runs: usize,
}

/// What measures one part and adds its lines.
type Part = fn(&Settings, &mut Table);

fn main() -> ExitCode {
    let (mut quick, mut entries, mut directory, mut only) = (false, None, std::env::temp_dir(), None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => quick = true,
            "--entries" => entries = words.next().and_then(|n| n.replace('_', "").parse().ok()),
            "--dir" => directory = words.next().map_or(directory, PathBuf::from),
            "--only" => only = words.next(),
            http::SERVE => {
                http::be_the_server(words.next().map(PathBuf::from).unwrap());
                return ExitCode::SUCCESS;
            }
            records::CHECK => {
                records::check_once(&words.next().map(PathBuf::from).unwrap());
                return ExitCode::SUCCESS;
            }
            restart::WORLD => {
                restart::weigh(&words.next().map(PathBuf::from).unwrap());
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("unknown argument `{other}`");
                eprintln!("usage: vouchsafe-bench [--quick] [--entries N] [--dir DIR] [--only WORD]");
                return ExitCode::from(2);
            }
        }
    }
    let directory = directory.join(format!("vouchsafe-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let entries = entries.unwrap_or(if quick { 1_000_000 } else { 10_000_000 });
    let settings = Settings { quick, entries, directory, runs: if quick { 3 } else { 5 } };
    machine::describe(&settings.directory);
    let mut table = Table::default();
    let parts: [(&str, Part); 13] = [
        ("tree", tree::measure),
        ("sboms", sboms::measure),
        ("ingest", ingest::measure),
        ("http", http::measure),
        ("rolls", rolls::measure),
        ("acknowledge", acknowledge::measure),
        ("stall", stall::measure),
        ("audit", audits::measure),
        ("package", packages::measure),
        ("restart", restart::measure),
        ("records", records::measure),
        ("populations", populations::measure),
        ("memory", memory::measure),
    ];
    for (name, measure) in parts {
        if only.as_deref().is_none_or(|o| o == name) {
            eprintln!("measuring: {name}");
            measure(&settings, &mut table);
        }
    }
    machine::describe_load("at the end");
    table.print();
    std::fs::remove_dir_all(&settings.directory).unwrap();
    ExitCode::SUCCESS
}
