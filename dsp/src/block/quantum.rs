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
    pub fn peak<I: Isa>(&self) -> f32 {
        let [left, right] = &self.channels;
        I::highest_of_eight(I::higher_eight(peaks::<I>(left), peaks::<I>(right)))
    }
}

/// The higher absolute value of each sample of the first half and its counterpart in the second one.
#[inline(always)]
fn peaks<I: Isa>(lane: &Lane) -> I::Eight {
    let [first, second] = [I::load(lane), I::load(&lane[QUANTUM / 2..])];
    I::higher_eight(I::abs_eight(first), I::abs_eight(second))
}

/// The highest absolute value.
#[inline(always)]
#[must_use]
pub fn peak<I: Isa>(lane: &Lane) -> f32 {
    I::highest_of_eight(peaks::<I>(lane))
}

/// The sum of the squares.
#[inline(always)]
#[must_use]
pub fn energy<I: Isa>(lane: &Lane) -> f32 {
    let [first, second] = [I::load(lane), I::load(&lane[QUANTUM / 2..])];
    I::sum_of_eight(I::mul_add_eight(first, first, I::mul_eight(second, second)))
}
