//! Spectra of input and output, and the goniometer's points.
//!
//! All times are counted in samples, so the displays move alike at every frame rate.

use std::collections::VecDeque;

use flow_dsp::math::{count, narrow};
use flow_dsp::{QUANTUM, Quantum, Spec, Spectrum, SpectrumFrame};
use flow_service::audio_tap::AudioBlock;

use crate::plugin_shared::PluginShared;

/// Points of a curve.
pub(crate) const POINTS: usize = 200;
/// Lower end of the frequency axis.
pub(crate) const MIN_HZ: f32 = 20.0;
/// Upper end of the frequency axis.
pub(crate) const MAX_HZ: f32 = 20_000.0;

/// Half of a third octave as a frequency ratio: a point is the power of the third octave around it, as in style targets.
const HALF_BAND_RATIO: f32 = 1.122_462;
/// Equivalent noise bandwidth of a Hann window, bins.
const HANN_BINS: f32 = 1.5;
/// Time constant of the averaged spectrum, s.
const AVERAGE_S: f32 = 0.5;
/// Time constant of the program level, which the style target is drawn at, s.
const PROGRAM_S: f32 = 3.0;
/// A peak is held for this time, s.
const PEAK_HOLD_S: f32 = 1.5;
/// Then it falls at this rate.
const PEAK_FALL_DB_PER_S: f32 = 15.0;
/// Lowest power: −120 dB.
const MIN_POWER: f32 = 1e-12;

/// Number of the goniometer's points.
pub(crate) const GONIOMETER_POINTS: usize = 900;
/// Distance of the goniometer's points, samples.
const GONIOMETER_STEP: usize = 4;

/// Frequency of a point of a curve, Hz.
#[must_use]
pub(crate) fn point_hz(point: usize) -> f32 {
    let position = narrow(count(point) / count(POINTS - 1));
    MIN_HZ * (MAX_HZ / MIN_HZ).powf(position)
}

/// The point of a curve nearest to a frequency.
#[must_use]
pub(crate) fn nearest_point(hz: f32) -> usize {
    let position = (hz / MIN_HZ).ln() / (MAX_HZ / MIN_HZ).ln() * narrow(count(POINTS - 1));
    // NaN becomes 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let point = position.round().max(0.0) as usize;
    point.min(POINTS - 1)
}

/// Levels at [`POINTS`] frequencies, dB.
pub(crate) type Curve = [f32; POINTS];

/// Analyzers of the audio that the taps deliver.
pub(crate) struct Analyzers {
    rate_hz: f32,
    /// The chain's input.
    pub(crate) input: SpectrumAnalyzer,
    /// The chain's output.
    pub(crate) output: SpectrumAnalyzer,
    /// The newest samples of the output, left and right.
    pub(crate) goniometer: VecDeque<[f32; 2]>,
    /// Offset of the next goniometer point in the next block, samples.
    goniometer_offset: usize,
}

impl Analyzers {
    /// Starts without a sample rate: the first `fetch` with one creates the analyzers anew.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            rate_hz: 0.0,
            input: SpectrumAnalyzer::new(48_000.0),
            output: SpectrumAnalyzer::new(48_000.0),
            goniometer: VecDeque::with_capacity(GONIOMETER_POINTS),
            goniometer_offset: 0,
        }
    }

    /// Analyzes all audio that has arrived. Returns whether there was any.
    pub(crate) fn fetch(&mut self, shared: &PluginShared) -> bool {
        let Some(rate_hz) = shared.chain_rate_hz() else {
            return false;
        };
        if rate_hz != self.rate_hz {
            *self = Self::new();
            self.rate_hz = rate_hz;
            self.input = SpectrumAnalyzer::new(rate_hz);
            self.output = SpectrumAnalyzer::new(rate_hz);
        }
        let Self {
            input,
            output,
            goniometer,
            goniometer_offset,
            ..
        } = self;
        let mut has_audio = false;
        shared.editor_taps.drain(
            |block| {
                has_audio = true;
                input.push(block);
            },
            |block| {
                output.push(block);
                let [left, right] = block.filled();
                while *goniometer_offset < block.frames {
                    if goniometer.len() == GONIOMETER_POINTS {
                        goniometer.pop_front();
                    }
                    goniometer.push_back([left[*goniometer_offset], right[*goniometer_offset]]);
                    *goniometer_offset += GONIOMETER_STEP;
                }
                *goniometer_offset -= block.frames;
            },
        );
        has_audio
    }
}

