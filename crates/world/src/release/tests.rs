//! Releases: what measurements lead to, at which size, and what later facts change; versions; the states' bytes.

use evidence::body::Measured;
use evidence::facts::log::Voided;
use evidence::facts::release::{ReferenceListSet, ReleaseMade, ReleaseWithdrawn, SupportEndSet};
use evidence::types::{EntryRef, NamedDigest};
use evidence::{Fact, Time};
use tlog::Hash;

use super::{Known, Lack, Releases, lacking, version};
use crate::concern::Concern;
use crate::journal::Journal;

fn made(item: &str, version: &str, measurements: &[(&str, u8)]) -> ReleaseMade {
    let measurements =
        measurements.iter().map(|(n, d)| NamedDigest { name: (*n).into(), digest: Hash([*d; 32]) });
    ReleaseMade {
        product: "pump".into(),
        item: item.into(),
        line: "main".into(),
        version: version.into(),
        baseline: None,
        commit: None,
        artefacts: vec![],
        sboms: vec![],
        measurements: measurements.collect(),
        verified: vec![],
        anomalies: vec![],
        signatures: vec![],
    }
}

fn measured(all: &[(&str, u8)]) -> Vec<Measured> {
    let one = |(n, d): &(&str, u8)| Measured { name: (*n).into(), version: None, digest: Hash([*d; 32]) };
    all.iter().map(one).collect()
}

fn at(index: u64) -> Hash {
    Hash([u8::try_from(index).expect("small"); 32])
}

fn built() -> (Releases, Journal) {
    let mut releases = Releases::default();
    let facts: Vec<Fact> = vec![
        made("firmware", "2.1.0", &[("boot", 1), ("main", 2)]).into(),
        made("firmware", "2.2.0", &[("boot", 1), ("main", 3)]).into(),
        made("app", "5.0", &[("ui", 9)]).into(),
        ReleaseWithdrawn { release: EntryRef { index: 0, entry: at(0) } }.into(),
        ReleaseWithdrawn { release: EntryRef { index: 1, entry: at(7) } }.into(),
        ReferenceListSet {
            name: "drug library".into(),
            site: Some("north".into()),
            accepted: vec![NamedDigest { name: "drugs".into(), digest: Hash([40; 32]) }],
            document: None,
        }
        .into(),
        SupportEndSet { product: "pump".into(), item: "firmware".into(), version: None, until: Time::MAX }
            .into(),
        made("firmware", "2.2.1", &[("boot", 1), ("main", 3)]).into(),
    ];
    for (index, fact) in facts.iter().enumerate() {
        releases.take(index as u64, at(index as u64), fact);
    }
    (releases, Journal::default())
}

#[test]
fn measurements_lead_to_the_release_known_then() {
    let (releases, journal) = built();
    let version = |size, all: &[(&str, u8)]| {
        let found = releases.resolve(Some("pump"), &measured(all), Known::new(size, &journal));
        (found.items.iter().map(|i| i.version.clone()).collect::<Vec<_>>(), found.unknown)
    };
    let some = |v: &str| Some(v.to_owned());
    assert_eq!(version(0, &[("boot", 1), ("main", 3)]), (vec![], vec![0, 1]));
    assert_eq!(version(1, &[("boot", 1), ("main", 3)]), (vec![some("2.1.0")], vec![1]));
    assert_eq!(
        version(3, &[("boot", 1), ("main", 3), ("ui", 9)]),
        (vec![some("5.0"), some("2.2.0")], vec![])
    );
    // The same measurements under a later version: the last one made.
    assert_eq!(version(8, &[("boot", 1), ("main", 3)]).0, vec![some("2.2.1")]);
    // The boot loader alone fits three releases: not the withdrawn one.
    assert_eq!(version(3, &[("boot", 1)]).0, vec![some("2.2.0")]);
    assert_eq!(version(8, &[("main", 2), ("boot", 1)]).0, vec![some("2.1.0")]);
    // Another name for a known digest is not the component that was released.
    assert_eq!(version(8, &[("loader", 1)]).1, vec![0]);
    assert!(
        releases
            .resolve(Some("monitor"), &measured(&[("boot", 1)]), Known::new(8, &journal))
            .items
            .is_empty()
    );
}

