//! Features of one frame of audio.

use super::bands::{MEL_BANDS, RESONANCE_BANDS, THIRD_OCTAVES};

/// Features of 40 ms of audio. Spectra cover the 100 ms that end there. Levels are mean squares: a full-scale sine in both
/// channels has a mid level of −3 dB.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Level of (left + right)/2 in each mel band, dB.
    pub mel_mid_db: [f32; MEL_BANDS],
    /// Level of (left − right)/2, dB.
    pub mel_side_db: [f32; MEL_BANDS],
    /// Power of mid in each third octave.
    pub thirds_mid: [f32; THIRD_OCTAVES],
    /// Power of side in each third octave.
    pub thirds_side: [f32; THIRD_OCTAVES],
    /// How far the valleys of mid's spectrum in each twelfth octave from 252 Hz to 7.2 kHz stand above those around it, over
    /// 400 ms that end at most 120 ms before the frame does, dB.
    pub prominence_db: [f32; RESONANCE_BANDS],
    /// Number of third octaves below half the sample rate.
    pub third_octave_count: usize,
    /// Mean square after K-weighting (ITU-R BS.1770), both channels added.
    pub weighted: f64,
    /// Mean squares of left and right.
    pub powers: [f64; 2],
    /// Mean of left times right.
    pub product: f64,
    /// Means of left and right: the DC offsets.
    pub means: [f64; 2],
    /// Mean square between 6 and 20 Hz, both channels added.
    pub infrasonic: f64,
    /// Highest point of the eightfold interpolated signal, linear.
    pub true_peak: f32,
    /// Number of runs of equal samples near the peak, as in clipped signals.
    pub clipped_runs: u32,
    /// Periodicity of mid, about 0 to 1. It is 1 if all partials belong to one tone.
    pub periodicity: f32,
    /// Pitch, Hz; 0 without one.
    pub pitch_hz: f32,
    /// Spectral flux: mean rise of mid's mel bands up to 10 kHz since the previous frame, dB, at least 0.
    pub flux_db: f32,
}
