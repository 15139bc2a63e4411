//! `vouchsafe log prove INDEX`: a proof that one entry is in the log, with the entry inside it, and the same as a COSE
//! receipt. `log prove --since SIZE`: a receipt that the log was only appended to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use evidence::Entry;
use evidence::facts::log::PolicyKind;
use evidence::receipt::{Proof, Receipt};
use ledger::TreeView;
use ledger::ports::Log;
use ledger::properties::{Holds, Material, Property, five_properties, witness_keys};
use serde_json::{Value, json};
use tlog::leaf_hash;
use tlog::packet::LogProof;
use world::World;
use world::streams::StreamKey;

use super::super::Context;
use crate::archive::Subject;
use crate::data;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Prove one entry, or that nothing before it changed
///
/// The proof (C2SP tlog-proof) carries the entry as its extra data, so that the one file verifies offline. It proves that the
/// entry is included; not that nothing superseded it later. A receipt (COSE, RFC 9942) says the same to programs that know COSE;
/// the log's key signs it, so it is made where that key is.
#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// Index of the entry
    #[arg(required_unless_present = "since")]
    index: Option<u64>,
    /// Write the proof to this file
    #[arg(long, value_name = "FILE", requires = "index")]
    out: Option<PathBuf>,
    /// Write a COSE receipt to this file
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Write the entry's bytes to this file, to verify a receipt with
    #[arg(long, value_name = "FILE", requires = "index")]
    entry: Option<PathBuf>,
    /// Prove that the log extends its first SIZE entries, instead of one entry; needs `--receipt`
    #[arg(long, value_name = "SIZE", conflicts_with = "index", requires = "receipt")]
    since: Option<u64>,
}

impl ProveArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let Some(index) = self.index else { return self.consistency(context) };
        let (log, loaded) = context.data.load()?;
        let size = loaded.head.size;
        // The newest cosigned checkpoint that covers the entry is worth more than a newer one that nobody cosigned.
        let witnessed = log.cosigned()?.is_some_and(|c| c.size > index);
        let subject = Subject::of(&*log, witnessed)?;
        let range = ledger::LedgerError::OutOfRange { what: "entry", got: index, size };
        let raw: Arc<[u8]> = if index < subject.checkpoint.size {
            log.read(index, 1, 0)?.into_iter().next().ok_or(range)?
        } else {
            return Err(range.into());
        };
        let doing = format!("proving entry {index}");
        let port: Arc<dyn Log> = log.clone();
        let tree = TreeView::new(Arc::new(loaded.edge.clone()), port);
        let hashes = tree.inclusion(index, subject.checkpoint.size)?;
        let root = subject.checkpoint.root;
        tlog::proof::verify_inclusion(index, subject.checkpoint.size, &leaf_hash(&raw), &hashes, &root)
            .map_err(|e| Failure::damaged(&doing, format!("the stored tree does not prove it: {e}")))?;
        let properties = five(context, &*log, &tree, &loaded.world, index)?;
        if let Some(path) = &self.receipt {
            let proof = Proof::Inclusion { index, path: hashes.clone() };
            receipt(context, &loaded.world, &subject, proof, path)?;
        }
        if let Some(path) = &self.entry {
            data::write_new(path, &raw, false)?;
        }
        let packet = LogProof { extra: Some(raw.to_vec()), index, hashes, checkpoint: subject.note.clone() };
        let packet = packet.to_string();
        let entry = Entry::decode(&raw).map_err(|e| Failure::damaged(&doing, e))?;
        let ui = &context.ui;
        if let Some(path) = &self.out {
            data::write_new(path, packet.as_bytes(), false)?;
        }
        if ui.is_json() {
            ui.json(&json!({
                "index": index, "entry": entry.hash().to_string(), "kind": "included",
                "size": subject.checkpoint.size, "root": root.to_string(), "proof": packet,
                "properties": properties.iter().map(property_json).collect::<Vec<_>>(),
            }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.bold(&format!(
            "Entry {}, {} by {}",
            text::count(index),
            entry.body().fact.name(),
            entry.body().source
        )))?;
        for property in &properties {
            let word = match property.holds {
                Holds::Yes => ui.good(property.holds.word()),
                Holds::NotProven => ui.warn(property.holds.word()),
                Holds::No => ui.bad(property.holds.word()),
            };
            ui.print(format!("\n  {}: {word}", ui.bold(property.name)))?;
            ui.print(text::wrapped(&text::printable(&property.text(), 4_096), 4, 80))?;
        }
        ui.print("")?;
        let size = text::count(subject.checkpoint.size);
        let mut pairs = vec![
            ("kind of proof", format!("included: it is among the first {size} entries")),
            (
                "not proven",
                "current: that no later entry corrects or supersedes it;\ncounted: that a list is complete"
                    .into(),
            ),
            (
                "signatures",
                format!("{} on the checkpoint", text::count(subject.note.signatures().len() as u64)),
            ),
        ];
        pairs.push(match &self.out {
            Some(path) => ("proof", format!("written to {}", path.display())),
            None if self.receipt.is_some() => ("proof", "not written, only the receipt".into()),
            None => ("proof", "not written: give --out FILE".into()),
        });
        if let Some(path) = &self.receipt {
            let entry = match &self.entry {
                Some(entry) => entry.display().to_string(),
                None => "the entry's bytes, which --entry FILE writes".into(),
            };
            pairs.push(("receipt", format!("written to {}; verify it with {entry}", path.display())));
        }
        ui.pairs(&pairs)?;
        let fine = properties.iter().all(|p| p.holds != Holds::No);
        Ok(if fine { Verdict::Holds } else { Verdict::DoesNotHold })
    }

    /// The receipt that the newest checkpoint, cosigned if there is one beyond, extends the first entries.
    fn consistency(&self, context: &Context) -> Result<Verdict, Failure> {
        let (Some(old), Some(path)) = (self.since, &self.receipt) else {
            return Err(Failure::input("proving", "give the index of an entry, or --since and --receipt"));
        };
        let (log, loaded) = context.data.load()?;
        let witnessed = log.cosigned()?.is_some_and(|c| c.size > old);
        let subject = Subject::of(&*log, witnessed)?;
        let size = subject.checkpoint.size;
        if old == 0 || old >= size {
            let why = format!("the log has {size} entries in that checkpoint, so SIZE is 1 to {}", size - 1);
            return Err(Failure::input(format!("proving that {size} entries extend {old}"), why));
        }
        let port: Arc<dyn Log> = log.clone();
        let tree = TreeView::new(Arc::new(loaded.edge.clone()), port);
        let (hashes, before) = (tree.consistency(old, size)?, tree.root_at(old)?);
        tlog::proof::verify_consistency(old, size, &hashes, &before, &subject.checkpoint.root)
            .map_err(|e| Failure::damaged(format!("proving that {size} entries extend {old}"), e))?;
        let proof = Proof::Consistency { old, path: hashes };
        receipt(context, &loaded.world, &subject, proof, path)?;
        let ui = &context.ui;
        if ui.is_json() {
            let root = subject.checkpoint.root.to_string();
            ui.json(&json!({ "kind": "consistent", "old": old, "size": size, "root": root }))?;
            return Ok(Verdict::Holds);
        }
        ui.pairs(&[
            ("kind of proof", "consistent: nothing was changed or removed between the two".into()),
            ("trees", format!("{} entries and {} entries", text::count(old), text::count(size))),
            ("receipt", format!("written to {}; verify it with the checkpoint you kept", path.display())),
        ])?;
        Ok(Verdict::Holds)
    }
}

