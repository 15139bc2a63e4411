//! The machine: what it is, and its floors: one fdatasync, one signature verified, one hash; and processor time used.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

use crate::table::median;

/// Ticks of `/proc/self/stat` in a second; fixed on Linux for user space.
const TICKS: f64 = 100.0;

fn line(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("?");
    line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
}

/// Says what the figures were measured on.
pub(crate) fn describe(directory: &Path) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!(
        "machine: {}, {cores} cores, {}",
        line("/proc/cpuinfo", "model name"),
        line("/proc/meminfo", "MemTotal")
    );
    println!("system: Linux {}, SQLite at least {:?}", kernel.trim(), store_sqlite::MIN_SQLITE_VERSION);
    println!("file system: {}", file_system(directory));
    describe_load("at the start");
}

fn file_system(directory: &Path) -> String {
    let path = directory.canonicalize().unwrap_or_default();
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let parts = mounts.lines().filter_map(|l| {
        let mut words = l.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let longest = parts.filter(|(at, _)| path.starts_with(at)).max_by_key(|(at, _)| at.len());
    longest.map_or("?".into(), |(_, kind)| kind.to_owned())
}

/// Says how busy the machine is: figures of a busy machine are worse than it can do.
pub(crate) fn describe_load(when: &str) {
    println!("load average {when}: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// A file that has its size already, to write into and sync.
pub(crate) struct Probe {
    file: File,
    round: u64,
}

impl Probe {
    pub(crate) fn new(directory: &Path, name: &str) -> Self {
        let mut file = File::create(directory.join(name)).unwrap();
        file.write_all(&vec![0; 4 << 20]).unwrap();
        file.sync_all().unwrap();
        Self { file, round: 0 }
    }

    /// Milliseconds of a 4 KiB write and its fdatasync.
    pub(crate) fn sync(&mut self) -> f64 {
        self.round += 1;
        let start = Instant::now();
        self.file.write_all_at(&[self.round.to_le_bytes()[0]; 4_096], self.round % 1_024 * 4_096).unwrap();
        self.file.sync_data().unwrap();
        start.elapsed().as_secs_f64() * 1e3
    }
}

/// Milliseconds of fdatasyncs in a directory.
pub(crate) fn syncs(directory: &Path, times: usize) -> Vec<f64> {
    let mut probe = Probe::new(directory, "probe");
    (0..times).map(|_| probe.sync()).collect()
}

/// Microseconds of processor time of one `verify_strict` over a message as long as an entry's.
pub(crate) fn verify_strict() -> f64 {
    let key = SigningKey::from_bytes(&[7; 32]);
    let message = [0x5a; 420];
    let signature = key.sign(&message);
    let public = key.verifying_key();
    let run = |_| {
        let start = own_processor();
        for _ in 0..300 {
            assert!(public.verify_strict(black_box(&message), black_box(&signature)).is_ok());
        }
        (own_processor() - start) * 1e6 / 300.0
    };
    median((0..15).map(run).collect())
}

/// Nanoseconds of processor time of one SHA-256 over the 65 bytes of an inner node.
pub(crate) fn hash() -> f64 {
    let run = |_| {
        let mut node = [1u8; 65];
        let start = own_processor();
        for _ in 0..200_000 {
            let digest = Sha256::digest(black_box(node));
            node[1..33].copy_from_slice(&digest);
        }
        (own_processor() - start) * 1e9 / 200_000.0
    };
    median((0..5).map(run).collect())
}

/// Seconds of processor time that this process has used, all threads together.
pub(crate) fn processor() -> f64 {
    processor_of("self")
}

/// Seconds of processor time that a process has used.
pub(crate) fn processor_of(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |n: usize| after.split_whitespace().nth(n).and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0);
    (field(11) + field(12)) / TICKS
}

/// Seconds of processor time that this thread has used: finer, and what a busy machine does not change much.
pub(crate) fn own_processor() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Runs something and gives the seconds it took and the seconds of processor time, all threads together.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, f64, f64) {
    let (used, start) = (processor(), Instant::now());
    let done = work();
    (done, start.elapsed().as_secs_f64(), processor() - used)
}

/// Bytes of memory that this process holds.
pub(crate) fn resident() -> f64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|p| p.parse::<f64>().ok()).unwrap_or(0.0) * 4_096.0
}
