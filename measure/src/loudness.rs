//! Reference loudness. The filter is that of the crate `ebur128`, so it shares no code with the plug-in's meter.

use ebur128::{EbuR128, Mode};
use flow_audio_file::{Audio, seconds_to_samples};
use std::collections::VecDeque;

/// Time between two values of [`Loudness::short_term_lufs`].
pub const SHORT_TERM_STEP_SECONDS: f64 = 0.1;
/// Length of the short-term window of BS.1770, in seconds.
pub const SHORT_TERM_SECONDS: f64 = 3.0;
/// Length of a gating block and of the momentary window, in units of 100 ms.
const MOMENTARY_TENTHS: usize = 4;
/// [`SHORT_TERM_SECONDS`] in units of 100 ms.
const SHORT_TERM_TENTHS: usize = 30;
/// The gates of BS.1770 and Tech 3342: absolute, and relative to the mean above it.
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
const RELATIVE_GATE_LU: f64 = -10.0;
const RANGE_GATE_LU: f64 = -20.0;
/// The loudness of a mean square of 1.
const FULL_SCALE_LUFS: f64 = -0.691;

/// Loudness of a whole song (ITU-R BS.1770, EBU Tech 3341 and 3342). Undefined levels, such as the integrated loudness of
/// silence, are negative infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Loudness {
    /// Gated loudness of the whole song.
    pub integrated_lufs: f64,
    /// Loudness range of the windows of 3 s that end at each [`SHORT_TERM_STEP_SECONDS`], LU.
    pub loudness_range_lu: f64,
    /// Highest loudness of any 400 ms.
    pub momentary_max_lufs: f64,
    /// Highest loudness of any 3 s; negative infinity for shorter songs.
    pub short_term_max_lufs: f64,
    /// Loudness of the 3 s before each multiple of [`SHORT_TERM_STEP_SECONDS`], from the first step on. In the first
    /// 3 s the missing past counts as silence.
    pub short_term_lufs: Vec<f64>,
}

/// Measures loudness block by block.
///
/// All windows are sums of the energies of short steps, so that no sample is added twice. The steps last 10 ms, or 20 ms
/// where 10 ms are no whole number of samples; EBU Tech 3341 case 13 allows 20 ms.
pub struct LoudnessMeasurement {
    /// None for a format that can't be measured.
    filter: Option<EbuR128>,
    sample_rate_hz: u32,
    step_ms: u32,
    steps_in_tenth: usize,
    /// Frames until the present step ends.
    left: usize,
    /// Mean squares of the last 3 s, in units of a step, the newest last.
    steps: VecDeque<f64>,
    step_count: u64,
    momentary_max: f64,
    short_term_max: f64,
    /// Mean squares of the gating blocks above the absolute gate.
    gating_blocks: Vec<f64>,
    /// Mean squares of the windows of the loudness range above the absolute gate.
    range_blocks: Vec<f64>,
    short_term_lufs: Vec<f64>,
}

impl LoudnessMeasurement {
    /// A meter for audio of one or two channels. Other audio, and audio that isn't finite, reads as silence.
    #[must_use]
    pub fn new(sample_rate_hz: u32, channel_count: usize) -> Self {
        let channels = u32::try_from(channel_count).unwrap_or(0);
        let filter = EbuR128::new(channels, sample_rate_hz, Mode::M);
        let step_ms = if sample_rate_hz.is_multiple_of(100) {
            10
        } else {
            20
        };
        let steps_in_tenth = if step_ms == 10 { 10 } else { 5 };
        let mut meter = Self {
            filter: filter.ok(),
            sample_rate_hz,
            step_ms,
            steps_in_tenth,
            left: 0,
            steps: VecDeque::from(vec![0.0; SHORT_TERM_TENTHS * steps_in_tenth]),
            step_count: 0,
            momentary_max: 0.0,
            short_term_max: 0.0,
            gating_blocks: Vec::new(),
            range_blocks: Vec::new(),
            short_term_lufs: Vec::new(),
        };
        meter.left = meter.end_of_step(1);
        meter
    }

