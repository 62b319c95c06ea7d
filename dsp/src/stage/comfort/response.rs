//! The gain of Comfort's bells at a frequency, for displays.

use core::f64::consts::PI;

use super::{bells, sibilance};
use crate::{ComfortBell, ComfortCut, filter::section::HIGHEST_BAND, math};

/// A band-pass of the digital filter at a frequency: real and imaginary part.
fn band_pass(center_hz: f64, q: f64, hz: f64, rate_hz: f64) -> [f64; 2] {
    let warped = |hz: f64| math::tan(PI * (hz / rate_hz).min(HIGHEST_BAND));
    // s/Q over s² + s/Q + 1 at s = jx.
    let x = warped(hz) / warped(center_hz);
    let (real, imaginary) = (1.0 - x * x, x / q);
    let square = real * real + imaginary * imaginary;
    [imaginary * imaginary / square, imaginary * real / square]
}

impl ComfortCut {
    /// The gain of all bells together at a frequency, dB.
    #[must_use]
    pub fn gain_db(&self, hz: f32, sample_rate_hz: f32) -> f32 {
        let (hz, rate_hz) = (f64::from(hz), f64::from(sample_rate_hz));
        let share = |gain_db: f32| math::gain_from_db(f64::from(gain_db)) - 1.0;
        let mut sum = [1.0, 0.0];
        let is_working = |bell: &&ComfortBell| bell.gain_db < 0.0;
        for bell in self.bells.iter().filter(is_working) {
            let band = band_pass(f64::from(bell.frequency_hz), bells::Q, hz, rate_hz);
            sum[0] += share(bell.gain_db) * band[0];
            sum[1] += share(bell.gain_db) * band[1];
        }
        let [real, imaginary] = band_pass(sibilance::Sibilance::HZ, sibilance::Q, hz, rate_hz);
        let share = share(self.sibilance_gain_db);
        let power = |[real, imaginary]: [f64; 2]| real * real + imaginary * imaginary;
        let sibilance = power([1.0 + share * real, share * imaginary]);
        math::narrow(math::db_from_power(power(sum) * sibilance))
    }
}
