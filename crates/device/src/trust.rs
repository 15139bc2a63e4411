//! Which heads of the log a device believes: what freshness statements must show before one becomes its beacon.
//!
//! The specification lists the checks in order. Not here: fetching statements, and keeping the result over power loss
//! (the store does).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use evidence::cbor::Reader;
use evidence::facts::log::Recovered;
use evidence::proof::attached::Attached;
use evidence::types::Beacon;
use evidence::{Field, PublicKey};
use tlog::{Checkpoint, Hash, Note, VerifierKey};

use crate::error::NotFresh;
use crate::wire::{Freshness, Statement};

/// Longest log key that is kept, as text.
pub const MAX_LOG_KEY: usize = 200;

/// What a station pins into a device. It changes only with another enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The log's verifier key (C2SP signed-note); its name is the origin.
    pub log_key: String,
    /// The log's generation.
    pub generation: u64,
    /// The key that can start a successor.
    pub recovery_key: PublicKey,
}

/// What the device believes of the log now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The log's verifier key; its name is the origin.
    pub log_key: String,
    /// The log's generation.
    pub generation: u64,
    /// Size of the newest tree head seen in this generation, or the least one that can be; 0 before the first.
    pub size: u64,
    /// Root of that head; `None` before the first of this generation.
    pub root: Option<Hash>,
}

impl Trust {
    /// What holds before the first freshness statement.
    #[must_use]
    pub fn pinned(anchor: &Anchor) -> Self {
        Self { log_key: anchor.log_key.clone(), generation: anchor.generation, size: 0, root: None }
    }

    /// The log's key, parsed.
    #[must_use]
    pub fn key(&self) -> Option<VerifierKey> {
        let key = VerifierKey::parse(&self.log_key).ok()?;
        (key.is_verifiable() && self.log_key.len() <= MAX_LOG_KEY).then_some(key)
    }

    /// Origin of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.log_key.split('+').next().unwrap_or_default()
    }

    /// What evidence embeds.
    #[must_use]
    pub fn beacon(&self) -> Option<Beacon> {
        self.root.map(|root| Beacon { generation: self.generation, size: self.size, root })
    }

    /// What holds after a freshness statement, if it stands every check.
    ///
    /// # Errors
    /// The first check that fails. Nothing changes then.
    pub fn advanced(&self, recovery_key: &PublicKey, statement: &[u8]) -> Result<Self, NotFresh> {
        let fresh = Freshness::decode(statement).map_err(NotFresh::Malformed)?;
        if fresh.generation < self.generation {
            return Err(NotFresh::OldGeneration { got: fresh.generation, known: self.generation });
        }
        let mut next = self.clone();
        for (at, statement) in fresh.statements.iter().enumerate() {
            match statement {
                Statement::Handover(note) => next.hand_over(at, note)?,
                Statement::Recovered(content) => next.recover(at, recovery_key, content)?,
            }
        }
        if fresh.generation != next.generation {
            return Err(NotFresh::Unproven { got: fresh.generation, known: next.generation });
        }
        let key = next.key().ok_or(NotFresh::BadStatement { at: 0, why: "no usable log key" })?;
        let (head, _) =
            Checkpoint::open(fresh.checkpoint.as_bytes(), &key).map_err(NotFresh::BadCheckpoint)?;
        if head.size < next.size {
            return Err(NotFresh::Shrunk { got: head.size, known: next.size });
        }
        if head.size == next.size && next.root.is_some_and(|root| root != head.root) {
            return Err(NotFresh::Forked(head.size));
        }
        next.size = head.size;
        next.root = Some(head.root);
        Ok(next)
    }

    /// The log goes on under another key, which the present one names. A handover from any other key is history.
    fn hand_over(&mut self, at: usize, note: &str) -> Result<(), NotFresh> {
        let refuse = |why| NotFresh::BadStatement { at, why };
        let note = Note::parse(note.as_bytes()).map_err(|_| refuse("not a signed note"))?;
        let lines: Vec<&str> = note.text().split_terminator('\n').collect();
        let [purpose, origin, from, to] = lines.as_slice() else {
            return Err(refuse("a handover has four lines"));
        };
        let (Some(from), Some(to)) = (from.strip_prefix("from "), to.strip_prefix("to ")) else {
            return Err(refuse("a handover names the key before and the key after"));
        };
        if *purpose != "vouchsafe-log-key@v1" || from != self.log_key {
            return if *purpose == "vouchsafe-log-key@v1" { Ok(()) } else { Err(refuse("another purpose")) };
        }
        let old = self.key().ok_or(refuse("no usable log key"))?;
        note.verify([&old]).map_err(|_| refuse("the key before did not sign it"))?;
        let next = Self { log_key: to.to_string(), ..self.clone() };
        let new = next.key().ok_or(refuse("the key after is not usable"))?;
        if *origin != old.name() || new.name() != old.name() {
            return Err(refuse("another origin"));
        }
        *self = next;
        Ok(())
    }

    /// A successor log, which the pinned recovery key has started. One that the device knows already is history.
    fn recover(&mut self, at: usize, recovery_key: &PublicKey, content: &[u8]) -> Result<(), NotFresh> {
        let refuse = |why| NotFresh::BadStatement { at, why };
        let mut r = Reader::new(content);
        let fact = Recovered::read(&mut r).and_then(|f| r.finish().map(|()| f));
        let fact = fact.map_err(NotFresh::Malformed)?;
        if fact.generation <= self.generation {
            return Ok(());
        }
        if fact.generation != self.generation + 1 {
            return Err(refuse("a generation is missing before it"));
        }
        Attached::recovery(&fact)
            .verify(recovery_key, &fact.signature.0)
            .map_err(|why| NotFresh::BadRecovery { at, why })?;
        // The successor keeps `held` entries and has one more, the recovery itself.
        let size = fact.held.checked_add(1).ok_or(refuse("no such size"))?;
        let next = Self { log_key: fact.log_key, generation: fact.generation, size, root: None };
        if next.key().ok_or(refuse("the log key is not usable"))?.name() != fact.origin {
            return Err(refuse("the log key is of another origin"));
        }
        *self = next;
        Ok(())
    }
}
