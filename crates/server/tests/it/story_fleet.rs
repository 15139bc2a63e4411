//! A fleet in the field, over two weeks: releases that come and go, devices that are updated, roll back, fall silent, come
//! late, lose places, are copied, altered or stored, some only declared or reported. One of everything the pages show.

use evidence::body::{DebugStatus, Evidence, Measured};
use evidence::facts::fleet::{
    Custody, DeviceAttached, DeviceDeclared, DeviceEnrolled, DeviceMoved, DeviceReported, FindingClosed,
    KeyOrigin, ReportingSet, SiteDefined,
};
use evidence::facts::release::{
    Artefact, ReleaseMade, ReleaseWithdrawn, ResidualAnomaly, SupportEndSet, SystemReleaseMade,
};
use evidence::types::{Bytes, EntryRef, NamedDigest};
use evidence::{Entry, Fact, SourceKind};
use testkit::{Author, ORIGIN};
use world::fleet::{FindingKind, appraise};

use super::{Told, digest, moment};

/// Devices that are enrolled here.
const DEVICES: usize = 14;
/// Days that are told.
const DAYS: u64 = 14;
const DAY: u64 = 86_400;
const SITES: [(&str, &str, &str); 3] =
    [("site-14", "Site 14", "AT"), ("site-21", "Site 21", "DE"), ("site-33", "Site 33", "FR")];
const COMPONENTS: [&str; 4] = ["boot", "pump", "comm", "config"];

/// What a device of the story is about.
const UPDATED: usize = 0;
const NEVER: usize = 8;
const NO_BEACON: usize = 9;
const ALTERED: usize = 10;
const STORED: usize = 11;
const SILENT: usize = 12;

struct Field {
    devices: Vec<Author>,
    /// Entries that a device made and could not send.
    held: Vec<Vec<u8>>,
    /// The ledger's own key, in a stream beside its own: what it thinks of evidence.
    ledger: Author,
}

pub(super) fn tell(t: &mut Told, station: &mut Author, quality: &mut Author, ci: &mut Author) {
    for (site, name, country) in SITES.iter().skip(1) {
        let site = SiteDefined {
            site: (*site).into(),
            name: Some((*name).into()),
            country: Some((*country).into()),
        };
        t.say(quality, site);
    }
    t.say(quality, ReportingSet { model: Some("IP-400".into()), interval: DAY, deadline: 3 * DAY });
    let old = release(t, ci, "2.0.3");
    let mut ledger = Author::new(SourceKind::Ledger, 2);
    ledger.stream = 2;
    let devices = (0..DEVICES as u64).map(|n| Author::device(100 + n)).collect();
    let mut field = Field { devices, held: Vec::new(), ledger };
    enrol(t, station, quality, &field);
    declare(t, station, quality);
    for day in 0..DAYS {
        t.clock += DAY - 1_800;
        // The update client of one of them polls in the morning.
        let polled = DeviceReported {
            device: None,
            asset: Some("ERP-70114".into()),
            software: vec!["pump firmware 2.1.0".into()],
            reported_at: Some(moment(t.clock)),
        };
        t.say(quality, polled);
        if t.whole {
            super::vulnerable::day(t, quality, ci, day);
        }
        match day {
            5 => {
                let newest = release(t, ci, "2.1.1");
                system(t, ci, &newest);
            }
            6 => {
                let stored = moved(&field, STORED, Some(Custody::Stored));
                t.say(quality, stored);
            }
            9 => {
                t.say(ci, ReleaseWithdrawn { release: old.clone() });
            }
            _ => {}
        }
        for n in 0..DEVICES {
            attest(t, &mut field, n, day);
        }
    }
    close(t, quality);
}

/// What a device runs on a day.
fn version(n: usize, day: u64) -> &'static str {
    match (n, day) {
        (UPDATED, 8..=9) => "2.1.0",
        (ALTERED, 9..) => "2.1.0-patched",
        (_, 0..=2) => "2.0.3",
        (1..=4, 7..) | (UPDATED, 6..) => "2.1.1",
        (7, _) => "2.0.3",
        _ => "2.1.0",
    }
}

