//! `vouchsafe release make`: one signed fact that binds baseline, commit, files, bills of materials, measurements, results
//! and known anomalies.

use std::path::PathBuf;

use clap::Args;
use evidence::Field;
use evidence::facts::release::ReleaseMade;
use serde_json::{Value, json};

use super::super::Context;
use super::gather::{self, ReadSbom, artefacts, file_name, named_digests, read_sbom};
use super::known::{Found, Source};
use super::project::Scope;
use super::quality::{self, Report};
use super::records;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::{Said, Session};
use crate::text;

/// State a release of an item
///
/// Reads and checks everything first; nothing is kept when anything is wrong. Stating the same release again changes nothing;
/// stating another one under the same version is refused.
#[derive(Args, Debug)]
pub(crate) struct MakeArgs {
    /// Its version, verbatim
    version: String,
    /// The item: firmware, app, cloud … [default: the only one in vouchsafe.toml]
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Bills of materials: CycloneDX 1.0 to 1.7, SPDX 2.2 and 2.3
    #[arg(long, value_name = "FILE", num_args = 1..)]
    sbom: Vec<PathBuf>,
    /// Built files
    #[arg(long, value_name = "FILE", num_args = 1..)]
    artefact: Vec<PathBuf>,
    /// What a device running it measures: NAME=SHA256, or NAME=@FILE for the digest of a file
    #[arg(long, value_name = "NAME=DIGEST", num_args = 1..)]
    measurement: Vec<String>,
    /// The commit it was built from, whole or as Git knows it here
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// The baseline it was built from: its name, or the index of its entry
    #[arg(long, value_name = "NAME|INDEX")]
    baseline: Option<String>,
    /// Results it rests on: indices of their entries, or JUnit reports
    #[arg(long, value_name = "INDEX|FILE", num_args = 1..)]
    results: Vec<String>,
    /// Known residual anomalies: records of the product file at hand, or RECORD@REVISION
    #[arg(long, value_name = "ID", num_args = 1..)]
    anomaly: Vec<String>,
    /// Indices of entries with signatures over it
    #[arg(long, value_name = "INDEX", num_args = 1..)]
    signature: Vec<u64>,
    #[command(flatten)]
    author: AuthorArgs,
}

impl MakeArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("making release {}", self.version);
        if self.version.trim() != self.version || self.version.is_empty() {
            return Err(Failure::input(doing, "a version is not empty and has no space at its ends"));
        }
        let (product, item, line) = self.scope.resolve(self.item.as_deref())?;
        let sboms: Vec<ReadSbom> =
            self.sbom.iter().map(|path| read_sbom(context, path)).collect::<Result<_, _>>()?;
        let artefacts = artefacts(&self.artefact)?;
        let measurements = named_digests("reading `--measurement`", &self.measurement)?;
        let commit = self.commit.as_deref().map(records::commit).transpose()?;
        let anomalies = records::anomalies(&self.anomaly)?;
        let mut session = self.author.open(context)?;
        let before = Source::Session(&session).find(Some(&product), Some(&item), &self.version)?;
        let product_line = self.scope.product_line()?;
        let products = self.scope.product_names(&product)?;
        let lines: Vec<&str> =
            std::iter::once(line.as_str()).chain(product_line.as_deref().filter(|l| *l != line)).collect();
        let baseline = self.baseline.as_deref();
        let baseline =
            baseline.map(|named| records::baseline(&session, named, &products, &lines)).transpose()?;
        let signatures = records::signatures(&session, &self.signature)?;
        let results = records::results(&session, &self.results, before.last())?;
        let mut made = ReleaseMade {
            product,
            item,
            line,
            version: self.version,
            baseline,
            commit,
            artefacts,
            sboms: sboms.iter().map(ReadSbom::interpreted).collect(),
            measurements,
            verified: Vec::new(),
            anomalies,
            signatures,
        };
        let mut unstated = Vec::new();
        for result in results {
            match result {
                records::Outcome::There(at) => made.verified.push(at),
                report => unstated.push(report),
            }
        }
        in_order(&mut made);
        let reports: Vec<Report> = sboms.iter().map(report).collect();
        if let Some(found) = before.last() {
            return repeated(context, &doing, &made, found, unstated.len(), &reports);
        }
        sboms.iter().try_for_each(|sbom| sbom.keep(&session))?;
        for report in unstated {
            made.verified.push(report.stated(&mut session)?);
        }
        in_order(&mut made);
        let said = session.say(made.clone())?;
        told(context, &session, &made, &said, &sboms, &reports)
    }
}

