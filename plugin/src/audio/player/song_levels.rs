//! The loudness and the peaks of a song over time, from which any section of it is measured.

use flow_dsp::math::{count, narrow, samples};
use flow_dsp::{Baseline, KWeighting};
use flow_measure::loudness::gated_lufs;

/// Steps in a second: the distance of the gating blocks of ITU-R BS.1770.
const STEPS_PER_S: f64 = 10.0;
/// Steps of a gating block.
const BLOCK_STEPS: usize = 4;

/// Mean squares and peaks of consecutive steps of 100 ms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SongLevels {
    /// After K-weighting, summed over the channels. A mono song counts as played on two speakers.
    mean_squares: Vec<f64>,
    /// Highest samples, linear.
    peaks: Vec<f32>,
}

/// The loudness and the peak of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SectionLevel {
    /// Gated loudness, LUFS. None for silence.
    pub lufs: Option<f32>,
    /// The highest sample, linear.
    pub peak: f32,
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
            let (mut sum, mut peak) = (0.0, 0.0_f32);
            for frame in begin..end {
                let [left, right] = [0, right].map(|channel| channels[channel][frame]);
                peak = peak.max(left.abs()).max(right.abs());
                let frame = [f64::from(left), f64::from(right), 0.0, 0.0];
                let [left, right, ..] = filter.process::<Baseline>(frame);
                sum += left * left + right * right;
            }
            filter.snap();
            levels.mean_squares.push(sum / count(end - begin));
            levels.peaks.push(peak);
            begin = end;
        }
        levels
    }

    /// The level of a section in seconds. A section shorter than a gating block isn't gated.
    #[must_use]
    pub fn section(&self, section_s: [f64; 2]) -> SectionLevel {
        let [begin, end] = section_s.map(|seconds| samples(seconds * STEPS_PER_S));
        let begin = begin.min(self.peaks.len().saturating_sub(1));
        let end = end.clamp(begin, self.peaks.len()).max(begin + 1);
        let mean_squares = self.mean_squares.get(begin..end).unwrap_or_default();
        let peaks = self.peaks.get(begin..end).unwrap_or_default();
        let lufs = narrow(gated_lufs(&blocks(mean_squares)));
        SectionLevel {
            lufs: lufs.is_finite().then_some(lufs),
            peak: peaks.iter().copied().fold(0.0, f32::max),
        }
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
            let level = levels(&song).section(section);
            // The part begins with filters at rest.
            let lufs = level.lufs.unwrap();
            assert!(
                (f64::from(lufs) - expected).abs() < 0.05,
                "{lufs} {expected}"
            );
            let peak = part
                .channels
                .iter()
                .flatten()
                .fold(0.0, |peak: f32, s| peak.max(s.abs()));
            assert_eq!(level.peak, peak);
        }
    }

    #[test]
    fn section_of_silence_has_no_loudness_and_of_nothing_is_defined() {
        let silence = levels(&Audio::silence(48_000, 2, 96_000));
        let level = SectionLevel {
            lufs: None,
            peak: 0.0,
        };
        assert_eq!(silence.section([0.0, 2.0]), level);
        assert_eq!(silence.section([7.0, 9.0]), level);
        assert_eq!(SongLevels::default().section([0.0, 1.0]), level);
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
