//! A person who states facts from the command line: a key, the source it belongs to, and a fresh stream for each invocation.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evidence::entry::Proof;
use evidence::proof::ssh;
use evidence::types::Bytes;
use evidence::{Body, Entry, Fact, SourceId, SourceKind};
use ledger::{Options, Receipt};
use serde_json::json;
use world::World;

use crate::clock::{self, SystemClock};
use crate::commands::Context;
use crate::failure::Failure;
use crate::keys::{Passphrases, Signer};
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
}

/// A fact that was accepted.
pub(crate) struct Stated {
    /// Its hash.
    entry: tlog::Hash,
    /// Index and size, when the ledger was here.
    receipt: Option<Receipt>,
    /// What the server answered, when it was not.
    answer: Option<String>,
}

impl AuthorArgs {
    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        Signer::open(&self.key, &Passphrases { file: self.passphrase_file.clone() })
    }

    /// The source whose key this is: as told, else as the log says, else as derived from the key.
    fn who(&self, signer: &Signer, world: Option<&World>) -> Result<SourceId, Failure> {
        if let Some(source) = self.source {
            return Ok(source);
        }
        let id = signer.public().id();
        let holder = world.and_then(|world| {
            let mut all = world.sources().iter_from(None);
            all.find(|(_, source)| source.keys.iter().any(|k| k.id == id)).map(|(who, _)| *who)
        });
        match (holder, world) {
            (Some(holder), _) => Ok(holder),
            (None, Some(_)) => Err(Failure::input(
                format!("looking for the holder of {}", self.key.display()),
                "no source of this log has this key",
            )
            .hint("`vouchsafe source list` shows who is enrolled")),
            (None, None) => SourceId::derive(SourceKind::Person, signer.public())
                .ok_or_else(|| Failure::input("naming the source", "the key is a device's")),
        }
    }

    /// Signs a fact and hands it to the ledger or the server. `fact` gets the world, where there is a data directory.
    pub(crate) fn state(
        &self,
        context: &Context,
        fact: impl FnOnce(Option<&World>) -> Result<Fact, Failure>,
    ) -> Result<Stated, Failure> {
        let signer = self.signer()?;
        if let Some(url) = &self.server {
            // Reading beside the server works where its directory is at hand.
            let loaded = if context.data.exists() { Some(context.data.load()?.1) } else { None };
            let world = loaded.as_ref().map(|l| &l.world);
            let who = self.who(&signer, world)?;
            let entry = sign(&signer, who, fact(world)?, self.reason.clone())?;
            let answer = post(url, &entry.encode())?;
            return Ok(Stated { entry: entry.hash(), receipt: None, answer: Some(answer) });
        }
        let ledger = context.data.ledger(Arc::new(SystemClock), Options::default())?;
        let (who, fact) = {
            let world = ledger.read();
            (self.who(&signer, Some(&world))?, fact(Some(&world))?)
        };
        let entry = sign(&signer, who, fact, self.reason.clone())?;
        let outcome = ledger.submit(vec![entry.encode().into()]).pop();
        let receipt =
            outcome.ok_or_else(|| Failure::environment("submitting", "the ledger gave no answer"))??;
        Ok(Stated { entry: entry.hash(), receipt: Some(receipt), answer: None })
    }
}

impl Stated {
    /// Says what became of it, with what the command adds.
    pub(crate) fn report(
        &self,
        context: &Context,
        done: &str,
        extra: &[(&str, String)],
    ) -> Result<(), Failure> {
        let ui = &context.ui;
        if ui.is_json() {
            let mut value = json!({ "done": done, "entry": self.entry.to_string() });
            if let Some(map) = value.as_object_mut() {
                if let Some(receipt) = &self.receipt {
                    map.insert("index".into(), receipt.index.into());
                    map.insert("size".into(), receipt.size.into());
                    map.insert("level".into(), receipt.level.word().into());
                }
                if let Some(answer) = &self.answer {
                    let answer = serde_json::from_str(answer).unwrap_or_else(|_| answer.clone().into());
                    map.insert("answer".into(), answer);
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
            None => pairs.push(("server", self.answer.clone().unwrap_or_default())),
        }
        pairs.push(("hash", self.entry.to_string()));
        ui.pairs(&pairs)
    }
}

fn sign(signer: &Signer, source: SourceId, fact: Fact, reason: Option<String>) -> Result<Entry, Failure> {
    let body = Body {
        source,
        stream: clock::random_number()?,
        sequence: 0,
        previous: None,
        time: Some(clock::now()),
        beacon: None,
        reason,
        on_behalf_of: None,
        fact,
    };
    let blob = signer.sign(ssh::ENTRY_NAMESPACE, &Body::hash(&body.encode()).0)?;
    Entry::new(body, Proof::Ssh { blob: Bytes(blob) }).map_err(|e| Failure::input("writing the entry", e))
}

/// The answer, if the log took the entry; the status of the answer only says that it was read.
fn taken(doing: &str, body: String) -> Result<String, Failure> {
    let answer: serde_json::Value =
        serde_json::from_str(&body).map_err(|e| Failure::environment(doing, e))?;
    let Some(refused) = answer.pointer("/items/0").filter(|item| item.get("code").is_some()) else {
        return Ok(body);
    };
    let say =
        |name: &str| text::printable(refused.get(name).and_then(|v| v.as_str()).unwrap_or_default(), 600);
    let problem = format!("the log did not take it: {} [{}]", say("message"), say("code"));
    let temporary = refused.get("temporary").and_then(serde_json::Value::as_bool) == Some(true);
    let failure =
        if temporary { Failure::environment(doing, problem) } else { Failure::input(doing, problem) };
    Err(failure.hint(say("hint")))
}

/// Most bytes of an answer.
const MAX_ANSWER: u64 = 1 << 20;

/// Sends one entry to a running server.
fn post(url: &str, entry: &[u8]) -> Result<String, Failure> {
    let url = format!("{}/api/v1/entries", url.trim_end_matches('/'));
    let doing = format!("sending the entry to {url}");
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(60)))
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let request = agent.post(&url).header("content-type", "application/cbor-seq");
    let mut response = request.send(entry).map_err(|e| {
        Failure::environment(&doing, e)
            .hint("whether it arrived is not known: look with `vouchsafe log show` before you repeat it")
    })?;
    let status = response.status();
    let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    let body = body.map_err(|e| Failure::environment(&doing, e))?;
    let body = body.trim().to_owned();
    if status.is_success() {
        return taken(&doing, body);
    }
    let problem = format!("{status}: {}", text::printable(&body, 600));
    Err(if status.is_client_error() {
        Failure::input(doing, problem)
    } else {
        Failure::environment(doing, problem)
    })
}
