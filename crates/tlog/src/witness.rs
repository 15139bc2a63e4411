//! C2SP tlog-witness (v1.0.0), without the HTTP: requests, the decision about one, and answers.
//! The caller looks the log up, persists what is accepted, and only then answers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::checkpoint::Checkpoint;
use crate::cosignature;
use crate::error::{Error, Format, Problem};
use crate::hash::{EMPTY_ROOT, Hash};
use crate::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, Signature, SigningKey, VerifierKey, note_text};
use crate::packet::read_hashes;
use crate::proof::{ProofError, verify_consistency};
use crate::text::{Lines, decimal};

/// Most consistency proof lines a request may have.
pub const MAX_CONSISTENCY_HASHES: usize = 63;

/// Largest request body accepted, in bytes.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + 4096;

/// An `add-checkpoint` request. `Display` gives the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

impl AddCheckpoint {
    /// A request to cosign `note`, proven consistent with the tree of `old` leaves.
    ///
    /// # Errors
    /// The note's text is no checkpoint, or the proof has more than [`MAX_CONSISTENCY_HASHES`] hashes.
    pub fn new(old: u64, proof: Vec<Hash>, note: Note) -> Result<Self, Error> {
        if proof.len() > MAX_CONSISTENCY_HASHES {
            let problem = Problem::TooMany { what: "hashes", limit: MAX_CONSISTENCY_HASHES };
            return Err(Error::syntax(Format::AddCheckpoint, 1, problem));
        }
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { old, proof, note, checkpoint })
    }

    /// Reads a request body. Whoever serves it answers an error with 400 (see [`Refusal::Malformed`]).
    ///
    /// # Errors
    /// Anything that `Display` would not write, or more than the documented bounds.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let refuse = |line, problem| Error::syntax(Format::AddCheckpoint, line, problem);
        if body.len() > MAX_REQUEST_BYTES {
            return Err(refuse(1, Problem::TooLong { limit: MAX_REQUEST_BYTES }));
        }
        let text = core::str::from_utf8(body).map_err(|_| refuse(1, Problem::Utf8))?;
        let mut lines = Lines::new(text);
        let (old, proof) = read_head(&mut lines).map_err(|problem| refuse(lines.number().max(1), problem))?;
        Self::new(old, proof, Note::parse(lines.rest().as_bytes())?)
    }

    /// Size of the tree that the client believes the witness cosigned last.
    #[must_use]
    pub const fn old_size(&self) -> u64 {
        self.old
    }

    /// The consistency proof from that size.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The signed checkpoint.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// What the checkpoint says; unverified, and enough to look the log up by its origin.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

fn read_head(lines: &mut Lines<'_>) -> Result<(u64, Vec<Hash>), Problem> {
    let old =
        lines.required("old size line")?.strip_prefix("old ").ok_or(Problem::Missing("old size line"))?;
    let old = decimal(old).ok_or(Problem::Decimal)?;
    Ok((old, read_hashes(lines, MAX_CONSISTENCY_HASHES)?))
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.note)
    }
}

/// The last tree that a witness cosigned for an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessState {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// The empty tree: what a witness starts from that has never cosigned this log.
impl Default for WitnessState {
    fn default() -> Self {
        Self { size: 0, root: EMPTY_ROOT }
    }
}

/// What a witness knows of a log.
#[derive(Debug, Clone, Copy)]
pub struct KnownLog<'a> {
    /// The keys trusted for this origin; one right signature is enough.
    pub keys: &'a [VerifierKey],
    /// The last tree cosigned.
    pub state: WitnessState,
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Persist [`Accepted::state`] in place of the state the decision was made on, atomically, then answer
    /// 200 with [`Accepted::cosign`].
    Accept(Accepted),
    /// Answer with [`Refusal::status`] and [`Refusal::body`].
    Refuse(Refusal),
}

/// A checkpoint that may be cosigned, once its state has been persisted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The new state of the origin.
    pub state: WitnessState,
    note: Note,
}