/// Results in the order of the log: which of them is named first means nothing.
fn in_order(made: &mut ReleaseMade) {
    made.verified.sort_by_key(|at| at.index);
    made.verified.dedup();
}

fn report(sbom: &ReadSbom) -> Report {
    Report { name: file_name(&sbom.path), components: sbom.components, findings: sbom.findings.clone() }
}

/// The release is in the log already: the same, or another one.
fn repeated(
    context: &Context,
    doing: &str,
    made: &ReleaseMade,
    found: &Found,
    unstated: usize,
    reports: &[Report],
) -> Result<Verdict, Failure> {
    let mut differ = differences(&found.made, made);
    if unstated > 0 && !differ.contains(&"results") {
        differ.push("results");
    }
    let at = found.entry.index;
    if !differ.is_empty() {
        let problem = format!(
            "{} {} is in the log already (entry {at}), with other {}",
            made.item,
            made.version,
            differ.join(", ")
        );
        return Err(Failure::input(doing, problem).hint(
            "a version is released once: give the changed one another version, or have the wrong statement voided",
        ));
    }
    if let Some(withdrawn) = found.withdrawn {
        let problem = format!("{} {} was withdrawn by entry {withdrawn}", made.item, made.version);
        return Err(Failure::input(doing, problem).hint("release it under another version"));
    }
    let ui = &context.ui;
    if ui.is_json() {
        ui.json(&json!({
            "done": "it is in the log already", "repeated": true, "index": at,
            "entry": found.entry.entry.to_string(), "release": found.made.to_json(),
            "findings": quality::json(&found.made, reports),
        }))?;
        return Ok(Verdict::Holds);
    }
    ui.print(ui.good(&format!(
        "{} {} is in the log already, as entry {}",
        made.item,
        made.version,
        text::count(at)
    )))?;
    Ok(Verdict::Holds)
}

/// In what two statements of one release differ.
fn differences(a: &ReleaseMade, b: &ReleaseMade) -> Vec<&'static str> {
    let mut differ = Vec::new();
    let mut compare = |differs: bool, what| {
        if differs {
            differ.push(what);
        }
    };
    compare(a.line != b.line, "line");
    compare(a.baseline != b.baseline, "baseline");
    compare(a.commit != b.commit, "commit");
    compare(a.artefacts != b.artefacts, "artefacts");
    // How a document was read may have changed with the program; which document it is may not.
    let raw = |made: &ReleaseMade| made.sboms.iter().map(|s| s.raw.digest).collect::<Vec<_>>();
    compare(raw(a) != raw(b), "SBOMs");
    compare(a.measurements != b.measurements, "measurements");
    compare(a.verified != b.verified, "results");
    compare(a.anomalies != b.anomalies, "anomalies");
    compare(a.signatures != b.signatures, "signatures");
    differ
}

/// What became of an entry, as JSON members.
pub(super) fn said_json(said: &Said) -> Value {
    let mut value = json!({ "index": said.at.index, "entry": said.at.entry.to_string() });
    if let (Some(map), Some(receipt)) = (value.as_object_mut(), &said.receipt) {
        map.insert("size".into(), receipt.size.into());
        map.insert("level".into(), receipt.level.word().into());
    }
    value
}

fn told(
    context: &Context,
    session: &Session,
    made: &ReleaseMade,
    said: &Said,
    sboms: &[ReadSbom],
    reports: &[Report],
) -> Result<Verdict, Failure> {
    let ui = &context.ui;
    let done = format!("Released {} {}", made.item, made.version);
    if ui.is_json() {
        let mut value = said_json(said);
        if let Some(map) = value.as_object_mut() {
            map.insert("done".into(), done.into());
            map.insert("repeated".into(), false.into());
            map.insert("release".into(), made.to_json());
            map.insert("findings".into(), quality::json(made, reports));
        }
        ui.json(&value)?;
        return Ok(Verdict::Holds);
    }
    let mut extra = vec![
        ("product", format!("{}, line {}", made.product, made.line)),
        ("by", session.source().to_string()),
    ];
    for sbom in sboms {
        let components = text::plural(sbom.components as u64, "component", "components");
        extra.push((
            "SBOM",
            format!("{}: {}, {components}", file_name(&sbom.path), gather::standard(sbom.standard)),
        ));
    }
    for artefact in &made.artefacts {
        extra.push((
            "artefact",
            format!("{} ({} bytes)\n{}", artefact.name, text::count(artefact.length), artefact.digest),
        ));
    }
    for m in &made.measurements {
        extra.push(("measures", format!("{} {}", m.name, m.digest)));
    }
    said.report(context, &done, &extra)?;
    quality::print(ui, made, reports)?;
    Ok(Verdict::Holds)
}
