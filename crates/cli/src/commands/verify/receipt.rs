//! A COSE receipt (`docs/spec/receipt.md`): the log's signature over a root, and a proof that leads to it.

use std::path::Path;

use evidence::Entry;
use evidence::receipt::{MAX_RECEIPT, Proof, Receipt};
use serde_json::json;
use tlog::note::MAX_NOTE_BYTES;
use tlog::policy::{Policy, Verdict as Judgement};
use tlog::{Checkpoint, Hash, Note, VerifierKey, leaf_hash};

use super::super::Context;
use super::proof::read;
use crate::failure::{Failure, Verdict};
use crate::text;

/// What it is held against.
pub(super) struct Against<'a> {
    /// The entry that a receipt of inclusion is about.
    pub(super) entry: Option<&'a Path>,
    /// The checkpoint that a receipt of consistency begins at.
    pub(super) earlier: Option<&'a Path>,
    /// Who is trusted.
    pub(super) policy: Option<&'a Policy>,
}

/// What held.
struct Held<'p> {
    key: &'p VerifierKey,
    root: Hash,
    judged: Option<Judgement<'p>>,
}

/// Verifies the receipt and prints the report.
pub(super) fn verify(context: &Context, path: &Path, against: &Against<'_>) -> Result<Verdict, Failure> {
    let doing = format!("verifying {}", path.display());
    let receipt = Receipt::decode(&read(path, MAX_RECEIPT)?)
        .map_err(|e| Failure::input(&doing, e).hint("docs/spec/receipt.md describes the form"))?;
    let policy = against.policy.ok_or_else(|| {
        Failure::input(&doing, "a receipt names its log's key by four bytes only").hint(
            "give the trust policy with `--policy FILE`; `log init` writes one to start from, log.policy",
        )
    })?;
    let (raw, held) = match (&receipt.proof, against.entry, against.earlier) {
        (Proof::Inclusion { .. }, Some(entry), None) => {
            let raw = read(entry, evidence::MAX_ENTRY)?;
            let held = included(&receipt, &raw, policy);
            (Some(raw), held)
        }
        (Proof::Consistency { old, .. }, None, Some(earlier)) => {
            let note = Note::parse(&read(earlier, MAX_NOTE_BYTES)?)
                .map_err(|e| Failure::input(format!("reading {}", earlier.display()), e))?;
            (None, extended(&receipt, *old, &note, policy))
        }
        (Proof::Inclusion { .. }, ..) => {
            return Err(Failure::input(&doing, "it is a receipt of inclusion, and does not carry its entry")
                .hint("give the entry's bytes with `--entry FILE`; `log prove INDEX --receipt` says how to write them"));
        }
        (Proof::Consistency { .. }, ..) => {
            return Err(Failure::input(&doing, "it is a receipt of consistency")
                .hint("give the older checkpoint, which you kept, with `--earlier FILE`"));
        }
    };
    let entry = raw.as_deref().map(Entry::decode);
    let held = held.and_then(|held| match &entry {
        Some(Err(e)) => Err(format!("what is proven to be in the log is no entry: {e}")),
        _ => Ok(held),
    });
    let entry = entry.and_then(Result::ok);
    report(context, path, &receipt, entry.as_ref(), &held)?;
    Ok(if held.is_ok() { Verdict::Holds } else { Verdict::DoesNotHold })
}

/// The log of the policy that the receipt names.
fn key<'p>(receipt: &Receipt, policy: &'p Policy) -> Result<&'p VerifierKey, String> {
    let mut keys = policy.logs().iter().map(|log| &log.key);
    let found = keys.find(|key| key.name() == receipt.origin && key.id() == receipt.kid);
    found.ok_or_else(|| {
        let origin = text::printable(&receipt.origin, 200);
        format!("no log of the policy has the key {origin}+{}", receipt.kid)
    })
}

fn included<'p>(receipt: &Receipt, raw: &[u8], policy: &'p Policy) -> Result<Held<'p>, String> {
    let key = key(receipt, policy)?;
    let root = receipt.verify_inclusion(&leaf_hash(raw), key).map_err(|e| e.to_string())?;
    Ok(Held { key, root, judged: judged(receipt, policy)? })
}

