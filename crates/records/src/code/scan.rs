//! Finds and reads the files of the product's code, from the working tree or from a list (a commit). Bounded in number
//! and size; binary files count as files and are not looked into; symbolic links are not followed.

use super::{CodeConfig, Glob, Mark, depends, marks_in};
use crate::digest::Digest;
use crate::limits::{MAX_CODE_FILE_BYTES, MAX_CODE_FILES, MAX_FOLDER_DEPTH};
use crate::tree::in_shares;
use std::io::Read as _;
use std::path::Path;

/// One file of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeFile {
    /// Relative to the code's root, with `/`.
    pub path: Box<str>,
    /// SHA-256 of its bytes; of what was read, when it is above the bound.
    pub digest: Digest,
    /// Its marks.
    pub marks: Vec<Mark>,
    /// Files and modules its lines name, unresolved, with the line.
    pub names: Vec<(Box<str>, u32)>,
    /// Why it was not looked into; empty when it was.
    pub unread: Box<str>,
}

/// All code of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeScan {
    /// Sorted by path.
    pub files: Vec<CodeFile>,
    /// What could not be listed, and why.
    pub trouble: Vec<String>,
}

/// Which paths are code.
#[derive(Debug, Clone)]
pub struct Selection {
    files: Vec<Glob>,
    exclude: Vec<Glob>,
    dependencies: bool,
}

impl Selection {
    /// From the configuration.
    #[must_use]
    pub fn new(config: &CodeConfig) -> Self {
        let globs = |of: &[String]| of.iter().map(|pattern| Glob::new(pattern)).collect();
        Self {
            files: globs(&config.files),
            exclude: globs(&config.exclude),
            dependencies: config.dependencies.unwrap_or(true),
        }
    }

    /// Whether a path is code of the product.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|glob| glob.matches(path))
            && !self.exclude.iter().any(|glob| glob.matches(path))
    }

    fn walks(&self, folder: &str) -> bool {
        self.files.iter().any(|glob| glob.may_hold(folder))
            && !self.exclude.iter().any(|glob| glob.matches(folder))
    }

    fn read(&self, path: &str, bytes: &[u8]) -> CodeFile {
        let digest = Digest::of(bytes);
        let mut file =
            CodeFile { path: path.into(), digest, marks: Vec::new(), names: Vec::new(), unread: "".into() };
        if bytes.len() > MAX_CODE_FILE_BYTES {
            file.unread = format!("it has more than {MAX_CODE_FILE_BYTES} bytes").into();
        } else if !bytes.iter().take(8 * 1024).any(|byte| *byte == 0) {
            let text = String::from_utf8_lossy(bytes);
            file.marks = marks_in(&text);
            if self.dependencies {
                file.names = depends::named(path, &text);
            }
        }
        file
    }
}

/// Names of the files of code below a folder, sorted, and what could not be listed.
#[must_use]
pub fn list_code(root: &Path, selection: &Selection) -> (Vec<String>, Vec<String>) {
    let mut trouble = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut folders = vec![(String::new(), 0_usize)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match std::fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) => {
                trouble.push(format!("{}: cannot be listed: {error}", root.join(&folder).display()));
                continue;
            }
        };
        for entry in entries.flatten() {
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if kind.is_dir() {
                if name.starts_with('.') || !selection.walks(&path) {
                    continue;
                }
                if depth >= MAX_FOLDER_DEPTH {
                    trouble.push(format!("{path}: nested deeper than {MAX_FOLDER_DEPTH} folders"));
                } else {
                    folders.push((path, depth + 1));
                }
            } else if kind.is_file() && selection.has(&path) {
                if names.len() >= MAX_CODE_FILES {
                    trouble.push(format!("{path}: comes after {MAX_CODE_FILES} other files of code"));
                    folders.clear();
                    break;
                }
                names.push(path);
            }
        }
    }
    names.sort_unstable();
    (names, trouble)
}

/// Reads the code below a folder, on several threads.
#[must_use]
pub fn scan_tree(root: &Path, selection: &Selection) -> CodeScan {
    let (names, trouble) = list_code(root, selection);
    let shares = in_shares(names.len(), 16, |from, to| {
        let share = names.get(from..to).unwrap_or(&[]);
        share.iter().map(|name| read_one(root, name, selection)).collect::<Vec<_>>()
    });
    CodeScan { files: shares.into_iter().flatten().collect(), trouble }
}

fn read_one(root: &Path, name: &str, selection: &Selection) -> CodeFile {
    let mut bytes = Vec::new();
    let limit = MAX_CODE_FILE_BYTES as u64 + 1;
    let read = std::fs::File::open(root.join(name)).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    let mut file = selection.read(name, &bytes);
    if let Err(error) = read {
        file.unread = error.to_string().into();
    }
    file
}

/// Takes files as they are given, such as those of a commit; what is not code is passed over.
#[must_use]
pub fn scan_given<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    selection: &Selection,
) -> CodeScan {
    let wanted = files.into_iter().filter(|(path, _)| selection.has(path)).take(MAX_CODE_FILES);
    let mut files: Vec<CodeFile> = wanted.map(|(path, bytes)| selection.read(path, bytes)).collect();
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    CodeScan { files, trouble: Vec::new() }
}
