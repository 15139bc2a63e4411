//! What is simulated: how many devices at how many sites, what there is to run, and how often what goes wrong.

use device::{Layer, Mode};
use evidence::Hash;
use evidence::body::Measured;

use crate::error::Error;

/// So many in a thousand.
pub type Permille = u16;

/// Most devices of one plan.
pub const MAX_DEVICES: u64 = 1_000_000;
/// Smallest page of the devices' flash in bytes, and pages of each.
const PAGE: usize = 4_096;
const PAGES: u32 = 4;

/// Where a device's unique secret comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Silicon {
    /// A simulated SRAM: enrolled from nine noisy reads, the key derived again from one noisy read at each start. Some ten
    /// milliseconds of processor time a device, about two a start.
    #[default]
    Sram,
    /// A file, as it were: for loads where the silicon is not what matters.
    File,
}

/// Something that devices run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Name of the software.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What a device that runs it measures.
    pub measured: Vec<Measured>,
}

impl Build {
    /// A build of which nobody has a reference value.
    #[must_use]
    pub fn unreleased(version: &str) -> Self {
        let name = "firmware";
        let digest = Hash::of(format!("simulated {name} {version}").as_bytes());
        let measured = vec![Measured { name: name.into(), version: Some(version.into()), digest }];
        Self { name: name.into(), version: version.into(), measured }
    }

    /// What it measures after somebody changed the first of its components.
    pub(crate) fn modified(&self, by: u64) -> Vec<Measured> {
        let mut measured = self.measured.clone();
        if let Some(first) = measured.first_mut() {
            first.digest = Hash::of(format!("{} modified by {by}", first.digest).as_bytes());
        }
        measured
    }
}

/// What is about to run, as the first layer of a start measures it: honest, whatever the firmware claims later.
pub(crate) fn layer(measured: &[Measured]) -> Layer {
    let all: Vec<u8> = measured.iter().flat_map(|m| m.digest.0).collect();
    Layer { code: Hash::of(&all), configuration: Hash([0; 32]), mode: Mode::Normal }
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $few:literal, $many:literal;)+) => {
        /// How often what goes wrong, in thousandths.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Faults {
            $($(#[doc = $doc])+ pub $name: Permille,)+
        }

        impl Faults {
            /// The names of all.
            pub const NAMES: &'static [&'static str] = &[$($word),+];

            /// Nothing goes wrong.
            pub const NONE: Self = Self { $($name: 0),+ };
            /// As in a fleet that is looked after.
            pub const FEW: Self = Self { $($name: $few),+ };
            /// Far more than any fleet has.
            pub const MANY: Self = Self { $($name: $many),+ };

            /// Sets one by its name; `false` if there is none, or if it is more than always.
            pub fn set(&mut self, name: &str, permille: Permille) -> bool {
                if permille > 1_000 {
                    return false;
                }
                match name {
                    $($word => self.$name = permille,)+
                    _ => return false,
                }
                true
            }
        }
    };
}

faults! {
    /// Of devices, a round: the link is lost for one to four rounds.
    link_loss = "link-loss", 10, 80;
    /// Of pieces: the gateway sends it twice.
    duplicate = "duplicate", 5, 60;
    /// Of gateways, a round: sends in another order than it got.
    reorder = "reorder", 20, 400;
    /// Of pieces: the gateway keeps it for a later round.
    hold = "hold", 5, 60;
    /// Of devices, a round: it restarts.
    reboot = "reboot", 10, 100;
    /// Of devices, a round: the power fails in one of the next writes.
    power_loss = "power-loss", 2, 60;
    /// Of starts: power was off too briefly, so that no key comes and the power is cycled again.
    short_off = "short-off", 5, 80;
    /// Of devices, a round: it gets the next build.
    update = "update", 30, 80;
    /// Of devices, a round: it goes back to the build before.
    rollback = "rollback", 1, 20;
    /// Of devices, a round: somebody sets the clock.
    clock_step = "clock-step", 2, 30;
    /// Of devices, a round: its store is set back to what it held before, so that it uses places twice.
    set_back = "set-back", 0, 8;
    /// Of devices, a round: something of it that was answered for good is sent again.
    replay = "replay", 2, 40;
    /// Of devices, a round: a copy of what it sends arrives with a flipped bit.
    corrupt = "corrupt", 2, 40;
    /// Of devices, a round: somebody else signs in its name.
    forge = "forge", 1, 20;
    /// Of devices, once: there is a second one with the same secret, half of them with the same store too.
    copy = "copy", 1, 20;
    /// Of devices, once: its firmware is modified, and says so.
    modify = "modify", 1, 20;
    /// Of devices, once: its firmware is modified, and says that it is not.
    lie = "lie", 1, 20;
}

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything comes from it.
    pub seed: u64,
    /// Devices, copies not counted.
    pub devices: u64,
    /// Sites, each with a gateway.
    pub sites: usize,
    /// Where their secrets come from.
    pub silicon: Silicon,
    /// What there is to run, oldest first. Every device begins with the first.
    pub builds: Vec<Build>,
    /// What goes wrong.
    pub faults: Faults,
    /// Model of every device.
    pub model: String,
    /// Its product.
    pub product: String,
    /// What a serial number begins with.
    pub serial: String,
    /// UDI-DI of every device: a GTIN of fourteen digits.
    pub udi_di: String,
    /// Most pieces of a batch.
    pub batch: usize,
}

impl Plan {
    /// So many devices at so many sites, on simulated silicon, with three unreleased builds and no faults.
    #[must_use]
    pub fn new(seed: u64, devices: u64, sites: usize) -> Self {
        Self {
            seed,
            devices,
            sites,
            silicon: Silicon::Sram,
            builds: ["2.0.0", "2.1.0", "2.1.1"].map(Build::unreleased).to_vec(),
            faults: Faults::NONE,
            model: "IP-2W".into(),
            product: "9506000IP2PUMPPY".into(),
            serial: format!("SIM{:06X}", seed & 0xff_ffff),
            udi_di: "09506000200019".into(),
            batch: 100,
        }
    }

    /// The devices' flash: pages, and bytes of each. Larger where evidence needs it.
    pub(crate) fn flash(&self) -> (u32, usize) {
        let of = |b: &Build| -> usize {
            b.measured.iter().map(|m| 64 + m.name.len() + m.version.as_ref().map_or(0, String::len)).sum()
        };
        // A page takes entries of a quarter of its size; the rest of a piece of evidence is about half a kilobyte.
        let entry = 512 + self.builds.iter().map(of).max().unwrap_or(0);
        (PAGES, PAGE.max((4 * entry).next_power_of_two()).min(device::MAX_PAGE))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let holds = [
            (
                "at least one site, and no more than devices",
                self.sites > 0 && self.sites as u64 <= self.devices,
            ),
            ("at most a million devices", self.devices <= MAX_DEVICES),
            ("at least one build, each of which measures something", {
                !self.builds.is_empty() && self.builds.iter().all(|b| !b.measured.is_empty())
            }),
            ("batches of 1 to 999 pieces", (1..device::wire::MAX_BATCH).contains(&self.batch)),
        ];
        holds.into_iter().find(|(_, holds)| !holds).map_or(Ok(()), |(what, _)| Err(Error::Plan(what)))
    }
}
