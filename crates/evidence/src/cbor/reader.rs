//! Reading deterministic CBOR, strictly: see the module above for what is refused.

use super::{MAX_DEPTH, Malformed, Reason, key_rank, major};

/// Reads items one after the other from a slice, without copying and without allocating.
#[derive(Clone)]
pub struct Reader<'a> {
    input: &'a [u8],
    pos: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { input, pos: 0, depth: 0 }
    }

    /// Offset of the next item.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.pos
    }

    /// An error at the next item.
    #[must_use]
    pub const fn bad(&self, reason: Reason) -> Malformed {
        Malformed { at: self.pos, reason }
    }

    /// Refuses anything after the last item.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.pos == self.input.len() { Ok(()) } else { Err(self.bad(Reason::Trailing)) }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let end = self.pos.checked_add(n).filter(|&end| end <= self.input.len());
        let end = end.ok_or(self.bad(Reason::Truncated))?;
        let slice = self.input.get(self.pos..end).ok_or(self.bad(Reason::Truncated))?;
        self.pos = end;
        Ok(slice)
    }

    /// Major type and argument of the next head. On refusal the position stays at the head.
    fn head(&mut self) -> Result<(u8, u64), Malformed> {
        let start = self.pos;
        let result = self.head_inner();
        if let Err(e) = result {
            self.pos = start;
            return Err(Malformed { at: start, reason: e.reason });
        }
        result
    }

    fn head_inner(&mut self) -> Result<(u8, u64), Malformed> {
        let first = self.take(1)?.first().copied().ok_or(self.bad(Reason::Truncated))?;
        let (major, info) = (first >> 5, first & 31);
        let extra = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Err(self.bad(Reason::Indefinite)),
            _ => return Err(self.bad(Reason::Unsupported)),
        };
        if major == major::SIMPLE {
            return Err(self.bad(Reason::Unsupported));
        }
        let arg = self.take(extra)?.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let least = match extra {
            1 => 24,
            2 => 0x100,
            4 => 0x1_0000,
            _ => 0x1_0000_0000,
        };
        if arg < least { Err(self.bad(Reason::NotShortest)) } else { Ok((major, arg)) }
    }

    fn expect(&mut self, want: u8, what: &'static str) -> Result<u64, Malformed> {
        let start = self.pos;
        match self.head()? {
            (m, arg) if m == want => Ok(arg),
            _ => {
                self.pos = start;
                Err(self.bad(Reason::Expected(what)))
            }
        }
    }

    /// Major type of the next item, without consuming it.
    pub fn peek_major(&self) -> Result<u8, Malformed> {
        self.input.get(self.pos).map(|b| b >> 5).ok_or(self.bad(Reason::Truncated))
    }

    /// An unsigned integer.
    pub fn uint(&mut self) -> Result<u64, Malformed> {
        self.expect(major::UINT, "an unsigned integer")
    }

    /// A signed integer that fits 64 bits.
    pub fn int(&mut self) -> Result<i64, Malformed> {
        let start = self.pos;
        let (m, arg) = self.head()?;
        let v = match (m, i64::try_from(arg)) {
            (major::UINT, Ok(v)) => Some(v),
            (major::NINT, Ok(v)) => Some(!v),
            _ => None,
        };
        v.ok_or(Malformed { at: start, reason: Reason::Expected("an integer of 64 bits") })
    }

    /// A byte string of at most `max` bytes.
    pub fn bytes(&mut self, max: usize) -> Result<&'a [u8], Malformed> {
        let start = self.pos;
        let n = self.expect(major::BYTES, "a byte string")?;
        self.string(start, n, max, "a byte string")
    }

    /// A text string of at most `max` bytes of UTF-8.
    pub fn text(&mut self, max: usize) -> Result<&'a str, Malformed> {
        let start = self.pos;
        let n = self.expect(major::TEXT, "a text string")?;
        let raw = self.string(start, n, max, "a text string")?;
        core::str::from_utf8(raw).map_err(|_| Malformed { at: start, reason: Reason::Utf8 })
    }

    fn string(
        &mut self,
        start: usize,
        n: u64,
        max: usize,
        what: &'static str,
    ) -> Result<&'a [u8], Malformed> {
        let n = usize::try_from(n).ok().filter(|n| *n <= max);
        let n = n.ok_or(Malformed { at: start, reason: Reason::TooLong { what, max } })?;
        self.take(n)
    }

    /// `true` or `false`.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        let start = self.pos;
        match self.head()? {
            (major::SIMPLE, 20) => Ok(false),
            (major::SIMPLE, 21) => Ok(true),
            _ => {
                self.pos = start;
                Err(self.bad(Reason::Expected("true or false")))
            }
        }
    }

    /// `null`. Entries have none; a detached payload is one (RFC 9052, 4.1).
    pub fn null(&mut self) -> Result<(), Malformed> {
        let start = self.pos;
        match self.head()? {
            (major::SIMPLE, 22) => Ok(()),
            _ => {
                self.pos = start;
                Err(self.bad(Reason::Expected("null")))
            }
        }
    }

    /// A tag number; its content follows.
    pub fn tag(&mut self) -> Result<u64, Malformed> {
        self.expect(major::TAG, "a tag")
    }

    /// Enters an array of at most `max` items and says how many follow; [`Self::leave`] ends it.
    pub fn array(&mut self, max: usize) -> Result<usize, Malformed> {
        let start = self.pos;
        let n = self.expect(major::ARRAY, "an array")?;
        let n = usize::try_from(n).ok().filter(|n| *n <= max);
        let n = n.ok_or(Malformed { at: start, reason: Reason::TooLong { what: "an array", max } })?;
        self.enter(start)?;
        Ok(n)
    }

    /// Enters an array that must have exactly `n` items; [`Self::leave`] ends it.
    pub fn array_of(&mut self, n: usize, what: &'static str) -> Result<(), Malformed> {
        let start = self.pos;
        if self.array(usize::MAX)? == n {
            Ok(())
        } else {
            Err(Malformed { at: start, reason: Reason::Expected(what) })
        }
    }

    /// Enters a map with integer keys; the [`MapReader`] ends it.
    pub fn map(&mut self) -> Result<MapReader, Malformed> {
        let start = self.pos;
        let left = self.expect(major::MAP, "a map")?;
        self.enter(start)?;
        Ok(MapReader { left, last: None })
    }

    fn enter(&mut self, start: usize) -> Result<(), Malformed> {
        if self.depth >= MAX_DEPTH {
            return Err(Malformed { at: start, reason: Reason::TooDeep });
        }
        self.depth += 1;
        Ok(())
    }

    /// Leaves the innermost array or map.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Walks over one item of any type, holding it to the deterministic rules. The recursion is bounded by
    /// [`MAX_DEPTH`], the loops by the input: each item takes at least a byte.
    fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek_major()? {
            major::UINT | major::NINT => self.head().map(drop),
            major::BYTES => self.bytes(self.input.len()).map(drop),
            major::TEXT => self.text(self.input.len()).map(drop),
            major::ARRAY => {
                let n = self.array(self.input.len())?;
                for _ in 0..n {
                    self.skip()?;
                }
                self.leave();
                Ok(())
            }
            major::MAP => {
                let mut map = self.map()?;
                while map.next(self)?.is_some() {
                    self.skip()?;
                }
                Ok(())
            }
            major::TAG => {
                let start = self.pos;
                self.tag()?;
                self.enter(start)?;
                self.skip()?;
                self.leave();
                Ok(())
            }
            _ => self.bool().map(drop).map_err(|e| Malformed { at: e.at, reason: Reason::Unsupported }),
        }
    }
}

/// The keys of a map that is being read: they must rise, and each value must be read before the next key.
pub struct MapReader {
    left: u64,
    last: Option<i64>,
}

impl MapReader {
    /// The next key, or `None` at the end of the map.
    pub fn next(&mut self, r: &mut Reader<'_>) -> Result<Option<i64>, Malformed> {
        if self.left == 0 {
            r.leave();
            return Ok(None);
        }
        let start = r.pos;
        let key = r.int()?;
        if let Some(last) = self.last {
            let reason = match key_rank(last).cmp(&key_rank(key)) {
                core::cmp::Ordering::Less => None,
                core::cmp::Ordering::Equal => Some(Reason::DuplicateKey),
                core::cmp::Ordering::Greater => Some(Reason::KeyOrder),
            };
            if let Some(reason) = reason {
                return Err(Malformed { at: start, reason });
            }
        }
        self.last = Some(key);
        self.left -= 1;
        Ok(Some(key))
    }
}

/// Whether `input` is exactly one item of the deterministic subset, whatever it means.
///
/// # Errors
/// The first deviation, with its place.
pub fn check(input: &[u8]) -> Result<(), Malformed> {
    let mut r = Reader::new(input);
    r.skip()?;
    r.finish()
}
