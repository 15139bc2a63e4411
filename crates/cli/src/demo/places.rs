//! Where the pumps are: sixty hospitals, pumps put to use, and pumps that only a list knows.

use evidence::facts::fleet::{Custody, DeviceMoved, ReportingSet, SiteDefined};
use serde_json::Value;

use super::fleet::{self, Pump};
use super::must;
use super::story::{DAY, Play, WEEK};
use crate::failure::Failure;
use crate::text::{count, plural};

/// Sites.
const SITES: usize = 60;
/// One declared pump for so many that attest.
const DECLARED_SHARE: u64 = 4;

/// The site of the n-th pump.
fn site(n: usize) -> String {
    format!("hospital-{:02}", n % SITES + 1)
}

impl Play<'_, '_> {
    /// Sites are defined, pumps are put to use, and a list of pumps without keys is imported.
    pub(super) fn deploy(&mut self, pumps: &[Pump]) -> Result<(), Failure> {
        let now = self.now();
        let mut entries = Vec::new();
        // Pumps report weekly in this story.
        let reporting =
            ReportingSet { model: Some(fleet::MODEL.into()), interval: WEEK + DAY, deadline: 2 * WEEK + DAY };
        entries.push(self.company.field.state(now, None, reporting)?);
        for n in 0..SITES {
            let fact = SiteDefined { site: site(n), name: None, country: None };
            entries.push(self.company.field.state(now, None, fact)?);
        }
        for (n, pump) in pumps.iter().enumerate() {
            let fact = DeviceMoved {
                device: Some(pump.actor.id),
                asset: None,
                site: Some(site(n)),
                owner: None,
                custody: Some(Custody::InUse),
                since: None,
            };
            entries.push(self.company.field.state(now, None, fact)?);
        }
        self.submit(entries)?;
        let declared = (pumps.len() as u64 / DECLARED_SHARE).max(1);
        let mut list = String::from("asset,udi,serial,model,software,site,custody\n");
        for n in 0..declared {
            let serial = format!("OLD{:05}", n + 1);
            let version = if n % 3 == 0 { "2.0.0" } else { "2.1.0" };
            let place = site(usize::try_from(n).unwrap_or_default());
            list.push_str(&format!(
                "inventory-{:05},(01){}(21){serial},{serial},{},firmware {version},{place},in-use\n",
                n + 1,
                fleet::UDI_DI,
                fleet::MODEL
            ));
        }
        self.company.put("inventory.csv", list.as_bytes())?;
        self.state("field-service", &["fleet", "import", "inventory.csv"])?;
        let counted = self.command(0, &["fleet", "count"])?;
        let grade = |word: &str| counted["grades"][word].as_u64().unwrap_or_default();
        let all = counted["count"].as_u64().unwrap_or_default();
        must(all == pumps.len() as u64 + declared, "every pump is counted once")?;
        must(grade("declared") == all, "until pumps attest, all is declared")?;
        self.stage.tell(&format!(
            "They went to {}. A list of the service system brought {} without keys: all are counted, {} declared, none \
             attested yet.",
            plural(SITES as u64, "hospital", "hospitals"),
            plural(declared, "older pump", "older pumps"),
            count(grade("declared"))
        ))?;
        self.stage.figure("declared", counted.get("count").and_then(Value::as_u64).unwrap_or_default());
        Ok(())
    }
}
