//! Files in archives, one after the other in bounded memory: ZIP (ZIP64 too), tar, and either the same or a single file
//! below gzip. Advisories are published so by the ten thousand.
//!
//! Not here: what the files mean; files on disk; archives inside archives, which are handed over as they are.
//!
//! A file that cannot be read is handed over as its error, and the rest goes on, as far as the archive's own structure
//! holds. No name is ever used as a path.

mod gzip;
mod tar;
mod zip;

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::MAX_LEN;

pub use gzip::Gzip;

/// Bounds of what an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Files.
    pub files: u64,
    /// Bytes of one unpacked file.
    pub file_bytes: u64,
    /// Unpacked bytes in all.
    pub bytes: u64,
}

impl Default for ArchiveLimits {
    /// A million files of [`MAX_LEN`] bytes, 16 GiB in all: four times the largest feed published.
    fn default() -> Self {
        Self { files: 1_000_000, file_bytes: MAX_LEN as u64, bytes: 16 << 30 }
    }
}

/// Why an archive, or a file in it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The underlying reader failed.
    #[error("cannot read the archive: {0}")]
    Io(#[source] io::Error),
    /// Its structure is broken.
    #[error("a damaged archive: {reason} (at byte {at})")]
    Damaged {
        /// What is wrong.
        reason: &'static str,
        /// Where, in unpacked bytes for what is below gzip.
        at: u64,
    },
    /// Something that is not read here.
    #[error("{0}")]
    Unsupported(&'static str),
    /// A bound of [`ArchiveLimits`] was passed.
    #[error("more than {max} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: u64,
    },
}

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ZIP.
    Zip,
    /// tar, POSIX or GNU.
    Tar,
    /// gzip around a tar archive.
    TarGzip,
    /// gzip around a single file.
    Gzip,
    /// None of them.
    None,
}

/// Receives a file: its name as the archive has it, and its bytes or the reason why there are none.
pub type Receive<'a> = dyn FnMut(&str, Result<Vec<u8>, ArchiveError>) -> ControlFlow<()> + 'a;

/// Bytes by which a tar archive is told: the first header.
const TAR_HEAD: usize = 512;

/// Finds out what a reader gives, by content; leaves it where it was.
///
/// # Errors
/// The reader fails.
pub fn kind<R: BufRead + Seek>(reader: &mut R) -> Result<Kind, ArchiveError> {
    let start = reader.stream_position().map_err(ArchiveError::Io)?;
    let mut head = Vec::new();
    reader.by_ref().take(TAR_HEAD as u64).read_to_end(&mut head).map_err(ArchiveError::Io)?;
    reader.seek(SeekFrom::Start(start)).map_err(ArchiveError::Io)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    if tar::is_header(&head) {
        return Ok(Kind::Tar);
    }
    if !head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Kind::None);
    }
    let mut inside = Vec::new();
    // What is damaged is told when it is read.
    let _ = Gzip::new(&mut *reader).take(TAR_HEAD as u64).read_to_end(&mut inside);
    reader.seek(SeekFrom::Start(start)).map_err(ArchiveError::Io)?;
    Ok(if tar::is_header(&inside) { Kind::TarGzip } else { Kind::Gzip })
}

/// Hands over every file of an archive, in its order. Memory: one file, and about 100 bytes for each file of a ZIP.
///
/// # Errors
/// The archive as a whole cannot be read further. What was handed over before stands.
pub fn each<R: BufRead + Seek>(
    reader: &mut R,
    limits: &ArchiveLimits,
    receive: &mut Receive<'_>,
) -> Result<(), ArchiveError> {
    match kind(reader)? {
        Kind::Zip => zip::each(reader, limits, receive),
        Kind::Tar => tar::each(reader, limits, receive),
        Kind::TarGzip => tar::each(&mut BufReader::new(Gzip::new(reader)), limits, receive),
        Kind::Gzip => {
            let bytes = bounded(&mut Gzip::new(reader), limits);
            let _ = receive("", bytes);
            Ok(())
        }
        Kind::None => Err(ArchiveError::Unsupported("neither ZIP, tar nor gzip")),
    }
}

/// All bytes of a reader, at most those of one file.
fn bounded(reader: &mut impl Read, limits: &ArchiveLimits) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    let most = limits.file_bytes.saturating_add(1);
    reader.take(most).read_to_end(&mut bytes).map_err(ArchiveError::Io)?;
    if bytes.len() as u64 > limits.file_bytes {
        return Err(ArchiveError::TooLarge { what: "bytes in one file", max: limits.file_bytes });
    }
    Ok(bytes)
}

/// Counts files and bytes against the limits.
struct Counted {
    limits: ArchiveLimits,
    files: u64,
    bytes: u64,
}

impl Counted {
    fn new(limits: &ArchiveLimits) -> Self {
        Self { limits: *limits, files: 0, bytes: 0 }
    }

    fn file(&mut self) -> Result<(), ArchiveError> {
        self.files += 1;
        let max = self.limits.files;
        if self.files > max { Err(ArchiveError::TooLarge { what: "files", max }) } else { Ok(()) }
    }

    fn bytes(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.bytes = self.bytes.saturating_add(bytes);
        let max = self.limits.bytes;
        if self.bytes > max {
            return Err(ArchiveError::TooLarge { what: "unpacked bytes", max });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
