//! C2SP tlog-cosignature, version 1: a witness's statement that, at a time, a checkpoint is the largest
//! consistent tree it has seen for that origin. Type 0x04, Ed25519; ML-DSA-44 (0x06) is not verified here.

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::note::{Note, Signature, SignatureType, SigningKey, VerifierKey};

/// Latest time a cosignature may state, in POSIX seconds: 2^63 - 1.
pub const MAX_TIME: u64 = (1 << 63) - 1;

/// The message a version 1 cosignature signs: header, time, and the whole checkpoint text.
#[must_use]
pub fn message(checkpoint: &str, time: u64) -> Vec<u8> {
    let time = time.to_string();
    let mut message = Vec::with_capacity(21 + time.len() + checkpoint.len());
    for part in ["cosignature/v1\ntime ", &time, "\n", checkpoint] {
        message.extend_from_slice(part.as_bytes());
    }
    message
}

/// Cosigns a checkpoint at `time` (POSIX seconds) with a key of type 0x04. Whether the checkpoint may be
/// cosigned is the caller's to know: see [`crate::witness`].
///
/// # Errors
/// The note's text is no checkpoint, the key has another type, or `time` exceeds [`MAX_TIME`].
pub fn sign(note: &Note, key: &SigningKey, time: u64) -> Result<Signature, Error> {
    Checkpoint::parse(note.text())?;
    key.require(SignatureType::CosignatureV1)?;
    if time > MAX_TIME {
        return Err(Error::TimeOutOfRange(time));
    }
    let mut bytes = Vec::with_capacity(72);
    bytes.extend_from_slice(&time.to_be_bytes());
    bytes.extend_from_slice(&key.sign_message(&message(note.text(), time)));
    Ok(key.line(bytes))
}

/// Verifies one cosignature line over the note's text and gives the time it states, in POSIX seconds.
/// Whether that time is plausible is the caller's to judge.
///
/// # Errors
/// The key has another type, or the line is not a right cosignature by it.
pub fn verify(note: &Note, signature: &Signature, key: &VerifierKey) -> Result<u64, Error> {
    if key.signature_type() != SignatureType::CosignatureV1 {
        return Err(Error::KeyType {
            name: key.name().to_string(),
            found: key.signature_type().code(),
            needed: SignatureType::CosignatureV1.code(),
        });
    }
    let good = if key.signed(signature) { check(key, note.text(), signature.bytes()) } else { None };
    good.ok_or_else(|| Error::BadSignature { name: signature.name().to_string(), id: signature.key_id() })
}

/// The stated time, if these 72 bytes (time ‖ Ed25519 signature) are a cosignature by this key.
pub(crate) fn check(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<u64> {
    let (time, signature) = bytes.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    (time <= MAX_TIME && key.verify_message(&message(text, time), signature)).then_some(time)
}
