//! A log told entry by entry: every step applies one entry and gives its index.

use evidence::body::Measured;
use evidence::entry::Proof;
use evidence::facts::fleet::{
    Custody, DeviceAttached, DeviceDeclared, DeviceEnrolled, DeviceMoved, DeviceReported, KeyOrigin,
    ReportingSet,
};
use evidence::facts::log::Tick;
use evidence::facts::release::ReleaseMade;
use evidence::keys::Algorithm;
use evidence::types::{Beacon, Bytes, EntryRef, Fixed, NamedDigest};
use evidence::{Body, Entry, Evidence, Fact, Hash, PublicKey, SourceId, SourceKind, Time};
use world::World;
use world::fleet::{DeviceState, Subject};

/// When stories begin.
pub(crate) const START: u64 = 1_700_000_000;

pub(crate) fn t(seconds: u64) -> Time {
    Time::from_seconds(START + seconds).expect("a moment")
}

pub(crate) fn device(n: u64) -> SourceId {
    let mut random = [0; 16];
    random[..8].copy_from_slice(&n.to_be_bytes());
    SourceId::device(random)
}

pub(crate) fn key(n: u64) -> PublicKey {
    let mut point = [0xd0; 32];
    point[..8].copy_from_slice(&n.to_be_bytes());
    PublicKey::ed25519(point)
}

pub(crate) fn measured(all: &[(&str, u8)]) -> Vec<Measured> {
    all.iter().map(|(n, d)| Measured { name: (*n).into(), version: None, digest: Hash([*d; 32]) }).collect()
}

pub(crate) fn running(state: &DeviceState<'_>) -> Vec<String> {
    state.running.iter().map(|r| format!("{} {}", r.item, r.version.as_deref().unwrap_or("?"))).collect()
}

/// An entry that nobody signed.
pub(crate) fn entry(body: Body) -> Entry {
    let proof = Proof::Cose { algorithm: Algorithm::Ed25519, kid: Fixed([0; 8]), signature: Fixed([0; 64]) };
    Entry::new(body, proof).expect("a readable body")
}

/// A device's word that is not on its way yet.
#[derive(Clone)]
pub(crate) struct Word {
    pub(crate) device: u64,
    pub(crate) stream: u64,
    pub(crate) sequence: u64,
    /// Size of the beacon's tree.
    pub(crate) beacon: Option<u64>,
    pub(crate) evidence: Evidence,
}

impl Word {
    pub(crate) fn new(device: u64, sequence: u64, beacon: Option<u64>, all: &[(&str, u8)]) -> Self {
        let evidence = Evidence { measurements: measured(all), ..Evidence::default() };
        Self { device, stream: 1, sequence, beacon, evidence }
    }

    pub(crate) fn entry(&self) -> Entry {
        entry(Body {
            source: device(self.device),
            stream: self.stream,
            sequence: self.sequence,
            previous: (self.sequence > 0).then_some(Hash([9; 32])),
            time: None,
            beacon: self.beacon.map(|size| Beacon { generation: 0, size, root: Hash([0; 32]) }),
            reason: None,
            on_behalf_of: None,
            fact: Fact::Attested(self.evidence.clone()),
        })
    }
}

#[derive(Clone, Default)]
pub(crate) struct Story {
    pub(crate) world: World,
    sequence: u64,
    /// Every entry, where the story was not restored.
    told: Vec<Entry>,
}

impl Story {
    pub(crate) fn new() -> Self {
        let mut story = Self::default();
        story.tick(0);
        story
    }

    /// Takes the entry that another story has at this index.
    pub(crate) fn take_over(&mut self, other: &Self, index: u64) {
        let entry = other.told.get(usize::try_from(index).expect("small")).expect("told").clone();
        self.apply(&entry);
    }

    pub(crate) fn apply(&mut self, entry: &Entry) -> u64 {
        self.world.apply(entry, entry.hash());
        self.told.push(entry.clone());
        self.world.size() - 1
    }

    pub(crate) fn say(&mut self, fact: impl Into<Fact>) -> u64 {
        let source = SourceId::derive(SourceKind::Service, &key(0)).expect("a service");
        let body = Body {
            source,
            stream: 1,
            sequence: self.sequence,
            previous: (self.sequence > 0).then_some(Hash([9; 32])),
            time: None,
            beacon: None,
            reason: None,
            on_behalf_of: None,
            fact: fact.into(),
        };
        self.sequence += 1;
        self.apply(&entry(body))
    }

    pub(crate) fn tick(&mut self, seconds: u64) -> u64 {
        self.say(Tick { time: t(seconds) })
    }

    pub(crate) fn enrol(&mut self, n: u64) -> u64 {
        self.say(enrolment(n))
    }

