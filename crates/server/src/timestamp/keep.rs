//! Where time stamps are kept: a directory beside the log, with three small files for each stamped checkpoint. They prove
//! themselves, so nothing depends on the directory but that they are there: `SIZE.checkpoint` is what was stamped, `SIZE.tsq` what
//! was asked, `SIZE.tsr` the answer as it came, `roots.pem` whom to trust.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use evidence::{Hash, Time};
use formats::timestamp::{MAX_RESPONSE, Request, Response};
use ledger::properties;
use tlog::note::MAX_NOTE_BYTES;
use tlog::{Checkpoint, Note};

use super::verify::{Authorities, StampError, Stamped};

/// Largest file of roots.
const MAX_ROOTS: u64 = 256 << 10;
/// Most files that are looked at; older stamps serve as well as newer ones.
const MAX_FILES: usize = 100_000;

/// Why a time stamp is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// A file could not be read or written.
    #[error("{file}: {error}", file = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// The answer is no answer of an authority.
    #[error("{0}")]
    Malformed(formats::timestamp::DerError),
    /// The authority refuses.
    #[error("the authority refuses (status {status}): {says}")]
    Refused {
        /// Its status.
        status: u8,
        /// Its words.
        says: String,
    },
    /// It answers no request that was made here.
    #[error("it answers no request that was made here: imprint or nonce is another one")]
    NotAsked,
    /// No roots are at hand.
    #[error("no roots of time-stamping authorities are at hand")]
    NoRoots,
    /// It cannot be accepted.
    #[error("{0}")]
    Stamp(StampError),
    /// What was stamped is no checkpoint.
    #[error("what was stamped is no checkpoint: {0}")]
    Checkpoint(tlog::Error),
}

/// The directory.
#[derive(Clone, Debug)]
pub struct Stamps(PathBuf);

