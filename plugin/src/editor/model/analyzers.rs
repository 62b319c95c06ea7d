//! Spectra of input and output, and the goniometer's points.
//!
//! All times are counted in samples, so the displays move alike at every frame rate.

mod level_meter;

use std::collections::VecDeque;
use std::ops::{Add, Mul};

use flow_dsp::math::{count, narrow};
use flow_dsp::{QUANTUM, Quantum, Spec, Spectrum, SpectrumFrame};
use flow_service::audio_tap::AudioBlock;

use crate::plugin_shared::PluginShared;

pub(crate) use level_meter::LevelMeter;

/// Points of a curve.
pub(crate) const POINTS: usize = 200;
/// Lower end of the frequency axis.
pub(crate) const MIN_HZ: f32 = 20.0;
/// Upper end of the frequency axis.
pub(crate) const MAX_HZ: f32 = 20_000.0;

/// Half of a third octave as a frequency ratio: a point is the power of the third octave around it, as in style targets.
const HALF_BAND_RATIO: f32 = 1.122_462;
/// Equivalent noise bandwidth of a Hann window, bins.
const HANN_BINS: f64 = 1.5;
/// Time constant of the program level, which the style target is drawn at, s.
const PROGRAM_S: f32 = 3.0;
/// Time constant of the present level, s.
const PRESENT_S: f32 = 0.5;
/// While the present level lies so far below the program level, the sound pauses, dB.
const PAUSE_DB: f32 = 30.0;
/// A peak is held for this time, s.
const PEAK_HOLD_S: f32 = 1.5;
/// Then it falls at this rate.
const PEAK_FALL_DB_PER_S: f32 = 15.0;
/// Lowest power: −120 dB.
const MIN_POWER: f64 = 1e-12;
/// A third octave with less power is silent: −80 dB.
const SILENT_POWER: f64 = 1e-8;

/// Ends of the bands of correlation and of Mono safety, Hz.
pub(crate) const STEREO_BANDS_HZ: [f32; 4] = [MIN_HZ, 250.0, 2500.0, MAX_HZ];

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
    /// The levels of input and output.
    pub(crate) levels: [LevelMeter; 2],
    /// The correlation of the output in each of [`STEREO_BANDS_HZ`]; `None` in silence.
    pub(crate) correlations: [Option<f32>; 3],
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
            levels: [LevelMeter::new(48_000.0), LevelMeter::new(48_000.0)],
            correlations: [None; 3],
            goniometer: VecDeque::with_capacity(GONIOMETER_POINTS),
            goniometer_offset: 0,
        }
    }

    /// Analyzes all audio that has arrived, with an averaging time in s. Goniometer, levels and correlations may stay as they are. Returns whether
    /// there was any audio.
    pub(crate) fn fetch(&mut self, shared: &PluginShared, average_s: f32, moves: bool) -> bool {
        let Some(rate_hz) = shared.chain_rate_hz() else {
            return false;
        };
        if rate_hz != self.rate_hz {
            *self = Self::new();
            self.rate_hz = rate_hz;
            self.input = SpectrumAnalyzer::new(rate_hz);
            self.output = SpectrumAnalyzer::new(rate_hz);
            self.levels = [LevelMeter::new(rate_hz), LevelMeter::new(rate_hz)];
        }
        self.input.average_s = average_s;
        self.output.average_s = average_s;
        let Self {
            input,
            output,
            levels: [input_level, output_level],
            goniometer,
            goniometer_offset,
            ..
        } = self;
        let mut has_audio = false;
        shared.editor_taps.drain(
            |block| {
                has_audio = true;
                input.push(block);
                input_level.push(block);
            },
            |block| {
                output.push(block);
                output_level.push(block);
                if !moves {
                    return;
                }
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
        if moves {
            self.levels.iter_mut().for_each(LevelMeter::show);
            self.correlations = std::array::from_fn(|band| {
                let ends_hz = [STEREO_BANDS_HZ[band], STEREO_BANDS_HZ[band + 1]];
                self.output.correlation(ends_hz)
            });
        }
        has_audio
    }
}

/// Powers of mid and side, and the real part of their cross-spectrum. In single precision, differences of cumulative powers
/// would lose soft treble beside loud bass.
#[derive(Clone, Copy, Debug, Default)]
struct Powers {
    mid: f64,
    side: f64,
    cross: f64,
}

impl Powers {
    fn sum(self) -> f64 {
        self.mid + self.side
    }
}

impl From<[f64; 3]> for Powers {
    fn from([mid, side, cross]: [f64; 3]) -> Self {
        Self { mid, side, cross }
    }
}

impl Add for Powers {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            mid: self.mid + other.mid,
            side: self.side + other.side,
            cross: self.cross + other.cross,
        }
    }
}

impl Mul<f64> for Powers {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self::from([self.mid, self.side, self.cross].map(|power| power * factor))
    }
}

