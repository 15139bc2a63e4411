//! Streams: places, gaps filled from any side, forks, and the state's bytes.

use evidence::facts::log::Tick;
use evidence::{Body, Fact, SourceId, Time};
use proptest::prelude::*;
use tlog::Hash;

use super::{Place, Stream, StreamKey, Streams};
use crate::concern::Concern;

fn device() -> SourceId {
    SourceId::device([3; 16])
}

/// A chain of a device's entries. What they say does not matter here.
fn chain(n: u64) -> Vec<(Body, Hash)> {
    let mut out: Vec<(Body, Hash)> = Vec::new();
    for sequence in 0..n {
        let body = Body {
            source: device(),
            stream: 1,
            sequence,
            previous: out.last().map(|(_, hash)| *hash),
            time: None,
            beacon: None,
            reason: None,
            on_behalf_of: None,
            fact: Fact::Tick(Tick { time: Time::EPOCH }),
        };
        let hash = Body::hash(&body.encode());
        out.push((body, hash));
    }
    out
}

fn head(streams: &Streams) -> Stream {
    streams.get(&StreamKey { source: device(), stream: 1 }).cloned().expect("the stream exists")
}

#[test]
fn a_gap_is_filled_in_any_order_and_only_by_what_fits() {
    let chain = chain(8);
    let mut streams = Streams::default();
    for (index, at) in [0usize, 1, 6].into_iter().enumerate() {
        let (body, hash) = &chain[at];
        streams.take(index as u64, body, *hash);
    }
    assert_eq!(head(&streams).gaps.len(), 1);
    assert_eq!((head(&streams).gaps[0].from, head(&streams).gaps[0].count), (2, 4));
    // Another entry at place 2 or 5 does not chain to its neighbours.
    let mut wrong = chain[2].0.clone();
    wrong.previous = Some(chain[4].1);
    assert_eq!(streams.place(&wrong, &Body::hash(&wrong.encode())), Place::OtherPrevious);
    let mut wrong = chain[5].0.clone();
    wrong.time = Some(Time::EPOCH);
    assert_eq!(streams.place(&wrong, &Body::hash(&wrong.encode())), Place::OtherPrevious);
    for (index, at) in [(3, 4usize), (4, 2), (5, 5), (6, 3)] {
        let (body, hash) = &chain[at];
        assert_eq!(streams.place(body, hash), Place::InGap, "place {at}");
        streams.take(index, body, *hash);
    }
    assert!(head(&streams).gaps.is_empty(), "{:?}", head(&streams).gaps);
    assert_eq!(head(&streams).entries, 7);
    let key = StreamKey { source: device(), stream: 1 };
    let places: Vec<_> = (0..8).map(|s| streams.index_of(&key, s)).collect();
    assert_eq!(places, [Some(0), Some(1), Some(4), Some(6), Some(3), Some(5), Some(2), None]);
    let (body, hash) = &chain[7];
    assert_eq!(streams.place(body, hash), Place::Next);
    let (body, hash) = &chain[3];
    assert_eq!(streams.place(body, hash), Place::Taken(6));
}

#[test]
fn everyone_but_a_device_continues_where_the_stream_ends() {
    let key = evidence::PublicKey::ed25519([9; 32]);
    let source = SourceId::derive(evidence::SourceKind::Service, &key).expect("not a device");
    let mut chain = chain(3);
    chain.iter_mut().for_each(|(body, _)| body.source = source);
    let mut streams = Streams::default();
    assert_eq!(streams.place(&chain[1].0, &chain[1].1), Place::OutOfOrder { next: 0 });
    streams.take(0, &chain[0].0, chain[0].1);
    assert_eq!(streams.place(&chain[2].0, &chain[2].1), Place::OutOfOrder { next: 1 });
    let mut other = chain[1].0.clone();
    other.previous = Some(Hash([1; 32]));
    assert_eq!(streams.place(&other, &chain[1].1), Place::OtherPrevious);
    streams.close(1, &StreamKey { source, stream: 1 });
    assert_eq!(streams.place(&chain[1].0, &chain[1].1), Place::Closed);
}

