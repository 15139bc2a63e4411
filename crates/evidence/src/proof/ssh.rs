//! SSH signatures in the SSHSIG format (OpenSSH `PROTOCOL.sshsig`), by plain keys and by security keys.
//!
//! Ed25519 and ECDSA on P-256; RSA and certificates are refused. The namespace keeps a signature over an entry, one over
//! a record and one over a Git commit apart.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256, Sha512};

use super::{BadProof, EcdsaForm, verify_raw};
use crate::keys::{Algorithm, KeyUse, PublicKey, p256_point};
use crate::types::Bytes;

/// Namespace of signatures over entry hashes.
pub const ENTRY_NAMESPACE: &str = "vouchsafe-entry@v1";
/// Namespace of persons' signatures over records (see `statement`).
pub const RECORD_NAMESPACE: &str = "vouchsafe-record@v1";
/// Most bytes of a signature blob.
pub const MAX_BLOB: usize = 1_024;

const MAGIC: &[u8; 6] = b"SSHSIG";
const ARMOUR_BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const ARMOUR_END: &str = "-----END SSH SIGNATURE-----";

/// What a security key said beside its signature; nothing for plain keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecurityKey {
    /// A touch was seen.
    pub user_present: bool,
    /// A PIN or fingerprint was verified.
    pub user_verified: bool,
    /// Signature counter.
    pub counter: u32,
}

/// A cursor over the SSH wire format (RFC 4251, 5).
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    const SHORT: BadProof = BadProof::Malformed("truncated SSH data");

    fn take(&mut self, n: usize) -> Result<&'a [u8], BadProof> {
        let (head, tail) = self.0.split_at_checked(n).ok_or(Self::SHORT)?;
        self.0 = tail;
        Ok(head)
    }
    fn u32(&mut self) -> Result<u32, BadProof> {
        self.take(4)?.try_into().map(u32::from_be_bytes).map_err(|_| Self::SHORT)
    }
    fn string(&mut self) -> Result<&'a [u8], BadProof> {
        let n = self.u32()?;
        self.take(usize::try_from(n).map_err(|_| Self::SHORT)?)
    }
    fn end(&self) -> Result<(), BadProof> {
        if self.0.is_empty() { Ok(()) } else { Err(BadProof::Malformed("bytes after the SSH data")) }
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    // Lengths here are far below 4 GiB: blobs are capped before they are parsed.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// The parts of an SSHSIG blob.
struct Blob<'a> {
    key: &'a [u8],
    namespace: &'a [u8],
    hash: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Blob<'a> {
    fn parse(blob: &'a [u8]) -> Result<Self, BadProof> {
        if blob.len() > MAX_BLOB {
            return Err(BadProof::Malformed("an SSH signature larger than any this version accepts"));
        }
        let mut w = Wire(blob);
        if w.take(6)? != MAGIC || w.u32()? != 1 {
            return Err(BadProof::Malformed("not an SSHSIG of version 1"));
        }
        let key = w.string()?;
        let namespace = w.string()?;
        if !w.string()?.is_empty() {
            return Err(BadProof::Malformed("the reserved field is not empty"));
        }
        let parsed = Self { key, namespace, hash: w.string()?, signature: w.string()? };
        w.end()?;
        Ok(parsed)
    }
}

/// Reads a public key in the SSH wire format.
///
/// # Errors
/// A type other than (sk-)Ed25519 and (sk-)ECDSA on P-256, or a malformed key.
pub fn read_key(raw: &[u8]) -> Result<PublicKey, BadProof> {
    let mut w = Wire(raw);
    let kind = w.string()?;
    let (algorithm, sk) = match kind {
        b"ssh-ed25519" => (Algorithm::Ed25519, false),
        b"sk-ssh-ed25519@openssh.com" => (Algorithm::Ed25519, true),
        b"ecdsa-sha2-nistp256" => (Algorithm::P256, false),
        b"sk-ecdsa-sha2-nistp256@openssh.com" => (Algorithm::P256, true),
        _ => {
            return Err(BadProof::Malformed("an SSH key other than Ed25519 or ECDSA on P-256, plain or sk-"));
        }
    };
    if algorithm == Algorithm::P256 && w.string()? != b"nistp256" {
        return Err(BadProof::Malformed("an ECDSA key on another curve"));
    }
    let point = w.string()?;
    let point = match algorithm {
        Algorithm::Ed25519 => point.to_vec(),
        // OpenSSH writes uncompressed points only (RFC 5656, 3.1 allows both), so a key has one encoding here.
        Algorithm::P256 if point.first() == Some(&4) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let key = key.map_err(|_| BadProof::Malformed("not a point on P-256"))?;
            key.to_sec1_point(true).as_bytes().to_vec()
        }
        Algorithm::P256 => return Err(BadProof::Malformed("a point on P-256 that is not uncompressed")),
    };
    let scope = if sk {
        let application = core::str::from_utf8(w.string()?);
        Some(String::from(application.map_err(|_| BadProof::Malformed("an application that is not UTF-8"))?))
    } else {
        None
    };
    w.end()?;
    let key = PublicKey {
        algorithm,
        point: Bytes(point),
        purpose: if sk { KeyUse::SshSk } else { KeyUse::Ssh },
        scope,
    };
    key.check().map_err(|_| BadProof::BadKey)?;
    Ok(key)
}

