//! A person who states facts from the command line: the options that say whose key it is and where the
//! entries go, and the session they open.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evidence::{Fact, SourceId};
use ledger::Options;
use serde_json::json;
use world::World;

use crate::clock::SystemClock;
use crate::commands::Context;
use crate::failure::Failure;
use crate::keys::{Passphrases, Signer};
use crate::remote::{self, Remote};
use crate::session::{Said, Session};
use crate::text;

/// Who signs, and where the entry goes.
#[derive(Args, Clone, Debug)]
pub(crate) struct AuthorArgs {
    /// Your SSH key: a private key file, or the .pub file of a key in an agent or on a security key
    #[arg(long, value_name = "PATH")]
    key: PathBuf,
    /// File whose first line is the passphrase of the key, instead of asking on the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Who you are, when no data directory is at hand that says whose key this is
    #[arg(long = "as", id = "author", value_name = "SOURCE")]
    source: Option<SourceId>,
    /// Why, in your words; becomes part of the entry
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Send the entry to a running server instead of writing to the data directory
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File whose first line is a token of the server, for what takes one [default: $VOUCHSAFE_TOKEN]
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

impl AuthorArgs {
    /// Whether the reason was given.
    pub(crate) fn has_reason(&self) -> bool {
        self.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty())
    }

    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        Signer::open(&self.key, &Passphrases { file: self.passphrase_file.clone() })
    }

    /// Opens a session in a stream of its own: on the data directory, or through the server that was named.
    pub(crate) fn open(&self, context: &Context) -> Result<Session, Failure> {
        let (signer, reason) = (self.signer()?, self.reason.clone());
        if let Some(url) = &self.server {
            let remote = Remote::new(url, remote::token(self.token_file.as_deref())?);
            // Reading beside the server works where its directory is at hand.
            let loaded = if context.data.exists() { Some(context.data.load()?.1) } else { None };
            return Session::there(signer, self.source, reason, remote, loaded);
        }
        let ledger = context.data.ledger(Arc::new(SystemClock), Options::default())?;
        Session::here(signer, self.source, reason, Arc::new(ledger))
    }

    /// Signs one fact and hands it to the ledger or the server. `fact` gets the world, where there is a data directory.
    pub(crate) fn state(
        &self,
        context: &Context,
        fact: impl FnOnce(Option<&World>) -> Result<Fact, Failure>,
    ) -> Result<Said, Failure> {
        let mut session = self.open(context)?;
        let fact = session.ask(fact)?;
        session.say(fact)
    }
}

impl Said {
    /// Says what became of it, with what the command adds.
    pub(crate) fn report(
        &self,
        context: &Context,
        done: &str,
        extra: &[(&str, String)],
    ) -> Result<(), Failure> {
        let ui = &context.ui;
        if ui.is_json() {
            let mut value = json!({ "done": done, "entry": self.at.entry.to_string() });
            if let Some(map) = value.as_object_mut() {
                if let Some(receipt) = &self.receipt {
                    map.insert("index".into(), receipt.index.into());
                    map.insert("size".into(), receipt.size.into());
                    map.insert("level".into(), receipt.level.word().into());
                }
                if let Some(answer) = &self.answer {
                    for name in ["index", "size", "level", "checkpoint", "leaf", "proof"] {
                        map.insert(name.into(), answer.get(name).cloned().unwrap_or_default());
                    }
                }
                for (name, value) in extra {
                    map.insert((*name).into(), value.clone().into());
                }
            }
            return ui.json(&value);
        }
        ui.print(ui.good(done))?;
        let mut pairs: Vec<(&str, String)> = extra.to_vec();
        match &self.receipt {
            Some(r) => pairs.push(("entry", format!("{} of {}", text::count(r.index), text::count(r.size)))),
            None => pairs.push(("entry", text::count(self.at.index))),
        }
        pairs.push(("hash", self.at.entry.to_string()));
        ui.pairs(&pairs)
    }
}
