//! The measurements of a trial.

use flow_dsp::math::{count, narrow};

use crate::features::{AnalysisWindow, Anchor, Frame, THIRD_OCTAVES, level_db};
use crate::report::{Effect, OutputStats};

/// The share of frames with the steepest rises, which are the fronts of transients.
const FRONT_SHARE: usize = 20;

impl OutputStats {
    /// Measures a window of output. `limiting_db` is the limiter's mean reduction.
    pub(super) fn of(window: &AnalysisWindow, limiting_db: f32) -> Self {
        let summary = window.summary();
        let frames = window.frames();
        let mean = |of: fn(&Frame) -> &[f32; THIRD_OCTAVES]| {
            let mut sums = [0.0_f64; THIRD_OCTAVES];
            for frame in frames {
                for (sum, power) in sums.iter_mut().zip(of(frame)) {
                    *sum += f64::from(*power);
                }
            }
            sums.map(|sum| sum / count(frames.len()).max(1.0))
        };
        let (mid, side) = (mean(|f| &f.thirds_mid), mean(|f| &f.thirds_side));
        let power = |bands: &[f64; THIRD_OCTAVES], anchor: Anchor| -> f64 {
            bands[anchor.third_octaves()].iter().sum()
        };
        let mut rises: Vec<f32> = frames.iter().map(|frame| frame.flux_db).collect();
        rises.sort_by(f32::total_cmp);
        let fronts = &rises[rises.len() - rises.len() / FRONT_SHARE..];
        Self {
            loudness_lufs: summary.integrated_lufs,
            true_peak_dbtp: summary.true_peak_dbtp,
            plr_db: summary.plr_db,
            range_lu: summary.loudness_range_lu,
            anchors_db: Anchor::ALL.map(|a| level_db(power(&mid, a) + power(&side, a))),
            mono_anchors_db: Anchor::ALL.map(|a| level_db(power(&mid, a))),
            side_db: summary.side_db,
            front_db: fronts.iter().sum::<f32>() / narrow(count(fronts.len().max(1))),
            moments_db: summary.moment_height_db,
            limiting_db,
        }
    }

    /// The change from these to other figures.
    pub(super) fn effect_to(&self, after: &Self) -> Effect {
        Effect {
            anchors_db: std::array::from_fn(|i| after.anchors_db[i] - self.anchors_db[i]),
            side_db: after.side_db - self.side_db,
            mono_bass_db: after.mono_anchors_db[0] - self.mono_anchors_db[0],
            loudness_lu: difference(after.loudness_lufs, self.loudness_lufs),
            plr_db: after.plr_db - self.plr_db,
            moments_db: std::array::from_fn(|i| after.moments_db[i] - self.moments_db[i]),
            limiting_db: after.limiting_db - self.limiting_db,
        }
    }
}

/// The difference of two levels; 0 if either is silence.
pub(super) fn difference(a: f32, b: f32) -> f32 {
    if a.is_finite() && b.is_finite() {
        a - b
    } else {
        0.0
    }
}
