//! The level of a signal in short steps: all that a prediction of the limiter and of the loudness behind it needs.

use anyhow::Result;
use flow_audio_file::StoredAudio;
use flow_dsp::{Baseline, KWeighting, LowFrequencies, LowLevel, QUANTUM, math};
use multiversion::multiversion;
use std::f64::consts::PI;

/// Samples on each side that an interpolated point depends on.
const REACH: usize = 6;
const TAPS: usize = 2 * REACH + 1;
/// The distances at which peaks are read around a sample: four times oversampling. The last ones fill the SIMD lanes.
const OFFSETS: [f64; 8] = [-0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 0.5, -0.5];
/// Samples that are compared side by side. A step has a multiple of them.
const LANES: usize = 8;
/// The block size in which audio is measured.
const BLOCK_FRAMES: usize = 4096;

/// Peaks, low frequencies and K-weighted energy of a signal in steps of about 0.35 ms.
pub(crate) struct LevelProfile {
    pub(super) step_frames: usize,
    pub(super) sample_rate_hz: f64,
    /// For each step the highest peak of both channels.
    pub(super) peaks: Vec<f32>,
    /// For each step the highest levels of the low frequencies of both channels.
    pub(super) lows: Vec<LowLevel>,
    /// For each step the sum of the K-weighted squares of both channels.
    pub(super) energies: Vec<f32>,
}

impl LevelProfile {
    /// Measures a song.
    ///
    /// # Errors
    ///
    /// If its temporary file cannot be read.
    pub(crate) fn of(audio: &StoredAudio) -> Result<Self> {
        let mut meter = LevelProfileMeter::new(audio.sample_rate_hz, audio.frames());
        audio.for_each_block(BLOCK_FRAMES, |block| meter.push(block))?;
        Ok(meter.finish())
    }

    /// The memory of the profile of a song, in bytes.
    pub(crate) fn bytes(sample_rate_hz: u32, frames: u64) -> u64 {
        let step_bytes = (2 * size_of::<f32>() + size_of::<LowLevel>()) as u64;
        frames / step_frames(sample_rate_hz) as u64 * step_bytes
    }
}

/// Measures a [`LevelProfile`] block by block.
pub(crate) struct LevelProfileMeter {
    profile: LevelProfile,
    weighting: KWeighting,
    low_frequencies: LowFrequencies,
    /// The taps of the interpolated points, those of one sample side by side.
    taps: [[f32; OFFSETS.len()]; TAPS],
    /// For each channel the samples around those that have not been measured.
    channels: [Vec<f32>; 2],
}

impl LevelProfileMeter {
    /// A meter for a song of this length, in frames. A longer one needs more memory than expected.
    pub(crate) fn new(sample_rate_hz: u32, frames: usize) -> Self {
        let step_frames = step_frames(sample_rate_hz);
        let steps = frames / step_frames + 1;
        let rate_hz = f64::from(sample_rate_hz);
        Self {
            profile: LevelProfile {
                step_frames,
                sample_rate_hz: rate_hz,
                peaks: Vec::with_capacity(steps),
                lows: Vec::with_capacity(steps),
                energies: Vec::with_capacity(steps),
            },
            weighting: KWeighting::new(rate_hz),
            low_frequencies: LowFrequencies::new(rate_hz),
            taps: interpolation_taps(),
            // Silence comes before the song.
            channels: std::array::from_fn(|_| vec![0.0; REACH]),
        }
    }

    /// Measures a block: one slice for each channel, all of one length. A mono song plays on two speakers.
    pub(crate) fn push(&mut self, block: &[&[f32]]) {
        for (to, from) in self
            .channels
            .iter_mut()
            .zip(flow_measure::on_two_speakers(block))
        {
            to.extend_from_slice(from);
        }
        let step = self.profile.step_frames;
        let whole_steps = self.channels[0].len().saturating_sub(2 * REACH) / step;
        measure(self, whole_steps);
        for channel in &mut self.channels {
            channel.drain(..whole_steps * step);
        }
    }

    /// The profile of all blocks. An incomplete last step is left out.
    pub(crate) fn finish(mut self) -> LevelProfile {
        let silence = [0.0; REACH];
        self.push(&[&silence, &silence]);
        self.profile
    }

