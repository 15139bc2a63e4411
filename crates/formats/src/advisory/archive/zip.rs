//! ZIP (PKWARE APPNOTE 6.3.10), read by its directory from a seekable reader, ZIP64 too. Stored and deflated files;
//! CRC-32 and stated lengths must hold. Not read: encryption, several disks.

use std::io::{BufRead, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::{ArchiveError, ArchiveLimits, Counted, Receive};
use crate::crc32::crc32;

/// How far back the end record can lie: its own 22 bytes and the longest comment (APPNOTE 4.3.16).
const END_REGION: u64 = 22 + 65_535;
/// Most bytes of a directory: a million entries with names of 200 bytes.
const MAX_DIRECTORY: u64 = 256 << 20;

struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_le_bytes)
}

fn damaged(reason: &'static str, at: u64) -> ArchiveError {
    ArchiveError::Damaged { reason, at }
}

fn read_at<R: Read + Seek>(reader: &mut R, at: u64, length: u64) -> Result<Vec<u8>, ArchiveError> {
    reader.seek(SeekFrom::Start(at)).map_err(ArchiveError::Io)?;
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes).map_err(ArchiveError::Io)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(damaged("it is cut short", at)) }
}

/// Number of entries, and the place and length of the directory.
fn directory<R: Read + Seek>(reader: &mut R) -> Result<(u64, u64, u64), ArchiveError> {
    let end = reader.seek(SeekFrom::End(0)).map_err(ArchiveError::Io)?;
    let from = end.saturating_sub(END_REGION);
    let tail = read_at(reader, from, end - from)?;
    let at = (0..tail.len().saturating_sub(21)).rev().find(|at| u32_at(&tail, *at) == Some(0x0605_4b50));
    let at = at.ok_or_else(|| damaged("it has no end record; it is cut short", end))?;
    let short = || damaged("the end record is cut short", end);
    let disk = u16_at(&tail, at + 4).ok_or_else(short)?;
    let count = u16_at(&tail, at + 10).ok_or_else(short)?;
    let length = u32_at(&tail, at + 12).ok_or_else(short)?;
    let place = u32_at(&tail, at + 16).ok_or_else(short)?;
    let small = count != u16::MAX && length != u32::MAX && place != u32::MAX;
    let locator = at.checked_sub(20).filter(|at| u32_at(&tail, *at) == Some(0x0706_4b50));
    match locator {
        None if disk != 0 => Err(ArchiveError::Unsupported("a ZIP archive over several disks")),
        None => Ok((u64::from(count), u64::from(place), u64::from(length))),
        Some(_) if small => Ok((u64::from(count), u64::from(place), u64::from(length))),
        Some(locator) => {
            let record = u64_at(&tail, locator + 8).ok_or_else(short)?;
            let bytes = read_at(reader, record, 56)?;
            if u32_at(&bytes, 0) != Some(0x0606_4b50) {
                return Err(damaged("its ZIP64 end record is missing", record));
            }
            let field = |at| u64_at(&bytes, at).ok_or_else(short);
            Ok((field(32)?, field(48)?, field(40)?))
        }
    }
}

/// The entry at `at` of the directory, and where the next one begins.
fn central(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    if u32_at(bytes, at)? != 0x0201_4b50 {
        return None;
    }
    let short = |offset: usize| u16_at(bytes, at.checked_add(offset)?);
    let long = |offset: usize| u32_at(bytes, at.checked_add(offset)?);
    let name_at = at + 46;
    let extra_at = name_at + usize::from(short(28)?);
    let comment_at = extra_at + usize::from(short(30)?);
    let next = comment_at + usize::from(short(32)?);
    let mut sizes = [long(24)?, long(20)?, long(42)?].map(u64::from);
    // ZIP64 extended information: those of the three that do not fit, in this order (APPNOTE 4.5.3).
    let mut extra = bytes.get(extra_at..comment_at)?;
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let field = extra.get(4..4 + length)?;
        if id == 1 {
            let mut from = 0;
            for size in sizes.iter_mut().filter(|size| **size == u64::from(u32::MAX)) {
                *size = u64_at(field, from)?;
                from += 8;
            }
        }
        extra = extra.get(4 + length..)?;
    }
    let [size, packed, place] = sizes;
    let name = String::from_utf8_lossy(bytes.get(name_at..extra_at)?).into_owned();
    Some((
        Entry { name, flags: short(8)?, method: short(10)?, crc: long(16)?, packed, size, at: place },
        next,
    ))
}

/// Hands over every file, in the order of the directory.
pub(super) fn each<R: BufRead + Seek>(
    reader: &mut R,
    limits: &ArchiveLimits,
    receive: &mut Receive<'_>,
) -> Result<(), ArchiveError> {
    let (count, place, length) = directory(reader)?;
    if count > limits.files {
        return Err(ArchiveError::TooLarge { what: "files", max: limits.files });
    }
    if length > MAX_DIRECTORY {
        return Err(ArchiveError::TooLarge { what: "bytes of directory", max: MAX_DIRECTORY });
    }
    let bytes = read_at(reader, place, length)?;
    let mut counted = Counted::new(limits);
    let mut at = 0;
    for _ in 0..count {
        let (entry, next) =
            central(&bytes, at).ok_or_else(|| damaged("its directory is damaged", place + at as u64))?;
        at = next;
        if entry.name.ends_with('/') {
            continue;
        }
        counted.file()?;
        counted.bytes(entry.size)?;
        let unpacked = unpack(reader, &entry, limits);
        if receive(&entry.name, unpacked) == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    Ok(())
}

fn unpack<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    limits: &ArchiveLimits,
) -> Result<Vec<u8>, ArchiveError> {
    if entry.flags & 0x2041 != 0 {
        return Err(ArchiveError::Unsupported("an encrypted file"));
    }
    let max = limits.file_bytes;
    // What does not shrink when packed is no larger packed; some bytes of deflate's own may come on top.
    if entry.size > max || entry.packed > max.saturating_add(max / 1_000).saturating_add(1_024) {
        return Err(ArchiveError::TooLarge { what: "bytes in one file", max });
    }
    let local = read_at(reader, entry.at, 30)?;
    let short = || damaged("a file's header is damaged", entry.at);
    if u32_at(&local, 0) != Some(0x0403_4b50) {
        return Err(short());
    }
    let skip =
        u64::from(u16_at(&local, 26).ok_or_else(short)?) + u64::from(u16_at(&local, 28).ok_or_else(short)?);
    let packed = read_at(reader, entry.at + 30 + skip, entry.packed)?;
    let size = usize::try_from(entry.size).map_err(|_| short())?;
    let bytes = match entry.method {
        0 => packed,
        8 => decompress_to_vec_with_limit(&packed, size).map_err(|error| {
            let more = error.status == TINFLStatus::HasMoreOutput;
            let reason =
                if more { "a file unpacks to more than it states" } else { "compressed data is damaged" };
            damaged(reason, entry.at)
        })?,
        _ => return Err(ArchiveError::Unsupported("a file compressed by a method other than deflate")),
    };
    if bytes.len() != size || crc32(&bytes) != entry.crc {
        return Err(damaged("a file's length or checksum does not match", entry.at));
    }
    Ok(bytes)
}
