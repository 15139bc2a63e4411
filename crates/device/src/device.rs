//! The device: starts, checks freshness, attests, delivers.
//!
//! [`Device::start`] is the first layer's work: it alone sees the device key. It counts the start, reports what earlier
//! streams lost, and begins a stream for the alias key when the one in use is not for it. Everything after holds the alias
//! key alone.

use alloc::format;
use alloc::string::String;

use evidence::facts::sources::{GapReported, StreamKeyChanged};
use evidence::proof::attached::Attached;
use evidence::types::{Beacon, Bytes};
use evidence::{Body, Entry, Evidence, Fact, PublicKey, SourceId, Time};
use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::error::Error;
use crate::flash::Flash;
use crate::identity::{Identity, KeyPair, Layer};
use crate::store::state::{Current, Head, MAX_DROPS, State};
use crate::store::{Batch, Store};
use crate::trust::{Anchor, MAX_LOG_KEY, Trust};
use crate::wire::{Answer, Outcome};

/// Gaps of one stream after which the next start begins another. The log takes 64.
pub const MAX_GAPS_STARTING: u64 = 32;
/// Gaps of one stream after which nothing more is attested in it. The log takes 64.
pub const MAX_GAPS: u64 = 60;

/// What a start needs.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The device's UEID.
    pub device: SourceId,
    /// What a station pinned.
    pub anchor: &'a Anchor,
    /// What is about to run.
    pub layer: Layer,
    /// 32 random bytes of this start. They make stream numbers unique even when the store was lost, and the boot seed.
    pub entropy: [u8; 32],
    /// Starts that hardware has counted, if it counts: the boot count is never below it.
    pub boots: u64,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its stream.
    pub stream: u64,
    /// Its place in the stream.
    pub sequence: u64,
    /// Its hash.
    pub entry: Hash,
}

/// A device that runs.
pub struct Device<F: Flash> {
    store: Store<F>,
    id: SourceId,
    alias: KeyPair,
    recovery_key: PublicKey,
    boot_seed: [u8; 32],
    /// The start could not be recorded for want of room.
    mute: bool,
}

impl<F: Flash> core::fmt::Debug for Device<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Device({}, {:?})", self.id, self.alias)
    }
}

fn digest(word: &[u8], entropy: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(word).chain_update(entropy).finalize().into()
}

/// A stream number that was never used: the boot count, for order, over 32 random bits, for the case that the store and
/// its count were lost.
fn stream_number(boots: u64, entropy: &[u8; 32]) -> u64 {
    let [a, b, c, d, ..] = digest(b"vouchsafe-stream@v1", entropy);
    (boots & 0x7fff_ffff) << 32 | u64::from(u32::from_be_bytes([a, b, c, d]))
}

/// Why a stream begins, with what cannot be said where it belongs.
fn reason(state: &State, key: &PublicKey) -> Option<String> {
    if let Some(h) = state.heads.iter().find(|h| h.spoiled) {
        let mut text =
            format!("store damaged: stream {} may have had entries from place {} on", h.stream, h.next);
        for d in state.drops.iter().filter(|d| d.stream == h.stream) {
            text += &format!("; {} from place {} on were lost ({})", d.count, d.from, d.cause.word());
        }
        return Some(text);
    }
    let current = state.current.as_ref()?;
    let text = if current.key == key.id() { "many gaps, or another log" } else { "other firmware" };
    Some(format!("{text}; stream {} ended after {} entries", current.stream, current.next))
}

impl<F: Flash> Device<F> {
    /// Starts. Durable when it returns: the boot count, the stream, the reports about earlier streams. If the store has no
    /// room for them, the device delivers but does not attest ([`Error::Full`]) until it is started again with room.
    ///
    /// # Errors
    /// The flash fails or cannot be used, the secret gives no key, or the pinned log key is none.
    pub fn start(flash: F, identity: &Identity, start: &Start<'_>) -> Result<Self, Error<F::Error>> {
        let alias = identity.alias(&start.layer).ok_or(Error::NoKey)?;
        let pinned = Trust::pinned(start.anchor);
        if pinned.key().is_none() {
            return Err(Error::BadAnchor(MAX_LOG_KEY));
        }
        let mut device = Self {
            store: Store::open(flash)?,
            id: start.device,
            alias,
            recovery_key: start.anchor.recovery_key.clone(),
            mute: true,
            boot_seed: digest(b"vouchsafe-boot-seed@v1", &start.entropy),
        };
        match device.first_layer(identity.device(), &pinned, start) {
            Ok(()) => device.mute = false,
            // What is stored can be delivered, and that makes room.
            Err(Error::Full) => {}
            Err(e) => return Err(e),
        }
        Ok(device)
    }

