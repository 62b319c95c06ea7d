//! Second-order sections of filters and equalizers.
//!
//! Every section is a topology-preserving state-variable filter (Zavalishin, "The Art of VA Filter Design", ch. 4;
//! Simper, "Linear trapezoidal integrated SVF", 2013), whose state survives changes of its coefficients and keeps its
//! precision at any frequency. Splits use the bilinear transform, under which low, high and all-pass add up exactly.
//! Shelves are matched: poles by impulse invariance, zeros such that the magnitude equals the analog one at 0 Hz, at the
//! center and at half the sample rate (Vicanek, "Matched Second Order Digital Filters", 2016). The bilinear transform would
//! cramp the treble instead. Bells have a file of their own ([`super::bell`]).

use crate::math;
use core::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

/// The highest band frequency that fits a sample rate, as a share of it.
pub const HIGHEST_BAND: f64 = 0.45;
/// Below this rate, bands of the chain come close to half the rate or lie above it.
const LOW_RATE_HZ: f64 = 22_050.0;
/// The highest frequency at which a section is matched at a low rate, as a share of it.
const HIGHEST_MIDDLE: f64 = 0.3;

/// A second-order filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Section {
    a1: f64,
    a2: f64,
    a3: f64,
    damping: f64,
    /// Shares of the high-, band- and low-pass outputs.
    mix: [f64; 3],
}

impl Section {
    /// `g` is the warped frequency, `damping` is 1/Q.
    pub(super) fn new(g: f64, damping: f64, mix: [f64; 3]) -> Self {
        let a1 = 1.0 / (1.0 + g * (g + damping));
        Self {
            a1,
            a2: g * a1,
            a3: g * g * a1,
            damping,
            mix,
        }
    }

    /// Processes one sample.
    #[inline(always)]
    pub fn tick(&self, state: [&mut f64; 2], input: f64) -> f64 {
        let [s1, s2] = state;
        let v3 = input - *s2;
        let band = self.a1 * *s1 + self.a2 * v3;
        let low = *s2 + self.a2 * *s1 + self.a3 * v3;
        *s1 = 2.0 * band - *s1;
        *s2 = 2.0 * low - *s2;
        let high = input - self.damping * band - low;
        self.mix[0] * high + self.mix[1] * band + self.mix[2] * low
    }

    /// The squared magnitude at a frequency, given as a share of the sample rate below a half.
    #[must_use]
    pub fn power_at(&self, share: f64) -> f64 {
        // The structure is the bilinear transform of an analog filter of frequency g: s = j tan(ω/2) / g.
        let s = math::tan(PI * share) * self.a1 / self.a2;
        let power = |[p2, p1, p0]: [f64; 3]| {
            let (real, imaginary) = (p0 - p2 * s * s, p1 * s);
            real * real + imaginary * imaginary
        };
        power(self.mix) / power([1.0, self.damping, 1.0])
    }

    /// The bilinear transform's frequency warping; held below half the sample rate.
    fn warped(frequency_hz: f64, rate_hz: f64) -> f64 {
        math::tan(PI * (frequency_hz / rate_hz).min(0.49))
    }

    /// Butterworth low-pass.
    #[must_use]
    pub fn low_pass(frequency_hz: f64, rate_hz: f64) -> Self {
        Self::new(Self::warped(frequency_hz, rate_hz), SQRT_2, [0.0, 0.0, 1.0])
    }

    /// Butterworth high-pass.
    #[must_use]
    pub fn high_pass(frequency_hz: f64, rate_hz: f64) -> Self {
        Self::new(Self::warped(frequency_hz, rate_hz), SQRT_2, [1.0, 0.0, 0.0])
    }

    /// All-pass with Butterworth poles, the sum of a fourth-order Linkwitz-Riley split.
    #[must_use]
    pub fn all_pass(frequency_hz: f64, rate_hz: f64) -> Self {
        Self::new(
            Self::warped(frequency_hz, rate_hz),
            SQRT_2,
            [1.0, -SQRT_2, 1.0],
        )
    }

