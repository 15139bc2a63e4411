//! Someone who states facts in one go: one key, one stream of its own, in the data directory or through a running server,
//! with the documents that the facts name. Not here: which options say so (`author`).

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use evidence::entry::Proof;
use evidence::keys::KeyUse;
use evidence::proof::ssh;
use evidence::types::{BlobRef, Bytes, EntryRef};
use evidence::{Body, Entry, Fact, PublicKey, SourceId, SourceKind};
use ledger::{Ledger, Loaded, Receipt};
use serde_json::Value;
use tlog::Hash;
use world::World;

use crate::clock;
use crate::failure::Failure;
use crate::keys::Signer;
use crate::remote::Remote;
use crate::text;

/// Entries of one submission; well below what a server takes.
const BATCH: usize = 250;
/// Bytes of one submission.
const BATCH_BYTES: usize = 1 << 20;

/// Where entries go.
enum Target {
    /// The ledger of the data directory, locked.
    Here(Arc<Ledger>),
    /// A running server, and what its log amounts to where the directory is at hand.
    There { remote: Remote, loaded: Option<Box<Loaded>> },
}

/// Someone who states facts in one go.
pub(crate) struct Session {
    signer: Signer,
    source: SourceId,
    /// The signer's key as it is enrolled: for SSH signatures, or for COSE.
    key: PublicKey,
    stream: u64,
    next: u64,
    previous: Option<Hash>,
    reason: Option<String>,
    target: Target,
}

/// A fact that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Where it stands.
    pub(crate) at: EntryRef,
    /// The receipt, when the ledger was here.
    pub(crate) receipt: Option<Receipt>,
    /// What the server answered, when it was not.
    pub(crate) answer: Option<Value>,
}

/// The keys of a signer as a log may know them.
fn forms(signer: &Signer) -> Vec<PublicKey> {
    let ssh = signer.public().clone();
    let cose = PublicKey { purpose: KeyUse::Cose, scope: None, ..ssh.clone() };
    if ssh.purpose == KeyUse::Ssh { vec![ssh, cose] } else { vec![ssh] }
}

/// Whose key this is: as told, else as the log says, else as derived from the key.
fn holder(
    signer: &Signer,
    told: Option<SourceId>,
    world: Option<&World>,
) -> Result<(SourceId, PublicKey), Failure> {
    let forms = forms(signer);
    if let Some(world) = world {
        let mut all =
            world.sources().iter_from(None).filter(|(who, _)| told.is_none_or(|told| told == **who));
        let found = all.find_map(|(who, source)| {
            let known = |form: &&PublicKey| source.keys.iter().any(|k| k.id == form.id());
            forms.iter().find(known).map(|form| (*who, form.clone()))
        });
        return found.ok_or_else(|| {
            let problem = told.map_or_else(
                || "no source of this log has this key".to_owned(),
                |told| format!("{told} does not have this key in this log"),
            );
            Failure::input("looking for the holder of the key", problem)
                .hint("`vouchsafe source list` shows who is enrolled")
        });
    }
    let kind = told.map_or(SourceKind::Person, |told| told.kind());
    let form = if kind == SourceKind::Person { forms.first() } else { forms.last() };
    let form = form.ok_or_else(|| Failure::input("naming the source", "there is no key"))?.clone();
    let source = match told {
        Some(told) => told,
        None => SourceId::derive(kind, &form)
            .ok_or_else(|| Failure::input("naming the source", "the key is a device's"))?,
    };
    Ok((source, form))
}

impl Session {
    fn begin(
        signer: Signer,
        told: Option<SourceId>,
        reason: Option<String>,
        target: Target,
    ) -> Result<Self, Failure> {
        let (source, key) = match &target {
            Target::Here(ledger) => holder(&signer, told, Some(&ledger.read()))?,
            Target::There { loaded, .. } => holder(&signer, told, loaded.as_ref().map(|l| &l.world))?,
        };
        let stream = clock::random_number()?;
        Ok(Self { signer, source, key, stream, next: 0, previous: None, reason, target })
    }

    /// On the data directory.
    pub(crate) fn here(
        signer: Signer,
        told: Option<SourceId>,
        reason: Option<String>,
        ledger: Arc<Ledger>,
    ) -> Result<Self, Failure> {
        Self::begin(signer, told, reason, Target::Here(ledger))
    }

    /// Through a server; `loaded` is its log where the directory is at hand.
    pub(crate) fn there(
        signer: Signer,
        told: Option<SourceId>,
        reason: Option<String>,
        remote: Remote,
        loaded: Option<Loaded>,
    ) -> Result<Self, Failure> {
        Self::begin(signer, told, reason, Target::There { remote, loaded: loaded.map(Box::new) })
    }

