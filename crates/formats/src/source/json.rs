//! A pull reader for JSON (RFC 8259): strict, one token in memory, depth and string length bounded, with line and
//! column. `serde_json` is not used here because it neither bounds a string nor says where a value began.

use std::io::BufRead;

use super::{Bounded, Bounds, Event, Pull, Trouble};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    Array,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    FirstKey,
    FirstItem,
    CommaOrEnd,
    End,
}

/// Streams a JSON document as [`Event`]s. After [`Event::End`] nothing follows.
pub(crate) struct JsonPull<R> {
    src: Bounded<R>,
    bounds: Bounds,
    open: Vec<Open>,
    expect: Expect,
    token: Vec<u8>,
}

impl<R: BufRead> JsonPull<R> {
    pub(crate) fn new(src: Bounded<R>, bounds: Bounds) -> Self {
        Self { src, bounds, open: Vec::new(), expect: Expect::Value, token: Vec::new() }
    }

    fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        loop {
            let chunk = self.src.fill_buf()?;
            let Some(n) = chunk.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')) else {
                let n = chunk.len();
                if n == 0 {
                    return Ok(None);
                }
                self.src.consume(n);
                continue;
            };
            let byte = chunk.get(n).copied();
            self.src.consume(n);
            return Ok(byte);
        }
    }

    fn byte(&mut self) -> Result<u8, Trouble> {
        let byte = self.src.fill_buf()?.first().copied().ok_or_else(end_of_text)?;
        self.src.consume(1);
        Ok(byte)
    }

    fn opened(&mut self, kind: Open) -> Result<(), Trouble> {
        if self.open.len() >= self.bounds.depth {
            return Err(Trouble::Limit("levels of nesting", self.bounds.depth as u64));
        }
        self.open.push(kind);
        Ok(())
    }

    fn closed(&mut self) {
        self.open.pop();
        self.value_done();
    }

    fn value_done(&mut self) {
        self.expect = if self.open.is_empty() { Expect::End } else { Expect::CommaOrEnd };
    }

    /// The rest of a string, after its opening quote, into `token`.
    fn string(&mut self) -> Result<(), Trouble> {
        self.token.clear();
        loop {
            let room = self.bounds.token.saturating_sub(self.token.len());
            let chunk = self.src.fill_buf()?;
            if chunk.is_empty() {
                return Err(end_of_text());
            }
            let stop = chunk.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
            let plain = chunk.get(..stop.unwrap_or(chunk.len())).unwrap_or_default();
            if plain.len() > room {
                return Err(Trouble::Limit("bytes in one string", self.bounds.token as u64));
            }
            self.token.extend_from_slice(plain);
            let (taken, found) = (plain.len(), stop.and_then(|n| chunk.get(n)).copied());
            self.src.consume(taken + usize::from(found.is_some()));
            match found {
                None => {}
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(Trouble::syntax("a control character inside a string")),
            }
        }
        if std::str::from_utf8(&self.token).is_err() {
            return Err(Trouble::Encoding("a string is not UTF-8"));
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Trouble> {
        let c = match self.byte()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4()?;
                if (0xD800..0xDC00).contains(&first) {
                    if self.byte()? != b'\\' || self.byte()? != b'u' {
                        return Err(Trouble::syntax("a lone surrogate escape"));
                    }
                    let second = self.hex4()?;
                    char::decode_utf16([first, second])
                        .next()
                        .and_then(Result::ok)
                        .filter(|c| u32::from(*c) > 0xFFFF)
                        .ok_or_else(|| Trouble::syntax("a lone surrogate escape"))?
                } else {
                    char::from_u32(u32::from(first))
                        .ok_or_else(|| Trouble::syntax("a lone surrogate escape"))?
                }
            }
            _ => return Err(Trouble::syntax("an unknown escape in a string")),
        };
        self.token.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex4(&mut self) -> Result<u16, Trouble> {
        let mut value = 0u16;
        for _ in 0..4 {
            let digit = char::from(self.byte()?)
                .to_digit(16)
                .ok_or_else(|| Trouble::syntax("a \\u escape without four hexadecimal digits"))?;
            value = (value << 4) | u16::try_from(digit).unwrap_or(0);
        }
        Ok(value)
    }

    /// A number or a literal, up to the next delimiter, into `token`.
    fn bare(&mut self) -> Result<(), Trouble> {
        self.token.clear();
        loop {
            let chunk = self.src.fill_buf()?;
            let more = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
            let n = chunk.iter().position(|b| !more(b)).unwrap_or(chunk.len());
            if n == 0 {
                return Ok(());
            }
            self.token.extend_from_slice(chunk.get(..n).unwrap_or_default());
            self.src.consume(n);
            if self.token.len() > self.bounds.token.min(1024) {
                return Err(Trouble::Limit("bytes in one number", 1024));
            }
        }
    }

    fn token(&self) -> &str {
        std::str::from_utf8(&self.token).unwrap_or_default()
    }

    fn value(&mut self, first: u8) -> Result<Event<'_>, Trouble> {
        match first {
            b'{' => {
                self.src.consume(1);
                self.opened(Open::Object)?;
                self.expect = Expect::FirstKey;
                Ok(Event::ObjectStart)
            }
            b'[' => {
                self.src.consume(1);
                self.opened(Open::Array)?;
                self.expect = Expect::FirstItem;
                Ok(Event::ArrayStart)
            }
            b'"' => {
                self.src.consume(1);
                self.string()?;
                self.value_done();
                Ok(Event::Text(self.token()))
            }
            _ => {
                self.bare()?;
                self.value_done();
                match self.token.as_slice() {
                    b"true" => Ok(Event::Bool(true)),
                    b"false" => Ok(Event::Bool(false)),
                    b"null" => Ok(Event::Null),
                    number if is_number(number) => Ok(Event::Number(self.token())),
                    _ => Err(Trouble::syntax("expected a JSON value")),
                }
            }
        }
    }

    fn key(&mut self) -> Result<Event<'_>, Trouble> {
        self.src.consume(1);
        self.string()?;
        if self.peek()? != Some(b':') {
            return Err(Trouble::syntax("expected : after a name"));
        }
        self.src.consume(1);
        self.expect = Expect::Value;
        Ok(Event::Key(self.token()))
    }
}

