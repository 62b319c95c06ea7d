//! How much the plug-in turned the song down over time, read off the audio alone: what came out against what went in
//! and the gain that was asked for.

use flow_audio_file::{Audio, gain_to_db};

/// Length of a reading.
pub(crate) const STEP_SECONDS: f64 = 0.01;
/// Below this level dither and rounding are a part of the quotient.
const QUIET: f64 = 3e-4;

/// Gain reduction in dB, 0 or less, one reading each [`STEP_SECONDS`]. `gain_db` is all gain before the limiter.
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
                    let asked = f64::from(*x) * gain;
                    together += asked * f64::from(*y);
                    power += asked * asked;
                    count += 1.0;
                }
            }
            // The factor that fits best in the sense of least squares.
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
    fn a_known_reduction_is_read() {
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
