//! ZIP archives (PKWARE APPNOTE 6.3), read from memory and written stored: as much as ReqIF and Office files use.
//! Every length is checked before use; entries may not overlap, what an entry unpacks to is bounded by its stated size,
//! by a ratio and by a total, and its CRC-32 must match. Not read: encryption, ZIP64, several disks, methods other than
//! stored and deflate.

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::model::Source;
use super::{Error, File, Limits};

/// Longest comment after the end record, and with it how far back the end record can lie (APPNOTE 4.3.16).
const MAX_COMMENT: usize = 65_535;
const END: u32 = 0x0605_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;

/// One file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    deflated: bool,
    crc: u32,
    packed: std::ops::Range<usize>,
    size: usize,
}

/// An archive whose directory has been checked.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    file: File<'a>,
    entries: Vec<Entry>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

impl<'a> Archive<'a> {
    pub(super) fn open(file: File<'a>, limits: &Limits) -> Result<Self, Error> {
        limits.check_file(file.name, file.bytes)?;
        let bytes = file.bytes;
        let refuse = |reason| Error::Archive { reason, source_at: Source::file(file.name) };
        let from = bytes.len().saturating_sub(MAX_COMMENT + 22);
        let end = (from..bytes.len().saturating_sub(21))
            .rev()
            .find(|&at| u32_at(bytes, at) == Some(END))
            .ok_or_else(|| refuse("it has no end record; it is no ZIP archive or is cut short"))?;
        let field = |at| u16_at(bytes, end + at).ok_or_else(|| refuse("the end record is cut short"));
        if field(4)? != 0 || field(6)? != 0 {
            return Err(refuse("it spans several disks"));
        }
        let count = field(10)?;
        if count > limits.files {
            return Err(Error::limit("files in one archive", limits.files, Source::file(file.name)));
        }
        let mut at = size_at(bytes, end + 16).ok_or_else(|| refuse("the end record is cut short"))?;
        if count == 0xFFFF || at == 0xFFFF_FFFF {
            return Err(refuse("ZIP64 is not read"));
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let (entry, next) = central(bytes, at).map_err(refuse)?;
            check_sizes(&entry, limits, file.name)?;
            entries.push(entry);
            at = next;
        }
        let archive = Self { file, entries };
        archive.check_total(limits)?;
        Ok(archive)
    }

    /// No overlaps, no name twice, and a bounded total.
    fn check_total(&self, limits: &Limits) -> Result<(), Error> {
        let refuse = |reason, entry: &Entry| Err(Error::Archive { reason, source_at: self.at(entry) });
        let mut total = 0usize;
        for entry in &self.entries {
            total = total.saturating_add(entry.size);
            if total > limits.bytes {
                return Err(Error::limit("unpacked bytes in one archive", limits.bytes, self.at(entry)));
            }
        }
        let mut by_place: Vec<&Entry> = self.entries.iter().filter(|e| !e.packed.is_empty()).collect();
        by_place.sort_by_key(|entry| entry.packed.start);
        if let Some((_, next)) =
            by_place.iter().zip(by_place.iter().skip(1)).find(|(a, b)| a.packed.end > b.packed.start)
        {
            return refuse("entries overlap", next);
        }
        let mut by_name: Vec<&Entry> = self.entries.iter().collect();
        by_name.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some((_, twice)) = by_name.iter().zip(by_name.iter().skip(1)).find(|(a, b)| a.name == b.name) {
            return refuse("a name is given twice", twice);
        }
        Ok(())
    }

