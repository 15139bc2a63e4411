//! People's SSH keys: reading public ones, signing with private ones, and writing new ones encrypted.
//!
//! Ed25519 keys in a file sign in this process. Everything else (agent, security keys, ECDSA) signs through
//! `ssh-keygen -Y sign`, which asks for touch and PIN itself.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ed25519_dalek::{Signer as _, SigningKey};
use evidence::PublicKey;
use evidence::proof::ssh;
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use crate::clock::random;
use crate::data;
use crate::failure::Failure;

/// Most bytes of a key file.
const MAX_FILE: u64 = 64 << 10;
/// Most bytes of a passphrase file.
const MAX_PASSPHRASE: u64 = 4 << 10;
/// Rounds of bcrypt-pbkdf, as `ssh-keygen` uses them.
const ROUNDS: u32 = 24;
/// Fewest characters of a passphrase for a new key.
const MIN_PASSPHRASE: usize = 8;

/// Where passphrases come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passphrases {
    /// A file whose first line is the passphrase; else the terminal is asked.
    pub(crate) file: Option<PathBuf>,
}

impl Passphrases {
    fn get(&self, prompt: &str) -> Result<Zeroizing<String>, Failure> {
        let Some(path) = &self.file else {
            let asked = rpassword::prompt_password(prompt).map(Zeroizing::new);
            return asked.map_err(|e| {
                Failure::input("asking for the passphrase", e)
                    .hint("without a terminal, give `--passphrase-file FILE`")
            });
        };
        let text = Zeroizing::new(read_small(path, MAX_PASSPHRASE)?);
        Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// A passphrase for a new key, asked for twice.
    fn choose(&self) -> Result<Zeroizing<String>, Failure> {
        let chosen = self.get("Passphrase for the new key: ")?;
        let refuse = |why: &str| Err(Failure::input("choosing a passphrase", why));
        if self.file.is_none() && *self.get("The same again: ")? != *chosen {
            return refuse("the two are not the same");
        }
        if chosen.chars().count() < MIN_PASSPHRASE {
            return refuse("it needs at least 8 characters");
        }
        Ok(chosen)
    }
}

fn read_small(path: &Path, most: u64) -> Result<String, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading", path, e);
    let length = fs::metadata(path).map_err(|e| fail(&e))?.len();
    if length > most {
        let doing = format!("reading {}", path.display());
        return Err(Failure::input(doing, format!("{length} bytes, but at most {most} are expected here")));
    }
    fs::read_to_string(path).map_err(|e| fail(&e))
}

/// Reads a public key file, such as `id_ed25519.pub`.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey, Failure> {
    let text = read_small(path, MAX_FILE)?;
    let line = text.lines().find(|l| !l.trim().is_empty() && !l.starts_with('#')).unwrap_or_default();
    ssh::read_public_line(line).map_err(|e| {
        Failure::input(format!("reading the public key {}", path.display()), e)
            .hint("give the .pub file of an Ed25519, ECDSA P-256 or security key (ssh-keygen -t ed25519)")
    })
}

/// Writes a new Ed25519 key: the private one encrypted at `path`, the public one beside it with `.pub`.
pub(crate) fn write_new(path: &Path, comment: &str, passphrases: &Passphrases) -> Result<PublicKey, Failure> {
    let doing = || format!("writing the new key {}", path.display());
    let mut public_path = path.as_os_str().to_owned();
    public_path.push(".pub");
    let public_path = PathBuf::from(public_path);
    for file in [path, &public_path] {
        if file.exists() {
            return Err(Failure::input(doing(), format!("{} exists already", file.display()))
                .hint("name another file, or use the key that is there"));
        }
    }
    let passphrase = passphrases.choose()?;
    let seed = Zeroizing::new(random::<32>()?);
    let pair = Ed25519Keypair {
        public: Ed25519PublicKey(SigningKey::from_bytes(&seed).verifying_key().to_bytes()),
        private: Ed25519PrivateKey::from_bytes(&seed),
    };
    let key =
        PrivateKey::new(KeypairData::Ed25519(pair), comment).map_err(|e| Failure::environment(doing(), e))?;
    let kdf = Kdf::Bcrypt { salt: random::<16>()?.to_vec(), rounds: ROUNDS };
    let checkint = u32::from_be_bytes(random()?);
    let encrypted = key
        .encrypt_with(Cipher::Aes256Ctr, kdf, checkint, passphrase.as_bytes())
        .and_then(|key| key.to_openssh(LineEnding::LF))
        .map_err(|e| Failure::environment(doing(), e))?;
    let public = key.public_key().to_openssh().map_err(|e| Failure::environment(doing(), e))?;
    data::write_new(path, encrypted.as_bytes(), true)?;
    data::write_new(&public_path, format!("{public}\n").as_bytes(), false)?;
    read_public(&public_path)
}

