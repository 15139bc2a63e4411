//! Writing: one member after the other, nothing kept but their names and places.

use std::collections::BTreeSet;
use std::io::Write;

use miniz_oxide::deflate::compress_to_vec;

use super::crc::crc32;
use super::{
    CENTRAL, DATE, END, LOCAL, LOCAL_BYTES, MAX_MEMBER, MAX_MEMBERS, MAX_TOTAL, Method, VERSION, ZipError,
    good_name, shape,
};

/// Compression level of members that are deflated.
const LEVEL: u8 = 6;

struct Member {
    name: String,
    method: Method,
    crc: u32,
    compressed: u32,
    size: u32,
    offset: u32,
}

/// Writes a package. The same members in the same order give the same bytes.
pub struct Writer<W> {
    out: W,
    offset: u64,
    total: u64,
    members: Vec<Member>,
    names: BTreeSet<String>,
}

impl<W: Write> Writer<W> {
    /// A writer with nothing written yet.
    pub const fn new(out: W) -> Self {
        Self { out, offset: 0, total: 0, members: Vec::new(), names: BTreeSet::new() }
    }

    /// Writes a member. Deflates only what becomes smaller by it.
    ///
    /// # Errors
    /// The name is not one that a member may have or stands already, the file would be too large, or writing fails.
    pub fn member(&mut self, name: &str, bytes: &[u8], method: Method) -> Result<(), ZipError> {
        if !good_name(name) || !self.names.insert(name.to_owned()) {
            return Err(shape("a name that no member may have, or that stands already", Some(name)));
        }
        self.total += bytes.len() as u64;
        if bytes.len() as u64 > MAX_MEMBER || self.total > MAX_TOTAL || self.members.len() >= MAX_MEMBERS {
            return Err(shape(
                "the package would be larger than a package may be; choose a smaller scope",
                Some(name),
            ));
        }
        let packed = match method {
            Method::Stored => None,
            Method::Deflated => {
                Some(compress_to_vec(bytes, LEVEL)).filter(|packed| packed.len() < bytes.len())
            }
        };
        let method = if packed.is_some() { Method::Deflated } else { Method::Stored };
        let data = packed.as_deref().unwrap_or(bytes);
        let narrow =
            |n: u64| u32::try_from(n).map_err(|_| shape("the package is larger than 4 GiB", Some(name)));
        let member = Member {
            name: name.to_owned(),
            method,
            crc: crc32(bytes),
            compressed: narrow(data.len() as u64)?,
            size: narrow(bytes.len() as u64)?,
            offset: narrow(self.offset)?,
        };
        let mut head = Vec::with_capacity(LOCAL_BYTES + name.len());
        head.extend(LOCAL.to_le_bytes());
        member.common(&mut head);
        head.extend(0_u16.to_le_bytes());
        head.extend(name.bytes());
        self.put(&head)?;
        self.put(data)?;
        self.members.push(member);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ZipError> {
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes).map_err(ZipError::Io)
    }

    /// Writes the directory and gives back what was written to, and the length of the file.
    ///
    /// # Errors
    /// The file would be too large, or writing fails.
    pub fn finish(mut self) -> Result<(W, u64), ZipError> {
        let start = self.offset;
        let mut directory = Vec::new();
        for m in &self.members {
            directory.extend(CENTRAL.to_le_bytes());
            directory.extend(VERSION.to_le_bytes());
            m.common(&mut directory);
            // Extra field, comment, disk, internal and external attributes: none.
            directory.extend([0; 12]);
            directory.extend(m.offset.to_le_bytes());
            directory.extend(m.name.bytes());
        }
        let narrow = |n: u64| u32::try_from(n).map_err(|_| shape("the package is larger than 4 GiB", None));
        let (length, start) = (narrow(directory.len() as u64)?, narrow(start)?);
        let count = u16::try_from(self.members.len()).unwrap_or(u16::MAX);
        directory.extend(END.to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(count.to_le_bytes());
        directory.extend(count.to_le_bytes());
        directory.extend(length.to_le_bytes());
        directory.extend(start.to_le_bytes());
        directory.extend([0; 2]);
        self.put(&directory)?;
        self.out.flush().map_err(ZipError::Io)?;
        Ok((self.out, self.offset))
    }
}

impl Member {
    /// The fields that the local header and the directory share, from the version needed to the name's length.
    fn common(&self, out: &mut Vec<u8>) {
        out.extend(VERSION.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(self.method.code().to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(DATE.to_le_bytes());
        out.extend(self.crc.to_le_bytes());
        out.extend(self.compressed.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        // Names are at most MAX_NAME bytes.
        out.extend(u16::try_from(self.name.len()).unwrap_or(0).to_le_bytes());
    }
}
