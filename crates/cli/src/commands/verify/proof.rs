//! A `.tlog-proof`: one entry, its path to a root, and the checkpoint that states the root.

use std::fs;
use std::io::Read;
use std::path::Path;

use evidence::Entry;
use serde_json::json;
use tlog::packet::{LogProof, MAX_PACKET_BYTES};
use tlog::policy::Policy;
use tlog::{Checkpoint, leaf_hash};

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Reads a file, and one byte more than may be: whoever parses it says that it is too long.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading", path, e);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| fail(&e))?;
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    Ok(bytes)
}

/// Verifies the proof and prints the report.
pub(super) fn verify(
    context: &Context,
    path: &Path,
    entry: Option<&Path>,
    policy: Option<&Policy>,
) -> Result<Verdict, Failure> {
    let doing = format!("verifying {}", path.display());
    let packet = LogProof::parse(&read(path, MAX_PACKET_BYTES)?).map_err(|e| Failure::input(&doing, e))?;
    let given = entry.map(|path| read(path, evidence::MAX_ENTRY)).transpose()?;
    let raw = given.or_else(|| packet.extra.clone()).ok_or_else(|| {
        Failure::input(&doing, "the proof does not carry its entry")
            .hint("give the entry with `--entry FILE`")
    })?;
    let checkpoint = Checkpoint::parse(packet.checkpoint.text()).map_err(|e| Failure::input(&doing, e))?;
    let leaf = leaf_hash(&raw);
    let proven = match policy {
        Some(policy) => packet.verify(&leaf, policy).map(Some),
        None => {
            let (size, root) = (checkpoint.size, checkpoint.root);
            tlog::proof::verify_inclusion(packet.index, size, &leaf, &packet.hashes, &root)
                .map(|()| None)
                .map_err(tlog::Error::Proof)
        }
    };
    let decoded = Entry::decode(&raw);
    let problem = proven.as_ref().err().map(ToString::to_string).or_else(|| {
        decoded.as_ref().err().map(|e| format!("what is proven to be in the log is no entry: {e}"))
    });
    let names: Vec<String> =
        packet.checkpoint.signatures().iter().map(|s| format!("{}+{}", s.name(), s.key_id())).collect();
    let proven = proven.ok().flatten();
    let ui = &context.ui;
    let holds = problem.is_none();
    if ui.is_json() {
        ui.json(&json!({
            "holds": holds, "policy": policy.is_some(), "problem": problem, "kind": "included",
            "index": packet.index, "size": checkpoint.size, "origin": checkpoint.origin,
            "signatures": names, "entry": decoded.as_ref().ok().map(evidence::json::entry_json),
            "witnesses": proven.as_ref().map_or(0, |p| p.head.witnesses.len()),
        }))?;
        return Ok(if holds { Verdict::Holds } else { Verdict::DoesNotHold });
    }
    match (&problem, policy) {
        (Some(problem), _) => {
            ui.print(ui.bad(&format!("The proof {} does not hold: {problem}.", path.display())))?;
        }
        (None, Some(_)) => {
            ui.print(ui.good(&format!("The proof {} holds under the trust policy.", path.display())))?;
        }
        (None, None) => ui.print(ui.warn(&format!(
            "The proof {} is only consistent in itself: no trust policy was given, so nobody's signature was checked. \
             It names the keys {}.",
            path.display(),
            names.join(", ")
        )))?,
    }
    let mut pairs = vec![
        ("log", text::printable(&checkpoint.origin, 200)),
        ("entry", format!("{} of {}", text::count(packet.index), text::count(checkpoint.size))),
    ];
    if let Ok(entry) = &decoded {
        let body = entry.body();
        pairs.push(("says", format!("{} {}", body.fact.name(), text::summary(body, 100))));
        pairs.push(("source", body.source.to_string()));
        pairs.push(("hash", entry.hash().to_string()));
    }
    if let Some(proven) = &proven {
        pairs.push(("signed by", proven.head.log.key.to_string()));
        let witnesses: Vec<_> = proven.head.witnesses.iter().map(text::witness).collect();
        if !witnesses.is_empty() {
            pairs.push(("witnesses", witnesses.join("\n")));
        }
    }
    if holds {
        pairs.push(("proves", format!("included among the first {} entries", text::count(checkpoint.size))));
    }
    let mut not = vec![
        "whether a later entry corrects or supersedes it: that needs the log or a sealed state",
        "the author's signature under the key enrolled at that index: that needs the log",
        "whether what it says is true",
    ];
    if policy.is_none() {
        not.insert(0, "any signature on the checkpoint: give a trust policy with --policy");
    }
    pairs.push(("not checked", not.join("\n")));
    ui.pairs(&pairs)?;
    Ok(if holds { Verdict::Holds } else { Verdict::DoesNotHold })
}
