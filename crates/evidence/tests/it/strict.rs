//! Strictness: whatever decodes encodes back to the same bytes, and nothing that was changed verifies.

use evidence::body::MAX_REASON;
use evidence::entry::EntryError;
use evidence::facts::log::{Configured, Tick};
use evidence::sample::{Fill, Sampler};
use evidence::{Body, Entry, Fact, MAX_ENTRY, SourceKind, Time};
use proptest::prelude::*;

use crate::catalogue::examples;
use crate::signers;

/// Decodes; what is accepted must be the one encoding of what it says, outside and inside.
fn accepted(raw: &[u8]) -> Option<Entry> {
    let entry = Entry::decode(raw).ok()?;
    assert_eq!(entry.encode(), raw, "two encodings of one entry");
    assert_eq!(entry.body().encode(), entry.body_bytes(), "two encodings of one body");
    Some(entry)
}

#[test]
fn no_flipped_bit_of_any_proof_verifies() {
    let mut s = Sampler::new(3, Fill::Full);
    for signer in signers::all() {
        let fact = Fact::samples(&mut s).swap_remove(0);
        let raw = signer.prove(s.body(fact)).encode();
        assert_eq!(accepted(&raw).map(|e| e.verify(&signer.public)), Some(Ok(())), "{}", signer.name);
        let (mut refused, mut read) = (0, 0);
        for at in 0..raw.len() {
            for bit in 0..8 {
                let mut bad = raw.clone();
                bad[at] ^= 1 << bit;
                match accepted(&bad) {
                    None => refused += 1,
                    Some(entry) => {
                        read += 1;
                        assert!(
                            entry.verify(&signer.public).is_err(),
                            "{}: byte {at} bit {bit}",
                            signer.name
                        );
                    }
                }
            }
        }
        assert!(refused > 0 && read > 0, "both must occur: {refused} refused, {read} read");
    }
}

#[test]
fn no_flipped_bit_of_any_fact_has_a_second_encoding() {
    for fill in [Fill::Bare, Fill::Full] {
        for entry in examples(fill, 4) {
            let raw = entry.encode();
            for at in 0..raw.len() {
                for mask in [0x01, 0x02, 0x08, 0x20, 0x80, 0xff] {
                    let mut bad = raw.clone();
                    bad[at] ^= mask;
                    if let Some(other) = accepted(&bad) {
                        assert_ne!(other, entry, "{}: byte {at} means nothing", entry.body().fact.name());
                    }
                }
            }
        }
    }
}

#[test]
fn truncated_entries_and_entries_with_more_behind_are_refused() {
    let mut s = Sampler::new(5, Fill::Mixed);
    for signer in signers::all() {
        for fact in Fact::samples(&mut s) {
            let raw = signer.prove(s.body(fact)).encode();
            for end in 0..raw.len() {
                assert!(Entry::decode(&raw[..end]).is_err(), "{} bytes of {}", end, raw.len());
            }
            assert!(Entry::decode(&[&raw[..], &[0]].concat()).is_err());
        }
    }
}

fn body(fact: Fact) -> Body {
    let source = Sampler::new(0, Fill::Bare).source(SourceKind::Ledger);
    Body {
        source,
        stream: 0,
        sequence: 0,
        previous: None,
        time: None,
        beacon: None,
        reason: None,
        on_behalf_of: None,
        fact,
    }
}

#[test]
fn nothing_is_signed_that_could_not_be_read_back() {
    let signer = signers::named("cose-ed25519");
    let sign = |body: Body| Entry::sign_cose(body, &signer.public, |_| panic!("asked to sign it"));
    let tick = || body(Fact::Tick(Tick { time: Time::EPOCH }));
    let refusals = [
        sign(Body { sequence: 1, ..tick() }),
        sign(Body { previous: Some(evidence::Hash([0; 32])), ..tick() }),
        sign(Body { reason: Some("x".repeat(MAX_REASON + 1)), ..tick() }),
        sign(body(Fact::Attested(evidence::Evidence::default()))),
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(EntryError::Body(_))), "{refused:?}");
    }
    let setting = |n: usize| {
        body(Fact::Configured(Configured { setting: "s".into(), before: None, after: Some("x".repeat(n)) }))
    };
    let room = MAX_ENTRY - signer.prove(setting(60_000)).encode().len();
    let largest = signer.prove(setting(60_000 + room)).encode();
    assert_eq!(largest.len(), MAX_ENTRY);
    assert!(accepted(&largest).is_some());
    let kid = evidence::entry::kid(&signer.public.id());
    let proof = |n| evidence::entry::Proof::Cose {
        algorithm: signer.public.algorithm,
        kid,
        signature: evidence::types::Fixed([n; 64]),
    };
    assert_eq!(
        Entry::new(setting(60_001 + room), proof(0)),
        Err(EntryError::TooLarge(MAX_ENTRY + 1)),
        "one byte more"
    );
    assert_eq!(sign(setting(2 * MAX_ENTRY)).map(drop).map_err(|e| e.code()), Err("too-large"));
    assert_eq!(Entry::decode(&[0xd2; MAX_ENTRY + 1]), Err(EntryError::TooLarge(MAX_ENTRY + 1)));
}

#[test]
fn claimed_lengths_reserve_nothing() {
    // A list of 65,535 hashes and a string of 2^63 bytes, claimed in a few bytes.
    for claim in
        [&[0x99, 0xff, 0xff][..], &[0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0], &[0xbb, 0xff, 0, 0, 0, 0, 0, 0, 0]]
    {
        let mut raw = vec![0xd2, 0x84];
        raw.extend_from_slice(claim);
        assert!(Entry::decode(&raw).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        first in prop_oneof![Just(0xd2u8), Just(0x86), Just(0x83), any::<u8>()],
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let raw = [&[first][..], &rest].concat();
        accepted(&raw);
        if let Ok(body) = Body::decode(&raw) {
            prop_assert_eq!(body.encode(), raw);
        }
    }

    #[test]
    fn spliced_bodies_have_no_second_encoding(
        seed in any::<u64>(),
        fact in 0usize..200,
        at in any::<prop::sample::Index>(),
        cut in 0usize..12,
        piece in proptest::collection::vec(prop_oneof![
            any::<u8>(), 0u8..0x20, Just(0x40), Just(0x58), Just(0x60), Just(0x78), Just(0x80), Just(0x81), Just(0xa0),
            Just(0xa1), Just(0xc1), Just(0xf4), Just(0xf6), Just(0x5f), Just(0xff), Just(0x18),
        ], 0..8),
    ) {
        let mut s = Sampler::new(seed, Fill::Mixed);
        let mut facts = Fact::samples(&mut s);
        let fact = facts.swap_remove(fact % facts.len());
        let mut raw = s.body(fact).encode();
        let at = at.index(raw.len());
        let end = (at + cut).min(raw.len());
        raw.splice(at..end, piece);
        if let Ok(body) = Body::decode(&raw) {
            prop_assert_eq!(body.encode(), raw);
        }
    }

    #[test]
    fn any_sampled_entry_comes_back(seed in any::<u64>(), signer in 0usize..8) {
        let mut s = Sampler::new(seed, Fill::Mixed);
        let mut facts = Fact::samples(&mut s);
        let at = usize::try_from(s.below(facts.len() as u64)).expect("an index");
        let entry = signers::all()[signer].prove(s.body(facts.swap_remove(at)));
        prop_assert_eq!(accepted(&entry.encode()), Some(entry));
    }
}