/// Someone's key, ready to sign.
pub(crate) enum Signer {
    /// An Ed25519 key from a file, in this process.
    Here { public: PublicKey, secret: Box<SigningKey> },
    /// A key that `ssh-keygen` finds: in an agent, on a security key, or in a file of another type.
    SshKeygen { public: PublicKey, path: PathBuf },
}

impl Signer {
    /// Opens the key at `path`: a private key file, or a public one whose private half an agent holds.
    pub(crate) fn open(path: &Path, passphrases: &Passphrases) -> Result<Self, Failure> {
        let doing = || format!("reading the key {}", path.display());
        let text = Zeroizing::new(read_small(path, MAX_FILE)?);
        if !text.trim_start().starts_with("-----BEGIN") {
            return Ok(Self::SshKeygen { public: read_public(path)?, path: path.to_owned() });
        }
        let bad = |e: ssh_key::Error| {
            Failure::input(doing(), e).hint("keys are in the OpenSSH format, as ssh-keygen writes them")
        };
        let mut key = PrivateKey::from_openssh(text.as_bytes()).map_err(bad)?;
        let line = key.public_key().to_openssh().map_err(bad)?;
        let public = ssh::read_public_line(&line).map_err(|e| Failure::input(doing(), e))?;
        let ed25519 = matches!(key.public_key().key_data(), ssh_key::public::KeyData::Ed25519(_));
        if !ed25519 {
            return Ok(Self::SshKeygen { public, path: path.to_owned() });
        }
        if key.is_encrypted() {
            let passphrase = passphrases.get(&format!("Passphrase for {}: ", path.display()))?;
            key = key
                .decrypt(passphrase.as_bytes())
                .map_err(|_| Failure::input(doing(), "the passphrase does not open it"))?;
        }
        let pair = key.key_data().ed25519().ok_or_else(|| Failure::input(doing(), "no Ed25519 key"))?;
        let secret = Box::new(SigningKey::from_bytes(&Zeroizing::new(pair.private.to_bytes())));
        Ok(Self::Here { public, secret })
    }

    /// The public half.
    pub(crate) const fn public(&self) -> &PublicKey {
        match self {
            Self::Here { public, .. } | Self::SshKeygen { public, .. } => public,
        }
    }

    /// An Ed25519 signature over `message` as it is, for COSE.
    pub(crate) fn sign_raw(&self, message: &[u8]) -> Result<[u8; 64], Failure> {
        match self {
            Self::Here { secret, .. } => Ok(secret.sign(message).to_bytes()),
            Self::SshKeygen { .. } => Err(Failure::input(
                "signing",
                "this key is enrolled for COSE, which ssh-keygen does not make",
            )
            .hint("give the private Ed25519 key file, or enrol the key with `--use ssh`")),
        }
    }

    /// An SSHSIG blob over `message` in `namespace`.
    pub(crate) fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here { public, secret } => {
                let signature = secret.sign(&ssh::signed_data(namespace, message)).to_bytes();
                ssh::blob(public, namespace, &signature)
                    .ok_or_else(|| Failure::input("signing", "the key is not an SSH Ed25519 key"))
            }
            Self::SshKeygen { path, .. } => ssh_keygen(path, namespace, message),
        }
    }
}

/// Signs through OpenSSH, which reads the message from standard input and writes the armoured signature to standard output.
fn ssh_keygen(path: &Path, namespace: &str, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let doing = format!("signing with ssh-keygen and {}", path.display());
    let child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", namespace, "-f"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|e| {
        Failure::environment(&doing, e).hint("install OpenSSH 8.9 or newer, or use an Ed25519 key file")
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(message).map_err(|e| Failure::environment(&doing, e))?;
    }
    let output = child.wait_with_output().map_err(|e| Failure::environment(&doing, e))?;
    if !output.status.success() {
        return Err(Failure::environment(&doing, output.status)
            .hint("ssh-keygen said why above; for a key in an agent, see that `ssh-add -l` lists it"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    ssh::unarmour(&text).map_err(|e| Failure::environment(&doing, e))
}
