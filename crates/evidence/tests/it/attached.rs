//! Signatures beside the entry's own: every kind of key makes each, and none stands for another.

use evidence::facts::log::Recovered;
use evidence::keys::KeyUse;
use evidence::proof::attached::Attached;
use evidence::sample::{Fill, Sampler};
use evidence::types::Bytes;
use evidence::{Field, SourceKind};

use crate::signers::{self, Browser, Signer, SshCall};

fn sign(signer: &Signer, what: &Attached, purpose: &str) -> Vec<u8> {
    match signer.public.purpose {
        KeyUse::Cose => signer.raw(&what.cose_signed(&signer.public)).to_vec(),
        KeyUse::Ssh | KeyUse::SshSk => signer.ssh_blob(&SshCall::new(purpose), what.message()),
        KeyUse::WebAuthn => signer.assert(&what.challenge(), &Browser::default()).encode(),
    }
}

#[test]
fn each_holds_for_what_it_was_made_for_only() {
    let mut s = Sampler::new(1, Fill::Full);
    let (device, person) = (s.source(SourceKind::Device), s.source(SourceKind::Person));
    let key = signers::named("cose-es256").public;
    let recovered = Recovered::sample(&mut s);
    let other = Recovered { missing: recovered.missing.wrapping_add(1), ..recovered.clone() };
    let all = [
        ("vouchsafe-possession@v1", Attached::possession("a.example/log", &device, None)),
        ("vouchsafe-possession@v1", Attached::possession("a.example/log", &device, Some("(01)0"))),
        ("vouchsafe-possession@v1", Attached::possession("a.example/log", &person, None)),
        ("vouchsafe-possession@v1", Attached::possession("b.example/log", &device, None)),
        ("vouchsafe-stream-key@v1", Attached::stream_key("a.example/log", &device, 1, 7, &key)),
        ("vouchsafe-stream-key@v1", Attached::stream_key("a.example/log", &device, 7, 1, &key)),
        ("vouchsafe-recovery@v1", Attached::recovery(&recovered)),
        ("vouchsafe-recovery@v1", Attached::recovery(&other)),
    ];
    for signer in signers::all() {
        for (i, (purpose, made)) in all.iter().enumerate() {
            let signature = sign(&signer, made, purpose);
            for (j, (_, asked)) in all.iter().enumerate() {
                let said = asked.verify(&signer.public, &signature);
                assert_eq!(said.is_ok(), i == j, "{} made for {i}, asked for {j}: {said:?}", signer.name);
            }
        }
    }
    let signed = Recovered { signature: Bytes(vec![1, 2, 3]), ..recovered.clone() };
    assert_eq!(Attached::recovery(&signed), Attached::recovery(&recovered), "its own signature is left out");
}