    fn at(&self, entry: &Entry) -> Source {
        let separator = if self.file.name.is_empty() { "" } else { "/" };
        Source::file(&format!("{}{separator}{}", self.file.name, entry.name))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Unpacks an entry.
    pub(super) fn read(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        let refuse = |reason| Error::Archive { reason, source_at: self.at(entry) };
        let packed = self
            .file
            .bytes
            .get(entry.packed.clone())
            .ok_or_else(|| refuse("an entry lies outside the archive"))?;
        let bytes = if entry.deflated {
            decompress_to_vec_with_limit(packed, entry.size).map_err(|error| {
                refuse(if error.status == TINFLStatus::HasMoreOutput {
                    "an entry unpacks to more than it states"
                } else {
                    "the compressed data is damaged"
                })
            })?
        } else {
            packed.to_vec()
        };
        if bytes.len() != entry.size {
            return Err(refuse("an entry's length is not what it states"));
        }
        if crc32(&bytes) != entry.crc {
            return Err(refuse("an entry's checksum does not match"));
        }
        Ok(bytes)
    }
}

fn check_sizes(entry: &Entry, limits: &Limits, file: &str) -> Result<(), Error> {
    let source_at = || Source::file(&format!("{file}/{}", entry.name));
    if entry.size > limits.bytes {
        return Err(Error::limit("unpacked bytes in one entry", limits.bytes, source_at()));
    }
    // Small files of one repeated byte reach the ratio honestly; they harm nobody.
    const SMALL: usize = 1 << 20;
    if entry.size > SMALL && entry.size / limits.ratio.max(1) > entry.packed.len() {
        return Err(Error::limit("unpacked bytes for each packed byte", limits.ratio, source_at()));
    }
    Ok(())
}

/// The entry whose central header lies at `at`, and where the next header begins.
fn central(bytes: &[u8], at: usize) -> Result<(Entry, usize), &'static str> {
    const SHORT: &str = "the directory is cut short";
    if u32_at(bytes, at) != Some(CENTRAL) {
        return Err("the directory is damaged");
    }
    let short = |offset: usize| u16_at(bytes, at + offset).ok_or(SHORT);
    let long = |offset: usize| size_at(bytes, at + offset).ok_or(SHORT);
    let (flags, method) = (short(8)?, short(10)?);
    if flags & 0x2041 != 0 {
        return Err("an entry is encrypted");
    }
    let deflated = match method {
        0 => false,
        8 => true,
        _ => return Err("an entry is compressed by a method other than deflate"),
    };
    let (packed, size, local) = (long(20)?, long(24)?, long(42)?);
    if packed == 0xFFFF_FFFF || size == 0xFFFF_FFFF || local == 0xFFFF_FFFF {
        return Err("ZIP64 is not read");
    }
    let name_at = at + 46;
    let name_end = name_at + short(28)?;
    let name = bytes.get(name_at..name_end).ok_or(SHORT)?;
    let name = std::str::from_utf8(name).map_err(|_| "an entry's name is not UTF-8")?.to_owned();
    if name.starts_with('/')
        || name.contains('\\')
        || name.contains('\0')
        || name.split('/').any(|part| part == "..")
    {
        return Err("an entry's name leads out of the archive");
    }
    if u32_at(bytes, local) != Some(LOCAL) {
        return Err("an entry has no local header");
    }
    let skip = |offset| u16_at(bytes, local + offset).ok_or(SHORT);
    let start = local + 30 + skip(26)? + skip(28)?;
    let end = start
        .checked_add(packed)
        .filter(|end| *end <= bytes.len())
        .ok_or("an entry lies outside the archive")?;
    let crc = u32_at(bytes, at + 16).ok_or(SHORT)?;
    let next = name_end + short(30)? + short(32)?;
    Ok((Entry { name, deflated, crc, packed: start..end, size }, next))
}

/// CRC-32 as ZIP uses it (reflected 0x04C11DB7), four bits at a time.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    !bytes.iter().fold(!0u32, |crc, &byte| {
        let crc = crc ^ u32::from(byte);
        let crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
        crc >> 4 ^ TABLE[(crc & 15) as usize]
    })
}

const fn table() -> [u32; 16] {
    let mut table = [0u32; 16];
    let mut n = 0;
    let mut start = 0u32;
    while n < 16 {
        let mut crc = start;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
        start += 1;
    }
    table
}

/// Writes files into an archive, deflated, without times, so that equal content gives equal bytes.
pub(super) fn write(files: &[(&str, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in files {
        let packed = miniz_oxide::deflate::compress_to_vec(bytes, 6);
        let mut common = Vec::new();
        // Version 2.0, UTF-8 name, deflate, and the earliest date DOS knows.
        for short in [20u16, 0x0800, 8, 0, 0x0021] {
            common.extend_from_slice(&short.to_le_bytes());
        }
        for long in [crc32(bytes), u32::try_from(packed.len()).ok()?, u32::try_from(bytes.len()).ok()?] {
            common.extend_from_slice(&long.to_le_bytes());
        }
        common.extend_from_slice(&u16::try_from(name.len()).ok()?.to_le_bytes());
        common.extend_from_slice(&0u16.to_le_bytes());
        let offset = u32::try_from(out.len()).ok()?;
        directory.extend_from_slice(&CENTRAL.to_le_bytes());
        directory.extend_from_slice(&20u16.to_le_bytes());
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&LOCAL.to_le_bytes());
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
    }
    let count = u16::try_from(files.len()).ok()?;
    let (size, offset) = (u32::try_from(directory.len()).ok()?, u32::try_from(out.len()).ok()?);
    out.append(&mut directory);
    out.extend_from_slice(&END.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Some(out)
}
