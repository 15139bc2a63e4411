//! The judgement of a cosigned checkpoint under a policy: which log signed it, which witnesses count.

use alloc::vec::Vec;

use super::{Policy, PolicyLog, PolicyWitness};
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::note::Note;

/// Whether a set of witnesses makes the quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether it does.
    pub satisfied: bool,
    /// Those of the set that belong to the quorum, as ascending indices into [`Policy::witnesses`].
    pub counted: Vec<usize>,
}

/// A witness whose cosignature verified.
#[derive(Debug, Clone, Copy)]
pub struct CountedWitness<'p> {
    /// The witness.
    pub witness: &'p PolicyWitness,
    /// When it cosigned, by its own clock, in POSIX seconds; `None` where its cosignature states no time
    /// (see [`crate::cosignature::verify`]). Such a one counts, but bounds nothing in time.
    pub time: Option<u64>,
    /// Whether it belongs to the quorum; otherwise it is known, but its word changes nothing.
    pub in_quorum: bool,
}

/// A checkpoint that a policy accepts, and why.
#[derive(Debug, Clone)]
pub struct Verdict<'p> {
    /// What the log says.
    pub checkpoint: Checkpoint,
    /// The log that signed it.
    pub log: &'p PolicyLog,
    /// Every known witness that has cosigned it, in the policy's order.
    pub witnesses: Vec<CountedWitness<'p>>,
}

impl Policy {
    /// Verifies a cosigned checkpoint: signed by a known log whose key is named as the origin, and cosigned
    /// by a quorum. Times of cosignatures are reported, not judged.
    ///
    /// # Errors
    /// The text is no checkpoint, a known key's signature is wrong, no known log has signed
    /// ([`Error::UnknownLog`]), or too few witnesses have cosigned ([`Error::QuorumNotMet`]).
    pub fn verify(&self, note: &Note) -> Result<Verdict<'_>, Error> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let logs: Vec<_> = self.logs.iter().filter(|log| log.key.name() == checkpoint.origin).collect();
        let unknown_log = || Error::UnknownLog { origin: checkpoint.origin.clone() };
        let keys = logs.iter().map(|log| &log.key).chain(self.witnesses.iter().map(|witness| &witness.key));
        let verified = match note.verify(keys) {
            Err(Error::NoKnownSignature) => return Err(unknown_log()),
            other => other?,
        };
        let signed = |log: &&PolicyLog| verified.iter().any(|signature| *signature.key == log.key);
        let log = logs.into_iter().find(signed).ok_or_else(unknown_log)?;

        let mut cosigned = Vec::new();
        for (at, witness) in self.witnesses.iter().enumerate() {
            if let Some(found) = verified.iter().find(|signature| *signature.key == witness.key) {
                cosigned.push((at, witness, found.time));
            }
        }
        let indices: Vec<_> = cosigned.iter().map(|(at, ..)| *at).collect();
        let Evaluation { satisfied, counted } = self.evaluate(&indices);
        if !satisfied {
            return Err(Error::QuorumNotMet { counted: counted.len() });
        }
        let witnesses = cosigned.into_iter().map(|(at, witness, time)| CountedWitness {
            witness,
            time,
            in_quorum: counted.contains(&at),
        });
        let witnesses = witnesses.collect();
        Ok(Verdict { checkpoint, log, witnesses })
    }
}
