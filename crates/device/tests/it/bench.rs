//! A device on a bench: fixed keys, firmware by number, random bytes from a seed.

use std::cell::RefCell;
use std::rc::Rc;

use device::sim::{Failure, RamFlash};
use device::{Anchor, Device, Error, Identity, Layer, Mode, Start, UniqueSecret, measured};
use evidence::body::DebugStatus;
use evidence::keys::Algorithm;
use evidence::types::Bytes;
use evidence::{Evidence, Hash, SourceId};
use testkit::keys;

pub(crate) type Shared = Rc<RefCell<RamFlash>>;
pub(crate) const PAGE: usize = 4_096;

/// Repeatable random numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut out = [0; 32];
        out.chunks_exact_mut(8).for_each(|c| c.copy_from_slice(&self.next().to_be_bytes()));
        out
    }
}

pub(crate) fn layer(firmware: u64) -> Layer {
    let code = measured("pump", None, &firmware.to_be_bytes()).digest;
    Layer { code, configuration: Hash([0; 32]), mode: Mode::Normal }
}

pub(crate) fn evidence(firmware: u64, uptime: u64) -> Evidence {
    Evidence {
        hardware_model: Some(Bytes(b"PX-200".to_vec())),
        uptime: Some(uptime),
        debug: Some(DebugStatus::DisabledPermanently),
        software_name: Some("pump".into()),
        software_version: Some(format!("2.{firmware}.0")),
        measurements: vec![measured("pump", Some(&format!("2.{firmware}.0")), &firmware.to_be_bytes())],
        ..Evidence::default()
    }
}

/// Everything a device is but its flash.
pub(crate) struct Bench {
    pub(crate) identity: Identity,
    pub(crate) id: SourceId,
    pub(crate) anchor: Anchor,
    pub(crate) random: Random,
}

impl Bench {
    pub(crate) fn new(n: u8, algorithm: Algorithm) -> Self {
        let identity = Identity::new(&UniqueSecret::new([n; 32].into()), algorithm).expect("a key");
        let id = device::enrol::ueid_of(identity.device().public());
        let anchor = Anchor {
            log_key: keys().checkpoint.verifier().to_string(),
            generation: 0,
            recovery_key: testkit::init().recovery_key,
        };
        Self { identity, id, anchor, random: Random(u64::from(n)) }
    }

    pub(crate) fn start(&mut self, flash: &Shared, firmware: u64) -> Result<Device<Shared>, Error<Failure>> {
        let start = Start {
            device: self.id,
            anchor: &self.anchor,
            layer: layer(firmware),
            entropy: self.random.bytes(),
            boots: 0,
        };
        Device::start(flash.clone(), &self.identity, &start)
    }
}
