//! Loudness of the whole song, estimated from a part of it.
//!
//! Users play the loud part, and the whole song is softer. The difference and its spread were measured on the training
//! songs. Both shrink with the duration of the audio.

use flow_dsp::math::{count, narrow};
use flow_dsp::{ABSOLUTE_GATE_LUFS, LOUDNESS_STEPS_PER_SECOND, LoudnessMeter, lufs};
use serde::Serialize;

use super::units::FRAMES_PER_SECOND;

/// Steps of [`LoudnessMeter`] in a frame.
const STEPS: usize = LOUDNESS_STEPS_PER_SECOND / FRAMES_PER_SECOND;

/// Loudness of the whole song against its loudest part, by the part's duration in s, LU: percentiles 10, 50 and 90 over 355 training songs (74 of which last longer than the longest part), by `models/train/song_loudness.py`. In the
/// last row there is nothing left to guess: few songs are longer.
const MORE_LU: [(f32, [f32; 3]); 7] = [
    (10.0, [-2.9, -1.3, -0.5]),
    (20.0, [-2.7, -1.2, -0.5]),
    (30.0, [-2.5, -1.1, -0.4]),
    (60.0, [-2.0, -0.9, -0.2]),
    (120.0, [-1.4, -0.6, -0.1]),
    (240.0, [-1.1, -0.5, -0.1]),
    (600.0, [0.0, 0.0, 0.0]),
];

/// The loudness of a song.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SongLoudness {
    /// Duration of the analyzed audio, s.
    pub measured_s: f32,
    /// Gated loudness of the analyzed audio, LUFS.
    pub measured_lufs: f32,
    /// Most likely loudness of the whole song, LUFS.
    pub lufs: f32,
    /// 10th percentile, LUFS.
    pub low_lufs: f32,
    /// 90th percentile, LUFS.
    pub high_lufs: f32,
}

impl SongLoudness {
    /// Estimates a song's loudness from the duration and loudness of a part.
    #[must_use]
    pub fn of(measured_s: f32, measured_lufs: f32) -> Self {
        let [low, middle, high] = more_lu(measured_s);
        Self {
            measured_s,
            measured_lufs,
            lufs: measured_lufs + middle,
            low_lufs: measured_lufs + low,
            high_lufs: measured_lufs + high,
        }
    }

    /// The same for audio that is the whole song: its loudness is the measured one.
    #[must_use]
    pub(super) fn of_whole_song(self) -> Self {
        Self {
            lufs: self.measured_lufs,
            low_lufs: self.measured_lufs,
            high_lufs: self.measured_lufs,
            ..self
        }
    }

    /// Width of the 80 % interval, LU. It is 0 for a whole song.
    #[must_use]
    pub fn interval_lu(&self) -> f32 {
        self.high_lufs - self.low_lufs
    }
}

/// Between the rows of [`MORE_LU`] in straight lines.
fn more_lu(measured_s: f32) -> [f32; 3] {
    let after = MORE_LU
        .iter()
        .position(|(seconds, _)| *seconds > measured_s);
    match after {
        Some(0) => MORE_LU[0].1,
        Some(after) => {
            let ((from_s, from), (to_s, to)) = (MORE_LU[after - 1], MORE_LU[after]);
            let share = (measured_s - from_s) / (to_s - from_s);
            std::array::from_fn(|i| from[i] + share * (to[i] - from[i]))
        }
        None => MORE_LU[MORE_LU.len() - 1].1,
    }
}

/// Measures a song while it plays, in constant memory.
#[derive(Clone, Debug, Default)]
pub struct SongLoudnessMeter {
    meter: LoudnessMeter,
    sounding_frames: u64,
}

impl SongLoudnessMeter {
    /// Returns to the initial state.
    pub fn reset(&mut self) {
        self.meter.reset();
        self.sounding_frames = 0;
    }

    /// Takes in the mean square of a [`Frame`](crate::features::Frame) after K-weighting, silence included.
    pub fn push(&mut self, weighted: f64) {
        (0..STEPS).for_each(|_| self.meter.step(weighted));
        self.sounding_frames += u64::from(lufs(weighted) >= ABSOLUTE_GATE_LUFS);
    }

    /// The present estimate; `None` for silence.
    #[must_use]
    pub fn loudness(&self) -> Option<SongLoudness> {
        let measured_lufs = self.meter.integrated_lufs;
        // No song has 2^32 frames.
        let frames = u32::try_from(self.sounding_frames).unwrap_or(u32::MAX);
        let measured_s = f64::from(frames) / count(FRAMES_PER_SECOND);
        measured_lufs
            .is_finite()
            .then(|| SongLoudness::of(narrow(measured_s), narrow(measured_lufs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::AnalysisWindow;
    use flow_dsp::Spec;

    #[test]
    fn interval_with_more_audio_is_narrower() {
        let mut before = f32::INFINITY;
        for seconds in [5.0, 10.0, 25.0, 60.0, 150.0, 300.0, 1000.0] {
            let song = SongLoudness::of(seconds, -14.0);
            assert!(song.low_lufs <= song.lufs && song.lufs <= song.high_lufs);
            assert!(song.interval_lu() <= before, "{seconds} s");
            before = song.interval_lu();
        }
        let all = SongLoudness::of(1000.0, -14.0);
        assert_eq!((all.lufs, all.interval_lu()), (-14.0, 0.0));
    }

    /// The `ebur128` crate is the independent reference.
    #[test]
    fn loudness_of_whole_song_agrees_with_ebur128() {
        let song = flow_demo_song::demo_song(48_000);
        let [left, right] = song.slices()[..] else {
            panic!("stereo")
        };
        let window = AnalysisWindow::default().with_recording(Spec::default(), left, right);
        let song_loudness = window.song().unwrap();
        let whole = flow_measure::loudness::loudness(&song).integrated_lufs;
        // Blocks begin at frames of 40 ms, and the first 60 ms are in none.
        assert!(
            (f64::from(song_loudness.measured_lufs) - whole).abs() < 0.05,
            "{song_loudness:?} {whole}"
        );
    }

    #[test]
    fn loudness_of_silence_is_none() {
        let mut meter = SongLoudnessMeter::default();
        assert_eq!(meter.loudness(), None);
        (0..100).for_each(|_| meter.push(0.0));
        assert_eq!(meter.loudness(), None);
    }
}
