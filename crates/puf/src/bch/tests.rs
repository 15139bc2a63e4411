//! Exhaustive for short codes, random for the long ones, and a table of published dimensions.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::profile::SHIPPED;

/// A small generator for test words (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn bits(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| u8::try_from(self.next() >> 63).unwrap()).collect()
    }

    /// A pattern of exactly `weight` ones.
    fn pattern(&mut self, n: usize, weight: usize) -> Vec<u8> {
        let mut bits = vec![0; n];
        let mut left = weight;
        while left > 0 {
            let at = self.below(n);
            left -= usize::from(1 - bits[at]);
            bits[at] = 1;
        }
        bits
    }
}

/// The codeword with the given message.
fn encode(code: &Code, message: &[u8]) -> Vec<u8> {
    let mut word = vec![0; code.parity_bits()];
    word.extend_from_slice(message);
    let mut parity = vec![0; code.parity_bits()];
    code.remainder(&word, &mut parity);
    word[..parity.len()].copy_from_slice(&parity);
    word
}

fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

fn weight(a: &[u8]) -> usize {
    a.iter().map(|b| usize::from(*b)).sum()
}

/// Decodes and checks the answer against the promise: at most t errors always corrected, otherwise either refused
/// or a pattern of weight ≤ t that leads to some codeword.
fn check(code: &Code, word: &[u8], sent: &[u8]) -> bool {
    let errors = add(word, sent);
    let mut found = vec![9; code.n()];
    let (ok, count) = code.decode(word, &mut found);
    if weight(&errors) <= usize::from(code.t()) {
        assert!(bool::from(ok), "{code:?}: {} errors not corrected", weight(&errors));
        assert_eq!(found, errors, "{code:?}");
        assert_eq!(usize::from(count), weight(&errors));
    } else if bool::from(ok) {
        assert!(weight(&found) <= usize::from(code.t()));
        let mut rest = vec![0; code.parity_bits()];
        code.remainder(&add(word, &found), &mut rest);
        assert_eq!(weight(&rest), 0, "{code:?}: not a codeword");
    } else {
        assert_eq!(weight(&found), 0);
    }
    bool::from(ok)
}

#[test]
fn dimensions_match_the_published_tables() {
    let published = [
        (3, 1, 4),
        (4, 1, 11),
        (4, 2, 7),
        (4, 3, 5),
        (5, 3, 16),
        (5, 5, 11),
        (5, 7, 6),
        (6, 10, 18),
        (6, 13, 10),
        (7, 7, 78),
        (7, 9, 71),
        (7, 10, 64),
        (7, 13, 50),
        (7, 15, 36),
        (7, 21, 29),
        (7, 27, 15),
        (7, 31, 8),
        (8, 18, 131),
        (8, 21, 115),
        (8, 26, 87),
        (8, 30, 63),
        (8, 42, 47),
        (8, 55, 21),
        (8, 59, 13),
    ];
    for (m, t, k) in published {
        assert_eq!(Code::new(m, t).unwrap().k(), k, "m {m} t {t}");
    }
    // The (15,5) code's generator is published as octal 2467.
    assert_eq!(Code::new(4, 3).unwrap().generator[0] | 1 << 10, 0o2467);
    assert!(Code::new(4, 0).is_none() && Code::new(3, 4).is_none() && Code::new(8, 63).is_none());
}