/// The five properties of an entry, each with its evidence.
fn five(
    context: &Context,
    log: &dyn Log,
    tree: &TreeView,
    world: &World,
    index: u64,
) -> Result<[Property; 5], Failure> {
    let blobs = context.data.blobs()?;
    let keys = witness_keys(world.journal().policy(PolicyKind::Witnesses, world.size()), &blobs);
    let place = |stream: &StreamKey, sequence| world.streams().index_of(stream, sequence);
    let mut material = Material::gather(log, tree, &place, &keys, index, tree.size())?;
    material.stamped = context.data.stamps().bound(index, tree.size(), &|size| tree.root_at(size).ok());
    Ok(five_properties(world, &material))
}

/// Signs a receipt with the log's key and writes it. It says no more than the checkpoint, which the log has signed before and
/// which is durable; its root was just recomputed or is checked here.
fn receipt(
    context: &Context,
    world: &World,
    subject: &Subject,
    proof: Proof,
    path: &Path,
) -> Result<(), Failure> {
    let doing = format!("making the receipt {}", path.display());
    let keys =
        context.data.keys().map_err(|e| e.hint("a receipt is signed with the log's key, where that is"))?;
    let key = &keys.checkpoint;
    if key.verifier().to_string() != world.journal().log_key() {
        return Err(Failure::input(doing, "the key at hand is not the log's present one"));
    }
    let receipt = Receipt::sign(&subject.note, proof, true, key).map_err(|e| Failure::damaged(&doing, e))?;
    data::write_new(path, &receipt.encode(), false)
}

fn property_json(property: &Property) -> Value {
    json!({ "name": property.name, "asks": property.asks, "holds": property.holds.word(), "evidence": property.text() })
}
