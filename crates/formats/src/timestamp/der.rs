//! The little of DER (X.690) that time stamps need: definite lengths in their shortest form, one-byte tags, no recursion of its
//! own. Values are borrowed; nothing is allocated.

/// Where bytes are not what they must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: expected {expected}")]
pub struct DerError {
    /// Offset from the beginning of the whole input.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// Reads the elements of one content, one after the other.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    input: &'a [u8],
    /// Offset of `input` in the whole.
    base: usize,
    pos: usize,
}

/// One element.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
    /// Offset of the content in the whole input.
    base: usize,
}

impl<'a> Element<'a> {
    /// Reads its content as elements.
    pub(super) const fn inside(&self) -> Reader<'a> {
        Reader { input: self.content, base: self.base, pos: 0 }
    }
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of an input of at most [`super::MAX_RESPONSE`] bytes.
    pub(super) const fn new(input: &'a [u8]) -> Result<Self, DerError> {
        if input.len() > super::MAX_RESPONSE {
            return Err(DerError { at: super::MAX_RESPONSE, expected: "the end: it is too long" });
        }
        Ok(Self { input, base: 0, pos: 0 })
    }

    pub(super) const fn bad(&self, expected: &'static str) -> DerError {
        DerError { at: self.base + self.pos, expected }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.pos == self.input.len()
    }

    /// Refuses anything after the last element.
    pub(super) const fn finish(&self) -> Result<(), DerError> {
        if self.is_empty() { Ok(()) } else { Err(self.bad("the end")) }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.input.get(self.pos).copied()
    }

    /// The next element, whatever it is. Tags above 30 and lengths that are indefinite, longer than needed or beyond the
    /// input are refused.
    pub(super) fn any(&mut self) -> Result<Element<'a>, DerError> {
        let rest = self.input.get(self.pos..).unwrap_or_default();
        let (Some(&tag), Some(&first)) = (rest.first(), rest.get(1)) else {
            return Err(self.bad("an element"));
        };
        if tag & 0x1f == 0x1f {
            return Err(self.bad("a tag of one byte"));
        }
        let (head, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x83 => {
                let count = usize::from(first & 0x7f);
                let bytes = rest.get(2..2 + count).ok_or(self.bad("a length"))?;
                let length = bytes.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
                let least = if count == 1 { 0x80 } else { 1 << (8 * (count - 1)) };
                if length < least {
                    return Err(self.bad("the shortest form of the length"));
                }
                (2 + count, length)
            }
            _ => return Err(self.bad("a definite length below 2^24")),
        };
        let whole = rest.get(..head + length).ok_or(self.bad("an element within its bounds"))?;
        let content = whole.get(head..).unwrap_or_default();
        let element = Element { tag, content, whole, base: self.base + self.pos + head };
        self.pos += whole.len();
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(super) fn element(&mut self, tag: u8, what: &'static str) -> Result<Element<'a>, DerError> {
        if self.peek() == Some(tag) { self.any() } else { Err(self.bad(what)) }
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// The elements inside the next one, which must have this tag.
    pub(super) fn nested(&mut self, tag: u8, what: &'static str) -> Result<Self, DerError> {
        self.element(tag, what).map(|element| element.inside())
    }

    /// The next element, which must have this tag and content.
    pub(super) fn exactly(&mut self, tag: u8, content: &[u8], what: &'static str) -> Result<(), DerError> {
        let at = self.bad(what);
        if self.element(tag, what)?.content == content { Ok(()) } else { Err(at) }
    }

    /// The content of the next element, which must have this tag and length.
    pub(super) fn fixed<const N: usize>(&mut self, tag: u8, what: &'static str) -> Result<[u8; N], DerError> {
        let at = self.bad(what);
        self.element(tag, what)?.content.try_into().map_err(|_| at)
    }
}

/// An element of at most 65,535 bytes of content, from the parts of its content.
pub(super) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes() {
        [0, low] if low < 0x80 => out.push(low),
        [0, low] => out.extend_from_slice(&[0x81, low]),
        [high, low] => out.extend_from_slice(&[0x82, high, low]),
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}