    #[inline(always)]
    fn measure_step(&mut self, start: usize) {
        let step = self.profile.step_frames;
        let mut peak = 0.0;
        for samples in &self.channels {
            let samples = &samples[start..start + step + 2 * REACH];
            peak = higher(peak, peak_near_highest_sample(&self.taps, samples));
        }
        self.profile.peaks.push(peak);
        let mut low = LowLevel::default();
        for quantum in (start..start + step).step_by(QUANTUM) {
            let lanes = self.channels.each_ref().map(|samples| {
                let mut lane = [0.0; QUANTUM];
                lane.copy_from_slice(&samples[quantum + REACH..][..QUANTUM]);
                lane
            });
            let [left, right] = self.low_frequencies.process(&lanes);
            low = low.higher(left.higher(right));
        }
        self.profile.lows.push(low);
        let [left, right] = &self.channels;
        let frames = start + REACH..start + REACH + self.profile.step_frames;
        let mut energy = 0.0;
        for (left, right) in left[frames.clone()].iter().zip(&right[frames]) {
            let frame = [f64::from(*left), f64::from(*right), 0.0, 0.0];
            let [left, right, ..] = self.weighting.process::<Baseline>(frame);
            energy += left * left + right * right;
        }
        self.weighting.snap();
        self.profile.energies.push(math::narrow(energy));
    }
}

/// Frames of a step: the length of one of the limiter's three moving averages, in whole quanta.
fn step_frames(sample_rate_hz: u32) -> usize {
    match sample_rate_hz {
        0..66_000 => 16,
        66_000..132_000 => 32,
        132_000..264_000 => 64,
        _ => 128,
    }
}

/// Sincs in Hann windows around the points.
fn interpolation_taps() -> [[f32; OFFSETS.len()]; TAPS] {
    std::array::from_fn(|tap| {
        OFFSETS.map(|offset| {
            let distance = tap as f64 - REACH as f64 - offset;
            let x = PI * distance;
            let window = (x / (2 * REACH) as f64).cos().powi(2);
            math::narrow(if distance.abs() < REACH as f64 {
                x.sin() / x * window
            } else {
                0.0
            })
        })
    })
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn measure(meter: &mut LevelProfileMeter, steps: usize) {
    for step in 0..steps {
        meter.measure_step(step * meter.profile.step_frames);
    }
}

/// The highest absolute sample, or the highest point next to it. The first and last samples are only neighbors.
#[inline(always)]
fn peak_near_highest_sample(taps: &[[f32; OFFSETS.len()]; TAPS], samples: &[f32]) -> f32 {
    let inside = &samples[REACH..samples.len() - REACH];
    let mut highest = [0.0; LANES];
    for samples in inside.chunks_exact(LANES) {
        for lane in 0..LANES {
            highest[lane] = higher(samples[lane].abs(), highest[lane]);
        }
    }
    let highest = highest.into_iter().fold(0.0, higher);
    let at = inside.iter().position(|sample| sample.abs() == highest);
    let around = &samples[at.unwrap_or(0)..];
    let mut points = [0.0_f32; OFFSETS.len()];
    for (taps, sample) in taps.iter().zip(around) {
        for (point, tap) in points.iter_mut().zip(taps) {
            *point += tap * sample;
        }
    }
    points.into_iter().map(f32::abs).fold(highest, higher)
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::Audio;
    use flow_testkit::signals;

    fn profile(audio: &Audio, block: usize) -> LevelProfile {
        let mut meter = LevelProfileMeter::new(audio.sample_rate_hz, audio.frames());
        for start in (0..audio.frames()).step_by(block) {
            meter.push(&audio.range(start, start + block).slices());
        }
        meter.finish()
    }

    #[test]
    fn profile_of_tone_between_samples_has_its_peak_and_loudness() {
        // At a quarter of the rate the samples reach 0.707 of the amplitude only.
        let tone = signals::sine(48_000, 2, 1.0, 12_000.0, 0.5, 45.0_f64.to_radians());
        let profile = profile(&tone, 4096);
        let peak = profile.peaks[1400];
        assert!((peak - 0.5).abs() < 0.01, "{peak}");
        assert_eq!(profile.energies.len(), 48_000 / 16);
    }

    #[test]
    fn profile_in_any_blocks_is_the_same() {
        let noise = signals::white_noise(44_100, 1, 0.5, 0.5, 1);
        let whole = profile(&noise, 50_000);
        for block in [1, 77, 4096] {
            let blocks = profile(&noise, block);
            assert_eq!(blocks.peaks, whole.peaks);
            assert_eq!(blocks.lows, whole.lows);
            assert_eq!(blocks.energies, whole.energies);
        }
    }
}
