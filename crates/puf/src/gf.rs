//! Arithmetic in GF(2^m), 3 ≤ m ≤ 8, eight elements at a time, one a byte of a `u64`.
//!
//! Constant time: shifts, masks and exclusive-or only. No table is indexed by an element, no branch depends on one and no
//! multiplier is used (some cores multiply in varying time). Tables of powers are indexed by public positions only.

/// A one in every lane.
pub(crate) const ONE: u64 = 0x0101_0101_0101_0101;

/// Fields by degree from 3 on: a primitive polynomial without its leading term.
const POLY: [u8; 6] = [0b011, 0b0011, 0b0_0101, 0b00_0011, 0b000_1001, 0b0001_1101];

/// GF(2^m) with the powers of a primitive element.
#[derive(Clone)]
pub(crate) struct Field {
    m: u32,
    poly: u64,
    /// `exp[i]` = α^i for 0 ≤ i < 2^m − 1; public.
    exp: [u8; 255],
}

impl Field {
    /// The field of 2^m elements, or none when m is not in 3..=8.
    pub(crate) fn new(m: u8) -> Option<Self> {
        let poly = *POLY.get(usize::from(m).checked_sub(3)?)?;
        let mut field = Self { m: u32::from(m), poly: u64::from(poly) * ONE, exp: [0; 255] };
        let mut power = 1_u64;
        for i in 0..field.order() {
            field.exp[i] = low(power);
            power = field.times_x(power) & 0xff;
        }
        Some(field)
    }

    /// Multiplicative order of α: 2^m − 1.
    pub(crate) fn order(&self) -> usize {
        (1 << self.m) - 1
    }

    /// α^i for a public i.
    pub(crate) fn power(&self, i: usize) -> u8 {
        self.exp[i % self.order()]
    }

    /// Each lane times x.
    fn times_x(&self, a: u64) -> u64 {
        let top = (a >> (self.m - 1)) & ONE;
        ((a ^ (top << (self.m - 1))) << 1) ^ (spread(top) & self.poly)
    }

    /// Lane by lane product.
    pub(crate) fn mul(&self, mut a: u64, b: u64) -> u64 {
        let mut product = 0;
        for bit in 0..self.m {
            product ^= a & spread((b >> bit) & ONE);
            a = self.times_x(a);
        }
        product
    }

    /// Product of two single elements.
    pub(crate) fn mul1(&self, a: u8, b: u8) -> u8 {
        low(self.mul(u64::from(a), u64::from(b)))
    }
}

/// Lanes of 0 or 1 become 0x00 or 0xff.
pub(crate) fn spread(ones: u64) -> u64 {
    (ones << 8).wrapping_sub(ones)
}

/// One element in every lane.
pub(crate) fn broadcast(a: u8) -> u64 {
    let a = u64::from(a);
    let a = a | (a << 8);
    let a = a | (a << 16);
    a | (a << 32)
}

/// Sum (exclusive-or) of the lanes.
pub(crate) fn sum(a: u64) -> u8 {
    let a = a ^ (a >> 32);
    let a = a ^ (a >> 16);
    low(a ^ (a >> 8))
}

/// The lowest lane.
pub(crate) fn low(a: u64) -> u8 {
    a.to_le_bytes()[0]
}

/// 1 when the element is zero, else 0.
pub(crate) fn is_zero(a: u8) -> u8 {
    let [_, borrow] = u16::from(a).wrapping_sub(1).to_le_bytes();
    borrow & 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// School-book product, to compare with.
    fn slow(m: u32, poly: u32, a: u32, b: u32) -> u32 {
        let mut product = 0;
        for i in 0..m {
            if b >> i & 1 == 1 {
                product ^= a << i;
            }
        }
        for i in (m..2 * m).rev() {
            if product >> i & 1 == 1 {
                product ^= poly << (i - m);
            }
        }
        product
    }

    #[test]
    fn products_match_school_book_everywhere() {
        for (m, poly) in (3_u8..=8).zip([0b1011, 0x13, 0x25, 0x43, 0x89, 0x11d]) {
            let field = Field::new(m).unwrap();
            for a in 0..=u8::try_from((1_u32 << m) - 1).unwrap() {
                for b in 0..=u8::try_from((1_u32 << m) - 1).unwrap() {
                    let want = slow(u32::from(m), poly, u32::from(a), u32::from(b));
                    assert_eq!(u32::from(field.mul1(a, b)), want, "m {m}: {a} * {b}");
                    let lanes = field.mul(broadcast(a) & !0xff, broadcast(b));
                    assert_eq!(lanes >> 56, u64::from(field.mul1(a, b)));
                    assert_eq!(lanes & 0xff, 0);
                }
            }
        }
    }

    #[test]
    fn the_element_is_primitive() {
        for m in 3..=8 {
            let field = Field::new(m).unwrap();
            let mut seen = [false; 256];
            for i in 0..field.order() {
                let p = usize::from(field.power(i));
                assert!(p != 0 && !seen[p]);
                seen[p] = true;
            }
        }
        assert!(Field::new(2).is_none() && Field::new(9).is_none());
    }

    #[test]
    fn zero_is_zero() {
        assert_eq!((0..=255).map(is_zero).map(u32::from).sum::<u32>(), 1);
        assert_eq!(is_zero(0), 1);
        assert_eq!(sum(0x0102_0408_1020_4080), 0xff);
    }
}