fn extended<'p>(receipt: &Receipt, old: u64, earlier: &Note, policy: &'p Policy) -> Result<Held<'p>, String> {
    let key = key(receipt, policy)?;
    let mut logs = policy.logs().iter().filter(|log| log.key.name() == receipt.origin);
    let before = logs.find_map(|log| Checkpoint::of(earlier, &log.key).ok());
    let before = before.ok_or("the older checkpoint is not signed by this log under the policy")?;
    if before.size != old {
        return Err(format!("it begins at {old} entries, and the older checkpoint has {}", before.size));
    }
    let carried = receipt.carried().map_err(|e| e.to_string())?;
    let (_, head) = carried.ok_or("it carries no checkpoint, so the newer root is not at hand")?;
    receipt.verify_consistency(&before.root, &head.root, key).map_err(|e| e.to_string())?;
    Ok(Held { key, root: head.root, judged: judged(receipt, policy)? })
}

/// What the policy says of the checkpoint that it carries; a quorum must be met there.
fn judged<'p>(receipt: &Receipt, policy: &'p Policy) -> Result<Option<Judgement<'p>>, String> {
    match receipt.carried().map_err(|e| e.to_string())? {
        Some((note, _)) => policy.verify(&note).map(Some).map_err(|e| format!("its checkpoint: {e}")),
        None if policy.quorum().is_some() => {
            Err("the policy asks for witnesses, and the receipt carries no checkpoint that they cosigned"
                .into())
        }
        None => Ok(None),
    }
}

fn report(
    context: &Context,
    path: &Path,
    receipt: &Receipt,
    entry: Option<&Entry>,
    held: &Result<Held<'_>, String>,
) -> Result<(), Failure> {
    let ui = &context.ui;
    let (kind, number) = match &receipt.proof {
        Proof::Inclusion { index, .. } => ("included", *index),
        Proof::Consistency { old, .. } => ("consistent", *old),
    };
    let witnesses = held.iter().flat_map(|h| &h.judged).flat_map(|j| &j.witnesses).map(text::witness);
    let witnesses: Vec<_> = witnesses.collect();
    if ui.is_json() {
        let of = |asked: &str| (kind == asked).then_some(number);
        return ui.json(&json!({
            "holds": held.is_ok(), "policy": true, "problem": held.as_ref().err(), "kind": kind,
            "index": of("included"), "old": of("consistent"), "size": receipt.size, "origin": receipt.origin,
            "root": held.as_ref().ok().map(|h| h.root.to_string()),
            "entry": entry.map(evidence::json::entry_json), "witnesses": witnesses.len(),
        }));
    }
    let path = path.display();
    ui.print(match held {
        Ok(_) => ui.good(&format!("The receipt {path} holds under the trust policy.")),
        Err(why) => ui.bad(&format!("The receipt {path} does not hold: {why}.")),
    })?;
    let size = text::count(receipt.size);
    let mut pairs = vec![("log", text::printable(&receipt.origin, 200))];
    pairs.push(match &receipt.proof {
        Proof::Inclusion { index, .. } => ("entry", format!("{} of {size}", text::count(*index))),
        Proof::Consistency { old, .. } => {
            ("trees", format!("{} entries and {size} entries", text::count(*old)))
        }
    });
    if let Some(entry) = entry {
        let body = entry.body();
        pairs.push(("says", format!("{} {}", body.fact.name(), text::summary(body, 100))));
        pairs.push(("source", body.source.to_string()));
        pairs.push(("hash", entry.hash().to_string()));
    }
    if let Ok(held) = held {
        pairs.push(("signed by", held.key.to_string()));
        if !witnesses.is_empty() {
            pairs.push(("witnesses", witnesses.join("\n")));
        }
        pairs.push((
            "proves",
            match &receipt.proof {
                Proof::Inclusion { .. } => format!("included among the first {size} entries"),
                Proof::Consistency { .. } => "that nothing was changed or removed between the two".into(),
            },
        ));
    }
    pairs.push((
        "not checked",
        "whether a later entry corrects or supersedes it: that needs the log or a sealed state\n\
         the author's signature under the key enrolled at that index: that needs the log\n\
         whether what it says is true"
            .into(),
    ));
    ui.pairs(&pairs)
}
