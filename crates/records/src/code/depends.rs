//! Dependencies between files, found by their lines: `#include` of C and C++, `use` of Rust. What is reached by other
//! means (linker, build script, a path in the middle of an expression) is not seen; declare it with `depends-on`.

use super::CodeFile;
use std::collections::BTreeMap;

/// What a file's lines name, unresolved; the line of each.
pub(super) fn named(path: &str, text: &str) -> Vec<(Box<str>, u32)> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let language: fn(&str) -> Option<&str> = match extension {
        "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "ino" => include,
        "rs" => import,
        _ => return Vec::new(),
    };
    let lines = (1_u32..).zip(text.lines());
    lines.filter_map(|(at, line)| Some((language(line)?.into(), at))).collect()
}

fn include(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start();
    let (close, rest) = match rest.strip_prefix('"') {
        Some(rest) => ('"', rest),
        None => ('>', rest.strip_prefix('<')?),
    };
    rest.split_once(close).map(|(name, _)| name.trim())
}

/// The path of a `use`, up to a list, glob or rename; starts at column 0 or in a block.
fn import(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let path = rest.strip_prefix("use ")?.trim_start().trim_start_matches("::");
    let path = path.split([';', '{', '*', ' ']).next()?.trim_end_matches("::");
    (!path.is_empty()).then_some(path)
}

/// Indices of files that a file depends on, with the line that says so. Names that lead to no file of the product are left
/// out. O(names × log files), or × files of one name.
pub(super) struct Resolver<'f> {
    by_path: BTreeMap<&'f str, usize>,
    by_name: BTreeMap<&'f str, Vec<usize>>,
    crates: BTreeMap<String, &'f str>,
    files: &'f [CodeFile],
}

impl<'f> Resolver<'f> {
    pub(super) fn new(files: &'f [CodeFile]) -> Self {
        let mut this =
            Self { by_path: BTreeMap::new(), by_name: BTreeMap::new(), crates: BTreeMap::new(), files };
        for (at, file) in files.iter().enumerate() {
            this.by_path.insert(&file.path, at);
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            this.by_name.entry(name).or_default().push(at);
            let root =
                file.path.strip_suffix("/src/lib.rs").or_else(|| file.path.strip_suffix("/src/main.rs"));
            if let Some(root) = root {
                let name = root.rsplit('/').next().unwrap_or(root).replace('-', "_");
                this.crates.insert(name, root);
            }
        }
        this
    }

    pub(super) fn of(&self, file: &CodeFile) -> Vec<(usize, u32)> {
        let rust = file.path.ends_with(".rs");
        let find =
            |name: &str| if rust { self.module(&file.path, name) } else { self.header(&file.path, name) };
        let mut found: Vec<(usize, u32)> =
            file.names.iter().filter_map(|(name, line)| Some((find(name)?, *line))).collect();
        found.retain(|(at, _)| self.files.get(*at).is_some_and(|other| other.path != file.path));
        found.sort_unstable();
        found.dedup_by_key(|(at, _)| *at);
        found
    }

    fn header(&self, from: &str, name: &str) -> Option<usize> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = normal(folder, name)?;
        if let Some(at) = self.by_path.get(&*beside) {
            return Some(*at);
        }
        let last = name.rsplit('/').next()?;
        let tail = format!("/{}", name.trim_start_matches("./").trim_start_matches("../"));
        let fits = |at: &&usize| {
            self.files.get(**at).is_some_and(|file| file.path.ends_with(&tail) || *file.path == tail[1..])
        };
        self.by_name.get(last)?.iter().find(fits).copied()
    }

    fn module(&self, from: &str, name: &str) -> Option<usize> {
        let mut parts = name.split("::").filter(|part| !part.is_empty());
        let head = parts.next()?;
        let own = from.rfind("/src/").map_or("", |at| from.get(..at).unwrap_or(""));
        let root = match head {
            "crate" => own,
            "self" | "super" | "std" | "core" | "alloc" => return None,
            other => self.crates.get(other).copied()?,
        };
        let source = if root.is_empty() { "src".to_owned() } else { format!("{root}/src") };
        let parts: Vec<&str> = parts.collect();
        for depth in (1..=parts.len()).rev() {
            let path = parts.get(..depth)?.join("/");
            for candidate in [format!("{source}/{path}.rs"), format!("{source}/{path}/mod.rs")] {
                if let Some(at) = self.by_path.get(&*candidate) {
                    return Some(*at);
                }
            }
        }
        let root = [format!("{source}/lib.rs"), format!("{source}/main.rs")];
        root.iter().find_map(|path| self.by_path.get(&**path).copied())
    }
}

/// A relative name seen from a folder, without `.` and `..`; none when it leaves the root.
fn normal(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
