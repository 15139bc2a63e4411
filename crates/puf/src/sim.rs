//! A simulated SRAM: seeded, deterministic on every machine, and like the chips it is fitted to. For simulated fleets and tests;
//! never a source of secrets.
//!
//! The cell model is Maes's (CHES 2013): cell i has a margin m_i drawn once from N(±μ, σ²) and reads as one with probability
//! Φ((m_i + drift) / s), where s is the noise of this power-up. The sign of μ alternates over the quarters of the memory,
//! as address scrambling does on the chips measured.

use alloc::vec::Vec;

/// Parameters of a family, in units of the noise of an ordinary power-up at 25 °C and nominal supply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellModel {
    /// μ, the mean margin; 0 gives unbiased cells.
    pub mean: f64,
    /// σ, the spread of margins between cells.
    pub spread: f64,
    /// Median noise of a power-up relative to those the other parameters were fitted on.
    pub noise: f64,
    /// Standard deviation of the logarithm of the noise from one power-up to the next.
    pub noise_spread: f64,
    /// Standard deviation of a cell's drift over 100 K away from 25 °C.
    pub drift_per_100_kelvin: f64,
    /// Standard deviation of a cell's drift over one volt away from nominal supply.
    pub drift_per_volt: f64,
}

impl CellModel {
    /// Fitted to five CY62256NLL chips (medians): mean, spread, noise and noise spread are measured. From 4.5 V to 5.0 V no
    /// drift beyond the spread of reads was seen, and no temperatures were measured: the two drifts are assumptions. What
    /// the chips also show and this does not: disturbances of neighbouring cells in single reads.
    pub const CY62256NLL: Self = Self {
        mean: 6.55,
        spread: 10.35,
        noise: 1.0,
        noise_spread: 0.03,
        drift_per_100_kelvin: 1.0,
        drift_per_volt: 0.5,
    };
}

/// Where the simulated device is powered up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Temperature in °C.
    pub celsius: f64,
    /// Supply above nominal in volts.
    pub volts_off_nominal: f64,
}

impl Conditions {
    /// 25 °C and nominal supply.
    pub const NOMINAL: Self = Self { celsius: 25.0, volts_off_nominal: 0.0 };
}

/// One simulated memory.
#[derive(Debug, Clone)]
pub struct SimChip {
    seed: u64,
    model: CellModel,
    margins: Vec<f64>,
}

/// Streams of one chip, so that no draw is used twice.
#[derive(Clone, Copy)]
enum Draw {
    Margin = 1,
    Heat,
    Volt,
    Noise,
    Read,
    Kept,
    Old,
}

impl SimChip {
    /// A memory of `bytes` bytes. Another seed is another chip of the family.
    #[must_use]
    pub fn new(seed: u64, bytes: usize, model: CellModel) -> Self {
        let cells = bytes * 8;
        let mut chip = Self { seed, model, margins: Vec::with_capacity(cells) };
        for at in 0..cells {
            let sign = if (at * 4 / cells.max(1)).is_multiple_of(2) { -1.0 } else { 1.0 };
            let margin = sign * model.mean + model.spread * chip.gauss(Draw::Margin, 0, at);
            chip.margins.push(margin);
        }
        chip
    }

    /// The power-up with number `nonce`: the same number and conditions always give the same read.
    #[must_use]
    pub fn read(&self, nonce: u64, at: Conditions) -> Vec<u8> {
        self.bits(nonce, at, |_, fresh| fresh)
    }

    /// A power-up after a power-off too short: each cell keeps, with probability `kept`, what was written before.
    #[must_use]
    pub fn read_after_short_off(&self, nonce: u64, at: Conditions, kept: f64) -> Vec<u8> {
        self.bits(nonce, at, |cell, fresh| {
            if self.uniform(Draw::Kept, nonce, cell) < kept {
                u8::from(self.uniform(Draw::Old, nonce, cell) < 0.5)
            } else {
                fresh
            }
        })
    }

    fn bits(&self, nonce: u64, at: Conditions, finish: impl Fn(usize, u8) -> u8) -> Vec<u8> {
        let model = &self.model;
        let noise = model.noise * libm::exp(model.noise_spread * self.gauss(Draw::Noise, nonce, 0));
        let heat = model.drift_per_100_kelvin * (at.celsius - 25.0) / 100.0;
        let volt = model.drift_per_volt * at.volts_off_nominal;
        let mut read = Vec::with_capacity(self.margins.len() / 8);
        for (byte, margins) in self.margins.chunks_exact(8).enumerate() {
            let mut value = 0;
            for (bit, margin) in margins.iter().enumerate() {
                let cell = byte * 8 + bit;
                let mut m = *margin;
                if heat != 0.0 {
                    m += heat * self.gauss(Draw::Heat, 0, cell);
                }
                if volt != 0.0 {
                    m += volt * self.gauss(Draw::Volt, 0, cell);
                }
                let x = m / noise;
                // Beyond eight deviations no draw of 53 bits decides otherwise.
                let one = if x > 8.0 {
                    true
                } else if x < -8.0 {
                    false
                } else {
                    self.uniform(Draw::Read, nonce, cell)
                        < 0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
                };
                value |= finish(cell, u8::from(one)) << bit;
            }
            read.push(value);
        }
        read
    }

    /// 64 bits that depend on everything given (SplitMix64's finaliser over a sum of odd multiples).
    fn hash(&self, draw: Draw, nonce: u64, cell: usize) -> u64 {
        let mut z = mix(self.seed ^ (draw as u64) << 56);
        z = mix(z ^ nonce);
        mix(z.wrapping_add(cell as u64))
    }

    /// Uniform in (0, 1).
    fn uniform(&self, draw: Draw, nonce: u64, cell: usize) -> f64 {
        unit(self.hash(draw, nonce, cell))
    }

    /// Standard normal (Box and Muller).
    fn gauss(&self, draw: Draw, nonce: u64, cell: usize) -> f64 {
        let first = self.hash(draw, nonce, cell);
        let radius = libm::sqrt(-2.0 * libm::log(unit(first)));
        radius * libm::cos(core::f64::consts::TAU * unit(mix(first)))
    }
}

fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(bits: u64) -> f64 {
    // 52 bits and a half step: never 0, never 1.
    #[expect(clippy::cast_precision_loss, reason = "52 bits are exact in an f64")]
    let value = (bits >> 12) as f64;
    (value + 0.5) / 4_503_599_627_370_496.0
}
