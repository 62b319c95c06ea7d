//! Faults of a recording that its samples show: an empty channel, inverted polarity, DC offset, clipping.

use flow_audio_file::{Audio, gain_to_db};

/// The shortest run of equal samples at the extreme that counts as clipped.
const CLIPPED_SAMPLES: u32 = 3;
/// The step into or out of a clipped run at least, as a share of the extreme. A sine that is rounded to 16 bits has runs of
/// equal samples at its peak too, but steps far smaller.
const CLIPPED_STEP: f32 = 0.002;

/// The least mean power without DC offset from which a correlation is measured: −140 dBFS.
const LEAST_POWER: f64 = 1e-14;

/// The measurement of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelFaults {
    /// RMS level over the whole channel, dBFS; negative infinity for digital silence.
    pub rms_dbfs: f64,
    /// The level of the mean, dBFS; negative infinity without DC offset.
    pub dc_offset_dbfs: f64,
    /// The number of runs of equal samples at the channel's extremes, whose edges no continuous signal has.
    pub clipped_runs: u64,
}

/// The measurements of all channels, and of the first two together.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalFaults {
    /// One for each channel.
    pub channels: Vec<ChannelFaults>,
    /// Correlation of the first two channels without their DC offsets, −1 to 1: −1 if one has inverted polarity. 0 if one
    /// is silent, 1 for one channel.
    pub correlation: f64,
    /// Whether there are two channels, and all their samples are equal.
    pub has_equal_channels: bool,
}

impl SignalFaults {
    /// Measures a whole song.
    #[must_use]
    pub fn of(audio: &Audio) -> Self {
        let mut meter = FaultMeter::new(audio.channel_count());
        meter.push(&audio.slices());
        meter.finish()
    }
}

/// Measures a song block by block.
#[derive(Clone, Debug)]
pub struct FaultMeter {
    channels: Vec<ChannelMeter>,
    product: f64,
    has_equal_channels: bool,
    frames: usize,
}

impl FaultMeter {
    /// A meter for this number of channels.
    #[must_use]
    pub fn new(channel_count: usize) -> Self {
        Self {
            channels: vec![ChannelMeter::default(); channel_count],
            product: 0.0,
            has_equal_channels: channel_count == 2,
            frames: 0,
        }
    }

    /// Adds a block: one slice for each channel, all of one length.
    pub fn push(&mut self, block: &[&[f32]]) {
        self.frames += block.first().map_or(0, |channel| channel.len());
        for (meter, samples) in self.channels.iter_mut().zip(block) {
            samples.iter().for_each(|sample| meter.push(*sample));
        }
        if let [left, right, ..] = block {
            let pairs = || left.iter().zip(*right);
            self.product += pairs()
                .map(|(l, r)| f64::from(*l) * f64::from(*r))
                .sum::<f64>();
            self.has_equal_channels &= pairs().all(|(l, r)| l == r);
        }
    }

