//! Ed25519 signatures and keys that verifiers disagree about are refused by every path: R with a small-order part, keys
//! of small or mixed order, encodings that are not canonical, S not reduced.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use evidence::keys::{Algorithm, BadKey, KeyUse};
use evidence::proof::{BadProof, cose, ssh, webauthn};
use evidence::types::Bytes;
use evidence::{Body, Entry, Hash, PublicKey, statement};
use sha2::{Digest, Sha256, Sha512};

use crate::signers::{Browser, RP_ID, Signer, string};

const SECRET: u64 = 0x1234_5678_9abc_def1;

fn challenge(r: &EdwardsPoint, key: &[u8; 32], message: &[u8]) -> Scalar {
    let digest =
        Sha512::new().chain_update(r.compress().0).chain_update(key).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// A signature by `secret`, whose R carries `torsion` besides.
fn sign(secret: Scalar, key: &[u8; 32], torsion: EdwardsPoint, message: &[u8]) -> [u8; 64] {
    let nonce = Scalar::from_bytes_mod_order_wide(&Sha512::digest(message).into());
    let r = B * nonce + torsion;
    let s = nonce + challenge(&r, key, message) * secret;
    [r.compress().0, s.to_bytes()].concat().try_into().expect("64 bytes")
}

/// What each path that takes an Ed25519 key says to the signature that `sign` makes over its message.
fn paths(point: [u8; 32], sign: &dyn Fn(&[u8]) -> [u8; 64]) -> Vec<(&'static str, Result<(), BadProof>)> {
    let key = |purpose, scope: Option<&str>| PublicKey {
        algorithm: Algorithm::Ed25519,
        point: Bytes(point.to_vec()),
        purpose,
        scope: scope.map(Into::into),
    };
    let message = [7; 32];
    let mut out = Vec::new();

    let tbs = cose::sig_structure(&[0xa0], &[], &message);
    out.push(("COSE", cose::verify(&key(KeyUse::Cose, None), &tbs, &sign(&tbs))));

    let plain = key(KeyUse::Ssh, None);
    let blob = ssh::blob(&plain, "a@v1", &sign(&ssh::signed_data("a@v1", &message))).expect("a blob");
    out.push(("SSH", ssh::verify(&plain, "a@v1", &message, &blob).map(drop)));

    let sk = key(KeyUse::SshSk, Some("ssh:"));
    let data = ssh::signed_data("a@v1", &message);
    let tail = [&[1][..], &9u32.to_be_bytes()].concat();
    let signed = [&Sha256::digest(b"ssh:")[..], &tail, &Sha256::digest(&data)].concat();
    let mut inner = Vec::new();
    string(&mut inner, b"sk-ssh-ed25519@openssh.com");
    string(&mut inner, &sign(&signed));
    inner.extend_from_slice(&tail);
    let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
    for part in [&ssh::write_key(&sk).expect("an SSH key")[..], b"a@v1", b"", b"sha512", &inner] {
        string(&mut blob, part);
    }
    out.push(("security key", ssh::verify(&sk, "a@v1", &message, &blob).map(drop)));

    // The browser's and authenticator's part, with the signature replaced.
    let asserted = |challenge: &Hash| {
        let mut parts = crate::signers::named("webauthn-eddsa").assert(challenge, &Browser::default());
        let signed = [&parts.authenticator_data[..], &Sha256::digest(&parts.client_data)].concat();
        parts.signature = sign(&signed).to_vec();
        parts
    };
    let web = key(KeyUse::WebAuthn, Some(RP_ID));
    let p = asserted(&Hash(message));
    let said = webauthn::verify(&web, &Hash(message), &p.authenticator_data, &p.client_data, &p.signature);
    out.push(("WebAuthn", said.map(drop)));

    let text = crate::golden::statement().text().expect("a statement");
    let p = asserted(&Hash(Sha256::digest(text.as_bytes()).into()));
    out.push(("statement", statement::verify(&web, &text, &p.encode()).map(drop)));
    out
}

fn check(point: [u8; 32]) -> Result<(), BadKey> {
    PublicKey::ed25519(point).check()
}

#[test]
fn an_honest_signature_passes_every_path() {
    let secret = Scalar::from(SECRET);
    let key = (B * secret).compress().0;
    assert_eq!(check(key), Ok(()));
    let identity = EIGHT_TORSION[0];
    for (path, said) in paths(key, &|m| sign(secret, &key, identity, m)) {
        assert_eq!(said, Ok(()), "{path}");
    }
}

#[test]
fn a_signature_whose_r_carries_torsion_is_refused_by_every_path() {
    let secret = Scalar::from(SECRET);
    let point = B * secret;
    let key = point.compress().0;
    for torsion in &EIGHT_TORSION[1..] {
        for (path, said) in paths(key, &|m| sign(secret, &key, *torsion, m)) {
            assert_eq!(said, Err(BadProof::Signature), "{path}");
        }
        // It is crafted, not merely wrong: the equation with the cofactor holds, as batch verification checks it.
        let signature = sign(secret, &key, *torsion, b"message");
        let s: [u8; 32] = signature[32..].try_into().expect("32 bytes");
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s)).expect("reduced");
        let r = B * Scalar::from_bytes_mod_order_wide(&Sha512::digest(b"message").into()) + torsion;
        let k = challenge(&r, &key, b"message");
        assert_eq!((B * s).mul_by_cofactor(), (r + point * k).mul_by_cofactor());
        assert_ne!(B * s, r + point * k);
    }
}

