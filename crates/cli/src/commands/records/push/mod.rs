//! `vouchsafe push`: states what a commit holds of the design history: records, accepted links, signatures, code, results,
//! measurements, reviews, tags, approvals of other tools. Compares
//! with the log first and says only what is not there, so that it can be repeated and goes on where it was interrupted.

mod beside;
pub(super) mod git;
mod plan;
mod reports;
mod signed;
mod there;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use evidence::facts::design::{BaselineMade, CommitPushed, GitSignature, GitVerdict};
use evidence::facts::statements::Signed;
use evidence::proof::ssh;
use evidence::types::{Bytes, EntryRef};
use evidence::{Fact, SourceKind, statement};
use records::code::{Selection, scan_given, scan_to_canonical};
use records::command::{CommandError, Status};
use records::config::{CONFIG_FILE, LOCK_FILE};
use records::digest::Digest;
use records::problem::{Code, Problem};
use records::record::Record;
use records::tree::{self, Tree};
use serde_json::json;
use tlog::Hash;
use world::design::baseline_root;

use self::signed::Judge;
use self::there::{Head, Of, There};
use super::results::About;
use super::signatures::{SignatureFile, Signatures};
use super::{failed, root};
use crate::author::AuthorArgs;
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::git::{Git, History, With};
use crate::session::Session;

/// Records whose contents are kept before their revisions are stated.
const SHARE: usize = 250;

#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    /// JUnit reports of tests that ran on this commit
    #[arg(long, value_name = "FILE", num_args = 1..)]
    results: Vec<PathBuf>,
    /// Coverage measured on this commit: lcov tracefiles or Cobertura XML
    #[arg(long, value_name = "FILE", num_args = 1..)]
    coverage: Vec<PathBuf>,
    /// Reports of static analysis of this commit: SARIF 2.1.0
    #[arg(long, value_name = "FILE", num_args = 1..)]
    analysis: Vec<PathBuf>,
    /// Artefact that was tested, where reports do not say: a file, of which the SHA-256 is taken
    #[arg(long, value_name = "FILE")]
    artefact: Option<PathBuf>,
    /// Make a baseline of this name over the line's records afterwards
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Name of the repository [default: the last part of its origin's address, else its folder]
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// What became of a push.
#[derive(Debug, Default)]
struct Done {
    revised: usize,
    retired: usize,
    accepted: usize,
    withdrawn: usize,
    signatures: usize,
    results: usize,
    measured: usize,
    reviews: usize,
    tags: usize,
    imported: usize,
    /// How the signature of the commit stands.
    signature: String,
    /// What does not count of the signatures of commit and tags.
    doubts: Vec<String>,
    unchanged: usize,
    baseline: Option<&'static str>,
    /// Signatures that the log would not take, with the reason.
    left_out: Vec<String>,
}

impl PushArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let root = root(self.root.clone())?;
        let commit = git::head(&root)?;
        let mut tree = tree::load(&root).map_err(|e| failed("reading the records")(CommandError::Tree(e)))?;
        clean(&root, &tree, &commit.id)?;
        let code = scan(&root, &mut tree, &commit.id)?;
        let about = About { commit: commit.id.clone(), artefact: self.artefact()? };
        let reports = reports::read(&self.results)?;
        let measured = beside::read(&self.coverage, &self.analysis, &about)?;
        let signatures = Signatures::of(&root)?;
        let repository = self.repository.clone().map_or_else(|| git::name(&root), Ok)?;
        let product = &tree.config.product;
        let of =
            Of { product: product.id(), line: &product.line, repository: &repository, commit: &commit.id };
        let mut session = self.author.open(context)?;
        let there = held(&session, of)?;
        sound(&tree, &there)?;
        in_order(&root, there.head.as_ref(), &there, of)?;
        let mut done = Done::default();
        let signed = sign(&mut session, &signatures, &there, &mut done)?;
        let mut editorial = BTreeMap::new();
        for (file, at) in &signed {
            if let Some((id, old)) = file.editorial() {
                editorial.insert((id.to_owned(), old, Digest(file.statement.revision.0)), at.clone());
            }
        }
        let plan = plan::plan(&tree, &there, of, &editorial)?;
        done.unchanged = plan.unchanged;
        for (id, other) in &plan.claimed {
            done.left_out.push(format!(
                "{id}: it stands from the repository `{other}`; give one of the two another id, or remove it there and push first"
            ));
        }
        let own: Vec<&Record> = own(&tree, &plan);
        let keyring = tree.config.signatures.gpg_keyring.as_ref().map(|path| root.join(path));
        let judge = Judge { there: &there, keyring };
        let pushed =
            Pushed { root: &root, tree: &tree, there: &there, of, commit: &commit, code, plan: &plan };
        let entry = identify(&mut session, &pushed, &judge, &mut done)?;
        state(context, &mut session, plan, &entry, &mut done)?;
        let (tags, doubts) = beside::tags(&root, &session, &judge, &there, of)?;
        done.tags = tags.len();
        done.doubts.extend(doubts);
        session.say_all(tags, |_| ())?;
        let results =
            reports::facts(&reports, &session, &tree.set, &there, of, Hash::from_hex(&about.artefact).ok())?;
        done.results = results.len();
        let bar = context.ui.progress("results", results.len() as u64);
        session.say_all(results.into_iter().map(Fact::from).collect(), |n| bar.inc(n))?;
        bar.finish_and_clear();
        for report in &measured {
            let facts = beside::measured_facts(report, &session, &tree.set, &there, of)?;
            done.measured += facts.len();
            session.say_all(facts, |_| ())?;
        }
        let reviews = beside::reviews(&own, &there, of, &entry, &signed);
        done.reviews = reviews.len();
        session.say_all(reviews, |_| ())?;
        let (imported, left) = beside::imported(&root, &session, &own, &there)?;
        done.imported = imported.len();
        done.left_out.extend(left);
        session.say_all(imported, |_| ())?;
        if let Some(name) = &self.baseline {
            done.baseline = Some(baseline(&mut session, name, of)?);
        }
        if let Some(left) = super::results::left_over(&self.results, &tree.set)? {
            context.ui.note(left);
        }
        report(context, &done, of, &entry, self.baseline.as_deref(), out)?;
        Ok(if done.left_out.is_empty() { Status::Holds } else { Status::Gaps })
    }

    /// SHA-256 of the artefact that was tested, if it was named.
    fn artefact(&self) -> Result<String, Failure> {
        self.artefact.as_deref().map(super::check::digest).transpose().map(Option::unwrap_or_default)
    }
}

