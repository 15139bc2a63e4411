//! `vouchsafe vex export`: what the maker states about its releases, from decisions and verdicts, for customers' tools.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use evidence::facts::vulnerability::VexStatus;
use evidence::proof::ssh;
use formats::advisory::{Document, Issue, Stated, Status, Subject, Thing, csaf, write_csaf, write_open_vex};
use formats::matching::{Keys, Verdict};
use formats::purl::{Parts as PurlParts, Purl};
use ledger::Loaded;
use serde_json::json;
use views::population::{Catalogue, Findings, Judged, Knowledge, Part, Question, Release, findings};

use super::Context;
use super::release::Scope;
use super::release::moment::{Moment, MomentArgs};
use crate::data;
use crate::failure::{Failure, Verdict as Ended};
use crate::keys::{Passphrases, Signer};
use crate::text;

/// Namespace of the signature, the one that `ssh-keygen -Y sign -n file` uses for files.
const NAMESPACE: &str = "file";

#[derive(Subcommand, Debug)]
pub(crate) enum VexCommand {
    /// Write what is stated about the releases of a product, as OpenVEX or CSAF
    Export(ExportArgs),
}

/// Formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// OpenVEX 0.2.0
    Openvex,
    /// CSAF 2.0, profile VEX
    Csaf,
}

/// Write what is stated about the releases of a product
///
/// People's decisions are stated as they were taken. What the rules find fixed is stated as fixed. What meets a component and
/// nobody decided on is under investigation. What the rules exclude is not mentioned. The same log gives the same bytes.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// Format
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    form: As,
    /// Who states it: the maker's name
    #[arg(long, value_name = "NAME")]
    author: String,
    /// The maker's address on the web [default: that of the log]
    #[arg(long, value_name = "URL")]
    namespace: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Sign the file with this SSH key; the signature goes beside it, with `.sig`
    #[arg(long, value_name = "KEY", requires = "out")]
    sign: Option<PathBuf>,
    /// File whose first line is the passphrase of the key
    #[arg(long, value_name = "FILE", requires = "sign")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    moment: MomentArgs,
}

impl VexCommand {
    pub(super) fn run(self, context: &Context) -> Result<Ended, Failure> {
        match self {
            Self::Export(args) => args.run(context),
        }
    }
}

