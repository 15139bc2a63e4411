//! The proof of an answer about devices (`views::fleet::prove`): entries with their inclusion proofs, records of a device
//! under a sealed tree, the root of what was known. Nothing is believed that the checkpoint does not lead to.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use base64ct::{Base64, Encoding};
use evidence::{Entry, Fact};
use serde_json::{Value, json};
use tlog::policy::Policy;
use tlog::proof::{verify_consistency, verify_inclusion};
use tlog::{Checkpoint, Hash, Note, leaf_hash};
use views::fleet::{FORMAT, MAX_PROVEN};
use world::State;
use world::fleet::{Subject, sealed_entries, sealed_subject};

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Most bytes of a document.
const MAX_DOCUMENT: u64 = 256 << 20;
/// Most hashes of a proof.
const MAX_HASHES: usize = 64;
/// Grounds of entries that are about the device itself, and so stand in its records.
const OF_DEVICE: [&str; 8] =
    ["enrolment", "declaration", "attachment", "place", "evidence", "report", "last-word", "verdict"];

/// What was found to hold.
struct Found {
    checkpoint: Checkpoint,
    signatures: Vec<String>,
    witnesses: Vec<String>,
    known: u64,
    entries: BTreeMap<u64, (Entry, Vec<String>)>,
    /// Size of the seal, whose records, and how many entries they name, of each sealed state.
    sealed: Vec<(u64, Subject, usize)>,
}

fn read(path: &Path) -> Result<Value, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading", path, e);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| fail(&e))?;
    file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    let doing = format!("verifying {}", path.display());
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(Failure::input(doing, format!("it is larger than {} MiB", MAX_DOCUMENT >> 20)));
    }
    let mut whole: Value = serde_json::from_slice(&bytes).map_err(|e| Failure::input(&doing, e))?;
    let proof = match whole.get_mut("proof") {
        Some(proof) => proof.take(),
        None => whole,
    };
    if proof.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(Failure::input(doing, format!("there is no proof of the form `{FORMAT}` in it"))
            .hint("ask with `--prove`"));
    }
    Ok(proof)
}

/// Verifies the proof and prints the report.
pub(super) fn verify(context: &Context, path: &Path, policy: Option<&Policy>) -> Result<Verdict, Failure> {
    let document = read(path)?;
    let checked = check(&document, policy);
    let ui = &context.ui;
    let holds = checked.is_ok();
    let verdict = if holds { Verdict::Holds } else { Verdict::DoesNotHold };
    if ui.is_json() {
        let found = checked.as_ref().ok();
        let entries = found.into_iter().flat_map(|f| &f.entries).map(|(index, (entry, grounds))| {
            json!({ "index": index, "grounds": grounds, "entry": evidence::json::entry_json(entry) })
        });
        let sealed = found.into_iter().flat_map(|f| &f.sealed);
        let sealed = sealed
            .map(|(size, who, n)| json!({ "size": size, "id": who.to_string(), "entries": n }))
            .collect::<Vec<_>>();
        ui.json(&json!({
            "holds": holds, "policy": policy.is_some(), "kind": "answer", "problem": checked.as_ref().err(),
            "origin": found.map(|f| &f.checkpoint.origin), "size": found.map(|f| f.checkpoint.size),
            "known": found.map(|f| f.known), "signatures": found.map(|f| &f.signatures),
            "witnesses": found.map(|f| &f.witnesses), "entries": entries.collect::<Vec<_>>(), "current": sealed,
        }))?;
        return Ok(verdict);
    }
    let found = match checked {
        Err(problem) => {
            let problem = text::printable(&problem, 400);
            ui.print(ui.bad(&format!("The proof in {} does not hold: {problem}.", path.display())))?;
            return Ok(verdict);
        }
        Ok(found) => found,
    };
    match policy {
        Some(_) => ui.print(ui.good(&format!("The proof in {} holds under the trust policy.", path.display())))?,
        None => ui.print(ui.warn(&format!(
            "The proof in {} is only consistent in itself: no trust policy was given, so nobody's signature was checked. \
             It names the keys {}.",
            path.display(),
            found.signatures.join(", ")
        )))?,
    }
    ui.pairs(&report(&found, policy.is_some()))?;
    Ok(verdict)
}

