//! Findings: silence by site, identities in two hands, unknown firmware, gaps; their identifiers stay.

use evidence::facts::fleet::{Custody, FindingClosed};
use evidence::facts::log::{QuarantineCause, Quarantined};
use evidence::types::Bytes;
use evidence::{Body, Hash, SourceId, SourceKind};
use world::fleet::{ClashOn, FindingKind};

use crate::story::{Story, Word, device, enrolment, entry, key, t};

const OLD: &[(&str, u8)] = &[("main", 2)];

fn words(s: &Story, at: u64) -> Vec<&'static str> {
    s.world.fleet_at(t(at), s.world.size()).findings().iter().map(|f| f.kind.word()).collect()
}

#[test]
fn silence_counts_for_devices_in_use_by_log_time() {
    let mut s = Story::new();
    s.reporting(None, 100, 1_000);
    for n in 1..=5 {
        s.enrol(n);
    }
    s.moved(1, Some("north"), Some(Custody::InUse), None);
    s.moved(2, Some("north"), Some(Custody::Stored), None);
    s.moved(3, Some("south"), Some(Custody::InUse), None);
    s.moved(4, Some("south"), Some(Custody::Loaned), None);
    let beacon = s.world.size();
    s.tick(900);
    s.fresh(3, 0, OLD);
    s.tick(2_500);
    // Old evidence that arrives today breaks no silence.
    s.attest(&Word::new(1, 0, Some(beacon), OLD));
    s.moved(4, None, Some(Custody::InUse), None);
    let size = s.world.size();
    let silent = |at| {
        let view = s.world.fleet_at(t(at), size);
        let by_site = view.silences();
        by_site
            .iter()
            .map(|(site, all)| (*site, all.iter().map(|x| x.device).collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    assert!(silent(1_000).is_empty(), "the deadline is the last good second");
    assert_eq!(silent(1_001), [(None, vec![device(5)]), (Some("north"), vec![device(1)])]);
    assert_eq!(silent(1_901).last(), Some(&(Some("south"), vec![device(3)])));
    assert_eq!(silent(2_500).last(), Some(&(Some("south"), vec![device(3)])), "4 was put to use just now");
    assert_eq!(silent(3_501).last(), Some(&(Some("south"), vec![device(3), device(4)])));
    let ids = |at| {
        let view = s.world.fleet_at(t(at), size);
        view.silences().values().flatten().map(|x| x.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(1_001)[1], ids(2_500)[1], "the same silence has the same name");
}

#[test]
fn an_identity_is_held_once() {
    let mut s = Story::new();
    s.enrol(1);
    let fleet = s.world.fleet();
    assert_eq!(fleet.clash(&enrolment(2)), None);
    assert_eq!(fleet.clash(&enrolment(1)), Some((device(1), ClashOn::Ueid)));
    let mut same_key = enrolment(2);
    same_key.key = key(1);
    assert_eq!(fleet.clash(&same_key), Some((device(1), ClashOn::Key)));
    let mut same_udi = enrolment(2);
    same_udi.udi = enrolment(1).udi;
    assert_eq!(fleet.clash(&same_udi), Some((device(1), ClashOn::Udi)));
    // A UDI without a serial names a kind of device; beside a serial it names one.
    let mut kind = enrolment(3);
    (kind.udi, kind.serial) = (Some("(01)00000000000017".into()), None);
    s.say(kind.clone());
    (kind.device, kind.key) = (device(4), key(4));
    assert_eq!(s.world.fleet().clash(&kind), None);
    kind.serial = Some("7".into());
    s.say(kind.clone());
    (kind.device, kind.key) = (device(5), key(5));
    assert_eq!(s.world.fleet().clash(&kind), Some((device(4), ClashOn::Udi)));
    kind.serial = Some("8".into());
    assert_eq!(s.world.fleet().clash(&kind), None);
}

#[test]
fn what_was_set_aside_is_a_finding_that_can_be_closed() {
    let mut s = Story::new();
    s.enrol(1);
    let station = SourceId::derive(SourceKind::Station, &key(50)).expect("a station");
    let mut second = enrolment(2);
    second.udi = enrolment(1).udi;
    let body = Body {
        source: station,
        stream: 1,
        sequence: 0,
        previous: None,
        time: None,
        beacon: None,
        reason: None,
        on_behalf_of: None,
        fact: second.into(),
    };
    let kept = entry(body);
    let cause = QuarantineCause::IdentityClash;
    s.say(Quarantined {
        cause,
        source: station,
        entry: kept.hash(),
        bytes: Some(Bytes(kept.encode())),
        blob: None,
    });
    s.fresh(1, 2, OLD);
    assert_eq!(words(&s, 0), ["duplicate-identity", "unknown-firmware", "gap"]);
    let size = s.world.size();
    let (id, kind) = {
        let view = s.world.fleet_at(t(0), size);
        let found = view.findings();
        (found[2].id, found[2].kind.clone())
    };
    assert_eq!(kind, FindingKind::Gap { stream: 1, first: 0, count: 2 });
    s.say(FindingClosed { finding: id, outcome: "store lost in repair".into(), evidence: vec![] });
    let closed = |known| {
        let view = s.world.fleet_at(t(0), known);
        view.findings().iter().map(|f| f.closed.is_some()).collect::<Vec<_>>()
    };
    assert_eq!((closed(size), closed(size + 1)), (vec![false; 3], vec![false, false, true]));
    // The gap is filled: known later, still a gap as known before.
    s.attest(&Word::new(1, 0, None, OLD));
    s.attest(&Word::new(1, 1, None, OLD));
    assert_eq!(words(&s, 0), ["duplicate-identity", "unknown-firmware"]);
    assert_eq!(s.world.fleet_at(t(0), size).findings().len(), 3);
    assert_ne!(id, Hash([0; 32]));
}
