//! Deterministic mutations: the same seed gives the same inputs. Flipped bits, other bytes, cut, doubled and spliced pieces,
//! lengths that are off by a little. Not here: what is mutated, and how long.

/// Largest input that is made: an entry and some more.
const MAX: usize = 80_000;
/// Bytes that parsers stumble over.
const BYTES: &[u8] = b"\x00\x01\x17\x18\x19\x1a\x1b\x1f\x20\x40\x58\x5f\x60\x7f\x80\x81\x9f\xa0\xbf\xd2\xf6\xff \n\r\t+-0/:.,\"'<>&{}[]%";
/// Pieces that parsers stumble over.
const PIECES: &[&[u8]] = &[
    b"\n\n",
    b"\xe2\x80\x94 ",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"18446744073709551616",
    b"00",
    b"&amp;",
    b"]]>",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf0\x9f\xa9\xba",
    b"\\u0000",
    b"1e999",
    b"-0",
    b"==",
    b"\xc3\x28",
];

/// Numbers that look random: `SplitMix64` (Steele, Lea, Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that belong to a seed and a name.
    #[must_use]
    pub fn new(seed: u64, name: &str) -> Self {
        let mut random = Self(seed);
        for byte in name.bytes() {
            random.0 ^= u64::from(byte);
            random.any();
        }
        random
    }

    /// Any number.
    pub const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.any() >> 1).unwrap_or(0).checked_rem(bound).unwrap_or(0)
    }
}

/// One to six changes to one of the inputs.
pub fn mutate(random: &mut Random, inputs: &[Vec<u8>]) -> Vec<u8> {
    let Some(mut data) = inputs.get(random.below(inputs.len())).cloned() else { return Vec::new() };
    for _ in 0..=random.below(6) {
        change(random, inputs, &mut data);
    }
    data.truncate(MAX);
    data
}

fn change(random: &mut Random, inputs: &[Vec<u8>], data: &mut Vec<u8>) {
    let at = random.below(data.len());
    let piece = |random: &mut Random, data: &[u8]| {
        let from = random.below(data.len());
        let length = 1 + random.below(64);
        data.get(from..(from + length).min(data.len())).unwrap_or_default().to_vec()
    };
    match random.below(12) {
        0 | 1 => set(data, at, |b| *b ^= 1 << random.below(8)),
        2 => set(data, at, |b| *b = BYTES[random.below(BYTES.len())]),
        3 => set(data, at, |b| *b = random.any().to_le_bytes()[0]),
        // A length or a number that is off by a little: of one, two, four or eight bytes, or a decimal digit.
        4 => {
            let (width, by) = (1 << random.below(4), [1, 255, 2, 16][random.below(4)]);
            let last = (at + width).min(data.len()).saturating_sub(1);
            set(data, last, |b| *b = b.wrapping_add(by));
        }
        5 => {
            let digit = data.iter().skip(at).position(u8::is_ascii_digit).map(|n| at + n);
            set(data, digit.unwrap_or(at), |b| *b = b'0' + u8::try_from(random.below(10)).unwrap_or(0));
        }
        6 => data.truncate(at),
        7 => {
            let to = (at + 1 + random.below(32)).min(data.len());
            data.drain(at.min(to)..to);
        }
        8 => {
            let double = piece(random, data);
            data.splice(at..at, double);
        }
        9 => {
            let other = inputs.get(random.below(inputs.len())).map_or(&[][..], Vec::as_slice);
            let other = piece(random, other);
            data.splice(at..at, other);
        }
        // The head of one and the tail of another.
        10 => {
            let other = inputs.get(random.below(inputs.len())).map_or(&[][..], Vec::as_slice);
            let from = random.below(other.len());
            data.truncate(at);
            data.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        _ => {
            let inserted = PIECES[random.below(PIECES.len())].iter().copied();
            data.splice(at..at, inserted);
        }
    }
}

fn set(data: &mut [u8], at: usize, change: impl FnOnce(&mut u8)) {
    if let Some(byte) = data.get_mut(at) {
        change(byte);
    }
}
