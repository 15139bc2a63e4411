//! What each simulated device really was, whatever it or anybody else said: what answers about it are compared with.

use device::Place;
use evidence::body::Measured;
use evidence::{SourceId, Time};

/// What a device ran from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Since when.
    pub since: Time,
    /// Which build of the plan.
    pub build: usize,
    /// Whether somebody had changed it.
    pub modified: bool,
    /// What it measures and says it measures. Of a device that lies, what it says.
    pub says: Vec<Measured>,
}

/// The truth about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Its number, from 0.
    pub number: u64,
    /// Its UEID.
    pub device: SourceId,
    /// The site where it is.
    pub site: usize,
    /// Serial number.
    pub serial: String,
    /// UDI, as scanned.
    pub udi: String,
    /// It is a second device with the secret of the one that has this number.
    pub copy: bool,
    /// There is such a second device.
    pub copied: bool,
    /// Its store was set back: it has used places twice.
    pub set_back: bool,
    /// It runs modified firmware and claims that it does not. No evidence can show that where the measuring itself lies.
    pub lies: bool,
    /// What it ran, oldest first.
    pub ran: Vec<Ran>,
    /// Every piece of evidence of which it was told by its own store that it is kept.
    pub promised: Vec<Place>,
}

impl Truth {
    /// What it ran at a moment. At the very moment of a change, what it ran from then on.
    #[must_use]
    pub fn at(&self, time: Time) -> Option<&Ran> {
        let after = self.ran.partition_point(|r| r.since <= time);
        self.ran.get(after.checked_sub(1)?)
    }

    /// What it runs now.
    #[must_use]
    pub fn now(&self) -> Option<&Ran> {
        self.ran.last()
    }

    /// Whether it alone speaks under its name, with a store that was never tampered with, and says what it measures.
    #[must_use]
    pub const fn honest(&self) -> bool {
        !self.copy && !self.copied && !self.set_back && !self.lies
    }
}

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// How often what happened.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Happened {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Happened {
            /// Each with its name.
            #[must_use]
            pub fn each(&self) -> Vec<(&'static str, u64)> {
                vec![$(($word, self.$name)),+]
            }

            pub(crate) fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)+
            }
        }
    };
}

counters! {
    /// Starts.
    starts = "starts",
    /// Power-up reads from which no key came, so that the power was cycled again.
    bad_reads = "bad-reads",
    /// Times a key was derived again.
    derived = "keys-derived",
    /// Restarts for no reason of their own.
    reboots = "reboots",
    /// Times the power failed in a write.
    power_losses = "power-losses",
    /// Updates to a newer build.
    updates = "updates",
    /// Returns to an older build.
    rollbacks = "rollbacks",
    /// Links that were lost for some rounds.
    links_lost = "links-lost",
    /// Clocks that were set.
    clock_steps = "clock-steps",
    /// Stores that were set back to what they held before.
    set_back = "stores-set-back",
    /// Devices that were copied: a second one with the same secret.
    copies = "copies",
    /// Devices whose firmware was modified and says so.
    modified = "modified",
    /// Devices whose firmware was modified and says that it is not.
    lies = "lies",
    /// Pieces of evidence made.
    attested = "attested",
    /// Times a device had no room to attest.
    full = "full",
    /// Freshness statements that a device did not take, such as old ones.
    not_fresh = "not-fresh",
    /// Pieces that a gateway sent twice.
    duplicates = "duplicates",
    /// Pieces that a gateway kept for a later round.
    held = "held",
    /// Rounds in which a gateway sent in another order than it got.
    reordered = "reordered",
    /// Pieces sent again after they were answered for good.
    replayed = "replayed",
    /// Pieces with a flipped bit.
    corrupted = "corrupted",
    /// Pieces signed by somebody else.
    forged = "forged",
}
