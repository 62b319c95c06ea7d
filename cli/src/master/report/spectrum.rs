//! The average spectrum of a song: sixths of an octave show balance and resonances, thirds the tilt.

use flow_fft::RealToComplex;
use std::f32::consts::TAU;
use std::sync::Arc;

/// 0.7 s at 48 kHz, so that the band at 20 Hz has two bins.
const FFT_SAMPLES: usize = 32_768;
/// The largest number of windows. Longer songs have gaps between them.
const MAX_WINDOWS: u64 = 400;
const BANDS_PER_OCTAVE: f64 = 6.0;
/// Bands overlap: their centers are closer than their width.
const POINTS_PER_OCTAVE: f64 = 24.0;
const LOWEST_HZ: f64 = 20.0;
const HIGHEST_HZ: f64 = 20_000.0;
/// The third octaves between which the tilt is measured, in Hz. Beyond them, filters and codecs dominate.
const TILT_HZ: [f64; 2] = [50.0, 12_500.0];
/// Quieter bands don't count for the tilt, dB.
const TILT_FLOOR_DB: f64 = -110.0;

/// Adds up the power of each bin over Hann windows and all channels.
pub(super) struct SpectrumMeter {
    sample_rate_hz: f64,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// The samples of each channel from the next window's start on.
    pending: Vec<Vec<f32>>,
    /// Samples to leave out before the next window.
    gap: usize,
    hop: usize,
    sums: Vec<f64>,
    count: f64,
}

/// The average spectrum. 0 dB is the power of a sine at full scale in all channels.
pub(super) struct Spectrum {
    sample_rate_hz: f64,
    bins: Vec<f64>,
}

impl SpectrumMeter {
    /// A meter for a song of this length.
    pub(super) fn new(sample_rate_hz: u32, channel_count: usize, frames: u64) -> Self {
        let angle = |i: usize| TAU * i as f32 / FFT_SAMPLES as f32;
        let spread = usize::try_from(frames / MAX_WINDOWS).unwrap_or(usize::MAX);
        Self {
            sample_rate_hz: f64::from(sample_rate_hz),
            fft: flow_fft::real_forward(FFT_SAMPLES),
            window: (0..FFT_SAMPLES)
                .map(|i| 0.5 - 0.5 * angle(i).cos())
                .collect(),
            pending: vec![Vec::new(); channel_count],
            gap: 0,
            hop: spread.max(FFT_SAMPLES / 2),
            sums: vec![0.0; FFT_SAMPLES / 2 + 1],
            count: 0.0,
        }
    }

    /// Adds a block of samples.
    pub(super) fn add(&mut self, channels: &[&[f32]]) {
        let length = channels.first().map_or(0, |channel| channel.len());
        let skipped = self.gap.min(length);
        self.gap -= skipped;
        for (pending, channel) in self.pending.iter_mut().zip(channels) {
            pending.extend_from_slice(&channel[skipped..]);
        }
        while self.pending.first().is_some_and(|p| p.len() >= FFT_SAMPLES) {
            self.add_window();
            for pending in &mut self.pending {
                let present = self.hop.min(pending.len());
                pending.drain(..present);
                self.gap = self.hop - present;
            }
        }
    }

    fn add_window(&mut self) {
        let mut frame = self.fft.make_input_vec();
        let mut bins = self.fft.make_output_vec();
        for channel in &self.pending {
            // The last window of a song is padded with silence.
            let samples = channel.iter().copied().chain(std::iter::repeat(0.0));
            for ((to, sample), weight) in frame.iter_mut().zip(samples).zip(&self.window) {
                *to = sample * weight;
            }
            if self.fft.process(&mut frame, &mut bins).is_ok() {
                for (sum, bin) in self.sums.iter_mut().zip(&bins) {
                    *sum += f64::from(bin.norm_sqr());
                }
                self.count += 1.0;
            }
        }
    }

    /// The average over all windows.
    pub(super) fn finish(mut self) -> Spectrum {
        if self.count == 0.0 {
            self.add_window();
        }
        // The bins of a sine at full scale add up to 1. The window has 3/8 of the power of a rectangular one.
        let scale = 4.0 / (0.375 * (FFT_SAMPLES as f64).powi(2)) / self.count.max(1.0);
        Spectrum {
            sample_rate_hz: self.sample_rate_hz,
            bins: self.sums.iter().map(|sum| sum * scale).collect(),
        }
    }
}

