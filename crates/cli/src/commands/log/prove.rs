//! `vouchsafe log prove INDEX`: a proof that one entry is in the log, with the entry inside it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evidence::Entry;
use evidence::facts::log::PolicyKind;
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

/// Prove one entry
///
/// The proof (C2SP tlog-proof) carries the entry as its extra data, so that the one file verifies offline. It proves that the
/// entry is included; not that nothing superseded it later.
#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// Index of the entry
    index: u64,
    /// Write the proof to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl ProveArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (log, loaded) = context.data.load()?;
        let size = loaded.head.size;
        // The newest cosigned checkpoint that covers the entry is worth more than a newer one that nobody cosigned.
        let witnessed = log.cosigned()?.is_some_and(|c| c.size > self.index);
        let subject = Subject::of(&*log, witnessed)?;
        let range = ledger::LedgerError::OutOfRange { what: "entry", got: self.index, size };
        let raw: Arc<[u8]> = if self.index < subject.checkpoint.size {
            log.read(self.index, 1, 0)?.into_iter().next().ok_or(range)?
        } else {
            return Err(range.into());
        };
        let doing = format!("proving entry {}", self.index);
        let port: Arc<dyn Log> = log.clone();
        let tree = TreeView::new(Arc::new(loaded.edge.clone()), port);
        let hashes = tree.inclusion(self.index, subject.checkpoint.size)?;
        let root = subject.checkpoint.root;
        tlog::proof::verify_inclusion(self.index, subject.checkpoint.size, &leaf_hash(&raw), &hashes, &root)
            .map_err(|e| Failure::damaged(&doing, format!("the stored tree does not prove it: {e}")))?;
        let properties = self.properties(context, &*log, &tree, &loaded.world)?;
        let packet = LogProof {
            extra: Some(raw.to_vec()),
            index: self.index,
            hashes,
            checkpoint: subject.note.clone(),
        };
        let packet = packet.to_string();
        let entry = Entry::decode(&raw).map_err(|e| Failure::damaged(&doing, e))?;
        let ui = &context.ui;
        if let Some(path) = &self.out {
            data::write_new(path, packet.as_bytes(), false)?;
        }
        if ui.is_json() {
            ui.json(&json!({
                "index": self.index, "entry": entry.hash().to_string(), "kind": "included",
                "size": subject.checkpoint.size, "root": root.to_string(), "proof": packet,
                "properties": properties.iter().map(property_json).collect::<Vec<_>>(),
            }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.bold(&format!(
            "Entry {}, {} by {}",
            text::count(self.index),
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
            None => ("proof", "not written: give --out FILE".into()),
        });
        ui.pairs(&pairs)?;
        let fine = properties.iter().all(|p| p.holds != Holds::No);
        Ok(if fine { Verdict::Holds } else { Verdict::DoesNotHold })
    }

    /// The five properties of the entry, each with its evidence.
    fn properties(
        &self,
        context: &Context,
        log: &dyn Log,
        tree: &TreeView,
        world: &World,
    ) -> Result<[Property; 5], Failure> {
        let blobs = context.data.blobs()?;
        let keys = witness_keys(world.journal().policy(PolicyKind::Witnesses, world.size()), &blobs);
        let place = |stream: &StreamKey, sequence| world.streams().index_of(stream, sequence);
        let material = Material::gather(log, tree, &place, &keys, self.index, tree.size())?;
        Ok(five_properties(world, &material))
    }
}

fn property_json(property: &Property) -> Value {
    json!({ "name": property.name, "asks": property.asks, "holds": property.holds.word(), "evidence": property.text() })
}