    fn first_layer(
        &mut self,
        key: &KeyPair,
        pinned: &Trust,
        start: &Start<'_>,
    ) -> Result<(), Error<F::Error>> {
        self.report_earlier(key)?;
        self.store.change(|s| {
            s.boots = s.boots.max(start.boots).saturating_add(1);
            if s.trust.as_ref().is_none_or(|t| t.generation < pinned.generation) {
                s.trust = Some(pinned.clone());
            }
        })?;
        if self.needs_stream() {
            self.begin_stream(key, &start.entropy)?;
        }
        Ok(())
    }

    fn needs_stream(&self) -> bool {
        let state = self.store.state();
        let generation = state.trust.as_ref().map_or(0, |t| t.generation);
        let fits = |c: &Current| {
            c.key == self.alias.public().id() && c.generation == generation && c.gaps < MAX_GAPS_STARTING
        };
        !state.current.as_ref().is_some_and(fits) || state.heads.iter().any(|h| h.spoiled)
    }

    /// Places of earlier streams that were dropped: the device key says so at the end of each, because the keys that
    /// these streams were signed with are gone.
    fn report_earlier(&mut self, key: &KeyPair) -> Result<(), Error<F::Error>> {
        for _ in 0..MAX_DROPS {
            let state = self.store.state();
            let due = state.drops.iter().find_map(|d| {
                let head = state.heads.iter().find(|h| h.stream == d.stream && !h.spoiled)?;
                Some((d.clone(), head.clone()))
            });
            let Some((d, head)) = due else { break };
            let fact = GapReported { from: d.from, count: d.count, cause: d.cause };
            let Head { stream, next, last, .. } = head;
            let entry = self.entry(key, stream, next, Some(last), None, fact.into())?;
            self.store.append(&entry, false)?;
        }
        Ok(())
    }

    /// Place 0 of a stream: the device key hands it to the alias key.
    fn begin_stream(&mut self, device: &KeyPair, entropy: &[u8; 32]) -> Result<(), Error<F::Error>> {
        let state = self.store.state();
        let stream = stream_number(state.boots, entropy);
        let origin = state.trust.as_ref().map_or("", Trust::origin);
        let over = Attached::stream_key(origin, &self.id, stream, 0, self.alias.public());
        let certificate = Bytes(device.sign_attached(&over).to_vec());
        let fact = StreamKeyChanged { key: self.alias.public().clone(), certificate };
        let mut body = self.body(stream, 0, None, None, fact.into());
        body.reason = reason(state, self.alias.public());
        let entry = sign(body, device)?;
        self.store.append(&entry, false)?;
        Ok(())
    }

    fn body(
        &self,
        stream: u64,
        sequence: u64,
        previous: Option<Hash>,
        time: Option<Time>,
        fact: Fact,
    ) -> Body {
        let beacon = self.beacon();
        Body {
            source: self.id,
            stream,
            sequence,
            previous,
            time,
            beacon,
            reason: None,
            on_behalf_of: None,
            fact,
        }
    }

    fn entry(
        &self,
        key: &KeyPair,
        stream: u64,
        sequence: u64,
        previous: Option<Hash>,
        time: Option<Time>,
        fact: Fact,
    ) -> Result<Entry, Error<F::Error>> {
        sign(self.body(stream, sequence, previous, time, fact), key)
    }

    /// Takes a freshness statement, checks it, and keeps its tree head over power loss.
    ///
    /// # Errors
    /// A check fails; then the beacon stays what it was. Or the flash fails.
    pub fn fresh(&mut self, statement: &[u8]) -> Result<Beacon, Error<F::Error>> {
        let known = self.store.state().trust.as_ref().ok_or(Error::Poisoned)?;
        let next = known.advanced(&self.recovery_key, statement).map_err(Error::NotFresh)?;
        if *known != next {
            self.store.change(|s| s.trust = Some(next.clone()))?;
        }
        self.beacon().ok_or(Error::Poisoned)
    }