/// The wire format of an SSH key; `None` for keys of another use.
#[must_use]
pub fn write_key(key: &PublicKey) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(128);
    let point = match (key.algorithm, key.purpose) {
        (Algorithm::Ed25519, KeyUse::Ssh) => {
            put(&mut out, b"ssh-ed25519");
            key.point.0.clone()
        }
        (Algorithm::Ed25519, KeyUse::SshSk) => {
            put(&mut out, b"sk-ssh-ed25519@openssh.com");
            key.point.0.clone()
        }
        (Algorithm::P256, KeyUse::Ssh | KeyUse::SshSk) => {
            let kind: &[u8] = if key.purpose == KeyUse::Ssh {
                b"ecdsa-sha2-nistp256"
            } else {
                b"sk-ecdsa-sha2-nistp256@openssh.com"
            };
            put(&mut out, kind);
            put(&mut out, b"nistp256");
            let point = p256_point(&key.point.0)?;
            point.to_sec1_point(false).as_bytes().to_vec()
        }
        _ => return None,
    };
    put(&mut out, &point);
    if let (KeyUse::SshSk, Some(application)) = (key.purpose, &key.scope) {
        put(&mut out, application.as_bytes());
    }
    Some(out)
}

/// Reads one line of an `id_….pub` or `authorized_keys` file: type, base64, comment.
///
/// # Errors
/// Not such a line, or a key of an unsupported type.
pub fn read_public_line(line: &str) -> Result<PublicKey, BadProof> {
    let mut words = line.split_ascii_whitespace();
    let (Some(kind), Some(encoded)) = (words.next(), words.next()) else {
        return Err(BadProof::Malformed("not `type base64 comment`"));
    };
    if encoded.len() > MAX_BLOB {
        return Err(BadProof::Malformed("an SSH key larger than any this version accepts"));
    }
    let raw = Base64::decode_vec(encoded).map_err(|_| BadProof::Malformed("a key that is not base64"))?;
    if Wire(&raw).string()? != kind.as_bytes() {
        return Err(BadProof::Malformed("a key whose type contradicts its line"));
    }
    read_key(&raw)
}

/// One line for `authorized_keys` or an allowed-signers file: type and base64. `None` for keys of another use.
#[must_use]
pub fn write_public_line(key: &PublicKey) -> Option<String> {
    let raw = write_key(key)?;
    let kind = Wire(&raw).string().ok().and_then(|k| core::str::from_utf8(k).ok())?;
    Some(alloc::format!("{kind} {}", Base64::encode_string(&raw)))
}

/// Whether the blob names this key. A hint: [`verify`] decides.
#[must_use]
pub fn names_key(blob: &[u8], key: &PublicKey) -> bool {
    matches!((Blob::parse(blob), write_key(key)), (Ok(b), Some(k)) if b.key == k)
}

/// The key a blob names.
///
/// # Errors
/// A malformed blob or an unsupported key.
pub fn key_of(blob: &[u8]) -> Result<PublicKey, BadProof> {
    read_key(Blob::parse(blob)?.key)
}

/// The bytes that an SSHSIG signs over `message`, hashed with SHA-512.
#[must_use]
pub fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    signed_data_with(namespace.as_bytes(), b"sha512", &Sha512::digest(message))
}

fn signed_data_with(namespace: &[u8], hash: &[u8], digest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(MAGIC);
    put(&mut out, namespace);
    put(&mut out, b"");
    put(&mut out, hash);
    put(&mut out, digest);
    out
}

/// Puts a plain Ed25519 signature over [`signed_data`] into a blob. `None` if the key is not an SSH Ed25519 key.
#[must_use]
pub fn blob(key: &PublicKey, namespace: &str, signature: &[u8; 64]) -> Option<Vec<u8>> {
    if (key.algorithm, key.purpose) != (Algorithm::Ed25519, KeyUse::Ssh) {
        return None;
    }
    let mut inner = Vec::with_capacity(96);
    put(&mut inner, b"ssh-ed25519");
    put(&mut inner, signature);
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&1u32.to_be_bytes());
    put(&mut out, &write_key(key)?);
    put(&mut out, namespace.as_bytes());
    put(&mut out, b"");
    put(&mut out, b"sha512");
    put(&mut out, &inner);
    Some(out)
}

