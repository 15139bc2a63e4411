//! CRC-32 as ZIP and gzip use it (reflected 0x04C11DB7; RFC 1952, 8), a byte at a time.

const TABLE: [u32; 256] = table();

/// A checksum under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc32(u32);

impl Crc32 {
    /// Of no bytes.
    pub(crate) const fn new() -> Self {
        Self(!0)
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let step = |crc: u32, byte: &u8| {
            let [low, ..] = crc.to_le_bytes();
            let at = usize::from(low ^ byte);
            (crc >> 8) ^ TABLE.get(at).copied().unwrap_or_default()
        };
        self.0 = bytes.iter().fold(self.0, step);
    }

    /// What it is so far.
    pub(crate) const fn value(self) -> u32 {
        !self.0
    }
}

/// The checksum of bytes.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.value()
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated when it is compiled; n is below 256"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut crc = n as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!((crc32(b"123456789"), crc32(b"")), (0xCBF4_3926, 0));
    }
}
