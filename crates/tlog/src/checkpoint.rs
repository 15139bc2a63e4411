//! C2SP tlog-checkpoint (v1.0.0): what a log says about its tree, as the text of a signed note.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::error::{Error, Format, Problem};
use crate::hash::{EMPTY_ROOT, Hash};
use crate::note::{Note, SigningKey, VerifierKey, note_text};
use crate::text::{Lines, decimal};

/// The head of a log: origin, size and root. `Display` gives the note text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Unique name of the log; a schema-less URL by convention.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// RFC 6962 root of that tree.
    pub root: Hash,
    /// Further lines, opaque. Not recommended: monitors cannot audit them, and ML-DSA cosignatures do not
    /// cover them.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    #[must_use]
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Self {
        Self { origin: origin.into(), size, root, extensions: Vec::new() }
    }

    /// Reads a note text as a checkpoint. The origin may be any line that is not empty, as the specification
    /// says; [`Checkpoint::open`] ties it to a key.
    ///
    /// # Errors
    /// Missing, empty or malformed lines.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = Lines::new(text);
        note_text(text.as_bytes())
            .and_then(|_| read(&mut lines))
            .map_err(|problem| Error::syntax(Format::Checkpoint, lines.number().max(1), problem))
    }

    /// Signs the checkpoint with the log's key (type 0x01), whose name must be the origin. That no earlier
    /// checkpoint contradicts it is the caller's to guarantee.
    ///
    /// # Errors
    /// The name is not the origin, the key has another type, the checkpoint could not be read back, or it
    /// claims a root for the empty tree that is not [`EMPTY_ROOT`].
    pub fn sign(&self, key: &SigningKey) -> Result<Note, Error> {
        self.require_origin(key.verifier())?;
        if self.size == 0 && self.root != EMPTY_ROOT {
            return Err(Error::EmptyTreeRoot);
        }
        let text = self.to_string();
        // A line break or empty line within origin or extensions would sign something else than meant.
        if Self::parse(&text).as_ref() != Ok(self) {
            return Err(Error::syntax(Format::Checkpoint, 1, Problem::Malformed("origin or extension line")));
        }
        Note::sign(&text, &[key])
    }

    /// Reads a signed checkpoint and verifies the signature of the log's key, whose name must be the origin.
    /// Other signatures are ignored; they are in the returned note.
    ///
    /// # Errors
    /// The note or checkpoint is malformed, of another origin, or not signed by `key`.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<(Self, Note), Error> {
        let note = Note::parse(note)?;
        let checkpoint = Self::of(&note, key)?;
        Ok((checkpoint, note))
    }

    /// As [`Checkpoint::open`], from a parsed note.
    ///
    /// # Errors
    /// The text is no checkpoint, of another origin, or not signed by `key`.
    pub fn of(note: &Note, key: &VerifierKey) -> Result<Self, Error> {
        note.verify([key])?;
        let checkpoint = Self::parse(note.text())?;
        checkpoint.require_origin(key)?;
        Ok(checkpoint)
    }

    fn require_origin(&self, key: &VerifierKey) -> Result<(), Error> {
        if self.origin == key.name() {
            return Ok(());
        }
        Err(Error::OriginMismatch { origin: self.origin.clone(), key: key.name().to_string() })
    }
}

fn read(lines: &mut Lines<'_>) -> Result<Checkpoint, Problem> {
    let origin = lines.required("origin")?;
    if origin.is_empty() {
        return Err(Problem::Missing("origin"));
    }
    let size = decimal(lines.required("tree size")?).ok_or(Problem::Decimal)?;
    let root = Hash::read_base64(lines.required("root hash")?)?;
    let mut extensions = Vec::new();
    while let Some(line) = lines.next()? {
        if line.is_empty() {
            return Err(Problem::Unexpected("empty line"));
        }
        extensions.push(line.to_string());
    }
    Ok(Checkpoint { origin: origin.to_string(), size, root, extensions })
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
