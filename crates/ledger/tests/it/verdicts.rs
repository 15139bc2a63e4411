//! What the ledger says of evidence by itself: a verdict behind the evidence it was passed on, when it changes.

use std::sync::Arc;

use evidence::Fact;
use evidence::body::Measured;
use evidence::facts::fleet::{Appraisal, AppraisalReason as Why, DeviceEnrolled, KeyOrigin};
use evidence::facts::release::{ReleaseMade, ReleaseWithdrawn};
use evidence::types::{Beacon, EntryRef, NamedDigest};
use evidence::{Evidence, SourceKind};
use ledger::audit::{Depth, audit};
use ledger::{Options, Receipt, load};
use testkit::{Author, Fixture, ORIGIN};
use tlog::Hash;

use crate::faults::states;

/// A fleet of one, and who speaks of it.
pub(crate) struct House {
    pub(crate) f: Fixture,
    pub(crate) ci: Author,
    pub(crate) station: Author,
    pub(crate) device: Author,
}

pub(crate) fn evidence(digest: u8) -> Evidence {
    let measured = Measured { name: "main".into(), version: None, digest: Hash([digest; 32]) };
    Evidence { measurements: vec![measured], boot_count: Some(1), ..Evidence::default() }
}

impl House {
    pub(crate) fn new() -> Self {
        Self::on(Fixture::new())
    }

    pub(crate) fn on(mut f: Fixture) -> Self {
        let (ci, station) = (Author::new(SourceKind::Ci, 20), Author::new(SourceKind::Station, 21));
        f.enrol(&ci, &["ci", "release"]);
        f.enrol(&station, &["station", "field"]);
        let mut house = Self { f, ci, station, device: Author::device(1) };
        house.release("1.0", 1);
        house.release("2.0", 2);
        let enrolment = enrolment(&house.device);
        let entry = house.station.state(enrolment);
        house.take(entry);
        house
    }

    pub(crate) fn take(&self, entry: Arc<[u8]>) -> Receipt {
        self.f.submit(entry).expect("accepted")
    }

    pub(crate) fn release(&mut self, version: &str, digest: u8) -> EntryRef {
        let entry = self.ci.state(ReleaseMade {
            product: "pump".into(),
            item: "firmware".into(),
            line: "main".into(),
            version: version.into(),
            baseline: None,
            commit: None,
            artefacts: vec![],
            sboms: vec![],
            measurements: vec![NamedDigest { name: "main".into(), digest: Hash([digest; 32]) }],
            verified: vec![],
            anomalies: vec![],
            signatures: vec![],
        });
        let receipt = self.take(entry);
        EntryRef { index: receipt.index, entry: receipt.entry }
    }

    pub(crate) fn beacon(&self) -> Beacon {
        let tree = self.f.ledger.tree();
        Beacon { generation: 0, size: tree.size(), root: tree.root() }
    }

    /// The next evidence of the device with the newest beacon.
    pub(crate) fn next(&mut self, digest: u8) -> Arc<[u8]> {
        self.device.beacon = Some(self.beacon());
        self.device.state(Fact::Attested(evidence(digest)))
    }

    pub(crate) fn attest(&mut self, digest: u8) -> Receipt {
        let entry = self.next(digest);
        self.take(entry)
    }

    /// Facts of the log from an index on.
    pub(crate) fn facts(&self, from: u64) -> Vec<&'static str> {
        let size = self.f.ledger.read().size;
        (from..size).map(|i| self.f.ledger.entry(i).expect("there").0.body().fact.name()).collect()
    }
}

pub(crate) fn enrolment(device: &Author) -> DeviceEnrolled {
    DeviceEnrolled {
        device: device.id,
        key: device.key.clone(),
        possession: device.possession(ORIGIN, None),
        udi: None,
        serial: None,
        model: "IP-400".into(),
        hardware_version: None,
        key_origin: KeyOrigin::Puf,
        helper: None,
        report: None,
        product: "pump".into(),
    }
}

fn verdict(receipt: &Receipt) -> (Appraisal, Vec<Why>) {
    let verdict = receipt.appraised.as_deref().expect("evidence is appraised");
    (verdict.status, verdict.reasons.clone())
}