/// A signature that the plain equation accepts under a key of small order, with an R that is not: only the key is wrong.
pub(crate) fn under_small_key(key: EdwardsPoint, message: &[u8]) -> [u8; 64] {
    let encoded = key.compress().0;
    for n in 1..1_000u64 {
        let s = Scalar::from(n);
        for torsion in EIGHT_TORSION {
            let r = B * s + torsion;
            if B * s == r + key * challenge(&r, &encoded, message) {
                return [r.compress().0, s.to_bytes()].concat().try_into().expect("64 bytes");
            }
        }
    }
    panic!("one in eight fits");
}

/// A signature that the plain equation accepts under an honest key, whose R is the identity.
pub(crate) fn with_small_r(secret: Scalar, key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let r = EIGHT_TORSION[0];
    let s = challenge(&r, key, message) * secret;
    [r.compress().0, s.to_bytes()].concat().try_into().expect("64 bytes")
}

/// Whether verification accepts that is not strict.
fn loosely(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    use ed25519_dalek::Verifier;
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).expect("a point");
    key.verify(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
}

#[test]
fn keys_of_small_order_are_refused_by_every_path() {
    for torsion in EIGHT_TORSION {
        let key = torsion.compress().0;
        assert_eq!(check(key), Err(BadKey::Point));
        assert!(
            loosely(&key, b"message", &under_small_key(torsion, b"message")),
            "crafted, not merely wrong"
        );
        for (path, said) in paths(key, &|m| under_small_key(torsion, m)) {
            assert_eq!(said, Err(BadProof::BadKey), "{path}");
        }
    }
}

#[test]
fn a_signature_whose_r_is_of_small_order_is_refused_by_every_path() {
    let secret = Scalar::from(SECRET);
    let key = (B * secret).compress().0;
    assert!(loosely(&key, b"message", &with_small_r(secret, &key, b"message")), "crafted, not merely wrong");
    for (path, said) in paths(key, &|m| with_small_r(secret, &key, m)) {
        assert_eq!(said, Err(BadProof::Signature), "{path}");
    }
}

#[test]
fn keys_of_mixed_order_cannot_be_enrolled() {
    for torsion in &EIGHT_TORSION[1..] {
        assert_eq!(check((B * Scalar::from(SECRET) + torsion).compress().0), Err(BadKey::Point));
    }
}

#[test]
fn encodings_that_are_not_canonical_are_refused_by_every_path() {
    let mut read_by_library = 0;
    for low in 0xed..=0xffu8 {
        for high in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, high);
            read_by_library += usize::from(ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok());
            assert_eq!(check(key), Err(BadKey::Point), "y = p + {}", low - 0xed);
            for (path, said) in paths(key, &|_| [1; 64]) {
                assert_eq!(said, Err(BadProof::BadKey), "{path}");
            }
        }
    }
    assert!(read_by_library > 8, "the library reads {read_by_library} of them, so the check is needed");
}

#[test]
fn s_that_is_not_reduced_is_refused_by_every_path() {
    let secret = Scalar::from(SECRET);
    let key = (B * secret).compress().0;
    // The order of the group, little-endian (RFC 8032, 5.1).
    let order = (-Scalar::ONE).to_bytes();
    let raised = |m: &[u8]| {
        let mut signature = sign(secret, &key, EIGHT_TORSION[0], m);
        let mut carry = 1u16;
        for (s, l) in signature[32..].iter_mut().zip(order) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        signature
    };
    for (path, said) in paths(key, &raised) {
        assert!(said.is_err(), "{path}");
    }
}

#[test]
fn points_of_p256_have_one_encoding() {
    let signer = crate::signers::named("cose-es256");
    let tbs = cose::sig_structure(&[0xa0], &[], b"payload");
    let signature = signer.raw(&tbs);
    assert_eq!(cose::verify(&signer.public, &tbs, &signature), Ok(()));
    let with = |point: Vec<u8>| PublicKey { point: Bytes(point), ..signer.public.clone() };
    let compressed = &signer.public.point.0;
    let point = p256::ecdsa::VerifyingKey::from_sec1_bytes(compressed).expect("a point");
    let uncompressed = point.to_sec1_point(false).as_bytes().to_vec();
    let compact = [&[5][..], &compressed[1..]].concat();
    for other in [uncompressed, compact, vec![0], vec![], [&compressed[..], &[0]].concat()] {
        assert_eq!(with(other.clone()).check(), Err(BadKey::Point), "{other:02x?}");
        assert_eq!(cose::verify(&with(other), &tbs, &signature), Err(BadProof::BadKey));
    }
    // r or s of 0, or not below the order, is no signature.
    for bad in [[&[0; 32][..], &signature[32..]].concat(), [&signature[..32], &[0xff; 32]].concat()] {
        let said = cose::verify(&signer.public, &tbs, &bad);
        assert!(matches!(said, Err(BadProof::Malformed(_))), "{said:?}");
    }
}

/// An entry under an honest key whose signature passes the equation with the cofactor and no other.
pub(crate) fn crafted(signer: &Signer, body: &Body) -> Entry {
    let (secret, public) = ed25519(signer);
    let entry =
        Entry::sign_cose(body.clone(), &signer.public, |m| sign(secret, &public, EIGHT_TORSION[1], m));
    entry.expect("a readable entry")
}

/// An entry under an honest key whose signature has the identity for R and passes every equation.
pub(crate) fn crafted_r(signer: &Signer, body: &Body) -> Entry {
    let (secret, public) = ed25519(signer);
    let entry = Entry::sign_cose(body.clone(), &signer.public, |m| with_small_r(secret, &public, m));
    entry.expect("a readable entry")
}

fn ed25519(signer: &Signer) -> (Scalar, [u8; 32]) {
    let crate::signers::Secret::Ed25519(key) = &signer.secret else { panic!("an Ed25519 key") };
    (key.to_scalar(), key.verifying_key().to_bytes())
}
