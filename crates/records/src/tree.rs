//! A working tree: finds the record files below the roots, reads them on several threads and fills a `RecordSet`.
//! The only module that touches files, beside the commands that write.

use crate::code::{CodeScan, Selection, list_code, scan_given, scan_tree};
use crate::config::{CONFIG_FILE, Config, Editorial, LOCK_FILE, Setup};
use crate::limits::{
    MAX_CONFIG_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_DEPTH, MAX_LOCK_BYTES, MAX_PROBLEMS,
};
use crate::lock::{LockLine, parse_lock};
use crate::problem::{Code, Problem};
use crate::record::Place;
use crate::schema::SchemaError;
use crate::set::{EditorialStep, RecordSet};
use crate::source::{Parsed, read_csv, read_markdown};
use crate::{engine, structure};
use core::sync::atomic::{AtomicUsize, Ordering};
pub use linked::Foreign;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod linked;

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

/// Which changes declared editorial somebody signed.
pub type Signed<'f> = &'f dyn Fn(&EditorialStep<'_>) -> bool;

/// Reads the tree whose `vouchsafe.toml` lies in `root`.
///
/// # Errors
/// When the configuration cannot be read or used. A record file that cannot be read is a problem of the tree.
pub fn load(root: &Path) -> Result<Tree, TreeError> {
    load_where(root, None)
}

/// As `load`; where the product wants editorial changes signed, only those count that `signed` knows.
///
/// # Errors
/// As `load`.
pub fn load_where(root: &Path, signed: Option<Signed<'_>>) -> Result<Tree, TreeError> {
    load_linked(root, signed, &[])
}

/// As `load_where`, with records of the product's other repositories, which links may lead to and come from. Those that
/// `vouchsafe.toml` names with a path are read there, unless they are among the given ones.
///
/// # Errors
/// As `load`.
pub fn load_linked(root: &Path, signed: Option<Signed<'_>>, others: &[Foreign]) -> Result<Tree, TreeError> {
    let (config, parts) = read_parts(root)?;
    let mut others: Vec<Foreign> = others.to_vec();
    for (name, repository) in &config.repositories {
        if !others.iter().any(|other| other.name == *name) {
            others.extend(linked::beside(root, name, repository)?);
        }
    }
    let mut tree = assemble(root, config, parts, &others)?;
    if let Some(signed) = signed {
        tree.set.count_editorial(signed);
    }
    scan_code(&mut tree);
    Ok(tree)
}

/// What a tree is made from.
struct Parts {
    names: Vec<Box<str>>,
    problems: Vec<Problem>,
    shares: Vec<Parsed>,
    lock: String,
}

fn read_parts(root: &Path) -> Result<(Config, Parts), TreeError> {
    let path = root.join(CONFIG_FILE);
    if !path.is_file() {
        return Err(TreeError::NoConfig(root.to_path_buf()));
    }
    let config = Config::parse(&read_text(&path, MAX_CONFIG_BYTES)?).map_err(TreeError::Config)?;
    let (names, problems) = find_files(root, &config);
    let shares = read_all(root, &names, &config);
    let lock_path = root.join(LOCK_FILE);
    let lock = if lock_path.is_file() { read_text(&lock_path, MAX_LOCK_BYTES)? } else { String::new() };
    Ok((config, Parts { names, problems, shares, lock }))
}

/// A tree from files given with their content, such as those of a commit: paths relative to `root`, with `/`. The
/// configuration and the lock file are among them. Code is not looked at: `scan_given_code`.
///
/// # Errors
/// When there is no configuration among them, or it cannot be used.
pub fn load_given(root: &Path, files: &[(String, Vec<u8>)]) -> Result<Tree, TreeError> {
    let text = |name: &str| {
        let found = files.iter().find(|(path, _)| path == name);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    };
    let config = text(CONFIG_FILE).ok_or_else(|| TreeError::NoConfig(root.to_path_buf()))?;
    let config = Config::parse(&config).map_err(TreeError::Config)?;
    let mut wanted: Vec<&(String, Vec<u8>)> =
        files.iter().filter(|(path, _)| is_record_file(&config, path)).take(MAX_FILES).collect();
    wanted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let names: Vec<Box<str>> = wanted.iter().map(|(path, _)| path.as_str().into()).collect();
    let shares = in_shares(wanted.len(), 32, |from, to| {
        let mut parsed = Parsed::default();
        for (at, (name, bytes)) in wanted.iter().enumerate().take(to).skip(from) {
            parse_file(u32::try_from(at).unwrap_or(u32::MAX), name, bytes, &config, &mut parsed);
        }
        parsed
    });
    let lock = text(LOCK_FILE).unwrap_or_default();
    assemble(root, config, Parts { names, problems: Vec::new(), shares, lock }, &[])
}

/// Gives a tree the code of a commit: paths relative to the code's root.
pub fn scan_given_code(tree: &mut Tree, files: &[(String, Vec<u8>)]) {
    if let Some(config) = &tree.config.code {
        let given = files.iter().map(|(path, bytes)| (&**path, &**bytes));
        let scan = scan_given(given, &Selection::new(config));
        take_code(tree, scan);
    }
}

fn scan_code(tree: &mut Tree) {
    if let Some(config) = &tree.config.code {
        let scan = scan_tree(&tree.root.join(&config.root), &Selection::new(config));
        take_code(tree, scan);
    }
}

fn take_code(tree: &mut Tree, scan: CodeScan) {
    let Some(config) = &tree.config.code else { return };
    let root = config.root.trim_end_matches('/');
    let prefix = if matches!(root, "" | ".") { String::new() } else { format!("{root}/") };
    tree.set.set_code(scan, &prefix).marked.clone_from(&config.marked);
}

fn assemble(
    root: &Path,
    config: Config,
    Parts { names, mut problems, shares, lock }: Parts,
    others: &[Foreign],
) -> Result<Tree, TreeError> {
    let Setup { schema, items, stage } = config.setup().map_err(TreeError::Config)?;
    let mut set = RecordSet::new(Arc::new(schema), items, stage);
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
    linked::insert(&mut set, others, &mut problems);
    set.seal();
    let file = set.add_file(LOCK_FILE);
    let mut lines = parse_lock(file, &lock, &mut problems);
    lines.extend(linked::lines(&set, others));
    let must = config.product.editorial == Editorial::Signed;
    set.set_lock_where(&lines, &|_| !must);
    linked::facts(&mut set, others);
    problems.append(&mut check_structure(&set));
    problems.sort_by(|a, b| (a.place, a.code, &a.record).cmp(&(b.place, b.code, &b.record)));
    let problems_left_out = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    Ok(Tree { root: root.to_path_buf(), config, set, problems, problems_left_out, lock })
}

/// Whether a path relative to the root is that of a record file: below a record root, not hidden, not left out.
#[must_use]
pub fn is_record_file(config: &Config, path: &str) -> bool {
    let below = |under: &String| {
        let under = under.trim_matches('/').trim_start_matches("./");
        matches!(under, "" | ".") || path.strip_prefix(under).is_some_and(|rest| rest.starts_with('/'))
    };
    (path.ends_with(".md") || path.ends_with(".csv"))
        && config.product.records.iter().any(below)
        && !path.split('/').any(|name| name.starts_with('.'))
        && !config.product.exclude.iter().any(|out| path.starts_with(&**out))
}

/// What files there are, with size and time of each: differs when one of them changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Print(Vec<(PathBuf, u64, Option<std::time::SystemTime>)>);

/// The print of the product in a folder: configuration, lock file, records and code. What cannot be read is left out, so
/// that it differs once it can.
#[must_use]
pub fn print_of(root: &Path) -> Print {
    let mut paths = vec![root.join(CONFIG_FILE), root.join(LOCK_FILE)];
    let config = read_text(&root.join(CONFIG_FILE), MAX_CONFIG_BYTES).ok();
    if let Some(config) = config.and_then(|text| Config::parse(&text).ok()) {
        paths.extend(find_files(root, &config).0.iter().map(|name| root.join(&**name)));
        for repository in config.repositories.values().filter(|other| !other.path.is_empty()) {
            let folder = root.join(&repository.path);
            paths.extend([folder.join(CONFIG_FILE), folder.join(LOCK_FILE)]);
            let other = read_text(&folder.join(CONFIG_FILE), MAX_CONFIG_BYTES).ok();
            let other = other.and_then(|text| Config::parse(&text).ok());
            let names = other.map(|other| find_files(&folder, &other).0).unwrap_or_default();
            paths.extend(names.iter().map(|name| folder.join(&**name)));
        }
        if let Some(code) = &config.code {
            let folder = root.join(&code.root);
            paths.extend(list_code(&folder, &Selection::new(code)).0.iter().map(|name| folder.join(name)));
        }
    }
    let print = |path: PathBuf| {
        let data = std::fs::metadata(&path).ok()?;
        Some((path, data.len(), data.modified().ok()))
    };
    Print(paths.into_iter().filter_map(print).collect())
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
pub(crate) fn in_shares<T: Send>(
    count: usize,
    share: usize,
    work: impl Fn(usize, usize) -> T + Sync,
) -> Vec<T> {
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
                Ok(()) => parse_file(file, name, &bytes, config, &mut parsed),
            }
            path.as_mut_os_string().clear();
            path.push(root);
        }
        parsed
    })
}

fn parse_file(file: u32, name: &str, bytes: &[u8], config: &Config, parsed: &mut Parsed) {
    if name.ends_with(".csv") {
        read_csv(file, bytes, config.tables.get(name).map(String::as_str), parsed);
    } else {
        read_markdown(file, bytes, parsed);
    }
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