#[test]
fn a_verdict_stands_behind_the_evidence_that_changed_it_and_in_every_answer() {
    let mut house = House::new();
    let first = house.attest(1);
    assert_eq!(verdict(&first), (Appraisal::Affirming, vec![Why::ReleaseKnown]));
    let (entry, _) = house.f.ledger.entry(first.index + 1).expect("in the same batch");
    let Fact::Appraised(logged) = &entry.body().fact else { panic!("{:?}", entry.body().fact) };
    assert_eq!(first.appraised.as_deref(), Some(logged));
    assert_eq!((logged.evidence, logged.device), (first.entry, house.device.id));
    assert!(first.size > first.index + 1, "whoever is told of the one can prove the other");
    // Nothing changed: an answer, and no entry.
    let again = house.attest(1);
    assert_eq!(verdict(&again), verdict(&first));
    assert_eq!(house.facts(again.index), ["Attested"]);
    // Another release, an unknown one, and one batch with a change in its middle.
    let other = house.attest(2);
    assert_eq!(house.facts(other.index), ["Attested", "Appraised"]);
    let batch = vec![house.next(2), house.next(77), house.next(77), house.next(2)];
    let outcomes = house.f.ledger.submit(batch);
    let said: Vec<_> = outcomes.iter().map(|o| verdict(o.as_ref().expect("accepted")).0.word()).collect();
    assert_eq!(said, ["affirming", "warning", "warning", "affirming"]);
    let from = outcomes[0].as_ref().expect("accepted").index;
    let stated = ["Attested", "Attested", "Appraised", "Attested", "Attested", "Appraised"];
    assert_eq!(house.facts(from), stated);
    // A repeat is answered by where it is; its verdict was said.
    house.device.sequence -= 1;
    let last = house.f.ledger.entry(house.f.ledger.read().size - 2).expect("the last evidence").1;
    let repeat = house.take(last);
    assert!(repeat.repeated && repeat.appraised.is_none());
}

#[test]
fn a_withdrawn_release_changes_the_verdict_with_the_next_evidence_and_not_before() {
    let mut house = House::new();
    let release = house.release("3.0", 3);
    house.attest(3);
    let size = house.f.ledger.read().size;
    let withdrawal = house.ci.state(ReleaseWithdrawn { release });
    house.take(withdrawal);
    assert_eq!(house.facts(size), ["ReleaseWithdrawn"], "nothing is said of devices that have not spoken");
    let after = house.attest(3);
    assert_eq!(verdict(&after), (Appraisal::Contraindicated, vec![Why::ReleaseKnown, Why::ReleaseWithdrawn]));
    assert_eq!(house.facts(after.index), ["Attested", "Appraised"]);
}

#[test]
fn late_evidence_counts_in_full_for_then_and_not_at_all_for_now() {
    let mut house = House::new();
    house.attest(1);
    let late = house.next(2);
    house.f.at(3 * 86_400);
    let receipt = house.take(late);
    assert_eq!(verdict(&receipt), (Appraisal::None, vec![Why::ReleaseKnown, Why::Late]));
    assert_eq!(house.facts(receipt.index), ["Attested"], "the verdict of now stands");
    let last = house.f.ledger.read().fleet().last_verdict(&house.device.id).map(|v| v.status);
    assert_eq!(last, Some(Appraisal::Affirming));
    // For then it is all there: it shows what the device ran from the beacon on.
    let reading = house.f.ledger.read();
    let view = reading.fleet_at(reading.clock().time_of(0).plus(10), reading.size);
    let state = view.state(&world::fleet::Subject::Device(house.device.id)).expect("known");
    assert_eq!(state.certainty.word(), "proven");
    assert_eq!(state.running.first().and_then(|r| r.version.as_deref()), Some("2.0"));
}

#[test]
fn replay_and_audit_read_verdicts_and_compute_none() {
    let mut house = House::new();
    for digest in [1, 1, 2, 77, 77, 1] {
        house.attest(digest);
    }
    let loaded = load(&*house.f.log, None).expect("loads");
    assert_eq!(states(loaded.world), states((*house.f.ledger.read()).clone()));
    let depth = Depth { signatures: true, threads: 1 };
    let report = audit(&*house.f.log, depth, None, |_, _| {}).expect("reads");
    assert!(report.holds(), "{report:?}");
    let (log, guard) = (house.f.log.clone(), house.f.guard.clone());
    let (size, mut device) = (house.f.ledger.read().size, house.device);
    drop(house.f);
    let f = Fixture::open(log, guard, Options::default()).expect("opens");
    device.beacon = Some(Beacon { generation: 0, size, root: f.ledger.tree().root() });
    let receipt = f.submit(device.state(Fact::Attested(evidence(1)))).expect("accepted");
    assert_eq!(f.ledger.read().size, receipt.index + 1, "the last verdict is known after a start");
}