    /// Outputs silence, in place of a band that doesn't fit the sample rate.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(1.0, SQRT_2, [0.0; 3])
    }

    /// Band-pass with a gain of 1 at its center.
    #[must_use]
    pub fn band_pass(frequency_hz: f64, q: f64, rate_hz: f64) -> Self {
        Self::new(
            Self::warped(frequency_hz, rate_hz),
            1.0 / q,
            [0.0, 1.0 / q, 0.0],
        )
    }

    /// Butterworth-like shelf of `gain_db` above `frequency_hz`, where it has half its decibels.
    #[must_use]
    pub fn high_shelf(frequency_hz: f64, gain_db: f64, rate_hz: f64) -> Self {
        Self::matched(AnalogFilter::high_shelf(gain_db), frequency_hz, rate_hz)
    }

    /// Butterworth-like shelf of `gain_db` below `frequency_hz`, where it has half its decibels.
    #[must_use]
    pub fn low_shelf(frequency_hz: f64, gain_db: f64, rate_hz: f64) -> Self {
        Self::matched(AnalogFilter::low_shelf(gain_db), frequency_hz, rate_hz)
    }

    /// The same filter with a gain.
    #[must_use]
    pub fn scaled(self, gain: f64) -> Self {
        Self {
            mix: self.mix.map(|share| gain * share),
            ..self
        }
    }

    /// The digital filter whose magnitude equals the analog one at 0, at `frequency_hz` and at half the rate.
    ///
    /// Below [`LOW_RATE_HZ`] the middle point lies at [`HIGHEST_MIDDLE`] at most, because close to half the rate it would
    /// leave the curve below it undetermined. Poles above [`HIGHEST_BAND`] move there, but the magnitudes stay those of the
    /// analog filter, whose curve ends at half the rate.
    fn matched(analog: AnalogFilter, frequency_hz: f64, rate_hz: f64) -> Self {
        let share = frequency_hz / rate_hz;
        let analog_omega = 2.0 * PI * share;
        let omega = 2.0 * PI * share.min(HIGHEST_BAND);
        let middle = if rate_hz < LOW_RATE_HZ {
            omega.min(2.0 * PI * HIGHEST_MIDDLE)
        } else {
            omega
        };
        // Poles: s = ω(−α ± √(α² − 1)) scaled, z = eˢ.
        let [d0, d1, d2] = analog.denominator;
        let natural = omega * (d2 / d0).sqrt();
        let alpha = 0.5 * d1 / (d0 * d2).sqrt();
        let radius = math::exp(-alpha * natural);
        let inner = alpha * alpha - 1.0;
        let cosine = if inner < 0.0 {
            math::sin_cos(natural * (-inner).sqrt()).1
        } else {
            let e = math::exp(natural * inner.sqrt());
            0.5 * (e + 1.0 / e)
        };
        let a1 = -2.0 * radius * cosine;
        let a2 = radius * radius;

        // |H|² in the basis cos²(ω/2), sin²(ω/2), sin²ω.
        let square = |x: f64| x * x;
        let pole_power = [square(1.0 + a1 + a2), square(1.0 - a1 + a2), -4.0 * a2];
        let basis = |w: f64| {
            let s = square(math::sin_cos(0.5 * w).0);
            [1.0 - s, s, 4.0 * s * (1.0 - s)]
        };
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let b0_power = pole_power[0] * analog.power_at(0.0);
        let b1_power = pole_power[1] * analog.power_at(PI / analog_omega);
        let here = basis(middle);
        let middle_power = analog.power_at(middle / analog_omega) * dot(pole_power, here);
        let b2_power = (middle_power - b0_power * here[0] - b1_power * here[1]) / here[2];

        let (at_zero, at_half) = (b0_power.sqrt(), b1_power.sqrt());
        let w = 0.5 * (at_zero + at_half);
        let b0 = 0.5 * (w + (w * w + b2_power).max(0.0).sqrt());
        let b1 = 0.5 * (at_zero - at_half);
        let b2 = -0.25 * b2_power / b0;
        Self::direct([b0, b1, b2], [a1, a2])
    }

    /// The state-variable form of (b₀ + b₁z⁻¹ + b₂z⁻²) / (1 + a₁z⁻¹ + a₂z⁻²).
    fn direct([b0, b1, b2]: [f64; 3], [a1, a2]: [f64; 2]) -> Self {
        let (at_zero, at_half) = (1.0 + a1 + a2, 1.0 - a1 + a2);
        let g = (at_zero / at_half).sqrt();
        let damping = 2.0 * (1.0 - a2) / (g * at_half);
        let scale = 4.0 / at_half;
        Self::new(
            g,
            damping,
            [
                0.25 * (b0 - b1 + b2) * scale,
                0.5 * (b0 - b2) * scale / g,
                0.25 * (b0 + b1 + b2) * scale / (g * g),
            ],
        )
    }
}

/// A second-order transfer function of s, normalized to its frequency, the highest power first.
#[derive(Clone, Copy, Debug)]
struct AnalogFilter {
    numerator: [f64; 3],
    denominator: [f64; 3],
}

impl AnalogFilter {
    /// (s² + s√(2A) + A) / (s² + s√(2/A) + 1/A), A = √gain: half the decibels at s = j, boost and cut mirrored.
    fn low_shelf(gain_db: f64) -> Self {
        let a = math::gain_from_db(0.5 * gain_db);
        Self {
            numerator: [1.0, 2.0 * FRAC_1_SQRT_2 * a.sqrt(), a],
            denominator: [1.0, 2.0 * FRAC_1_SQRT_2 / a.sqrt(), 1.0 / a],
        }
    }

