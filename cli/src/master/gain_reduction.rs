//! Gain reduction over time, measured from the audio alone: the output compared with the input and its gain.

use flow_audio_file::{Audio, gain_to_db};

/// The duration of one measurement.
pub(crate) const STEP_SECONDS: f64 = 0.01;
/// Below this amplitude, dither and rounding distort the quotient.
const QUIET: f64 = 3e-4;

/// Gain reduction in dB, 0 or less, one value each [`STEP_SECONDS`]. `gain_db` is the whole gain before the limiter.
pub(crate) fn reduction_db(input: &Audio, output: &Audio, gain_db: f64) -> Vec<f64> {
    let step = flow_audio_file::seconds_to_samples(STEP_SECONDS, input.sample_rate_hz).max(1);
    let gain = flow_audio_file::db_to_gain(gain_db);
    (0..input.frames().min(output.frames()))
        .step_by(step)
        .map(|start| {
            let mut together = 0.0;
            let mut power = 0.0;
            let mut count = 0.0;
            for (before, after) in input.channels.iter().zip(&output.channels) {
                for (x, y) in before.iter().zip(after).skip(start).take(step) {
                    let driven = f64::from(*x) * gain;
                    together += driven * f64::from(*y);
                    power += driven * driven;
                    count += 1.0;
                }
            }
            // The gain by least squares.
            let is_quiet = power <= count * QUIET * QUIET;
            if is_quiet {
                0.0
            } else {
                gain_to_db((together / power).max(1e-3)).min(0.0)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    #[test]
    fn reduction_of_scaled_sine_is_its_gain_difference() {
        let input = signals::sine(48_000, 2, 1.0, 440.0, 0.5, 0.0);
        let output = input.clone().gained(6.0 - 3.0);
        let read = reduction_db(&input, &output, 6.0);
        assert_eq!(read.len(), 100);
        assert!(read.iter().all(|r| (r + 3.0).abs() < 1e-3), "{read:?}");
        assert!(
            reduction_db(&Audio::silence(48_000, 2, 4800), &output, 6.0)
                .iter()
                .all(|r| *r == 0.0)
        );
    }
}
