//! A log with something of everything that the pages show: sources of several kinds, one with a hostile name, keys rotated
//! and revoked, gaps, a fork, quarantined evidence, corrections, beacons, long and short contents.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use evidence::body::{Evidence, Measured};
use evidence::facts::design::{
    BaselineMade, CommitPushed, LinkAccepted, RecordRevised, ResultReported, Verdict,
};
use evidence::facts::fleet::{Custody, DeviceDeclared, DeviceEnrolled, KeyOrigin, SiteDefined};
use evidence::facts::log::{Corrected, Voided};
use evidence::facts::release::{Artefact, ReleaseMade};
use evidence::facts::sources::{
    KeyRevoked, KeyRotated, RevocationCause, RolesChanged, SourceEnrolled, SourceRenamed, SourceSuspended,
};
use evidence::facts::statements::{Decision, Outcome};
use evidence::types::{Beacon, BlobRef, Bytes, EntryRef, NamedDigest};
use evidence::{Fact, Hash, SourceKind, Time};
use testkit::{Author, Fixture, ORIGIN, START};

#[path = "story_records.rs"]
mod design_file;
#[path = "story_example.rs"]
pub(crate) mod example;
#[path = "story_fleet.rs"]
mod field;
#[path = "story_vulnerable.rs"]
pub(crate) mod vulnerable;

/// A name that must never become a tag.
pub(crate) const HOSTILE: &str = "<script>alert('pumps')</script> & \"sons\"";
/// Devices of the story.
const DEVICES: u64 = 12;

fn digest(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}

fn moment(seconds: u64) -> Time {
    Time::from_seconds(START + seconds).expect("a time")
}

fn enrolled(author: &Author, name: &str, roles: &[&str]) -> SourceEnrolled {
    SourceEnrolled {
        source: author.id,
        key: author.key.clone(),
        name: name.into(),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        possession: None,
    }
}

struct Told {
    f: Fixture,
    /// Seconds since the beginning.
    clock: u64,
    /// Advisories are told too, and a second product.
    whole: bool,
}

impl Told {
    /// Submits, one minute later than the last, and says where it stands.
    fn say(&mut self, author: &mut Author, fact: impl Into<Fact>) -> EntryRef {
        self.clock += 61;
        self.f.at(self.clock);
        author.time = Some(moment(self.clock - 3));
        let receipt = self.f.submit(author.state(fact)).expect("accepted");
        EntryRef { index: receipt.index, entry: receipt.entry }
    }

    fn beacon(&self) -> Beacon {
        let tree = self.f.ledger.tree();
        Beacon { generation: 0, size: tree.size(), root: tree.root() }
    }

    fn admin(&mut self, fact: impl Into<Fact>) -> EntryRef {
        let mut admin = std::mem::replace(&mut self.f.admin, Author::person(10));
        let said = self.say(&mut admin, fact);
        self.f.admin = admin;
        said
    }
}

fn attested(n: u64, version: &str) -> Fact {
    let measured = |name: &str| Measured {
        name: name.into(),
        version: Some(version.into()),
        digest: digest(&format!("{name} {version}")),
    };
    Fact::Attested(Evidence {
        hardware_model: Some(Bytes(b"IP-400".to_vec())),
        software_name: Some("pump firmware".into()),
        software_version: Some(version.into()),
        boot_count: Some(30 + n),
        uptime: Some(86_400 * n),
        measurements: ["boot", "pump", "comm", "config"].map(measured).to_vec(),
        ..Evidence::default()
    })
}

/// Tells the story.
pub(crate) fn tell() -> Fixture {
    tell_as(false)
}

/// Tells the story with the product file of the example, advisories that hit, and a product whose patch is in the field.
pub(crate) fn tell_whole() -> Fixture {
    tell_as(true)
}