fn attest(t: &mut Told, field: &mut Field, n: usize, day: u64) {
    let mute = match n {
        NEVER => true,
        SILENT => day > 5,
        STORED => day > 6,
        // The last of them was heard of yesterday.
        6 => day == DAYS - 1,
        _ => false,
    };
    let beacon = t.beacon();
    let Some(device) = field.devices.get_mut(n).filter(|_| !mute) else { return };
    device.beacon = (n != NO_BEACON).then_some(beacon);
    device.time = Some(moment(t.clock));
    if n == UPDATED && day == 2 || n == 3 && day == 10 {
        device.skip();
        device.skip();
    }
    let fact = evidence(n, day);
    if n == UPDATED && (4..=5).contains(&day) {
        // The link was lost: made now, sent the day after tomorrow.
        field.held.push(device.state(fact).to_vec());
        return;
    }
    let mut entries = if n == UPDATED { std::mem::take(&mut field.held) } else { Vec::new() };
    entries.push(device.state(fact).to_vec());
    for bytes in entries {
        t.clock += 47;
        t.f.at(t.clock);
        let entry = Entry::decode(&bytes).expect("an entry");
        let verdict = appraise(&t.f.ledger.read(), &entry);
        t.f.submit(bytes.into()).expect("accepted");
        judge(t, &mut field.ledger, verdict);
    }
    if n == 5 && day == 11 {
        // Its key is in two hands: the other one states something else at a place that is taken.
        let Some(device) = field.devices.get(n) else { return };
        let mut clone = Author::device(100 + n as u64);
        clone.sequence = device.sequence - 1;
        clone.previous = Some(digest("the copy's past"));
        let twin = clone.sign(clone.body(evidence(n, 0)));
        assert!(t.f.submit(twin.encode().into()).is_err(), "kept as an equivocation");
    }
}

/// The verdict, where it differs from the last one and nobody logged it yet.
fn judge(t: &mut Told, ledger: &mut Author, verdict: Option<evidence::facts::fleet::Appraised>) {
    let Some(verdict) = verdict else { return };
    let known = {
        let world = t.f.ledger.read();
        let last = world.fleet().last_verdict(&verdict.device);
        last.is_some_and(|v| (v.status, &v.reasons) == (verdict.status, &verdict.reasons))
    };
    if !known {
        ledger.time = Some(moment(t.clock));
        let entry = ledger.state(verdict);
        t.f.submit(entry).expect("accepted");
    }
}

fn evidence(n: usize, day: u64) -> Fact {
    let version = version(n, day);
    let measured = |name: &str| Measured {
        name: name.into(),
        version: Some(version.into()),
        digest: digest(&format!("{name} {version}")),
    };
    let plain = version.trim_end_matches("-patched");
    let measurements = COMPONENTS.map(|name| match name {
        "pump" => measured(name),
        name => Measured { digest: digest(&format!("{name} {plain}")), ..measured(name) },
    });
    Fact::Attested(Evidence {
        hardware_model: Some(Bytes(b"IP-400".to_vec())),
        software_name: Some("pump firmware".into()),
        software_version: Some(version.into()),
        boot_count: Some(10 + day),
        debug: (n == ALTERED && day >= 9).then_some(DebugStatus::Enabled),
        measurements: measurements.to_vec(),
        ..Evidence::default()
    })
}

fn enrol(t: &mut Told, station: &mut Author, quality: &mut Author, field: &Field) {
    let origins = [KeyOrigin::Puf, KeyOrigin::Puf, KeyOrigin::SecureElement, KeyOrigin::Tpm];
    for (n, device) in field.devices.iter().enumerate() {
        let udi = format!("(01)04012345004007(11)231120(21)IP4-01{n:05}");
        let enrolled = DeviceEnrolled {
            device: device.id,
            key: device.key.clone(),
            possession: device.possession(ORIGIN, Some(&udi)),
            udi: Some(udi),
            serial: Some(format!("IP4-01{n:05}")),
            model: "IP-400".into(),
            hardware_version: Some(if n % 5 == 4 { "D".into() } else { "C".into() }),
            key_origin: origins.get(n % origins.len()).copied().unwrap_or(KeyOrigin::File),
            helper: None,
            report: None,
            product: "IP-400".into(),
        };
        t.say(station, enrolled);
        let placed = moved(field, n, Some(Custody::InUse));
        t.say(quality, placed);
    }
    // A second key for a UDI instance that is taken.
    let second = Author::device(200);
    let udi = "(01)04012345004007(11)231120(21)IP4-0100002".to_owned();
    let twice = DeviceEnrolled {
        device: second.id,
        key: second.key.clone(),
        possession: second.possession(ORIGIN, Some(&udi)),
        udi: Some(udi),
        serial: Some("IP4-0100002".into()),
        model: "IP-400".into(),
        hardware_version: None,
        key_origin: KeyOrigin::File,
        helper: None,
        report: None,
        product: "IP-400".into(),
    };
    station.time = Some(moment(t.clock));
    let entry = station.sign(station.body(twice));
    assert!(t.f.submit(entry.encode().into()).is_err(), "set aside");
}

