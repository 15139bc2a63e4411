//! What can go wrong: one enum, each variant saying where, why and what to do about it.
//! Nothing here carries a bit of a response; fault details are shares and offsets of public kind.

use core::fmt;

/// Why a raw read cannot come from a healthy SRAM power-up. Shares are in permille.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Neighbouring bytes are equal far too often: memory that was filled, not powered up.
    ConstantFill {
        /// Share of bytes equal to the byte before, in permille (chance gives about 20 at most).
        permille: u16,
    },
    /// A stretch is (almost) all zero or all one: initialised or dead memory.
    FlatRegion {
        /// Byte offset of the first such stretch.
        offset: usize,
    },
    /// The read repeats itself (or its complement) at a fixed distance.
    Periodic {
        /// The distance, in bytes, at which it repeats best.
        period: usize,
        /// Share of bits equal to the bit one period before, in permille.
        permille: u16,
    },
    /// Far more ones than zeros or the reverse over the whole read.
    Weight {
        /// Share of ones, in permille.
        permille: u16,
    },
    /// The bits chosen for the sketch are skewed although pairing should have balanced them.
    Skewed {
        /// Share of ones among the chosen bits, in permille.
        permille: u16,
    },
    /// Neighbouring chosen bits follow each other: they are not independent.
    Correlated {
        /// Share of chosen bits equal to the one before, in permille.
        permille: u16,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ConstantFill { permille } => {
                write!(f, "constant fill: {permille} ‰ of bytes equal the byte before")
            }
            Self::FlatRegion { offset } => {
                write!(f, "the 256 bytes from {offset} on are almost all zero or all one")
            }
            Self::Periodic { period, permille } => {
                write!(f, "periodic: {permille} ‰ of bits equal the bit {period} bytes before")
            }
            Self::Weight { permille } => write!(f, "{permille} ‰ of bits are one"),
            Self::Skewed { permille } => write!(f, "{permille} ‰ of the chosen bits are one"),
            Self::Correlated { permille } => {
                write!(f, "{permille} ‰ of the chosen bits equal the one before")
            }
        }
    }
}

/// Why helper data cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelperFault {
    /// It ends before the field at the offset is complete.
    Truncated,
    /// Bytes follow the last field.
    Trailing,
    /// The first bytes are not those of helper data.
    Magic,
    /// A format number this version does not know.
    Format,
    /// A code, a number of blocks or an entropy that no profile allows.
    Profile,
    /// A cell layout that is not allowed.
    Layout,
    /// A device id that is empty or too long.
    DeviceId,
    /// The mask does not choose exactly the cells needed, or is not in its shortest form.
    Mask,
    /// Padding bits of the sketch are not zero.
    Padding,
}

impl fmt::Display for HelperFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "it ends too early",
            Self::Trailing => "bytes follow its end",
            Self::Magic => "it does not begin as helper data does",
            Self::Format => "its format is not known",
            Self::Profile => "its code, blocks or entropy are not allowed",
            Self::Layout => "its cell layout is not allowed",
            Self::DeviceId => "its device id is empty or too long",
            Self::Mask => "its mask does not choose the cells needed in shortest form",
            Self::Padding => "its padding is not zero",
        })
    }
}

/// Errors of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Enrolment needs more reads.
    #[error("{got} reads given, at least {need} needed: power-cycle and read again")]
    TooFewReads {
        /// Reads given.
        got: usize,
        /// Reads needed.
        need: usize,
    },
    /// More reads than the counters hold.
    #[error("{got} reads given, at most {max} are taken")]
    TooManyReads {
        /// Reads given.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// A read has another length than the layout says.
    #[error("read {read} has {got} bytes, {want} expected: read the same memory each time")]
    ReadLength {
        /// Which read, from 0.
        read: usize,
        /// Its bytes.
        got: usize,
        /// The bytes expected.
        want: usize,
    },
    /// A read fails the health tests.
    #[error(
        "read {read} is not a healthy power-up: {fault}: check that nothing writes the memory before it is read, else refuse the part"
    )]
    Unhealthy {
        /// Which read, from 0.
        read: usize,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The chosen bits of an otherwise healthy chip fail their test.
    #[error("the bits chosen for the sketch are not usable: {fault}: refuse the part")]
    UnhealthyResponse {
        /// What is wrong with them.
        fault: Fault,
    },
    /// Two reads are identical, so they are not two power-ups.
    #[error(
        "reads {first} and {second} are identical: they are one power-up read twice; power-cycle between reads"
    )]
    DuplicateRead {
        /// The earlier read, from 0.
        first: usize,
        /// The later read.
        second: usize,
    },
    /// A read is far from the others: incomplete power-off, or another chip.
    #[error(
        "read {read} differs from the majority in {distance} of 10,000 bits, {limit} allowed: power-cycle and retry"
    )]
    FarRead {
        /// Which read, from 0.
        read: usize,
        /// Its distance from the majority, in 1/10,000.
        distance: u32,
        /// The limit: twice the median distance, between 100 and 1,200.
        limit: u32,
    },
    /// Not enough stable cell pairs for the profile.
    #[error(
        "{found} stable pairs found, {need} needed: use a larger region or a smaller profile, else refuse the part"
    )]
    TooFewPairs {
        /// Pairs found.
        found: usize,
        /// Pairs needed.
        need: usize,
    },
    /// The profile leaves too little entropy.
    #[error(
        "the profile leaves {residual} bits of min-entropy, {need} needed: use more blocks or a weaker code, else refuse the family"
    )]
    TooLittleEntropy {
        /// Residual min-entropy in bits, rounded down; zero when the bound is negative.
        residual: u32,
        /// Bits needed.
        need: u32,
    },
    /// The layout is not allowed.
    #[error(
        "the cell layout is not allowed: cells a multiple of twice the distance within the limits, distance a power of two, step odd, start below step"
    )]
    Layout,
    /// Code or number of blocks is not one of those shipped.
    #[error("the code or the number of blocks is not one of those shipped")]
    Profile,
    /// The device id is empty or too long.
    #[error("the device id has {got} bytes, 1 to {max} allowed")]
    DeviceId {
        /// Bytes given.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// Helper data that cannot be read.
    #[error("helper data refused at byte {at}: {fault}: fetch it again or enrol again")]
    Helper {
        /// Offset of the field.
        at: usize,
        /// What is wrong with it.
        fault: HelperFault,
    },
    /// Helper data of another device.
    #[error("the helper data belong to another device: fetch those of this device")]
    OtherDevice,
    /// Helper data of another version.
    #[error(
        "the helper data are of version {helper}, {asked} was asked for: fetch those of this version or enrol again"
    )]
    OtherVersion {
        /// Version in the helper data.
        helper: u32,
        /// Version asked for.
        asked: u32,
    },
    /// The read does not give the enrolled secret. One error on purpose: saying whether decoding or authentication
    /// failed would answer questions an attacker asks with altered helper data.
    #[error(
        "the read does not give the enrolled secret: power-cycle and retry; if it persists, the chip is another one or worn, or the helper data were altered"
    )]
    NotReconstructed,
}

impl Error {
    /// The number of the read the error is about, from 0, where it is about one.
    #[must_use]
    pub fn read(&self) -> Option<usize> {
        match *self {
            Self::ReadLength { read, .. } | Self::Unhealthy { read, .. } | Self::FarRead { read, .. } => {
                Some(read)
            }
            Self::DuplicateRead { second, .. } => Some(second),
            _ => None,
        }
    }
}
