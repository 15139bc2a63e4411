//! The inspector's questions: what ran on a pump when an event happened, what could be known then, who approved it; each
//! answered from the log, with proofs that another process verifies.

use serde_json::Value;

use super::fleet::Pump;
use super::must;
use super::story::{Play, WEEK};
use crate::data;
use crate::failure::Failure;

/// Week of the event: two months before the end, while the pump had no link.
const EVENT: u64 = 8;
/// Which pump: one of those that lost their link.
const PUMP: usize = 0;

fn freshness(device: &Value) -> &str {
    device.pointer("/freshness").and_then(Value::as_str).unwrap_or_default()
}

fn firmware(device: &Value) -> Option<&str> {
    let running = device.pointer("/running")?.as_array()?;
    running.iter().find(|r| r["item"] == "firmware")?["version"].as_str()
}

impl Play<'_, '_> {
    /// Asks and answers.
    pub(super) fn inspect(&mut self, pumps: &[Pump]) -> Result<(), Failure> {
        self.stage.step("The inspector asks")?;
        let Some(serial) = pumps.get(PUMP).map(|p| p.serial.clone()) else {
            return must(false, "there is a pump");
        };
        let event = self.start.plus(EVENT * WEEK + 3_600).to_string();
        let today = self.command(0, &["device", "show", &serial, "--at", &event])?;
        let then = self.command(0, &["device", "show", &serial, "--at", &event, "--known", &event])?;
        must(firmware(&today) == Some("2.1.0"), "what ran is known")?;
        must(freshness(&today) == "proven", "what ran is proven by late evidence")?;
        must(freshness(&then) != "proven", "at the time it could not be known for certain")?;
        self.stage.tell(&format!(
            "At the event, {event}, {serial} had no link. Known today: it ran 2.1.0, proven by evidence that arrived \
             later. What could be known then: {}, from its last word before.",
            freshness(&then)
        ))?;
        let answer = self.command(0, &["device", "show", &serial, "--at", &event, "--prove"])?;
        let path = self.stage.beside.join("answer.json");
        data::write_new(&path, answer.to_string().as_bytes(), false)?;
        let policy = self.commands.data_file("log.policy");
        let shown = path.display().to_string();
        let verified = self.command(0, &["verify", &shown, "--policy", &policy])?;
        must(verified.is_object(), "the answer verifies offline")?;
        let release = self.command(0, &["show", "REL-002", "--from-log", "--at", &event])?;
        let named = release.to_string();
        must(named.contains("Quality manager"), "who approved it is known, with the signature")?;
        let risk = self.command(0, &["show", "RISK-008", "--from-log", "--at", &event])?;
        must(risk.to_string().contains("RISK-008"), "the risk behind it is known")?;
        self.stage.tell(
            "The system release 2.1.0 was approved by the quality manager, whose signature over its revision is in the log; \
             RISK-008 and what controls it are one step further. `vouchsafe verify` accepted the answer with its proofs.",
        )
    }
}
