//! Each kind of proof: made, verified, and refused after every kind of damage.

use alloc::vec::Vec;

use ed25519_dalek::{Signer, SigningKey};

use super::{BadProof, ssh};
use crate::keys::{Algorithm, KeyUse, PublicKey};
use crate::types::Bytes;

fn ssh_key(seed: u8) -> (SigningKey, PublicKey) {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let point = Bytes(secret.verifying_key().to_bytes().to_vec());
    (secret, PublicKey { algorithm: Algorithm::Ed25519, point, purpose: KeyUse::Ssh, scope: None })
}

fn sign(secret: &SigningKey, key: &PublicKey, namespace: &str, message: &[u8]) -> Vec<u8> {
    let signature = secret.sign(&ssh::signed_data(namespace, message)).to_bytes();
    ssh::blob(key, namespace, &signature).expect("an SSH Ed25519 key")
}

#[test]
fn ssh_signature_holds_for_its_key_message_and_namespace_only() {
    let (secret, key) = ssh_key(1);
    let (_, other) = ssh_key(2);
    let blob = sign(&secret, &key, "a@v1", b"message");
    assert_eq!(ssh::verify(&key, "a@v1", b"message", &blob), Ok(ssh::SecurityKey::default()));
    assert_eq!(ssh::verify(&other, "a@v1", b"message", &blob), Err(BadProof::OtherKey));
    assert_eq!(ssh::verify(&key, "b@v1", b"message", &blob), Err(BadProof::Purpose("the namespace")));
    assert_eq!(ssh::verify(&key, "a@v1", b"another", &blob), Err(BadProof::Signature));
    assert_eq!(ssh::unarmour(&ssh::armour(&blob)).as_deref(), Ok(&blob[..]));
}

#[test]
fn no_changed_byte_of_an_ssh_signature_is_accepted() {
    let (secret, key) = ssh_key(1);
    let blob = sign(&secret, &key, "a@v1", b"message");
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut bad = blob.clone();
            if let Some(byte) = bad.get_mut(at) {
                *byte ^= 1 << bit;
            }
            assert!(ssh::verify(&key, "a@v1", b"message", &bad).is_err(), "byte {at} bit {bit}");
        }
        assert!(ssh::verify(&key, "a@v1", b"message", blob.get(..at).unwrap_or_default()).is_err());
    }
}

#[test]
fn an_ssh_key_verifies_no_cose_signature() {
    let (secret, key) = ssh_key(1);
    let tbs = super::cose::sig_structure(&[], &[], b"payload");
    let signature = secret.sign(&tbs).to_bytes();
    assert_eq!(super::cose::verify(&key, &tbs, &signature), Err(BadProof::OtherKey));
    let cose = PublicKey { purpose: KeyUse::Cose, ..key };
    assert_eq!(super::cose::verify(&cose, &tbs, &signature), Ok(()));
}
