//! A small log with everything that packages speak of: releases with a bill of materials, devices, evidence, a clone, a
//! signature, decisions, a withdrawal, a correction. In memory, the same each time but for when the log ticks.

use std::sync::Arc;

use ed25519_dalek::Signer;
use evidence::body::Measured;
use evidence::facts::design::{BaselineMade, Verdict};
use evidence::facts::fleet::{Custody, DeviceDeclared, DeviceEnrolled, DeviceMoved, KeyOrigin, SiteDefined};
use evidence::facts::log::Voided;
use evidence::facts::release::{Artefact, ItemRelease, ReleaseMade, ReleaseWithdrawn, SystemReleaseMade};
use evidence::facts::statements::Signed;
use evidence::facts::vulnerability::{AdvisoryTaken, VexStatus, VulnerabilityDecided};
use evidence::proof::ssh;
use evidence::statement::{Meaning, Statement};
use evidence::types::{Beacon, BlobRef, Bytes, EntryRef, Interpreted, NamedDigest};
use evidence::{Body, Evidence, Fact, Hash, SourceKind, Time};
use ledger::{Ledger, TreeView};
use report::{Built, Origin, Request, Scope, build};
use testkit::{Author, Fixture, ORIGIN, START};
use tlog::{Checkpoint, Note, VerifierKey, cosignature};

#[path = "story_design.rs"]
mod design;

/// Serial numbers of the devices.
pub(crate) const SERIALS: [&str; 3] = ["SN-0001", "SN-0002", "SN-0003"];

/// The log, told.
pub(crate) struct Story {
    pub(crate) fixture: Fixture,
    /// Log size before the second release.
    pub(crate) early: u64,
}

struct Cast {
    f: Fixture,
    ci: Author,
    quality: Author,
    security: Author,
    station: Author,
    field: Author,
    devices: Vec<Author>,
    /// Present revisions of records.
    revisions: std::collections::BTreeMap<String, Hash>,
}

fn t(seconds: u64) -> Time {
    Time::from_seconds(START + seconds).expect("a moment")
}

fn digest(of: &str) -> Hash {
    Hash::of(of.as_bytes())
}

impl Cast {
    fn new() -> Self {
        let mut f = Fixture::new();
        let ci = Author::new(SourceKind::Ci, 21);
        let (quality, security, field) = (Author::person(22), Author::person(23), Author::person(24));
        let station = Author::new(SourceKind::Station, 25);
        for (author, role) in [
            (&ci, "ci"),
            (&quality, "quality"),
            (&security, "security"),
            (&station, "station"),
            (&field, "field"),
        ] {
            f.enrol(author, &[role]);
        }
        Self {
            f,
            ci,
            quality,
            security,
            station,
            field,
            devices: (1..=3).map(Author::device).collect(),
            revisions: std::collections::BTreeMap::new(),
        }
    }

    fn taken(&self, entry: Arc<[u8]>) -> EntryRef {
        let receipt = self.f.submit(entry).expect("taken");
        EntryRef { index: receipt.index, entry: receipt.entry }
    }

    /// A release of a line of its own, in which no record is stated.
    fn release(&mut self, version: &str, baseline: Option<EntryRef>) -> EntryRef {
        let blob = |text: String| -> BlobRef {
            let digest = self.f.ledger.blobs().put(text.as_bytes()).expect("kept");
            BlobRef { digest, length: text.len() as u64, media_type: "application/json".into() }
        };
        let sbom = Interpreted {
            raw: blob(format!("{{\"bomFormat\":\"CycloneDX\",\"version\":\"{version}\"}}")),
            parser: "cyclonedx".into(),
            parser_version: 1,
            normalised: blob(format!(
                "{{\"sbom\":{{\"components\":[{{\"name\":\"lwip\",\"purls\":[\"pkg:generic/lwip@2.1.2\"],\"version\":\"2.1.2\"}},\
                 {{\"name\":\"app {version}\"}}],\"metadata\":{{}}}},\"version\":1}}"
            )),
        };
        let fact = ReleaseMade {
            product: "pump".into(),
            item: "firmware".into(),
            line: version.into(),
            version: version.into(),
            baseline,
            commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
            artefacts: vec![Artefact {
                name: "firmware.bin".into(),
                digest: digest(version),
                length: 262_144,
            }],
            sboms: vec![sbom],
            measurements: vec![NamedDigest { name: "firmware".into(), digest: digest(version) }],
            verified: Vec::new(),
            anomalies: Vec::new(),
            signatures: Vec::new(),
        };
        let made = self.ci.state(fact);
        self.taken(made)
    }

