//! Links `device` as firmware would: no standard library, its own panic handler, a fixed heap. If anything below it needed
//! the standard library, this would not build: there would be two panic handlers. It is not meant to run.
#![no_std]

use core::panic::PanicInfo;

use device::{Anchor, Device, Error, Flash, Identity, Layer, Mode, Start, UniqueSecret, measured};
use evidence::keys::Algorithm;
use evidence::{Evidence, Hash, SourceId};

/// Heap of the probe in bytes.
const HEAP: usize = 96 * 1024;

#[global_allocator]
static HEAP_ALLOCATOR: emballoc::Allocator<HEAP> = emballoc::Allocator::new();

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// A flash that is not there.
#[derive(Clone, Copy)]
pub struct NoFlash;

impl Flash for NoFlash {
    type Error = ();
    fn pages(&self) -> u32 {
        8
    }
    fn page_size(&self) -> usize {
        4_096
    }
    fn read(&mut self, _: u32, _: usize, into: &mut [u8]) -> Result<(), ()> {
        into.fill(0xff);
        Ok(())
    }
    fn program(&mut self, _: u32, _: usize, _: &[u8]) -> Result<(), ()> {
        Ok(())
    }
    fn erase(&mut self, _: u32) -> Result<(), ()> {
        Ok(())
    }
}

/// Everything a device does once: derive, enrol, start, check freshness, attest, deliver. Says how many entries wait.
pub extern "C" fn device_probe(p256: bool) -> u64 {
    run(if p256 { Algorithm::P256 } else { Algorithm::Ed25519 }).unwrap_or(0)
}

fn run(algorithm: Algorithm) -> Result<u64, Error<()>> {
    let secret = UniqueSecret::new(zeroize::Zeroizing::new([1; 32]));
    let identity = Identity::new(&secret, algorithm).ok_or(Error::NoKey)?;
    let anchor = Anchor {
        log_key: "log.example/probe+00000000+AAAA".into(),
        generation: 0,
        recovery_key: identity.device().public().clone(),
    };
    let layer = Layer { code: Hash([0; 32]), configuration: Hash([0; 32]), mode: Mode::Normal };
    let start =
        Start { device: SourceId::device([0; 16]), anchor: &anchor, layer, entropy: [0; 32], boots: 0 };
    let mut device = Device::start(NoFlash, &identity, &start)?;
    let _ = device.fresh(&[]);
    let mut evidence = Evidence::default();
    evidence.measurements.push(measured("pump", Some("2.1.0"), b"image"));
    device.attest(None, evidence)?;
    let batch = device.outbox(10, 4_096)?;
    device.settle(&batch, batch.items.len())?;
    Ok(device.waiting())
}
