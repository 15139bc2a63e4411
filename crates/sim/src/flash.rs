//! The flash of a simulated device. Shared with whoever simulates, so that it outlives a device that lost its power.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use device::Flash;
use device::sim::{Failure, RamFlash, Torn};

/// What a write can leave when power fails in it.
const TORN: [Torn; 5] = [Torn::Nothing, Torn::Half, Torn::AllButLast, Torn::All, Torn::Noise];

/// A flash memory in RAM that several hands hold.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<RamFlash>>);

impl Shared {
    pub(crate) fn new(pages: u32, page: usize) -> Self {
        Self(Arc::new(Mutex::new(RamFlash::new(pages, page))))
    }

    fn lock(&self) -> MutexGuard<'_, RamFlash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A flash of its own with what this one holds now.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    /// Holds from now on what another one holds.
    pub(crate) fn become_as(&self, other: &Self) {
        let image = other.lock().clone();
        *self.lock() = image;
    }

    /// Lets power fail in one of the next writes.
    pub(crate) fn fail_soon(&self, writes: u64, how: usize) {
        let torn = TORN.get(how % TORN.len()).copied().unwrap_or(Torn::Half);
        self.lock().fail_after(writes, torn);
    }

    pub(crate) fn restore_power(&self) {
        self.lock().restore_power();
    }

    /// Power comes back where it has failed; where it is about to fail, it still is.
    pub(crate) fn restore_power_if_off(&self) {
        let mut flash = self.lock();
        if flash.is_off() {
            flash.restore_power();
        }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.lock().is_off()
    }

    /// Whether the device code broke a rule of flash.
    pub(crate) fn misused(&self) -> bool {
        self.lock().misused
    }
}

impl Flash for Shared {
    type Error = Failure;

    fn pages(&self) -> u32 {
        self.lock().pages()
    }

    fn page_size(&self) -> usize {
        self.lock().page_size()
    }

    fn read(&mut self, page: u32, offset: usize, into: &mut [u8]) -> Result<(), Failure> {
        self.lock().read(page, offset, into)
    }

    fn program(&mut self, page: u32, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        self.lock().program(page, offset, bytes)
    }

    fn erase(&mut self, page: u32) -> Result<(), Failure> {
        self.lock().erase(page)
    }
}