fn report(found: &Found, policy: bool) -> Vec<(&'static str, String)> {
    let size = text::count(found.checkpoint.size);
    let entries = found.entries.iter().map(|(index, (entry, grounds))| {
        let body = entry.body();
        let grounds = grounds.join(", ");
        let what = text::printable(&format!("{} {}", body.fact.name(), text::summary(body, 80)), 100);
        format!("{} ({}): {what}", text::count(*index), text::printable(&grounds, 80))
    });
    let mut proves = Vec::new();
    if !found.entries.is_empty() {
        proves.push(format!("included: these entries are among the first {size}"));
    }
    for (seal, who, n) in &found.sealed {
        proves.push(format!(
            "current as of the seal at {}: {who} had exactly {}",
            text::count(*seal),
            text::plural(*n as u64, "entry", "entries")
        ));
    }
    proves.push(format!(
        "the first {} entries, as known, are a beginning of the {size}",
        text::count(found.known)
    ));
    let mut pairs = vec![
        ("log", text::printable(&found.checkpoint.origin, 200)),
        ("known", text::plural(found.known, "entry", "entries")),
    ];
    if !found.entries.is_empty() {
        pairs.push(("entries", entries.collect::<Vec<_>>().join("\n")));
    }
    if !found.witnesses.is_empty() {
        pairs.push(("witnesses", found.witnesses.join("\n")));
    }
    pairs.push(("proves", proves.join("\n")));
    let mut not = vec![
        "that the answer follows from the entries: apply docs/concepts/fleet.md, or ask a copy of the log",
        "that a count or a list is complete: by replay of the log only",
        "the authors' signatures under the keys enrolled at that index: that needs the log",
        "whether what the entries say is true",
    ];
    if !policy {
        not.insert(0, "any signature on the checkpoint: give a trust policy with --policy");
    }
    pairs.push(("not checked", not.join("\n")));
    pairs
}

fn check(document: &Value, policy: Option<&Policy>) -> Result<Found, String> {
    let note = text_of(document, "checkpoint")?;
    let note = Note::parse(note.as_bytes()).map_err(|e| format!("the checkpoint: {e}"))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|e| format!("the checkpoint: {e}"))?;
    let judged = policy.map(|p| p.verify(&note)).transpose().map_err(|e| format!("the checkpoint: {e}"))?;
    let witnesses = judged.iter().flat_map(|j| &j.witnesses).map(text::witness).collect();
    let signatures = note.signatures().iter().map(|s| format!("{}+{}", s.name(), s.key_id())).collect();
    let known = member(document, "known")?;
    let (size, root) = (number_of(known, "size")?, hash_of(known, "root")?);
    verify_consistency(size, checkpoint.size, &hashes_of(known, "consistency")?, &root, &checkpoint.root)
        .map_err(|e| format!("the root of the {size} entries that were known: {e}"))?;
    let mut found = Found {
        checkpoint,
        signatures,
        witnesses,
        known: size,
        entries: BTreeMap::new(),
        sealed: Vec::new(),
    };
    let entries = list_of(document, "entries")?;
    if entries.len() > MAX_PROVEN + 1 {
        return Err(format!("{} entries are more than one proof holds", entries.len()));
    }
    for entry in entries {
        check_entry(&mut found, entry)?;
    }
    for current in list_of(document, "current")? {
        check_current(&mut found, current)?;
    }
    if !found.sealed.is_empty() {
        check_complete(&found, document)?;
    }
    Ok(found)
}

