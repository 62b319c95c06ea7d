//! Loud moments: the level of a band in the loudest tenth of its frames.

use std::collections::VecDeque;
use std::ops::Range;

use flow_dsp::math::{db_from_gain, narrow};
use flow_dsp::{MOMENT_BANDS_HZ, MOMENT_BANDS_Q, StyleTarget};

use super::bands::THIRD_OCTAVES;
use super::frame::Frame;
use super::units::{level_db, percentile, ratio_db};

/// The share of the frames that a loud moment is louder than.
const LOUD_SHARE: f64 = 0.9;

/// The ranges of the three-band compressor that hold one of the first three bands of [`loud_moments_db`], Hz.
pub(crate) const WIDE_MOMENTS_HZ: [Range<f32>; 3] = [0.0..200.0, 160.0..800.0, 2200.0..f32::MAX];

/// Level in the bands of Comfort, by their response at the third octaves, against the power of `all`, dB. A frame is longer
/// than Comfort's moment (100 ms, 60 there): peaks read a little lower. Frames below the `gate` don't count.
pub(super) fn loud_moments_db(frames: &VecDeque<Frame>, all: f64, gate: f64) -> [f32; 4] {
    comfort_bands().map(|band| {
        let level = power(frames, gate, &band, LOUD_SHARE) / all;
        narrow(db_from_gain(level.max(1e-12)) * 0.5)
    })
}

/// How far the loud moments of the same bands stand above their median moment, dB.
pub(super) fn moment_dynamics_db(frames: &VecDeque<Frame>, gate: f64) -> [f32; 4] {
    comfort_bands().map(|band| {
        let [loud, median] = [LOUD_SHARE, 0.5].map(|share| power(frames, gate, &band, share));
        ratio_db(loud, median)
    })
}

/// Level in the ranges [`WIDE_MOMENTS_HZ`], as that of a sine of the same power, dBFS.
pub(super) fn wide_moments_db(frames: &VecDeque<Frame>, gate: f64) -> [f32; 3] {
    WIDE_MOMENTS_HZ.map(|range| {
        let is_inside = |i: usize| range.contains(&StyleTarget::third_octaves_hz()[i]);
        let band = std::array::from_fn(|i| if is_inside(i) { 1.0 } else { 0.0 });
        level_db(2.0 * power(frames, gate, &band, LOUD_SHARE))
    })
}

fn comfort_bands() -> [[f64; THIRD_OCTAVES]; 4] {
    MOMENT_BANDS_HZ.map(|center_hz| {
        std::array::from_fn(|i| {
            let hz = f64::from(StyleTarget::third_octaves_hz()[i]);
            let detuning = MOMENT_BANDS_Q * (hz / center_hz - center_hz / hz);
            1.0 / (1.0 + detuning * detuning)
        })
    })
}

/// The power that a share of the frames stays below in a band, which is the weight of each third octave.
fn power(frames: &VecDeque<Frame>, gate: f64, band: &[f64; THIRD_OCTAVES], share: f64) -> f64 {
    let of_frame = |f: &Frame| -> f64 {
        let thirds = band.iter().zip(&f.thirds_mid).zip(&f.thirds_side);
        thirds.map(|((w, m), s)| w * f64::from(m + s)).sum()
    };
    let sounding = frames.iter().filter(|f| f.weighted >= gate);
    percentile(sounding.map(of_frame), share)
}