impl ExportArgs {
    fn run(self, context: &Context) -> Result<Ended, Failure> {
        let product = self.scope.product()?;
        let doing = format!("stating what holds for {product}");
        let signer = self
            .sign
            .as_deref()
            .map(|path| Signer::open(path, &Passphrases { file: self.passphrase_file.clone() }));
        let signer = signer.transpose()?;
        let (_, loaded) = context.data.load()?;
        let moment = self.moment.settle(&loaded.world)?;
        let blobs = context.data.blobs()?;
        let bar = context.ui.progress("Reading documents", 0);
        let catalogue = Catalogue::load(&loaded.world, moment.until, &blobs, &mut |all| {
            bar.set_length(all as u64);
            bar.inc(1);
        });
        bar.finish_and_clear();
        let known = Knowledge::of(&loaded.world, moment.until);
        let releases: BTreeMap<u64, &Release> =
            known.releases.iter().filter(|(_, r)| *r.product == *product).map(|(i, r)| (*i, r)).collect();
        if releases.is_empty() {
            return Err(Failure::input(doing, "no release of it is known")
                .hint("`vouchsafe release list` shows which there are; give `--product`"));
        }
        for release in releases.values() {
            if catalogue.parts.bill(release.entry.index).is_none_or(|bill| bill.open().is_some()) {
                let label = release.label();
                context.ui.note(format!(
                    "note: nothing is stated of {label} beyond decisions: what it is made of is not known"
                ));
            }
        }
        let mut said =
            Said { catalogue: &catalogue, known: &known, stated: BTreeMap::new(), rests_on: BTreeSet::new() };
        for name in names(&catalogue, &known, &releases) {
            // A name that nothing speaks of any more has nothing to state.
            if let Ok(found) = findings(&catalogue, &known, &blobs, &Question::now(&name)) {
                said.take(&found, &releases);
            }
        }
        let stated = said.finish();
        if stated.is_empty() {
            return Err(Failure::input(
                doing,
                "there is nothing to state: no advisory meets its components, and nothing was decided",
            ));
        }
        let count = stated.len();
        let rests_on = said.rests_on;
        let issue = self.issue(&loaded, &moment, &known, &product, stated, &rests_on);
        let bytes = match self.form {
            As::Openvex => write_open_vex(&issue),
            As::Csaf => checked(&doing, write_csaf(&issue))?,
        };
        let Some(path) = &self.out else {
            context.ui.print(String::from_utf8_lossy(&bytes).trim_end())?;
            return Ok(Ended::Holds);
        };
        data::write_new(path, &bytes, false)?;
        let signature = signer.map(|signer| signer.sign(NAMESPACE, &bytes)).transpose()?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".sig");
        let beside = PathBuf::from(beside);
        if let Some(signature) = &signature {
            data::write_new(&beside, ssh::armour(signature).as_bytes(), false)?;
        }
        let ui = &context.ui;
        if ui.is_json() {
            ui.json(&moment.answer(json!({
                "written": path, "signature": signature.is_some().then_some(beside), "statements": count,
                "sha256": tlog::Hash::of(&bytes).to_string(),
            })))?;
            return Ok(Ended::Holds);
        }
        let statements = text::plural(count as u64, "statement", "statements");
        ui.print(ui.good(&format!("Wrote {statements} to {}", path.display())))?;
        if signature.is_some() {
            let pairs = [("signature", beside.display().to_string()), ("check", check_line(path, &beside))];
            ui.pairs(&pairs)?;
        }
        Ok(Ended::Holds)
    }

    fn issue(
        &self,
        loaded: &Loaded,
        moment: &Moment,
        known: &Knowledge,
        product: &str,
        stated: Vec<Stated>,
        rests_on: &BTreeSet<u64>,
    ) -> Issue {
        let world = &loaded.world;
        let origin = world.journal().origin();
        let namespace = self.namespace.clone().unwrap_or_else(|| format!("https://{origin}"));
        let name: String = product.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut revisions: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut revise = |time: evidence::Time, what| {
            revisions.entry(time.to_string()).or_default().insert(what);
        };
        let vulnerabilities = world.vulnerabilities();
        let counting = moment.known(world);
        // Decisions that later ones replaced were stated once; so the history has them.
        for decision in vulnerabilities.decisions(counting).filter(|d| d.entry.index < known.size) {
            revise(world.clock().time_of(decision.entry.index), "decisions");
        }
        for index in rests_on {
            let what = if known.releases.contains_key(index) { "releases" } else { "advisories" };
            let decided = known.decisions.iter().any(|d| d.taken.entry.index == *index);
            revise(world.clock().time_of(*index), if decided { "decisions" } else { what });
        }
        let revisions = revisions
            .into_iter()
            .map(|(time, what)| (time, format!("New: {}", what.into_iter().collect::<Vec<_>>().join(", "))));
        let entries: Vec<String> = known
            .decisions
            .iter()
            .map(|d| d.taken.entry.index)
            .filter(|index| rests_on.contains(index))
            .map(|index| index.to_string())
            .collect();
        let decisions = match entries.as_slice() {
            [] => String::new(),
            all => format!(" The decisions are its entries {}.", all.join(", ")),
        };
        Issue {
            id: format!("{}/vex/{name}", namespace.trim_end_matches('/')),
            title: format!("State of {product} with respect to known vulnerabilities"),
            author: self.author.clone(),
            namespace,
            revisions: revisions.collect(),
            tool: concat!("vouchsafe ", env!("CARGO_PKG_VERSION")).to_owned(),
            evidence: Some(format!(
                "As of {} of the log {origin}, its first {} entries.{decisions} Each is proven offline by `vouchsafe log prove`.",
                moment.at, known.size,
            )),
            stated,
        }
    }
}

/// How a reader checks the signature.
fn check_line(path: &std::path::Path, signature: &std::path::Path) -> String {
    let (path, signature) = (path.display(), signature.display());
    format!("ssh-keygen -Y verify -f SIGNERS -I NAME -n {NAMESPACE} -s {signature} < {path}")
}

/// A CSAF document that passes the mandatory tests; anything else is our mistake, and is not handed out.
fn checked(doing: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let document = Document::parse(&bytes).map_err(|e| Failure::damaged(doing, e))?;
    match csaf::mandatory(document.value()).first() {
        None => Ok(bytes),
        Some(failure) => {
            let (test, place, reason) = (failure.test, &failure.place, &failure.reason);
            Err(Failure::damaged(
                doing,
                format!("the document fails test {test} of CSAF at {place}: {reason}"),
            ))
        }
    }
}

/// Vulnerabilities that may concern the releases: those that meet a component of theirs, and those that were decided on.
fn names(catalogue: &Catalogue, known: &Knowledge, releases: &BTreeMap<u64, &Release>) -> BTreeSet<String> {
    let mut notices = BTreeSet::new();
    for number in 0..u32::try_from(catalogue.parts.len()).unwrap_or(u32::MAX) {
        if !catalogue.parts.carriers(number).any(|release| releases.contains_key(&release)) {
            continue;
        }
        let Some(part) = catalogue.parts.get(number) else { continue };
        for face in part.faces() {
            catalogue.documents.meeting(&Keys::of_component(&face), &mut notices);
        }
    }
    let current = notices.into_iter().filter_map(|number| catalogue.documents.get(number));
    let current =
        current.filter(|n| known.is_current(n.entry) && n.withdrawn.is_none() && n.informational.is_none());
    let decided = known.decisions.iter().map(|d| d.taken.fact.vulnerability.clone());
    current.map(|notice| notice.id.to_string()).chain(decided).collect()
}

/// What a statement says, apart from what it is said of.
type Key = (String, Vec<String>, Status, Option<String>, String, Option<String>, String);

