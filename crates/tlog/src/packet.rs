//! C2SP tlog-proof: a file that proves, offline, that an entry is in a log (`.tlog-proof`).

use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use crate::error::{Error, Format, Problem};
use crate::hash::{Hash, leaf_hash};
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::policy::{Policy, Verdict};
use crate::proof::verify_inclusion;
use crate::text::{Lines, decimal, decode64};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Most hashes accepted: the depth of the largest tree that `u64` can count.
pub const MAX_PROOF_HASHES: usize = 64;

/// Most extra data accepted, in bytes.
pub const MAX_EXTRA_BYTES: usize = 1 << 20;

/// Largest file accepted, in bytes: checkpoint, hashes and extra data at their bounds.
pub const MAX_PACKET_BYTES: usize = MAX_NOTE_BYTES + MAX_EXTRA_BYTES / 3 * 4 + 4096;

/// A proof of inclusion with the checkpoint it leads to. `Display` gives the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Application data that nothing authenticates; never empty.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// Inclusion proof, leaf's sibling first.
    pub hashes: Vec<Hash>,
    /// The signed and cosigned checkpoint, verbatim.
    pub checkpoint: Note,
}

/// What a packet proves once it has been verified.
#[derive(Debug, Clone)]
pub struct Proven<'p> {
    /// Index of the entry in the log.
    pub index: u64,
    /// The checkpoint with the log and the witnesses that vouch for it.
    pub head: Verdict<'p>,
}

impl LogProof {
    /// Reads a `.tlog-proof` file.
    ///
    /// # Errors
    /// Anything that `Display` would not write, or more than the documented bounds.
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        let refuse = |line, problem| Error::syntax(Format::Packet, line, problem);
        if file.len() > MAX_PACKET_BYTES {
            return Err(refuse(1, Problem::TooLong { limit: MAX_PACKET_BYTES }));
        }
        let text = core::str::from_utf8(file).map_err(|_| refuse(1, Problem::Utf8))?;
        let mut lines = Lines::new(text);
        let (extra, index, hashes) =
            read_head(&mut lines).map_err(|problem| refuse(lines.number().max(1), problem))?;
        let checkpoint = Note::parse(lines.rest().as_bytes())?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Verifies that the entry whose leaf hash is `leaf` is in a log that `policy` accepts: the log's signature,
    /// the witnesses' quorum, then the inclusion proof. It does not say that the log is one you expect beyond
    /// the policy's list, nor anything about [`LogProof::extra`].
    ///
    /// # Errors
    /// As [`Policy::verify`], or the inclusion proof does not hold ([`Error::Proof`]).
    pub fn verify<'p>(&self, leaf: &Hash, policy: &'p Policy) -> Result<Proven<'p>, Error> {
        let head = policy.verify(&self.checkpoint)?;
        let (size, root) = (head.checkpoint.size, head.checkpoint.root);
        verify_inclusion(self.index, size, leaf, &self.hashes, &root).map_err(Error::Proof)?;
        Ok(Proven { index: self.index, head })
    }

    /// As [`LogProof::verify`], from the entry's bytes.
    ///
    /// # Errors
    /// As [`LogProof::verify`].
    pub fn verify_entry<'p>(&self, entry: &[u8], policy: &'p Policy) -> Result<Proven<'p>, Error> {
        self.verify(&leaf_hash(entry), policy)
    }
}

type Head = (Option<Vec<u8>>, u64, Vec<Hash>);

fn read_head(lines: &mut Lines<'_>) -> Result<Head, Problem> {
    if lines.required("header")? != HEADER {
        return Err(Problem::Malformed("header"));
    }
    let mut line = lines.required("index line")?;
    let mut extra = None;
    if let Some(encoded) = line.strip_prefix("extra ") {
        let bytes = decode64(encoded).ok_or(Problem::Base64)?;
        if bytes.is_empty() {
            return Err(Problem::Missing("extra data"));
        }
        if bytes.len() > MAX_EXTRA_BYTES {
            return Err(Problem::TooLong { limit: MAX_EXTRA_BYTES });
        }
        extra = Some(bytes);
        line = lines.required("index line")?;
    }
    let index = line.strip_prefix("index ").ok_or(Problem::Missing("index line"))?;
    let index = decimal(index).ok_or(Problem::Decimal)?;
    let hashes = read_hashes(lines, MAX_PROOF_HASHES)?;
    Ok((extra, index, hashes))
}

/// Reads base64 hashes, one a line, and the empty line after them.
pub(crate) fn read_hashes(lines: &mut Lines<'_>, limit: usize) -> Result<Vec<Hash>, Problem> {
    let mut hashes = Vec::new();
    loop {
        let line = lines.required("empty line before the checkpoint")?;
        if line.is_empty() {
            return Ok(hashes);
        }
        if hashes.len() == limit {
            return Err(Problem::TooMany { what: "hashes", limit });
        }
        hashes.push(Hash::read_base64(line)?);
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = self.extra.as_deref().filter(|extra| !extra.is_empty()) {
            writeln!(f, "extra {}", Base64::encode_string(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