#[test]
fn every_word_of_the_short_codes() {
    for (m, t) in [(3, 1), (4, 1), (4, 2), (4, 3), (4, 7)] {
        let Some(code) = Code::new(m, t) else { panic!("no code") };
        let n = code.n();
        // Every received word, against its nearest codeword where that is within t.
        let mut codewords = Vec::new();
        for message in 0_u32..1 << code.k() {
            let bits: Vec<u8> = (0..code.k()).map(|i| u8::from(message >> i & 1 == 1)).collect();
            codewords.push(encode(&code, &bits));
        }
        let packed: Vec<u32> = codewords
            .iter()
            .map(|w| w.iter().enumerate().fold(0, |all, (i, b)| all | u32::from(*b) << i))
            .collect();
        let mut decoded = 0_u64;
        for received in 0_u32..1 << n {
            let word: Vec<u8> = (0..n).map(|i| u8::from(received >> i & 1 == 1)).collect();
            let near = packed.iter().position(|c| (c ^ received).count_ones() <= u32::from(t));
            let mut found = vec![0; n];
            let (ok, _) = code.decode(&word, &mut found);
            assert_eq!(bool::from(ok), near.is_some(), "{code:?} {received:b}");
            if let Some(near) = near {
                assert_eq!(add(&word, &found), codewords[near]);
                decoded += 1;
            }
        }
        // Spheres of radius t are disjoint: their sizes add up.
        let sphere: u64 =
            (0..=u64::from(t)).map(|i| (1..=i).fold(1, |c, j| c * (n as u64 + 1 - j) / j)).sum();
        assert_eq!(decoded, sphere << code.k());
    }
}

#[test]
fn all_error_patterns_up_to_three_of_31() {
    let code = Code::new(5, 3).unwrap();
    let mut random = Random(1);
    for a in 0..31 {
        for b in a..31 {
            for c in b..31 {
                let sent = encode(&code, &random.bits(code.k()));
                let mut word = sent.clone();
                word[a] ^= 1;
                word[b] ^= 1;
                word[c] ^= 1;
                assert!(check(&code, &word, &sent));
            }
        }
    }
}

#[test]
fn shipped_codes_correct_up_to_t_and_refuse_beyond() {
    let mut random = Random(2);
    for (m, t) in SHIPPED {
        let code = Code::new(m, t).unwrap();
        for errors in 0..=usize::from(t) {
            for _ in 0..4 {
                let sent = encode(&code, &random.bits(code.k()));
                let word = add(&sent, &random.pattern(code.n(), errors));
                assert!(check(&code, &word, &sent));
            }
        }
        // Beyond t a wrong codeword may be near; with these codes it is rare, and it is never the one sent.
        let mut accepted = 0;
        for extra in 1..=20 {
            let errors = (usize::from(t) + extra * extra).min(code.n() / 2);
            let sent = encode(&code, &random.bits(code.k()));
            let word = add(&sent, &random.pattern(code.n(), errors));
            accepted += u32::from(check(&code, &word, &sent));
        }
        assert!(accepted <= 2, "{code:?} accepted {accepted} of 20");
    }
}

#[test]
fn extreme_words() {
    for (m, t) in SHIPPED {
        let code = Code::new(m, t).unwrap();
        let zero = vec![0; code.n()];
        assert!(check(&code, &zero, &zero));
        // All ones is a codeword: 1 is not a root.
        let ones = vec![1; code.n()];
        assert!(check(&code, &ones, &ones));
        let mut random = Random(u64::from(t));
        for _ in 0..4 {
            let junk = random.bits(code.n());
            check(&code, &junk, &zero);
        }
    }
}

#[test]
fn remainder_is_linear_and_zero_on_codewords_only() {
    let mut random = Random(3);
    for (m, t) in SHIPPED {
        let code = Code::new(m, t).unwrap();
        let (a, b) = (random.bits(code.n()), random.bits(code.n()));
        let rest = |word: &[u8]| {
            let mut out = vec![0; code.parity_bits()];
            code.remainder(word, &mut out);
            out
        };
        assert_eq!(rest(&add(&a, &b)), add(&rest(&a), &rest(&b)));
        let mut word = encode(&code, &random.bits(code.k()));
        assert_eq!(weight(&rest(&word)), 0);
        assert_eq!(code.syndromes(&word).iter().map(|s| u32::from(*s)).sum::<u32>(), 0);
        word[17] ^= 1;
        assert_ne!(weight(&rest(&word)), 0);
        assert_ne!(code.syndromes(&word).iter().map(|s| u32::from(*s)).sum::<u32>(), 0);
    }
}
