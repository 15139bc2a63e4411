//! Helper data: what is stored beside the device, public but authenticated. Encoding and strict parser.
//!
//! Layout, integers big-endian: `VPUF`, format 1, m, t, blocks (1 byte each), entropy in thousandths (2), cells (4), start (4),
//! step (2), distance (2), version (4), id length (1), id, mask length (2), mask, sketch, tag (32). The mask has one bit a
//! candidate pair, lowest first, and ends with the byte of the last chosen pair; the sketch has n − k bits a block,
//! packed lowest first over all blocks. One value has one encoding.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::{Error, HelperFault, Layout, MAX_CELLS, Profile};

/// Longest device id, in bytes.
pub const MAX_DEVICE_ID: usize = 64;
const MAGIC: &[u8; 4] = b"VPUF";
const FORMAT: u8 = 1;
const TAG: usize = 32;
/// Most candidates: step 3 over the largest memory, one bit each, rounded up to bytes.
const MAX_MASK: usize = (MAX_CELLS as usize).div_ceil(3).div_ceil(8);
const _: () = assert!(MAX_MASK <= u16::MAX as usize, "the mask length must fit its field");

/// Which device and which version of its identity the helper data are for. A higher version is a new secret of the
/// same silicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    device_id: &'a [u8],
    version: u32,
}

impl<'a> Context<'a> {
    /// A context for a device id of 1 to [`MAX_DEVICE_ID`] bytes.
    ///
    /// # Errors
    /// [`Error::DeviceId`] for an id that is empty or too long.
    pub fn new(device_id: &'a [u8], version: u32) -> Result<Self, Error> {
        if device_id.is_empty() || device_id.len() > MAX_DEVICE_ID {
            return Err(Error::DeviceId { got: device_id.len(), max: MAX_DEVICE_ID });
        }
        Ok(Self { device_id, version })
    }

    /// The device id.
    #[must_use]
    pub fn device_id(&self) -> &'a [u8] {
        self.device_id
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}

/// Public helper data of one enrolment.
#[derive(Debug, Clone)]
pub struct HelperData {
    profile: Profile,
    device_id: Vec<u8>,
    version: u32,
    mask: Vec<u8>,
    sketch: Vec<u8>,
    tag: [u8; TAG],
}

