//! A witness's decisions: every status, and a log followed from empty to large and into a fork.

use proptest::prelude::*;
use tlog::tree::{consistency_proof, root};
use tlog::witness::{
    AddCheckpoint, Decision, KnownLog, Refusal, WitnessState, decide, parse_conflict, parse_cosignatures,
};
use tlog::{Checkpoint, EMPTY_ROOT, Hash, Note, SigningKey, VerifierKey, leaf_hash};

use crate::naive::{self, Levels};
use crate::policy::{log, witness};

fn head(size: u64, root: Hash, key: &SigningKey) -> Note {
    // Signed as a bare note, so that a lying log can be played.
    Note::sign(&Checkpoint::new("log.example", size, root).to_string(), &[key]).unwrap()
}

fn ask(old: u64, proof: Vec<Hash>, note: Note, state: WitnessState) -> Decision {
    let request = AddCheckpoint::new(old, proof, note).unwrap();
    assert_eq!(AddCheckpoint::parse(request.to_string().as_bytes()), Ok(request.clone()));
    decide(&request, Some(KnownLog { keys: &[log().verifier().clone()], state }))
}

fn refusal(decision: Decision) -> Refusal {
    match decision {
        Decision::Refuse(refusal) => refusal,
        Decision::Accept(accepted) => panic!("accepted {accepted:?}"),
    }
}

#[test]
fn a_growing_log_is_followed_and_a_fork_is_not() {
    let levels = Levels::new(&naive::leaves(600));
    let at = |size| root(&levels, size).unwrap();
    let mut state = WitnessState::default();
    for size in [0, 0, 1, 2, 3, 3, 8, 255, 256, 257, 600] {
        let proof = consistency_proof(&levels, state.size, size).unwrap();
        let mut note = head(size, at(size), &log());
        let Decision::Accept(accepted) = ask(state.size, proof, note.clone(), state) else {
            panic!("{size}")
        };
        assert_eq!(accepted.state, WitnessState { size, root: at(size) });
        let body = accepted.cosign(&[&witness(1), &witness(2)], 1_790_000_000).unwrap();
        for line in parse_cosignatures(body.as_bytes()).unwrap() {
            note.push(line).unwrap();
        }
        let (w1, w2) = (witness(1), witness(2));
        let verified = note.verify([w1.verifier(), w2.verifier()]).unwrap();
        assert_eq!(verified.iter().filter_map(|found| found.time).collect::<Vec<_>>(), [1_790_000_000; 2]);
        state = accepted.state;
    }
    // The same size with another root, and a larger tree that does not contain the known one.
    assert_eq!(refusal(ask(600, vec![], head(600, leaf_hash(b"fork"), &log()), state)), Refusal::OtherRoot);
    let fork = Levels::new(&naive::leaves(700).into_iter().rev().collect::<Vec<_>>());
    let proof = consistency_proof(&fork, 600, 700).unwrap();
    let decision = ask(600, proof, head(700, root(&fork, 700).unwrap(), &log()), state);
    assert!(matches!(refusal(decision), Refusal::BadProof(_)));
}