#[test]
fn a_closed_stream_takes_what_fills_its_gaps_and_nothing_else() {
    let chain = chain(6);
    let mut streams = Streams::default();
    for (index, at) in [(0, 0usize), (1, 3)] {
        streams.take(index, &chain[at].0, chain[at].1);
    }
    streams.close(1, &StreamKey { source: device(), stream: 1 });
    assert_eq!(streams.place(&chain[2].0, &chain[2].1), Place::InGap, "said before, and late");
    streams.take(2, &chain[2].0, chain[2].1);
    assert_eq!(streams.place(&chain[1].0, &chain[1].1), Place::InGap);
    assert_eq!(streams.place(&chain[4].0, &chain[4].1), Place::Closed);
    assert_eq!(streams.place(&chain[5].0, &chain[5].1), Place::Closed);
}

#[test]
fn what_was_rolled_up_takes_its_places_until_the_last_of_it_is_logged() {
    let chain = chain(6);
    let key = StreamKey { source: device(), stream: 1 };
    let mut streams = Streams::default();
    streams.take(0, &chain[0].0, chain[0].1);
    streams.attend(&key, 3);
    assert_eq!((head(&streams).next, head(&streams).entries, head(&streams).rolled), (4, 4, 3));
    assert!((1..4).all(|at| streams.is_rolled(&key, at)) && !streams.is_rolled(&key, 4));
    assert_eq!(streams.place(&chain[2].0, &chain[2].1), Place::Rolled);
    let ahead = super::Ahead { next: 4, last: chain[3].1 };
    assert_eq!(streams.place_after(&chain[4].0, &chain[4].1, Some(&ahead)), Place::Next);
    let other = super::Ahead { next: 4, last: Hash([1; 32]) };
    assert_eq!(streams.place_after(&chain[4].0, &chain[4].1, Some(&other)), Place::OtherPrevious);
    assert_eq!(streams.place_after(&chain[5].0, &chain[5].1, Some(&ahead)), Place::AfterGap(1));
    // Sealed and restored as it is.
    let states = streams.frozen(None, 10).expect("states");
    let mut restored = Streams::default();
    states.iter().for_each(|s| restored.restore(s).expect("restores"));
    assert_eq!(head(&restored), head(&streams));
    // Another piece logged besides changes nothing, the last one ends the run.
    streams.take(1, &chain[2].0, chain[2].1);
    assert_eq!((head(&streams).rolled, head(&streams).entries), (3, 4));
    streams.take(2, &chain[3].0, chain[3].1);
    assert_eq!((head(&streams).rolled, head(&streams).last), (0, chain[3].1));
    assert_eq!(streams.place(&chain[4].0, &chain[4].1), Place::Next);
    assert_eq!(streams.index_of(&key, 3), Some(2));
}

proptest! {
    /// Whatever the order of arrival, the gaps are exactly the places below the head that have not come, and a restored
    /// concern equals the sealed one.
    #[test]
    fn gaps_are_what_is_missing(order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle(), n in 1usize..12) {
        let chain = chain(12);
        let mut streams = Streams::default();
        let mut came = std::collections::BTreeSet::new();
        for (index, at) in order.into_iter().take(n).enumerate() {
            let (body, hash) = &chain[at];
            let place = streams.place(body, hash);
            prop_assert!(matches!(place, Place::Next | Place::AfterGap(_) | Place::InGap), "{:?}", place);
            streams.take(index as u64, body, *hash);
            came.insert(at as u64);
        }
        let head = head(&streams);
        let missing: Vec<u64> = (0..head.next).filter(|p| !came.contains(p)).collect();
        let gaps: Vec<u64> = head.gaps.iter().flat_map(|g| g.from..g.from + g.count).collect();
        prop_assert_eq!(missing, gaps);
        prop_assert_eq!(head.entries, n as u64);
        let states = streams.frozen(None, 10).expect("states");
        let mut restored = Streams::default();
        states.iter().for_each(|s| restored.restore(s).expect("restores"));
        prop_assert_eq!(restored.frozen(None, 10).expect("states"), states);
    }
}

#[test]
fn a_key_has_one_form() {
    let key = StreamKey { source: device(), stream: 7 };
    let good = key.bytes();
    assert_eq!(StreamKey::from_bytes(&good), Ok(key));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        // Another source or stream, or no key: never the same one.
        assert_ne!(StreamKey::from_bytes(&bad), Ok(key), "byte {at}");
    }
}

#[test]
fn a_half_key_is_none() {
    let mut streams = Streams::default();
    for (n, (body, hash)) in (0..).zip(chain(1)) {
        streams.take(n, &body, hash);
    }
    let mut value = streams.iter().next().expect("one").1.encode();
    assert!(Stream::decode(&value).is_ok());
    *value.last_mut().expect("not empty") = 0x81;
    assert!(Stream::decode(&value).is_err());
}
