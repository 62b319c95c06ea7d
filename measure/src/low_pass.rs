//! A steep linear-phase low-pass for making band-limited signals.

use crate::windowed_sinc::{kaiser, sinc};
use flow_dsp::math;

/// β of the window: 108 dB of stop-band attenuation.
const KAISER_BETA: f64 = 11.0;
/// Width of the transition band times the filter's length, for this β (Kaiser, 1974).
const TRANSITION_TIMES_LENGTH: f64 = 7.0;

/// Removes frequencies above `stop` and keeps those below `pass`, both as shares of the sample rate. Linear phase, no delay,
/// same length.
#[must_use]
pub fn low_pass(samples: &[f64], pass: f64, stop: f64) -> Vec<f64> {
    let reach = math::samples(TRANSITION_TIMES_LENGTH / (stop - pass) / 2.0).max(1);
    let cutoff = (pass + stop) / 2.0;
    let tap = |i: usize| {
        let x = i as f64 - reach as f64;
        2.0 * cutoff * sinc(2.0 * cutoff * x) * kaiser(x / (reach as f64 + 1.0), KAISER_BETA)
    };
    let taps: Vec<f64> = (0..=2 * reach).map(tap).collect();
    let mut out = vec![0.0; samples.len() + 2 * reach];
    // Scattering skips the many zeros of impulses and bursts.
    for (at, sample) in samples.iter().enumerate().filter(|(_, s)| **s != 0.0) {
        for (to, tap) in out[at..].iter_mut().zip(&taps) {
            *to += sample * tap;
        }
    }
    out.drain(..reach);
    out.truncate(samples.len());
    out
}

#[cfg(test)]
mod tests {
    use super::low_pass;
    use std::f64::consts::TAU;

    #[test]
    fn low_pass_keeps_its_pass_band_and_stops_100_db_above() {
        let tone = |frequency: f64| -> Vec<f64> {
            (0..4000)
                .map(|i| (TAU * frequency * f64::from(i)).sin())
                .collect()
        };
        let level =
            |samples: &[f64]| samples[1000..3000].iter().map(|s| s * s).sum::<f64>() / 1000.0;
        assert!((level(&low_pass(&tone(0.399), 0.4, 0.45)) - 1.0).abs() < 1e-4);
        // −100 dB and more.
        assert!(level(&low_pass(&tone(0.451), 0.4, 0.45)) < 1e-10);
    }
}