    /// The measurement of everything that was added.
    #[must_use]
    pub fn finish(self) -> SignalFaults {
        let frames = self.frames.max(1) as f64;
        let correlation = match &self.channels[..] {
            [left, right, ..] => {
                // Without DC offset, which says nothing about polarity.
                let means = [left.sum / frames, right.sum / frames];
                let covariance = self.product / frames - means[0] * means[1];
                let variance = |meter: &ChannelMeter, mean: f64| meter.power / frames - mean * mean;
                let scale = (variance(left, means[0]) * variance(right, means[1])).sqrt();
                if scale > LEAST_POWER {
                    (covariance / scale).clamp(-1.0, 1.0)
                } else {
                    0.0
                }
            }
            _ => 1.0,
        };
        let faults = |meter: ChannelMeter| ChannelFaults {
            rms_dbfs: gain_to_db((meter.power / frames).sqrt()),
            dc_offset_dbfs: gain_to_db((meter.sum / frames).abs()),
            clipped_runs: meter.finish(),
        };
        SignalFaults {
            channels: self.channels.into_iter().map(faults).collect(),
            correlation,
            has_equal_channels: self.has_equal_channels && self.frames > 0,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct ChannelMeter {
    sum: f64,
    power: f64,
    last: f32,
    /// The runs at the highest and at the lowest sample.
    extremes: [ExtremeRuns; 2],
}

impl ChannelMeter {
    fn push(&mut self, sample: f32) {
        let [high, low] = &mut self.extremes;
        high.push(sample, self.last);
        low.push(-sample, -self.last);
        self.last = sample;
        self.sum += f64::from(sample);
        self.power += f64::from(sample).powi(2);
    }

    fn finish(&self) -> u64 {
        self.extremes.iter().map(ExtremeRuns::finish).sum()
    }
}

/// Counts runs of equal samples at the highest sample so far.
#[derive(Clone, Debug, Default)]
struct ExtremeRuns {
    highest: f32,
    length: u32,
    /// Whether a step that no continuous signal makes leads into the present run.
    is_entered_by_step: bool,
    count: u64,
}

impl ExtremeRuns {
    fn push(&mut self, sample: f32, last: f32) {
        if sample < self.highest {
            if self.length > 0 {
                let is_left_by_step = self.is_step(sample);
                self.count += u64::from(
                    self.length >= CLIPPED_SAMPLES && (self.is_entered_by_step || is_left_by_step),
                );
                self.length = 0;
            }
            return;
        }
        if sample > self.highest {
            self.highest = sample;
            self.count = 0;
            self.length = 0;
        }
        if sample <= 0.0 {
            return;
        }
        if self.length == 0 {
            self.is_entered_by_step = self.is_step(last);
        }
        self.length += 1;
    }

    /// The number of runs. The last one may go on until the end.
    fn finish(&self) -> u64 {
        let is_clipped = self.length >= CLIPPED_SAMPLES && self.is_entered_by_step;
        self.count + u64::from(is_clipped)
    }

    fn is_step(&self, neighbor: f32) -> bool {
        self.highest - neighbor > CLIPPED_STEP * self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_testkit::signals;

    fn tone(channel_count: usize) -> Audio {
        signals::sine(48_000, channel_count, 1.0, 100.0, 0.5, 0.0)
    }

    #[test]
    fn faults_of_clean_tone_are_none() {
        for hz in [20.0, 60.0, 997.0] {
            let mut tone = signals::sine(48_000, 2, 2.0, hz, 0.9, 0.3);
            // Rounded to 16 bits.
            for sample in tone.channels.iter_mut().flatten() {
                *sample = (*sample * 32_768.0).round() / 32_768.0;
            }
            let faults = SignalFaults::of(&tone);
            assert!((faults.correlation - 1.0).abs() < 1e-9 && faults.has_equal_channels);
            for channel in faults.channels {
                assert_eq!(channel.clipped_runs, 0, "{hz} Hz");
                assert!(channel.dc_offset_dbfs < -80.0, "{channel:?}");
                assert!((channel.rms_dbfs + 3.9).abs() < 0.1, "{channel:?}");
            }
        }
    }

    #[test]
    fn tone_over_full_scale_is_clipped_only_where_samples_are() {
        let loud = tone(1).gained(12.0);
        assert_eq!(SignalFaults::of(&loud).channels[0].clipped_runs, 0);
        let mut clipped = loud;
        for sample in &mut clipped.channels[0] {
            *sample = sample.clamp(-0.9, 0.9);
        }
        // 100 periods, each cut off above and below.
        let runs = SignalFaults::of(&clipped).channels[0].clipped_runs;
        assert!((198..=200).contains(&runs), "{runs}");
        // A lower level changes nothing.
        let quieter = SignalFaults::of(&clipped.gained(-9.0));
        assert_eq!(quieter.channels[0].clipped_runs, runs);
    }

    #[test]
    fn clipped_run_at_end_of_audio_is_counted() {
        // The last period has its upper half only.
        let mut clipped = tone(1).gained(12.0).range(0, 47_640);
        for sample in &mut clipped.channels[0] {
            *sample = sample.clamp(-0.9, 0.9);
        }
        assert!(clipped.channels[0].ends_with(&[0.9; 3]));
        let mut with_silence = clipped.clone();
        with_silence.append(&Audio::silence(48_000, 1, 10));
        let [runs, with_silence] =
            [clipped, with_silence].map(|audio| SignalFaults::of(&audio).channels[0].clipped_runs);
        assert_eq!(runs, with_silence);
    }

    #[test]
    fn faults_name_inverted_polarity_empty_channel_and_offset() {
        let mut inverted = tone(2);
        inverted.channels[1].iter_mut().for_each(|s| *s = -*s);
        let faults = SignalFaults::of(&inverted);
        assert!((faults.correlation + 1.0).abs() < 1e-9 && !faults.has_equal_channels);

        let mut half = tone(2);
        half.channels[0].fill(0.0);
        let faults = SignalFaults::of(&half);
        assert_eq!(faults.channels[0].rms_dbfs, f64::NEG_INFINITY);
        assert_eq!(faults.correlation, 0.0);

        let mut offset = tone(2);
        offset.channels[1].iter_mut().for_each(|s| *s += 0.01);
        let faults = SignalFaults::of(&offset);
        assert!((faults.channels[1].dc_offset_dbfs + 40.0).abs() < 0.1);
        assert!((faults.correlation - 1.0).abs() < 1e-6);
    }

    #[test]
    fn faults_in_blocks_equal_faults_of_whole() {
        let audio = signals::white_noise(48_000, 2, 0.5, 0.5, 3);
        let mut meter = FaultMeter::new(2);
        for start in (0..audio.frames()).step_by(777) {
            meter.push(&audio.range(start, start + 777).slices());
        }
        let (blocks, whole) = (meter.finish(), SignalFaults::of(&audio));
        assert!((blocks.correlation - whole.correlation).abs() < 1e-12);
        assert_eq!(
            blocks.channels[1].clipped_runs,
            whole.channels[1].clipped_runs
        );
    }
}
