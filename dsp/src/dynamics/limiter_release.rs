//! The release of the limiter.
//!
//! A fast part follows each peak, so that single peaks pass quickly. A slow part holds a share of the reduction of dense
//! music, so that the gain moves less there. The lower of both is the gain. No delay, no allocation.
//!
//! Both recover at the end of each quantum, from the lowest gain that the quantum needs; between the ends the gain moves
//! in straight lines, which the limiter's averages smooth. Reductions, 1 − gain, decay geometrically in double precision.
//! So they never stall, and end at exactly zero.

use crate::{
    LimiterStyle, QUANTUM,
    block::{quantum::Lane, ramp::Segment},
    math,
    simd::isa::Isa,
};

/// The recovery of one gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimiterRelease {
    quanta_hz: f64,
    release_ms: f32,
    style: LimiterStyle,
    fast_rise: f64,
    slow_rise: f64,
    slow_fall: f64,
    slow_share: f64,
    reductions: Reductions,
}

/// Reductions, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Reductions {
    fast: f64,
    slow: f64,
}

/// Time in which the slow part reaches the average reduction.
const SLOW_FALL_MS: f64 = 200.0;
/// Reductions below this (1e-6 dB) end.
const SNAP: f64 = 1e-7;

impl Default for LimiterRelease {
    fn default() -> Self {
        let mut release = Self {
            quanta_hz: 1.0,
            release_ms: 0.0,
            style: LimiterStyle::Clean,
            fast_rise: 1.0,
            slow_rise: 1.0,
            slow_fall: 1.0,
            slow_share: 0.0,
            reductions: Reductions::default(),
        };
        release.prepare(48_000.0);
        release
    }
}

impl LimiterRelease {
    /// Sets the sample rate; the next `set` computes the coefficients.
    pub fn prepare(&mut self, rate_hz: f64) {
        self.quanta_hz = rate_hz / math::count(QUANTUM);
        self.release_ms = 0.0;
        self.slow_fall = math::one_pole(SLOW_FALL_MS, self.quanta_hz);
    }

    /// Sets the gain to 1.
    pub fn reset(&mut self) {
        self.reductions = Reductions::default();
    }

    /// Whether the gain is exactly 1.
    #[inline(always)]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.reductions == Reductions::default()
    }

    /// Ends a difference of two releases that get the same gains, once it is below 1e-6 dB: both take the stricter value. By
    /// themselves they would approach each other, and stop a rounding error apart.
    pub fn meet(&mut self, other: &mut Self) {
        let (a, b) = (self.reductions, other.reductions);
        if (a.fast - b.fast).abs() < SNAP && (a.slow - b.slow).abs() < SNAP {
            self.reductions = Reductions {
                fast: a.fast.max(b.fast),
                slow: a.slow.max(b.slow),
            };
            other.reductions = self.reductions;
        }
    }

    /// Sets the time in which the slow part recovers, ms. Single peaks recover in a part of it.
    #[inline(always)]
    pub fn set(&mut self, release_ms: f32, style: LimiterStyle) {
        if release_ms != self.release_ms || style != self.style {
            self.compute(release_ms, style);
        }
    }

    #[inline(never)]
    fn compute(&mut self, release_ms: f32, style: LimiterStyle) {
        self.release_ms = release_ms;
        self.style = style;
        let (fast, share) = match style {
            LimiterStyle::Clean => (1.0 / 300.0, 0.2),
            LimiterStyle::Punch => (1.0 / 12.0, 0.7),
            LimiterStyle::Loud => (1.0 / 1000.0, 0.0),
        };
        let rise = |factor: f64| math::one_pole(f64::from(release_ms) * factor, self.quanta_hz);
        self.fast_rise = rise(fast);
        self.slow_rise = rise(1.0);
        self.slow_share = share;
    }

    /// Replaces the held gains by gains that recover. `lowest` is the lowest that the quantum needs.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, held: &mut Lane, lowest: f32) {
        let start = self.gain();
        let end = self.advance(lowest);
        let line = Segment { start, end }.lane::<I>();
        for (held, line) in held.iter_mut().zip(line) {
            *held = if line < *held { line } else { *held };
        }
    }

    /// The gain at the end of a quantum that needs a gain of `lowest`.
    #[inline(always)]
    pub fn advance(&mut self, lowest: f32) -> f32 {
        let needed = 1.0 - f64::from(lowest);
        let Reductions { fast, slow } = &mut self.reductions;
        let falling = *fast + self.fast_rise * (needed - *fast);
        *fast = if needed > falling { needed } else { falling };
        let share = self.slow_share * needed;
        let rate = if share > *slow {
            self.slow_fall
        } else {
            self.slow_rise
        };
        *slow += rate * (share - *slow);
        if needed == 0.0 {
            for reduction in [fast, slow] {
                *reduction = if *reduction < SNAP { 0.0 } else { *reduction };
            }
        }
        self.gain()
    }

    #[inline(always)]
    fn gain(&self) -> f32 {
        let Reductions { fast, slow } = self.reductions;
        math::narrow(1.0 - if slow > fast { slow } else { fast })
    }
}