impl Spectrum {
    /// Band centers in Hz with the level in each sixth of an octave in dB.
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        self.bands(POINTS_PER_OCTAVE, BANDS_PER_OCTAVE)
    }

    /// The tilt in dB per octave: the slope of the line through the third octaves with the least square distance. Pink
    /// noise has 0. None if fewer than half of them have sound.
    pub(super) fn tilt_db_per_octave(&self) -> Option<f64> {
        let [low, high] = TILT_HZ;
        let is_counted = |(hz, db): &(f64, f64)| (low..=high).contains(hz) && *db > TILT_FLOOR_DB;
        let bands = self.bands(3.0, 3.0);
        let points: Vec<(f64, f64)> = bands.iter().copied().filter(is_counted).collect();
        if points.len() < 12 {
            return None;
        }
        let count = points.len() as f64;
        let mean_octave = points.iter().map(|(hz, _)| hz.log2()).sum::<f64>() / count;
        let mean_db = points.iter().map(|(_, db)| db).sum::<f64>() / count;
        let (mut joint, mut square) = (0.0, 0.0);
        for (hz, db) in points {
            let octave = hz.log2() - mean_octave;
            joint += octave * (db - mean_db);
            square += octave * octave;
        }
        Some(joint / square)
    }

    fn bands(&self, points_per_octave: f64, bands_per_octave: f64) -> Vec<(f64, f64)> {
        let bin_hz = self.sample_rate_hz / FFT_SAMPLES as f64;
        let highest_hz = HIGHEST_HZ.min(0.5 * self.sample_rate_hz);
        let half_band = (0.5 / bands_per_octave).exp2();
        let centers = (0..).map(|i| LOWEST_HZ * (f64::from(i) / points_per_octave).exp2());
        let level = |hz: f64| {
            let power = self.power(hz / half_band / bin_hz, hz * half_band / bin_hz);
            10.0 * power.max(1e-14).log10()
        };
        centers
            .take_while(|hz| *hz <= highest_hz * 1.001)
            .map(|hz| (hz, level(hz)))
            .collect()
    }

    /// The power between two positions on the axis of bins. A bin extends half a bin to both sides.
    fn power(&self, from: f64, to: f64) -> f64 {
        let shares = self.bins.iter().enumerate().filter_map(|(index, power)| {
            let (low, high) = (index as f64 - 0.5, index as f64 + 0.5);
            let share = to.min(high) - from.max(low);
            (share > 0.0).then_some(share * power)
        });
        shares.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_audio_file::Audio;
    use flow_testkit::signals;

    fn spectrum(audio: &Audio, block: usize, frames: u64) -> Spectrum {
        let mut meter = SpectrumMeter::new(audio.sample_rate_hz, audio.channel_count(), frames);
        for start in (0..audio.frames()).step_by(block) {
            meter.add(&audio.range(start, start + block).slices());
        }
        meter.finish()
    }

    #[test]
    fn spectrum_of_sine_has_its_level_in_its_band() {
        let tone = signals::sine(48_000, 2, 20.0, 1000.0, 0.5, 0.0);
        // With and without gaps between the windows.
        for (block, frames) in [(960_000, 960_000), (4096, 200_000_000)] {
            let points = spectrum(&tone, block, frames).points();
            let nearest = points
                .iter()
                .min_by(|a, b| (a.0 - 1000.0).abs().total_cmp(&(b.0 - 1000.0).abs()))
                .unwrap();
            assert!((nearest.1 + 6.0).abs() < 0.2, "{nearest:?}");
            let far = points
                .iter()
                .filter(|(hz, _)| *hz < 500.0 || *hz > 2000.0)
                .map(|b| b.1)
                .fold(-200.0, f64::max);
            assert!(far < -60.0, "{far}");
            assert!(points.first().unwrap().0 == 20.0 && points.last().unwrap().0 > 19_000.0);
        }
    }

    #[test]
    fn tilt_of_white_noise_is_three_decibels_per_octave() {
        let noise = signals::white_noise(48_000, 1, 10.0, 0.1, 1);
        let tilt = spectrum(&noise, 10_000, 480_000)
            .tilt_db_per_octave()
            .unwrap();
        assert!((tilt - 3.0).abs() < 0.1, "{tilt}");
        let silence = Audio::silence(48_000, 1, 1000);
        assert_eq!(spectrum(&silence, 1000, 1000).tilt_db_per_octave(), None);
    }
}