fn moved(field: &Field, n: usize, custody: Option<Custody>) -> DeviceMoved {
    let site = SITES.get(n % SITES.len()).map(|(site, ..)| (*site).to_owned());
    let device = field.devices.get(n).map(|d| d.id);
    DeviceMoved { device, asset: None, site, owner: None, custody, since: None }
}

/// What an import said, and an update client of two of them; one of them is an enrolled device.
fn declare(t: &mut Told, station: &mut Author, quality: &mut Author) {
    for n in 0..6u64 {
        let declared = DeviceDeclared {
            asset: format!("ERP-{:05}", 70_114 + n),
            udi: Some(format!("(01)04012345004007(21)IP4-00{:05}", 900 + n)),
            serial: Some(format!("IP4-00{:05}", 900 + n)),
            model: Some("IP-400".into()),
            software: if n == 5 { Vec::new() } else { vec!["pump firmware 2.0.3".into()] },
            site: (n != 4).then(|| "site-33".into()),
            owner: None,
            custody: (n != 4).then_some(Custody::InUse),
            since: Some(moment(0)),
            import: None,
        };
        t.say(quality, declared);
    }
    for n in 0..2u64 {
        let reported = DeviceReported {
            device: None,
            asset: Some(format!("ERP-{:05}", 70_114 + n)),
            software: vec!["pump firmware 2.1.0".into()],
            reported_at: Some(moment(t.clock)),
        };
        t.say(quality, reported);
    }
    let attached = DeviceAttached {
        device: Author::device(104).id,
        asset: "ERP-70117".into(),
        by: "service record".into(),
    };
    t.say(station, attached);
}

fn release(t: &mut Told, ci: &mut Author, version: &str) -> EntryRef {
    // The components of two releases of the example: what matters here is what advisories say of them.
    let sbom =
        super::vulnerable::sbom(t, if version == "2.0.3" { "firmware-2.0.0" } else { "firmware-2.1.1" });
    let made = ReleaseMade {
        product: "IP-400".into(),
        item: "pump firmware".into(),
        line: "2.x".into(),
        version: version.into(),
        baseline: None,
        commit: Some(digest(version).to_string()),
        artefacts: ["bin", "sig"]
            .map(|kind| Artefact {
                name: format!("pump-{version}.{kind}"),
                digest: digest(&format!("image {version} {kind}")),
                length: if kind == "bin" { 412_906 } else { 96 },
            })
            .to_vec(),
        sboms: vec![sbom],
        measurements: COMPONENTS
            .map(|name| NamedDigest { name: name.into(), digest: digest(&format!("{name} {version}")) })
            .to_vec(),
        verified: Vec::new(),
        anomalies: vec![ResidualAnomaly { record: "ANO-003".into(), revision: digest("ANO-003") }],
        signatures: Vec::new(),
    };
    let entry = t.say(ci, made);
    let until = moment(400 * DAY);
    let support = SupportEndSet {
        product: "IP-400".into(),
        item: "pump firmware".into(),
        version: Some(version.into()),
        until,
    };
    t.say(ci, support);
    entry
}

fn system(t: &mut Told, ci: &mut Author, release: &EntryRef) {
    let items = vec![evidence::facts::release::ItemRelease {
        item: "pump firmware".into(),
        version: "2.1.1".into(),
        release: release.clone(),
    }];
    let made = SystemReleaseMade {
        product: "IP-400".into(),
        variant: None,
        version: "7.3".into(),
        items,
        verified: Vec::new(),
        signatures: Vec::new(),
    };
    t.say(ci, made);
}

/// One gap was looked into.
fn close(t: &mut Told, quality: &mut Author) {
    let finding = {
        let world = t.f.ledger.read();
        let view = world.fleet_at(world.now(), world.size());
        let device = Author::device(103).id;
        let mut gaps = view.findings().into_iter().filter(|f| matches!(f.kind, FindingKind::Gap { .. }));
        gaps.find(|f| f.device == device).map(|f| f.id).expect("a gap")
    };
    let outcome = "The module was exchanged; its memory held two entries that are lost.".into();
    t.say(quality, FindingClosed { finding, outcome, evidence: Vec::new() });
}
