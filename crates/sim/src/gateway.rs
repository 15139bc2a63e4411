//! A gateway: keeps what it collected from its devices until that is answered for good, opens nothing, and loses order. What
//! nobody should take goes through it too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use device::wire::{Answer, MAX_BATCH_BYTES, Outcome};
use evidence::entry::Proof;
use evidence::types::Fixed;
use evidence::{Entry, Fact, Hash};

use crate::fielded::{Fielded, Round};
use crate::piece::{Batch, Kind, Piece};
use crate::random::Random;
use crate::truth::Happened;

/// Entries that a gateway takes from a device at once, and their bytes.
const ITEMS: usize = 64;
const BYTES: usize = 64 << 10;
/// Rounds that a piece is kept back, at most.
const HELD: u64 = 3;
/// Bytes of the signature at the end of an entry.
const SIGNATURE: usize = 64;

/// Whose entry, by slot and hash.
type Name = (usize, Hash);

/// What waits to be sent.
#[derive(Debug)]
struct Queued {
    piece: Piece,
    until: u64,
}

/// A gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    site: usize,
    random: Random,
    queue: Vec<Queued>,
    /// Names of what is in the queue and not answered for good.
    open: BTreeSet<Name>,
    /// Answers for good that the device was not told yet.
    known: BTreeMap<Name, (Outcome, Option<String>)>,
}

impl Gateway {
    pub(crate) const fn new(site: usize, random: Random) -> Self {
        Self { site, random, queue: Vec::new(), open: BTreeSet::new(), known: BTreeMap::new() }
    }

    /// Whether nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Tells a device what was answered and takes what it has to send.
    pub(crate) fn collect(
        &mut self,
        slot: usize,
        fielded: &mut Fielded,
        round: &Round<'_>,
        happened: &mut Happened,
    ) {
        let number = fielded.truth.number;
        let kind = if fielded.truth.copy { Kind::OfCopy } else { Kind::Genuine };
        let Some(device) = &mut fielded.device else { return };
        // Where the power fails, the next round finds what is left.
        let Ok(batch) = device.outbox(ITEMS, BYTES) else { return };
        let answer = |entry: Hash| {
            let (outcome, code) = self.known.get(&(slot, entry))?;
            Some(Answer { entry: Some(entry), code: code.clone(), ..Answer::bare(*outcome) })
        };
        let answers: Vec<Answer> = batch.items.iter().map_while(|item| answer(item.entry)).collect();
        let settled = device::settled(&batch, &answers);
        if settled > 0 && device.settle(&batch, settled).is_err() {
            return;
        }
        let (told, rest) = batch.items.split_at(settled);
        for item in told {
            self.known.remove(&(slot, item.entry));
        }
        if let Some(last) = told.last() {
            fielded.remember(&last.bytes.as_slice().into());
        }
        for item in rest {
            let name = (slot, item.entry);
            let held = round.is_planned() && self.random.chance(round.plan.faults.hold);
            let until = if held { round.number + 1 + self.random.below(HELD) } else { 0 };
            if self.known.contains_key(&name) || !self.open.insert(name) {
                continue;
            }
            happened.held += u64::from(held);
            let bytes: Arc<[u8]> = item.bytes.as_slice().into();
            let piece = Piece { device: number, kind, entry: Some(item.entry), bytes, slot };
            self.queue.push(Queued { piece, until });
        }
    }

    /// What is sent now.
    pub(crate) fn dispatch(
        &mut self,
        fielded: &[Fielded],
        round: &Round<'_>,
        happened: &mut Happened,
    ) -> Vec<Batch> {
        let open = &self.open;
        self.queue.retain(|q| q.piece.entry.is_some_and(|e| open.contains(&(q.piece.slot, e))));
        let due = |q: &&Queued| !round.is_planned() || q.until <= round.number;
        let mut pieces: Vec<Piece> = self.queue.iter().filter(due).map(|q| q.piece.clone()).collect();
        let mut broken = Vec::new();
        if round.is_planned() {
            self.tamper(fielded, round, &mut pieces, &mut broken, happened);
            if self.random.chance(round.plan.faults.reorder) && pieces.len() > 1 {
                self.random.shuffle(&mut pieces);
                happened.reordered += 1;
            }
        }
        batches(self.site, round.plan.batch, pieces, broken)
    }

