//! tar (POSIX.1-2017 pax, ustar; GNU long names), read front to back. Regular files only; links, devices and folders are
//! passed over. Names beyond a header's are read, other pax members are not.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::{ArchiveError, ArchiveLimits, Counted, Receive, bounded};

/// Everything stands in blocks of this size.
const BLOCK: usize = 512;
/// Longest name or pax record set that is read.
const MAX_NAME: u64 = 1 << 20;

/// Whether bytes are a header: its checksum says so (POSIX.1-2017, pax, "ustar Interchange Format").
pub(super) fn is_header(block: &[u8]) -> bool {
    block.len() >= BLOCK && Header::read(block).is_some()
}

struct Header {
    name: Vec<u8>,
    size: u64,
    kind: u8,
}

/// A number in octal digits, or in base 256 when the first bit is set (GNU).
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        return rest
            .iter()
            .try_fold(u64::from(first & 0x3f), |n, b| n.checked_mul(256)?.checked_add(u64::from(*b)));
    }
    let digits = field.iter().skip_while(|b| **b == b' ').take_while(|b| !matches!(b, b' ' | 0));
    digits.into_iter().try_fold(0u64, |n, b| match b {
        b'0'..=b'7' => n.checked_mul(8)?.checked_add(u64::from(b - b'0')),
        _ => None,
    })
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

impl Header {
    fn read(block: &[u8]) -> Option<Self> {
        let field = |from: usize, to: usize| block.get(from..to);
        let stated = number(field(148, 156)?)?;
        let sum = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) };
        let found: u64 = block.get(..BLOCK)?.iter().enumerate().map(sum).sum();
        if stated != found || block.first() == Some(&0) {
            return None;
        }
        let mut name = text(field(0, 100)?).to_vec();
        let prefix = text(field(345, 500)?);
        if field(257, 263)? == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        Some(Self { name, size: number(field(124, 136)?)?, kind: *block.get(156)? })
    }
}

/// Hands over every regular file.
pub(super) fn each(
    reader: &mut impl Read,
    limits: &ArchiveLimits,
    receive: &mut Receive<'_>,
) -> Result<(), ArchiveError> {
    let mut counted = Counted::new(limits);
    let (mut at, mut name, mut size) = (0u64, None::<Vec<u8>>, None::<u64>);
    loop {
        let mut block = [0; BLOCK];
        if !filled(reader, &mut block)? || block.iter().all(|b| *b == 0) {
            // The end is two blocks of zeros; an archive that just ends is met as well.
            return Ok(());
        }
        let header = Header::read(&block)
            .ok_or(ArchiveError::Damaged { reason: "no tar header where one must be", at })?;
        let length = size.take().unwrap_or(header.size);
        at = at.saturating_add(BLOCK as u64);
        counted.bytes(length)?;
        let padded = length.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        let mut content = (&mut *reader).take(length);
        match header.kind {
            b'L' | b'x' => {
                if length > MAX_NAME {
                    return Err(ArchiveError::TooLarge { what: "bytes in a name", max: MAX_NAME });
                }
                let mut bytes = Vec::new();
                content.read_to_end(&mut bytes).map_err(ArchiveError::Io)?;
                if header.kind == b'L' {
                    name = Some(text(&bytes).to_vec());
                } else {
                    pax(&bytes, &mut name, &mut size);
                }
            }
            b'0' | 0 | b'7' => {
                counted.file()?;
                let given = name.take().unwrap_or(header.name);
                let given = String::from_utf8_lossy(&given).into_owned();
                let bytes = bounded(&mut content, limits);
                let short = matches!(&bytes, Ok(bytes) if bytes.len() as u64 != length);
                if short {
                    return Err(ArchiveError::Damaged { reason: "it ends within a file", at });
                }
                if receive(&given, bytes) == ControlFlow::Break(()) {
                    return Ok(());
                }
            }
            // pax records for all files say nothing about names.
            b'g' => {}
            _ => name = None,
        }
        let left = content.limit().saturating_add(padded - length);
        let skipped = io::copy(&mut (&mut *reader).take(left), &mut io::sink()).map_err(ArchiveError::Io)?;
        at = at.saturating_add(padded);
        if skipped != left {
            return Err(ArchiveError::Damaged { reason: "it ends within a file", at });
        }
    }
}

/// Fills a block; false at the end of the archive.
fn filled(reader: &mut impl Read, block: &mut [u8; BLOCK]) -> Result<bool, ArchiveError> {
    let mut whole = Vec::with_capacity(BLOCK);
    reader.take(BLOCK as u64).read_to_end(&mut whole).map_err(ArchiveError::Io)?;
    match <[u8; BLOCK]>::try_from(whole) {
        Ok(bytes) => {
            *block = bytes;
            Ok(true)
        }
        Err(rest) if rest.is_empty() => Ok(false),
        Err(_) => Err(ArchiveError::Damaged { reason: "it ends within a header", at: 0 }),
    }
}

/// Name and size out of pax records: `LENGTH KEY=VALUE\n`.
fn pax(mut records: &[u8], name: &mut Option<Vec<u8>>, size: &mut Option<u64>) {
    while let Some(space) = records.iter().position(|b| *b == b' ') {
        let length = records.get(..space).and_then(|d| std::str::from_utf8(d).ok()?.parse::<usize>().ok());
        let Some((record, rest)) = length.and_then(|length| records.split_at_checked(length)) else { return };
        let record = record.get(space + 1..).unwrap_or_default();
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(path) = record.strip_prefix(b"path=") {
            *name = Some(path.to_vec());
        } else if let Some(text) = record.strip_prefix(b"size=") {
            *size = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
        }
        records = rest;
    }
}
