//! CRC-32 as ZIP has it (ISO-HDLC: polynomial 0x04C11DB7, reflected), eight bytes at a time.

const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let (mut n, mut byte) = (0, 0_u32);
    while n < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        tables[0][n] = crc;
        (n, byte) = (n + 1, byte + 1);
    }
    let mut t = 1;
    while t < 8 {
        n = 0;
        while n < 256 {
            let last = tables[t - 1][n];
            tables[t][n] = (last >> 8) ^ tables[0][(last & 0xff) as usize];
            n += 1;
        }
        t += 1;
    }
    tables
}

/// The checksum of bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let at = |t: usize, n: u32| TABLES[t][(n & 0xff) as usize];
    let mut crc = u32::MAX;
    let mut eights = bytes.chunks_exact(8);
    for eight in &mut eights {
        let (low, high) = eight.split_at(4);
        let word = |b: &[u8]| b.iter().rev().fold(0_u32, |w, b| w << 8 | u32::from(*b));
        let (low, high) = (crc ^ word(low), word(high));
        crc = at(7, low)
            ^ at(6, low >> 8)
            ^ at(5, low >> 16)
            ^ at(4, low >> 24)
            ^ at(3, high)
            ^ at(2, high >> 8)
            ^ at(1, high >> 16)
            ^ at(0, high >> 24);
    }
    for byte in eights.remainder() {
        crc = at(0, crc ^ u32::from(*byte)) ^ (crc >> 8);
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_check_value_and_every_length_agree_with_the_definition() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let slow = |bytes: &[u8]| {
            !bytes.iter().fold(u32::MAX, |crc, b| {
                (0..8).fold(
                    crc ^ u32::from(*b),
                    |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 },
                )
            })
        };
        let bytes: Vec<u8> = (0..100_u8).map(|n| n.wrapping_mul(151)).collect();
        for n in 0..bytes.len() {
            assert_eq!(crc32(&bytes[..n]), slow(&bytes[..n]), "{n}");
        }
    }
}