#[test]
fn each_refusal_has_its_status_and_body() {
    let levels = Levels::new(&naive::leaves(20));
    let at = |size| root(&levels, size).unwrap();
    let proof = |old, new| consistency_proof(&levels, old, new).unwrap();
    let state = WitnessState { size: 10, root: at(10) };
    let good = || head(20, at(20), &log());
    let is = |decision, status, body: &str| {
        let refusal = refusal(decision);
        assert_eq!(refusal.status(), status, "{refusal}");
        assert!(refusal.body().starts_with(body) && refusal.body().ends_with('\n'), "{refusal}");
        assert_eq!(refusal.content_type() == "text/x.tlog.size", status == 409);
    };
    let request = AddCheckpoint::new(10, proof(10, 20), good()).unwrap();
    is(decide(&request, None), 404, "unknown log");
    is(decide(&request, Some(KnownLog { keys: &[], state })), 403, "no valid");
    is(ask(10, proof(10, 20), head(20, at(20), &witness_as_log()), state), 403, "no valid");
    is(ask(21, vec![], good(), state), 400, "the old size");
    is(ask(9, proof(9, 20), good(), state), 409, "10\n");
    is(ask(0, vec![], good(), state), 409, "10\n");
    is(ask(11, proof(11, 20), good(), state), 409, "10\n");
    is(ask(10, proof(10, 19), good(), state), 422, "");
    is(ask(10, vec![], good(), state), 422, "");
    is(ask(10, vec![at(1)], head(10, at(10), &log()), state), 422, "the consistency proof");
    is(ask(10, vec![], head(10, at(9), &log()), state), 422, "the root");
    is(ask(0, vec![at(1)], good(), WitnessState::default()), 422, "the consistency proof");
    is(ask(0, vec![], head(0, at(1), &log()), WitnessState::default()), 422, "the root");
    let damaged = WitnessState { size: 0, root: at(1) };
    is(ask(0, vec![], head(0, at(1), &log()), damaged), 422, "the root");
    let malformed = Refusal::Malformed(AddCheckpoint::parse(b"").unwrap_err());
    assert_eq!(malformed.status(), 400);
    assert_eq!(parse_conflict(Refusal::Conflict { size: 10 }.body().as_bytes()), Ok(10));
    for body in ["10", "010\n", "+1\n", "\n", "1\n2\n"] {
        assert!(parse_conflict(body.as_bytes()).is_err());
    }
    assert_eq!(WitnessState::default().root, EMPTY_ROOT);
}

/// Another key under the log's name.
fn witness_as_log() -> SigningKey {
    SigningKey::ed25519("log.example", &[200; 32]).unwrap()
}

#[test]
fn one_trusted_key_of_several_is_enough() {
    let keys: Vec<VerifierKey> = vec![witness_as_log().verifier().clone(), log().verifier().clone()];
    let note = head(1, leaf_hash(b"x"), &log());
    let request = AddCheckpoint::new(0, vec![], note).unwrap();
    let known = KnownLog { keys: &keys, state: WitnessState::default() };
    assert!(matches!(decide(&request, Some(known)), Decision::Accept(_)));
}

#[test]
fn malformed_requests_are_refused() {
    let levels = Levels::new(&naive::leaves(20));
    let proof = consistency_proof(&levels, 10, 20).unwrap();
    let good =
        AddCheckpoint::new(10, proof, head(20, root(&levels, 20).unwrap(), &log())).unwrap().to_string();
    let hash = good.lines().nth(1).unwrap();
    for (change, body) in [
        ("leading zero", good.replace("old 10", "old 010")),
        ("sign", good.replace("old 10", "old +10")),
        ("no old line", good.replace("old 10\n", "")),
        (
            "64 hashes",
            format!("old 10\n{}{}", format!("{hash}\n").repeat(64), &good[good.find("\n\n").unwrap() + 1..]),
        ),
        ("no blank line", good.replacen("\n\n", "\n", 1)),
        ("no note", "old 10\n\n".to_string()),
        ("not a checkpoint", good.replace("\n20\n", "\n020\n")),
    ] {
        assert_ne!(body, good, "{change}");
        assert!(AddCheckpoint::parse(body.as_bytes()).is_err(), "{change}");
    }
    assert!(AddCheckpoint::new(1, vec![EMPTY_ROOT; 64], head(2, EMPTY_ROOT, &log())).is_err());
}

proptest! {
    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = AddCheckpoint::parse(&bytes);
        let _ = parse_cosignatures(&bytes);
        let _ = parse_conflict(&bytes);
        let _ = AddCheckpoint::parse(&[b"old 1\n", &bytes[..]].concat());
    }

    #[test]
    fn what_is_accepted_extends_what_was_known(old in 0..40_u64, claimed in 0..40_u64, new in 0..40_u64, lie in any::<bool>()) {
        let levels = Levels::new(&naive::leaves(40));
        let at = |size| root(&levels, size).unwrap();
        let state = WitnessState { size: old, root: at(old) };
        let proof = consistency_proof(&levels, claimed.min(new), new).unwrap();
        let honest_root = if lie { leaf_hash(b"lie") } else { at(new) };
        let decision = ask(claimed, proof, head(new, honest_root, &log()), state);
        // A first checkpoint has nothing to contradict.
        let expected = claimed == old && old <= new && (!lie || (old == 0 && new > 0));
        prop_assert_eq!(matches!(decision, Decision::Accept(_)), expected);
    }
}
