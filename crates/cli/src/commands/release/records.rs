//! What a release says about records and results: baselines, known anomalies, results, signatures, the commit.

use std::path::Path;

use evidence::Fact;
use evidence::facts::design::DocumentInterpreted;
use evidence::facts::release::ResidualAnomaly;
use evidence::types::{EntryRef, Interpreted};
use formats::junit;
use records::tree;
use tlog::Hash;

use super::gather::hash_file;
use super::known::{Found, digits};
use crate::failure::Failure;
use crate::git;
use crate::session::Session;

/// Media types of a JUnit report and of its normalised form.
const JUNIT: &str = "application/xml";
const NORMALISED: &str = "application/vnd.vouchsafe.junit+json";

/// The entry at an index, if it says one of these facts.
fn entry(session: &Session, option: &str, index: u64, kinds: &[&str]) -> Result<(EntryRef, Fact), Failure> {
    let entry = session.entry(index)?;
    let fact = &entry.body().fact;
    if !kinds.contains(&fact.name()) {
        let problem = format!("entry {index} is {}, not {}", fact.name(), kinds.join(" or "));
        return Err(Failure::input(format!("reading `{option}`"), problem));
    }
    Ok((EntryRef { index, entry: entry.hash() }, fact.clone()))
}

/// The baseline, by the index of its entry or by its name in the item's line or the product's; it must be of this product.
pub(super) fn baseline(
    session: &Session,
    named: &str,
    products: &[String],
    lines: &[&str],
) -> Result<EntryRef, Failure> {
    let doing = "reading `--baseline`";
    let Ok(index) = named.parse::<u64>() else {
        let found = session.ask(|world| {
            let view = world.map(|w| w.design_at(w.now(), w.size()))?;
            let places = products.iter().flat_map(|product| lines.iter().map(move |line| (product, line)));
            places.into_iter().find_map(|(product, line)| view.baseline(product, line, named)).map(|b| b.at())
        });
        return found.ok_or_else(|| {
            let (product, lines) = (products.join(" or "), lines.join(" or "));
            Failure::input(doing, format!("{product} has no baseline {named} in line {lines}"))
                .hint("`vouchsafe push --baseline NAME` makes one; or give the index of its entry")
        });
    };
    let (at, fact) = entry(session, "--baseline", index, &["BaselineMade"])?;
    match fact {
        Fact::BaselineMade(b) if !products.contains(&b.product) => {
            Err(Failure::input(doing, format!("baseline {} is of {}, line {}", b.name, b.product, b.line))
                .hint(format!("the release is of {}: name a baseline of it", products.join(" or "))))
        }
        _ => Ok(at),
    }
}

/// Entries of `Signed`.
pub(super) fn signatures(session: &Session, indices: &[u64]) -> Result<Vec<EntryRef>, Failure> {
    indices.iter().map(|index| entry(session, "--signature", *index, &["Signed"]).map(|(at, _)| at)).collect()
}

/// A result that a release rests on.
pub(super) enum Outcome {
    /// It is in the log.
    There(EntryRef),
    /// A report that has to be stated first.
    Report(Box<Report>),
}

/// A JUnit report that was read.
pub(super) struct Report {
    raw: Vec<u8>,
    normalised: Vec<u8>,
    origin: String,
}