/// The code as the commit holds it, in canonical bytes; the tree has it afterwards. None when the product has no code.
fn scan(root: &Path, tree: &mut Tree, commit: &str) -> Result<Option<Vec<u8>>, Failure> {
    let (Some(folder), Some(config)) = (super::past::code_root(tree), tree.config.code.clone()) else {
        return Ok(None);
    };
    let selection = Selection::new(&config);
    let folder = if folder.is_dir() { folder } else { root.to_path_buf() };
    let files = Git::want(&folder)?.files(commit, &|path| selection.has(path))?;
    let given = files.iter().map(|(path, bytes)| (&**path, &**bytes));
    let bytes = scan_to_canonical(&scan_given(given, &selection));
    tree::scan_given_code(tree, &files);
    Ok(Some(bytes))
}

/// The records that stand from this repository.
fn own<'t>(tree: &'t Tree, plan: &plan::Plan<'_>) -> Vec<&'t Record> {
    let claimed: BTreeSet<&str> = plan.claimed.iter().map(|(id, _)| id.as_str()).collect();
    let own = tree.set.records().filter(|(node, _)| tree.set.is_checked(*node)).map(|(_, record)| record);
    own.filter(|record| !claimed.contains(record.id())).collect()
}

/// The records can be pushed: nothing is wrong with them but links into other repositories, whose records the log holds.
fn sound(tree: &Tree, there: &There) -> Result<(), Failure> {
    let known = |id: &str| there.records.contains_key(id);
    let set = &tree.set;
    let dangling = |id: &str| {
        let edges = set.node(id).map(|node| set.out(node)).unwrap_or_default();
        edges.iter().any(|edge| set.record(edge.node).is_none() && !known(set.id(edge.node)))
    };
    let wrong = |problem: &&Problem| {
        problem.code != Code::Dangling || problem.record.as_deref().is_none_or(&dangling)
    };
    let wrong = tree.problems.iter().filter(wrong).count() + tree.problems_left_out;
    if wrong == 0 {
        return Ok(());
    }
    let many = format!("{wrong} problems in the records");
    Err(Failure::input("pushing", many).hint("`vouchsafe check` names them; nothing was pushed"))
}

