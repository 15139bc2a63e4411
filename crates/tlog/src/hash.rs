//! SHA-256 as RFC 6962 section 2.1 uses it: leaf and node hashes with domain separation.

use alloc::string::String;
use core::fmt;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use crate::error::{Error, Format, Problem};

/// Bytes of a hash.
pub const HASH_SIZE: usize = 32;

/// Root of the empty tree: SHA-256 of nothing (RFC 6962 section 2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 value. `Debug` and `Display` give lowercase hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Hash(pub [u8; HASH_SIZE]);

impl Hash {
    /// Plain SHA-256 of `data`, without domain separation.
    #[must_use]
    pub fn of(data: &[u8]) -> Self {
        Self(Sha256::digest(data).into())
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }

    /// Reads 64 lowercase hex digits.
    ///
    /// # Errors
    /// Any other length or character, uppercase included.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let refuse = |problem| Error::syntax(Format::Hash, 1, problem);
        let digits = text.as_bytes();
        if digits.len() != 2 * HASH_SIZE {
            return Err(refuse(Problem::Length { expected: 2 * HASH_SIZE, found: digits.len() }));
        }
        let mut hash = [0; HASH_SIZE];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            for &digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(refuse(Problem::Malformed("hex digit"))),
                };
                *byte = (*byte << 4) | value;
            }
        }
        Ok(Self(hash))
    }

    /// Reads the 44 characters of canonical padded base64.
    ///
    /// # Errors
    /// Any other length, alphabet, or a second spelling of the same bytes.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        Self::read_base64(text).map_err(|problem| Error::syntax(Format::Hash, 1, problem))
    }

    /// As [`Hash::from_base64`], without allocation and for use inside other formats.
    pub(crate) fn read_base64(text: &str) -> Result<Self, Problem> {
        // Three more bytes than needed, so that a longer input is refused for its length, not for the buffer's.
        let mut buffer = [0; HASH_SIZE + 3];
        if text.len() != 44 {
            return Err(Problem::Base64);
        }
        let bytes = Base64::decode(text, &mut buffer).map_err(|_| Problem::Base64)?;
        bytes.try_into().map(Self).map_err(|_| Problem::Base64)
    }

    /// Standard padded base64, 44 characters.
    #[must_use]
    pub fn to_base64(&self) -> String {
        Base64::encode_string(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; HASH_SIZE]> for Hash {
    fn from(bytes: [u8; HASH_SIZE]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Hash of a leaf: SHA-256(0x00 ‖ entry), RFC 6962 section 2.1.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1; 1 + 2 * HASH_SIZE];
    input[1..=HASH_SIZE].copy_from_slice(&left.0);
    input[1 + HASH_SIZE..].copy_from_slice(&right.0);
    Hash(Sha256::digest(input).into())
}