impl<R: BufRead> Pull for JsonPull<R> {
    fn next(&mut self) -> Result<Event<'_>, Trouble> {
        let Some(byte) = self.peek()? else {
            return if self.expect == Expect::End { Ok(Event::End) } else { Err(end_of_text()) };
        };
        match (self.expect, byte, self.open.last()) {
            (Expect::Value, first, _) => self.value(first),
            (Expect::FirstKey, b'}', _) | (Expect::CommaOrEnd, b'}', Some(Open::Object)) => {
                self.src.consume(1);
                self.closed();
                Ok(Event::ObjectEnd)
            }
            (Expect::FirstItem, b']', _) | (Expect::CommaOrEnd, b']', Some(Open::Array)) => {
                self.src.consume(1);
                self.closed();
                Ok(Event::ArrayEnd)
            }
            (Expect::FirstKey, b'"', _) => self.key(),
            (Expect::FirstKey, _, _) => Err(Trouble::syntax("expected a name in quotes or }")),
            (Expect::FirstItem, first, _) => self.value(first),
            (Expect::CommaOrEnd, b',', Some(open)) => {
                let open = *open;
                self.src.consume(1);
                match (open, self.peek()?) {
                    (_, None) => Err(end_of_text()),
                    (Open::Array, Some(first)) => self.value(first),
                    (Open::Object, Some(b'"')) => self.key(),
                    (Open::Object, Some(_)) => Err(Trouble::syntax("expected a name in quotes")),
                }
            }
            (Expect::CommaOrEnd, _, _) => Err(Trouble::syntax("expected , or the end of the list or object")),
            (Expect::End, _, _) => Err(Trouble::syntax("text after the end of the document")),
        }
    }

    fn position(&self) -> (u64, u64) {
        self.src.position()
    }
}

fn end_of_text() -> Trouble {
    Trouble::syntax("the document ends too early")
}

/// RFC 8259 section 6.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = fraction.get(n..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let n = digits(exponent);
        return n > 0 && n == exponent.len();
    }
    rest.is_empty()
}