/// The averaged spectrum and the peaks of one signal.
pub(crate) struct SpectrumAnalyzer {
    rate_hz: f32,
    /// Time constant of the averaged spectrum, s.
    average_s: f32,
    spectrum: Spectrum,
    frame: SpectrumFrame,
    quantum: Quantum,
    fill: usize,
    /// Samples since the last spectrum.
    pending_samples: usize,
    /// Cumulative powers up to each bin.
    sums: Vec<Powers>,
    powers: [Powers; POINTS],
    /// Held peaks, dB.
    pub(crate) peaks: Curve,
    held_s: [f32; POINTS],
    /// The powers of the last seconds and of the present.
    program: f64,
    present: f64,
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
            average_s: 0.5,
            sums: vec![Powers::default(); frame.mid.len() + 1],
            spectrum,
            frame,
            quantum: Quantum::SILENCE,
            fill: 0,
            pending_samples: 0,
            powers: [Powers::default(); POINTS],
            peaks: [-120.0; POINTS],
            held_s: [0.0; POINTS],
            program: MIN_POWER,
            present: MIN_POWER,
        }
    }

    /// Averaged levels, dB.
    #[must_use]
    pub(crate) fn average(&self) -> Curve {
        self.powers.map(|powers| decibels(powers.sum()))
    }

    /// The averaged level between two frequencies as the peak of a sine of that power, dBFS.
    #[must_use]
    pub(crate) fn band_db(&self, from_hz: f32, to_hz: f32) -> f32 {
        let points = (0..POINTS).filter(|p| (from_hz..to_hz).contains(&point_hz(*p)));
        let sum: f64 = points.map(|p| self.powers[p].sum()).sum();
        // A point is the power of a third octave around it, and a third octave has this many points.
        let points_per_band =
            narrow(count(POINTS - 1)) * 2.0 * HALF_BAND_RATIO.ln() / (MAX_HZ / MIN_HZ).ln();
        // A sine's peak lies 3.01 dB above its power.
        decibels(2.0 * sum / f64::from(points_per_band))
    }

    /// The amplitude of the side against that of the mid at a point; `None` in silence.
    #[must_use]
    pub(crate) fn width(&self, point: usize) -> Option<f32> {
        let Powers { mid, side, .. } = self.powers[point];
        let is_audible = mid + side > SILENT_POWER;
        is_audible.then(|| narrow((side / mid.max(MIN_POWER)).sqrt()))
    }

    /// The correlation of left and right between two frequencies, or at one; `None` in silence.
    #[must_use]
    pub(crate) fn correlation(&self, [from_hz, to_hz]: [f32; 2]) -> Option<f32> {
        let points = &self.powers[nearest_point(from_hz)..=nearest_point(to_hz)];
        let Powers { mid, side, cross } = points.iter().fold(Powers::default(), |a, b| a + *b);
        let sum = mid + side;
        // The product of the powers of left and right.
        let product = sum * sum - 4.0 * cross * cross;
        (sum > SILENT_POWER && product > 0.0)
            .then(|| narrow(((mid - side) / product.sqrt()).clamp(-1.0, 1.0)))
    }

    /// Broadband level over the last seconds, dB.
    #[must_use]
    pub(crate) fn program_db(&self) -> f32 {
        decibels(self.program)
    }

    /// Whether there is sound now. In a pause, or after the end of a song, the present level falls faster than the program level.
    #[must_use]
    pub(crate) fn has_sound(&self) -> bool {
        decibels(self.present) > self.program_db() - PAUSE_DB
    }

    fn push(&mut self, block: &AudioBlock) {
        for i in 0..block.frames {
            for c in 0..2 {
                self.quantum.channels[c][self.fill] = block.channels[c][i];
            }
            self.fill += 1;
            if self.fill == QUANTUM {
                self.fill = 0;
                let quantum = self.quantum;
                self.push_quantum(&quantum);
            }
        }
    }

    fn push_quantum(&mut self, quantum: &Quantum) {
        self.spectrum.push(quantum);
        self.pending_samples += QUANTUM;
        if self.spectrum.is_due() {
            self.spectrum.analyze(&mut self.frame);
            self.update();
        }
    }

    fn update(&mut self) {
        let seconds = narrow(count(self.pending_samples)) / self.rate_hz;
        self.pending_samples = 0;
        let mut sum = Powers::default();
        let bins = self.frame.mid.iter().zip(&self.frame.side);
        for (i, ((mid, side), cross)) in bins.zip(&self.frame.cross).enumerate() {
            let powers = [*mid, *side, *cross].map(|power| f64::from(power) / HANN_BINS);
            sum = sum + Powers::from(powers);
            self.sums[i + 1] = sum;
        }
        let keep = |time_s: f32| f64::from((-seconds / time_s).exp());
        self.program = follow(self.program, sum.sum(), keep(PROGRAM_S));
        self.present = follow(self.present, sum.sum(), keep(PRESENT_S));
        let average = keep(self.average_s);
        for point in 0..POINTS {
            let hz = point_hz(point);
            let [above, below] = [hz * HALF_BAND_RATIO, hz / HALF_BAND_RATIO];
            let band = self.below(above) + self.below(below) * -1.0;
            let old = self.powers[point];
            let average = if old.sum() > MIN_POWER { average } else { 0.0 };
            self.powers[point] = band + (old + band * -1.0) * average;
            let level = decibels(band.sum());
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
    fn below(&self, hz: f32) -> Powers {
        let position = (hz / self.frame.bin_hz + 0.5).max(0.0);
        // The position is below the number of bins, a few thousand.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bin = position as usize;
        let Some(&next) = self.sums.get(bin + 1) else {
            return self.sums.last().copied().unwrap_or_default();
        };
        self.sums[bin] + (next + self.sums[bin] * -1.0) * f64::from(position.fract())
    }
}

/// A power in dB, at least −120.
fn decibels(power: f64) -> f32 {
    narrow(10.0 * power.max(MIN_POWER).log10())
}

/// One step of a one-pole average. The first value sets it.
fn follow(old: f64, new: f64, keep: f64) -> f64 {
    if old <= MIN_POWER {
        new
    } else {
        new + (old - new) * keep
    }
}

#[cfg(test)]
mod tests {
    use flow_dsp::math::sin_cos;

    use super::*;

    #[test]
    fn soft_treble_beside_loud_bass_keeps_level_width_and_correlation() {
        let mut analyzer = SpectrumAnalyzer::new(48_000.0);
        let mut quantum = Quantum::SILENCE;
        for frame in 0..144_000 {
            let sine = |hz: f64| sin_cos(std::f64::consts::TAU * hz * count(frame) / 48_000.0).0;
            // −75 dBFS.
            let (low, high) = (sine(100.0), 1.778e-4 * sine(16_000.0));
            quantum.channels[0][frame % QUANTUM] = narrow(low + high);
            quantum.channels[1][frame % QUANTUM] = narrow(low - 0.5 * high);
            if frame % QUANTUM == QUANTUM - 1 {
                analyzer.push_quantum(&quantum);
            }
        }
        let point = nearest_point(16_000.0);
        // The mid has a quarter of the amplitude and the side three quarters.
        let level_db = analyzer.average()[point];
        assert!((level_db + 77.04).abs() < 0.1, "{level_db}");
        let width = analyzer.width(point).unwrap();
        assert!((width - 3.0).abs() < 0.05, "{width}");
        let correlation = analyzer.correlation([15_000.0, 17_000.0]).unwrap();
        assert!(correlation < -0.98, "{correlation}");
    }

    #[test]
    fn pause_is_noticed_at_every_averaging() {
        for average_s in [0.1, 0.5, 2.5] {
            let mut analyzer = SpectrumAnalyzer::new(48_000.0);
            analyzer.average_s = average_s;
            let mut push = |frames: usize, amplitude: f64| {
                let mut quantum = Quantum::SILENCE;
                for frame in 0..frames {
                    let sine = sin_cos(std::f64::consts::TAU * 440.0 * count(frame) / 48_000.0).0;
                    quantum.channels = quantum.channels.map(|mut channel| {
                        channel[frame % QUANTUM] = narrow(amplitude * sine);
                        channel
                    });
                    if frame % QUANTUM == QUANTUM - 1 {
                        analyzer.push_quantum(&quantum);
                    }
                }
                analyzer.has_sound()
            };
            assert!(push(144_000, 0.5), "{average_s}");
            assert!(push(48_000, 0.05), "a soft part at {average_s}");
            assert!(!push(5 * 48_000, 0.0), "{average_s}");
        }
    }

    #[test]
    fn width_and_correlation_of_two_tones_are_their_own() {
        let mut analyzer = SpectrumAnalyzer::new(48_000.0);
        let mut quantum = Quantum::SILENCE;
        for frame in 0..144_000 {
            let sine =
                |hz: f64| narrow(sin_cos(std::f64::consts::TAU * hz * count(frame) / 48_000.0).0);
            // In phase with half the level in the right channel; against each other.
            let (low, high) = (0.2 * sine(100.0), 0.1 * sine(6000.0));
            quantum.channels[0][frame % QUANTUM] = low + high;
            quantum.channels[1][frame % QUANTUM] = 0.5 * low - high;
            if frame % QUANTUM == QUANTUM - 1 {
                analyzer.push_quantum(&quantum);
            }
        }
        let width = |hz| analyzer.width(nearest_point(hz)).unwrap();
        assert!((width(100.0) - 1.0 / 3.0).abs() < 0.01, "{}", width(100.0));
        assert!(width(6000.0) > 100.0);
        let correlation = |ends| analyzer.correlation(ends).unwrap();
        assert!(correlation([50.0, 200.0]) > 0.99);
        assert!(correlation([4000.0, 9000.0]) < -0.99);
        assert_eq!(analyzer.correlation([800.0, 1200.0]), None, "silence");
        assert_eq!(analyzer.width(nearest_point(1000.0)), None);
    }
}
