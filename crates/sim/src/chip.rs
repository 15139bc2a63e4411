//! Where a simulated device's secret comes from: a noisy SRAM through the real sketch, or a file as it were.

use device::{Identity, UniqueSecret};
use evidence::Hash;
use evidence::facts::fleet::KeyOrigin;
use evidence::keys::Algorithm;
use puf::sim::{CellModel, Conditions, SimChip};
use puf::{Context, HelperData, Layout, Profile};

use crate::error::Error;
use crate::plan::{Permille, Silicon};
use crate::random::Random;

/// Bytes of the SRAM that make the key.
const SRAM: usize = 2_048;
/// Power-up reads at enrolment: the fewest the library takes.
const READS: u64 = 9;
/// Chips tried for one device; one that the profile does not fit is scrapped.
const TRIES: u64 = 8;
/// Power cycles until a key comes, at most.
const CYCLES: u64 = 16;
/// Version of the helper data's context.
const VERSION: u32 = 1;
/// Share of cells that keep what was written before when the power was off too briefly.
const KEPT: f64 = 0.4;

/// The secret of one device, or the way to it.
#[derive(Clone, Debug)]
pub(crate) enum Chip {
    /// A simulated SRAM and its public helper data. The key is nowhere.
    Sram {
        /// What the chip is made from.
        seed: u64,
        /// The sketch.
        helper: Box<HelperData>,
        /// What the helper data are bound to.
        id: Vec<u8>,
    },
    /// The secret itself.
    File([u8; 32]),
}

/// What a start found.
pub(crate) struct Found {
    pub(crate) identity: Identity,
    /// Power-up reads that gave no key before one did.
    pub(crate) bad: u64,
}

/// Both curves occur.
fn algorithm(number: u64) -> Algorithm {
    if number.is_multiple_of(8) { Algorithm::P256 } else { Algorithm::Ed25519 }
}

fn profile() -> Result<Profile, puf::Error> {
    // Simulated cells have no neighbours that pull them along, so candidates may stand close together.
    let cells = u32::try_from(SRAM * 8).unwrap_or(u32::MAX);
    Layout::new(cells, 0, 5, 128).and_then(|layout| Profile::new(8, 23, 2, layout, 900))
}

fn identity(secret: &UniqueSecret, number: u64) -> Result<Identity, Error> {
    let why = || "its secret gives no key".to_owned();
    Identity::new(secret, algorithm(number)).ok_or_else(|| Error::Start { number, why: why() })
}

impl Chip {
    /// Makes a device's chip and enrols it.
    pub(crate) fn enrol(
        silicon: Silicon,
        seed: u64,
        number: u64,
        serial: &str,
    ) -> Result<(Self, Identity), Error> {
        if silicon == Silicon::File {
            let secret = Random::of(&[seed, number, 0xf11e]).bytes();
            return Ok((Self::File(secret), identity(&UniqueSecret::new(secret.into()), number)?));
        }
        let fail = |why| Error::Silicon { number, why };
        let (profile, id) = (profile().map_err(fail)?, serial.as_bytes().to_vec());
        let context = Context::new(&id, VERSION).map_err(fail)?;
        let mut last = Error::Plan("a device is enrolled by at least one try");
        for scrapped in 0..TRIES {
            let chip = Random::of(&[seed, number, scrapped, 0x5ca1]).next_bits();
            let sram = SimChip::new(chip, SRAM, CellModel::CY62256NLL);
            let reads: Vec<Vec<u8>> = (0..READS).map(|r| sram.read(r, Conditions::NOMINAL)).collect();
            let reads: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
            match puf::enrol(&reads, &profile, &context) {
                Ok((helper, secret)) => {
                    let identity = identity(&UniqueSecret::from_puf(&secret), number)?;
                    return Ok((Self::Sram { seed: chip, helper: Box::new(helper), id }, identity));
                }
                Err(why) => last = fail(why),
            }
        }
        Err(last)
    }

    /// The key of a start: from one fresh read at some temperature, or from the next one where that gives none.
    pub(crate) fn power_up(
        &self,
        number: u64,
        short_off: Permille,
        random: &mut Random,
    ) -> Result<Found, Error> {
        let Self::Sram { seed, helper, id } = self else {
            let Self::File(secret) = self else { return Err(Error::Plan("a chip is one or the other")) };
            return Ok(Found { identity: identity(&UniqueSecret::new((*secret).into()), number)?, bad: 0 });
        };
        let sram = SimChip::new(*seed, SRAM, CellModel::CY62256NLL);
        let fail = |why| Error::Silicon { number, why };
        let context = Context::new(id, VERSION).map_err(fail)?;
        let mut last = Error::Plan("a device is powered up at least once");
        for bad in 0..CYCLES {
            let celsius = 10.0 + f64::from(u32::try_from(random.below(31)).unwrap_or(0));
            let conditions = Conditions { celsius, volts_off_nominal: 0.0 };
            // The first numbers are the enrolment's.
            let nonce = READS + random.next_bits() / 2;
            let read = if random.chance(short_off) {
                sram.read_after_short_off(nonce, conditions, KEPT)
            } else {
                sram.read(nonce, conditions)
            };
            match puf::reconstruct(&read, helper, &context) {
                Ok(secret) => {
                    let identity = identity(&UniqueSecret::from_puf(&secret), number)?;
                    return Ok(Found { identity, bad });
                }
                Err(why) => last = fail(why),
            }
        }
        Err(last)
    }

    /// Where the key lives, as the enrolment states it.
    pub(crate) fn origin(&self) -> (KeyOrigin, Option<Hash>) {
        match self {
            Self::Sram { helper, .. } => (KeyOrigin::Puf, Some(device::Enrolment::helper_digest(helper))),
            Self::File(_) => (KeyOrigin::File, None),
        }
    }
}
