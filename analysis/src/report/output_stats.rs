//! Statistics of the output.

use serde::Serialize;

/// Statistics of the chain's output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutputStats {
    /// Gated loudness, LUFS.
    pub loudness_lufs: f32,
    /// Highest true peak, dBTP.
    pub true_peak_dbtp: f32,
    /// True peak minus loudness, dB.
    pub plr_db: f32,
    /// Loudness range, LU.
    pub range_lu: f32,
    /// Level of each anchor in both channels, dBFS.
    pub anchors_db: [f32; 4],
    /// Level of each anchor in the mono sum, dBFS.
    pub mono_anchors_db: [f32; 4],
    /// Level of the side against the middle, dB.
    pub side_db: f32,
    /// Mean rise of the spectrum at the steepest twentieth of all frames, dB.
    pub front_db: f32,
    /// How far the loud moments near 110 Hz, 300 Hz, 3.2 kHz and 7.5 kHz stand above the median moment there, dB.
    pub moments_db: [f32; 4],
    /// Mean reduction by the limiter at the strongest moment of each frame, dB.
    pub limiting_db: f32,
}
