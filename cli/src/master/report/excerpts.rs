//! The excerpts of a song before and after, at equal loudness, for the player of the page.

use crate::master::mastering::MasteringResult;
use anyhow::{Result, ensure};
use flow_audio_file::{Audio, StoredAudio, gain_to_db};
use flow_measure::loudness::{LoudnessMeasurement, SHORT_TERM_SECONDS, SHORT_TERM_STEP_SECONDS};

/// The length of an excerpt.
const SECONDS: f64 = 30.0;
/// The rate to which higher ones are converted, so that pages stay small.
const HIGHEST_RATE_HZ: u32 = 48_000;
/// The distance between candidates for the start, in seconds.
const START_STEP_SECONDS: f64 = 0.5;
/// Quieter parts count as equally quiet, LUFS.
const QUIETEST_LUFS: f64 = -50.0;
/// The highest sample peak of an excerpt, dBFS.
const PEAK_DBFS: f64 = -0.1;
/// The fades at both ends, in seconds.
const FADE_SECONDS: f64 = 0.02;

/// A part of the song before and after, with equal loudness.
pub(super) struct Excerpts {
    pub(super) start_seconds: f64,
    pub(super) seconds: f64,
    /// The integrated loudness of both.
    pub(super) lufs: f64,
    pub(super) before: Excerpt,
    pub(super) after: Excerpt,
}

/// One side of the comparison.
pub(super) struct Excerpt {
    /// The gain that makes both sides equally loud, 0 or less.
    pub(super) gain_db: f64,
    /// The audio as 16-bit FLAC.
    pub(super) flac: Vec<u8>,
}

impl Excerpts {
    /// The loudest part, with the rise before it.
    ///
    /// # Errors
    ///
    /// If a part has no loudness, or a rate that cannot be converted or encoded.
    pub(super) fn of(song: &MasteringResult) -> Result<Self> {
        let start_seconds = start(&song.before.short_term_lufs, song.seconds(), SECONDS);
        let part = |audio: &StoredAudio| {
            let frame = |at| flow_audio_file::seconds_to_samples(at, audio.sample_rate_hz);
            let part = audio.range(frame(start_seconds), frame(start_seconds + SECONDS))?;
            if part.sample_rate_hz > HIGHEST_RATE_HZ {
                flow_audio_file::resample(&part, HIGHEST_RATE_HZ)
            } else {
                Ok(part)
            }
        };
        Self::new(start_seconds, part(&song.input)?, part(&song.output)?)
    }

    fn new(start_seconds: f64, before: Audio, after: Audio) -> Result<Self> {
        let levels = [&before, &after].map(delivered_lufs);
        let peaks = [&before, &after].map(|audio| gain_to_db(f64::from(audio.sample_peak())));
        ensure!(levels.iter().all(|lufs| lufs.is_finite()), "no loudness");
        // Both are as loud as the quieter one, and quieter where a peak would clip.
        let highest_lufs = |(lufs, peak_dbfs): (f64, f64)| lufs - (peak_dbfs - PEAK_DBFS).max(0.0);
        let lufs = highest_lufs((levels[0], peaks[0])).min(highest_lufs((levels[1], peaks[1])));
        let excerpt = |audio: Audio, own_lufs: f64| -> Result<Excerpt> {
            let gain_db = lufs - own_lufs;
            let flac = flow_audio_file::flac_16_in_memory(&faded(audio.gained(gain_db)))?;
            Ok(Excerpt { gain_db, flac })
        };
        Ok(Self {
            start_seconds,
            seconds: before.seconds(),
            lufs,
            before: excerpt(before, levels[0])?,
            after: excerpt(after, levels[1])?,
        })
    }
}

/// The integrated loudness on two speakers.
fn delivered_lufs(audio: &Audio) -> f64 {
    let mut meter = LoudnessMeasurement::new(audio.sample_rate_hz, 2);
    meter.push(&flow_measure::on_two_speakers(&audio.slices()));
    meter.finish().integrated_lufs
}

