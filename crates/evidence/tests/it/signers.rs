//! A key of every kind, with its secret, and how each proves a body. The secrets are fixed and known to everyone.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer as _;
use evidence::entry::{Proof, kid};
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::ssh;
use evidence::proof::webauthn::Parts;
use evidence::types::Bytes;
use evidence::{Body, Entry, Hash, PublicKey};
use sha2::{Digest, Sha256, Sha512};

/// Relying party of the WebAuthn keys.
pub(crate) const RP_ID: &str = "vouchsafe.example";
/// Its origin.
pub(crate) const ORIGIN: &str = "https://vouchsafe.example";

pub(crate) enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

pub(crate) struct Signer {
    pub(crate) name: &'static str,
    pub(crate) secret: Secret,
    pub(crate) public: PublicKey,
}

/// One signer a kind of key, in the order of their names' codes.
pub(crate) fn all() -> Vec<Signer> {
    use Algorithm::{Ed25519, P256};
    use KeyUse::{Cose, Ssh, SshSk, WebAuthn};
    [
        ("cose-ed25519", Ed25519, Cose, None),
        ("cose-es256", P256, Cose, None),
        ("webauthn-es256", P256, WebAuthn, Some(RP_ID)),
        ("webauthn-eddsa", Ed25519, WebAuthn, Some(RP_ID)),
        ("ssh-ed25519", Ed25519, Ssh, None),
        ("ssh-ecdsa", P256, Ssh, None),
        ("sk-ssh-ed25519", Ed25519, SshSk, Some("ssh:")),
        ("sk-ecdsa", P256, SshSk, Some("ssh:")),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, algorithm, purpose, scope), seed)| Signer::new(name, algorithm, purpose, scope, seed))
    .collect()
}

/// The signer of this name.
pub(crate) fn named(name: &str) -> Signer {
    all().into_iter().find(|s| s.name == name).expect("a signer of this name")
}