    /// [`low_shelf`](Self::low_shelf) with s replaced by 1/s.
    fn high_shelf(gain_db: f64) -> Self {
        let Self {
            numerator: [n0, n1, n2],
            denominator: [d0, d1, d2],
        } = Self::low_shelf(gain_db);
        Self {
            numerator: [n2, n1, n0],
            denominator: [d2, d1, d0],
        }
    }

    /// |H(jΩ)|².
    fn power_at(&self, omega: f64) -> f64 {
        let power = |[p2, p1, p0]: [f64; 3]| {
            let real = p0 - p2 * omega * omega;
            let imaginary = p1 * omega;
            real * real + imaginary * imaginary
        };
        power(self.numerator) / power(self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gain in dB at a frequency.
    fn gain_db(section: &Section, frequency_hz: f64, rate_hz: f64) -> f64 {
        10.0 * section.power_at(frequency_hz / rate_hz).log10()
    }

    fn analog_db(analog: &AnalogFilter, ratio: f64) -> f64 {
        10.0 * analog.power_at(ratio).log10()
    }

    /// A matched design is exact at three points. The largest deviation between them lies near half the rate.
    #[test]
    fn shelves_up_to_20_khz_follow_their_analog_models() {
        for rate in [44_100.0, 48_000.0, 96_000.0] {
            for gain in [-6.0, -2.0, 3.0, 6.0] {
                for frequency in [200.0, 1_700.0, 4_000.0, 8_000.0, 10_000.0] {
                    let low = AnalogFilter::low_shelf(gain);
                    let high = AnalogFilter::high_shelf(gain);
                    for (section, model) in [
                        (Section::low_shelf(frequency, gain, rate), low),
                        (Section::high_shelf(frequency, gain, rate), high),
                    ] {
                        for probe in [30.0, 150.0, 700.0, 3_000.0, 9_000.0, 14_000.0, 20_000.0] {
                            let error = gain_db(&section, probe, rate)
                                - analog_db(&model, probe / frequency);
                            assert!(
                                error.abs() < 0.25,
                                "{gain} dB at {frequency} of {rate}: {error:.3} dB at {probe}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn shelves_at_low_rates_follow_their_analog_models_below_nyquist() {
        for rate in [8_000.0, 11_025.0, 12_345.678, 16_000.0] {
            for gain in [-6.0, -2.0, 3.0, 6.0] {
                for frequency in [2_000.0, 7_000.0, 8_000.0] {
                    let section = Section::high_shelf(frequency, gain, rate);
                    let model = AnalogFilter::high_shelf(gain);
                    for probe in [
                        0.005, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.49,
                    ] {
                        let error = gain_db(&section, probe * rate, rate)
                            - analog_db(&model, probe * rate / frequency);
                        assert!(
                            error.abs() < 1.1,
                            "{gain} dB at {frequency} of {rate}: {error:.3} dB at {probe}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn power_of_a_section_equals_that_of_its_impulse_response() {
        for section in [
            Section::high_pass(40.0, 48_000.0),
            Section::bell(1_700.0, 0.9, -6.0, 48_000.0),
            Section::high_shelf(9_000.0, 3.0, 48_000.0),
        ] {
            for probe in [20.0, 1_000.0, 20_000.0] {
                let (mut s1, mut s2) = (0.0, 0.0);
                let (mut real, mut imaginary) = (0.0, 0.0);
                for n in 0..40_000 {
                    let y = section.tick([&mut s1, &mut s2], if n == 0 { 1.0 } else { 0.0 });
                    let angle = 2.0 * PI * probe * f64::from(n) / 48_000.0;
                    real += y * angle.cos();
                    imaginary -= y * angle.sin();
                }
                let found_db = 10.0 * (real * real + imaginary * imaginary).log10();
                assert!((found_db - gain_db(&section, probe, 48_000.0)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn sections_at_zero_decibels_are_flat() {
        for section in [
            Section::bell(1_700.0, 0.9, 0.0, 48_000.0),
            Section::low_shelf(200.0, 0.0, 48_000.0),
            Section::high_shelf(9_000.0, 0.0, 48_000.0),
        ] {
            for probe in [20.0, 1_000.0, 20_000.0] {
                assert!(gain_db(&section, probe, 48_000.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn split_low_and_high_band_add_up_to_the_all_pass() {
        for frequency in [40.0, 500.0, 12_000.0] {
            let low = Section::low_pass(frequency, 48_000.0);
            let high = Section::high_pass(frequency, 48_000.0);
            let all = Section::all_pass(frequency, 48_000.0);
            let mut states = [0.0; 10];
            for n in 0..2_000 {
                let x = if n == 0 { 1.0 } else { 0.0 };
                let [a, b, c, d, e, f, g, h, i, j] = &mut states;
                let once = low.tick([a, b], x);
                let low4 = low.tick([c, d], once);
                let once = high.tick([e, f], x);
                let high4 = high.tick([g, h], once);
                let sum = all.tick([i, j], x);
                assert!((low4 + high4 - sum).abs() < 1e-12, "{frequency} Hz, {n}");
            }
        }
    }
}
