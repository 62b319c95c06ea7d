//! Shelves whose gain moves with the signal: minimum phase, and nothing at all at a gain of 1.
//!
//! The poles stay where they are, those of a Butterworth low-pass, and the gain moves the zeros only:
//!
//! ```text
//! low shelf of gain r: (s² + √2·√r·s + r) / (s² + √2·s + 1),  |H|² = (r² + Ω⁴)/(1 + Ω⁴)
//! ```
//!
//! So a shelf is the signal plus shares of a low-pass and a band-pass of it, which are fixed filters. Moving shares make no
//! transients, and no shares leave the signal's bits. Two equal shelves of √r in a row have the magnitude (r + Ω⁴)/(1 + Ω⁴)
//! of a fourth-order Linkwitz-Riley split whose low band gets the gain r, but not the split's all-pass. No delay.

use super::{network::Network, section::Section};
use core::f64::consts::FRAC_1_SQRT_2;

/// The poles of a second-order shelf. Its outputs are the low-pass 1/D and the band-pass √2·s/D, where D = s² + √2·s + 1.
#[derive(Clone, Copy, Debug)]
pub struct ShelfPoles {
    low: Section,
    band: Section,
}

impl ShelfPoles {
    /// Poles at a frequency, Hz.
    #[must_use]
    pub fn new(frequency_hz: f64, rate_hz: f64) -> Self {
        Self {
            low: Section::low_pass(frequency_hz, rate_hz),
            band: Section::band_pass(frequency_hz, FRAC_1_SQRT_2, rate_hz),
        }
    }

    /// One sample of low-pass and band-pass.
    fn tick(&self, [s1, s2]: [&mut f64; 2], input: f64) -> [f64; 2] {
        // Both have the same states.
        let (mut t1, mut t2) = (*s1, *s2);
        let band = self.band.tick([&mut t1, &mut t2], input);
        [self.low.tick([s1, s2], input), band]
    }
}

impl Network<2, 2> for ShelfPoles {
    fn tick(&self, state: &mut [f64; 2], input: f64) -> [f64; 2] {
        let [a, b] = state;
        Self::tick(self, [a, b], input)
    }
}

/// The shares of [`ShelfPoles`]' outputs that make a low shelf of gain r = q², where the signal itself has the share 1.
#[inline(always)]
#[must_use]
pub fn low_shelf_shares(q: f32) -> [f32; 2] {
    [q * q - 1.0, q - 1.0]
}

/// The shares of [`ShelfPoles`]' outputs that make a high shelf of gain r = q², where the signal itself has the share r.
#[inline(always)]
#[must_use]
pub fn high_shelf_shares(q: f32) -> [f32; 2] {
    [1.0 - q * q, q - q * q]
}

/// The poles of two equal shelves in a row. The outputs are 1, √2·s, s² and √2·s³ over D².
#[derive(Clone, Copy, Debug)]
pub struct DoubleShelfPoles(ShelfPoles);

impl DoubleShelfPoles {
    /// Poles at a frequency, Hz.
    #[must_use]
    pub fn new(frequency_hz: f64, rate_hz: f64) -> Self {
        Self(ShelfPoles::new(frequency_hz, rate_hz))
    }
}

impl Network<4, 4> for DoubleShelfPoles {
    fn tick(&self, state: &mut [f64; 4], input: f64) -> [f64; 4] {
        let [a, b, c, d] = state;
        let [once_low, once_band] = self.0.tick([a, b], input);
        let [low, band] = self.0.tick([c, d], once_low);
        let square = once_low - band - low;
        // √2·s/D = (√2·s³ + 2·s² + √2·s)/D²
        [low, band, square, once_band - 2.0 * square - band]
    }
}

/// The shares of [`DoubleShelfPoles`]' outputs that make a low shelf of gain r = q⁴, where the signal itself has the share 1.
#[inline(always)]
#[must_use]
pub fn double_low_shelf_shares(q: f32) -> [f32; 4] {
    let square = q * q;
    [
        square * square - 1.0,
        2.0 * (square * q - 1.0),
        4.0 * (square - 1.0),
        2.0 * (q - 1.0),
    ]
}

/// The shares of [`DoubleShelfPoles`]' outputs that make a high shelf of gain r = q⁴, where the signal itself has the share r.
#[inline(always)]
#[must_use]
pub fn double_high_shelf_shares(q: f32) -> [f32; 4] {
    let square = q * q;
    let gain = square * square;
    [
        1.0 - gain,
        2.0 * (q - gain),
        4.0 * (square - gain),
        2.0 * (square * q - gain),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    /// |H|² at a frequency, from the impulse response of a mix of the outputs and the input.
    fn power_at<const N: usize, const OUT: usize>(
        network: &impl Network<N, OUT>,
        direct: f32,
        shares: &[f32],
        frequency_hz: f64,
    ) -> f64 {
        let mut state = [0.0; N];
        let (mut real, mut imaginary) = (0.0, 0.0);
        for n in 0..48_000 {
            let input = if n == 0 { 1.0 } else { 0.0 };
            let outputs = network.tick(&mut state, input);
            let mixed: f64 = outputs
                .iter()
                .zip(shares)
                .map(|(y, k)| y * f64::from(*k))
                .sum();
            let y = f64::from(direct) * input + mixed;
            let angle = TAU * frequency_hz * f64::from(n) / 48_000.0;
            real += y * angle.cos();
            imaginary -= y * angle.sin();
        }
        real * real + imaginary * imaginary
    }

    /// Far below half the rate the bilinear transform keeps the analog frequencies.
    #[test]
    fn moving_shelves_have_the_magnitudes_of_their_analog_models() {
        let corner_hz = 300.0_f64;
        for gain in [0.01_f32, 0.25, 1.0, 2.0] {
            for frequency_hz in [30.0, 150.0, 300.0, 500.0, 2000.0] {
                let omega4 = (frequency_hz / corner_hz).powi(4);
                let r = f64::from(gain);
                let close = |found: f64, model: f64| {
                    let off_db = 10.0 * (found / model).log10();
                    assert!(
                        off_db.abs() < 0.1,
                        "{off_db} dB at {frequency_hz} Hz, {gain}"
                    );
                };
                let single = ShelfPoles::new(corner_hz, 48_000.0);
                let double = DoubleShelfPoles::new(corner_hz, 48_000.0);
                let q = gain.sqrt().sqrt();
                close(
                    power_at(&single, 1.0, &low_shelf_shares(gain.sqrt()), frequency_hz),
                    (r * r + omega4) / (1.0 + omega4),
                );
                close(
                    power_at(&single, gain, &high_shelf_shares(gain.sqrt()), frequency_hz),
                    (1.0 + r * r * omega4) / (1.0 + omega4),
                );
                close(
                    power_at(&double, 1.0, &double_low_shelf_shares(q), frequency_hz),
                    ((r + omega4) / (1.0 + omega4)).powi(2),
                );
                close(
                    power_at(&double, gain, &double_high_shelf_shares(q), frequency_hz),
                    ((1.0 + r * omega4) / (1.0 + omega4)).powi(2),
                );
            }
        }
    }

    #[test]
    fn moving_shelves_at_a_gain_of_one_have_no_shares() {
        assert_eq!(low_shelf_shares(1.0), [0.0; 2]);
        assert_eq!(high_shelf_shares(1.0), [0.0; 2]);
        assert_eq!(double_low_shelf_shares(1.0), [0.0; 4]);
        assert_eq!(double_high_shelf_shares(1.0), [0.0; 4]);
    }
}
