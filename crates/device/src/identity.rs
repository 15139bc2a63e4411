//! Layered identity, after TCG DICE: a unique secret gives a device key that stays, and with the measurement of what is
//! about to run an alias key that is another one for every firmware, configuration and mode.
//!
//! Only the first layer of a start sees the unique secret and the device key; it certifies the alias key and forgets
//! both. What runs afterwards holds the alias key alone, so firmware that is broken into cannot speak as another firmware
//! or vouch for other keys. Derivation is HKDF-SHA256 (RFC 5869); the labels are in the specification.

use alloc::string::String;
use core::fmt;

use ed25519_dalek::Signer as _;
use evidence::PublicKey;
use evidence::body::Measured;
use evidence::cbor::Writer;
use evidence::keys::Algorithm;
use evidence::proof::attached::Attached;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use tlog::Hash;
use zeroize::Zeroizing;

const SALT: &[u8] = b"vouchsafe-device@v1";
const DEVICE: &[u8] = b"device-key";
const LAYER: &[u8] = b"layer";
const ALIAS: &[u8] = b"alias-key";

/// 32 bytes that this device alone has and re-derives or reads at each start. Zeroized on drop, never printed.
pub struct UniqueSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for UniqueSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UniqueSecret(..)")
    }
}

impl UniqueSecret {
    /// From wherever the device keeps or makes it: a secure element, fuses, a file.
    #[must_use]
    pub const fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// From the secret of an SRAM PUF, under the label `UDS`.
    #[cfg(feature = "puf")]
    #[must_use]
    pub fn from_puf(secret: &puf::Secret) -> Self {
        Self(secret.derive(b"UDS"))
    }
}

/// In which mode the layer runs (after Open Profile for DICE, mode input).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Security is not set up yet.
    NotConfigured = 0,
    /// As intended in the field.
    Normal = 1,
    /// A debugger can look inside.
    Debug = 2,
    /// Recovery or maintenance.
    Recovery = 3,
}

/// What is about to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// SHA-256 of the code.
    pub code: Hash,
    /// SHA-256 of the configuration that the code's meaning depends on. Configuration that its owner changes in use,
    /// such as a drug library, is measured in evidence and is not part of the identity.
    pub configuration: Hash,
    /// The mode.
    pub mode: Mode,
}

impl Layer {
    /// SHA-256 over `[code, configuration, mode]` in deterministic CBOR.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let mut w = Writer::with_capacity(72);
        w.array(3);
        w.bytes(&self.code.0);
        w.bytes(&self.configuration.0);
        w.uint(self.mode as u64);
        Hash(Sha256::digest(w.into_bytes()).into())
    }
}

/// A component as evidence names it: SHA-256 over `bytes`.
#[must_use]
pub fn measured(name: &str, version: Option<&str>, bytes: &[u8]) -> Measured {
    Measured {
        name: name.into(),
        version: version.map(String::from),
        digest: Hash(Sha256::digest(bytes).into()),
    }
}

enum Secret {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

/// A key pair that signs COSE. Its secret half is erased from memory on drop and never printed.
pub struct KeyPair {
    secret: Secret,
    public: PublicKey,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public.id())
    }
}

impl KeyPair {
    /// Both curves from the same PRK and label: `label ‖ algorithm ‖ counter` is the info of HKDF-Expand. The counter
    /// is 0 but for P-256 candidates that are no scalar, of which one in 2^32 is.
    fn derive(prk: &[u8; 32], label: &[u8], algorithm: Algorithm) -> Option<Self> {
        for counter in 0..=u8::MAX {
            let number = if algorithm == Algorithm::Ed25519 { 1 } else { 2 };
            let seed = expand(prk, &[label, &[number, counter]]);
            let key = match algorithm {
                Algorithm::Ed25519 => {
                    let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
                    let public = PublicKey::ed25519(secret.verifying_key().to_bytes());
                    Some(Self { secret: Secret::Ed25519(secret), public })
                }
                Algorithm::P256 => p256::ecdsa::SigningKey::from_slice(&*seed).ok().and_then(|secret| {
                    let point = secret.verifying_key().to_sec1_point(true);
                    let public = PublicKey::p256(point.as_bytes().try_into().ok()?);
                    Some(Self { secret: Secret::P256(secret), public })
                }),
            };
            if key.is_some() {
                return key;
            }
        }
        None
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Ed25519 (RFC 8032), or ES256 with the nonce of RFC 6979: neither needs randomness.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes(),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().into()
            }
        }
    }

    /// Signs something that stands inside a fact.
    pub(crate) fn sign_attached(&self, over: &Attached) -> [u8; 64] {
        self.sign(&over.cose_signed(&self.public))
    }
}

/// The device's stable identity: its key, and the root that alias keys come from.
pub struct Identity {
    root: Zeroizing<[u8; 32]>,
    device: KeyPair,
    algorithm: Algorithm,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.device.public.id())
    }
}

impl Identity {
    /// Derives the device key. `None` if the secret gives no key, which does not happen by chance.
    #[must_use]
    pub fn new(secret: &UniqueSecret, algorithm: Algorithm) -> Option<Self> {
        let root = extract(SALT, &*secret.0);
        let device = KeyPair::derive(&root, DEVICE, algorithm)?;
        Some(Self { root, device, algorithm })
    }

    /// The device key.
    #[must_use]
    pub const fn device(&self) -> &KeyPair {
        &self.device
    }

    /// The alias key of a layer.
    #[must_use]
    pub fn alias(&self, layer: &Layer) -> Option<KeyPair> {
        let compound = extract(&layer.digest().0, &*expand(&self.root, &[LAYER]));
        KeyPair::derive(&compound, ALIAS, self.algorithm)
    }
}

fn extract(salt: &[u8], secret: &[u8]) -> Zeroizing<[u8; 32]> {
    let (prk, _) = Hkdf::<Sha256>::extract(Some(salt), secret);
    Zeroizing::new(prk.into())
}

fn expand(prk: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "a key and an output of 32 bytes are within RFC 5869's limits")]
    Hkdf::<Sha256>::from_prk(prk).expect("32 bytes").expand_multi_info(info, out.as_mut()).expect("32 bytes");
    out
}