    fn attest(&mut self, n: usize, at: u64, version: &str) {
        self.f.at(at);
        let beacon = self.beacon();
        let device = &mut self.devices[n];
        device.beacon = Some(beacon);
        device.time = Some(t(at));
        let measurements = vec![Measured {
            name: "firmware".into(),
            version: Some(version.into()),
            digest: digest(version),
        }];
        let entry = device.state(Fact::Attested(Evidence { measurements, ..Evidence::default() }));
        self.taken(entry);
    }

    fn beacon(&self) -> Beacon {
        let key = VerifierKey::parse(self.f.ledger.read().journal().log_key()).expect("a key");
        let (c, _) = Checkpoint::open(self.f.ledger.checkpoint().as_bytes(), &key).expect("a checkpoint");
        Beacon { generation: 0, size: c.size, root: c.root }
    }

    fn sign(&mut self, record: &str, revision: Hash) -> EntryRef {
        let statement = Statement {
            record: record.into(),
            revision,
            meaning: Meaning::Approve,
            name: "Somebody".into(),
            time: t(500),
        };
        let text = statement.text().expect("a statement");
        let signed = ssh::signed_data(ssh::RECORD_NAMESPACE, text.as_bytes());
        let blob = ssh::blob(
            &self.quality.key,
            ssh::RECORD_NAMESPACE,
            &self.quality.secret.sign(&signed).to_bytes(),
        )
        .expect("a blob");
        let fact = Signed {
            statement: text,
            signature: Bytes(blob),
            signer: self.quality.id,
            record: record.into(),
            revision,
            meaning: Meaning::Approve,
        };
        let entry = self.quality.state(fact);
        self.taken(entry)
    }

    fn enrol(&mut self) {
        let site =
            self.field_or_ci(SiteDefined { site: "S-1".into(), name: None, country: Some("DE".into()) });
        self.taken(site);
        for (n, serial) in SERIALS.iter().enumerate() {
            let device = &self.devices[n];
            let udi = format!("(01)09506000134352(21){serial}");
            let fact = DeviceEnrolled {
                device: device.id,
                key: device.key.clone(),
                possession: device.possession(ORIGIN, Some(&udi)),
                udi: Some(udi),
                serial: Some((*serial).into()),
                model: "IP-400".into(),
                hardware_version: Some("B".into()),
                key_origin: KeyOrigin::Puf,
                helper: None,
                report: None,
                product: "pump".into(),
            };
            let moved = DeviceMoved {
                device: Some(device.id),
                asset: None,
                site: Some("S-1".into()),
                owner: None,
                custody: Some(Custody::InUse),
                since: None,
            };
            let enrolled = self.station.state(fact);
            self.taken(enrolled);
            let moved = self.field.state(moved);
            self.taken(moved);
        }
        let declared = DeviceDeclared {
            asset: "A-77".into(),
            udi: None,
            serial: Some("OLD-77".into()),
            model: Some("IP-300".into()),
            software: vec!["firmware 1.0.0".into()],
            site: Some("S-1".into()),
            owner: None,
            custody: None,
            since: None,
            import: None,
        };
        let entry = self.field_or_ci(declared);
        self.taken(entry);
    }

    fn field_or_ci(&mut self, fact: impl Into<Fact>) -> Arc<[u8]> {
        self.ci.state(fact)
    }

    /// Another holder of a device's key speaks at a place that is taken.
    fn clone_speaks(&mut self) {
        let device = &self.devices[1];
        let body = Body {
            sequence: device.sequence - 1,
            previous: None,
            ..device.body(Fact::Attested(Evidence::default()))
        };
        let body = if body.sequence == 0 { body } else { Body { previous: Some(Hash([9; 32])), ..body } };
        let forged = device.sign(body).encode();
        assert!(self.f.submit(forged.into()).is_err(), "a clone is told");
    }
}