/// Statements as they come together.
struct Said<'a> {
    catalogue: &'a Catalogue,
    known: &'a Knowledge,
    stated: BTreeMap<Key, BTreeSet<Subject>>,
    /// Entries that what is stated rests on.
    rests_on: BTreeSet<u64>,
}

impl Said<'_> {
    fn take(&mut self, found: &Findings, releases: &BTreeMap<u64, &Release>) {
        for (index, finding) in found.releases.iter().filter(|(index, _)| releases.contains_key(index)) {
            let Some(release) = releases.get(index) else { continue };
            for concerned in &finding.parts {
                let Some(part) = self.catalogue.parts.get(concerned.part) else { continue };
                let Some((status, key)) = self.key(found, &concerned.judged, release) else { continue };
                let (justification, reasoning, action, since) = key;
                let mut aliases: Vec<String> =
                    found.names.iter().filter(|n| **n != found.id).cloned().collect();
                aliases.sort();
                let key = (found.id.clone(), aliases, status, justification, reasoning, action, since);
                let subject = Subject { release: of_release(release), component: Some(of_part(part)) };
                self.stated.entry(key).or_default().insert(subject);
                self.rests_on.extend(&concerned.judged.entries);
                self.rests_on.insert(*index);
            }
        }
    }

    /// What is stated of a component in a release; `None` where nothing is.
    #[expect(clippy::type_complexity, reason = "the parts of a statement")]
    fn key(
        &self,
        found: &Findings,
        judged: &Judged,
        release: &Release,
    ) -> Option<(Status, (Option<String>, String, Option<String>, String))> {
        let decision = self.known.decisions.iter().find(|d| judged.decision == Some(d.taken.entry.index));
        if let Some(decision) = decision {
            let fact = &decision.taken.fact;
            let justification = fact.justification.map(|j| j.word().to_owned());
            let said =
                (justification, fact.statement.clone(), fact.action.clone(), decision.made.to_string());
            return Some((status(fact.status), said));
        }
        let why = || judged.steps.last().cloned().unwrap_or_default();
        let (status, reasoning) = match judged.verdict {
            Verdict::NotAffected => return None,
            Verdict::Fixed => (Status::Fixed, why()),
            // Somebody else's statement that counts: on whose word is in the last step.
            Verdict::NotAffectedByVex => (Status::NotAffected, why()),
            Verdict::Affected => (
                Status::UnderInvestigation,
                format!("The advisory applies to this version by its rules; not decided yet. {}", why()),
            ),
            Verdict::Undetermined => {
                (Status::UnderInvestigation, format!("It cannot be told yet. {}", why()))
            }
        };
        let taken = found.notices.iter().filter_map(|n| self.known.documents.get(&n.entry)).map(|d| d.taken);
        let since = taken.chain([release.made]).max().unwrap_or(release.made);
        Some((status, (None, reasoning, None, since.to_string())))
    }

    fn finish(&mut self) -> Vec<Stated> {
        std::mem::take(&mut self.stated)
            .into_iter()
            .map(|((vulnerability, aliases, status, justification, reasoning, action, since), subjects)| {
                Stated {
                    vulnerability,
                    aliases,
                    status,
                    justification,
                    reasoning,
                    action,
                    since,
                    subjects: subjects.into_iter().collect(),
                }
            })
            .collect()
    }
}

const fn status(status: VexStatus) -> Status {
    match status {
        VexStatus::NotAffected => Status::NotAffected,
        VexStatus::Affected => Status::Affected,
        VexStatus::Fixed => Status::Fixed,
        VexStatus::UnderInvestigation => Status::UnderInvestigation,
    }
}

/// A release by a package URL of its own: product, item, version.
fn of_release(release: &Release) -> Thing {
    let parts = PurlParts {
        ty: "generic",
        namespace: Some(&release.product),
        name: &release.item,
        version: Some(&release.version),
        ..PurlParts::default()
    };
    let purl = Purl::build(&parts).ok().map(|purl| purl.to_string());
    let id = purl.clone().unwrap_or_else(|| format!("urn:vouchsafe:release:{}", release.entry.entry));
    Thing {
        name: format!("{} {} of {}", release.item, release.version, release.product),
        id,
        purl,
        cpe: None,
    }
}

fn of_part(part: &Part) -> Thing {
    let name = match part.version() {
        Some(version) => format!("{} {version}", part.name),
        None => part.name.to_string(),
    };
    let purl = part.purls.first().map(ToString::to_string);
    let generic = || {
        let name = if part.name.is_empty() { "unnamed" } else { &part.name };
        let parts = PurlParts { ty: "generic", name, version: part.version(), ..PurlParts::default() };
        Purl::build(&parts).map_or_else(|_| "pkg:generic/unnamed".to_owned(), |purl| purl.to_string())
    };
    let id = purl.clone().unwrap_or_else(generic);
    let cpe = part.cpes.iter().find(|cpe| cpe.starts_with("cpe:2.3:")).cloned();
    Thing { name, id, purl, cpe }
}