/// The start of the excerpt: it contains the loudest three seconds of the song, and among those candidates its loudness
/// rises most, as where a chorus begins.
fn start(short_term_lufs: &[f64], song_seconds: f64, seconds: f64) -> f64 {
    let latest = song_seconds - seconds;
    if latest <= 0.0 {
        return 0.0;
    }
    // Value i covers the window that ends at step i + 1.
    let end_of = |index: usize| (index + 1) as f64 * SHORT_TERM_STEP_SECONDS;
    let timed = || {
        let whole = |(seconds, _): &(f64, f64)| *seconds >= SHORT_TERM_SECONDS - 1e-6;
        let values = short_term_lufs.iter().enumerate();
        values
            .map(|(i, lufs)| (end_of(i), lufs.max(QUIETEST_LUFS)))
            .filter(whole)
    };
    // The earliest of several equally loud ones.
    let loudest_end = timed()
        .rev()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0.0, |(end, _)| end);
    let mean = |from: f64, to: f64| {
        let inside = timed().filter(|(end, _)| (from..to).contains(end));
        let (count, sum) = inside.fold((0.0, 0.0), |(n, sum), (_, lufs)| (n + 1.0, sum + lufs));
        sum / f64::max(count, 1.0)
    };
    let rise = |start: f64| {
        let (begin, end) = (start + SHORT_TERM_SECONDS, start + seconds);
        let middle = f64::midpoint(begin, end);
        mean(middle, end) - mean(begin, middle)
    };
    let first = (loudest_end - seconds).clamp(0.0, latest);
    let last = (loudest_end - SHORT_TERM_SECONDS).clamp(first, latest);
    let steps = (0..).map(|i| first + f64::from(i) * START_STEP_SECONDS);
    steps
        .take_while(|start| *start <= last)
        .max_by(|a, b| rise(*a).total_cmp(&rise(*b)))
        .unwrap_or(first)
}

/// The audio with short fades, so that its ends don't click.
fn faded(mut audio: Audio) -> Audio {
    let fade = flow_audio_file::seconds_to_samples(FADE_SECONDS, audio.sample_rate_hz);
    let fade = fade.min(audio.frames() / 2);
    for channel in &mut audio.channels {
        let frames = channel.len();
        for i in 0..fade {
            let gain = i as f32 / fade as f32;
            channel[i] *= gain;
            channel[frames - 1 - i] *= gain;
        }
    }
    audio
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    fn decoded(excerpt: &Excerpt) -> Audio {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("excerpt.flac");
        std::fs::write(&path, &excerpt.flac).unwrap();
        let song = flow_audio_file::read(&path).unwrap();
        song.audio
    }

    #[test]
    fn excerpts_have_equal_loudness_and_never_clip() {
        let quiet = signals::white_noise(48_000, 2, 5.0, 0.05, 1);
        let loud = quiet.clone().gained(14.0);
        let over = quiet.clone().gained(32.0);
        for (before, after) in [
            (&quiet, &loud),
            (&loud, &quiet),
            (&over, &loud),
            (&over, &over),
        ] {
            let excerpts = Excerpts::new(0.0, before.clone(), after.clone()).unwrap();
            let sides = [&excerpts.before, &excerpts.after].map(decoded);
            for side in &sides {
                let lufs = delivered_lufs(side);
                assert!(
                    (lufs - excerpts.lufs).abs() < 0.1,
                    "{lufs} {}",
                    excerpts.lufs
                );
                assert!(side.sample_peak() < 1.0, "{}", side.sample_peak());
                assert_eq!(side.frames(), before.frames());
            }
            assert!(excerpts.before.gain_db <= 0.0 && excerpts.after.gain_db <= 0.0);
        }
        let silence = Audio::silence(48_000, 2, 48_000);
        assert!(Excerpts::new(0.0, silence.clone(), silence).is_err());
    }

    #[test]
    fn excerpt_of_long_song_begins_before_its_chorus() {
        // A verse of 60 s at −20 LUFS, a chorus of 20 s at −10, and a verse.
        let lufs = |step: u32| {
            if (600..800).contains(&step) {
                -10.0
            } else {
                -20.0
            }
        };
        let curve: Vec<f64> = (0..1800).map(lufs).collect();
        let start = start(&curve, 180.0, 30.0);
        assert!((40.0..47.0).contains(&start), "{start}");
        assert_eq!(super::start(&curve, 20.0, 30.0), 0.0);
        assert_eq!(super::start(&[], 40.0, 30.0), 0.0);
    }
}