/// Results by the index of their entry, or by the file of a JUnit report. A report that the release stated before already
/// rests on is that one.
pub(super) fn results(
    session: &Session,
    named: &[String],
    before: Option<&Found>,
) -> Result<Vec<Outcome>, Failure> {
    let mut there: Vec<(Hash, EntryRef)> = Vec::new();
    for at in before.iter().flat_map(|found| &found.made.verified) {
        if let Fact::DocumentInterpreted(f) = &session.entry(at.index)?.body().fact {
            there.push((f.document.raw.digest, at.clone()));
        }
    }
    let mut results = Vec::with_capacity(named.len());
    for name in named {
        if let Ok(index) = name.parse::<u64>() {
            let kinds = ["ResultReported", "DocumentInterpreted"];
            results.push(Outcome::There(entry(session, "--results", index, &kinds)?.0));
            continue;
        }
        let path = Path::new(name);
        let doing = format!("reading the test report {name}");
        let (digest, _) = hash_file(path)?;
        if let Some((_, at)) = there.iter().find(|(raw, _)| *raw == digest) {
            results.push(Outcome::There(at.clone()));
            continue;
        }
        let raw = std::fs::read(path).map_err(|e| Failure::file("reading", path, &e))?;
        let run = junit::read(&raw[..], &junit::Limits::default()).map_err(|e| Failure::input(&doing, e))?;
        let normalised = junit::to_canonical(&run);
        results.push(Outcome::Report(Box::new(Report { raw, normalised, origin: name.clone() })));
    }
    Ok(results)
}

impl Outcome {
    /// Where it stands, after stating it if it was not in the log.
    pub(super) fn stated(self, session: &mut Session) -> Result<EntryRef, Failure> {
        let report = match self {
            Self::There(at) => return Ok(at),
            Self::Report(report) => report,
        };
        let document = Interpreted {
            raw: session.put_blob(&report.raw, JUNIT)?,
            parser: "junit".to_owned(),
            parser_version: u64::from(junit::PARSER_VERSION),
            normalised: session.put_blob(&report.normalised, NORMALISED)?,
        };
        let fact = DocumentInterpreted { document, format: "junit".to_owned(), origin: report.origin };
        session.say(fact).map(|said| said.at)
    }
}

/// Known anomalies: a record of the product file at hand, or `RECORD@REVISION`.
pub(super) fn anomalies(named: &[String]) -> Result<Vec<ResidualAnomaly>, Failure> {
    let mut anomalies = Vec::with_capacity(named.len());
    let mut tree = None;
    for name in named {
        let doing = format!("looking for the anomaly {name}");
        if let Some((record, revision)) = name.split_once('@') {
            let revision = digits(revision).map_err(|problem| Failure::input(&doing, problem))?;
            anomalies.push(ResidualAnomaly { record: record.to_owned(), revision });
            continue;
        }
        let tree = match &mut tree {
            Some(tree) => tree,
            none => {
                let here = std::env::current_dir().map_err(|e| Failure::environment(&doing, e))?;
                let found = tree::find_root(&here).and_then(|root| tree::load(&root));
                let found = found.map_err(|e| {
                    Failure::input(&doing, e).hint("without records at hand, give RECORD@REVISION")
                })?;
                none.insert(found)
            }
        };
        let record = tree.set.node(name).and_then(|node| tree.set.record(node));
        let record = record.ok_or_else(|| {
            Failure::input(&doing, "the records at hand have none of this name")
                .hint("`vouchsafe show ID` shows a record; without records at hand, give RECORD@REVISION")
        })?;
        anomalies.push(ResidualAnomaly { record: name.clone(), revision: Hash(record.revision().0) });
    }
    anomalies.sort_by(|a, b| a.record.cmp(&b.record));
    anomalies.dedup();
    Ok(anomalies)
}

/// The commit in hexadecimal: as given when it is whole, else as Git knows the revision here.
pub(super) fn commit(revision: &str) -> Result<String, Failure> {
    let whole = matches!(revision.len(), 40 | 64)
        && revision.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if whole {
        return Ok(revision.to_owned());
    }
    let doing = format!("asking Git for the commit {revision}");
    let hint = "give the whole commit in hexadecimal, or run this in its repository";
    // A revision that begins with a dash would be an option.
    let asked = format!("{revision}^{{commit}}");
    let output = git::program(Path::new("."))
        .args(["rev-parse", "--verify", "--quiet", "--end-of-options", &asked])
        .output();
    let output = output.map_err(|e| Failure::environment(&doing, e).hint(hint))?;
    let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && matches!(commit.len(), 40 | 64) {
        return Ok(commit);
    }
    Err(Failure::input(doing, "there is no such commit here").hint(hint))
}
