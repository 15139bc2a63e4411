//! What goes over the network: freshness statements, batches of entries, and the answer to each item. Deterministic CBOR
//! as in `docs/spec/entry.md`; the structures are in `docs/spec/device-protocol.md`.

use alloc::string::String;
use alloc::vec::Vec;

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::fleet::{Appraisal, AppraisalReason};
use evidence::{Field, Hash, MAX_ENTRY};

/// Most bytes of a freshness statement.
pub const MAX_FRESHNESS: usize = 65_536;
/// Most handovers and recoveries in one freshness statement.
pub const MAX_STATEMENTS: usize = 16;
/// Most entries in one batch.
pub const MAX_BATCH: usize = 1_000;
/// Most bytes of one batch.
pub const MAX_BATCH_BYTES: usize = 1 << 20;
/// Most bytes of a receipt.
const MAX_RECEIPT: usize = 16_384;
/// Major type of a text string (RFC 8949, 3.1).
const MAJOR_TEXT: u8 = 3;
/// Most reasons of a verdict.
const MAX_REASONS: usize = 64;
/// Most bytes of a code or a sentence.
const MAX_TEXT: usize = 1_024;

/// Something that leads from one log key to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `handover` of a `LogKeyRotated`, verbatim.
    Handover(String),
    /// Content of a `Recovered`, encoded.
    Recovered(Vec<u8>),
}

/// `GET /device/v1/freshness`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Generation of the log.
    pub generation: u64,
    /// A signed checkpoint, at or soon after a tick.
    pub checkpoint: String,
    /// What leads from the first key of the log to the present one, in the order of the log, newest last.
    pub statements: Vec<Statement>,
}

impl Freshness {
    /// Its deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(512);
        w.map(2 + usize::from(!self.statements.is_empty()));
        w.int(1);
        w.uint(self.generation);
        w.int(2);
        w.text(&self.checkpoint);
        if !self.statements.is_empty() {
            w.int(3);
            w.array(self.statements.len());
            for statement in &self.statements {
                match statement {
                    Statement::Handover(note) => w.text(note),
                    Statement::Recovered(content) => w.bytes(content),
                }
            }
        }
        w.into_bytes()
    }

    /// Reads it strictly.
    ///
    /// # Errors
    /// The first deviation, with its place.
    pub fn decode(raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        if raw.len() > MAX_FRESHNESS {
            return Err(r.bad(Reason::TooLong { what: "a freshness statement", max: MAX_FRESHNESS }));
        }
        let mut map = r.map()?;
        let (mut generation, mut checkpoint, mut statements) = (None, None, Vec::new());
        loop {
            let at = r.position();
            match map.next(&mut r)? {
                None => break,
                Some(1) => generation = Some(r.uint()?),
                Some(2) => checkpoint = Some(r.text(MAX_FRESHNESS)?.into()),
                Some(3) => {
                    let n = r.array(MAX_STATEMENTS)?;
                    if n == 0 {
                        return Err(Malformed {
                            at,
                            reason: Reason::OutOfRange("an empty list is left out"),
                        });
                    }
                    for _ in 0..n {
                        statements.push(if r.peek_major()? == MAJOR_TEXT {
                            Statement::Handover(r.text(MAX_FRESHNESS)?.into())
                        } else {
                            Statement::Recovered(r.bytes(MAX_ENTRY)?.to_vec())
                        });
                    }
                    r.leave();
                }
                Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
            }
        }
        r.finish()?;
        let missing = |name| Malformed { at: 0, reason: Reason::Missing(name) };
        Ok(Self {
            generation: generation.ok_or(missing("generation"))?,
            checkpoint: checkpoint.ok_or(missing("checkpoint"))?,
            statements,
        })
    }
}

/// The first entry of a batch, and what follows it. A batch is a CBOR sequence (RFC 8742) of COSE entries.
///
/// Only the envelope is looked at, so that one bad entry does not hide the next; an envelope that is broken does.
///
/// # Errors
/// Where the envelope is broken.
pub fn split(batch: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut r = Reader::new(batch);
    if r.tag()? != 18 {
        return Err(Malformed { at: 0, reason: Reason::Expected("a COSE_Sign1") });
    }
    r.array_of(4, "a COSE_Sign1 of four parts")?;
    r.bytes(MAX_ENTRY)?;
    if r.map()?.next(&mut r)?.is_some() {
        return Err(r.bad(Reason::Expected("an empty unprotected header")));
    }
    r.bytes(MAX_ENTRY)?;
    r.bytes(MAX_ENTRY)?;
    batch.split_at_checked(r.position()).ok_or(r.bad(Reason::Truncated))
}

/// What became of one item of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// It is in the log.
    Logged = 1,
    /// It is durable and will be rolled up into the log.
    Staged = 2,
    /// It was not taken and never will be; the device need not keep it.
    Refused = 3,
    /// It was not taken now; keep it and send it again.
    Later = 4,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Logged, Self::Staged, Self::Refused, Self::Later];

    /// Whether the device may forget the entry.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Later)
    }
}

/// The answer to one item of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// Its entry hash, if it could be read.
    pub entry: Option<Hash>,
    /// Index in the log, if it is there.
    pub index: Option<u64>,
    /// Why it was not taken, or what is noteworthy: a word of the table in the specification.
    pub code: Option<String>,
    /// The same for people.
    pub detail: Option<String>,
    /// Seconds to wait before sending it again.
    pub retry_after: Option<u64>,
    /// Proof of inclusion, a C2SP tlog-proof.
    pub receipt: Option<String>,
    /// The verdict on the evidence, if it was appraised at once.
    pub verdict: Option<Verdict>,
}