    /// Adds what nobody should take, or not twice.
    fn tamper(
        &mut self,
        fielded: &[Fielded],
        round: &Round<'_>,
        pieces: &mut Vec<Piece>,
        broken: &mut Vec<Piece>,
        happened: &mut Happened,
    ) {
        let (faults, random) = (round.plan.faults, &mut self.random);
        let mut more = Vec::new();
        for piece in pieces.iter() {
            if random.chance(faults.duplicate) {
                more.push(Piece { kind: Kind::Duplicate, ..piece.clone() });
                happened.duplicates += 1;
            }
        }
        let mut newest: BTreeMap<usize, Piece> = BTreeMap::new();
        pieces.iter().filter(|p| p.kind == Kind::Genuine).for_each(|p| {
            newest.insert(p.slot, p.clone());
        });
        for (slot, one) in fielded.iter().enumerate().filter(|(_, one)| !one.truth.copy) {
            let [replay, corrupt, forge] =
                [faults.replay, faults.corrupt, faults.forge].map(|share| random.chance(share));
            if replay && let Some(bytes) = one.old.get(random.place(one.old.len())) {
                let entry = Entry::decode(bytes).ok().map(|e| e.hash());
                let (device, bytes) = (one.truth.number, bytes.clone());
                more.push(Piece { device, kind: Kind::Replayed, entry, bytes, slot });
                happened.replayed += 1;
            }
            let Some(piece) = newest.get(&slot) else { continue };
            if corrupt {
                let flipped = flipped(piece, random);
                happened.corrupted += 1;
                if flipped.kind == Kind::Corrupted { broken.push(flipped) } else { more.push(flipped) }
            }
            if forge && let Some(forged) = forged(piece, random) {
                more.push(forged);
                happened.forged += 1;
            }
        }
        pieces.append(&mut more);
    }

    /// Takes the answers to a batch: by place, as far as they name the entries that stand there.
    pub(crate) fn answered(&mut self, batch: &Batch, answers: &[Answer]) {
        for (piece, answer) in batch.pieces.iter().zip(answers) {
            if piece.kind.passes() {
                continue;
            }
            let Some(entry) = piece.entry.filter(|entry| answer.entry == Some(*entry)) else { return };
            if answer.outcome.is_final() {
                let name = (piece.slot, entry);
                // What was not asked for any more was answered before.
                if self.open.remove(&name) {
                    self.known.insert(name, (answer.outcome, answer.code.clone()));
                }
            }
        }
    }
}

/// A copy with a flipped bit: every other time in the signature, else anywhere.
fn flipped(piece: &Piece, random: &mut Random) -> Piece {
    let mut bytes = piece.bytes.to_vec();
    let bit = 1 << random.below(8);
    let in_signature = random.chance(500);
    let among = if in_signature { SIGNATURE.min(bytes.len()) } else { bytes.len() };
    let at = bytes.len() - 1 - random.place(among);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bit;
    }
    let kind = if in_signature { Kind::BadSignature } else { Kind::Corrupted };
    Piece { kind, entry: None, bytes: bytes.into(), ..piece.clone() }
}

/// The device's own claims with another uptime, signed by nobody whose key the log knows.
fn forged(piece: &Piece, random: &mut Random) -> Option<Piece> {
    let entry = Entry::decode(&piece.bytes).ok()?;
    let Proof::Cose { algorithm, .. } = entry.proof() else { return None };
    let algorithm = *algorithm;
    let mut body = entry.body().clone();
    if let Fact::Attested(evidence) = &mut body.fact {
        evidence.uptime = Some(random.below(1 << 20));
    }
    let (mut kid, mut signature) = ([0; 8], [0; SIGNATURE]);
    let (first, second, third) = (random.bytes(), random.bytes(), random.bytes());
    kid.iter_mut().zip(first).for_each(|(to, from)| *to = from);
    signature.iter_mut().zip(second.into_iter().chain(third)).for_each(|(to, from)| *to = from);
    let proof = Proof::Cose { algorithm, kid: Fixed(kid), signature: Fixed(signature) };
    let forged = Entry::new(body, proof).ok()?;
    let (entry, bytes) = (Some(forged.hash()), forged.encode().into());
    Some(Piece { kind: Kind::Foreign, entry, bytes, ..piece.clone() })
}

/// Cuts pieces into batches; each broken one ends a batch.
fn batches(site: usize, most: usize, pieces: Vec<Piece>, broken: Vec<Piece>) -> Vec<Batch> {
    let mut out: Vec<Batch> = Vec::new();
    let mut bytes = MAX_BATCH_BYTES;
    for piece in pieces {
        let size = piece.bytes.len();
        // Room for a broken one at the end.
        let full = bytes + size > MAX_BATCH_BYTES - evidence::MAX_ENTRY;
        match out.last_mut().filter(|b| b.pieces.len() < most && !full) {
            Some(batch) => {
                batch.pieces.push(piece);
                bytes += size;
            }
            None => {
                out.push(Batch { site, pieces: vec![piece] });
                bytes = size;
            }
        }
    }
    let mut broken = broken.into_iter();
    out.iter_mut().zip(broken.by_ref()).for_each(|(batch, piece)| batch.pieces.push(piece));
    out.extend(broken.map(|piece| Batch { site, pieces: vec![piece] }));
    out
}
