//! Reading: the end first, then the directory, and members when they are asked for. Strict: what the writer does not write
//! is refused, so that nothing hides between members and every reader sees the same ones. Nothing is ever written.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::crc::crc32;
use super::{
    CENTRAL, CENTRAL_BYTES, DATE, END, END_BYTES, LOCAL, LOCAL_BYTES, MAX_MEMBER, MAX_MEMBERS, MAX_TOTAL,
    VERSION, ZipError, good_name, shape,
};

/// Largest part of a file that deflate can grow to: 1,032 times as much (RFC 1951, a run of longest matches).
const MOST_GROWTH: u64 = 1_032;

#[derive(Debug)]
struct Member {
    name: String,
    deflated: bool,
    /// Where its data begins.
    data: u64,
    compressed: u64,
    size: u64,
    crc: u32,
}

/// A package, opened.
#[derive(Debug)]
pub struct Archive<R> {
    file: R,
    members: Vec<Member>,
    places: BTreeMap<String, usize>,
}

/// Reads little-endian fields from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ZipError> {
        let cut = || ZipError::CutOff("its directory ends too soon");
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(cut)?;
        self.0 = rest;
        Ok(*head)
    }
    fn u16(&mut self) -> Result<u16, ZipError> {
        self.take().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Result<u32, ZipError> {
        self.take().map(u32::from_le_bytes)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory and every local header, and holds them against each other.
    ///
    /// # Errors
    /// The file is not a ZIP of the shape that packages have, or cannot be read.
    pub fn open(mut file: R) -> Result<Self, ZipError> {
        let length = file.seek(SeekFrom::End(0)).map_err(ZipError::Io)?;
        let end_at =
            length.checked_sub(END_BYTES as u64).ok_or(ZipError::CutOff("it is shorter than any"))?;
        if length > MAX_TOTAL {
            return Err(shape("it is larger than 4 GiB, and a package is not", None));
        }
        let end = read_at(&mut file, end_at, END_BYTES)?;
        let mut end = Fields(&end);
        if end.u32()? != END {
            return Err(ZipError::CutOff("it does not end with the end of a directory"));
        }
        let (disks, here, count) = (end.u32()?, end.u16()?, end.u16()?);
        let (bytes, start, comment) = (u64::from(end.u32()?), u64::from(end.u32()?), end.u16()?);
        if disks != 0 || here != count || usize::from(count) > MAX_MEMBERS || comment != 0 {
            return Err(shape("its end says several disks, a comment, or ZIP64", None));
        }
        if start + bytes != end_at {
            return Err(ZipError::CutOff("its directory does not end where the file does"));
        }
        let directory = read_at(&mut file, start, usize::try_from(bytes).unwrap_or(0))?;
        let mut archive = Self { file, members: Vec::new(), places: BTreeMap::new() };
        archive.directory(&directory, count, start)?;
        Ok(archive)
    }

    fn directory(&mut self, directory: &[u8], count: u16, end: u64) -> Result<(), ZipError> {
        let mut fields = Fields(directory);
        let (mut offset, mut total) = (0_u64, 0_u64);
        for _ in 0..count {
            let entry = fields.0;
            if fields.u32()? != CENTRAL || fields.u16()? != VERSION {
                return Err(shape("its directory has an entry that is none", None));
            }
            let common = fields.take::<26>()?;
            let rest = fields.take::<10>()?;
            let at = u64::from(fields.u32()?);
            let name_length = usize::from(u16::from_le_bytes([common[22], common[23]]));
            // The last two bytes of the shared fields are the extra field's length in both headers.
            let (name, after) =
                fields.0.split_at_checked(name_length).ok_or(ZipError::CutOff("in a name"))?;
            fields.0 = after;
            debug_assert_eq!(entry.len() - fields.0.len(), CENTRAL_BYTES + name_length);
            let name = String::from_utf8_lossy(name).into_owned();
            if !good_name(&name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
                return Err(shape("a name that no member may have", Some(&name)));
            }
            if self.places.insert(name.clone(), self.members.len()).is_some() {
                return Err(shape("two members have one name", Some(&name)));
            }
            let mut c = Fields(&common);
            let (version, flags, method, time, date) = (c.u16()?, c.u16()?, c.u16()?, c.u16()?, c.u16()?);
            let (crc, compressed, size) = (c.u32()?, u64::from(c.u32()?), u64::from(c.u32()?));
            let plain = (version, flags, time, date) == (VERSION, 0, 0, DATE)
                && rest == [0; 10]
                && common[24..] == [0; 2];
            if !plain || !matches!(method, 0 | 8) || (method == 0 && compressed != size) {
                return Err(shape(
                    "a member with a flag, date, extra field or method that packages do not use",
                    Some(&name),
                ));
            }
            total += size;
            if size > MAX_MEMBER || total > MAX_TOTAL || size > compressed.max(1) * MOST_GROWTH {
                return Err(shape("a member that says it is larger than a member may be", Some(&name)));
            }
            if at != offset {
                return Err(shape("bytes between members, or members over each other", Some(&name)));
            }
            self.local(&name, at, &common)?;
            let data = at + (LOCAL_BYTES + name_length) as u64;
            offset = data + compressed;
            if offset > end {
                return Err(shape("a member that reaches into the directory", Some(&name)));
            }
            self.members.push(Member { name, deflated: method == 8, data, compressed, size, crc });
        }
        if !fields.0.is_empty() || offset != end {
            return Err(shape("bytes that belong to no member", None));
        }
        Ok(())
    }

    /// The header before the data must say what the directory says.
    fn local(&mut self, name: &str, at: u64, common: &[u8; 26]) -> Result<(), ZipError> {
        let head = read_at(&mut self.file, at, LOCAL_BYTES + name.len())?;
        let same = head.starts_with(&LOCAL.to_le_bytes())
            && head.get(4..LOCAL_BYTES).is_some_and(|fields| fields == common)
            && head.get(LOCAL_BYTES..).is_some_and(|n| n == name.as_bytes());
        if same { Ok(()) } else { Err(shape("its own header contradicts the directory", Some(name))) }
    }

    /// Names of the members, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|m| m.name.as_str())
    }

    /// Whether there is such a member.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The bytes of a member.
    ///
    /// # Errors
    /// There is none of this name, its bytes are damaged, or the file cannot be read.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, ZipError> {
        let found = self.places.get(name).and_then(|at| self.members.get(*at));
        let m = found.ok_or_else(|| shape("there is no such member", Some(name)))?;
        let damaged = |what: &str| ZipError::Damaged { member: name.to_owned(), what: what.into() };
        let (size, packed) = (usize::try_from(m.size), usize::try_from(m.compressed));
        let (Ok(size), Ok(packed)) = (size, packed) else { return Err(damaged("its size")) };
        let raw = read_at(&mut self.file, m.data, packed)?;
        let bytes = if m.deflated {
            decompress_to_vec_with_limit(&raw, size)
                .map_err(|_| damaged("it cannot be inflated to the size it says"))?
        } else {
            raw
        };
        if bytes.len() != size {
            return Err(damaged("it has another size than it says"));
        }
        if crc32(&bytes) != m.crc {
            return Err(damaged("its bytes were changed"));
        }
        Ok(bytes)
    }
}

fn read_at<R: Read + Seek>(file: &mut R, at: u64, length: usize) -> Result<Vec<u8>, ZipError> {
    file.seek(SeekFrom::Start(at)).map_err(ZipError::Io)?;
    let mut bytes = Vec::new();
    file.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(ZipError::Io)?;
    if bytes.len() == length { Ok(bytes) } else { Err(ZipError::CutOff("it ends inside a member")) }
}
