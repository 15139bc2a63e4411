//! Reconstruction on the device: one read and helper data in, the enrolled secret or an error out.
//!
//! Constant time in the response: positions come from the public mask, decoding never branches on the word, every block is decoded
//! and keys are derived and compared even when a block has already failed. Only the final verdict is acted on, and it
//! is one error whatever failed.

use alloc::vec;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::helper::HelperData;
use crate::layout::cell;
use crate::{Context, Depth, Error, Secret, health, secret};

/// How far a successful reconstruction was from failing; for following wear over a device's life. Public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// Response bits that differed from enrolment.
    pub errors: u32,
    /// Errors of the worst block.
    pub worst_block: u16,
    /// Errors a block can bear.
    pub limit: u16,
}

/// The secret of an enrolled chip from one power-up read.
///
/// # Errors
/// [`Error::OtherDevice`], [`Error::OtherVersion`], [`Error::ReadLength`] before anything secret is touched;
/// [`Error::Unhealthy`] for a read that is no power-up; [`Error::NotReconstructed`] for everything else.
pub fn reconstruct(read: &[u8], helper: &HelperData, context: &Context<'_>) -> Result<Secret, Error> {
    reconstruct_measured(read, helper, context).map(|(secret, _)| secret)
}

/// As [`reconstruct`], with the margin.
///
/// # Errors
/// As [`reconstruct`].
pub fn reconstruct_measured(
    read: &[u8],
    helper: &HelperData,
    context: &Context<'_>,
) -> Result<(Secret, Margin), Error> {
    helper.check(context)?;
    let profile = helper.profile();
    let layout = profile.layout();
    if read.len() != layout.bytes() {
        return Err(Error::ReadLength { read: 0, got: read.len(), want: layout.bytes() });
    }
    health(0, read, Depth::Quick)?;

    let code = profile.code();
    let mut response = Zeroizing::new(vec![0_u8; profile.response_bits()]);
    for (bit, at) in response.iter_mut().zip(helper.chosen()) {
        *bit = cell(read, at);
    }
    let mut all_decoded = Choice::from(1);
    let mut margin = Margin { errors: 0, worst_block: 0, limit: u16::from(code.t()) };
    let mut word = Zeroizing::new(vec![0_u8; code.n()]);
    let mut error = Zeroizing::new(vec![0_u8; code.n()]);
    let blocks = usize::from(profile.blocks());
    for block in 0..blocks {
        // The word less the published remainder is a codeword with the read's errors on it.
        for (slot, bit) in word.iter_mut().zip(response.iter().skip(block).step_by(blocks)) {
            *slot = *bit;
        }
        for (i, bit) in word.iter_mut().take(code.parity_bits()).enumerate() {
            *bit ^= helper.sketch_bit(block * code.parity_bits() + i);
        }
        let (decoded, weight) = code.decode(&word, &mut error);
        all_decoded &= decoded;
        margin.errors += u32::from(weight);
        margin.worst_block = margin.worst_block.max(weight);
        for (bit, e) in response.iter_mut().skip(block).step_by(blocks).zip(error.iter()) {
            *bit ^= e;
        }
    }
    let (tag, secret) = secret::keys(&response, &helper.public_bytes());
    let authentic = tag.ct_eq(helper.tag());
    if bool::from(all_decoded & authentic) { Ok((secret, margin)) } else { Err(Error::NotReconstructed) }
}

#[cfg(test)]
mod tests;
