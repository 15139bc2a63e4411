//! The audit of a whole log under a trust policy or without one, and its report for people who did not build it.

use evidence::{Entry, Fact};
use ledger::audit::{Depth, Report, audit};
use ledger::ports::Log;
use serde_json::json;
use tlog::policy::{Policy, Verdict as Judgement};
use tlog::tile::Edge;
use tlog::{Checkpoint, Error, Note, VerifierKey, leaf_hash};

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// What is to be audited.
pub(crate) struct Audit<'a> {
    pub(crate) log: &'a dyn Log,
    /// The policy from outside, if there is one.
    pub(crate) policy: Option<&'a Policy>,
    /// Verify signatures and streams, not only hashes.
    pub(crate) signatures: bool,
}

/// What was found about the checkpoint.
struct Trust<'a> {
    judgement: Option<Judgement<'a>>,
    key: Option<VerifierKey>,
    problem: Option<String>,
}

impl Audit<'_> {
    /// Runs the audit, then `finally`, and prints the report.
    pub(crate) fn run(
        &self,
        context: &Context,
        subject: &str,
        unchecked: &[&str],
        finally: impl FnOnce() -> Result<(), String>,
    ) -> Result<Verdict, Failure> {
        let head = self.log.head()?.ok_or(ledger::LedgerError::NoLog)?;
        let trust = self.trust(&head.checkpoint)?;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let bar = context
            .ui
            .progress(if self.signatures { "Verifying entries" } else { "Re-hashing entries" }, head.size);
        let depth = Depth { signatures: self.signatures, threads };
        let mut report = audit(self.log, depth, trust.key.as_ref(), |done, _| bar.set_position(done))?;
        bar.finish_and_clear();
        if report.problem.is_none() {
            report.problem = trust.problem.clone().or_else(|| finally().err()).map(|p| (None, p));
        }
        self.print(context, subject, &report, &trust, unchecked)?;
        Ok(if report.holds() { Verdict::Holds } else { Verdict::DoesNotHold })
    }

    /// Judges the checkpoint by the policy.
    fn trust(&self, note: &str) -> Result<Trust<'_>, Failure> {
        let mut trust = Trust { judgement: None, key: None, problem: None };
        let Some(policy) = self.policy else { return Ok(trust) };
        let doing = "reading the checkpoint";
        let parsed = Note::parse(note.as_bytes()).map_err(|e| Failure::damaged(doing, e))?;
        // The log's own key, whatever becomes of the quorum: the audit rests on it.
        let signed = |key: &&VerifierKey| Checkpoint::of(&parsed, key).is_ok();
        trust.key = policy.logs().iter().map(|log| &log.key).find(signed).cloned();
        match policy.verify(&parsed) {
            Ok(judgement) => trust.judgement = Some(judgement),
            Err(Error::QuorumNotMet { counted }) => match self.older(policy)? {
                Some(judgement) => trust.judgement = Some(judgement),
                None => {
                    trust.problem =
                        Some(format!("too few witnesses of the policy have cosigned: {counted} that count"));
                }
            },
            Err(e) => trust.problem = Some(format!("the checkpoint: {e}")),
        }
        Ok(trust)
    }

    /// The newest checkpoint that the policy's witnesses have cosigned, when its root is the one of the entries.
    fn older<'p>(&self, policy: &'p Policy) -> Result<Option<Judgement<'p>>, Failure> {
        let Some(cosigned) = self.log.cosigned()? else { return Ok(None) };
        let Ok(note) = Note::parse(cosigned.checkpoint.as_bytes()) else { return Ok(None) };
        let Ok(judgement) = policy.verify(&note) else { return Ok(None) };
        let (mut edge, mut filled) = (Edge::new(), Vec::new());
        while edge.size() < judgement.checkpoint.size {
            let left =
                usize::try_from(judgement.checkpoint.size - edge.size()).unwrap_or(usize::MAX).min(4_096);
            let entries = self.log.read(edge.size(), left, 8 << 20)?;
            if entries.is_empty() {
                return Ok(None);
            }
            entries.iter().take(left).for_each(|e| edge.append(leaf_hash(e), &mut filled));
            filled.clear();
        }
        Ok((edge.root() == judgement.checkpoint.root).then_some(judgement))
    }

    fn print(
        &self,
        context: &Context,
        subject: &str,
        report: &Report,
        trust: &Trust<'_>,
        unchecked: &[&str],
    ) -> Result<(), Failure> {
        let beginning = Beginning::of(self.log);
        let witnesses: Vec<String> =
            trust.judgement.iter().flat_map(|j| &j.witnesses).map(text::witness).collect();
        let witnessed = trust.judgement.as_ref().map(|j| j.checkpoint.size);
        let ui = &context.ui;
        if ui.is_json() {
            let problem =
                report.problem.as_ref().map(|(index, reason)| json!({ "index": index, "reason": reason }));
            return ui.json(&json!({
                "holds": report.holds(), "policy": self.policy.is_some(), "problem": problem,
                "origin": beginning.origin, "log_key": beginning.key, "simulated": beginning.simulated,
                "size": report.size, "good": report.good, "root": report.root.to_string(),
                "signatures": report.signatures, "streams": report.streams, "gaps": report.gaps,
                "forks": report.forks, "tiles": report.tiles, "witnessed_size": witnessed,
                "witnesses": witnesses, "unchecked": unchecked,
            }));
        }
        match (&report.problem, self.policy) {
            (Some((Some(index), reason)), _) => {
                let reason = text::printable(reason, 400);
                ui.print(ui.bad(&format!("{subject} does not hold: entry {index} is wrong: {reason}.")))?;
            }
            (Some((None, reason)), _) => {
                ui.print(ui.bad(&format!("{subject} does not hold: {}.", text::printable(reason, 400))))?;
            }
            (None, Some(_)) => ui.print(ui.good(&format!("{subject} holds under the trust policy.")))?,
            (None, None) => ui.print(ui.warn(&format!(
                "{subject} is only consistent under the key it carries itself, {}: no trust policy was given.",
                beginning.key
            )))?,
        }
        let mut pairs = vec![("log", beginning.name())];
        pairs.push(("begun", beginning.begun.clone()));
        pairs.push((
            "entries",
            if report.holds() {
                format!("{}, all good", text::count(report.size))
            } else {
                format!(
                    "{} of {} are good, from the first on",
                    text::count(report.good),
                    text::count(report.size)
                )
            },
        ));
        pairs.push(("root", report.root.to_string()));
        if let Some(judgement) = &trust.judgement {
            pairs.push(("signed by", judgement.log.key.to_string()));
        }
        if !witnesses.is_empty() {
            let covers = witnessed.filter(|size| *size < report.size);
            let covers = covers.map(|size| format!("\nfor the first {} entries", text::count(size)));
            pairs.push(("witnesses", format!("{}{}", witnesses.join("\n"), covers.unwrap_or_default())));
        }
        if report.signatures {
            let findings = match (report.gaps, report.forks) {
                (0, 0) => "no gap, no fork".to_owned(),
                (gaps, forks) => format!(
                    "{}, {}: each is a finding about its source",
                    text::plural(gaps as u64, "gap is open", "have open gaps"),
                    text::plural(forks as u64, "was forked", "were forked")
                ),
            };
            pairs.push(("streams", format!("{}; {findings}", text::count(report.streams as u64))));
        }
        pairs.push(("checked", if report.signatures {
            "each byte is under the root; each entry is signed by a key that its source held at that index;\n\
             each stream is followed; the log should have taken each entry".into()
        } else {
            "each byte is under the root".to_owned()
        }));
        let mut not = unchecked.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        if !report.signatures {
            not.insert(0, "signatures and streams (--hashes-only)".into());
        }
        if self.policy.is_none() {
            not.insert(0, "whether the keys are the right ones: give a trust policy with --policy".into());
        } else if witnesses.is_empty() {
            not.insert(0, "whether others were shown the same log: the policy asks for no witness".into());
        }
        pairs.push(("not checked", not.join("\n")));
        ui.pairs(&pairs)
    }
}

/// What the first entry says about the log.
#[derive(Default)]
struct Beginning {
    origin: String,
    key: String,
    begun: String,
    simulated: bool,
}

impl Beginning {
    /// Empty where the first entry cannot be read; the audit says so.
    fn of(log: &dyn Log) -> Self {
        let first = log.read(0, 1, 0).ok().and_then(|entries| entries.into_iter().next());
        let entry = first.and_then(|raw| Entry::decode(&raw).ok());
        let Some(Fact::Genesis(f)) = entry.as_ref().map(|e| &e.body().fact) else { return Self::default() };
        Self {
            origin: text::printable(&f.origin, 200),
            key: text::printable(&f.log_key, 300),
            begun: f.created.to_string(),
            simulated: f.clock == evidence::facts::log::Clock::Simulated,
        }
    }

    fn name(&self) -> String {
        let simulated = if self.simulated { "\nsimulated: no time and no device in it is real" } else { "" };
        format!("{}{simulated}", self.origin)
    }
}
