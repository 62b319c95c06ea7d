//! The limiter's gain: the way from required gains over the sliding minimum, the holds and the release to a smooth gain.
//!
//! Allocates in `new` only.

use super::{
    limiter_release::LimiterRelease,
    low_frequency_hold::{LowFrequencyHold, LowLevel},
};
use crate::{
    QUANTUM,
    block::{moving_average::MovingAverage, quantum::Lane, sliding_minimum::SlidingMinimum},
    lanes,
    simd::isa::Isa,
};

/// Lengths in samples. The samples around a peak get its gain too, because all of them shape the peak between the samples.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Length of each of the three averages, a power of two.
    pub average: usize,
    /// Lookahead behind the interpolator.
    pub lookahead: usize,
    /// Window of the minimum.
    pub window: usize,
    /// Delay of the minimum. The low frequencies are not delayed, because their filter is slow itself.
    pub delay: usize,
    /// Quanta of ones after which all memories are ones.
    pub memory_quanta: usize,
}

impl Geometry {
    /// The lengths at a sample rate.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        // About 0.35 ms each.
        let average = if rate_hz < 35_000.0 {
            8
        } else if rate_hz < 66_000.0 {
            16
        } else if rate_hz < 132_000.0 {
            32
        } else if rate_hz < 264_000.0 {
            64
        } else if rate_hz < 528_000.0 {
            128
        } else {
            256
        };
        let (hold_before, hold_after): (usize, usize) = (7, 12);
        let slope = 3 * average - 3;
        let lookahead = 6 * average;
        // The sliding minimum takes whole quanta. Rounding up holds the gain a little longer after the peak.
        let window = (slope + hold_before + hold_after).next_multiple_of(QUANTUM);
        let delay = lookahead - slope - hold_before;
        Self {
            average,
            lookahead,
            window,
            delay,
            memory_quanta: (delay + window + slope).div_ceil(QUANTUM) + 4,
        }
    }
}

/// The way from a required gain to the gain.
#[derive(Clone, Debug)]
pub struct GainPath {
    minimum: SlidingMinimum,
    hold: LowFrequencyHold,
    /// The release, whose times the limiter sets.
    pub release: LimiterRelease,
    average: MovingAverage,
    /// Quanta since anything but 1 went in or came out of the release.
    idle_quanta: usize,
    memory_quanta: usize,
}

impl GainPath {
    /// A path for a sample rate, whose gain is 1. Allocates.
    #[must_use]
    pub fn new(rate_hz: f64, geometry: Geometry) -> Self {
        let mut release = LimiterRelease::default();
        release.prepare(rate_hz);
        Self {
            minimum: SlidingMinimum::new(geometry.window, geometry.delay),
            hold: LowFrequencyHold::new(rate_hz),
            release,
            average: MovingAverage::new(geometry.average),
            idle_quanta: geometry.memory_quanta,
            memory_quanta: geometry.memory_quanta,
        }
    }

    /// Sets the gain to 1.
    pub fn reset(&mut self) {
        self.minimum.reset();
        self.hold.reset();
        self.release.reset();
        self.average.reset();
        self.idle_quanta = self.memory_quanta;
    }

    /// Takes over the state of another one of the same rate. Doesn't allocate.
    pub fn copy_from(&mut self, other: &Self) {
        self.minimum.copy_from(&other.minimum);
        self.hold = other.hold;
        self.release = other.release;
        self.average.copy_from(&other.average);
        self.idle_quanta = other.idle_quanta;
    }

    /// Joins the holds of two paths that get equal required gains and levels from now on.
    pub fn join_hold(&mut self, other: &mut Self) {
        self.hold.join(&mut other.hold);
    }

    /// Whether two that have got equal required gains over the length of their memories give equal gains from now on, once
    /// their releases have met.
    #[must_use]
    pub fn have_met(&mut self, other: &mut Self) -> bool {
        self.release.meet(&mut other.release);
        self.release == other.release && self.hold == other.hold
    }

    /// The gain for required gains of at most 1 and levels of low frequencies relative to the ceiling. None is a gain of
    /// exactly 1.
    #[inline(always)]
    pub fn process<I: Isa, const SKIPS: bool>(
        &mut self,
        required: &Lane,
        low: LowLevel,
    ) -> Option<Lane> {
        let lowest_required = lowest_of(required);
        let low_gain = self.hold.process(1.0 / lowest_required, low);
        if lowest_required < 1.0 {
            self.idle_quanta = 0;
        }
        if SKIPS && self.idle_quanta >= self.memory_quanta {
            return None;
        }
        let mut gain = self.minimum.process::<I>(required);
        let lowest = lower(lowest_of(&gain), low_gain);
        self.release.process::<I>(&mut gain, lowest);
        let is_idle = lowest_required == 1.0 && lowest == 1.0 && self.release.is_idle();
        self.idle_quanta = if is_idle { self.idle_quanta + 1 } else { 0 };
        self.average.process::<I>(&mut gain);
        Some(gain)
    }
}

/// The higher of two.
#[inline(always)]
#[must_use]
pub fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The lower of two.
#[inline(always)]
#[must_use]
pub fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The lowest value. The halves are compared first, so that the lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn lowest_of(lane: &Lane) -> f32 {
    let eight = lanes!(i, 8 => lower(lane[i], lane[i + 8]));
    let four = lanes!(i, 4 => lower(eight[i], eight[i + 4]));
    lower(lower(four[0], four[1]), lower(four[2], four[3]))
}
