//! The message that ML-DSA-44 cosignatures sign: `cosigned_message` of c2sp.org/tlog-cosignature, section "ML-DSA-44 signed
//! message" (in v1.1.0-rc.1 and on main; the tagged v1.0.1 has Ed25519 only). Bytes alone: keys and notes are elsewhere.
//!
//! Extension lines of a checkpoint are no part of it. The specification leaves it there; the reference implementation
//! (filippo.io/torchwood) neither signs nor accepts such a cosignature for a checkpoint that has any, and neither does this
//! crate: a line that no signature covers must not look signed.

use alloc::vec::Vec;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::hash::{EMPTY_ROOT, HASH_SIZE, Hash};
use crate::text::MAX_NAME_BYTES;

const LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// What an ML-DSA-44 cosignature says: at `time`, this part of the log is consistent with all that the cosigner has seen of
/// it; where `time` is not 0, also that it is the largest such tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// First leaf; 0 for a checkpoint.
    pub start: u64,
    /// One past the last leaf; for a checkpoint the tree's size.
    pub end: u64,
    /// Root of the subtree.
    pub hash: Hash,
}

impl<'a> Subtree<'a> {
    /// The whole tree that a checkpoint states.
    ///
    /// # Errors
    /// The checkpoint has extension lines or an origin longer than the message can hold ([`Error::NotCovered`]), or claims a
    /// root for the empty tree that is not [`EMPTY_ROOT`].
    pub fn of(checkpoint: &'a Checkpoint) -> Result<Self, Error> {
        if !checkpoint.extensions.is_empty() || checkpoint.origin.len() > MAX_NAME_BYTES {
            return Err(Error::NotCovered);
        }
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(Error::EmptyTreeRoot);
        }
        Ok(Self { origin: &checkpoint.origin, start: 0, end: checkpoint.size, hash: checkpoint.root })
    }

    /// The signed message: label, cosigner's name, time, origin, start, end, hash; names behind one byte of length, numbers
    /// of eight bytes big-endian. `None` where a name is empty or longer than 255 bytes, where the time exceeds
    /// 2^63 - 1, or where a time is stated for a part that does not start at 0.
    #[must_use]
    pub fn message(&self, cosigner: &str, time: u64) -> Option<Vec<u8>> {
        let timeless = self.start != 0 && time != 0;
        if timeless || time > super::MAX_TIME {
            return None;
        }
        let fixed = LABEL.len() + 2 + 3 * 8 + HASH_SIZE;
        let mut message = Vec::with_capacity(fixed + cosigner.len() + self.origin.len());
        message.extend_from_slice(LABEL);
        name(&mut message, cosigner)?;
        message.extend_from_slice(&time.to_be_bytes());
        name(&mut message, self.origin)?;
        message.extend_from_slice(&self.start.to_be_bytes());
        message.extend_from_slice(&self.end.to_be_bytes());
        message.extend_from_slice(&self.hash.0);
        Some(message)
    }
}

fn name(message: &mut Vec<u8>, name: &str) -> Option<()> {
    let length = u8::try_from(name.len()).ok().filter(|length| *length > 0)?;
    message.push(length);
    message.extend_from_slice(name.as_bytes());
    Some(())
}