/// The verdict on a piece of evidence, as an attestation result says it (EAR): what the log says in `Appraised`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Worst part first.
    pub status: Appraisal,
    /// AR4SI trust vector: instance identity, configuration, executables, file system, hardware, runtime, storage, sourced
    /// data; 0 where nothing is claimed.
    pub vector: [i8; 8],
    /// Why.
    pub reasons: Vec<AppraisalReason>,
}

impl Verdict {
    fn write(&self, w: &mut Writer) {
        let claimed = || (0u64..).zip(self.vector).filter(|(_, value)| *value != 0);
        w.int(9);
        w.map(claimed().count());
        for (part, value) in claimed() {
            w.uint(part);
            w.int(value.into());
        }
        w.int(10);
        w.array(self.reasons.len());
        self.reasons.iter().for_each(|reason| reason.write(w));
    }
}

fn read_vector(r: &mut Reader<'_>) -> Result<[i8; 8], Malformed> {
    let (mut map, mut vector) = (r.map()?, [0; 8]);
    loop {
        let at = r.position();
        let Some(part) = map.next(r)? else { return Ok(vector) };
        let place = usize::try_from(part).ok().and_then(|part| vector.get_mut(part));
        let place = place.ok_or(Malformed { at, reason: Reason::UnknownKey(part) })?;
        *place = i8::try_from(r.int()?)
            .map_err(|_| Malformed { at, reason: Reason::OutOfRange("a claim is a signed byte") })?;
    }
}

fn read_reasons(r: &mut Reader<'_>) -> Result<Vec<AppraisalReason>, Malformed> {
    let n = r.array(MAX_REASONS)?;
    let reasons = (0..n).map(|_| AppraisalReason::read(r)).collect::<Result<_, _>>()?;
    r.leave();
    Ok(reasons)
}

impl Answer {
    /// An answer that says no more than this.
    #[must_use]
    pub const fn bare(outcome: Outcome) -> Self {
        Self {
            outcome,
            entry: None,
            index: None,
            code: None,
            detail: None,
            retry_after: None,
            receipt: None,
            verdict: None,
        }
    }

    /// Its deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        fn put<T: Field>(w: &mut Writer, n: &mut usize, key: i64, value: Option<&T>) {
            if let Some(value) = value {
                w.int(key);
                value.write(w);
                *n += 1;
            }
        }
        let (mut w, mut n) = (Writer::with_capacity(64), 1);
        w.int(1);
        w.uint(self.outcome as u64);
        put(&mut w, &mut n, 2, self.entry.as_ref());
        put(&mut w, &mut n, 3, self.index.as_ref());
        put(&mut w, &mut n, 4, self.code.as_ref());
        put(&mut w, &mut n, 5, self.detail.as_ref());
        put(&mut w, &mut n, 6, self.retry_after.as_ref());
        put(&mut w, &mut n, 7, self.receipt.as_ref());
        if let Some(verdict) = &self.verdict {
            put(&mut w, &mut n, 8, Some(&verdict.status));
            verdict.write(&mut w);
            n += 2;
        }
        let mut out = Writer::with_capacity(w.len() + 1);
        out.map(n);
        let mut out = out.into_bytes();
        out.extend_from_slice(&w.into_bytes());
        out
    }

    /// Reads one answer and gives back what follows it.
    ///
    /// # Errors
    /// The first deviation, with its place.
    pub fn decode(raw: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let mut r = Reader::new(raw);
        let mut map = r.map()?;
        let mut answer = Self::bare(Outcome::Later);
        let (mut outcome, mut status, mut vector, mut reasons) = (None, None, None, None);
        loop {
            let at = r.position();
            match map.next(&mut r)? {
                None => break,
                Some(1) => {
                    let n = r.uint()?;
                    let known = Outcome::ALL.into_iter().find(|o| *o as u64 == n);
                    outcome = Some(known.ok_or(Malformed { at, reason: Reason::UnknownCode("outcome", n) })?);
                }
                Some(2) => answer.entry = Some(Hash::read(&mut r)?),
                Some(3) => answer.index = Some(r.uint()?),
                Some(4) => answer.code = Some(r.text(MAX_TEXT)?.into()),
                Some(5) => answer.detail = Some(r.text(MAX_TEXT)?.into()),
                Some(6) => answer.retry_after = Some(r.uint()?),
                Some(7) => answer.receipt = Some(r.text(MAX_RECEIPT)?.into()),
                Some(8) => status = Some(Appraisal::read(&mut r)?),
                Some(9) => vector = Some(read_vector(&mut r)?),
                Some(10) => reasons = Some(read_reasons(&mut r)?),
                Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
            }
        }
        answer.outcome = outcome.ok_or(Malformed { at: 0, reason: Reason::Missing("outcome") })?;
        answer.verdict = match (status, vector, reasons) {
            (Some(status), Some(vector), Some(reasons)) => Some(Verdict { status, vector, reasons }),
            (None, None, None) => None,
            _ => return Err(Malformed { at: 0, reason: Reason::Missing("a part of the verdict") }),
        };
        let rest = raw.split_at_checked(r.position()).map(|(_, rest)| rest);
        Ok((answer, rest.ok_or(r.bad(Reason::Truncated))?))
    }
}
