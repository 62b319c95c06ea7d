//! The loudness of a song over time, from which any section of it is measured, and its peak.

use flow_dsp::math::{count, narrow, samples};
use flow_dsp::{Baseline, KWeighting};
use flow_measure::loudness::gated_lufs;

/// Steps in a second: the distance of the gating blocks of ITU-R BS.1770.
const STEPS_PER_S: f64 = 10.0;
/// Steps of a gating block.
const BLOCK_STEPS: usize = 4;

/// Mean squares of consecutive steps of 100 ms, and the peak.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SongLevels {
    /// After K-weighting, summed over the channels. A mono song counts as played on two speakers.
    mean_squares: Vec<f64>,
    /// Highest sample, linear.
    peak: f32,
}

impl SongLevels {
    /// Measures channels of equal length.
    #[must_use]
    pub fn new(channels: &[Vec<f32>], rate_hz: u32) -> Self {
        let frames = channels.first().map_or(0, Vec::len);
        let right = channels.len().saturating_sub(1).min(1);
        let mut filter = KWeighting::new(f64::from(rate_hz));
        let mut levels = Self::default();
        let end_of = |step: usize| {
            let frame = samples(count(step) * f64::from(rate_hz) / STEPS_PER_S);
            frame.min(frames)
        };
        let mut begin = 0;
        for step in 1.. {
            let end = end_of(step);
            if end <= begin {
                break;
            }
            let mut sum = 0.0;
            for frame in begin..end {
                let [left, right] = [0, right].map(|channel| channels[channel][frame]);
                levels.peak = levels.peak.max(left.abs()).max(right.abs());
                let frame = [f64::from(left), f64::from(right), 0.0, 0.0];
                let [left, right, ..] = filter.process::<Baseline>(frame);
                sum += left * left + right * right;
            }
            filter.snap();
            levels.mean_squares.push(sum / count(end - begin));
            begin = end;
        }
        levels
    }

    /// The highest sample of the whole song, linear.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// The gated loudness of a section in seconds, LUFS; none for silence. A section shorter than a gating block isn't gated.
    #[must_use]
    pub fn section_lufs(&self, section_s: [f64; 2]) -> Option<f32> {
        let [begin, end] = section_s.map(|seconds| samples(seconds * STEPS_PER_S));
        let count = self.mean_squares.len();
        let begin = begin.min(count.saturating_sub(1));
        let end = end.clamp(begin, count).max(begin + 1);
        let mean_squares = self.mean_squares.get(begin..end).unwrap_or_default();
        let lufs = narrow(gated_lufs(&blocks(mean_squares)));
        lufs.is_finite().then_some(lufs)
    }

    /// The loudest section of a length, s; the whole song if it is shorter.
    #[must_use]
    pub fn loudest_section_s(&self, length_s: f64) -> [f64; 2] {
        let length = samples(length_s * STEPS_PER_S).min(self.mean_squares.len());
        let sums = self
            .mean_squares
            .windows(length.max(1))
            .map(|steps| steps.iter().sum());
        let (mut loudest, mut begin): (f64, usize) = (-1.0, 0);
        for (step, sum) in sums.enumerate() {
            let sum: f64 = sum;
            if sum > loudest {
                (loudest, begin) = (sum, step);
            }
        }
        [begin, begin + length].map(|step| count(step) / STEPS_PER_S)
    }
}

/// The mean squares of the gating blocks, one for each step from the first whole block on.
fn blocks(steps: &[f64]) -> Vec<f64> {
    let length = BLOCK_STEPS.min(steps.len()).max(1);
    let blocks = steps.windows(length);
    blocks
        .map(|block| block.iter().sum::<f64>() / count(length))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::Audio;

    fn levels(audio: &Audio) -> SongLevels {
        SongLevels::new(&audio.channels, audio.sample_rate_hz)
    }

    #[test]
    fn section_of_music_has_the_loudness_of_the_standard() {
        let song = flow_demo_song::demo_excerpt(44_100, 20.0, 20.0);
        for (from, to) in [(0, 20), (3, 9), (10, 14)] {
            let part = song.range(from * 44_100, to * 44_100);
            let expected = flow_measure::loudness::loudness(&part).integrated_lufs;
            let section = [from, to].map(count);
            // The part begins with filters at rest.
            let lufs = levels(&song).section_lufs(section).unwrap();
            assert!(
                (f64::from(lufs) - expected).abs() < 0.05,
                "{lufs} {expected}"
            );
        }
    }

    #[test]
    fn peak_is_that_of_the_whole_song() {
        let mut song = Audio::silence(48_000, 2, 96_000);
        song.channels[0][20_000] = 0.25;
        song.channels[1][95_999] = -0.75;
        assert_eq!(levels(&song).peak(), 0.75);
    }

    #[test]
    fn section_of_silence_has_no_loudness_and_of_nothing_is_defined() {
        let silence = levels(&Audio::silence(48_000, 2, 96_000));
        assert_eq!(silence.section_lufs([0.0, 2.0]), None);
        assert_eq!(silence.section_lufs([7.0, 9.0]), None);
        assert_eq!(SongLevels::default().section_lufs([0.0, 1.0]), None);
        assert_eq!(silence.peak(), 0.0);
        assert_eq!(SongLevels::default().loudest_section_s(5.0), [0.0; 2]);
    }

    #[test]
    fn mono_song_is_as_loud_as_the_same_in_both_channels() {
        let song = flow_demo_song::demo_excerpt(48_000, 20.0, 3.0);
        let left = song.channels[0].clone();
        let mono = SongLevels::new(std::slice::from_ref(&left), 48_000);
        let both = SongLevels::new(&[left.clone(), left], 48_000);
        assert_eq!(mono, both);
    }

    #[test]
    fn loudest_section_begins_with_the_loud_part() {
        let soft = flow_demo_song::demo_excerpt(48_000, 20.0, 8.0).gained(-20.0);
        let mut song = soft.clone();
        song.append(&soft.clone().gained(15.0));
        song.append(&soft);
        let [begin, end] = levels(&song).loudest_section_s(8.0);
        assert!(
            (7.5..8.5).contains(&begin) && (end - begin - 8.0).abs() < 1e-9,
            "{begin} {end}"
        );
        assert_eq!(levels(&song).loudest_section_s(60.0), [0.0, 24.0]);
    }
}
