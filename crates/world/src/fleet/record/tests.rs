//! Records come back as they were written, and bytes that are none are refused.

use evidence::body::DebugStatus;
use evidence::facts::fleet::{Custody, KeyOrigin};
use evidence::{SourceId, Time};
use proptest::prelude::*;

use super::{Enrolled, Log, Obs, Record};

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("\\PC{0,9}")
}

fn id() -> impl Strategy<Value = Option<u32>> {
    proptest::option::of(any::<u32>())
}

fn time() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of((0..Time::MAX.seconds()).prop_map(|s| Time::from_seconds(s).expect("in range")))
}

fn obs() -> impl Strategy<Value = Obs> {
    // Few different values, so that each flag is set and not set; and the largest.
    let small = || prop_oneof![Just(0u64), Just(1), Just(2), Just(u64::MAX - 1)];
    let debug = prop_oneof![Just(None), Just(Some(DebugStatus::Enabled)), Just(Some(DebugStatus::Disabled))];
    let set = proptest::option::of(0..2u32);
    let (age, boot) = (proptest::option::of(small()), proptest::option::of(small()));
    let stream = prop_oneof![Just(0u64), Just(u64::MAX)];
    let sequence = prop_oneof![0..4u64, Just(u64::MAX)];
    (stream, sequence, age, set, boot, debug).prop_map(|(stream, sequence, age, set, boot, debug)| Obs {
        stream,
        sequence,
        age,
        set,
        boot,
        debug,
    })
}

fn record() -> impl Strategy<Value = Record> {
    let ids = || proptest::collection::vec(any::<u32>(), 0..4);
    let custody = prop_oneof![Just(None), Just(Some(Custody::InUse)), Just(Some(Custody::Missing))];
    let enrolled = (any::<[u32; 2]>(), id(), text(), text(), any::<u64>());
    prop_oneof![
        1 => (text(), text(), id(), ids(), time()).prop_map(|(udi, serial, model, software, since)| {
            Record::Declared { udi, serial, model, software, since }
        }),
        1 => enrolled.prop_map(|([model, product], hardware, udi, serial, key)| {
            Record::Enrolled(Enrolled { model, product, hardware, udi, serial, origin: KeyOrigin::Tpm, key })
        }),
        1 => "\\PC{0,9}".prop_map(Record::Attached),
        1 => any::<[u8; 16]>().prop_map(|raw| Record::AttachedTo(SourceId::device(raw))),
        6 => obs().prop_map(Record::Evidence),
        2 => obs().prop_map(|o| Record::Heard(Obs { set: None, boot: None, debug: None, ..o })),
        1 => any::<u32>().prop_map(Record::Appraised),
        1 => (ids(), time()).prop_map(|(software, at)| Record::Reported { software, at }),
        1 => (id(), id(), custody, time())
            .prop_map(|(site, owner, custody, since)| Record::Placed { site, owner, custody, since }),
        1 => any::<u64>().prop_map(Record::Reenrolled),
    ]
}

proptest! {
    #[test]
    fn records_come_back(all in proptest::collection::vec((0..300u64, record()), 0..40)) {
        let (mut log, mut index, mut expected) = (Log::default(), 0, Vec::new());
        for (step, record) in all {
            index += step;
            log.push(index, &record);
            expected.push((index, record));
        }
        prop_assert_eq!(log.records().collect::<Vec<_>>(), expected);
        let again = Log::read(log.bytes()).expect("what was written");
        prop_assert_eq!(again.head(), log.head());
        prop_assert_eq!(again, log);
    }

    #[test]
    fn a_cut_log_is_refused_or_ends_at_a_record(all in proptest::collection::vec(record(), 1..6), cut in any::<prop::sample::Index>()) {
        let mut log = Log::default();
        let mut ends = vec![0];
        for record in &all {
            log.push(7, record);
            ends.push(log.bytes().len());
        }
        let cut = cut.index(log.bytes().len());
        prop_assert_eq!(Log::read(&log.bytes()[..cut]).is_ok(), ends.contains(&cut));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = Log::read(&bytes);
    }
}
