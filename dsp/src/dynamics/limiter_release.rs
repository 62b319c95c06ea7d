//! The release of the limiter.
//!
//! A fast part follows each peak; a slow part holds the average reduction of dense music, so that the gain doesn't pump.
//! The lower of both is the gain. No delay, no allocation.

use crate::{LimiterStyle, QUANTUM, block::quantum::Lane, math};

/// The recovery of the gain, for the long and the short attack of both channels side by side.
#[derive(Clone, Copy, Debug)]
pub struct LimiterRelease {
    rate_hz: f64,
    release_ms: f32,
    style: LimiterStyle,
    fast_rise: f32,
    slow_rise: f32,
    slow_fall: f32,
    fast: [f32; 4],
    slow: [f32; 4],
}

/// Time in which the slow part reaches the average reduction.
const SLOW_FALL_MS: f64 = 200.0;
/// Reductions below this (1e-5 dB) end.
const SNAP: f32 = 1e-6;

impl Default for LimiterRelease {
    fn default() -> Self {
        Self {
            rate_hz: 48_000.0,
            release_ms: 0.0,
            style: LimiterStyle::Clean,
            fast_rise: 1.0,
            slow_rise: 1.0,
            slow_fall: 1.0,
            fast: [1.0; 4],
            slow: [1.0; 4],
        }
    }
}

impl LimiterRelease {
    /// Sets the sample rate; the next `set` computes the coefficients.
    pub fn prepare(&mut self, rate_hz: f64) {
        self.rate_hz = rate_hz;
        self.release_ms = 0.0;
        self.slow_fall = math::narrow(math::one_pole(SLOW_FALL_MS, rate_hz));
    }

    /// Sets all gains to 1.
    pub fn reset(&mut self) {
        self.fast = [1.0; 4];
        self.slow = [1.0; 4];
    }

    /// Sets the release time, ms. Clean takes it after single peaks and four times as long after dense music, Punch half
    /// of it and twice as long, Loud a quarter of it always.
    pub fn set(&mut self, release_ms: f32, style: LimiterStyle) {
        if release_ms == self.release_ms && style == self.style {
            return;
        }
        self.release_ms = release_ms;
        self.style = style;
        let (fast, slow) = match style {
            LimiterStyle::Clean => (1.0, 4.0),
            LimiterStyle::Punch => (0.5, 2.0),
            LimiterStyle::Loud => (0.25, 0.25),
        };
        let rise = |factor: f64| {
            math::narrow(math::one_pole(f64::from(release_ms) * factor, self.rate_hz))
        };
        self.fast_rise = rise(fast);
        self.slow_rise = rise(slow);
    }

    /// Replaces the held minima of long left, long right, short left and short right by gains that recover.
    #[inline(always)]
    pub fn process(&mut self, held: &mut [Lane; 4]) {
        let Self {
            fast_rise,
            slow_rise,
            slow_fall,
            mut fast,
            mut slow,
            ..
        } = *self;
        // Four gains side by side, so that one instruction updates them all.
        let mut rows = [[0.0_f32; 4]; QUANTUM];
        for (k, lane) in held.iter().enumerate() {
            for (row, value) in rows.iter_mut().zip(lane) {
                row[k] = *value;
            }
        }
        for row in &mut rows {
            for k in 0..4 {
                let rising = fast[k] + fast_rise * (row[k] - fast[k]);
                fast[k] = if row[k] < fast[k] { row[k] } else { rising };
                let rate = if row[k] < slow[k] {
                    slow_fall
                } else {
                    slow_rise
                };
                slow[k] += rate * (row[k] - slow[k]);
                row[k] = if slow[k] < fast[k] { slow[k] } else { fast[k] };
            }
        }
        for (k, lane) in held.iter_mut().enumerate() {
            for (row, value) in rows.iter().zip(lane) {
                *value = row[k];
            }
        }
        for k in 0..4 {
            let idle = held[k][QUANTUM - 1] > 1.0 - SNAP;
            self.fast[k] = if idle { 1.0 } else { fast[k] };
            self.slow[k] = if idle { 1.0 } else { slow[k] };
        }
    }
}
