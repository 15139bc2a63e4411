//! Advisories come in during the story: who is affected, who is not and why, who nobody can tell; a decision; and how the
//! affected fleet shrinks as corrected firmware is attested.

use serde_json::Value;

use super::must;
use super::story::{Play, WEEK};
use crate::failure::Failure;
use crate::text::count;

/// The vulnerability that hits: the update client of 2.1.0 sets no host name.
const HIT: &str = "CVE-2025-27809";
/// One whose affected versions its publisher does not give.
const UNCLEAR: &str = "CVE-2020-22283";
/// One that was fixed before the component came in.
const FIXED: &str = "CVE-2021-31571";

/// Devices by verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) affected: u64,
    pub(super) undetermined: u64,
    pub(super) fleet: u64,
}

fn counts(answer: &Value) -> Counts {
    let verdict = |word: &str| answer["verdicts"][word].as_u64().unwrap_or_default();
    Counts {
        affected: verdict("affected"),
        undetermined: verdict("undetermined"),
        fleet: answer["fleet"].as_u64().unwrap_or_default(),
    }
}

impl Play<'_, '_> {
    /// Advisories come in; one hits.
    pub(super) fn advisories(&mut self) -> Result<(), Failure> {
        self.state("security-engineer", &["advisories", "add", "advisories"])?;
        let hit = counts(&self.command(0, &["affected", HIT])?);
        let unclear = counts(&self.command(0, &["affected", UNCLEAR])?);
        let fixed = counts(&self.command(0, &["affected", FIXED])?);
        must(hit.affected > 0, "pumps carry the vulnerable library")?;
        must(unclear.affected == 0 && unclear.undetermined > 0, "who cannot be told is undetermined")?;
        must(fixed.affected == 0, "what was fixed before affects nobody")?;
        self.state(
            "security-engineer",
            &[
                "decide",
                HIT,
                "--component",
                "pkg:github/mbed-tls/mbedtls@v3.6.2",
                "--status",
                "affected",
                "--statement",
                "The session with the gateway sets the host name; the update client, new in 2.1.0, does not.",
                "--action",
                "Install 2.1.1; until then the update service answers on the hospital network alone.",
                "--release",
                "firmware@2.1.0",
                "--risk",
                "RISK-008",
            ],
        )?;
        self.stage.tell(&format!(
            "{HIT} hits: {} of {} devices run a release with an affected Mbed TLS, by what they attested, reported or were \
             declared with; of {} nobody can tell, and the answer says why. {UNCLEAR} names no versions: {} undetermined, \
             never silently unaffected. {FIXED} was fixed before it came in: nobody.",
            count(hit.affected),
            count(hit.fleet),
            count(hit.undetermined),
            count(unclear.undetermined)
        ))?;
        self.stage.figure("affected_at_first", hit.affected);
        self.first = hit;
        Ok(())
    }

    /// After the updates: fewer are affected, by measurement.
    pub(super) fn correction(&mut self) -> Result<(), Failure> {
        self.stage.step("The affected fleet shrinks by measurement")?;
        let now = counts(&self.command(0, &["affected", HIT])?);
        let then = self.start.plus(11 * WEEK).to_string();
        let before = counts(&self.command(0, &["affected", HIT, "--at", &then])?);
        must(before.affected > now.affected, "fewer devices are affected than before the update")?;
        must(now.affected > 0, "those that were not updated are still affected")?;
        self.command(0, &["vulnerabilities", "trend", HIT])?;
        self.command(0, &["vulnerabilities", "metrics"])?;
        self.stage.tell(&format!(
            "Before 2.1.1 {} devices were affected, now {}: each that left the list attested the corrected firmware. \
             The pages draw the course.",
            count(before.affected),
            count(now.affected)
        ))?;
        self.stage.figure("affected_before_update", before.affected);
        self.stage.figure("affected_now", now.affected);
        Ok(())
    }
}