    pub(crate) fn attest(&mut self, word: &Word) -> u64 {
        self.apply(&word.entry())
    }

    /// Evidence with the beacon of the log as it is.
    pub(crate) fn fresh(&mut self, n: u64, sequence: u64, all: &[(&str, u8)]) -> u64 {
        let size = self.world.size();
        self.attest(&Word::new(n, sequence, Some(size), all))
    }

    pub(crate) fn release(&mut self, item: &str, version: &str, all: &[(&str, u8)]) -> u64 {
        let digest = |(n, d): &(&str, u8)| NamedDigest { name: (*n).into(), digest: Hash([*d; 32]) };
        self.say(ReleaseMade {
            product: "pump".into(),
            item: item.into(),
            line: "main".into(),
            version: version.into(),
            baseline: None,
            commit: None,
            artefacts: vec![],
            sboms: vec![],
            measurements: all.iter().map(digest).collect(),
            verified: vec![],
            anomalies: vec![],
            signatures: vec![],
        })
    }

    pub(crate) fn moved(
        &mut self,
        n: u64,
        site: Option<&str>,
        custody: Option<Custody>,
        since: Option<u64>,
    ) -> u64 {
        self.say(DeviceMoved {
            device: Some(device(n)),
            asset: None,
            site: site.map(Into::into),
            owner: None,
            custody,
            since: since.map(t),
        })
    }

    pub(crate) fn reported(&mut self, n: u64, software: &str, at: Option<u64>) -> u64 {
        self.say(DeviceReported {
            device: Some(device(n)),
            asset: None,
            software: vec![software.into()],
            reported_at: at.map(t),
        })
    }

    pub(crate) fn declared(
        &mut self,
        asset: &str,
        software: &[&str],
        site: Option<&str>,
        since: Option<u64>,
    ) -> u64 {
        self.say(DeviceDeclared {
            asset: asset.into(),
            udi: Some(format!("udi-{asset}")),
            serial: None,
            model: Some("P1".into()),
            software: software.iter().map(|s| (*s).into()).collect(),
            site: site.map(Into::into),
            owner: None,
            custody: Some(Custody::InUse),
            since: since.map(t),
            import: None,
        })
    }

    pub(crate) fn attach(&mut self, n: u64, asset: &str) -> u64 {
        self.say(DeviceAttached { device: device(n), asset: asset.into(), by: "udi".into() })
    }

    pub(crate) fn reporting(&mut self, model: Option<&str>, interval: u64, deadline: u64) -> u64 {
        self.say(ReportingSet { model: model.map(Into::into), interval, deadline })
    }

    pub(crate) fn void(&mut self, index: u64) -> u64 {
        let entry = EntryRef { index, entry: Hash([0; 32]) };
        self.say(evidence::facts::log::Voided { entry: entry.clone(), approval: entry })
    }

    /// State of an enrolled device.
    pub(crate) fn state(&self, n: u64, at: u64, known: u64) -> Option<DeviceState<'_>> {
        self.world.fleet_at(t(at), known).state(&Subject::Device(device(n)))
    }

    /// Every state of every concern, as sealed now.
    pub(crate) fn sealed(&mut self) -> Vec<(&'static str, Vec<world::State>)> {
        self.world.freeze();
        let states = self.frozen(3);
        self.world.thaw();
        states
    }

    /// The frozen states, read in pieces of `limit`.
    pub(crate) fn frozen(&self, limit: usize) -> Vec<(&'static str, Vec<world::State>)> {
        let all = world::CONCERNS.map(|concern| {
            let mut states: Vec<world::State> = Vec::new();
            loop {
                let after = states.last().map(|s| s.key.clone());
                let more = self.world.frozen(concern, after.as_deref(), limit).expect("a concern");
                if more.is_empty() {
                    break (concern, states);
                }
                states.extend(more);
            }
        });
        all.into_iter().collect()
    }

    pub(crate) fn restored(states: &[(&'static str, Vec<world::State>)], size: u64) -> Self {
        let mut world = World::new();
        for (concern, states) in states {
            assert!(states.is_sorted_by(|a, b| a.key < b.key), "{concern}: keys ascend");
            states.iter().for_each(|s| world.restore(concern, s).expect("restores"));
        }
        world.restored(size);
        Self { world, sequence: size, told: Vec::new() }
    }
}

pub(crate) fn enrolment(n: u64) -> DeviceEnrolled {
    DeviceEnrolled {
        device: device(n),
        key: key(n),
        possession: Bytes(vec![]),
        udi: Some(format!("(01)00000000000000(21){n}")),
        serial: Some(format!("SN{n}")),
        model: "P1".into(),
        hardware_version: Some("B".into()),
        key_origin: KeyOrigin::Puf,
        helper: None,
        report: None,
        product: "pump".into(),
    }
}