impl Signer {
    pub(crate) fn new(
        name: &'static str,
        algorithm: Algorithm,
        purpose: KeyUse,
        scope: Option<&str>,
        seed: u8,
    ) -> Self {
        let (secret, point) = match algorithm {
            Algorithm::Ed25519 => {
                let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
                let point = secret.verifying_key().to_bytes().to_vec();
                (Secret::Ed25519(Box::new(secret)), point)
            }
            Algorithm::P256 => {
                let secret = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).expect("a scalar");
                let point = secret.verifying_key().to_sec1_point(true).as_bytes().to_vec();
                (Secret::P256(Box::new(secret)), point)
            }
        };
        let public = PublicKey { algorithm, point: Bytes(point), purpose, scope: scope.map(Into::into) };
        Self { name, secret, public }
    }

    /// 64 bytes over `message`: Ed25519, or r and s.
    pub(crate) fn raw(&self, message: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes(),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().into()
            }
        }
    }

    /// Proves a body as this kind of key does.
    pub(crate) fn prove(&self, body: Body) -> Entry {
        match self.public.purpose {
            KeyUse::Cose => Entry::sign_cose(body, &self.public, |m| self.raw(m)).expect("a readable entry"),
            KeyUse::WebAuthn => {
                let parts = self.assert(&Body::hash(&body.encode()), &Browser::default());
                let proof = Proof::WebAuthn {
                    kid: kid(&self.public.id()),
                    authenticator_data: Bytes(parts.authenticator_data),
                    client_data: Bytes(parts.client_data),
                    signature: Bytes(parts.signature),
                };
                Entry::new(body, proof).expect("a readable entry")
            }
            KeyUse::Ssh | KeyUse::SshSk => {
                let hash = Body::hash(&body.encode());
                let blob = self.ssh_blob(&SshCall::new(ssh::ENTRY_NAMESPACE), &hash.0);
                Entry::new(body, Proof::Ssh { blob: Bytes(blob) }).expect("a readable entry")
            }
        }
    }

    /// A browser's and an authenticator's answer to a challenge.
    pub(crate) fn assert(&self, challenge: &Hash, browser: &Browser) -> Parts {
        let challenge = Base64UrlUnpadded::encode_string(&challenge.0);
        let Browser { kind, origin, rest, rp_id, flags } = browser;
        let client_data =
            format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{rest}}}"#)
                .into_bytes();
        let mut authenticator_data = Sha256::digest(rp_id.as_bytes()).to_vec();
        authenticator_data.push(*flags);
        authenticator_data.extend_from_slice(&7u32.to_be_bytes());
        let message = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature = match &self.secret {
            Secret::Ed25519(key) => key.sign(&message).to_bytes().to_vec(),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(&message);
                signature.to_der().as_bytes().to_vec()
            }
        };
        Parts { authenticator_data, client_data, signature }
    }

    /// An SSHSIG blob over `message`, as `ssh-keygen -Y sign` writes it; security keys are simulated.
    pub(crate) fn ssh_blob(&self, call: &SshCall<'_>, message: &[u8]) -> Vec<u8> {
        let digest = match call.hash {
            "sha256" => Sha256::digest(message).to_vec(),
            _ => Sha512::digest(message).to_vec(),
        };
        let mut data = b"SSHSIG".to_vec();
        for part in [call.namespace.as_bytes(), call.reserved, call.hash.as_bytes(), &digest] {
            string(&mut data, part);
        }
        let key = ssh::write_key(&self.public).expect("an SSH key");
        let kind_length = usize::from(key[3]);
        let mut signature = Vec::new();
        string(&mut signature, &key[4..4 + kind_length]);
        match &self.public.scope {
            None => string(&mut signature, &self.ssh_raw(&data)),
            Some(application) => {
                let mut signed = Sha256::digest(application.as_bytes()).to_vec();
                signed.push(call.flags);
                signed.extend_from_slice(&9u32.to_be_bytes());
                signed.extend_from_slice(&Sha256::digest(&data));
                string(&mut signature, &self.ssh_raw(&signed));
                signature.push(call.flags);
                signature.extend_from_slice(&9u32.to_be_bytes());
            }
        }
        let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
        for part in [&key[..], call.namespace.as_bytes(), call.reserved, call.hash.as_bytes(), &signature] {
            string(&mut blob, part);
        }
        blob
    }

    fn ssh_raw(&self, message: &[u8]) -> Vec<u8> {
        let raw = self.raw(message);
        match &self.secret {
            Secret::Ed25519(_) => raw.to_vec(),
            Secret::P256(_) => {
                let mut out = Vec::new();
                for half in raw.chunks(32) {
                    let digits: Vec<u8> = half.iter().copied().skip_while(|b| *b == 0).collect();
                    let sign = digits.first().is_some_and(|b| b & 0x80 != 0);
                    string(&mut out, &[if sign { &[0][..] } else { &[] }, &digits].concat());
                }
                out
            }
        }
    }
}

/// What a browser and an authenticator say besides the challenge.
pub(crate) struct Browser {
    pub(crate) kind: &'static str,
    pub(crate) origin: &'static str,
    pub(crate) rest: &'static str,
    pub(crate) rp_id: &'static str,
    pub(crate) flags: u8,
}

impl Default for Browser {
    fn default() -> Self {
        Self { kind: "webauthn.get", origin: ORIGIN, rest: r#","crossOrigin":false"#, rp_id: RP_ID, flags: 5 }
    }
}

/// What an SSH signature says besides the message.
pub(crate) struct SshCall<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) reserved: &'a [u8],
    pub(crate) hash: &'a str,
    pub(crate) flags: u8,
}

impl<'a> SshCall<'a> {
    pub(crate) fn new(namespace: &'a str) -> Self {
        Self { namespace, reserved: b"", hash: "sha512", flags: 1 }
    }
}

/// A string of the SSH wire format (RFC 4251, 5).
pub(crate) fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).expect("short").to_be_bytes());
    out.extend_from_slice(bytes);
}