impl HelperData {
    /// From a mask over the candidates and sketch bits (0/1 bytes); the tag is still to be set.
    pub(crate) fn new(profile: &Profile, context: &Context<'_>, mask: Vec<u8>, sketch: &[u8]) -> Self {
        let packed =
            sketch.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit)).collect();
        Self {
            profile: profile.clone(),
            device_id: context.device_id.to_vec(),
            version: context.version,
            mask,
            sketch: packed,
            tag: [0; TAG],
        }
    }

    pub(crate) fn with_tag(mut self, tag: [u8; TAG]) -> Self {
        self.tag = tag;
        self
    }

    pub(crate) fn tag(&self) -> &[u8; TAG] {
        &self.tag
    }

    /// Sketch bit `at`, over all blocks.
    pub(crate) fn sketch_bit(&self, at: usize) -> u8 {
        (self.sketch[at / 8] >> (at % 8)) & 1
    }

    /// The chosen pairs in order, first cells.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = usize> {
        self.profile
            .layout()
            .pairs()
            .take(self.mask.len() * 8)
            .enumerate()
            .filter(|(j, _)| self.mask[j / 8] >> (j % 8) & 1 == 1)
            .map(|(_, (first, _))| first)
    }

    /// Is it for this device and version?
    pub(crate) fn check(&self, context: &Context<'_>) -> Result<(), Error> {
        if self.device_id != context.device_id {
            return Err(Error::OtherDevice);
        }
        if self.version != context.version {
            return Err(Error::OtherVersion { helper: self.version, asked: context.version });
        }
        Ok(())
    }

    /// What the tag covers: the encoding without the tag.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        let layout = self.profile.layout();
        let mut out =
            Vec::with_capacity(27 + self.device_id.len() + 2 + self.mask.len() + self.sketch.len() + TAG);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[
            FORMAT,
            self.profile.code().m(),
            self.profile.code().t(),
            self.profile.blocks(),
        ]);
        out.extend_from_slice(&self.profile.entropy_milli().to_be_bytes());
        out.extend_from_slice(&layout.cells().to_be_bytes());
        out.extend_from_slice(&layout.start().to_be_bytes());
        out.extend_from_slice(&layout.step().to_be_bytes());
        out.extend_from_slice(&layout.distance().to_be_bytes());
        out.extend_from_slice(&self.version.to_be_bytes());
        let len = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();
        out.push(len(self.device_id.len())[1]);
        out.extend_from_slice(&self.device_id);
        out.extend_from_slice(&len(self.mask.len()));
        out.extend_from_slice(&self.mask);
        out.extend_from_slice(&self.sketch);
        out
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.public_bytes();
        out.extend_from_slice(&self.tag);
        out
    }

    /// SHA-256 of the encoding, for the enrolment record.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// Reads an encoding. Nothing is allocated before its length has been checked against the bytes at hand.
    ///
    /// # Errors
    /// [`Error::Helper`] with offset and reason for anything but exactly one valid encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Input { bytes, at: 0 };
        let refuse = |at, fault| Err(Error::Helper { at, fault });
        if input.array::<4>()? != *MAGIC {
            return refuse(0, HelperFault::Magic);
        }
        let [format] = input.array()?;
        if format != FORMAT {
            return refuse(4, HelperFault::Format);
        }
        let [m, t, blocks] = input.array()?;
        let entropy = u16::from_be_bytes(input.array()?);
        let cells = u32::from_be_bytes(input.array()?);
        let start = u32::from_be_bytes(input.array()?);
        let step = u16::from_be_bytes(input.array()?);
        let distance = u16::from_be_bytes(input.array()?);
        let Ok(layout) = Layout::new(cells, start, step, distance) else {
            return refuse(10, HelperFault::Layout);
        };
        let Ok(profile) = Profile::new(m, t, blocks, layout, entropy) else {
            return refuse(5, HelperFault::Profile);
        };
        let version = u32::from_be_bytes(input.array()?);
        let at = input.at;
        let [id_len] = input.array()?;
        if id_len == 0 || usize::from(id_len) > MAX_DEVICE_ID {
            return refuse(at, HelperFault::DeviceId);
        }
        let device_id = input.take(usize::from(id_len))?;
        let at = input.at;
        let mask_len = usize::from(u16::from_be_bytes(input.array()?));
        let mask = input.take(mask_len)?;
        let chosen: usize = mask.iter().map(|b| b.count_ones() as usize).sum();
        let beyond = (mask_len * 8).saturating_sub(layout.candidates());
        let overhang = mask.last().map_or(0, |last| 8 - last.leading_zeros() as usize) + beyond > 8;
        if mask.last().is_none_or(|last| *last == 0)
            || beyond > 7
            || overhang
            || chosen != profile.response_bits()
        {
            return refuse(at, HelperFault::Mask);
        }
        let at = input.at;
        let sketch = input.take(profile.sketch_bits().div_ceil(8))?;
        let used = profile.sketch_bits() % 8;
        if used != 0 && sketch.last().is_some_and(|last| last >> used != 0) {
            return refuse(at, HelperFault::Padding);
        }
        let tag = input.array()?;
        if input.at != bytes.len() {
            return refuse(input.at, HelperFault::Trailing);
        }
        Ok(Self {
            profile,
            device_id: device_id.to_vec(),
            version,
            mask: mask.to_vec(),
            sketch: sketch.to_vec(),
            tag,
        })
    }

    /// The profile it was enrolled with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The device it is for.
    #[must_use]
    pub fn device_id(&self) -> &[u8] {
        &self.device_id
    }

    /// The version it is for.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}

/// What is left to read, and where it is.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let end = self.at + len;
        let slice = self
            .bytes
            .get(self.at..end)
            .ok_or(Error::Helper { at: self.at, fault: HelperFault::Truncated })?;
        self.at = end;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| Error::Helper { at, fault: HelperFault::Truncated })
    }
}

#[cfg(test)]
mod tests;
