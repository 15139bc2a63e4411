//! Signatures crafted around points of small order, which lax verification rules accept.

use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use sha2::{Digest, Sha512};
use tlog::{Checkpoint, EMPTY_ROOT, Error, Note, VerifierKey, cosignature};

/// Signs with the point R = rB + `torsion` in place of R = rB.
fn craft(secret: Scalar, r: Scalar, torsion: EdwardsPoint, message: &[u8]) -> Vec<u8> {
    let public = (&secret * ED25519_BASEPOINT_TABLE).compress();
    let point = (&r * ED25519_BASEPOINT_TABLE + torsion).compress();
    let digest = Sha512::new().chain_update(point.0).chain_update(public.0).chain_update(message).finalize();
    let k = Scalar::from_bytes_mod_order_wide(&digest.into());
    [point.0, (r + k * secret).to_bytes()].concat()
}

fn note(key: &VerifierKey, text: &str, body: &[u8]) -> Note {
    use base64ct::{Base64, Encoding};
    let line = [&key.id().0.to_be_bytes()[..], body].concat();
    let note = format!("{text}\n\u{2014} {} {}\n", key.name(), Base64::encode_string(&line));
    Note::parse(note.as_bytes()).unwrap()
}

#[test]
fn crafted_signatures_are_refused_and_honest_ones_are_not() {
    let secret = Scalar::from(0x1234_5678_9abc_def1_u64);
    let public = (&secret * ED25519_BASEPOINT_TABLE).compress().0;
    let lax = VerifyingKey::from_bytes(&public).unwrap();
    let log = VerifierKey::ed25519("log.example", &public).unwrap();
    let witness = VerifierKey::cosigner("w.example", &public).unwrap();
    let text = Checkpoint::new("log.example", 0, EMPTY_ROOT).to_string();
    let time = 1_790_000_000_u64;
    let message = cosignature::message(&text, time);
    let timed = |signature: &[u8]| [&time.to_be_bytes()[..], signature].concat();

    let mut accepted_elsewhere = 0;
    for (at, torsion) in EIGHT_TORSION.iter().enumerate() {
        for r in [Scalar::ZERO, Scalar::from(77_u64)] {
            let honest = at == 0 && r != Scalar::ZERO;
            let plain = craft(secret, r, *torsion, text.as_bytes());
            let timed_body = timed(&craft(secret, r, *torsion, &message));
            let by_lax_rule = lax.verify(text.as_bytes(), &Signature::from_slice(&plain).unwrap()).is_ok();
            accepted_elsewhere += u32::from(by_lax_rule && !honest);

            let checkpoint = Checkpoint::of(&note(&log, &text, &plain), &log);
            let cosigned = note(&witness, &text, &timed_body);
            let cosignature = cosignature::verify(&cosigned, &cosigned.signatures()[0], &witness);
            if honest {
                assert_eq!(checkpoint.unwrap().size, 0);
                assert_eq!(cosignature, Ok(Some(time)));
            } else {
                assert!(matches!(checkpoint, Err(Error::BadSignature { .. })), "torsion {at}");
                assert!(matches!(cosignature, Err(Error::BadSignature { .. })), "torsion {at}");
                assert!(matches!(cosigned.verify([&witness]), Err(Error::BadSignature { .. })));
            }
        }
    }
    // A time beyond 2^63 - 1 is refused though the signature is right.
    for (time, fine) in [(cosignature::MAX_TIME, true), (cosignature::MAX_TIME + 1, false)] {
        let message = cosignature::message(&text, time);
        let signature = craft(secret, Scalar::from(5_u64), EIGHT_TORSION[0], &message);
        let cosigned = note(&witness, &text, &[&time.to_be_bytes()[..], &signature].concat());
        assert_eq!(cosignature::verify(&cosigned, &cosigned.signatures()[0], &witness).is_ok(), fine);
    }
    assert!(accepted_elsewhere > 0, "the ordinary rule accepts some, or this test shows nothing");
}