/// What the log holds now. A server is asked itself: a directory at hand may be another log's.
fn held(session: &Session, of: Of<'_>) -> Result<There, Failure> {
    if let Some(remote) = session.remote() {
        return There::at(remote, of);
    }
    let there = session.ask(|world| world.map(|world| There::here(world, of)));
    there.ok_or_else(|| Failure::environment("reading the log", "there is no world to ask"))
}

/// What is pushed is what the commit holds.
fn clean(root: &Path, tree: &Tree, commit: &str) -> Result<(), Failure> {
    let config = &tree.config;
    let mut paths: Vec<&str> = config.product.records.iter().map(String::as_str).collect();
    paths.extend([CONFIG_FILE, LOCK_FILE, config.signatures.folder.as_str()]);
    let mut changed = git::changed(root, &paths)?;
    if changed.is_empty() {
        changed = differing(root, tree, commit)?;
    }
    if changed.is_empty() {
        return Ok(());
    }
    let shown = changed.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = changed.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Failure::input("pushing", format!("{shown}{more} differ from the commit"))
        .hint("commit them first: what is pushed is what a commit holds"))
}

/// Files that records, links and configuration were read from and that the commit does not hold like this, whatever git was told
/// to ignore or to believe unchanged. Line endings are as git converts them.
fn differing(root: &Path, tree: &Tree, commit: &str) -> Result<Vec<String>, Failure> {
    let own = tree.set.records().filter(|(node, _)| tree.set.is_checked(*node));
    let mut read: BTreeSet<&str> = own.map(|(_, record)| tree.set.file(record.place.file)).collect();
    read.insert(CONFIG_FILE);
    if !tree.lock.is_empty() {
        read.insert(LOCK_FILE);
    }
    let held = Git::want(root)?.files(commit, &|path| read.contains(path))?;
    let held: BTreeMap<&str, &[u8]> = held.iter().map(|(path, bytes)| (&**path, &**bytes)).collect();
    let mut differing = Vec::new();
    for path in read {
        let file = root.join(path);
        let now = std::fs::read(&file).map_err(|e| Failure::file("reading", &file, &e))?;
        let lines = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
        if held.get(path).is_none_or(|held| *held != now && lines(held) != lines(&now)) {
            differing.push(path.to_owned());
        }
    }
    Ok(differing)
}

/// A commit that comes before the one that stands would take the line back.
fn in_order(root: &Path, head: Option<&Head>, there: &There, of: Of<'_>) -> Result<(), Failure> {
    let Some(head) = head.filter(|head| head.commit != of.commit) else { return Ok(()) };
    let older =
        there.commits.contains(of.commit) || git::is_before(root, of.commit, &head.commit)? == Some(true);
    if older {
        let problem = format!("{} comes before {}, which stands in this line", of.commit, head.commit);
        return Err(Failure::input("pushing", problem)
            .hint("push the newer commit; for a maintained branch set `product.line` in vouchsafe.toml"));
    }
    Ok(())
}

/// States the signatures that the log does not hold, and says where each stands.
fn sign<'s>(
    session: &mut Session,
    signatures: &'s Signatures,
    there: &There,
    done: &mut Done,
) -> Result<Vec<(&'s SignatureFile, EntryRef)>, Failure> {
    let mut stand = Vec::new();
    let mut facts: Vec<(&SignatureFile, Fact)> = Vec::new();
    done.left_out.extend(signatures.damaged.iter().map(|(path, why)| format!("{path}: {why}")));
    for file in &signatures.files {
        if let Some(at) = there.signatures.get(&Hash::of(&file.blob)) {
            stand.push((file, at.clone()));
            continue;
        }
        match signed(file, there) {
            Ok(fact) => facts.push((file, fact.into())),
            Err(why) => done.left_out.push(format!("{}: {why}", file.path)),
        }
    }
    let (files, facts): (Vec<_>, Vec<_>) = facts.into_iter().unzip();
    done.signatures = facts.len();
    let said = session.say_all(facts, |_| ())?;
    stand.extend(files.into_iter().zip(said).map(|(file, said)| (file, said.at)));
    Ok(stand)
}

