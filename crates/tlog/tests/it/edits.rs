//! Valid inputs of every text format, edited at random: a reader refuses what results, or its writer gives back
//! exactly those bytes. This is what makes a format unambiguous, and proofs not malleable.

use std::sync::LazyLock;

use proptest::prelude::*;
use tlog::packet::LogProof;
use tlog::policy::Policy;
use tlog::tile::TilePath;
use tlog::witness::AddCheckpoint;
use tlog::{Checkpoint, Hash, Note, SigningKey, VerifierKey};

use crate::packet::packet;
use crate::policy::{log, text, witness};

/// Reads an input and writes it again; `None` if it is refused.
type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

fn via<T: ToString, E>(bytes: &[u8], read: impl Fn(&str) -> Result<T, E>) -> Option<Vec<u8>> {
    Some(read(std::str::from_utf8(bytes).ok()?).ok()?.to_string().into_bytes())
}

static INPUTS: LazyLock<Vec<(&str, Vec<u8>, Rewrite)>> = LazyLock::new(|| {
    let packet = packet(7);
    let with_extra = LogProof { extra: Some(b"extra".to_vec()), ..packet.clone() };
    let request = AddCheckpoint::new(7, packet.hashes.clone(), packet.checkpoint.clone()).unwrap();
    let checkpoint =
        Checkpoint { extensions: vec!["more".into()], ..Checkpoint::new("o", 10, Hash::of(b"")) };
    let inputs: [(&str, String, Rewrite); 10] = [
        ("note", packet.checkpoint.to_string(), |b| Note::parse(b).ok().map(|note| note.to_bytes())),
        ("checkpoint", checkpoint.to_string(), |b| via(b, Checkpoint::parse)),
        ("packet", packet.to_string(), |b| LogProof::parse(b).ok().map(|p| p.to_string().into_bytes())),
        ("packet", with_extra.to_string(), |b| LogProof::parse(b).ok().map(|p| p.to_string().into_bytes())),
        ("request", request.to_string(), |b| {
            AddCheckpoint::parse(b).ok().map(|r| r.to_string().into_bytes())
        }),
        ("key", witness(1).verifier().to_string(), |b| via(b, VerifierKey::parse)),
        ("signing key", log().to_skey().to_string(), |b| {
            SigningKey::parse(std::str::from_utf8(b).ok()?).ok().map(|key| key.to_skey().as_bytes().to_vec())
        }),
        ("path", "tile/0/x001/x234/067.p/21".to_string(), |b| via(b, TilePath::parse)),
        ("path", "tile/entries/x001/067.p/8".to_string(), |b| via(b, TilePath::parse)),
        ("hash", Hash::of(b"").to_base64(), |b| {
            Hash::from_base64(std::str::from_utf8(b).ok()?).ok().map(|hash| hash.to_base64().into_bytes())
        }),
    ];
    inputs.into_iter().map(|(name, text, rewrite)| (name, text.into_bytes(), rewrite)).collect()
});

/// Where, how much to take out, what to put in: mostly characters that mean something.
fn edit() -> impl Strategy<Value = (prop::sample::Index, usize, Vec<u8>)> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"\n\n \t+=/x.0019AaBZ\r\xe2\x80\x94".to_vec()),
        1 => any::<u8>(),
    ];
    (any::<prop::sample::Index>(), 0..3_usize, prop::collection::vec(byte, 0..3))
}

fn apply(input: &[u8], edits: Vec<(prop::sample::Index, usize, Vec<u8>)>) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for (at, remove, insert) in edits {
        let at = at.index(bytes.len() + 1);
        let end = bytes.len().min(at + remove);
        bytes.splice(at..end, insert);
    }
    bytes
}

#[test]
fn the_inputs_are_valid() {
    for (name, input, rewrite) in INPUTS.iter() {
        assert_eq!(rewrite(input).as_ref(), Some(input), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_a_reader_takes_its_writer_gives_back(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..4)) {
        let (name, input, rewrite) = which.get(&INPUTS);
        let edited = apply(input, edits);
        if let Some(written) = rewrite(&edited) {
            prop_assert_eq!(written, edited, "{}", name);
        }
    }

    #[test]
    fn an_edited_policy_is_refused_or_written_so_that_it_reads_the_same(edits in prop::collection::vec(edit(), 1..6)) {
        if let Ok(policy) = Policy::parse(&apply(text().as_bytes(), edits)) {
            prop_assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
        }
    }
}