#[test]
fn components_of_two_releases_are_mixed() {
    let mut releases = Releases::default();
    releases.take(0, at(0), &made("firmware", "1", &[("boot", 1), ("main", 2)]).into());
    releases.take(1, at(1), &made("firmware", "2", &[("boot", 3), ("main", 4)]).into());
    let journal = Journal::default();
    let found = releases.resolve(None, &measured(&[("boot", 1), ("main", 4)]), Known::new(2, &journal));
    assert!(found.mixed());
    assert_eq!(found.main(), None);
    assert!(!releases.resolve(None, &measured(&[("boot", 1), ("main", 2)]), Known::new(2, &journal)).mixed());
}

#[test]
fn withdrawal_lists_support_and_voiding_count_from_when_they_are_known() {
    let (releases, mut journal) = built();
    let known = |size| Known::new(size, &journal);
    assert_eq!(releases.withdrawn(0, known(3)), None);
    assert_eq!(releases.withdrawn(0, known(4)), Some(3));
    assert_eq!(releases.withdrawn(1, known(8)), None, "the reference names another entry");
    let accepted =
        |site, component, digest, size| releases.accepted(site, component, &Hash([digest; 32]), known(size));
    assert_eq!(accepted(Some("north"), "drugs", 40, 6), Some(true));
    assert_eq!(accepted(Some("north"), "drugs", 41, 6), Some(false));
    assert_eq!(accepted(Some("north"), "drugs", 40, 5), None);
    assert_eq!(accepted(Some("south"), "drugs", 40, 6), None, "another site's list says nothing");
    assert_eq!(accepted(None, "drugs", 40, 6), None);
    assert_eq!(releases.support_end("pump", "firmware", "2.1.0", known(7)), Some(Time::MAX));
    assert_eq!(releases.support_end("pump", "firmware", "2.1.0", known(6)), None);
    let entry = |index| EntryRef { index, entry: at(index) };
    journal.take(20, &Voided { entry: entry(7), approval: entry(0) }.into());
    let find = |size| releases.find(Some("pump"), "firmware", "2.2.1", Known::new(size, &journal)).count();
    assert_eq!((find(20), find(21)), (1, 0), "void from where it was voided");
}

#[test]
fn a_restored_concern_is_the_sealed_one() {
    let (releases, journal) = built();
    let states = releases.frozen(None, 100).expect("states");
    assert_eq!(states.len(), 8);
    let mut restored = Releases::default();
    states.iter().for_each(|s| restored.restore(s).expect("restores"));
    assert_eq!(restored.frozen(None, 100).expect("states"), states);
    let known = Known::new(8, &journal);
    assert_eq!(
        restored.resolve(None, &measured(&[("main", 3)]), known),
        releases.resolve(None, &measured(&[("main", 3)]), known)
    );
    let mut short = states[0].clone();
    short.value.pop();
    assert!(Releases::default().restore(&short).is_err());
    short.key.pop();
    assert!(Releases::default().restore(&short).is_err());
}

#[test]
fn versions_ascend() {
    let ascending =
        ["0.9", "1.0-rc1", "1.0-rc2", "1.0-rc10", "v1.0", "1.0.1", "1.2", "1.10", "2.0.0", "2024.01"];
    for pair in ascending.windows(2) {
        assert!(version::compare(pair[0], pair[1]).is_lt(), "{pair:?}");
        assert!(version::compare(pair[1], pair[0]).is_gt(), "{pair:?}");
    }
    assert!(version::compare("1.0", "1.00").is_ne());
    assert!(version::compare("00000000000000000000000000002", "99999999999999999999999999999").is_lt());
}

#[test]
fn what_a_release_does_not_name_is_said() {
    let mut release = made("firmware", "1", &[("main", 1)]);
    assert_eq!(lacking(&release), [Lack::Baseline, Lack::Commit, Lack::Artefact, Lack::Sbom, Lack::Result]);
    release.measurements.clear();
    release.baseline = Some(EntryRef { index: 0, entry: at(0) });
    assert_eq!(
        lacking(&release),
        [Lack::Commit, Lack::Artefact, Lack::Sbom, Lack::Measurement, Lack::Result]
    );
}