fn check_entry(found: &mut Found, entry: &Value) -> Result<(), String> {
    let index = number_of(entry, "index")?;
    let raw = bytes_of(entry, "entry")?;
    let (size, root) = (found.checkpoint.size, &found.checkpoint.root);
    verify_inclusion(index, size, &leaf_hash(&raw), &hashes_of(entry, "proof")?, root)
        .map_err(|e| format!("entry {index}: {e}"))?;
    let decoded = Entry::decode(&raw).map_err(|e| format!("entry {index} is no entry: {e}"))?;
    let grounds = list_of(entry, "grounds")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    found.entries.insert(index, (decoded, grounds));
    Ok(())
}

/// A device's records under the tree that a `Sealed` entry of the proof states.
fn check_current(found: &mut Found, current: &Value) -> Result<(), String> {
    let (seal, size) = (number_of(current, "seal")?, number_of(current, "size")?);
    let sealed = found.entries.get(&seal).map(|(entry, _)| &entry.body().fact);
    let Some(Fact::Sealed(sealed)) = sealed else { return Err(format!("entry {seal} is no seal")) };
    let concern = text_of(current, "concern")?;
    let stated = sealed.concerns.iter().find(|c| c.concern == concern);
    let stated = stated.filter(|_| sealed.size == size && concern == "fleet");
    let stated = stated.ok_or_else(|| format!("the seal in entry {seal} states another size or concern"))?;
    let state = State { key: bytes_of(current, "key")?, value: bytes_of(current, "value")? };
    let (place, proof) = (number_of(current, "place")?, hashes_of(current, "proof")?);
    verify_inclusion(place, stated.count, &state.leaf_hash(), &proof, &stated.root)
        .map_err(|e| format!("the records under the seal in entry {seal}: {e}"))?;
    let named = sealed_entries(&state.value).map_err(|e| format!("the records under the seal: {e}"))?;
    let who = sealed_subject(&state.key).ok_or("the records under the seal are of no device")?;
    found.sealed.push((size, who, named.len()));
    Ok(())
}

/// Every entry that the answer says is about the device must be one that its sealed records name.
fn check_complete(found: &Found, document: &Value) -> Result<(), String> {
    let mut named = Vec::new();
    let mut size = u64::MAX;
    for current in list_of(document, "current")? {
        size = size.min(number_of(current, "size")?);
        named.extend(sealed_entries(&bytes_of(current, "value")?).map_err(|e| e.to_string())?);
    }
    let about = |grounds: &[String]| grounds.iter().any(|g| OF_DEVICE.contains(&g.as_str()));
    let stray = found
        .entries
        .iter()
        .find(|(index, (_, grounds))| **index < size && about(grounds) && !named.contains(index));
    match stray {
        None => Ok(()),
        Some((index, _)) => {
            Err(format!("entry {index} is not among those that the sealed records of the device name"))
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Result<&'a Value, String> {
    value.get(name).ok_or_else(|| format!("the proof lacks `{name}`"))
}

fn text_of<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    member(value, name)?.as_str().ok_or_else(|| format!("`{name}` is no text"))
}

fn number_of(value: &Value, name: &str) -> Result<u64, String> {
    member(value, name)?.as_u64().ok_or_else(|| format!("`{name}` is no number"))
}

fn list_of<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], String> {
    member(value, name)?.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{name}` is no list"))
}

fn bytes_of(value: &Value, name: &str) -> Result<Vec<u8>, String> {
    Base64::decode_vec(text_of(value, name)?).map_err(|_| format!("`{name}` is no base64"))
}

fn hash_of(value: &Value, name: &str) -> Result<Hash, String> {
    Hash::from_hex(text_of(value, name)?).map_err(|e| format!("`{name}`: {e}"))
}

fn hashes_of(value: &Value, name: &str) -> Result<Vec<Hash>, String> {
    let all = list_of(value, name)?;
    if all.len() > MAX_HASHES {
        return Err(format!("`{name}` has more than {MAX_HASHES} hashes"));
    }
    let hash = |v: &Value| v.as_str().and_then(|t| Hash::from_hex(t).ok());
    all.iter().map(|v| hash(v).ok_or_else(|| format!("`{name}` has what is no hash"))).collect()
}