impl Stamps {
    /// The stamps in this directory, which need not be there yet.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.0
    }

    fn file(&self, size: u64, ending: &str) -> PathBuf {
        self.0.join(format!("{size}.{ending}"))
    }

    /// Keeps roots to verify with, beside those kept before: older stamps need theirs. Who shall be trusted no more is taken out
    /// of the file by hand.
    ///
    /// # Errors
    /// They are none, too many together, or cannot be written.
    pub fn trust(&self, pem: &[u8]) -> Result<(), KeepError> {
        Authorities::from_pem(pem).map_err(KeepError::Stamp)?;
        let path = self.0.join("roots.pem");
        let mut kept = read(&path, MAX_ROOTS)?.unwrap_or_default();
        if kept.windows(pem.len()).any(|part| part == pem) {
            return Ok(());
        }
        kept.extend_from_slice(pem);
        kept.push(b'\n');
        Authorities::from_pem(&kept).map_err(KeepError::Stamp)?;
        self.write(&path, &kept)
    }

    /// The roots that are trusted.
    ///
    /// # Errors
    /// There are none, or they cannot be read.
    pub fn authorities(&self) -> Result<Authorities, KeepError> {
        let pem = read(&self.0.join("roots.pem"), MAX_ROOTS)?.ok_or(KeepError::NoRoots)?;
        Authorities::from_pem(&pem).map_err(KeepError::Stamp)
    }

    /// A request over a checkpoint, kept until its answer comes; made anew with eight random bytes if there was one.
    ///
    /// # Errors
    /// The note is no checkpoint, or a file cannot be written.
    pub fn request(&self, note: &Note, random: [u8; 8]) -> Result<(u64, Request), KeepError> {
        let checkpoint = Checkpoint::parse(note.text()).map_err(KeepError::Checkpoint)?;
        let bytes = note.to_bytes();
        let request = Request::new(&bytes, random);
        // An answer that came already stays with what it answers.
        if !self.file(checkpoint.size, "tsr").exists() {
            self.write(&self.file(checkpoint.size, "checkpoint"), &bytes)?;
            self.write(&self.file(checkpoint.size, "tsq"), &request.to_der())?;
        }
        Ok((checkpoint.size, request))
    }

    /// Whether the checkpoint of this size has its stamp.
    #[must_use]
    pub fn is_stamped(&self, size: u64) -> bool {
        self.file(size, "tsr").exists()
    }

    /// Takes an answer to a request that was made here: verified first, then kept. Gives the size of the log that was
    /// stamped, and what the stamp says.
    ///
    /// # Errors
    /// It is not kept; the error says why.
    pub fn take(&self, answer: &[u8]) -> Result<(u64, Stamped), KeepError> {
        let token = match Response::from_der(answer).map_err(KeepError::Malformed)? {
            Response::Refused { status, says } => return Err(KeepError::Refused { status, says }),
            Response::Granted(token) => token,
        };
        for size in self.sizes("tsq")? {
            let Some(asked) = read(&self.file(size, "tsq"), MAX_RESPONSE as u64)? else { continue };
            let asked = Request::from_der(&asked).map_err(KeepError::Malformed)?;
            if !token.answers(&asked) {
                continue;
            }
            let data =
                read(&self.file(size, "checkpoint"), MAX_NOTE_BYTES as u64)?.ok_or(KeepError::NotAsked)?;
            let stamped = self.authorities()?.verify(&token, &data).map_err(KeepError::Stamp)?;
            self.write(&self.file(size, "tsr"), answer)?;
            return Ok((size, stamped));
        }
        Err(KeepError::NotAsked)
    }

    /// The earliest bound that a kept stamp gives for the entry at `index`, verified anew: its checkpoint holds the entry, lies
    /// within `known`, and has the root that `root_at` gives for its size. What cannot be verified is passed over.
    #[must_use]
    pub fn bound(
        &self,
        index: u64,
        known: u64,
        root_at: &dyn Fn(u64) -> Option<Hash>,
    ) -> Option<properties::TimeStamped> {
        let authorities = self.authorities().ok()?;
        // Smaller logs were stamped earlier, so the first that holds is the earliest bound.
        let sizes = self.sizes("tsr").ok()?.into_iter().filter(|size| index < *size && *size <= known);
        for size in sizes {
            let held = (|| {
                let data = read(&self.file(size, "checkpoint"), MAX_NOTE_BYTES as u64).ok()??;
                let answer = read(&self.file(size, "tsr"), MAX_RESPONSE as u64).ok()??;
                let note = Note::parse(&data).ok()?;
                let checkpoint = Checkpoint::parse(note.text()).ok()?;
                if checkpoint.size != size || root_at(size)? != checkpoint.root {
                    return None;
                }
                let Response::Granted(token) = Response::from_der(&answer).ok()? else { return None };
                let stamped = authorities.verify(&token, &data).ok()?;
                let time = Time::from_seconds(stamped.not_after)?;
                Some(properties::TimeStamped { size, time, signer: stamped.signer })
            })();
            match held {
                Some(bound) => return Some(bound),
                None => tracing::warn!(size, "a kept time stamp cannot be verified"),
            }
        }
        None
    }

    /// Sizes of the log for which there is a file with this ending, ascending.
    fn sizes(&self, ending: &str) -> Result<Vec<u64>, KeepError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(KeepError::File(self.0.clone(), e)),
        };
        let mut sizes = Vec::new();
        for entry in entries.take(MAX_FILES) {
            let name = entry.map_err(|e| KeepError::File(self.0.clone(), e))?.file_name();
            let name = name.to_string_lossy();
            sizes.extend(
                name.split_once('.')
                    .filter(|(_, end)| *end == ending)
                    .and_then(|(n, _)| n.parse::<u64>().ok()),
            );
        }
        sizes.sort_unstable();
        Ok(sizes)
    }

    /// Writes a file whole: under another name first, durable, then named.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
        let fail = |e| KeepError::File(path.to_owned(), e);
        fs::create_dir_all(&self.0).map_err(fail)?;
        let new = path.with_extension("new");
        let mut file = File::create(&new).map_err(fail)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
        fs::rename(&new, path).and_then(|()| File::open(&self.0)?.sync_all()).map_err(fail)
    }
}

/// A file of at most `most` bytes; `None` if there is none.
fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, KeepError> {
    let fail = |e| KeepError::File(path.to_owned(), e);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
    };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        return Err(fail(io::Error::new(io::ErrorKind::InvalidData, "larger than any such file")));
    }
    Ok(Some(bytes))
}
