//! The memory that the store writes into: NOR-like flash, of which power may fail at any operation.

/// Program unit in bytes. Every program operation begins at a multiple of it and has a multiple of it; a unit is
/// programmed once between two erasures. 32 covers the flash words of the common microcontrollers.
pub const UNIT: usize = 32;

/// A run of equal pages.
///
/// What the store relies on:
/// - after [`Flash::erase`] returns, the page reads as `0xff`;
/// - after [`Flash::program`] returns, the bytes read as given, and stay so over power loss;
/// - if power fails during either, the bytes concerned may read as anything, the rest of the flash is as before.
///
/// A driver that corrects or refuses uncorrectable words must read them as some bytes, not fail: the store finds out by
/// its own checks. Wear is levelled by the store itself, which erases its pages in turn.
pub trait Flash {
    /// The driver's error.
    type Error: core::fmt::Debug;

    /// Number of pages.
    fn pages(&self) -> u32;

    /// Bytes of a page: the erase unit.
    fn page_size(&self) -> usize;

    /// Reads `into.len()` bytes.
    ///
    /// # Errors
    /// The hardware fails.
    fn read(&mut self, page: u32, offset: usize, into: &mut [u8]) -> Result<(), Self::Error>;

    /// Programs erased bytes.
    ///
    /// # Errors
    /// The hardware fails.
    fn program(&mut self, page: u32, offset: usize, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Erases a page.
    ///
    /// # Errors
    /// The hardware fails.
    fn erase(&mut self, page: u32) -> Result<(), Self::Error>;
}
