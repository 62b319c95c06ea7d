//! Loud moments: the level of a band in the loudest tenth of its frames, against the program around them.
//!
//! A louder section lifts the band and the program alike, so it is no loud moment. `models/styles/measure.py` measures the
//! songs of the styles in the same way, in moments of 60 ms instead of frames of 100 ms: peaks read a little lower here.

use std::collections::VecDeque;
use std::ops::Range;

use flow_dsp::{MOMENT_BANDS_HZ, MOMENT_BANDS_Q, StyleTarget};

use super::bands::THIRD_OCTAVES;
use super::frame::Frame;
use super::units::{FRAMES_PER_SECOND, level_db, percentile, ratio_db};

/// The share of the frames that a loud moment is louder than.
const LOUD_SHARE: f64 = 0.9;

/// Time constant of the program's level, frames: 3 s.
const PROGRAM_FRAMES: usize = 3 * FRAMES_PER_SECOND;

/// The ranges of the three-band compressor that hold the loud moments of the first three bands, Hz. The third octave of
/// 160 Hz may belong to the first or to the second.
pub(crate) const BANDS_THAT_HOLD_HZ: [Range<f32>; 3] = [0.0..200.0, 160.0..800.0, 2200.0..f32::MAX];

/// The loud moments near 110 Hz, 300 Hz, 3.2 kHz and 7.5 kHz.
pub(super) struct LoudMoments {
    /// Level against the program, dB.
    pub(super) level_db: [f32; 4],
    /// Height above the median moment, dB.
    pub(super) height_db: [f32; 4],
    /// Level in [`BANDS_THAT_HOLD_HZ`] in the same moments: that of a sine of the same power in both channels, dBFS.
    pub(super) peak_db: [f32; 3],
}

impl LoudMoments {
    /// Frames below the gate don't count.
    pub(super) fn of(frames: &VecDeque<Frame>, gate: f64) -> Self {
        let program = program(frames);
        // A short window has no frame with a whole program before it.
        let first = if frames.len() > 2 * PROGRAM_FRAMES {
            PROGRAM_FRAMES
        } else {
            0
        };
        let counted: Vec<(&Frame, f64)> = frames
            .iter()
            .zip(program)
            .skip(first)
            .filter(|(frame, program)| frame.weighted >= gate && *program > 0.0)
            .collect();
        let relative = |band: &[f64; THIRD_OCTAVES]| -> Vec<f64> {
            let powers = counted
                .iter()
                .map(|(frame, program)| power(frame, band) / program);
            powers.collect()
        };
        let bands = MOMENT_BANDS_HZ.map(comfort_band);
        let powers = bands.each_ref().map(relative);
        let at = |i: usize, share: f64| percentile(powers[i].iter().copied(), share);
        let loud = std::array::from_fn(|i| at(i, LOUD_SHARE));
        Self {
            level_db: loud.map(level_db),
            height_db: std::array::from_fn(|i| ratio_db(loud[i], at(i, 0.5))),
            peak_db: std::array::from_fn(|i| {
                let range = &BANDS_THAT_HOLD_HZ[i];
                let hz = StyleTarget::third_octaves_hz();
                let band = std::array::from_fn(|i| f64::from(range.contains(&hz[i])));
                let moments = counted.iter().zip(&powers[i]);
                let moments = moments.filter(|(_, power)| **power >= loud[i]);
                let level = percentile(moments.map(|((frame, _), _)| power(frame, &band)), 0.5);
                level_db(2.0 * level)
            }),
        }
    }
}

/// The power of the program at each frame: a mean over the frames so far in which old ones fade.
fn program(frames: &VecDeque<Frame>) -> impl Iterator<Item = f64> + '_ {
    let fade = (-1.0 / flow_dsp::math::count(PROGRAM_FRAMES)).exp();
    frames.iter().scan((0.0, 0.0), move |(sum, weight), frame| {
        *sum = fade * *sum + power(frame, &[1.0; THIRD_OCTAVES]);
        *weight = fade * *weight + 1.0;
        Some(*sum / *weight)
    })
}

/// The weight of each third octave in a band of Comfort.
fn comfort_band(center_hz: f64) -> [f64; THIRD_OCTAVES] {
    std::array::from_fn(|i| {
        let hz = f64::from(StyleTarget::third_octaves_hz()[i]);
        let detuning = MOMENT_BANDS_Q * (hz / center_hz - center_hz / hz);
        1.0 / (1.0 + detuning * detuning)
    })
}

/// The power of a frame in a band, which is the weight of each third octave.
fn power(frame: &Frame, band: &[f64; THIRD_OCTAVES]) -> f64 {
    let thirds = band.iter().zip(&frame.thirds_mid).zip(&frame.thirds_side);
    thirds.map(|((w, m), s)| w * f64::from(m + s)).sum()
}
