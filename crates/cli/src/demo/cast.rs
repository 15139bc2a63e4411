//! Who acts in the story: people by role with SSH keys, programs with COSE keys, each continuing its own stream. Those who
//! give commands have their key in a file, as people have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use evidence::entry::Proof;
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::ssh;
use evidence::types::{Beacon, Bytes};
use evidence::{Body, Entry, Fact, PublicKey, SourceId, SourceKind, Time};
use tlog::Hash;

use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{LineEnding, PrivateKey};

use crate::clock::random;
use crate::data;
use crate::failure::Failure;

/// Someone with a key made for the story, and the place its stream has come to.
#[derive(Clone)]
pub(super) struct Actor {
    secret: SigningKey,
    pub(super) key: PublicKey,
    pub(super) id: SourceId,
    pub(super) sequence: u64,
    previous: Option<Hash>,
}

impl Actor {
    /// A person, who signs with an SSH key, or a program, which signs COSE.
    pub(super) fn new(kind: SourceKind) -> Result<Self, Failure> {
        let secret = SigningKey::from_bytes(&random()?);
        let point = Bytes(secret.verifying_key().to_bytes().to_vec());
        let purpose = if kind == SourceKind::Person { KeyUse::Ssh } else { KeyUse::Cose };
        let key = PublicKey { algorithm: Algorithm::Ed25519, point, purpose, scope: None };
        let id =
            SourceId::derive(kind, &key).ok_or_else(|| Failure::input("casting", "a device is no actor"))?;
        Ok(Self { secret, key, id, sequence: 0, previous: None })
    }

    /// A device that has its key already.
    pub(super) fn device(id: SourceId, secret: SigningKey) -> Self {
        let key = PublicKey::ed25519(secret.verifying_key().to_bytes());
        Self { secret, key, id, sequence: 0, previous: None }
    }

    /// Writes the key in the OpenSSH format, and the public one beside it. Not encrypted: it belongs to nobody and opens
    /// nothing but this story.
    pub(super) fn write_key(&self, folder: &Path, name: &str) -> Result<PathBuf, Failure> {
        let doing = || format!("writing the key of the {name}");
        let fail = |e: ssh_key::Error| Failure::environment(doing(), e);
        let pair = Ed25519Keypair {
            public: Ed25519PublicKey(self.secret.verifying_key().to_bytes()),
            private: Ed25519PrivateKey::from_bytes(&self.secret.to_bytes()),
        };
        let key = PrivateKey::new(KeypairData::Ed25519(pair), name).map_err(fail)?;
        let path = folder.join(name);
        data::write_new(&path, key.to_openssh(LineEnding::LF).map_err(fail)?.as_bytes(), true)?;
        let public = key.public_key().to_openssh().map_err(fail)?;
        data::write_new(&path.with_extension("pub"), format!("{public}\n").as_bytes(), false)?;
        Ok(path)
    }

    /// The same device after a restart: the key was derived anew, the stream goes on.
    pub(super) fn with_secret(&mut self, secret: SigningKey) {
        self.secret = secret;
    }

    /// Signs bytes with the COSE key.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// States a fact at the next place of the stream.
    pub(super) fn state(
        &mut self,
        time: Time,
        beacon: Option<Beacon>,
        fact: impl Into<Fact>,
    ) -> Result<Arc<[u8]>, Failure> {
        let body = Body {
            source: self.id,
            stream: 1,
            sequence: self.sequence,
            previous: self.previous,
            time: Some(time),
            beacon,
            reason: None,
            on_behalf_of: None,
            fact: fact.into(),
        };
        let entry = if self.key.purpose == KeyUse::Cose {
            Entry::sign_cose(body, &self.key, |message| self.sign(message))
        } else {
            let signature = self.sign(&ssh::signed_data(ssh::ENTRY_NAMESPACE, &Body::hash(&body.encode()).0));
            let blob = ssh::blob(&self.key, ssh::ENTRY_NAMESPACE, &signature).unwrap_or_default();
            Entry::new(body, Proof::Ssh { blob: Bytes(blob) })
        };
        let entry = entry.map_err(|e| Failure::input("signing an entry of the story", e))?;
        self.sequence += 1;
        self.previous = Some(entry.hash());
        Ok(entry.encode().into())
    }
}
