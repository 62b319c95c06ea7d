//! The checks of a result before anything is written.

use super::loudness_stats::LoudnessStats;
use super::program::{Program, SILENT_LUFS, loudest};
use anyhow::{Result, ensure};
use flow_audio_file::{StoredAudio, gain_to_db};
use flow_params::number::number;
use std::fmt;

/// How far the loudness may lie from the one that input, gain and limiter predict. Settings change it by less.
const MAX_DEVIATION_LU: f64 = 15.0;
/// A channel that loses more than this is lost.
const LOST_DB: f64 = 40.0;
/// A channel is heard if it is louder than this, and no further below the other one than [`LOST_DB`].
const AUDIBLE_DBFS: f64 = -70.0;
/// The block size in which audio is read.
const BLOCK_FRAMES: usize = 4096;

/// The gains of a render, dB.
#[derive(Clone, Copy, Debug)]
pub(super) struct RenderGains {
    /// Everything before the limiter.
    pub(super) gain_db: f64,
    /// The limiter's strongest gain reduction, 0 or less.
    pub(super) limiter_db: f64,
}

/// The difference of a result from what its input and its gains predict.
#[derive(Debug)]
pub(super) struct VerificationError(String);

impl fmt::Display for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VerificationError {}

/// Checks that `output` is the whole program, finite, audible on every channel that was, and about as loud as its gains
/// predict. `after` are its tracks.
///
/// # Errors
///
/// A [`VerificationError`] if it is not: then nothing may be written. Other errors if the audio cannot be read.
pub(super) fn verify(
    program: &Program,
    output: &StoredAudio,
    after: &[LoudnessStats],
    gains: RenderGains,
) -> Result<()> {
    let input = &program.audio;
    ensure!(
        output.channel_count() == input.channel_count() && output.frames() == input.frames(),
        VerificationError(format!(
            "its result has {} channels of {} samples instead of {} of {}",
            output.channel_count(),
            output.frames(),
            input.channel_count(),
            input.frames()
        ))
    );
    let levels_after = rms_dbfs(output)?;
    ensure!(
        levels_after.iter().all(|level| *level < f64::INFINITY),
        VerificationError("its result has NaN or infinity".to_owned())
    );
    let after_lufs = loudest(after.iter().map(|stats| stats.lufs_i), output)?;
    let expected = program.lufs + gains.gain_db;
    let lowest = expected + gains.limiter_db.min(0.0) - MAX_DEVIATION_LU;
    // A result that is meant to be below the gate has no loudness.
    ensure!(
        after_lufs.is_finite() || lowest < SILENT_LUFS,
        VerificationError(format!(
            "its result is silent instead of about {} LUFS: nothing was written",
            number(expected, 1)
        ))
    );
    ensure!(
        !after_lufs.is_finite() || (lowest..=expected + MAX_DEVIATION_LU).contains(&after_lufs),
        VerificationError(format!(
            "its result has {} LUFS instead of about {}: nothing was written",
            number(after_lufs, 1),
            number(expected, 1)
        ))
    );
    let (before, after) = (rms_dbfs(input)?, levels_after);
    let loudest = before.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for ((before, after), name) in before.iter().zip(&after).zip(["left", "right"]) {
        let is_audible = *before > AUDIBLE_DBFS && *before > loudest - LOST_DB;
        let change_db = after - before - gains.gain_db - gains.limiter_db.min(0.0);
        ensure!(
            !is_audible || change_db > -LOST_DB,
            VerificationError(format!(
                "its result has lost the {name} channel: nothing was written"
            ))
        );
    }
    Ok(())
}

/// The level of each channel, dBFS. It is not below infinity if a sample is not finite.
fn rms_dbfs(audio: &StoredAudio) -> Result<Vec<f64>> {
    let mut powers = vec![0.0; audio.channel_count()];
    audio.for_each_block(BLOCK_FRAMES, |block| {
        for (power, samples) in powers.iter_mut().zip(block) {
            *power += energy(samples);
        }
    })?;
    let frames = audio.frames().max(1) as f64;
    let level = |power: f64| gain_to_db((power / frames).sqrt());
    Ok(powers.into_iter().map(level).collect())
}

/// The sum of the squares, in lanes that become SIMD code.
fn energy(samples: &[f32]) -> f64 {
    let square = |sample: &f32| f64::from(*sample).powi(2);
    let mut sums = [0.0; 8];
    let (whole, rest) = samples.as_chunks::<8>();
    for samples in whole {
        for (sum, sample) in sums.iter_mut().zip(samples) {
            *sum += square(sample);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(square).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::program::ProgramFormat;
    use crate::stored_song::StoredSong;
    use flow_audio_file::{Audio, StoreOptions};
    use flow_testkit::signals;

    fn options() -> StoreOptions {
        StoreOptions::in_folder(&std::env::temp_dir(), 1)
    }

    fn stored(audio: &Audio) -> StoredAudio {
        StoredAudio::store(audio, &options()).unwrap()
    }

    fn program() -> Program {
        let song = signals::white_noise(48_000, 2, 2.0, 0.1, 1);
        let song = StoredSong::measure(stored(&song)).unwrap();
        Program::song(song, ProgramFormat::default(), options()).unwrap()
    }

    fn error(change: impl FnOnce(&mut Audio), gains: RenderGains) -> String {
        let program = program();
        let mut output = program.audio.range(0, usize::MAX).unwrap();
        change(&mut output);
        let output = stored(&output);
        let after = program.stats_of(&output).unwrap();
        let result = verify(&program, &output, &after, gains);
        result.err().map_or_else(String::new, |e| e.to_string())
    }

    const UNCHANGED: RenderGains = RenderGains {
        gain_db: 0.0,
        limiter_db: 0.0,
    };

    #[test]
    fn verification_of_unchanged_or_limited_output_succeeds() {
        assert_eq!(error(|_| (), UNCHANGED), "");
        // The limiter explains a lower level.
        let limited = RenderGains {
            gain_db: 30.0,
            limiter_db: -30.0,
        };
        assert_eq!(error(|_| (), limited), "");
    }

    #[test]
    fn output_without_sound_channel_or_samples_is_an_error() {
        let silent = error(
            |audio| audio.channels.iter_mut().for_each(|c| c.fill(0.0)),
            UNCHANGED,
        );
        assert!(silent.contains("its result is silent"), "{silent}");
        let gain = RenderGains {
            gain_db: 20.0,
            ..UNCHANGED
        };
        assert!(error(|_| (), gain).contains("LUFS instead of about"));
        let lost = error(|audio| audio.channels[1].fill(0.0), UNCHANGED);
        assert!(lost.contains("lost the right channel"), "{lost}");
        let short = error(|audio| *audio = audio.range(0, 90_000), UNCHANGED);
        assert!(short.contains("2 channels of 90000 samples instead of 2 of 96000"));
        let poison = error(|audio| audio.channels[0][9] = f32::NAN, UNCHANGED);
        assert!(poison.contains("NaN or infinity"), "{poison}");
    }
}
