//! A flash memory in RAM that holds its user to the rules of flash and loses power on demand. For tests and simulated
//! fleets.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::flash::{Flash, UNIT};

/// What a write leaves when power fails in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Nothing happened.
    Nothing,
    /// The first half is done.
    Half,
    /// All but the last byte is done.
    AllButLast,
    /// Everything is done, but the caller does not learn it.
    All,
    /// Bits are half programmed or half erased everywhere.
    Noise,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Power failed; every later operation fails too until [`RamFlash::restore_power`].
    NoPower,
    /// The caller broke the rules of flash: out of range, unaligned, or programmed twice.
    Misuse,
}

/// Pages in RAM.
#[derive(Clone, Debug)]
pub struct RamFlash {
    bytes: Vec<u8>,
    page_size: usize,
    /// Writes (program and erase) until power fails; `None` for never.
    fails_after: Option<u64>,
    torn: Torn,
    off: bool,
    /// Writes done so far.
    pub writes: u64,
    /// Erasures of each page.
    pub erased: Vec<u32>,
    /// Whether the caller broke a rule at any time.
    pub misused: bool,
}

impl RamFlash {
    /// Erased flash.
    #[must_use]
    pub fn new(pages: u32, page_size: usize) -> Self {
        let pages = pages as usize;
        Self {
            bytes: alloc::vec![0xff; pages * page_size],
            page_size,
            fails_after: None,
            torn: Torn::Nothing,
            off: false,
            writes: 0,
            erased: alloc::vec![0; pages],
            misused: false,
        }
    }

    /// Lets power fail in the write after `writes` more, leaving `torn`.
    pub const fn fail_after(&mut self, writes: u64, torn: Torn) {
        self.fails_after = Some(writes);
        self.torn = torn;
    }

    /// Power is back and stays.
    pub const fn restore_power(&mut self) {
        self.off = false;
        self.fails_after = None;
    }

    /// Whether power has failed.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// The raw bytes, to be damaged.
    pub fn raw(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn range(&mut self, page: u32, offset: usize, len: usize) -> Result<&mut [u8], Failure> {
        let fits = offset.checked_add(len).is_some_and(|end| end <= self.page_size);
        let start = page as usize * self.page_size + offset;
        match self.bytes.get_mut(start..start + len) {
            Some(range) if fits => Ok(range),
            _ => {
                self.misused = true;
                Err(Failure::Misuse)
            }
        }
    }

    /// Whether this write is the one in which power fails.
    fn spend(&mut self) -> Result<bool, Failure> {
        if self.off {
            return Err(Failure::NoPower);
        }
        match &mut self.fails_after {
            Some(0) => {
                self.off = true;
                Ok(true)
            }
            Some(n) => {
                *n -= 1;
                self.writes += 1;
                Ok(false)
            }
            None => {
                self.writes += 1;
                Ok(false)
            }
        }
    }
}

/// Writes `to(old, i)` over `range` as far as `torn` lets it.
fn tear(range: &mut [u8], torn: Torn, to: impl Fn(usize) -> u8) {
    let len = range.len();
    for (i, byte) in range.iter_mut().enumerate() {
        let done = match torn {
            Torn::Nothing => false,
            Torn::Half => i < len / 2,
            Torn::AllButLast => i + 1 < len,
            Torn::All => true,
            Torn::Noise => {
                // Every bit is either as before or as intended, mixed by place.
                let mix = u8::try_from((i * 167 + 29 + i / 256 * 91) % 256).unwrap_or(0);
                *byte = (*byte & mix) | (to(i) & !mix);
                continue;
            }
        };
        if done {
            *byte = to(i);
        }
    }
}

impl Flash for RamFlash {
    type Error = Failure;

    fn pages(&self) -> u32 {
        u32::try_from(self.erased.len()).unwrap_or(u32::MAX)
    }

    fn page_size(&self) -> usize {
        self.page_size
    }

    fn read(&mut self, page: u32, offset: usize, into: &mut [u8]) -> Result<(), Failure> {
        if self.off {
            return Err(Failure::NoPower);
        }
        let len = into.len();
        into.copy_from_slice(self.range(page, offset, len)?);
        Ok(())
    }

    fn program(&mut self, page: u32, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        let blank = self.range(page, offset, bytes.len())?.iter().all(|b| *b == 0xff);
        if !blank || !offset.is_multiple_of(UNIT) || !bytes.len().is_multiple_of(UNIT) {
            self.misused = true;
            return Err(Failure::Misuse);
        }
        let (fails, torn) = (self.spend()?, self.torn);
        let range = self.range(page, offset, bytes.len())?;
        tear(range, if fails { torn } else { Torn::All }, |i| bytes.get(i).copied().unwrap_or(0xff));
        if fails { Err(Failure::NoPower) } else { Ok(()) }
    }

    fn erase(&mut self, page: u32) -> Result<(), Failure> {
        let (fails, torn, size) = (self.spend()?, self.torn, self.page_size);
        let range = self.range(page, 0, size)?;
        tear(range, if fails { torn } else { Torn::All }, |_| 0xff);
        if fails {
            return Err(Failure::NoPower);
        }
        if let Some(n) = self.erased.get_mut(page as usize) {
            *n += 1;
        }
        Ok(())
    }
}

/// Shared, so that the flash outlives a device that lost its power.
impl Flash for Rc<RefCell<RamFlash>> {
    type Error = Failure;

    fn pages(&self) -> u32 {
        self.borrow().pages()
    }

    fn page_size(&self) -> usize {
        self.borrow().page_size()
    }

    fn read(&mut self, page: u32, offset: usize, into: &mut [u8]) -> Result<(), Failure> {
        self.borrow_mut().read(page, offset, into)
    }

    fn program(&mut self, page: u32, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        self.borrow_mut().program(page, offset, bytes)
    }

    fn erase(&mut self, page: u32) -> Result<(), Failure> {
        self.borrow_mut().erase(page)
    }
}