    /// Who speaks.
    pub(crate) const fn source(&self) -> SourceId {
        self.source
    }

    /// The server, when entries go to one.
    pub(crate) const fn remote(&self) -> Option<&Remote> {
        match &self.target {
            Target::Here(_) => None,
            Target::There { remote, .. } => Some(remote),
        }
    }

    /// Asks the world; `None` when only a server is at hand, whose API is asked then ([`Remote::get`]). Holds the world as
    /// long as `ask` takes.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(Option<&World>) -> T) -> T {
        match &self.target {
            Target::Here(ledger) => ask(Some(&ledger.read())),
            Target::There { loaded, .. } => ask(loaded.as_ref().map(|l| &l.world)),
        }
    }

    /// Reads a document of the log, if it is at hand.
    pub(crate) fn blob(&self, digest: &Hash) -> Result<Option<Vec<u8>>, Failure> {
        match &self.target {
            Target::Here(ledger) => Ok(ledger.blobs().get(digest)?),
            Target::There { .. } => Ok(None),
        }
    }

    /// Keeps a document beside the log, durably, before an entry names it.
    pub(crate) fn put_blob(&self, bytes: &[u8], media_type: &str) -> Result<BlobRef, Failure> {
        let digest = Hash::of(bytes);
        match &self.target {
            Target::Here(ledger) => {
                if !ledger.blobs().has(&digest)? {
                    ledger.blobs().put(bytes)?;
                }
            }
            Target::There { remote, .. } => remote.put_blob(bytes)?,
        }
        Ok(BlobRef { digest, length: bytes.len() as u64, media_type: media_type.to_owned() })
    }

    /// Keeps several documents beside the log, durably, before entries name them.
    pub(crate) fn put_blobs(&self, all: &[&[u8]]) -> Result<(), Failure> {
        match &self.target {
            Target::Here(ledger) => Ok(ledger.blobs().put_all(all)?),
            Target::There { remote, .. } => all.iter().try_for_each(|bytes| remote.put_blob(bytes)),
        }
    }

    /// Keeps a file beside the log, durably and, in the data directory, without holding it in memory. `digest` and `length`
    /// are those it was found to have; a file that has changed since is refused.
    pub(crate) fn put_file(
        &self,
        path: &Path,
        digest: Hash,
        length: u64,
        media_type: &str,
    ) -> Result<BlobRef, Failure> {
        let fail = |e: std::io::Error| Failure::file("reading", path, &e);
        match &self.target {
            Target::Here(ledger) => {
                if !ledger.blobs().has(&digest)? {
                    let mut file = File::open(path).map_err(fail)?;
                    ledger.blobs().put_from(&digest, length, &mut file)?;
                }
            }
            Target::There { remote, .. } => {
                let bytes = std::fs::read(path).map_err(fail)?;
                if Hash::of(&bytes) != digest {
                    return Err(Failure::input(
                        format!("reading {}", path.display()),
                        "it changed while it was read",
                    ));
                }
                remote.put_blob(&bytes)?;
            }
        }
        Ok(BlobRef { digest, length, media_type: media_type.to_owned() })
    }

    /// Reads an entry of the log: in the data directory, or from the server.
    pub(crate) fn entry(&self, index: u64) -> Result<Entry, Failure> {
        match &self.target {
            Target::Here(ledger) => Ok(ledger.entry(index)?.0),
            Target::There { remote, .. } => {
                let path = format!("/api/v1/entries/{index}");
                let mut answer = remote.get(&path)?;
                if let Some(members) = answer.as_object_mut() {
                    members.retain(|name, _| matches!(name.as_str(), "entry" | "bytes" | "body" | "proof"));
                }
                evidence::json::from_json(&answer).map_err(|e| {
                    Failure::environment(format!("reading entry {index} of {}", remote.base()), e)
                })
            }
        }
    }

    /// Keeps a confidential value in the vault under a new salt, durably, and gives the commitment that an entry names in
    /// its place. Only where the log is: a server takes no confidential values.
    pub(crate) fn keep_secret(&self, value: &str) -> Result<Hash, Failure> {
        let Target::Here(ledger) = &self.target else {
            return Err(Failure::input("keeping a confidential value", "a server takes none")
                .hint("give the command where the data directory is"));
        };
        Ok(ledger.vault().put(&clock::random()?, value.as_bytes())?)
    }

    /// The confidential value behind a commitment, if it is at hand and not erased.
    pub(crate) fn secret(&self, commitment: &Hash) -> Result<Option<String>, Failure> {
        let Target::Here(ledger) = &self.target else { return Ok(None) };
        let found = ledger.vault().get(commitment)?;
        Ok(found.and_then(|(_, value)| String::from_utf8(value).ok()))
    }

    /// States one fact.
    pub(crate) fn say(&mut self, fact: impl Into<Fact>) -> Result<Said, Failure> {
        let said = self.say_all(vec![fact.into()], |_| ())?.pop();
        said.ok_or_else(|| Failure::environment("submitting", "there was no answer"))
    }

    /// States facts in their order; `progress` hears how many more were taken. Ends at the first that is refused: those
    /// before it are in the log, and the failure says how many.
    pub(crate) fn say_all(
        &mut self,
        facts: Vec<Fact>,
        mut progress: impl FnMut(u64),
    ) -> Result<Vec<Said>, Failure> {
        let total = facts.len();
        let mut said = Vec::with_capacity(total);
        let mut facts = facts.into_iter().peekable();
        while facts.peek().is_some() {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < BATCH && bytes < BATCH_BYTES {
                let Some(fact) = facts.next() else { break };
                let entry = self.sign(fact)?;
                let encoded = entry.encode();
                bytes += encoded.len();
                batch.push((entry.hash(), encoded));
            }
            let before = said.len();
            let taken = self.submit(batch, &mut said);
            progress((said.len() - before) as u64);
            if let Err(mut failure) = taken {
                if total > 1 {
                    failure.message = format!("{} (fact {} of {total})", failure.message, said.len() + 1);
                }
                return Err(failure);
            }
        }
        Ok(said)
    }

    fn sign(&mut self, fact: Fact) -> Result<Entry, Failure> {
        let body = Body {
            source: self.source,
            stream: self.stream,
            sequence: self.next,
            previous: self.previous,
            time: Some(match &self.target {
                Target::Here(ledger) => ledger.now(),
                Target::There { .. } => clock::claimed(),
            }),
            beacon: None,
            reason: self.reason.clone(),
            on_behalf_of: None,
            fact,
        };
        let entry = if self.key.purpose == KeyUse::Cose {
            let sign = |message: &[u8]| self.signer.sign_raw(message);
            let mut failed = None;
            let entry = Entry::sign_cose(body, &self.key, |message| {
                sign(message).unwrap_or_else(|e| {
                    failed = Some(e);
                    [0; 64]
                })
            });
            if let Some(failure) = failed {
                return Err(failure);
            }
            entry
        } else {
            let blob = self.signer.sign(ssh::ENTRY_NAMESPACE, &Body::hash(&body.encode()).0)?;
            Entry::new(body, Proof::Ssh { blob: Bytes(blob) })
        };
        let entry = entry.map_err(|e| Failure::input("writing the entry", e))?;
        self.next += 1;
        self.previous = Some(entry.hash());
        Ok(entry)
    }

    fn submit(&self, batch: Vec<(Hash, Vec<u8>)>, said: &mut Vec<Said>) -> Result<(), Failure> {
        match &self.target {
            Target::Here(ledger) => {
                let entries = batch.into_iter().map(|(_, bytes)| bytes.into()).collect();
                for outcome in ledger.submit(entries) {
                    let receipt = outcome?;
                    let at = EntryRef { index: receipt.index, entry: receipt.entry };
                    said.push(Said { at, receipt: Some(receipt), answer: None });
                }
            }
            Target::There { remote, .. } => {
                let entries: Vec<u8> = batch.iter().flat_map(|(_, bytes)| bytes).copied().collect();
                let answer = remote.submit(&entries)?;
                let doing = format!("sending entries to {}", remote.base());
                let items = answer.get("items").and_then(Value::as_array);
                let items = items.filter(|items| items.len() == batch.len());
                let items = items.ok_or_else(|| {
                    Failure::environment(&doing, "the answer does not have an item for each entry")
                })?;
                for ((hash, _), item) in batch.iter().zip(items) {
                    said.push(taken(&doing, *hash, item)?);
                }
            }
        }
        Ok(())
    }
}

/// The answer to one entry, if the log took it; the status of the answer only says that it was read.
fn taken(doing: &str, entry: Hash, item: &Value) -> Result<Said, Failure> {
    if let Some(index) = item.get("index").and_then(Value::as_u64) {
        return Ok(Said { at: EntryRef { index, entry }, receipt: None, answer: Some(item.clone()) });
    }
    let say = |name: &str| text::printable(item.get(name).and_then(Value::as_str).unwrap_or_default(), 600);
    let problem = format!("the log did not take it: {} [{}]", say("message"), say("code"));
    let temporary = item.get("temporary").and_then(Value::as_bool) == Some(true);
    let failure =
        if temporary { Failure::environment(doing, problem) } else { Failure::input(doing, problem) };
    Err(failure.hint(say("hint")))
}
