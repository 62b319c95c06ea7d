//! The spectrum of a song while it plays, in constant memory.

use flow_dsp::math::{count, samples};
use flow_dsp::{ABSOLUTE_GATE_LUFS, lufs};

use super::bands::THIRD_OCTAVES;
use super::frame::Frame;

/// Frames are sorted by loudness in steps of 1 LU, from the softest song on, whose silence lies 60 dB below its loudest frame.
const STEPS: usize = 150;
/// The lowest step, LUFS.
const LOWEST_LUFS: f64 = ABSOLUTE_GATE_LUFS - 60.0;
/// The gate below the loudest tenth of the frames, steps: that of a [`Summary`](super::Summary).
const GATE: usize = 20;
/// The share of the frames below the loudest tenth.
const LOUD: f64 = 0.9;

/// Sums over the frames of one step of loudness.
#[derive(Clone, Copy, Debug)]
struct Step {
    frames: u64,
    mid: [f64; THIRD_OCTAVES],
    side: [f64; THIRD_OCTAVES],
}

impl Step {
    const EMPTY: Self = Self {
        frames: 0,
        mid: [0.0; THIRD_OCTAVES],
        side: [0.0; THIRD_OCTAVES],
    };

    fn add(
        &mut self,
        frames: u64,
        mid: impl Iterator<Item = f64>,
        side: impl Iterator<Item = f64>,
    ) {
        self.frames += frames;
        self.mid.iter_mut().zip(mid).for_each(|(sum, x)| *sum += x);
        self.side
            .iter_mut()
            .zip(side)
            .for_each(|(sum, x)| *sum += x);
    }
}

/// Collects the third octaves of all frames, from which those of the loud ones follow.
#[derive(Clone, Debug)]
pub(super) struct SongSpectrum {
    steps: Vec<Step>,
    true_peak: f32,
}

impl Default for SongSpectrum {
    fn default() -> Self {
        Self {
            steps: vec![Step::EMPTY; STEPS],
            true_peak: 0.0,
        }
    }
}

impl SongSpectrum {
    /// Returns to the initial state.
    pub(super) fn reset(&mut self) {
        self.steps.fill(Step::EMPTY);
        self.true_peak = 0.0;
    }

    /// Adds a frame above the silence gate.
    pub(super) fn push(&mut self, frame: &Frame) {
        let above = (lufs(frame.weighted) - LOWEST_LUFS).max(0.0);
        let step = samples(above).min(STEPS - 1);
        let [mid, side] = [&frame.thirds_mid, &frame.thirds_side];
        let power = |x: &f32| f64::from(*x);
        self.steps[step].add(1, mid.iter().map(power), side.iter().map(power));
        self.true_peak = self.true_peak.max(frame.true_peak);
    }

    /// The highest true peak, linear.
    pub(super) fn true_peak(&self) -> f32 {
        self.true_peak
    }

    /// The sums of mid and side over the frames that are at most 20 dB softer than the loudest tenth, and their number.
    pub(super) fn loud(&self) -> ([f64; THIRD_OCTAVES], [f64; THIRD_OCTAVES], f64) {
        let all: u64 = self.steps.iter().map(|step| step.frames).sum();
        let mut before = 0.0;
        let loud = self.steps.iter().position(|step| {
            before += count_frames(step.frames);
            before > LOUD * count_frames(all)
        });
        let gate = loud.unwrap_or(0).saturating_sub(GATE);
        let mut sum = Step::EMPTY;
        for step in &self.steps[gate..] {
            sum.add(step.frames, step.mid.into_iter(), step.side.into_iter());
        }
        (sum.mid, sum.side, count_frames(sum.frames))
    }
}

/// A number of frames; no song has 2^32.
fn count_frames(frames: u64) -> f64 {
    count(usize::try_from(frames).unwrap_or(usize::MAX))
}
