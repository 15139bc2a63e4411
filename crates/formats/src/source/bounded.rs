//! A `BufRead` that counts lines, stops at a byte limit, drops a byte order mark and turns UTF-16 into UTF-8.
//! Not here: checking that plain input is UTF-8; its consumers do, token by token.

use std::fmt;
use std::io::{self, BufRead, Read};

/// How many raw bytes of UTF-16 are decoded at a time.
const CHUNK: usize = 16 * 1024;

/// Travels as the payload of an [`io::Error`] through readers that know no other error.
#[derive(Debug)]
pub(crate) enum Refusal {
    Limit(&'static str, u64),
    Encoding(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(what, max) => write!(f, "more than {max} {what}"),
            Self::Encoding(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refusal {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
}

/// Text input with a bound and a position. A token budget lets a consumer that buffers whole tokens (XML) be stopped
/// before it buffers too much.
pub(crate) struct Bounded<R> {
    inner: R,
    encoding: Encoding,
    /// Decoded or read-ahead bytes not yet consumed, from `at`.
    ahead: Vec<u8>,
    at: usize,
    /// Half of a UTF-16 unit, and a high surrogate waiting for its low one.
    odd: Option<u8>,
    high: Option<u16>,
    offset: u64,
    line: u64,
    line_start: u64,
    max: u64,
    token_max: u64,
    token_left: u64,
}

impl<R: BufRead> Bounded<R> {
    /// Looks at the first four bytes for the encoding. UTF-32 is refused.
    pub(crate) fn open(mut inner: R, max: u64) -> io::Result<Self> {
        let mut head = Vec::with_capacity(4);
        inner.by_ref().take(4).read_to_end(&mut head)?;
        let (encoding, skip) = match head.as_slice() {
            [0xFF, 0xFE, 0, 0] | [0, 0, 0xFE, 0xFF] => {
                return Err(io::Error::other(Refusal::Encoding("UTF-32; convert the document to UTF-8")));
            }
            [0xFF, 0xFE, ..] => (Encoding::Utf16 { big_endian: false }, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16 { big_endian: true }, 2),
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0, x, ..] if *x != 0 => (Encoding::Utf16 { big_endian: true }, 0),
            [x, 0, ..] if *x != 0 => (Encoding::Utf16 { big_endian: false }, 0),
            _ => (Encoding::Utf8, 0),
        };
        let mut this = Self {
            inner,
            encoding,
            ahead: Vec::new(),
            at: 0,
            odd: None,
            high: None,
            offset: 0,
            line: 1,
            line_start: 0,
            max,
            token_max: u64::MAX,
            token_left: u64::MAX,
        };
        let rest = head.get(skip..).unwrap_or_default();
        match encoding {
            Encoding::Utf8 => this.ahead.extend_from_slice(rest),
            Encoding::Utf16 { big_endian } => this.decode(rest, big_endian)?,
        }
        Ok(this)
    }

    /// From here on the consumer buffers a token; it may take at most `max` bytes until the next call.
    pub(crate) fn begin_token(&mut self, max: usize) {
        self.token_max = max as u64;
        self.token_left = max as u64;
    }

    /// Line and column, both from 1.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.line, self.offset - self.line_start + 1)
    }

    pub(crate) fn is_utf16(&self) -> bool {
        self.encoding != Encoding::Utf8
    }

    fn decode(&mut self, raw: &[u8], big_endian: bool) -> io::Result<()> {
        let lone = || io::Error::other(Refusal::Encoding("UTF-16 with a lone surrogate"));
        for &byte in raw {
            let Some(first) = self.odd.take() else {
                self.odd = Some(byte);
                continue;
            };
            let unit = if big_endian { [first, byte] } else { [byte, first] };
            let unit = u16::from_be_bytes(unit);
            let units = match (self.high.take(), unit) {
                (None, 0xD800..=0xDBFF) => {
                    self.high = Some(unit);
                    continue;
                }
                (None, _) => [Some(unit), None],
                (Some(high), _) => [Some(high), Some(unit)],
            };
            for c in char::decode_utf16(units.into_iter().flatten()) {
                let c = c.map_err(|_| lone())?;
                self.ahead.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Ok(())
    }

    /// Makes `ahead` non-empty where a UTF-16 source has more.
    fn refill(&mut self, big_endian: bool) -> io::Result<()> {
        self.ahead.clear();
        self.at = 0;
        while self.ahead.is_empty() {
            let raw = self.inner.fill_buf()?;
            let raw = raw.get(..raw.len().min(CHUNK)).unwrap_or_default().to_vec();
            if raw.is_empty() {
                if self.odd.is_some() || self.high.is_some() {
                    return Err(io::Error::other(Refusal::Encoding("UTF-16 that ends inside a character")));
                }
                return Ok(());
            }
            self.inner.consume(raw.len());
            self.decode(&raw, big_endian)?;
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.ahead.len()
            && let Encoding::Utf16 { big_endian } = self.encoding
        {
            self.refill(big_endian)?;
        }
        let left = self.token_left.min(self.max.saturating_sub(self.offset));
        let chunk = match self.ahead.get(self.at..) {
            Some(ahead) if !ahead.is_empty() => ahead,
            _ if self.encoding == Encoding::Utf8 => self.inner.fill_buf()?,
            _ => &[],
        };
        if chunk.is_empty() {
            return Ok(chunk);
        }
        if left == 0 {
            return Err(io::Error::other(if self.token_left == 0 {
                Refusal::Limit("bytes in one token", self.token_max)
            } else {
                Refusal::Limit("bytes", self.max)
            }));
        }
        let take = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
        Ok(chunk.get(..take).unwrap_or(chunk))
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        let from_ahead = self.at < self.ahead.len();
        let chunk = if from_ahead {
            self.ahead.get(self.at..self.at + amount).unwrap_or_default()
        } else {
            // The buffer was filled by the call that showed these bytes, so this neither blocks nor fails.
            self.inner.fill_buf().map_or(&[][..], |buf| buf.get(..amount).unwrap_or(buf))
        };
        let newlines = chunk.iter().filter(|&&b| b == b'\n').count() as u64;
        if newlines > 0 {
            let last = chunk.iter().rposition(|&b| b == b'\n').unwrap_or(0) as u64;
            self.line += newlines;
            self.line_start = self.offset + last + 1;
        }
        self.offset += amount as u64;
        self.token_left = self.token_left.saturating_sub(amount as u64);
        if from_ahead {
            self.at += amount;
        } else {
            self.inner.consume(amount);
        }
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let chunk = self.fill_buf()?;
        let n = chunk.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), chunk.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}
