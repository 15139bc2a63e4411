//! Writing deterministic CBOR. The caller orders map keys; debug builds and the decoder's tests hold it to that.

use alloc::vec::Vec;

use super::major;

/// Appends CBOR items to a buffer, each with its shortest head.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { out: Vec::new() }
    }

    /// An empty buffer with room for `n` bytes.
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        Self { out: Vec::with_capacity(n) }
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn head(&mut self, major: u8, arg: u64) {
        let top = major << 5;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "each arm keeps the bytes that its guard proves enough"
        )]
        match arg {
            0..=23 => self.out.push(top | arg as u8),
            24..=0xff => self.out.extend_from_slice(&[top | 24, arg as u8]),
            0x100..=0xffff => {
                self.out.push(top | 25);
                self.out.extend_from_slice(&(arg as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.out.push(top | 26);
                self.out.extend_from_slice(&(arg as u32).to_be_bytes());
            }
            _ => {
                self.out.push(top | 27);
                self.out.extend_from_slice(&arg.to_be_bytes());
            }
        }
    }

    /// An unsigned integer.
    pub fn uint(&mut self, v: u64) {
        self.head(major::UINT, v);
    }

    /// A signed integer.
    pub fn int(&mut self, v: i64) {
        if v < 0 { self.head(major::NINT, !(v as u64)) } else { self.head(major::UINT, v as u64) }
    }

    /// A byte string.
    pub fn bytes(&mut self, v: &[u8]) {
        self.head(major::BYTES, v.len() as u64);
        self.out.extend_from_slice(v);
    }

    /// A text string.
    pub fn text(&mut self, v: &str) {
        self.head(major::TEXT, v.len() as u64);
        self.out.extend_from_slice(v.as_bytes());
    }

    /// `true` or `false`.
    pub fn bool(&mut self, v: bool) {
        self.out.push(if v { 0xf5 } else { 0xf4 });
    }

    /// `null`.
    pub fn null(&mut self) {
        self.out.push(0xf6);
    }

    /// The head of an array of `n` items, which follow.
    pub fn array(&mut self, n: usize) {
        self.head(major::ARRAY, n as u64);
    }

    /// The head of a map of `n` pairs, which follow in the order of their keys.
    pub fn map(&mut self, n: usize) {
        self.head(major::MAP, n as u64);
    }

    /// A tag, whose content follows.
    pub fn tag(&mut self, tag: u64) {
        self.head(major::TAG, tag);
    }
}
