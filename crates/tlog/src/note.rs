//! C2SP signed notes (v1.0.0): a text signed by one or more keys.
//! Keys live in `note/key.rs` and `note/signing.rs`; what the texts say is the business of other modules.

mod key;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod signing;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

pub use key::{KeyId, MAX_KEY_TEXT_BYTES, ML_DSA_44_KEY_BYTES, SignatureType, VerifierKey};
pub use signing::SigningKey;

use crate::error::{Error, Format, Problem};
use crate::text::{decode64, is_key_name};

/// Largest note accepted, in bytes.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// Most signature lines accepted; the specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 100;

const DASH: &str = "\u{2014} ";

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: KeyId,
    bytes: Vec<u8>,
}

impl Signature {
    pub(crate) fn new(name: &str, id: KeyId, bytes: Vec<u8>) -> Self {
        Self { name: name.to_string(), id, bytes }
    }

    /// Name of the key that is said to have signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ID of the key that is said to have signed.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key ID, in the form its type prescribes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads one signature line without its newline.
    pub(crate) fn parse(line: &str) -> Result<Self, Problem> {
        let (name, encoded) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(Problem::Malformed("signature line"))?;
        if !is_key_name(name) {
            return Err(Problem::Malformed("key name"));
        }
        let bytes = decode64(encoded).ok_or(Problem::Base64)?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self::new(name, KeyId(u32::from_be_bytes(*id)), signature.to_vec()))
            }
            _ => Err(Problem::Malformed("signature")),
        }
    }
}

/// The signature line, with its newline.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(4 + self.bytes.len());
        bytes.extend_from_slice(&self.id.0.to_be_bytes());
        bytes.extend_from_slice(&self.bytes);
        writeln!(f, "{DASH}{} {}", self.name, Base64::encode_string(&bytes))
    }
}

/// A signature that verified.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'k> {
    /// The key that signed.
    pub key: &'k VerifierKey,
    /// Time stated by a cosignature, in POSIX seconds; `None` for other types, and for cosignatures that state none.
    pub time: Option<u64>,
}

/// A text with its signature lines. What it says must be ignored until [`Note::verify`] has said yes.
///
/// `Display` gives back exactly the bytes that were parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// Reads a signed note.
    ///
    /// # Errors
    /// Not UTF-8, control characters, longer than [`MAX_NOTE_BYTES`], no signature line, more than
    /// [`MAX_SIGNATURES`] of them, or a malformed one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let refuse = |line, problem| Error::syntax(Format::Note, line, problem);
        let note = note_text(bytes).map_err(|problem| refuse(1, problem))?;
        let blank =
            note.rfind("\n\n").ok_or(refuse(1, Problem::Missing("blank line before the signatures")))?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let first_line = text.matches('\n').count() + 2;
        if lines.is_empty() {
            return Err(refuse(first_line, Problem::Missing("signature line")));
        }
        let mut signatures = Vec::new();
        for (line, number) in lines.split_terminator('\n').zip(first_line..) {
            if signatures.len() == MAX_SIGNATURES {
                return Err(refuse(number, Problem::TooMany { what: "signatures", limit: MAX_SIGNATURES }));
            }
            signatures.push(Signature::parse(line).map_err(|problem| refuse(number, problem))?);
        }
        Ok(Self { text: text.to_string(), signatures })
    }

    /// Signs `text`, which must end in a newline, with Ed25519 keys (type 0x01).
    ///
    /// # Errors
    /// The text is no note text, a key has another type, or `keys` is empty or longer than [`MAX_SIGNATURES`].
    pub fn sign(text: &str, keys: &[&SigningKey]) -> Result<Self, Error> {
        let refuse = |problem| Error::syntax(Format::Note, 1, problem);
        note_text(text.as_bytes()).map_err(refuse)?;
        if keys.is_empty() {
            return Err(refuse(Problem::Missing("signature line")));
        }
        let mut note = Self { text: text.to_string(), signatures: Vec::new() };
        for key in keys {
            note.push(key.sign_text(text)?)?;
        }
        Ok(note)
    }

    /// Adds a signature line, such as a witness's cosignature. It is not checked.
    ///
    /// # Errors
    /// The note has [`MAX_SIGNATURES`] lines already.
    pub fn push(&mut self, signature: Signature) -> Result<(), Error> {
        if self.signatures.len() == MAX_SIGNATURES {
            let problem = Problem::TooMany { what: "signatures", limit: MAX_SIGNATURES };
            return Err(Error::syntax(Format::Note, 1, problem));
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The signed text with its final newline. Unverified.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order. Unverified.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Verifies each signature whose key name and ID match one of `keys`, by `verify_strict`; signatures by
    /// unknown keys are ignored. The answer lists every key that signed, once, in the order of the lines (of
    /// several cosignatures by one key, the latest time).
    ///
    /// Keys of a type this crate cannot verify count as unknown.
    ///
    /// # Errors
    /// A known key's signature is wrong ([`Error::BadSignature`]), or no known key has signed
    /// ([`Error::NoKnownSignature`]).
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, Error> {
        let keys: Vec<_> = keys.into_iter().filter(|key| key.is_verifiable()).collect();
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut known = false;
            let mut good = None;
            for &key in keys.iter().filter(|key| key.signed(signature)) {
                known = true;
                good =
                    good.or_else(|| Some(Verified { key, time: key.check(&self.text, &signature.bytes)? }));
            }
            match good {
                None if known => {
                    return Err(Error::BadSignature { name: signature.name.clone(), id: signature.id });
                }
                None => {}
                Some(found) => match verified.iter_mut().find(|earlier| earlier.key == found.key) {
                    Some(earlier) => earlier.time = earlier.time.max(found.time),
                    None => verified.push(found),
                },
            }
        }
        if verified.is_empty() { Err(Error::NoKnownSignature) } else { Ok(verified) }
    }

    /// The note's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        f.write_str("\n")?;
        self.signatures.iter().try_for_each(|signature| fmt::Display::fmt(signature, f))
    }
}

/// What the specification asks of a note's characters: bounded UTF-8 without control characters, ending in a newline.
pub(crate) fn note_text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > MAX_NOTE_BYTES {
        return Err(Problem::TooLong { limit: MAX_NOTE_BYTES });
    }
    let text = core::str::from_utf8(bytes).map_err(|_| Problem::Utf8)?;
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(Problem::Control);
    }
    if text.ends_with('\n') { Ok(text) } else { Err(Problem::NoFinalNewline) }
}
