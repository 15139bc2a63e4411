//! `vouchsafe log seal`: seals the present states on demand.

use std::sync::Arc;

use clap::Args;
use evidence::Fact;
use ledger::Options;
use serde_json::json;

use super::super::Context;
use crate::clock::SystemClock;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Seal the present states
///
/// Writes a Merkle root over the sorted states of each concern into the log: what later proofs of `current`, `absent` and
/// `counted` rest on. A running server does so hourly by itself.
#[derive(Args, Debug)]
pub(crate) struct SealArgs {}

impl SealArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let ledger = context.data.ledger(Arc::new(SystemClock), Options::default())?;
        let receipt = ledger.seal()?;
        let (entry, _) = ledger.entry(receipt.index)?;
        let Fact::Sealed(sealed) = &entry.body().fact else {
            return Err(Failure::environment("sealing", "the ledger stated something else"));
        };
        let ui = &context.ui;
        if ui.is_json() {
            let concerns = sealed.concerns.iter();
            let concerns: Vec<_> = concerns
                .map(|c| json!({ "concern": c.concern, "root": c.root.to_string(), "count": c.count }))
                .collect();
            ui.json(&json!({ "index": receipt.index, "size": sealed.size, "concerns": concerns }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.good(&format!("Sealed the states of the first {} entries.", text::count(sealed.size))))?;
        let label = |c: &evidence::facts::log::SealedConcern| {
            format!("{} states, root {}", text::count(c.count), c.root)
        };
        let pairs: Vec<_> = sealed.concerns.iter().map(|c| (c.concern.as_str(), label(c))).collect();
        ui.pairs(&pairs)?;
        Ok(Verdict::Holds)
    }
}
