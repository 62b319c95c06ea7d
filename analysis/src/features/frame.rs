//! Features of one frame of audio.

use super::bands::{MEL_BANDS, THIRD_OCTAVES};

/// What 40 ms of audio are like. Spectra are of the 100 ms that end there. Levels are mean squares, full scale is 1: a
/// full-scale sine in both channels has a mid of −3 dB.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Level of (left + right)/2 in each mel band, dB.
    pub mel_mid_db: [f32; MEL_BANDS],
    /// Level of (left − right)/2, dB.
    pub mel_side_db: [f32; MEL_BANDS],
    /// Power of mid in each third octave.
    pub thirds_mid: [f32; THIRD_OCTAVES],
    /// Power of side.
    pub thirds_side: [f32; THIRD_OCTAVES],
    /// Third octaves that the sample rate carries.
    pub third_octave_count: usize,
    /// Mean square after K-weighting (ITU-R BS.1770), both channels added.
    pub weighted: f64,
    /// Mean squares of left and right.
    pub powers: [f64; 2],
    /// Mean of left times right.
    pub product: f64,
    /// Means of left and right: their constant parts.
    pub means: [f64; 2],
    /// Highest point of the eightfold interpolated signal, linear.
    pub true_peak: f32,
    /// Flat tops: how often a channel stood still near its peak, as clipped signals do.
    pub clipped_runs: u32,
    /// How periodic mid is, about 0 to 1: 1 where all partials are those of one tone.
    pub periodicity: f32,
    /// Of its best period, Hz; 0 where there is none.
    pub pitch_hz: f32,
    /// How much the mel bands of mid up to 10 kHz rose since the frame before: mean over bands, dB, 0 or more.
    pub flux_db: f32,
}
