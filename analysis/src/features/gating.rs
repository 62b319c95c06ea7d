//! Gated loudness (ITU-R BS.1770) and loudness range (EBU Tech 3342) of a window.
//!
//! Blocks begin every 80 ms instead of 100 ms, because frames last 40 ms. `flow_dsp`'s meter uses 100 ms, so its results
//! would differ. Silent frames leave no gaps.

use flow_dsp::math::{count, narrow};
use flow_dsp::{ABSOLUTE_GATE_LUFS, lufs};

use super::units::FRAMES_PER_SECOND;

const BLOCK_FRAMES: usize = FRAMES_PER_SECOND * 2 / 5;
const SHORT_TERM_FRAMES: usize = FRAMES_PER_SECOND * 3;
const HOP_FRAMES: usize = 2;

/// Mean squares of overlapping blocks.
fn blocks(weighted: &[f64], frames: usize) -> Vec<f64> {
    let frames = frames.min(weighted.len()).max(1);
    let blocks = weighted.windows(frames).step_by(HOP_FRAMES);
    blocks
        .map(|block| block.iter().sum::<f64>() / count(frames))
        .filter(|energy| lufs(*energy) >= ABSOLUTE_GATE_LUFS)
        .collect()
}

/// Removes the blocks below the relative gate of `gate_lu` against the mean of all.
fn gated(mut blocks: Vec<f64>, gate_lu: f64) -> Vec<f64> {
    let gate = mean_lufs(&blocks) + gate_lu;
    blocks.retain(|energy| lufs(*energy) >= gate);
    blocks
}

fn mean_lufs(blocks: &[f64]) -> f64 {
    if blocks.is_empty() {
        return f64::NEG_INFINITY;
    }
    lufs(blocks.iter().sum::<f64>() / count(blocks.len()))
}

/// Integrated loudness, LUFS; −∞ for silence.
pub(super) fn integrated_lufs(weighted: &[f64]) -> f32 {
    narrow(mean_lufs(&gated(blocks(weighted, BLOCK_FRAMES), -10.0)))
}

/// Loudness range, LU; 0 for less than 3 s.
pub(super) fn range_lu(weighted: &[f64]) -> f32 {
    if weighted.len() < SHORT_TERM_FRAMES {
        return 0.0;
    }
    let mut blocks = gated(blocks(weighted, SHORT_TERM_FRAMES), -20.0);
    if blocks.is_empty() {
        return 0.0;
    }
    blocks.sort_by(f64::total_cmp);
    let at = |percent: usize| lufs(blocks[(blocks.len() - 1) * percent / 100]);
    narrow(at(95) - at(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mean square of this loudness.
    fn energy(lufs: f64) -> f64 {
        flow_dsp::math::gain_from_db(2.0 * (lufs + 0.691)).abs()
    }

    #[test]
    fn integrated_loudness_excludes_quiet_parts() {
        let mut frames = vec![energy(-36.0); 250];
        frames.extend([energy(-23.0); 500]);
        assert!((integrated_lufs(&frames) + 23.0).abs() < 0.1);
        assert_eq!(integrated_lufs(&[0.0; 100]), f32::NEG_INFINITY);
        assert_eq!(integrated_lufs(&[]), f32::NEG_INFINITY);
    }

    #[test]
    fn loudness_range_of_ebu_tech_3342_case_1_is_10_lu() {
        let mut frames = vec![energy(-20.0); 500];
        frames.extend([energy(-30.0); 500]);
        assert!((range_lu(&frames) - 10.0).abs() < 1.0);
        assert_eq!(range_lu(&[energy(-20.0); 60]), 0.0);
    }
}
