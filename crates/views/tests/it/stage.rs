//! A ledger in memory that is told releases, advisories, decisions and devices, and asked about them.

use std::sync::Arc;
use std::time::Duration;

use evidence::body::Measured;
use evidence::facts::fleet::{DeviceDeclared, DeviceEnrolled, DeviceMoved, DeviceReported, KeyOrigin};
use evidence::facts::log::{Configured, Voided};
use evidence::facts::release::ReleaseMade;
use evidence::facts::vulnerability::{AdvisoryTaken, VexStatus, VexTaken, VulnerabilityDecided};
use evidence::types::{Beacon, BlobRef, EntryRef, Interpreted, NamedDigest};
use evidence::{Evidence, Fact, Time};
use formats::matching::Verdict;
use formats::{advisory, sbom};
use ledger::Ledger;
use ledger::ports::FixedClock;
use testkit::{Author, Fixture, ORIGIN, START};
use tlog::Hash;
use views::population::{Answer, Catalogue, Knowledge, Populations, Question, answer, findings};

pub(crate) struct Stage {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) admin: Author,
}

pub(crate) fn t(seconds: u64) -> Time {
    Time::from_seconds(START + seconds).expect("a moment")
}

impl Stage {
    pub(crate) fn new() -> Self {
        let mut fixture = Fixture::new();
        // One who may everything, so that a story reads as one.
        let everyone = Author::person(77);
        fixture.enrol(&everyone, &["administrator", "quality", "ci", "security", "field", "station"]);
        let Fixture { ledger, clock, .. } = fixture;
        Self { ledger: Arc::new(ledger), clock, admin: everyone }
    }

    /// States a fact and says its entry.
    pub(crate) fn say(&mut self, fact: impl Into<Fact>) -> EntryRef {
        let entry = self.admin.state(fact);
        self.submit(entry)
    }

    pub(crate) fn submit(&self, entry: Arc<[u8]>) -> EntryRef {
        let outcome = self.ledger.submit(vec![entry]).pop().expect("an outcome");
        let receipt = outcome.unwrap_or_else(|e| panic!("{e}"));
        EntryRef { index: receipt.index, entry: receipt.entry }
    }

    pub(crate) fn at(&self, seconds: u64) {
        self.clock.set(t(seconds));
    }

    pub(crate) fn size(&self) -> u64 {
        self.ledger.read().size
    }

    fn interpreted(&self, raw: &[u8], normalised: &[u8]) -> Interpreted {
        let put = |bytes: &[u8]| BlobRef {
            digest: self.ledger.blobs().put(bytes).expect("kept"),
            length: bytes.len() as u64,
            media_type: "application/json".into(),
        };
        Interpreted { raw: put(raw), parser: "test".into(), parser_version: 1, normalised: put(normalised) }
    }

    pub(crate) fn advisory(&mut self, text: &str) -> EntryRef {
        let contents = advisory::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
        let canonical = advisory::to_canonical(&contents).expect("short");
        let document = self.interpreted(text.as_bytes(), &canonical);
        let first = contents.advisories.first().expect("an advisory");
        let id = first.document.clone().unwrap_or_else(|| first.id.clone());
        self.say(AdvisoryTaken {
            advisory: id,
            document,
            origin: "test".into(),
            modified: None,
            withdrawn: None,
            supersedes: None,
        })
    }

    pub(crate) fn vex(&mut self, text: &str, author: &str, key: Option<Hash>) -> EntryRef {
        let contents = advisory::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
        let canonical = advisory::to_canonical(&contents).expect("short");
        let document = self.interpreted(text.as_bytes(), &canonical);
        self.say(VexTaken { document, author: author.into(), signed_by: key, stated: None })
    }

    pub(crate) fn configure(&mut self, setting: &str, value: &str) -> EntryRef {
        self.say(Configured { setting: setting.into(), before: None, after: Some(value.into()) })
    }

    pub(crate) fn sbom(&self, text: &str) -> Interpreted {
        let document = sbom::read(std::io::Cursor::new(text.as_bytes()), &sbom::Limits::default());
        let document = document.unwrap_or_else(|e| panic!("{e}: {text}"));
        self.interpreted(text.as_bytes(), &sbom::to_canonical(&document.sbom))
    }

    pub(crate) fn release(&mut self, item: &str, version: &str, sboms: &[&str]) -> EntryRef {
        self.release_of(item, "main", version, sboms, &[])
    }

    pub(crate) fn release_of(
        &mut self,
        item: &str,
        line: &str,
        version: &str,
        sboms: &[&str],
        measured: &[(&str, u8)],
    ) -> EntryRef {
        let sboms = sboms.iter().map(|text| self.sbom(text)).collect();
        let digest = |(n, d): &(&str, u8)| NamedDigest { name: (*n).into(), digest: Hash([*d; 32]) };
        self.say(ReleaseMade {
            product: "pump".into(),
            item: item.into(),
            line: line.into(),
            version: version.into(),
            baseline: None,
            commit: None,
            artefacts: vec![],
            sboms,
            measurements: measured.iter().map(digest).collect(),
            verified: vec![],
            anomalies: vec![],
            signatures: vec![],
        })
    }

    pub(crate) fn declare(&mut self, asset: &str, software: &[&str], site: Option<&str>) -> EntryRef {
        self.say(DeviceDeclared {
            asset: asset.into(),
            udi: None,
            serial: Some(format!("SN-{asset}")),
            model: Some("P1".into()),
            software: software.iter().map(|s| (*s).to_owned()).collect(),
            site: site.map(str::to_owned),
            owner: None,
            custody: None,
            since: None,
            import: None,
        })
    }