/// The averaged spectrum and the peaks of one signal.
pub(crate) struct SpectrumAnalyzer {
    rate_hz: f32,
    spectrum: Spectrum,
    frame: SpectrumFrame,
    quantum: Quantum,
    fill: usize,
    /// Samples since the last spectrum.
    pending_samples: usize,
    /// Cumulative power up to each bin.
    sums: Vec<f32>,
    powers: [f32; POINTS],
    /// Held peaks, dB.
    pub(crate) peaks: Curve,
    held_s: [f32; POINTS],
    program: f32,
}

impl SpectrumAnalyzer {
    fn new(rate_hz: f32) -> Self {
        let spec = Spec {
            sample_rate_hz: f64::from(rate_hz),
        };
        let spectrum = Spectrum::new(spec);
        let frame = spectrum.frame(spec);
        Self {
            rate_hz,
            sums: vec![0.0; frame.mid.len() + 1],
            spectrum,
            frame,
            quantum: Quantum::SILENCE,
            fill: 0,
            pending_samples: 0,
            powers: [MIN_POWER; POINTS],
            peaks: [-120.0; POINTS],
            held_s: [0.0; POINTS],
            program: MIN_POWER,
        }
    }

    /// Averaged levels, dB.
    #[must_use]
    pub(crate) fn average(&self) -> Curve {
        self.powers.map(|power| 10.0 * power.max(MIN_POWER).log10())
    }

    /// The averaged level between two frequencies as the peak of a sine of that power, dBFS.
    #[must_use]
    pub(crate) fn band_db(&self, from_hz: f32, to_hz: f32) -> f32 {
        let points = (0..POINTS).filter(|p| (from_hz..to_hz).contains(&point_hz(*p)));
        let sum: f32 = points.map(|p| self.powers[p]).sum();
        // A point is the power of a third octave around it, and a third octave has this many points.
        let points_per_band =
            narrow(count(POINTS - 1)) * 2.0 * HALF_BAND_RATIO.ln() / (MAX_HZ / MIN_HZ).ln();
        // A sine's peak lies 3.01 dB above its power.
        10.0 * (2.0 * sum / points_per_band).max(MIN_POWER).log10()
    }

    /// Broadband level over the last seconds, dB.
    #[must_use]
    pub(crate) fn program_db(&self) -> f32 {
        10.0 * self.program.max(MIN_POWER).log10()
    }

    fn push(&mut self, block: &AudioBlock) {
        for i in 0..block.frames {
            for c in 0..2 {
                self.quantum.channels[c][self.fill] = block.channels[c][i];
            }
            self.fill += 1;
            if self.fill == QUANTUM {
                self.fill = 0;
                self.spectrum.push(&self.quantum);
                self.pending_samples += QUANTUM;
                if self.spectrum.is_due() {
                    self.spectrum.analyze(&mut self.frame);
                    self.update();
                }
            }
        }
    }

    fn update(&mut self) {
        let seconds = narrow(count(self.pending_samples)) / self.rate_hz;
        self.pending_samples = 0;
        let mut sum = 0.0;
        for (i, (mid, side)) in self.frame.mid.iter().zip(&self.frame.side).enumerate() {
            sum += (mid + side) / HANN_BINS;
            self.sums[i + 1] = sum;
        }
        let keep = |time_s: f32| (-seconds / time_s).exp();
        self.program = follow(self.program, sum, keep(PROGRAM_S));
        let average = keep(AVERAGE_S);
        for point in 0..POINTS {
            let hz = point_hz(point);
            let band = self.below(hz * HALF_BAND_RATIO) - self.below(hz / HALF_BAND_RATIO);
            let band = band.max(MIN_POWER);
            self.powers[point] = follow(self.powers[point], band, average);
            let level = 10.0 * band.log10();
            if level >= self.peaks[point] {
                self.peaks[point] = level;
                self.held_s[point] = 0.0;
            } else {
                self.held_s[point] += seconds;
                if self.held_s[point] > PEAK_HOLD_S {
                    self.peaks[point] =
                        (self.peaks[point] - PEAK_FALL_DB_PER_S * seconds).max(level);
                }
            }
        }
    }

    /// Power below a frequency, interpolated between the edges of the bins.
    fn below(&self, hz: f32) -> f32 {
        let position = (hz / self.frame.bin_hz + 0.5).max(0.0);
        // The position is below the number of bins, a few thousand.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bin = position as usize;
        let Some(&next) = self.sums.get(bin + 1) else {
            return self.sums.last().copied().unwrap_or(0.0);
        };
        self.sums[bin] + (next - self.sums[bin]) * position.fract()
    }
}

/// One step of a one-pole average. The first value sets it.
fn follow(old: f32, new: f32, keep: f32) -> f32 {
    if old <= MIN_POWER {
        new
    } else {
        new + (old - new) * keep
    }
}
