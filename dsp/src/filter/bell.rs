//! The bell of all equalizers.
//!
//! The squared magnitude of a second-order filter is a ratio of two parabolas in s = sin²(ω/2), so five points determine it.
//! Here they are those of the analog bell at 0 Hz, at the lower point of half its decibels, at the center, at the upper such
//! point or a third of the way to the last one, and at 0.46 of the sample rate. A bilinear transform would squeeze the
//! bell below half the rate. A match at three points with poles by impulse invariance is wrong by up to 3 dB for a narrow cut
//! at 20 kHz. (Rational interpolation, and the way from the squared magnitude to coefficients: Vicanek, "Matched Second
//! Order Digital Filters", 2016.)
//!
//! The deviation from the analog bell up to 20 kHz is below 0.03 times its decibels at 44.1 kHz and above, for Q from 0.3 to
//! 8. A cut is exactly the inverse of the boost.

use super::section::Section;
use crate::math;
use core::f64::consts::PI;

/// Up to this center, as a share of the sample rate, the bell is complete: 20 kHz at 44.1 kHz.
const HIGHEST_CENTER: f64 = 0.455;
/// A bell with its center here or higher does nothing. Between, its decibels fall in a straight line.
const SILENT_CENTER: f64 = 0.5;
/// The highest of the five points, as a share of the sample rate.
const LAST_POINT: f64 = 0.46;
/// The fourth point, at most this share of the way from the center to the last one.
const UPPER_POINT: f64 = 0.36;

/// A parabola 1 + c₁s + c₂s²: the squared magnitude of the numerator or the denominator.
#[derive(Clone, Copy)]
struct Parabola([f64; 2]);

impl Parabola {
    /// The magnitude at half the rate, where s = 1.
    fn at_half_rate(self) -> f64 {
        (1.0 + self.0[0] + self.0[1]).sqrt()
    }

    /// b₀ − b₂ of the polynomial b₀ + b₁z⁻¹ + b₂z⁻² with this squared magnitude and its zeros within the unit circle.
    fn odd_part(self) -> f64 {
        0.5 * (2.0 + 2.0 * self.at_half_rate() + self.0[0]).sqrt()
    }
}

/// The second divided differences over the first three points and over the last three. They remove any straight line.
fn curvatures(at: [f64; 4], y: [f64; 4]) -> [f64; 2] {
    [0, 1].map(|i| {
        let slope = |j: usize| (y[j + 1] - y[j]) / (at[j + 1] - at[j]);
        (slope(i + 1) - slope(i)) / (at[i + 2] - at[i])
    })
}

