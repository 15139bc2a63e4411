//! A working tree: finds the record files below the roots, reads them on several threads and fills a `RecordSet`.
//! The only module that touches files, beside the commands that write.

use crate::config::{CONFIG_FILE, Config, LOCK_FILE, Setup};
use crate::limits::{
    MAX_CONFIG_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_DEPTH, MAX_LOCK_BYTES, MAX_PROBLEMS,
};
use crate::lock::parse_lock;
use crate::problem::{Code, Problem};
use crate::record::Place;
use crate::schema::SchemaError;
use crate::set::RecordSet;
use crate::source::{Parsed, read_csv, read_markdown};
use crate::{engine, structure};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a tree could not be read at all. What is wrong with single records is a `Problem` instead.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// There is no configuration here or above.
    #[error("there is no {CONFIG_FILE} in {} or above; `vouchsafe init` writes one", .0.display())]
    NoConfig(PathBuf),
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(SchemaError),
    /// A file or folder could not be read or written.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file above its bound.
    #[error("{} has more than {limit} bytes", .path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// In bytes.
        limit: u64,
    },
}

/// A tree, read.
#[derive(Debug)]
pub struct Tree {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// The configuration.
    pub config: Config,
    /// The records.
    pub set: RecordSet,
    /// What was wrong with single files and records.
    pub problems: Vec<Problem>,
    /// How many more there were.
    pub problems_left_out: usize,
    /// The text of the lock file; empty when there is none.
    pub lock: String,
}

/// The folder of the nearest `vouchsafe.toml`, upwards.
///
/// # Errors
/// `NoConfig` when there is none.
pub fn find_root(from: &Path) -> Result<PathBuf, TreeError> {
    let found = from.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file());
    found.map(Path::to_path_buf).ok_or_else(|| TreeError::NoConfig(from.to_path_buf()))
}

/// Threads worth using here.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, core::num::NonZero::get).min(16)
}

/// Reads the tree whose `vouchsafe.toml` lies in `root`.
///
/// # Errors
/// When the configuration cannot be read or used. A record file that cannot be read is a problem of the tree.
pub fn load(root: &Path) -> Result<Tree, TreeError> {
    let path = root.join(CONFIG_FILE);
    if !path.is_file() {
        return Err(TreeError::NoConfig(root.to_path_buf()));
    }
    let config = Config::parse(&read_text(&path, MAX_CONFIG_BYTES)?).map_err(TreeError::Config)?;
    let Setup { schema, items, stage } = config.setup().map_err(TreeError::Config)?;
    let mut set = RecordSet::new(Arc::new(schema), items, stage);
    let (names, mut problems) = find_files(root, &config);
    let shares = read_all(root, &names, &config);
    set.set_files(names);
    set.reserve(shares.iter().map(|share| share.records.len()).sum());
    for mut share in shares {
        problems.append(&mut share.problems);
        for record in share.records {
            if let Err(problem) = set.insert(record) {
                problems.push(*problem);
            }
        }
    }
    set.seal();
    let lock_path = root.join(LOCK_FILE);
    let lock = if lock_path.is_file() { read_text(&lock_path, MAX_LOCK_BYTES)? } else { String::new() };
    let file = set.add_file(LOCK_FILE);
    let lines = parse_lock(file, &lock, &mut problems);
    set.set_lock(&lines);
    problems.append(&mut check_structure(&set));
    problems.sort_by(|a, b| (a.place, a.code, &a.record).cmp(&(b.place, b.code, &b.record)));
    let problems_left_out = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    Ok(Tree { root: root.to_path_buf(), config, set, problems, problems_left_out, lock })
}

/// All checks of form and fit, on several threads.
#[must_use]
pub fn check_structure(set: &RecordSet) -> Vec<Problem> {
    let count = set.node_count() as usize;
    let mut problems: Vec<Problem> = in_shares(count, 1024, |from, to| {
        let mut found = Vec::new();
        for node in (from..to).filter_map(|at| u32::try_from(at).ok()) {
            structure::check_record(set, crate::set::Node(node), &mut found);
        }
        found
    })
    .into_iter()
    .flatten()
    .collect();
    structure::check_cycles(set, &mut problems);
    engine::check_justifications(set, &mut problems);
    problems
}