impl Accepted {
    /// The body of the 200 answer: one cosignature line a key, at `time` (POSIX seconds).
    /// Call it only after [`Accepted::state`] is durable.
    ///
    /// # Errors
    /// A key is of no type for cosignatures or cannot cover the checkpoint ([`Refusal::Extensions`] says so before), or the
    /// time is out of range.
    pub fn cosign(&self, keys: &[&SigningKey], time: u64) -> Result<String, Error> {
        keys.iter().map(|key| cosignature::sign(&self.note, key, time).map(|line| line.to_string())).collect()
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// 400: the body could not be read.
    #[error("{0}")]
    Malformed(Error),
    /// 400: extension lines, which an ML-DSA-44 key of the witness cannot cover (see [`cosignature::Subtree`]). Whoever
    /// holds such a key answers so instead of accepting.
    #[error("this witness cosigns no checkpoint with extension lines or an origin of more than 255 bytes")]
    Extensions,
    /// 404: no such log here.
    #[error("unknown log origin")]
    UnknownOrigin,
    /// 403: no right signature by a trusted key.
    #[error("no valid signature by a trusted key of this log")]
    NotSigned,
    /// 400: the old size exceeds the checkpoint's.
    #[error("the old size exceeds the checkpoint's size")]
    OldAboveNew,
    /// 409: the witness's last size is another one; the body tells it.
    #[error("the last cosigned size is {size}")]
    Conflict {
        /// Size of the last tree cosigned.
        size: u64,
    },
    /// 422: a proof where there must be none (old size 0, or an unchanged size).
    #[error("the consistency proof must be empty here")]
    ProofNotEmpty,
    /// 422: same size with another root, or size 0 with a root that is not the empty one: the log lies.
    #[error("the root contradicts the one known for this size")]
    OtherRoot,
    /// 422: the consistency proof does not hold.
    #[error("{0}")]
    BadProof(ProofError),
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::OldAboveNew | Self::Extensions => 400,
            Self::NotSigned => 403,
            Self::UnknownOrigin => 404,
            Self::Conflict { .. } => 409,
            Self::ProofNotEmpty | Self::OtherRoot | Self::BadProof(_) => 422,
        }
    }

    /// The media type of [`Refusal::body`].
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body: for a conflict the size, else the reason; one line.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = match self {
            Self::Conflict { size } => size.to_string(),
            other => other.to_string(),
        };
        body.push('\n');
        body
    }
}

/// Decides about a request, given what is known of the log with the request's origin (`None`: nothing).
/// Two requests for one origin must not be decided on the same state: compare and swap when persisting.
#[must_use]
pub fn decide(request: &AddCheckpoint, known: Option<KnownLog<'_>>) -> Decision {
    match check(request, known) {
        Ok(state) => Decision::Accept(Accepted { state, note: request.note.clone() }),
        Err(refusal) => Decision::Refuse(refusal),
    }
}

fn check(request: &AddCheckpoint, known: Option<KnownLog<'_>>) -> Result<WitnessState, Refusal> {
    let KnownLog { keys, state } = known.ok_or(Refusal::UnknownOrigin)?;
    let next = WitnessState { size: request.checkpoint.size, root: request.checkpoint.root };
    request.note.verify(keys).map_err(|_| Refusal::NotSigned)?;
    if request.old > next.size {
        return Err(Refusal::OldAboveNew);
    }
    if request.old != state.size {
        return Err(Refusal::Conflict { size: state.size });
    }
    if next.size == 0 && next.root != EMPTY_ROOT || next.size == state.size && next.root != state.root {
        return Err(Refusal::OtherRoot);
    }
    if state.size == 0 || next.size == state.size {
        return if request.proof.is_empty() { Ok(next) } else { Err(Refusal::ProofNotEmpty) };
    }
    verify_consistency(state.size, next.size, &request.proof, &state.root, &next.root)
        .map_err(Refusal::BadProof)?;
    Ok(next)
}

/// Reads the body of a 200 answer: the signature lines to add to the checkpoint with [`Note::push`]. Verify
/// the note with the witness's key before using them.
///
/// # Errors
/// Not UTF-8, no line, a malformed one, or more than [`MAX_SIGNATURES`].
pub fn parse_cosignatures(body: &[u8]) -> Result<Vec<Signature>, Error> {
    let refuse = |line, problem| Error::syntax(Format::WitnessResponse, line, problem);
    let text = note_text(body).map_err(|problem| refuse(1, problem))?;
    let mut signatures = Vec::new();
    for (line, number) in text.split_terminator('\n').zip(1..) {
        if signatures.len() == MAX_SIGNATURES {
            return Err(refuse(number, Problem::TooMany { what: "signatures", limit: MAX_SIGNATURES }));
        }
        signatures.push(Signature::parse(line).map_err(|problem| refuse(number, problem))?);
    }
    Ok(signatures)
}

/// Reads the body of a 409 answer (`text/x.tlog.size`): the witness's last size. Witnesses that follow a draft
/// answer 409 also where the roots of one size differ, with another media type and no size.
///
/// # Errors
/// Not a decimal number and a newline.
pub fn parse_conflict(body: &[u8]) -> Result<u64, Error> {
    let size = core::str::from_utf8(body).ok().and_then(|text| text.strip_suffix('\n')).and_then(decimal);
    size.ok_or(Error::syntax(Format::WitnessResponse, 1, Problem::Decimal))
}
