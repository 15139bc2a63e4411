//! Runs the targets with a stable toolchain: first the kept corpus, then mutations of it for a bounded time.
//!
//! `vouchsafe-fuzz run SECONDS [SEED [TARGET…]]` exits with 1 when an input was found that panics or takes too long, and
//! keeps it in `found/`. `vouchsafe-fuzz corpus` writes the corpus anew. `vouchsafe-fuzz one TARGET FILE` runs one input.
#![expect(clippy::disallowed_methods, reason = "the driver is bounded by time and measures inputs")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vouchsafe_fuzz::mutate::{Random, mutate};
use vouchsafe_fuzz::{TARGETS, Target, corpus};

/// An input that takes longer is a finding. Generous: the machine may be busy.
const TOO_LONG: Duration = Duration::from_secs(5);
/// Mutations that were accepted and are mutated further.
const MOST_KEPT: usize = 400;

fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["corpus"] => write_corpus(),
        ["one", target, file] => one(target, Path::new(file)),
        ["run", seconds, rest @ ..] => {
            let Ok(seconds) = seconds.parse::<f64>() else { return usage() };
            let seed = rest.first().and_then(|s| s.parse().ok()).unwrap_or(1);
            run(seconds, seed, rest.get(1..).unwrap_or_default())
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: vouchsafe-fuzz run SECONDS [SEED [TARGET…]] | corpus | one TARGET FILE");
    ExitCode::from(2)
}

fn write_corpus() -> ExitCode {
    let mut bytes = 0;
    for (name, inputs) in corpus::all() {
        let directory = home().join("corpus").join(name);
        if let Err(e) = fs::create_dir_all(&directory) {
            eprintln!("making {}: {e}", directory.display());
            return ExitCode::from(3);
        }
        for (n, input) in inputs.iter().enumerate() {
            bytes += input.len();
            if let Err(e) = fs::write(directory.join(format!("{n:03}")), input) {
                eprintln!("writing to {}: {e}", directory.display());
                return ExitCode::from(3);
            }
        }
        println!("{name}: {} inputs", inputs.len());
    }
    println!("{bytes} bytes");
    ExitCode::SUCCESS
}

fn one(target: &str, file: &Path) -> ExitCode {
    let Some((_, call)) = TARGETS.iter().find(|(name, _)| *name == target) else { return usage() };
    match fs::read(file) {
        Ok(input) => {
            println!("{}", if call(&input) { "accepted" } else { "refused" });
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("reading {}: {e}", file.display());
            ExitCode::from(3)
        }
    }
}

fn run(seconds: f64, seed: u64, only: &[&str]) -> ExitCode {
    let targets: Vec<_> = TARGETS.iter().filter(|(name, _)| only.is_empty() || only.contains(name)).collect();
    if targets.is_empty() {
        return usage();
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(targets.len()));
    let share = Duration::from_secs_f64(seconds.max(0.1) * threads as f64 / targets.len() as f64);
    // A panic is what is looked for; its message is enough.
    let queue = Mutex::new(targets.into_iter());
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, call)) = queue.lock().ok().and_then(|mut q| q.next()) {
                    let report = fuzz(name, *call, share, seed);
                    println!("{}", report.line);
                    if let Ok(mut all) = reports.lock() {
                        all.push(report);
                    }
                }
            });
        }
    });
    let reports = reports.into_inner().unwrap_or_default();
    let found = reports.iter().filter(|r| r.found).count();
    let runs: u64 = reports.iter().map(|r| r.runs).sum();
    println!("{} targets, {runs} inputs, {found} with findings; seed {seed}", reports.len());
    if found == 0 && reports.iter().all(|r| r.corpus > 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Report {
    line: String,
    corpus: usize,
    runs: u64,
    found: bool,
}

fn fuzz(name: &str, call: Target, share: Duration, seed: u64) -> Report {
    let start = Instant::now();
    let mut inputs = read_corpus(name);
    let (corpus, mut runs, mut accepted, mut slowest) = (inputs.len(), 0u64, 0u64, Duration::ZERO);
    let mut random = Random::new(seed, name);
    let mut kept = 0;
    loop {
        let turn = usize::try_from(runs).unwrap_or(usize::MAX);
        let input = inputs.get(turn).filter(|_| turn < corpus).cloned();
        let fresh = input.is_none();
        if fresh && start.elapsed() >= share {
            break;
        }
        let input = input.unwrap_or_else(|| mutate(&mut random, &inputs));
        let before = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| call(&input)));
        let spent = before.elapsed();
        slowest = slowest.max(spent);
        runs += 1;
        let problem = match outcome {
            Ok(taken) => {
                accepted += u64::from(taken);
                // What was accepted leads further into the format.
                if taken && fresh && random.below(8) == 0 {
                    if kept < MOST_KEPT {
                        inputs.push(input.clone());
                    } else if let Some(old) = inputs.get_mut(corpus + kept % MOST_KEPT) {
                        old.clone_from(&input);
                    }
                    kept += 1;
                }
                (spent > TOO_LONG).then(|| format!("took {:.1} s", spent.as_secs_f64()))
            }
            Err(_) => Some("panicked".to_owned()),
        };
        if let Some(problem) = problem {
            let path = keep(name, &input);
            let line = format!("{name}: {problem} after {runs} inputs; kept in {}", path.display());
            return Report { line, corpus, runs, found: true };
        }
    }
    let line = format!(
        "{name}: {corpus} kept inputs, {runs} in all, {accepted} accepted, slowest {:.1} ms",
        slowest.as_secs_f64() * 1e3
    );
    Report { line, corpus, runs, found: false }
}

fn read_corpus(name: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(home().join("corpus").join(name)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    paths.sort();
    paths.iter().filter_map(|p| fs::read(p).ok()).collect()
}

fn keep(name: &str, input: &[u8]) -> PathBuf {
    let directory = home().join("found");
    let path = directory.join(format!("{name}-{}", &evidence_hash(input)));
    if fs::create_dir_all(&directory).and_then(|()| fs::write(&path, input)).is_err() {
        eprintln!("the input could not be kept: {input:02x?}");
    }
    path
}

fn evidence_hash(input: &[u8]) -> String {
    tlog::Hash::of(input).to_string().chars().take(12).collect()
}