    pub(crate) fn report(&mut self, asset: &str, software: &[&str]) -> EntryRef {
        self.say(DeviceReported {
            device: None,
            asset: Some(asset.into()),
            software: software.iter().map(|s| (*s).to_owned()).collect(),
            reported_at: None,
        })
    }

    pub(crate) fn shift(&mut self, asset: &str, site: &str, since: Option<Time>) -> EntryRef {
        self.say(DeviceMoved {
            device: None,
            asset: Some(asset.into()),
            site: Some(site.into()),
            owner: None,
            custody: None,
            since,
        })
    }

    pub(crate) fn enrol(&mut self, n: u64) -> Author {
        let author = Author::device(n);
        self.say(DeviceEnrolled {
            device: author.id,
            key: author.key.clone(),
            possession: author.possession(ORIGIN, None),
            udi: None,
            serial: Some(format!("SN{n}")),
            model: "P1".into(),
            hardware_version: None,
            key_origin: KeyOrigin::Puf,
            helper: None,
            report: None,
            product: "pump".into(),
        });
        author
    }

    /// Evidence with the beacon of the log as it is.
    pub(crate) fn attest(&self, device: &mut Author, measured: &[(&str, u8)]) -> EntryRef {
        let tree = self.ledger.tree();
        device.beacon = Some(Beacon { generation: 0, size: tree.size(), root: tree.root() });
        let one = |(n, d): &(&str, u8)| Measured { name: (*n).into(), version: None, digest: Hash([*d; 32]) };
        let measurements = measured.iter().map(one).collect();
        self.submit(device.state(Fact::Attested(Evidence { measurements, ..Evidence::default() })))
    }

    pub(crate) fn decide(
        &mut self,
        vulnerability: &str,
        component: &str,
        status: VexStatus,
        releases: &[&EntryRef],
    ) -> EntryRef {
        self.say(VulnerabilityDecided {
            vulnerability: vulnerability.into(),
            component: component.into(),
            status,
            justification: None,
            statement: "looked at".into(),
            releases: releases.iter().map(|r| (*r).clone()).collect(),
            action: None,
            risks: vec![],
            supersedes: None,
        })
    }

    pub(crate) fn void(&mut self, entry: &EntryRef) -> EntryRef {
        self.say(Voided { entry: entry.clone(), approval: entry.clone() })
    }

    /// The answer without a follower.
    pub(crate) fn ask(&self, question: &Question) -> Answer {
        self.try_ask(question).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn try_ask(&self, question: &Question) -> Result<Answer, views::population::PopulationError> {
        let blobs = &**self.ledger.blobs();
        let size = question.known.unwrap_or_else(|| self.size());
        let (catalogue, known) = {
            let world = self.ledger.read();
            (Catalogue::load(&world, self.size(), blobs, &mut |_| {}), Arc::new(Knowledge::of(&world, size)))
        };
        let found = Arc::new(findings(&catalogue, &known, blobs, question)?);
        Ok(answer(&*self.ledger, &catalogue, known, found, question))
    }

    /// A follower that is up with the log.
    pub(crate) fn follower(&self) -> Arc<Populations> {
        let populations = Populations::start(self.ledger.clone()).expect("a thread");
        self.caught_up(&populations);
        populations
    }

    pub(crate) fn caught_up(&self, populations: &Populations) {
        let size = self.size();
        let applied = populations.wait_beyond(size - 1, Duration::from_secs(60));
        assert!(applied >= size, "applied {applied} of {size}");
    }
}

/// Everything that is answered, but for the devices beyond the page.
pub(crate) fn everything(asked: &str) -> Question {
    Question { list: views::population::VERDICTS.to_vec(), limit: 1_000, ..Question::now(asked) }
}

/// The verdict on a release by its label.
pub(crate) fn verdict(answer: &Answer, label: &str) -> Verdict {
    let found = answer.releases.iter().find(|r| r.release.label() == label);
    found.unwrap_or_else(|| panic!("no release {label}")).verdict
}

/// Steps of a release, all together.
pub(crate) fn steps(answer: &Answer, label: &str) -> String {
    let found = answer.releases.iter().find(|r| r.release.label() == label).expect("a release");
    let of_components = found.components.iter().flat_map(|c| &c.judged.steps);
    of_components.chain(&found.steps).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A bill of materials of components, each a purl, or a name and version.
pub(crate) fn bom(components: &[&str]) -> String {
    let one = |component: &&str| {
        let (name, version) = component.rsplit_once('@').unwrap_or((component, ""));
        let name = name.rsplit('/').next().unwrap_or(name).trim_start_matches("pkg:");
        let version = version.split(['?', '#']).next().unwrap_or(version);
        let purl =
            if component.starts_with("pkg:") { format!(r#","purl":"{component}""#) } else { String::new() };
        format!(r#"{{"type":"library","name":"{name}","version":"{version}"{purl}}}"#)
    };
    let all: Vec<String> = components.iter().map(one).collect();
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{}]}}"#, all.join(","))
}

/// An OSV document about a generic package: affected before a version.
pub(crate) fn osv(id: &str, purl: &str, fixed: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"GIT","name":"x","purl":"{purl}"}},
        "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]{more}}}"#
    )
}