fn tell_as(whole: bool) -> Fixture {
    let mut t = Told { f: Fixture::new(), clock: 60, whole };
    let mut ci = Author::new(SourceKind::Ci, 20);
    let mut station = Author::new(SourceKind::Station, 21);
    let mut hostile = Author::new(SourceKind::Service, 22);
    let mut quality = Author::person(23);
    let gateway = Author::new(SourceKind::Gateway, 24);
    t.admin(enrolled(&ci, "Firmware pipeline", &["ci", "engineer"]));
    t.admin(enrolled(&station, "Factory station 2", &["station"]));
    t.admin(enrolled(&hostile, HOSTILE, &["engineer"]));
    let security: &[&str] = if whole { &["quality", "field", "security"] } else { &["quality", "field"] };
    t.admin(enrolled(&quality, "Quality engineer", security));
    t.admin(enrolled(&gateway, "Ward gateway", &[]));
    if whole {
        t.admin(enrolled(&vulnerable::feed(), "Advisory feed", &["security"]));
    }
    design(&mut t, &mut ci, &mut hostile);
    let release = release(&mut t, &mut ci);
    fleet(&mut t, &mut station, &mut quality);
    let pushed = whole.then(|| example::tell(&mut t, &mut ci, &mut quality));
    field::tell(&mut t, &mut station, &mut quality, &mut ci);
    if let Some(commit) = pushed {
        example::revise(&mut t, &mut ci, &commit);
    }
    design_file::tell(&mut t, &mut ci, &mut quality);
    decide(&mut t, &mut quality, &release);
    keys(&mut t, ci, &mut hostile);
    // The ledger seals by the hour beside the write path; asked for a last seal, it has said everything it will.
    t.f.ledger.seal().expect("sealed");
    t.f
}

fn design(t: &mut Told, ci: &mut Author, hostile: &mut Author) {
    for n in 0..30u64 {
        let record = format!("SRS-{:03}", n + 1);
        let revision = digest(&record);
        let commit = CommitPushed {
            repository: "pump-firmware".into(),
            commit: digest(&format!("commit {n}")).to_string(),
            parents: Vec::new(),
            authored: moment(n * 100),
            signed_by: None,
            lock: None,
            configuration: None,
            product: "IP-400".into(),
            line: "2.x".into(),
            code: None,
            implements: vec![],
            claimed: vec![],
            signature: None,
            object: None,
        };
        let commit = t.say(ci, commit);
        let revised = RecordRevised {
            record: record.clone(),
            kind: "software-requirement".into(),
            product: "IP-400".into(),
            line: "2.x".into(),
            item: Some("pump".into()),
            revision,
            content: BlobRef { digest: revision, length: 812, media_type: "text/markdown".into() },
            supersedes: None,
            commit: Some(commit),
            path: Some(format!("requirements/{record}.md")),
            editorial: None,
        };
        t.f.ledger.blobs().put(record.as_bytes()).expect("kept");
        t.say(ci, revised);
        let verdict = if n % 7 == 0 { Verdict::Failed } else { Verdict::Passed };
        t.say(ci, result(&format!("TST-{:03}", n + 1), verdict));
        if n % 3 == 0 {
            let link = LinkAccepted {
                from: record,
                from_revision: revision,
                link: "satisfies".into(),
                to: format!("UN-{:03}", n / 3 + 1),
                to_revision: digest("need"),
                product: "IP-400".into(),
                line: "2.x".into(),
            };
            t.say(hostile, link);
        }
    }
}

fn result(test: &str, verdict: Verdict) -> ResultReported {
    ResultReported {
        test: test.into(),
        test_revision: None,
        verdict,
        commit: None,
        artefact: None,
        report: None,
        ran_at: Some(moment(40)),
        environment: Some("bench 3\nfirmware 2.1.0 <debug>".into()),
        actual: (verdict == Verdict::Failed).then(|| "7.4 ml/h instead of 5.0 ± 0.25 ml/h".into()),
        duration_ms: Some(1_845),
        product: "IP-400".into(),
        line: "2.x".into(),
    }
}

fn release(t: &mut Told, ci: &mut Author) -> EntryRef {
    let (size, root) = (t.f.ledger.read().size, t.f.ledger.tree().root());
    let baseline = BaselineMade {
        name: "DR-7".into(),
        product: "IP-400".into(),
        line: "2.x".into(),
        size,
        root,
        records: 30,
    };
    let mut quality = Author::person(23);
    let baseline = t.say(&mut quality, baseline);
    let artefact = Artefact { name: "pump-2.1.0.bin".into(), digest: digest("image"), length: 412_906 };
    let names = ["boot", "pump", "comm", "config"];
    let measured = |name: &str| NamedDigest { name: name.into(), digest: digest(&format!("{name} 2.1.0")) };
    let made = ReleaseMade {
        product: "IP-400".into(),
        item: "pump firmware".into(),
        line: "2.x".into(),
        version: "2.1.0".into(),
        baseline: Some(baseline),
        commit: None,
        artefacts: vec![artefact],
        sboms: Vec::new(),
        measurements: names.map(measured).to_vec(),
        verified: Vec::new(),
        anomalies: Vec::new(),
        signatures: Vec::new(),
    };
    t.say(ci, made)
}

