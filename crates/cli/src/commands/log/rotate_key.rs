//! `vouchsafe log rotate-key`: another key signs the checkpoints from now on; the old one hands over in the log.

use std::sync::Arc;

use clap::Args;
use ledger::{LedgerKeys, Options};
use serde_json::json;
use tlog::SigningKey;
use zeroize::Zeroizing;

use super::super::Context;
use super::init::write_policy;
use crate::clock::{SystemClock, random};
use crate::data;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Sign checkpoints with a new key from now on
///
/// The old key signs the new one, in the log. Give those who verify the new trust policy.
#[derive(Args, Debug)]
pub(crate) struct RotateKeyArgs {}

impl RotateKeyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let data = &context.data;
        let ledger = data.ledger(Arc::new(SystemClock), Options::default())?;
        let (origin, old) = {
            let world = ledger.read();
            (world.journal().origin().to_owned(), world.journal().log_key().to_owned())
        };
        // Both keys are on disk before the log names the new one: whenever this stops, the right one is there.
        let text = std::fs::read_to_string(data.key_file());
        let text = Zeroizing::new(text.map_err(|e| Failure::file("reading", &data.key_file(), &e))?);
        let second = text.lines().nth(1).unwrap_or_default();
        let key = SigningKey::ed25519(&origin, &random()?)
            .map_err(|e| Failure::input("making the new log key", e))?;
        let new = key.verifier().to_string();
        let next = Zeroizing::new(format!("{}\n{second}\n", *key.to_skey()));
        LedgerKeys::from_text(&next)?;
        let next_file = data.next_key_file();
        data::replace(&next_file, next.as_bytes(), true)?;
        let receipt = ledger.rotate_log_key(key)?;
        drop(ledger);
        data::replace(&data.key_file(), next.as_bytes(), true)?;
        std::fs::remove_file(&next_file).map_err(|e| Failure::file("removing", &next_file, &e))?;
        let (_, loaded) = data.load()?;
        write_policy(data, loaded.world.journal().log_keys().map(|(_, key)| key))?;
        if context.ui.is_json() {
            context.ui.json(&json!({ "index": receipt.index, "old": old, "new": new }))?;
            return Ok(Verdict::Holds);
        }
        context.ui.print(context.ui.good("The log signs with a new key."))?;
        context.ui.pairs(&[
            ("old key", old),
            ("new key", new),
            ("entry", text::count(receipt.index)),
            ("trust policy", format!("{}: give it to those who verify", data.policy_file().display())),
        ])?;
        Ok(Verdict::Holds)
    }
}
