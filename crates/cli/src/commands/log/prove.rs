//! `vouchsafe log prove INDEX`: a proof that one entry is in the log, with the entry inside it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evidence::Entry;
use ledger::ports::Log;
use serde_json::json;
use tlog::packet::LogProof;
use tlog::tile::TileCoord;
use tlog::{leaf_hash, tree};

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
    /// Write the proof to this file instead of standard output
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
        let reader = loaded.edge.over(|coord: TileCoord| {
            let tile = log.tile(coord.level, coord.index).map_err(|e| e.to_string())?;
            tile.ok_or_else(|| format!("{coord} is missing"))
        });
        let hashes = tree::inclusion_proof(&reader, self.index, subject.checkpoint.size)
            .map_err(|e| Failure::damaged(&doing, e))?;
        let root = subject.checkpoint.root;
        tlog::proof::verify_inclusion(self.index, subject.checkpoint.size, &leaf_hash(&raw), &hashes, &root)
            .map_err(|e| Failure::damaged(&doing, format!("the stored tree does not prove it: {e}")))?;
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
            }))?;
            return Ok(Verdict::Holds);
        }
        let Some(path) = &self.out else {
            ui.print(packet.trim_end())?;
            return Ok(Verdict::Holds);
        };
        ui.print(ui.good(&format!("Wrote {}.", path.display())))?;
        ui.pairs(&[
            (
                "entry",
                format!(
                    "{}, {} by {}",
                    text::count(self.index),
                    entry.body().fact.name(),
                    entry.body().source
                ),
            ),
            ("proves", format!("included among the first {} entries", text::count(subject.checkpoint.size))),
            ("does not prove", "that it is current: a later entry may correct or supersede it".into()),
            ("signatures", text::count(subject.note.signatures().len() as u64)),
        ])?;
        Ok(Verdict::Holds)
    }
}
