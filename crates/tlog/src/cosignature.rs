//! C2SP tlog-cosignature: a witness's statement that, at a time, a checkpoint is the largest consistent tree it has seen
//! for that origin. Type 0x04, Ed25519 over the checkpoint's text; type 0x06, ML-DSA-44 over what the text says
//! (`cosignature/subtree.rs`), with the feature `ml-dsa`. Either way the signature line carries the time in eight bytes,
//! big-endian, and then the signature: 64 or 2420 bytes.

mod subtree;

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::note::{Note, Signature, SignatureType, SigningKey, VerifierKey};

pub use subtree::Subtree;

/// Latest time a cosignature may state, in POSIX seconds: 2^63 - 1.
pub const MAX_TIME: u64 = (1 << 63) - 1;

/// The message an Ed25519 cosignature signs: header, time, and the whole checkpoint text.
#[must_use]
pub fn message(checkpoint: &str, time: u64) -> Vec<u8> {
    let time = time.to_string();
    let mut message = Vec::with_capacity(21 + time.len() + checkpoint.len());
    for part in ["cosignature/v1\ntime ", &time, "\n", checkpoint] {
        message.extend_from_slice(part.as_bytes());
    }
    message
}

/// Cosigns a checkpoint at `time` (POSIX seconds) with a key of type 0x04 or 0x06. Whether the checkpoint may be
/// cosigned is the caller's to know: see [`crate::witness`].
///
/// # Errors
/// The note's text is no checkpoint, the key has another type, `time` exceeds [`MAX_TIME`], or the key is of type 0x06 and
/// cannot cover all that the checkpoint says (see [`Subtree::of`]).
pub fn sign(note: &Note, key: &SigningKey, time: u64) -> Result<Signature, Error> {
    let checkpoint = Checkpoint::parse(note.text())?;
    if time > MAX_TIME {
        return Err(Error::TimeOutOfRange(time));
    }
    let message = match key.verifier().signature_type() {
        SignatureType::MlDsa44 => {
            Subtree::of(&checkpoint)?.message(key.name(), time).ok_or(Error::NotCovered)?
        }
        _ => {
            key.require(SignatureType::CosignatureV1)?;
            message(note.text(), time)
        }
    };
    let signature = key.sign_message(&message)?;
    let mut bytes = Vec::with_capacity(8 + signature.len());
    bytes.extend_from_slice(&time.to_be_bytes());
    bytes.extend_from_slice(&signature);
    Ok(key.line(bytes))
}

/// Verifies one cosignature line over the note's text and gives the time it states, in POSIX seconds; `None` where it is one
/// of type 0x06 that states none (0): such a cosigner vouches for the tree, but not that it is the newest one.
/// Whether that time is plausible is the caller's to judge.
///
/// # Errors
/// The key has another type, or the line is not a right cosignature by it.
pub fn verify(note: &Note, signature: &Signature, key: &VerifierKey) -> Result<Option<u64>, Error> {
    if !key.signature_type().is_cosignature() {
        return Err(Error::KeyType {
            name: key.name().to_string(),
            found: key.signature_type().code(),
            needed: SignatureType::CosignatureV1.code(),
        });
    }
    let good = if key.signed(signature) { check(key, note.text(), signature.bytes()) } else { None };
    good.ok_or_else(|| Error::BadSignature { name: signature.name().to_string(), id: signature.key_id() })
}

/// The stated time, if these bytes (time ‖ signature) are a cosignature by this key.
pub(crate) fn check(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<Option<u64>> {
    let (time, signature) = bytes.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    if time > MAX_TIME {
        return None;
    }
    if key.signature_type() != SignatureType::MlDsa44 {
        return key.verify_message(&message(text, time), signature).then_some(Some(time));
    }
    let checkpoint = Checkpoint::parse(text).ok()?;
    let message = Subtree::of(&checkpoint).ok()?.message(key.name(), time)?;
    key.verify_message(&message, signature).then_some((time != 0).then_some(time))
}