/// A signature as a fact, if its signer is enrolled with this key under the printed name.
fn signed(file: &SignatureFile, there: &There) -> Result<Signed, String> {
    let key = ssh::key_of(&file.blob).map_err(|e| e.to_string())?;
    statement::verify(&key, &file.text, &file.blob).map_err(|e| e.to_string())?;
    let own =
        |signer: &&there::Signer| signer.source.kind() == SourceKind::Person && signer.keys.contains(&key);
    let signer =
        there.signers.iter().find(own).ok_or("its key is nobody's in the log; enrol the signer with it")?;
    if signer.name != file.statement.name {
        return Err(format!(
            "it prints the name `{}`; in the log the signer is `{}`",
            file.statement.name, signer.name
        ));
    }
    Ok(Signed {
        statement: file.text.clone(),
        signature: Bytes(file.blob.clone()),
        signer: signer.source,
        record: file.statement.record.clone(),
        revision: file.statement.revision,
        meaning: file.statement.meaning,
    })
}

/// What is pushed.
struct Pushed<'a> {
    root: &'a Path,
    tree: &'a Tree,
    there: &'a There,
    of: Of<'a>,
    commit: &'a git::Commit,
    code: Option<Vec<u8>>,
    plan: &'a plan::Plan<'a>,
}

/// States the commit, unless it stands there as the last one with the same lock, configuration and code.
fn identify(
    session: &mut Session,
    pushed: &Pushed<'_>,
    judge: &Judge<'_>,
    done: &mut Done,
) -> Result<EntryRef, Failure> {
    let Pushed { root, tree, there, of, commit, code, plan } = pushed;
    let path = root.join(CONFIG_FILE);
    let configuration = std::fs::read(&path).map_err(|e| Failure::file("reading", &path, &e))?;
    let lock = (!tree.lock.is_empty()).then_some(tree.lock.as_bytes());
    let found = judge.commit(session, &commit.raw)?;
    done.doubts.extend(found.doubt.map(|doubt| format!("the signature of the commit: {doubt}")));
    done.signature = said(found.signature.as_ref());
    if let Some(head) = there.head.as_ref().filter(|head| head.commit == of.commit)
        && head.lock == lock.map(Hash::of)
        && head.configuration == Some(Hash::of(&configuration))
        && head.code == code.as_deref().map(Hash::of)
    {
        return Ok(head.at.clone());
    }
    let put =
        |bytes: Option<&[u8]>, media: &str| bytes.map(|bytes| session.put_blob(bytes, media)).transpose();
    let signed = found.signature.as_ref().map(|_| commit.raw.as_slice());
    let fact = CommitPushed {
        repository: of.repository.to_owned(),
        commit: commit.id.clone(),
        parents: commit.parents.clone(),
        authored: commit.authored,
        signed_by: found.signed_by,
        lock: put(lock, "text/plain")?,
        product: of.product.to_owned(),
        line: of.line.to_owned(),
        configuration: put(Some(&configuration), "application/toml")?,
        code: put(code.as_deref(), "application/json")?,
        implements: implements(root, there)?,
        claimed: plan.claimed.iter().map(|(id, _)| id.clone()).collect(),
        object: put(signed, "application/x-git-commit")?,
        signature: found.signature.map(Box::new),
    };
    Ok(session.say(fact)?.at)
}

/// Records that commits since the last one pushed say they implement; of the whole history when nothing was pushed yet.
fn implements(root: &Path, there: &There) -> Result<Vec<String>, Failure> {
    let git = Git::want(root)?;
    let since = there.head.as_ref().map(|head| head.commit.as_str());
    // A shallow clone may lack the commit that was pushed last.
    let since = since.filter(|since| git.resolve(since).is_ok());
    let commits = git.commits(since, With::Files)?;
    let named: BTreeSet<String> = commits.iter().flat_map(super::past::named_in).collect();
    Ok(named.into_iter().collect())
}

/// How a signature stands, in a few words.
fn said(signature: Option<&GitSignature>) -> String {
    let Some(GitSignature { verdict, key, name, .. }) = signature else { return "not signed".to_owned() };
    let of = name.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
    match verdict {
        GitVerdict::Good => format!("signature verified, by {key}{of}"),
        GitVerdict::UnknownKey if key.is_empty() => "signature not verified: no key counts".to_owned(),
        GitVerdict::UnknownKey => format!("signature not verified: the key {key} is unknown"),
        GitVerdict::Bad => format!("signature does not hold{of}"),
        GitVerdict::Unchecked => "signature not checked".to_owned(),
    }
}