    /// Measures a block: one slice for each channel, all of one length.
    pub fn push(&mut self, block: &[&[f32]]) {
        let frames = block.first().map_or(0, |channel| channel.len());
        let mut start = 0;
        while start < frames {
            let end = frames.min(start + self.left);
            self.left -= end - start;
            if let Some(filter) = &mut self.filter {
                let part: Vec<&[f32]> = block.iter().map(|c| &c[start..end]).collect();
                if filter.add_frames_planar_f32(&part).is_err() {
                    self.filter = None;
                }
            }
            if self.left == 0 {
                let lufs = self
                    .filter
                    .as_ref()
                    .map(|f| f.loudness_window(self.step_ms));
                let lufs = lufs.and_then(Result::ok).unwrap_or(f64::NEG_INFINITY);
                self.end_step(mean_square(lufs));
                // Each end is counted from the start, so that rounding doesn't add up.
                self.left =
                    self.end_of_step(self.step_count + 1) - self.end_of_step(self.step_count);
            }
            start = end;
        }
    }

    /// The loudness of all blocks.
    #[must_use]
    pub fn finish(self) -> Loudness {
        Loudness {
            integrated_lufs: gated_lufs(&self.gating_blocks),
            loudness_range_lu: range_lu(&self.range_blocks),
            momentary_max_lufs: loudness_of(self.momentary_max),
            short_term_max_lufs: loudness_of(self.short_term_max),
            short_term_lufs: self.short_term_lufs,
        }
    }

    /// The frame at which a step ends, counted from 1.
    fn end_of_step(&self, step: u64) -> usize {
        let seconds = step as f64 * f64::from(self.step_ms) / 1000.0;
        seconds_to_samples(seconds, self.sample_rate_hz)
    }

    fn end_step(&mut self, mean_square: f64) {
        self.steps.pop_front();
        self.steps.push_back(mean_square);
        self.step_count += 1;
        // Sums from scratch don't drift, and cost little for so few steps.
        let mean_of = |tenths: usize| {
            let count = tenths * self.steps_in_tenth;
            self.steps.iter().rev().take(count).sum::<f64>() / count as f64
        };
        let momentary = mean_of(MOMENTARY_TENTHS);
        self.momentary_max = self.momentary_max.max(momentary);
        if !self.step_count.is_multiple_of(self.steps_in_tenth as u64) {
            return;
        }
        let tenths = self.step_count / self.steps_in_tenth as u64;
        let short_term = mean_of(SHORT_TERM_TENTHS);
        self.short_term_lufs.push(loudness_of(short_term));
        let gate = self::mean_square(ABSOLUTE_GATE_LUFS);
        if tenths >= MOMENTARY_TENTHS as u64 && momentary >= gate {
            self.gating_blocks.push(momentary);
        }
        if tenths >= SHORT_TERM_TENTHS as u64 {
            self.short_term_max = self.short_term_max.max(short_term);
            if short_term >= gate {
                self.range_blocks.push(short_term);
            }
        }
    }
}

/// Measures the loudness of audio in memory.
#[must_use]
pub fn loudness(audio: &Audio) -> Loudness {
    let mut meter = LoudnessMeasurement::new(audio.sample_rate_hz, audio.channel_count());
    meter.push(&audio.slices());
    meter.finish()
}

/// The integrated loudness of the K-weighted mean squares of gating blocks; negative infinity without a block above the
/// absolute gate.
#[must_use]
pub fn gated_lufs(mean_squares: &[f64]) -> f64 {
    let gate = mean_square(ABSOLUTE_GATE_LUFS);
    let blocks = mean_squares.iter().copied();
    let audible: Vec<f64> = blocks.filter(|block| *block >= gate).collect();
    loudness_of(mean(above_gate(&audible, RELATIVE_GATE_LU)))
}

fn mean_square(lufs: f64) -> f64 {
    10f64.powf((lufs - FULL_SCALE_LUFS) / 10.0)
}

/// The loudness of a mean square; negative infinity for 0 and for none.
fn loudness_of(mean_square: f64) -> f64 {
    10.0 * mean_square.log10() + FULL_SCALE_LUFS
}

/// 0 for no values.
fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}

/// The blocks that are at most `gate_lu` below their mean.
fn above_gate(blocks: &[f64], gate_lu: f64) -> impl Iterator<Item = f64> + Clone {
    let gate = mean(blocks.iter().copied()) * 10f64.powf(gate_lu / 10.0);
    blocks.iter().copied().filter(move |block| *block >= gate)
}

