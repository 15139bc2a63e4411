//! The proof that goes with an answer about devices: the entries it rests on, each with its inclusion proof; the records of
//! a device under a sealed tree; and the root that a replay of what was known must arrive at.
//!
//! The document is JSON and verifies offline (`vouchsafe verify`). What it proves is *included* and, where a seal is kept,
//! *current* as of the seal; a count or a list is *counted* by replay alone, and the document says so. That the answer
//! follows from the entries is the work of the rules in `docs/concepts/fleet.md`, which a replay applies again.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use ledger::ports::Log;
use ledger::seal::Membership;
use ledger::{LedgerError, TreeView};
use serde_json::{Value, json};
use tlog::{Checkpoint, Hash, Note};
use world::State;
use world::fleet::Basis;
use world::journal::Seal;

/// First member of the document.
pub const FORMAT: &str = "vouchsafe-answer-proof@v1";
/// Most entries of one proof.
pub const MAX_PROVEN: usize = 2_000;

/// Where proofs are made from.
pub struct Material<'a> {
    /// The entries.
    pub log: &'a dyn Log,
    /// The tree over them.
    pub tree: &'a TreeView,
    /// The signed checkpoint that the proof leads to; its size is at most the tree's.
    pub note: &'a str,
}

/// The records of one device under a sealed tree.
#[derive(Clone, Debug)]
pub struct Current {
    /// Index of the `Sealed` entry.
    pub index: u64,
    /// Entries that were sealed.
    pub size: u64,
    /// The state under the tree.
    pub state: State,
    /// Place among the sorted states.
    pub place: u64,
    /// Inclusion proof to the concern's root, leaf's sibling first.
    pub proof: Vec<Hash>,
}

/// A proof in parts.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The document.
    pub document: Value,
    /// What is proven and what is not, a sentence each.
    pub says: Vec<String>,
}

/// What a sealed tree has of a device's records, if those told again are the ones under it.
#[must_use]
pub fn current(seal: &Seal, membership: Option<Membership>, state: State) -> Option<Current> {
    let Some(Membership::Present(member)) = membership else { return None };
    (member.leaf == state.leaf_hash()).then_some(Current {
        index: seal.index,
        size: seal.sealed.size,
        state,
        place: member.place,
        proof: member.proof,
    })
}

/// Proves the entries of a basis and the records under seals, for what the first `known` entries say. `counted` says
/// that the answer is a number or a list of devices, which rests on every entry.
///
/// # Errors
/// The store cannot be read, or the checkpoint does not cover what is known.
pub fn prove(
    material: &Material<'_>,
    known: u64,
    basis: &Basis,
    sealed: &[Current],
    counted: bool,
) -> Result<Proof, LedgerError> {
    let bad = |e: tlog::Error| LedgerError::BadCheckpoint(e.to_string());
    let note = Note::parse(material.note.as_bytes()).map_err(bad)?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(bad)?;
    let size = checkpoint.size;
    if known > size {
        return Err(LedgerError::OutOfRange { what: "checkpoint", got: known, size });
    }
    let mut grounds: BTreeMap<u64, Vec<&str>> =
        basis.iter().map(|(index, g)| (*index, g.iter().map(|g| g.word()).collect())).collect();
    // A seal stands in the log after what it seals, and after what is known if it is younger than that.
    let sealed: Vec<&Current> = sealed.iter().filter(|c| c.index < size).collect();
    for current in &sealed {
        let words = grounds.entry(current.index).or_default();
        if !words.contains(&"seal") {
            words.push("seal");
        }
    }
    let (tree, log) = (material.tree, material.log);
    let mut entries = Vec::with_capacity(grounds.len());
    for (index, words) in &grounds {
        let raw = log.read(*index, 1, 0)?.into_iter().next();
        let raw =
            raw.ok_or_else(|| LedgerError::BadEntry { index: *index, reason: "it is missing".into() })?;
        entries.push(json!({
            "index": index, "grounds": words, "entry": Base64::encode_string(&raw), "proof": hex(&tree.inclusion(*index, size)?),
        }));
    }
    let current: Vec<Value> = sealed
        .iter()
        .map(|c| {
            json!({
                "seal": c.index, "size": c.size, "concern": "fleet", "place": c.place, "proof": hex(&c.proof),
                "key": Base64::encode_string(&c.state.key), "value": Base64::encode_string(&c.state.value),
            })
        })
        .collect();
    let says = says(known, grounds.len(), &sealed, counted);
    let document = json!({
        "format": FORMAT,
        "checkpoint": material.note,
        "known": {
            "size": known, "root": tree.root_at(known)?.to_string(), "consistency": hex(&tree.consistency(known, size)?),
        },
        "entries": entries,
        "current": current,
        "says": says,
    });
    Ok(Proof { document, says })
}

fn says(known: u64, entries: usize, sealed: &[&Current], counted: bool) -> Vec<String> {
    let mut says = Vec::new();
    if entries > 0 {
        says.push(format!("included: {entries} entries are in the log, each by its inclusion proof"));
    }
    match sealed.iter().map(|c| c.size).min() {
        Some(size) if size >= known => says.push(format!(
            "current: no other entry among the first {known} is about this device, by the tree sealed at {size}"
        )),
        Some(size) => says.push(format!(
            "current as of the seal at {size}: no other entry among the first {size} is about this device; from there \
             to {known} by replay only"
        )),
        None if counted => {}
        None => says.push(
            "not proven: current, that no later entry about this device changed the answer: no seal is kept here that \
             covers it (`vouchsafe log seal` makes one); by replay only"
                .into(),
        ),
    }
    if counted {
        says.push(format!(
            "counted by replay only: whoever applies the first {known} entries, whose root is stated, gets this count and \
             this list"
        ));
    }
    says.push("not proven: that the answer follows from the entries, and that what they say is true".into());
    says
}

fn hex(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(ToString::to_string).collect()
}
