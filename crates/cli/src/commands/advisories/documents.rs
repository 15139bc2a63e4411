//! Documents in files, folders and archives, one after the other, with the digest published beside each. Bounded in number,
//! depth and size. Not here: what they say.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use formats::advisory::MAX_LEN;
use formats::advisory::archive::{self, ArchiveError, ArchiveLimits, Kind};

use crate::failure::Failure;

/// Most files of one call.
const MAX_FILES: usize = 2_000_000;
/// Deepest folder below one that is named.
const MAX_DEPTH: usize = 32;
/// Endings of documents below folders and in archives; what is named itself is read whatever it is called.
const ENDINGS: [&str; 3] = [".json", ".yaml", ".yml"];
/// Endings of archives below folders.
const ARCHIVES: [&str; 5] = [".zip", ".tar", ".tar.gz", ".tgz", ".json.gz"];
/// Endings of published digests, the stronger first.
const DIGESTS: [&str; 2] = [".sha512", ".sha256"];
/// Most bytes of a published digest.
const MAX_DIGEST: u64 = 4 << 10;

/// A document, or the reason why there is none.
pub(super) struct Document {
    /// Where it is: a path, and inside an archive its name there.
    pub(super) place: String,
    /// Its bytes.
    pub(super) bytes: Result<Vec<u8>, String>,
    /// What was published as its digest.
    pub(super) digest: Option<String>,
}

/// What was passed over.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passed {
    /// Files of other kinds.
    pub(super) files: u64,
}

/// Receives a document.
pub(super) type Receive<'a> = dyn FnMut(Document) -> ControlFlow<()> + 'a;

fn ends(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// A published digest or signature: it belongs to a document and is none.
fn is_companion(name: &str) -> bool {
    ends(name, &DIGESTS) || ends(name, &[".asc", ".sig"])
}

/// The files that are meant, folders opened, sorted.
pub(super) fn files(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Passed), Failure> {
    let (mut found, mut passed) = (Vec::new(), Passed::default());
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|e| Failure::file("reading", path, &e))?;
        if metadata.is_dir() {
            let mut below = Vec::new();
            folder(path, 0, &mut below, &mut passed)?;
            below.sort();
            found.append(&mut below);
        } else {
            found.push(path.clone());
        }
        if found.len() > MAX_FILES {
            return Err(Failure::input(
                format!("reading {}", path.display()),
                format!("more than {MAX_FILES} files"),
            ));
        }
    }
    Ok((found, passed))
}

fn folder(path: &Path, depth: usize, found: &mut Vec<PathBuf>, passed: &mut Passed) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        let doing = format!("reading {}", path.display());
        return Err(Failure::input(doing, format!("folders more than {MAX_DEPTH} deep")));
    }
    let fail = |e: std::io::Error| Failure::file("reading the folder", path, &e);
    for entry in std::fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        // Links are not followed: a folder may lead out of itself, or into itself.
        let kind = entry.file_type().map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() {
            folder(&entry.path(), depth + 1, found, passed)?;
        } else if kind.is_file() && (ends(&name, &ENDINGS) || ends(&name, &ARCHIVES)) {
            found.push(entry.path());
        } else if !is_companion(&name) {
            passed.files += 1;
        }
        if found.len() > MAX_FILES {
            return Err(Failure::input(
                format!("reading {}", path.display()),
                format!("more than {MAX_FILES} files"),
            ));
        }
    }
    Ok(())
}

/// Hands over every document of a file, which may be an archive. `false` when the receiver wants no more.
pub(super) fn each(path: &Path, place: &str, passed: &mut Passed, receive: &mut Receive<'_>) -> bool {
    let opened = File::open(path).and_then(|file| {
        let length = file.metadata()?.len();
        Ok((BufReader::new(file), length))
    });
    let (mut reader, length) = match opened {
        Ok(opened) => opened,
        Err(error) => return hand(receive, place, Err(format!("cannot be read: {error}")), None),
    };
    match archive::kind(&mut reader) {
        Ok(Kind::None) => {}
        Ok(kind) => return archived(&mut reader, kind, place, passed, receive),
        Err(error) => return hand(receive, place, Err(error.to_string()), None),
    }
    let bytes = if length > MAX_LEN as u64 {
        Err(format!("{length} bytes; a document has at most {MAX_LEN}"))
    } else {
        let mut bytes = Vec::new();
        let read = reader.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|e| format!("cannot be read: {e}"))
    };
    match beside(path) {
        Ok(digest) => hand(receive, place, bytes, digest),
        Err(problem) => hand(receive, place, Err(problem), None),
    }
}

fn hand(
    receive: &mut Receive<'_>,
    place: &str,
    bytes: Result<Vec<u8>, String>,
    digest: Option<String>,
) -> bool {
    receive(Document { place: place.to_owned(), bytes, digest }) == ControlFlow::Continue(())
}

/// The digest published beside a file.
fn beside(path: &Path) -> Result<Option<String>, String> {
    for ending in DIGESTS {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let name = PathBuf::from(name);
        if !name.is_file() {
            continue;
        }
        let mut text = Vec::new();
        let read = File::open(&name).and_then(|file| file.take(MAX_DIGEST).read_to_end(&mut text));
        read.map_err(|e| format!("its digest {} cannot be read: {e}", name.display()))?;
        return Ok(Some(String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(None)
}

/// Documents of an archive. Digests stand in no fixed order beside what they belong to, so they are gathered first.
fn archived(
    reader: &mut BufReader<File>,
    kind: Kind,
    place: &str,
    passed: &mut Passed,
    receive: &mut Receive<'_>,
) -> bool {
    let limits = ArchiveLimits::default();
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    if kind != Kind::Gzip {
        let gathered = archive::each(reader, &limits, &mut |name, bytes| {
            if ends(name, &DIGESTS)
                && let Ok(bytes) = bytes
                && bytes.len() as u64 <= MAX_DIGEST
            {
                digests.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
            }
            ControlFlow::Continue(())
        });
        // What is damaged is told by the second reading.
        drop(gathered);
        if let Err(error) = std::io::Seek::rewind(reader) {
            return hand(receive, place, Err(format!("cannot be read: {error}")), None);
        }
    }
    let mut wanted = true;
    let done = archive::each(reader, &limits, &mut |name, bytes| {
        if kind == Kind::Gzip {
            wanted = hand(receive, place, bytes.map_err(|e| e.to_string()), None);
            return ControlFlow::Break(());
        }
        if !ends(name, &ENDINGS) {
            passed.files += u64::from(!is_companion(name));
            return ControlFlow::Continue(());
        }
        let digest = DIGESTS.iter().find_map(|ending| digests.get(&format!("{name}{ending}")).cloned());
        let inside = format!("{place}/{}", name.trim_start_matches("./"));
        wanted = hand(receive, &inside, bytes.map_err(|e: ArchiveError| e.to_string()), digest);
        if wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match done {
        Err(error) if wanted => hand(receive, place, Err(format!("the rest is not read: {error}")), None),
        _ => wanted,
    }
}

#[cfg(test)]
mod tests;