fn fleet(t: &mut Told, station: &mut Author, quality: &mut Author) {
    quality.sequence += 1;
    quality.previous = {
        let world = t.f.ledger.read();
        world.streams().of_source(quality.id).next().map(|(_, s)| s.last)
    };
    t.say(
        quality,
        SiteDefined { site: "site-14".into(), name: Some("Site 14".into()), country: Some("AT".into()) },
    );
    let mut devices: Vec<Author> = (1..=DEVICES).map(Author::device).collect();
    for (n, device) in devices.iter().enumerate() {
        let udi = format!("(01)04012345004007(21)IP4-{:07}", n + 1);
        let enrolled = DeviceEnrolled {
            device: device.id,
            key: device.key.clone(),
            possession: device.possession(ORIGIN, Some(&udi)),
            udi: Some(udi),
            serial: Some(format!("IP4-{:07}", n + 1)),
            model: "IP-400".into(),
            hardware_version: Some("C".into()),
            key_origin: KeyOrigin::Puf,
            helper: None,
            report: None,
            product: "IP-400".into(),
        };
        t.say(station, enrolled);
    }
    for n in 0..9u64 {
        let beacon = t.beacon();
        for (d, device) in devices.iter_mut().enumerate() {
            device.beacon = Some(beacon.clone());
            if d == 3 && n == 4 {
                device.skip();
                device.skip();
            }
            t.say(device, attested(n, if n < 5 { "2.0.3" } else { "2.1.0" }));
        }
    }
    // One identity, two devices: the clone states something else at a place that is taken.
    if let Some(device) = devices.get(5) {
        let mut clone = Author::device(6);
        clone.sequence = device.sequence - 1;
        clone.previous = Some(digest("another past"));
        let twin = clone.sign(clone.body(attested(99, "2.0.3")));
        assert!(t.f.submit(twin.encode().into()).is_err(), "kept as an equivocation");
    }
    let declared = DeviceDeclared {
        asset: "A-0001".into(),
        udi: None,
        serial: None,
        model: Some("BG-40".into()),
        software: vec!["3.2.0".into()],
        site: Some("site-14".into()),
        owner: None,
        custody: Some(Custody::InUse),
        since: None,
        import: None,
    };
    t.say(quality, declared);
}

fn decide(t: &mut Told, quality: &mut Author, release: &EntryRef) {
    let decision = Decision {
        question: "reportable".into(),
        subject: "CMP-0031".into(),
        outcome: Outcome::Denied,
        justification: "No harm, and the alarm worked as specified: the flow stopped within 0.4 s.".into(),
        evidence: vec![release.clone()],
        review_by: Some(moment(90 * 86_400)),
        supersedes: None,
    };
    let first = t.say(quality, decision.clone());
    let second = t.say(quality, Decision { outcome: Outcome::Affirmed, ..decision });
    let approval = second.clone();
    t.say(quality, Corrected { entry: first, by: second, approval: approval.clone() });
    let voided = t.say(quality, SiteDefined { site: "site-15".into(), name: None, country: None });
    t.say(quality, Voided { entry: voided, approval });
}

fn keys(t: &mut Told, mut ci: Author, hostile: &mut Author) {
    let next = Author::new(SourceKind::Ci, 30);
    let rotated = KeyRotated { source: ci.id, old: ci.key.id(), new: next.key.clone(), possession: None };
    t.admin(rotated);
    let old = ci.sign(ci.body(result("TST-900", Verdict::Passed)));
    assert!(t.f.submit(old.encode().into()).is_err(), "the old key is quarantined");
    (ci.secret, ci.key) = (next.secret, next.key);
    t.say(&mut ci, result("TST-901", Verdict::Passed));
    t.admin(SourceRenamed { source: ci.id, name: "Firmware pipeline, second key".into() });
    t.admin(RolesChanged { source: ci.id, roles: vec!["ci".into()] });
    t.admin(KeyRevoked {
        source: hostile.id,
        key: hostile.key.id(),
        cause: RevocationCause::Compromised,
        doubtful_since: Some(moment(3_000)),
    });
    t.admin(SourceSuspended { source: Author::new(SourceKind::Gateway, 24).id });
}
