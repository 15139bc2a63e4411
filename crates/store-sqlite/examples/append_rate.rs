//! How fast the log appends and reads here: prints a table. Run with `cargo run --release --example append_rate [DIR]`;
//! DIR lies on the disk to be measured (the temporary directory otherwise).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement: it reads the clock and may stop"
)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::ports::{Appended, Batch, Log};
use store_sqlite::SqliteLog;
use tlog::tile::Edge;

const ENTRY_BYTES: usize = 512;

fn percentile(times: &mut [Duration], part: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() * part / 1_000).min(times.len() - 1)].as_secs_f64() * 1_000.0
}

/// Median of a bare 4 KiB write and fdatasync within a file that has its size already, in ms.
fn floor(directory: &std::path::Path) -> f64 {
    let path = directory.join("probe");
    let mut file = File::create(&path).unwrap();
    file.write_all(&vec![0; 4 << 20]).unwrap();
    file.sync_all().unwrap();
    let mut times: Vec<Duration> = (0..200_u64)
        .map(|round| {
            let start = Instant::now();
            file.write_all_at(&[round.to_le_bytes()[0]; 4_096], round % 1_024 * 4_096).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    fs::remove_file(path).unwrap();
    percentile(&mut times, 500)
}

fn batch(edge: &mut Edge, count: usize) -> Batch {
    let first = edge.size();
    let mut tiles = Vec::new();
    let entries: Vec<Arc<[u8]>> = (0..count as u64)
        .map(|place| {
            let mut entry = vec![0x5a; ENTRY_BYTES];
            entry[..8].copy_from_slice(&(first + place).to_be_bytes());
            edge.append(tlog::leaf_hash(&entry), &mut tiles);
            entry.into()
        })
        .collect();
    let checkpoint = format!("bench\n{}\n{}\n", edge.size(), edge.root().to_base64()).into();
    Batch { first, entries, tiles, checkpoint }
}

fn main() {
    let base = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let base = base.join(format!("append-rate-{}", std::process::id()));
    fs::create_dir_all(&base).unwrap();
    println!(
        "{ENTRY_BYTES}-byte entries; the floor is the median of a bare 4 KiB write and fdatasync, before and after"
    );
    println!(
        "| batch | appends | entries/s | p50 ms | p99 ms | max ms | floor ms | bytes an entry on disk |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for count in [1, 64, 256, 1_024] {
        let directory = base.join(count.to_string());
        let log = SqliteLog::open(&directory).unwrap();
        let mut edge = Edge::new();
        let before = floor(&base);
        let (mut times, mut spent) = (Vec::new(), Duration::ZERO);
        // About six seconds each; at least some tens of bundles.
        while spent < Duration::from_secs(6) {
            let batch = batch(&mut edge, count);
            let start = Instant::now();
            assert_eq!(log.append(&batch), Appended::Committed);
            let time = start.elapsed();
            spent += time;
            times.push(time);
        }
        let rate = edge.size() as f64 / spent.as_secs_f64();
        let (p50, p99, most) =
            (percentile(&mut times, 500), percentile(&mut times, 990), percentile(&mut times, 1_000));
        if count == 1_024 {
            read_one_by_one(&log, edge.size());
        }
        drop(log);
        let bytes = fs::metadata(directory.join("log.sqlite")).unwrap().len() as f64 / edge.size() as f64;
        let (appends, after) = (times.len(), floor(&base));
        println!(
            "| {count} | {appends} | {rate:.0} | {p50:.2} | {p99:.2} | {most:.2} | {before:.2}, {after:.2} | {bytes:.1} |"
        );
    }
    fs::remove_dir_all(base).unwrap();
}

fn read_one_by_one(log: &SqliteLog, size: u64) {
    let mut at = 12_345;
    let mut times: Vec<Duration> = (0..5_000)
        .map(|_| {
            at = (at * 6_364_136_223 + 1_442_695) % (size / 256 * 256);
            let start = Instant::now();
            assert_eq!(log.read(at, 1, usize::MAX).unwrap().len(), 1);
            start.elapsed()
        })
        .collect();
    let start = Instant::now();
    let mut from = 0;
    while from < size {
        from += log.read(from, 4_096, usize::MAX).unwrap().len() as u64;
    }
    let rate = size as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = (percentile(&mut times, 500), percentile(&mut times, 990));
    println!(
        "one entry from a bundle: p50 {:.0} µs, p99 {:.0} µs; all, checked: {rate:.0} entries/s",
        p50 * 1e3,
        p99 * 1e3
    );
}