/// Verifies a blob over `message` in `namespace` under `key`.
///
/// # Errors
/// Another key or namespace, a malformed blob, no touch where the key asks for one, or a wrong signature.
pub fn verify(
    key: &PublicKey,
    namespace: &str,
    message: &[u8],
    blob: &[u8],
) -> Result<SecurityKey, BadProof> {
    let parsed = Blob::parse(blob)?;
    if write_key(key).as_deref() != Some(parsed.key) {
        return Err(BadProof::OtherKey);
    }
    if parsed.namespace != namespace.as_bytes() {
        return Err(BadProof::Purpose("the namespace"));
    }
    let digest = match parsed.hash {
        b"sha512" => Sha512::digest(message).to_vec(),
        b"sha256" => Sha256::digest(message).to_vec(),
        _ => return Err(BadProof::Malformed("a hash other than sha256 or sha512")),
    };
    let data = signed_data_with(parsed.namespace, parsed.hash, &digest);
    let mut w = Wire(parsed.signature);
    let kind = w.string()?;
    if Wire(parsed.key).string()? != kind {
        return Err(BadProof::Malformed("a signature of another type than its key"));
    }
    let raw = w.string()?;
    let signature = match key.algorithm {
        Algorithm::Ed25519 => raw.to_vec(),
        Algorithm::P256 => ecdsa_from_mpints(raw)?,
    };
    let Some(application) = key.scope.as_deref().filter(|_| key.purpose == KeyUse::SshSk) else {
        w.end()?;
        verify_raw(key, &data, &signature, EcdsaForm::Fixed)?;
        return Ok(SecurityKey::default());
    };
    // A security key signs SHA-256(application) ‖ flags ‖ counter ‖ SHA-256(data) (PROTOCOL.u2f).
    let flags = *w.take(1)?.first().ok_or(Wire::SHORT)?;
    let counter = w.u32()?;
    w.end()?;
    if flags & 1 == 0 {
        return Err(BadProof::NotPresent);
    }
    let mut signed = Vec::with_capacity(69);
    signed.extend_from_slice(&Sha256::digest(application.as_bytes()));
    signed.push(flags);
    signed.extend_from_slice(&counter.to_be_bytes());
    signed.extend_from_slice(&Sha256::digest(&data));
    verify_raw(key, &signed, &signature, EcdsaForm::Fixed)?;
    Ok(SecurityKey { user_present: true, user_verified: flags & 4 != 0, counter })
}

/// r and s as SSH writes them (`mpint`, RFC 4251, 5) into 64 bytes. Only the shortest form is accepted.
fn ecdsa_from_mpints(raw: &[u8]) -> Result<Vec<u8>, BadProof> {
    let mut w = Wire(raw);
    let mut out = Vec::with_capacity(64);
    for _ in 0..2 {
        let n = w.string()?;
        let digits = match n {
            [0, rest @ ..] if rest.first().is_some_and(|b| b & 0x80 != 0) => rest,
            [0, ..] | [] => return Err(BadProof::Malformed("an integer that is not in its shortest form")),
            [first, ..] if first & 0x80 != 0 => return Err(BadProof::Malformed("a negative integer")),
            _ => n,
        };
        let pad = 32usize
            .checked_sub(digits.len())
            .ok_or(BadProof::Malformed("an integer longer than 32 bytes"))?;
        out.extend(core::iter::repeat_n(0, pad));
        out.extend_from_slice(digits);
    }
    w.end()?;
    Ok(out)
}

/// Takes the blob out of its armour, as `ssh-keygen -Y sign` writes it.
///
/// # Errors
/// Not such an armour, or larger than [`MAX_BLOB`].
pub fn unarmour(text: &str) -> Result<Vec<u8>, BadProof> {
    const NOT: BadProof = BadProof::Malformed("not an armoured SSH signature");
    if text.len() > 4 * MAX_BLOB {
        return Err(NOT);
    }
    let inner = text.trim().strip_prefix(ARMOUR_BEGIN).and_then(|t| t.strip_suffix(ARMOUR_END)).ok_or(NOT)?;
    let joined: String = inner.split_ascii_whitespace().collect();
    Base64::decode_vec(&joined).map_err(|_| NOT)
}

/// Puts a blob into its armour, 70 characters a line as OpenSSH does.
#[must_use]
pub fn armour(blob: &[u8]) -> String {
    let encoded = Base64::encode_string(blob);
    let mut out = String::from(ARMOUR_BEGIN);
    for (i, c) in encoded.chars().enumerate() {
        if i % 70 == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out.push('\n');
    out.push_str(ARMOUR_END);
    out.push('\n');
    out
}
