//! `vouchsafe device anchor`: what a station pins into a device so that it knows the log again.

use clap::Args;
use serde_json::json;

use super::super::Context;
use crate::failure::{Failure, Verdict};

/// Print what a station pins into each device
///
/// One JSON document: the log's verifier key (its name is the origin), the log's generation, and the recovery key as hexadecimal
/// digits of its canonical form (`docs/spec/device-protocol.md`, section 3). All of it is public.
#[derive(Args, Debug)]
pub(crate) struct AnchorArgs {}

impl AnchorArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let journal = loaded.world.journal();
        let Some(genesis) = journal.genesis() else {
            return Err(Failure::damaged("reading the anchor", "the log has no first entry"));
        };
        let recovery: String =
            genesis.recovery_key.canonical().iter().map(|byte| format!("{byte:02x}")).collect();
        context.ui.json(&json!({
            "log_key": journal.log_key(), "generation": journal.generation(), "recovery_key": recovery,
        }))?;
        Ok(Verdict::Holds)
    }
}