impl Story {
    pub(crate) fn tell() -> Self {
        let mut c = Cast::new();
        c.f.at(60);
        c.design();
        let first = c.release("1.0.0", None);
        c.enrol();
        c.attest(0, 3_600, "1.0.0");
        c.attest(1, 3_700, "1.0.0");
        let early = c.f.ledger.read().size;
        let baseline = BaselineMade {
            name: "1.1.0".into(),
            product: "pump".into(),
            line: "main".into(),
            size: c.f.ledger.read().size,
            root: digest("baseline"),
            records: 17,
        };
        let baseline = c.ci.state(baseline);
        let baseline = c.taken(baseline);
        // After the baseline: no part of it.
        c.record("SWR-009", "software-requirement", &[("title", &["For later"])]);
        // Of a commit that the baseline holds, and of a later one.
        c.commit(&"c".repeat(40));
        c.result("TC-002", Verdict::Failed, Some(&"b".repeat(40)));
        c.result("TC-002", Verdict::Passed, Some(&"c".repeat(40)));
        let second = c.release("1.1.0", Some(baseline));
        let revision = c.revisions["SWR-002"];
        c.sign("SWR-002", revision);
        let document = c.interpreted("advisory");
        let advisory = AdvisoryTaken {
            advisory: "CVE-2026-0001".into(),
            document,
            origin: "a feed".into(),
            modified: None,
            withdrawn: None,
            supersedes: None,
        };
        let entry = c.security.state(advisory);
        c.taken(entry);
        let item = ItemRelease { item: "firmware".into(), version: "1.1.0".into(), release: second.clone() };
        let approval = c.sign("SWR-001", digest("SWR-001"));
        let system = SystemReleaseMade {
            product: "pump".into(),
            variant: None,
            version: "1.1.0".into(),
            items: vec![item],
            verified: Vec::new(),
            signatures: vec![approval.clone()],
        };
        let entry = c.ci.state(system);
        c.taken(entry);
        c.attest(0, 90_000, "1.1.0");
        c.clone_speaks();
        let decided = VulnerabilityDecided {
            vulnerability: "CVE-2026-0001".into(),
            component: "pkg:generic/lwip@2.1.2".into(),
            status: VexStatus::Affected,
            justification: None,
            statement: "The parser is reachable from the network.".into(),
            releases: vec![first.clone()],
            action: Some("Update to 1.1.0.".into()),
            risks: Vec::new(),
            supersedes: None,
        };
        let entry = c.security.state(decided);
        c.taken(entry);
        let mut withdrawal = c.ci.body(ReleaseWithdrawn { release: first });
        withdrawal.reason = Some("CVE-2026-0001".into());
        let entry = c.ci.sign(withdrawal);
        c.ci.sequence += 1;
        c.ci.previous = Some(entry.hash());
        c.taken(entry.encode().into());
        let mistaken = c.sign("SWR-002", digest("SWR-002"));
        let entry = c.quality.state(Voided { entry: mistaken, approval });
        c.taken(entry);
        c.attest(2, 200_000, "1.1.0");
        // Nothing is added any more: what is made of it comes out the same.
        c.f.ledger.stop();
        Self { fixture: c.f, early }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.fixture.ledger
    }

    /// The checkpoint, cosigned by one witness.
    pub(crate) fn note(&self) -> Note {
        let mut note = Note::parse(self.ledger().checkpoint().as_bytes()).expect("a note");
        let witness = witness();
        note.push(cosignature::sign(&note, &witness, START + 300_000).expect("a cosignature")).expect("room");
        note
    }

    pub(crate) fn package(&self, scope: &str, known: Option<u64>, documents: bool) -> (Vec<u8>, Built) {
        self.try_package(scope, known, documents).expect("made")
    }

    pub(crate) fn try_package(
        &self,
        scope: &str,
        known: Option<u64>,
        documents: bool,
    ) -> Result<(Vec<u8>, Built), report::Error> {
        let scope: Scope = scope.parse()?;
        let log = self.ledger().log().clone();
        let loaded = ledger::load(&*log, None).expect("loads");
        let tree = TreeView::new(Arc::new(loaded.edge), log.clone());
        let blobs = self.ledger().blobs().clone();
        let origin =
            Origin { log: &*log, blobs: &*blobs, world: &loaded.world, tree, checkpoint: self.note() };
        build(&origin, &Request { scope, at: None, known, documents }, Vec::new(), |_, _| {})
    }

    /// A policy that trusts this log and asks for the witness.
    pub(crate) fn policy(&self) -> String {
        let key = self.ledger().read().journal().log_key().to_owned();
        format!("log {key}\nwitness w {}\nquorum w\n", witness().verifier())
    }

    /// Moments around the second release.
    pub(crate) fn period() -> String {
        format!("period:{}..{}", t(80_000), t(100_000))
    }
}

fn witness() -> tlog::SigningKey {
    tlog::SigningKey::cosigner("witness.example/w", &[77; 32]).expect("a key")
}

/// A policy for another log of the same origin, whose key is another one.
pub(crate) fn other_policy() -> String {
    let key = tlog::SigningKey::ed25519(ORIGIN, &[78; 32]).expect("a key");
    format!("log {}\nquorum none\n", key.verifier())
}
