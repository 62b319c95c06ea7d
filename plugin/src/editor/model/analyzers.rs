//! What the window hears: spectra, and points for the goniometer.
//!
//! All times are counted in samples, so that the displays move alike at every frame rate.

use std::collections::VecDeque;

use flow_dsp::{QUANTUM, Quantum, Spec, Spectrum, SpectrumFrame};
use flow_service::audio_tap::AudioBlock;

use crate::plugin_shared::PluginShared;

/// Points of a curve.
pub(crate) const POINTS: usize = 200;
/// Ends of the frequency axis, Hz.
pub(crate) const LOWEST_HZ: f32 = 20.0;
/// Ends of the frequency axis, Hz.
pub(crate) const HIGHEST_HZ: f32 = 20_000.0;

/// Each point is the power of a third of an octave around it, as the style targets are.
const HALF_BAND: f32 = 1.122_462;
/// Bins that a Hann window spreads a tone's power over.
const HANN_BINS: f32 = 1.5;
/// Averaging time.
const AVERAGE_S: f32 = 0.5;
/// Averaging time of the level that the style target is placed at.
const PROGRAMME_S: f32 = 3.0;
/// How long a peak stays, and how fast it falls then.
const HOLD_S: f32 = 1.5;
const FALL_DB_PER_S: f32 = 15.0;
/// Nothing is lower.
const SILENCE: f32 = 1e-12;

/// Points that the goniometer shows, and samples from one to the next at 48 kHz.
pub(crate) const DOTS: usize = 900;
const DOT_SAMPLES: usize = 4;

/// Frequency of a point of a curve, Hz.
#[must_use]
pub(crate) fn point_hz(point: usize) -> f32 {
    // Far below the precision of f32.
    #[allow(clippy::cast_precision_loss)]
    let position = point as f32 / (POINTS - 1) as f32;
    LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(position)
}

/// Levels at [`POINTS`] frequencies, dB.
pub(crate) type Curve = [f32; POINTS];

/// Everything the displays of sound need.
pub(crate) struct Analyzers {
    rate_hz: f32,
    /// What came in.
    pub(crate) input: SpectrumAnalyzer,
    /// What goes out.
    pub(crate) output: SpectrumAnalyzer,
    /// The newest points left and right of the output.
    pub(crate) dots: VecDeque<[f32; 2]>,
    dot_phase: usize,
}

impl Analyzers {
    /// Deaf until there is a sample rate.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            rate_hz: 0.0,
            input: SpectrumAnalyzer::new(48_000.0),
            output: SpectrumAnalyzer::new(48_000.0),
            dots: VecDeque::with_capacity(DOTS),
            dot_phase: 0,
        }
    }

    /// Fetches everything that has arrived; whether there was anything.
    pub(crate) fn listen(&mut self, shared: &PluginShared) -> bool {
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
            dots,
            dot_phase,
            ..
        } = self;
        let mut heard = false;
        shared.audio_taps.drain(
            |piece| {
                heard = true;
                input.hear(piece);
            },
            |piece| {
                output.hear(piece);
                let [left, right] = piece.filled();
                while *dot_phase < piece.frames {
                    if dots.len() == DOTS {
                        dots.pop_front();
                    }
                    dots.push_back([left[*dot_phase], right[*dot_phase]]);
                    *dot_phase += DOT_SAMPLES;
                }
                *dot_phase -= piece.frames;
            },
        );
        heard
    }
}

/// The spectrum of one signal over time.
pub(crate) struct SpectrumAnalyzer {
    rate_hz: f32,
    spectrum: Spectrum,
    frame: SpectrumFrame,
    quantum: Quantum,
    fill: usize,
    waiting: usize,
    sums: Vec<f32>,
    powers: [f32; POINTS],
    /// Peaks that fall slowly, dB.
    pub(crate) peaks: Curve,
    held_s: [f32; POINTS],
    programme: f32,
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
            waiting: 0,
            powers: [SILENCE; POINTS],
            peaks: [-120.0; POINTS],
            held_s: [0.0; POINTS],
            programme: SILENCE,
        }
    }

    /// Averaged levels, dB.
    #[must_use]
    pub(crate) fn average(&self) -> Curve {
        self.powers.map(|power| 10.0 * power.max(SILENCE).log10())
    }

    /// Level of the whole over the last seconds, dB.
    #[must_use]
    pub(crate) fn programme_db(&self) -> f32 {
        10.0 * self.programme.max(SILENCE).log10()
    }

    fn hear(&mut self, piece: &AudioBlock) {
        for i in 0..piece.frames {
            for c in 0..2 {
                self.quantum.channels[c][self.fill] = piece.channels[c][i];
            }
            self.fill += 1;
            if self.fill == QUANTUM {
                self.fill = 0;
                self.spectrum.push(&self.quantum);
                self.waiting += QUANTUM;
                if self.spectrum.due() {
                    self.spectrum.analyse(&mut self.frame);
                    self.take_in();
                }
            }
        }
    }

    fn take_in(&mut self) {
        // A second has fewer than 2^24 samples.
        #[allow(clippy::cast_precision_loss)]
        let seconds = self.waiting as f32 / self.rate_hz;
        self.waiting = 0;
        let mut sum = 0.0;
        for (i, (mid, side)) in self.frame.mid.iter().zip(&self.frame.side).enumerate() {
            sum += (mid + side) / HANN_BINS;
            self.sums[i + 1] = sum;
        }
        let keep = |time_s: f32| (-seconds / time_s).exp();
        self.programme = follow(self.programme, sum, keep(PROGRAMME_S));
        let average = keep(AVERAGE_S);
        for point in 0..POINTS {
            let hz = point_hz(point);
            let band = self.below(hz * HALF_BAND) - self.below(hz / HALF_BAND);
            let band = band.max(SILENCE);
            self.powers[point] = follow(self.powers[point], band, average);
            let level = 10.0 * band.log10();
            if level >= self.peaks[point] {
                self.peaks[point] = level;
                self.held_s[point] = 0.0;
            } else {
                self.held_s[point] += seconds;
                if self.held_s[point] > HOLD_S {
                    self.peaks[point] = (self.peaks[point] - FALL_DB_PER_S * seconds).max(level);
                }
            }
        }
    }

    /// Power below a frequency: between the bins' edges in a straight line.
    fn below(&self, hz: f32) -> f32 {
        let position = (hz / self.frame.bin_hz + 0.5).max(0.0);
        // A spectrum has at most some thousand bins.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bin = position as usize;
        let Some(&next) = self.sums.get(bin + 1) else {
            return self.sums.last().copied().unwrap_or(0.0);
        };
        self.sums[bin] + (next - self.sums[bin]) * position.fract()
    }
}

fn follow(old: f32, new: f32, keep: f32) -> f32 {
    if old <= SILENCE {
        new
    } else {
        new + (old - new) * keep
    }
}
