//! From files and folders to a foreign set: which tool wrote them, which of a folder's files belong, bounded.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use formats::requirements::{
    Dialect, File, ForeignSet, Limits, read_bounded, read_csv, read_doorstop, read_jira_csv, read_jira_json,
    read_needs, read_rdm, read_reqif, read_reqifz, read_sdoc, read_xlsx,
};

use super::mapping::Mapping;
use crate::failure::Failure;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 16;

/// The tool that wrote the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum From {
    /// ReqIF 1.0 to 1.2
    Reqif,
    /// ReqIF in an archive
    Reqifz,
    /// StrictDoc documents
    Strictdoc,
    /// A Doorstop tree
    Doorstop,
    /// needs.json of sphinx-needs
    SphinxNeeds,
    /// Data files of innolitics RDM
    Rdm,
    /// CSV, by columns
    Csv,
    /// XLSX, by columns
    Xlsx,
    /// CSV as Jira exports it
    JiraCsv,
    /// JSON as Jira's search answers
    JiraJson,
}

impl From {
    /// Its name in records.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reqif | Self::Reqifz => "reqif",
            Self::Strictdoc => "strictdoc",
            Self::Doorstop => "doorstop",
            Self::SphinxNeeds => "sphinx-needs",
            Self::Rdm => "rdm",
            Self::Csv | Self::Xlsx => "table",
            Self::JiraCsv | Self::JiraJson => "jira",
        }
    }

    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Reqif => &["reqif", "xml"],
            Self::Reqifz => &["reqifz"],
            Self::Strictdoc => &["sdoc"],
            Self::Doorstop | Self::Rdm => &["yml", "yaml"],
            Self::SphinxNeeds | Self::JiraJson => &["json"],
            Self::Csv | Self::JiraCsv => &["csv"],
            Self::Xlsx => &["xlsx"],
        }
    }
}

/// A set with the tool and the bytes it came from.
pub(super) struct Read {
    pub(super) from: From,
    pub(super) set: ForeignSet,
}

/// Reads what the paths name.
pub(super) fn read(paths: &[PathBuf], from: Option<From>, mapping: &Mapping) -> Result<Read, Failure> {
    let limits = Limits::default();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let first = paths.first().ok_or_else(|| Failure::input("importing", "no file is named"))?;
    let from = from.map_or_else(|| guess(first, &limits), Ok)?;
    for path in paths {
        if path.is_dir() {
            folder(path, path, from, 0, &limits, &mut files)?;
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, bytes(path, &limits)?));
        }
    }
    files.sort();
    let named: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
    let doing = || format!("reading {} as {}", first.display(), from.name());
    let one = || match named[..] {
        [file] => Ok(file),
        _ => Err(Failure::input(doing(), format!("{} files, but one is read at a time", named.len()))),
    };
    let delimiter = mapping.delimiter().unwrap_or(Dialect::default().delimiter);
    let dialect = Dialect { delimiter, ..Dialect::default() };
    let set = match from {
        From::Reqif => read_reqif(one()?, &limits),
        From::Reqifz => read_reqifz(one()?, &limits),
        From::Strictdoc => read_sdoc(&named, &limits),
        From::Doorstop => read_doorstop(&named, &limits),
        From::SphinxNeeds => read_needs(one()?, &limits),
        From::Rdm => read_rdm(&named, &limits),
        From::Csv => read_csv(one()?, dialect, &mapping.columns(), &limits),
        From::Xlsx => read_xlsx(one()?, mapping.sheet(), &mapping.columns(), &limits),
        From::JiraCsv => read_jira_csv(one()?, &limits),
        From::JiraJson => read_jira_json(one()?, &limits),
    };
    let set = set.map_err(|e| Failure::input(doing(), e).hint("nothing was imported"))?;
    Ok(Read { from, set })
}

fn bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|e| Failure::file("reading", path, &e))?;
    read_bounded(file, limits).map_err(|e| Failure::input(format!("reading {}", path.display()), e))
}

/// Files of the tool below a folder; symbolic links are not followed.
fn folder(
    root: &Path,
    at: &Path,
    from: From,
    depth: usize,
    limits: &Limits,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::input("importing", format!("{} is nested too deep", at.display())));
    }
    let listed = fs::read_dir(at).map_err(|e| Failure::file("listing", at, &e))?;
    for entry in listed {
        let entry = entry.map_err(|e| Failure::file("listing", at, &e))?;
        let kind = entry.file_type().map_err(|e| Failure::file("listing", at, &e))?;
        let path = entry.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if kind.is_dir() {
            folder(root, &path, from, depth + 1, limits, files)?;
        } else if kind.is_file() && from.endings().contains(&ending.as_str()) {
            if files.len() >= limits.files {
                return Err(Failure::input("importing", format!("more than {} files", limits.files)));
            }
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((name, bytes(&path, limits)?));
        }
    }
    Ok(())
}

/// Which tool wrote a file, by its name and, where that does not tell, by how it begins.
fn guess(path: &Path, limits: &Limits) -> Result<From, Failure> {
    let cannot = || {
        Failure::input(format!("importing {}", path.display()), "the tool that wrote it cannot be told")
            .hint("name it with `--from`")
    };
    if path.is_dir() {
        let has = |name: &str| path.join(name).is_file();
        let sdoc = || {
            let listed = fs::read_dir(path).ok();
            listed.into_iter().flatten().flatten().any(|e| e.path().extension().is_some_and(|x| x == "sdoc"))
        };
        return match () {
            () if has(".doorstop.yml") => Ok(From::Doorstop),
            () if sdoc() => Ok(From::Strictdoc),
            () => Err(cannot()),
        };
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let has = |part: &[u8]| -> Result<bool, Failure> {
        Ok(bytes(path, limits)?.windows(part.len()).any(|window| window == part))
    };
    match ending.as_str() {
        "reqif" => Ok(From::Reqif),
        "reqifz" => Ok(From::Reqifz),
        "sdoc" => Ok(From::Strictdoc),
        "xlsx" => Ok(From::Xlsx),
        "csv" if has(b"Issue key")? => Ok(From::JiraCsv),
        "csv" => Ok(From::Csv),
        "json" if has(b"\"versions\"")? && has(b"\"needs\"")? => Ok(From::SphinxNeeds),
        "json" => Ok(From::JiraJson),
        _ => Err(cannot()),
    }
}
