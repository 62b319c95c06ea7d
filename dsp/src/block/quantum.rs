//! The unit of work: sixteen frames of two channels.

use crate::{QUANTUM, lanes, simd::isa::Isa};

/// One channel's samples of a quantum.
pub type Lane = [f32; QUANTUM];

/// A quantum of stereo audio. A mono signal travels as two equal channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantum {
    /// Left and right.
    pub channels: [Lane; 2],
}

impl Quantum {
    /// Silence.
    pub const SILENCE: Self = Self {
        channels: [[0.0; QUANTUM]; 2],
    };

    /// Mid and side of left and right: half the sum and half the difference.
    #[inline(always)]
    #[must_use]
    pub fn to_mid_side(&self) -> Self {
        let [left, right] = &self.channels;
        Self {
            channels: [
                lanes!(i => 0.5 * (left[i] + right[i])),
                lanes!(i => 0.5 * (left[i] - right[i])),
            ],
        }
    }

    /// Left and right of mid and side.
    #[inline(always)]
    #[must_use]
    pub fn to_left_right(&self) -> Self {
        let [mid, side] = &self.channels;
        Self {
            channels: [lanes!(i => mid[i] + side[i]), lanes!(i => mid[i] - side[i])],
        }
    }

    /// The highest absolute value of both channels.
    #[inline(always)]
    #[must_use]
    pub fn peak(&self) -> f32 {
        peak(&self.channels[0]).max(peak(&self.channels[1]))
    }
}

/// The highest absolute value. The halves are compared first, so that the lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn peak(lane: &Lane) -> f32 {
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    let eight = lanes!(i, 8 => higher(lane[i].abs(), lane[i + 8].abs()));
    let four = lanes!(i, 4 => higher(eight[i], eight[i + 4]));
    higher(higher(four[0], four[1]), higher(four[2], four[3]))
}

/// The sum of the squares. The halves are added first, so that the lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn energy<I: Isa>(lane: &Lane) -> f32 {
    let eight = lanes!(i, 8 => I::mul_add(lane[i], lane[i], lane[i + 8] * lane[i + 8]));
    let four = lanes!(i, 4 => eight[i] + eight[i + 4]);
    (four[0] + four[1]) + (four[2] + four[3])
}