/// Does `work` on shares of `0..count` on all threads; results in order.
fn in_shares<T: Send>(count: usize, share: usize, work: impl Fn(usize, usize) -> T + Sync) -> Vec<T> {
    let threads = threads().min(count.div_ceil(share)).max(1);
    if threads == 1 {
        return (0..count).step_by(share).map(|from| work(from, (from + share).min(count))).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(share, Ordering::Relaxed);
            if from >= count {
                return done;
            }
            done.push((from, work(from, (from + share).min(count))));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(mut done) => all.append(&mut done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(from, _)| *from);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Record files below the roots, sorted, as paths relative to the tree with `/`. Symbolic links are not followed:
/// they could lead out of the tree or in circles.
fn find_files(root: &Path, config: &Config) -> (Vec<Box<str>>, Vec<Problem>) {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut folders: Vec<(String, usize)> = config
        .product
        .records
        .iter()
        .map(|under| (under.trim_matches('/').trim_start_matches("./").to_owned(), 0))
        .collect();
    while let Some((folder, depth)) = folders.pop() {
        let folder = if folder == "." { String::new() } else { folder };
        let entries = match std::fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) => {
                wrong.push((folder, format!("cannot be listed: {error}")));
                continue;
            }
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
            let record = kind.is_file() && (name.ends_with(".md") || name.ends_with(".csv"));
            if name.starts_with('.') || !(record || kind.is_dir()) {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if config.product.exclude.iter().any(|out| path.starts_with(&**out)) {
                continue;
            }
            if kind.is_dir() {
                if depth >= MAX_FOLDER_DEPTH {
                    wrong.push((path, format!("is nested deeper than {MAX_FOLDER_DEPTH} folders")));
                } else {
                    folders.push((path, depth + 1));
                }
            } else if names.len() >= MAX_FILES {
                wrong.push((path, format!("comes after {MAX_FILES} other files")));
                break;
            } else {
                names.push(path.into());
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    let mut problems = Vec::new();
    for (path, reason) in wrong {
        let place = Place { file: u32::try_from(names.len()).unwrap_or(u32::MAX), line: 0 };
        problems.push(Problem::new(
            Code::Unreadable,
            place,
            format!("{path} {reason}"),
            "correct `records` in vouchsafe.toml, or the folder",
        ));
        names.push(path.into());
    }
    (names, problems)
}

fn read_all(root: &Path, names: &[Box<str>], config: &Config) -> Vec<Parsed> {
    in_shares(names.len(), 32, |from, to| {
        let mut parsed = Parsed::default();
        let mut bytes = Vec::with_capacity(64 * 1024);
        let mut path = root.to_path_buf();
        for (at, name) in names.iter().enumerate().take(to).skip(from) {
            path.push(&**name);
            let file = u32::try_from(at).unwrap_or(u32::MAX);
            bytes.clear();
            match read_into(&path, &mut bytes) {
                Err(problem) => parsed.problems.push(problem.problem(file)),
                Ok(()) if name.ends_with(".csv") => {
                    let kind = config.tables.get(&**name).map(String::as_str);
                    read_csv(file, &bytes, kind, &mut parsed);
                }
                Ok(()) => read_markdown(file, &bytes, &mut parsed),
            }
            path.as_mut_os_string().clear();
            path.push(root);
        }
        parsed
    })
}

enum ReadProblem {
    TooLarge,
    Io(std::io::Error),
}

impl ReadProblem {
    fn problem(self, file: u32) -> Problem {
        let place = Place { file, line: 0 };
        match self {
            Self::TooLarge => {
                let message = format!("the file has more than {MAX_FILE_BYTES} bytes and was not read");
                Problem::new(Code::FileTooLarge, place, message, "split it, or exclude it in vouchsafe.toml")
            }
            Self::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Problem::new(Code::Unreadable, place, "the file is gone", "run the check again")
            }
            Self::Io(error) => {
                Problem::new(Code::Unreadable, place, error.to_string(), "make the file readable")
            }
        }
    }
}

/// Reads a whole file, of which at most one byte more than allowed.
fn read_into(path: &Path, bytes: &mut Vec<u8>) -> Result<(), ReadProblem> {
    let file = File::open(path).map_err(ReadProblem::Io)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(bytes).map_err(ReadProblem::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(ReadProblem::TooLarge) } else { Ok(()) }
}

/// Reads a text file up to a size.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, TreeError> {
    let io = |source| TreeError::Io { doing: "reading", path: path.to_path_buf(), source };
    let mut text = String::new();
    File::open(path).map_err(io)?.take(limit + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > limit {
        return Err(TreeError::TooLarge { path: path.to_path_buf(), limit });
    }
    Ok(text)
}

/// Writes a file by renaming a new one into its place, so that it is never half written.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), TreeError> {
    let io = |source| TreeError::Io { doing: "writing", path: path.to_path_buf(), source };
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    std::fs::write(&new, text).map_err(io)?;
    std::fs::rename(&new, path).map_err(io)
}