    /// The beacon that the next entry embeds.
    #[must_use]
    pub fn beacon(&self) -> Option<Beacon> {
        self.store.state().trust.as_ref().and_then(Trust::beacon)
    }

    /// Attests: puts boot count and boot seed into the evidence, gives it the next place, signs it, and makes it durable.
    /// When this returns, the evidence will be delivered or reported as dropped.
    ///
    /// `time` is what the device's own clock claims, if it has one.
    ///
    /// # Errors
    /// Nothing was recorded: it is too large, there are too many gaps to account for, or the flash fails. After the
    /// flash failed, the next start finds out whether it was.
    pub fn attest(&mut self, time: Option<Time>, mut evidence: Evidence) -> Result<Place, Error<F::Error>> {
        if self.mute {
            return Err(Error::Full);
        }
        for _ in 0..MAX_DROPS {
            let state = self.store.state();
            let Some(c) = &state.current else { return Err(Error::Full) };
            let Some(d) = state.drops.iter().find(|d| d.stream == c.stream) else { break };
            let fact = GapReported { from: d.from, count: d.count, cause: d.cause };
            let entry = self.entry(&self.alias, c.stream, c.next, Some(c.last), None, fact.into())?;
            self.store.append(&entry, false)?;
        }
        let state = self.store.state();
        let current = state.current.as_ref().filter(|c| c.gaps < MAX_GAPS).ok_or(Error::Full)?;
        evidence.boot_count = Some(state.boots);
        evidence.boot_seed = Some(Bytes(self.boot_seed.to_vec()));
        let (stream, sequence) = (current.stream, current.next);
        let fact = Fact::Attested(evidence);
        let entry = self.entry(&self.alias, stream, sequence, Some(current.last), time, fact)?;
        self.store.append(&entry, true)?;
        Ok(Place { stream, sequence, entry: entry.hash() })
    }

    /// Starts of the device so far, this one included.
    #[must_use]
    pub const fn boots(&self) -> u64 {
        self.store.state().boots
    }

    /// The stream it speaks in.
    #[must_use]
    pub fn stream(&self) -> Option<u64> {
        self.store.state().current.as_ref().map(|c| c.stream)
    }

    /// Entries that wait for an answer, some of which may turn out to be damaged.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let state = self.store.state();
        state.number - state.first + state.carried.len() as u64
    }

    /// Largest entry in bytes that the store takes.
    #[must_use]
    pub fn max_entry(&self) -> usize {
        self.store.max_entry()
    }

    /// What to send next, oldest first: at most `items` entries and `bytes` bytes, but one entry if there is any. The
    /// same entries come again until they are settled.
    ///
    /// # Errors
    /// The flash fails.
    pub fn outbox(&mut self, items: usize, bytes: usize) -> Result<Batch, Error<F::Error>> {
        self.store.outbox(items, bytes)
    }

    /// Forgets the first `count` entries of a batch. They were answered for good; see [`settled`].
    ///
    /// # Errors
    /// The flash fails.
    pub fn settle(&mut self, batch: &Batch, count: usize) -> Result<(), Error<F::Error>> {
        self.store.settle(batch, count)
    }

    /// Stops and gives the flash back.
    #[must_use]
    pub fn into_flash(self) -> F {
        self.store.into_flash()
    }
}

fn sign<E>(body: Body, key: &KeyPair) -> Result<Entry, Error<E>> {
    Entry::sign_cose(body, key.public(), |m| key.sign(m)).map_err(Error::Entry)
}

/// How many entries at the beginning of a batch these answers settle. Answers stand in the order of the entries; an answer
/// that names another entry, or none at all, settles nothing from there on.
///
/// `unknown_key` is final here: whatever would have introduced the key stands before it and is settled.
#[must_use]
pub fn settled(batch: &Batch, answers: &[Answer]) -> usize {
    batch
        .items
        .iter()
        .zip(answers)
        .take_while(|(item, answer)| {
            let own = answer.entry.is_none_or(|e| e == item.entry);
            let unknown_key = answer.code.as_deref() == Some("unknown_key");
            own && (answer.outcome.is_final() || (answer.outcome == Outcome::Later && unknown_key))
        })
        .count()
}