impl Section {
    /// Bell of `gain_db` at its center, with half of its decibels at both ends of a band of `frequency_hz / q`.
    ///
    /// A bell above 0.455 of the rate fades out towards half the rate.
    #[must_use]
    pub fn bell(frequency_hz: f64, q: f64, gain_db: f64, rate_hz: f64) -> Self {
        let share = frequency_hz / rate_hz;
        let fit = (SILENT_CENTER - share) / (SILENT_CENTER - HIGHEST_CENTER);
        let gain_db = gain_db * fit.clamp(0.0, 1.0);
        let center = share.min(HIGHEST_CENTER);

        // The analog bell is (s² + sA/Q + 1) / (s² + s/(AQ) + 1) with A = √gain. Its power at s = jΩ is 1 + excess · ratio.
        let a = math::gain_from_db(0.5 * gain_db);
        let damping = 1.0 / (a * q);
        let excess = (a / q) * (a / q) - damping * damping;
        let ratio = |omega: f64| {
            let (square, real) = (omega * omega, 1.0 - omega * omega);
            square / (real * real + damping * damping * square)
        };

        let half = 0.5 / q;
        let upper = half + (1.0 + half * half).sqrt();
        let points = [
            center / upper,
            center,
            (center * upper).min(center + UPPER_POINT * (LAST_POINT - center)),
            LAST_POINT,
        ];
        // s in units of its value at the center, so that the equations are well conditioned at all frequencies.
        let sines = points.map(|point| {
            let sine = math::sin_cos(PI * point).0;
            sine * sine
        });
        let unit = sines[1];
        let v = sines.map(|s| s / unit);
        let r = points.map(|point| ratio(point / share.min(SILENT_CENTER)));

        // Denominator 1 + γv + δv², numerator that plus excess · (αv + βv²), equal to 1 + excess · r at all points:
        // α + βv = r/v · (1 + γv + δv²). The curvature of both sides is 0.
        let product = |of: fn(f64, f64) -> f64| core::array::from_fn(|i| of(r[i], v[i]));
        let constant = curvatures(v, product(|r, v| r / v));
        let linear = curvatures(v, r);
        let square = curvatures(v, product(|r, v| r * v));
        let determinant = linear[0] * square[1] - linear[1] * square[0];
        let gamma = (square[0] * constant[1] - square[1] * constant[0]) / determinant;
        let delta = (linear[1] * constant[0] - linear[0] * constant[1]) / determinant;
        let line = [0, 1].map(|i| r[i] * (1.0 / v[i] + gamma + delta * v[i]));
        let beta = (line[1] - line[0]) / (v[1] - v[0]);
        let alpha = line[0] - beta * v[0];

        let scaled = |c1: f64, c2: f64| Parabola([c1 / unit, c2 / (unit * unit)]);
        let poles = scaled(gamma, delta);
        let zeros = scaled(gamma + excess * alpha, delta + excess * beta);
        let (at_half, g) = (poles.at_half_rate(), 1.0 / poles.at_half_rate().sqrt());
        Self::new(
            g,
            2.0 * g * poles.odd_part(),
            [
                zeros.at_half_rate() / at_half,
                2.0 * g * zeros.odd_part(),
                1.0,
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logarithmic steps from one frequency to another, both included.
    fn steps(from: f64, to: f64, count: u32) -> impl Iterator<Item = f64> {
        (0..=count).map(move |i| from * (to / from).powf(f64::from(i) / f64::from(count)))
    }

    fn analog_db(q: f64, gain_db: f64, ratio: f64) -> f64 {
        let a = 10.0_f64.powf(gain_db / 40.0);
        let power = |slope: f64| (1.0 - ratio * ratio).powi(2) + (slope * ratio).powi(2);
        10.0 * (power(a / q) / power(1.0 / (a * q))).log10()
    }

    fn digital_db(section: &Section, share: f64) -> f64 {
        10.0 * section.power_at(share).log10()
    }

    #[test]
    fn bell_at_any_frequency_follows_its_analog_model_up_to_20_khz() {
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0, 768_000.0] {
            let mut worst = 0.0_f64;
            for q in [0.3, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0] {
                for gain in [-12.0, -6.0, -0.5, 3.0, 6.0] {
                    for hz in steps(20.0, 20_000.0, 60) {
                        let section = Section::bell(hz, q, gain, rate);
                        for probe in steps(20.0, 20_000.0, 120) {
                            let found = digital_db(&section, probe / rate);
                            let off = (found - analog_db(q, gain, probe / hz)).abs() / gain.abs();
                            assert!(off < 0.03, "{gain} dB, {hz} Hz, Q {q}, {rate} Hz: {off}");
                            worst = worst.max(off);
                        }
                    }
                }
            }
            println!("{rate} Hz: within {:.3} dB for 6 dB", 6.0 * worst);
        }
    }

    #[test]
    fn bells_of_equal_boost_and_cut_cancel() {
        for share in steps(1e-4, 0.5, 50) {
            for q in [0.3, 1.0, 6.0] {
                let [boost, cut] = [5.0, -5.0].map(|db| Section::bell(share, q, db, 1.0));
                for probe in steps(1e-4, 0.49, 30) {
                    let sum_db = digital_db(&boost, probe) + digital_db(&cut, probe);
                    assert!(sum_db.abs() < 1e-6, "{share}, {q}: {sum_db}");
                }
            }
        }
    }

    /// Centers from 20 Hz at 768 kHz to 20 kHz at 8 kHz.
    #[test]
    fn bell_at_any_share_of_the_rate_has_no_gain_beyond_its_decibels() {
        for share in steps(2e-5, 3.0, 400) {
            for q in [0.3, 0.6, 1.0, 2.5, 6.0] {
                for gain in [-6.0, -1.0, 0.0, 6.0] {
                    let section = Section::bell(share, q, gain, 1.0);
                    for probe in steps(1e-5, 0.499, 60) {
                        let db = digital_db(&section, probe);
                        let is_within =
                            db * gain >= -0.02 && db.abs() <= 1.03_f64 * gain.abs() + 1e-9;
                        assert!(is_within, "{gain} dB at {share}, Q {q}: {db} dB at {probe}");
                        assert!(share < SILENT_CENTER || db.abs() < 1e-9, "{share}: {db}");
                    }
                }
            }
        }
    }
}
