//! gzip (RFC 1952) as a reader: members one after the other, checksums and lengths checked. Memory: two windows of 64 KiB.

use std::io::{self, BufRead, ErrorKind, Read};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::crc32::Crc32;

/// Longest name or comment of a member.
const MAX_TEXT: u64 = 64 << 10;

/// Unpacks what a reader gives.
pub struct Gzip<R> {
    from: R,
    state: Box<InflateState>,
    crc: Crc32,
    length: u32,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first member, or after one: another may follow.
    Head {
        first: bool,
    },
    Body,
    End,
}

fn bad(reason: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason)
}

impl<R: BufRead> Gzip<R> {
    /// Unpacks what `from` gives from here on.
    pub fn new(from: R) -> Self {
        Self {
            from,
            state: Box::new(InflateState::new(DataFormat::Raw)),
            crc: Crc32::new(),
            length: 0,
            stage: Stage::Head { first: true },
        }
    }

    fn exactly<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn skip_text(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        (&mut self.from).take(MAX_TEXT).read_until(0, &mut text)?;
        if text.last() == Some(&0) { Ok(()) } else { Err(bad("a gzip header without an end")) }
    }

    /// Reads a member's header; false when there is no further member.
    fn head(&mut self, first: bool) -> io::Result<bool> {
        // Archives on tape are padded with zeros, which are no member.
        if !first && self.from.fill_buf()?.first().is_none_or(|b| *b == 0) {
            return Ok(false);
        }
        let [id1, id2, method, flags, ..] = self.exactly::<10>()?;
        if (id1, id2) != (0x1f, 0x8b) {
            return Err(bad("no gzip header"));
        }
        if method != 8 || flags & 0xe0 != 0 {
            return Err(bad("a gzip method other than deflate"));
        }
        if flags & 0x04 != 0 {
            let length = u64::from(u16::from_le_bytes(self.exactly()?));
            let skipped = io::copy(&mut (&mut self.from).take(length), &mut io::sink())?;
            if skipped != length {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        if flags & 0x08 != 0 {
            self.skip_text()?;
        }
        if flags & 0x10 != 0 {
            self.skip_text()?;
        }
        if flags & 0x02 != 0 {
            self.exactly::<2>()?;
        }
        self.state.reset(DataFormat::Raw);
        self.crc = Crc32::new();
        self.length = 0;
        Ok(true)
    }

    fn tail(&mut self) -> io::Result<()> {
        let crc = u32::from_le_bytes(self.exactly()?);
        let length = u32::from_le_bytes(self.exactly()?);
        if (crc, length) == (self.crc.value(), self.length) {
            return Ok(());
        }
        Err(bad("the checksum of the gzip data does not match"))
    }

    fn body(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let input = self.from.fill_buf()?;
            let ended = input.is_empty();
            let done = inflate(&mut self.state, input, out, MZFlush::None);
            self.from.consume(done.bytes_consumed);
            let written = out.get(..done.bytes_written).unwrap_or_default();
            self.crc.update(written);
            // ISIZE is the length modulo 2^32 (RFC 1952, 2.3.1).
            self.length = self.length.wrapping_add(u32::try_from(written.len()).unwrap_or(u32::MAX));
            match done.status {
                Ok(MZStatus::StreamEnd) => {
                    self.tail()?;
                    self.stage = Stage::Head { first: false };
                    return Ok(done.bytes_written);
                }
                Ok(_) | Err(MZError::Buf) if done.bytes_written > 0 => return Ok(done.bytes_written),
                Ok(_) if done.bytes_consumed > 0 => {}
                Ok(_) | Err(MZError::Buf) if ended => return Err(ErrorKind::UnexpectedEof.into()),
                _ => return Err(bad("the gzip data is damaged")),
            }
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.stage {
                Stage::End => return Ok(0),
                Stage::Head { first } => {
                    self.stage = if self.head(first)? { Stage::Body } else { Stage::End };
                }
                Stage::Body => match self.body(out)? {
                    // A member may end without a further byte.
                    0 => {}
                    n => return Ok(n),
                },
            }
        }
    }
}
