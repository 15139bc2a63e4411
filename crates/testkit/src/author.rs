//! Someone who states facts: a key, an identifier and a stream that continues by itself.

use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use evidence::entry::Proof;
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::attached::Attached;
use evidence::proof::ssh;
use evidence::types::{Beacon, Bytes};
use evidence::{Body, Entry, Fact, PublicKey, SourceId, SourceKind, Time};
use tlog::Hash;

/// A source with its secret key.
pub struct Author {
    /// The secret key.
    pub secret: SigningKey,
    /// The public key.
    pub key: PublicKey,
    /// The identifier.
    pub id: SourceId,
    /// The stream it speaks in.
    pub stream: u64,
    /// The next place.
    pub sequence: u64,
    /// Hash of its last entry.
    pub previous: Option<Hash>,
    /// The time its clock claims.
    pub time: Option<Time>,
    /// The beacon it embeds.
    pub beacon: Option<Beacon>,
}

impl Author {
    /// A source that signs COSE with an Ed25519 key from a seed.
    ///
    /// # Panics
    /// For a device, which has a UEID instead: see [`Author::device`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn new(kind: SourceKind, seed: u8) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let key = PublicKey::ed25519(secret.verifying_key().to_bytes());
        let id = SourceId::derive(kind, &key).expect("not a device");
        Self::with(secret, key, id)
    }

    /// A person who signs with an SSH key from a seed.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn person(seed: u8) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let point = Bytes(secret.verifying_key().to_bytes().to_vec());
        let key = PublicKey { algorithm: Algorithm::Ed25519, point, purpose: KeyUse::Ssh, scope: None };
        let id = SourceId::derive(SourceKind::Person, &key).expect("not a device");
        Self::with(secret, key, id)
    }

    /// A device with a UEID and key from a number.
    #[must_use]
    pub fn device(n: u64) -> Self {
        let mut seed = [0xd0; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let secret = SigningKey::from_bytes(&seed);
        let key = PublicKey::ed25519(secret.verifying_key().to_bytes());
        let mut ueid = [0; 16];
        ueid[8..].copy_from_slice(&n.to_be_bytes());
        Self::with(secret, key, SourceId::device(ueid))
    }

    fn with(secret: SigningKey, key: PublicKey, id: SourceId) -> Self {
        Self { secret, key, id, stream: 1, sequence: 0, previous: None, time: None, beacon: None }
    }

    /// The body that would come next.
    pub fn body(&self, fact: impl Into<Fact>) -> Body {
        Body {
            source: self.id,
            stream: self.stream,
            sequence: self.sequence,
            previous: self.previous,
            time: self.time,
            beacon: self.beacon.clone(),
            reason: None,
            on_behalf_of: None,
            fact: fact.into(),
        }
    }

    /// Signs a body as it is, without continuing the stream.
    ///
    /// # Panics
    /// The entry is too large.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn sign(&self, body: Body) -> Entry {
        if self.key.purpose == KeyUse::Cose {
            return Entry::sign_cose(body, &self.key, |m| self.secret.sign(m).to_bytes())
                .expect("small enough");
        }
        let hash = Body::hash(&body.encode());
        let signature = self.secret.sign(&ssh::signed_data(ssh::ENTRY_NAMESPACE, &hash.0)).to_bytes();
        let blob = ssh::blob(&self.key, ssh::ENTRY_NAMESPACE, &signature).expect("an SSH key");
        Entry::new(body, Proof::Ssh { blob: Bytes(blob) }).expect("small enough")
    }

    /// Its signature that it holds its key, as an enrolment carries it (docs/spec/entry.md, 10). For COSE keys.
    #[must_use]
    pub fn possession(&self, origin: &str, udi: Option<&str>) -> Bytes {
        let message = Attached::possession(origin, &self.id, udi).cose_signed(&self.key);
        Bytes(self.secret.sign(&message).to_bytes().to_vec())
    }

    /// States a fact: signs it and continues the stream.
    pub fn state(&mut self, fact: impl Into<Fact>) -> Arc<[u8]> {
        let entry = self.sign(self.body(fact));
        self.sequence += 1;
        self.previous = Some(entry.hash());
        entry.encode().into()
    }

    /// Counts one place without stating anything: a gap.
    pub fn skip(&mut self) {
        let entry = self.sign(self.body(Fact::Attested(evidence::Evidence::default())));
        self.sequence += 1;
        self.previous = Some(entry.hash());
    }
}