/// States records and links, with their contents kept before.
fn state(
    context: &Context,
    session: &mut Session,
    plan: plan::Plan<'_>,
    entry: &EntryRef,
    done: &mut Done,
) -> Result<(), Failure> {
    (done.revised, done.retired) = (plan.revised.len(), plan.retired.len());
    (done.accepted, done.withdrawn) = (plan.accepted.len(), plan.withdrawn.len());
    let bar = context.ui.progress("records", plan.revised.len() as u64);
    for share in plan.revised.chunks(SHARE) {
        let mut facts = Vec::with_capacity(share.len());
        for revise in share {
            let content =
                session.put_blob(revise.record.normal_form().as_bytes(), &revise.fact.content.media_type)?;
            let mut fact = revise.fact.clone();
            (fact.content, fact.commit) = (content, Some(entry.clone()));
            facts.push(fact.into());
        }
        session.say_all(facts, |n| bar.inc(n))?;
    }
    bar.finish_and_clear();
    let mut facts: Vec<Fact> = plan.retired.into_iter().map(Fact::from).collect();
    facts.extend(plan.withdrawn.into_iter().map(Fact::from));
    facts.extend(plan.accepted.into_iter().map(Fact::from));
    let bar = context.ui.progress("links", facts.len() as u64);
    session.say_all(facts, |n| bar.inc(n))?;
    bar.finish_and_clear();
    Ok(())
}

/// Makes a baseline over all records of the line as the log holds them now; one of the same name must be the same.
fn baseline(session: &mut Session, name: &str, of: Of<'_>) -> Result<&'static str, Failure> {
    let there = held(session, of)?;
    let root = baseline_root(there.records.iter().map(|(id, present)| (id.as_str(), present.revision)));
    let records = there.records.len() as u64;
    match there.baselines.get(name) {
        Some(known) if *known == (root, records) => return Ok("is there already"),
        Some(_) => {
            return Err(Failure::input(
                "making the baseline",
                format!("`{name}` is there over other revisions"),
            )
            .hint("give the new one another name: a baseline never changes"));
        }
        None => {}
    }
    let (name, product, line) = (name.to_owned(), of.product.to_owned(), of.line.to_owned());
    session.say(BaselineMade { name, product, line, size: there.size, root, records })?;
    Ok("made")
}

fn report(
    context: &Context,
    done: &Done,
    of: Of<'_>,
    entry: &EntryRef,
    baseline: Option<&str>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for doubt in &done.doubts {
        context.ui.note(doubt);
    }
    for left in &done.left_out {
        context.ui.note(format!("left out: {left}"));
    }
    if context.ui.is_json() {
        return context.ui.json(&json!({
            "product": of.product, "line": of.line, "repository": of.repository, "commit": of.commit,
            "index": entry.index, "revised": done.revised, "retired": done.retired, "accepted": done.accepted,
            "withdrawn": done.withdrawn, "signatures": done.signatures, "results": done.results,
            "measured": done.measured, "reviews": done.reviews, "tags": done.tags,
            "imported_approvals": done.imported, "signature": done.signature, "doubts": done.doubts,
            "unchanged": done.unchanged, "left_out": done.left_out,
            "baseline": done.baseline.and(baseline), "baseline_made": done.baseline == Some("made"),
        }));
    }
    let short = of.commit.get(..12).unwrap_or(of.commit);
    let mut said = || {
        writeln!(
            out,
            "{} {}: commit {short} of {} stands in entry {}, {}",
            of.product, of.line, of.repository, entry.index, done.signature
        )?;
        let counts = [
            (done.revised, "record", " revised"),
            (done.retired, "record", " retired"),
            (done.accepted, "link", " accepted"),
            (done.withdrawn, "link", " withdrawn"),
            (done.signatures, "signature", ""),
            (done.results, "result", ""),
            (done.measured, "measurement", " of the code"),
            (done.reviews, "review", ""),
            (done.tags, "tag", ""),
            (done.imported, "approval", " of other tools, stated"),
        ];
        for (count, what, done) in counts.into_iter().filter(|(count, ..)| *count > 0) {
            writeln!(out, "  {count} {what}{}{done}", if count == 1 { "" } else { "s" })?;
        }
        writeln!(out, "  {} as they stood", done.unchanged)?;
        if let (Some(how), Some(name)) = (done.baseline, baseline) {
            writeln!(out, "  baseline {name} {how}")?;
        }
        Ok(())
    };
    said().map_err(|e: std::io::Error| failure::output(&e))
}
