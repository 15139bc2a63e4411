//! What became of the documents, told.

use serde_json::{Value, json};

use super::documents::Passed;
use super::take::Refused;
use crate::commands::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// What became of the documents of one call.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) new: u64,
    pub(super) changed: u64,
    /// Of both: withdrawn by their publishers.
    pub(super) withdrawn: u64,
    /// Of both: VEX documents.
    pub(super) statements: u64,
    pub(super) unchanged: u64,
    /// Given twice, or older than what is known: place and reason.
    pub(super) left: Vec<Refused>,
    pub(super) refused: Vec<Refused>,
    pub(super) passed: Passed,
    /// Irregularities in what was taken in.
    pub(super) findings: u64,
    /// The feed says that nothing changed, or gave the same as before.
    pub(super) same: bool,
    /// First and last entry.
    pub(super) entries: Option<(u64, u64)>,
}

fn places(list: &[Refused]) -> Value {
    list.iter().map(|r| json!({ "place": r.place, "reason": r.reason })).collect()
}

impl Outcome {
    /// Documents that are in the log now and were not before.
    pub(super) fn taken(&self) -> u64 {
        self.new + self.changed
    }

    /// Whether everything given could be read.
    pub(super) fn verdict(&self) -> Verdict {
        if self.refused.is_empty() { Verdict::Holds } else { Verdict::DoesNotHold }
    }

    pub(super) fn tell(&self, context: &Context) -> Result<(), Failure> {
        let ui = &context.ui;
        if ui.is_json() {
            return ui.json(&json!({
                "new": self.new, "changed": self.changed, "withdrawn": self.withdrawn, "vex": self.statements,
                "unchanged": self.unchanged, "left": places(&self.left), "refused": places(&self.refused),
                "passed_over": self.passed.files, "same": self.same, "findings": self.findings,
                "entries": self.entries.map(|(first, last)| json!({ "first": first, "last": last })),
            }));
        }
        if self.same {
            return ui.print("The feed is as it was.");
        }
        let taken = text::plural(self.taken(), "document", "documents");
        ui.print(ui.good(&format!("Took in {taken}")))?;
        let mut pairs = vec![("new", text::count(self.new)), ("changed", text::count(self.changed))];
        let more = [
            ("withdrawn", self.withdrawn),
            ("VEX", self.statements),
            ("as they were", self.unchanged),
            ("other files", self.passed.files),
            ("irregular", self.findings),
        ];
        pairs.extend(more.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name, text::count(n))));
        if let Some((first, last)) = self.entries {
            pairs.push(("entries", format!("{} to {}", text::count(first), text::count(last))));
        }
        ui.pairs(&pairs)?;
        for (title, list) in [("Left as the log has it", &self.left), ("Refused", &self.refused)] {
            if list.is_empty() {
                continue;
            }
            ui.print(format!("\n{}", ui.warn(&format!("{title}: {}", text::count(list.len() as u64)))))?;
            for one in list {
                ui.print(format!(
                    "  {}: {}",
                    text::printable(&one.place, 300),
                    text::printable(&one.reason, 400)
                ))?;
            }
        }
        Ok(())
    }
}