/// From the 10th to the 95th percentile above the gate.
fn range_lu(blocks: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = above_gate(blocks, RANGE_GATE_LU).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let percentile =
        |share: f64| loudness_of(sorted[flow_dsp::math::samples(last as f64 * share).min(last)]);
    percentile(0.95) - percentile(0.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    /// The readings of `ebur128` itself, at the same times.
    fn reference(audio: &Audio) -> Loudness {
        let channels = u32::try_from(audio.channel_count()).unwrap();
        let mode = Mode::I | Mode::S | Mode::M;
        let mut meter = EbuR128::new(channels, audio.sample_rate_hz, mode).unwrap();
        let mut read = loudness(&Audio::silence(48_000, 2, 0));
        let is_fine = audio.sample_rate_hz.is_multiple_of(100);
        let (steps_in_second, steps_in_tenth) = if is_fine { (100, 10) } else { (50, 5) };
        let mut start = 0;
        for step in 1.. {
            let end = step * audio.sample_rate_hz as usize / steps_in_second;
            if end > audio.frames() {
                break;
            }
            let block: Vec<&[f32]> = audio.channels.iter().map(|c| &c[start..end]).collect();
            meter.add_frames_planar_f32(&block).unwrap();
            start = end;
            let momentary = meter.loudness_momentary().unwrap();
            read.momentary_max_lufs = read.momentary_max_lufs.max(momentary);
            if step % steps_in_tenth == 0 {
                let short_term = meter.loudness_shortterm().unwrap();
                read.short_term_lufs.push(short_term);
                if step >= 3 * steps_in_second {
                    read.short_term_max_lufs = read.short_term_max_lufs.max(short_term);
                }
            }
        }
        read.integrated_lufs = meter.loudness_global().unwrap();
        read
    }

    fn assert_equal(read: f64, expected: f64, name: &str) {
        let is_equal = read == expected || (read - expected).abs() < 1e-6;
        assert!(is_equal, "{name}: {read} instead of {expected}");
    }

    #[test]
    fn loudness_of_ebu_3341_case_1_reads_minus_23_lufs() {
        // EBU Tech 3341 case 1.
        let tone = signals::ebu::tones(48_000, &[(-23.0, 20.0)]);
        let read = loudness(&tone);
        for level in [
            read.integrated_lufs,
            read.momentary_max_lufs,
            read.short_term_max_lufs,
        ] {
            assert!((level + 23.0).abs() < 0.1, "{level}");
        }
        assert_eq!(read.short_term_lufs.len(), 200);
    }

    #[test]
    fn loudness_of_any_audio_equals_that_of_the_ebur128_crate() {
        let levels = [(-36.0, 5.0), (-80.0, 2.0), (-23.0, 7.3), (-14.0, 4.0)];
        let mut cases = vec![
            ("silence", Audio::silence(48_000, 2, 200_000)),
            ("short", signals::white_noise(48_000, 2, 0.35, 0.5, 1)),
            ("empty", Audio::silence(48_000, 1, 0)),
            ("mono", signals::white_noise(96_000, 1, 6.0, 0.5, 2)),
        ];
        for rate in [22_050, 44_100, 48_000, 88_200, 192_000] {
            cases.push(("tones", signals::ebu::tones(rate, &levels)));
        }
        cases.push(("music", flow_demo_song::demo_song(44_100)));
        for (name, audio) in cases {
            let name = format!("{name} at {} Hz", audio.sample_rate_hz);
            let (read, expected) = (loudness(&audio), reference(&audio));
            assert_equal(read.integrated_lufs, expected.integrated_lufs, &name);
            assert_equal(read.momentary_max_lufs, expected.momentary_max_lufs, &name);
            assert_equal(
                read.short_term_max_lufs,
                expected.short_term_max_lufs,
                &name,
            );
            assert_eq!(read.short_term_lufs.len(), expected.short_term_lufs.len());
            for (read, expected) in read.short_term_lufs.iter().zip(&expected.short_term_lufs) {
                assert_equal(*read, *expected, &name);
            }
        }
    }

    #[test]
    fn loudness_range_of_ebu_tech_3342_cases_is_in_tolerance() {
        for case in 1..=4 {
            let (steps, expected) = signals::ebu::range_case(case).unwrap();
            let read = loudness(&signals::ebu::tones(48_000, steps)).loudness_range_lu;
            assert!((read - expected).abs() < 1.0, "case {case}: {read}");
        }
    }
}
