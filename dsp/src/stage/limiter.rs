//! The true-peak limiter.
//!
//! ```text
//! input ─┬─ delay ────────────────────────────────────────────────────────────── × ─ output
//!        └─ interpolator ─ required gain ─ link ─ sliding minimum ─ release ─ smoothing ┘
//! ```
//!
//! - The interpolator sees the signal between its samples, eight points a period. What a peak can rise above the
//!   nearest point is bounded by the curvature there and added (`required_gain`).
//! - The sliding minimum holds the strongest requirement over the whole lookahead, so a moving average of the same
//!   length over it can't rise above the requirement when the peak arrives: the ceiling is held by construction,
//!   not by clipping. Three moving averages in a row make a nearly Gaussian slope, whose spectrum decays fast enough
//!   that gain times signal has no peaks of its own between the samples.
//! - The release lies between the two, where any curve below the minimum is safe: a fast part that follows each
//!   peak, and a slow part that holds the average reduction of dense music, so that the gain doesn't pump.
//! - All averages are sums of pairs of sums of pairs …, never running sums: nothing drifts, and the gain of an idle
//!   limiter is exactly 1.
//!
//! Hold, release and smoothing over one length are the structure of Signalsmith Audio's "Designing a straightforward
//! limiter" (2022); the look between the samples and the windows by doubling are Flow's.

use crate::{
    LimiterSettings, LimiterStyle, QUANTUM, Spec,
    block::processor::Processor,
    block::quantum::{Lane, Lookback, Quantum},
    block::ramp::Ramp,
    block::{moving_average::MovingAverage, sliding_minimum::SlidingMinimum},
    filter::interpolator::{Interpolator, PHASES, Points, REACH},
    lanes, math,
    simd::isa::Isa,
};

/// Holds the true peak under the ceiling with a constant lookahead of about 2 ms, and of 52 samples below 35 kHz.
#[derive(Clone, Debug)]
pub struct Limiter {
    rate_hz: f64,
    geometry: Geometry,
    delay: [Lookback; 2],
    interpolators: Box<[Interpolator; 2]>,
    /// Last interpolated point before the coming quantum, which phase 0 is compared with.
    before: [f32; 2],
    minima: [SlidingMinimum; 2],
    release: Release,
    short_delay: [Lookback; 2],
    /// The averages of both attacks, left and right of the long one first, and the last one of the long attack.
    averages: MovingAverage<4>,
    longest: MovingAverage<2>,
    link: Ramp,
    punch: Ramp,
    ceiling: Ceiling,
    lowest_gain: f32,
}

/// The limiter aims this far below the ceiling. Up to 0.45 of the sample rate it isn't needed (torture signals end
/// 0.003 dB over the aim); above, where 40 taps begin to miss what lies between the samples, it pays for the rest.
const MARGIN_DB: f64 = 0.03;

/// Lengths in samples. `hold` samples around a peak have the peak's gain as well, because the peak between the
/// samples is made of all of them.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    /// Length of each of the three averages of the long attack; a power of two.
    average: usize,
    /// Lookahead after the interpolator.
    lookahead: usize,
    /// Window of the minimum for the long attack.
    long_window: usize,
    /// Window of the minimum for the short attack, and how much later it may begin.
    short_window: usize,
    short_delay: usize,
}

impl Geometry {
    fn new(rate_hz: f64) -> Self {
        // About 0.7 ms each; no shorter than 16 samples at the lowest rates, because what keeps the gain from making peaks
        // of its own is counted in samples.
        let average = if rate_hz < 35_000.0 {
            16
        } else if rate_hz < 66_000.0 {
            32
        } else if rate_hz < 132_000.0 {
            64
        } else if rate_hz < 264_000.0 {
            128
        } else if rate_hz < 528_000.0 {
            256
        } else {
            512
        };
        let (hold_before, hold_after) = (7, 12);
        let long = 3 * average - 3;
        let short = 3 * (average / 2) - 3;
        // Whole quanta, as the sliding minimum needs them: what that adds holds a little longer, after the peak.
        let window =
            |smoothing: usize| (smoothing + hold_before + hold_after).next_multiple_of(QUANTUM);
        Self {
            average,
            lookahead: long + hold_before,
            long_window: window(long),
            short_window: window(short),
            short_delay: long - short,
        }
    }
}

/// The ceiling as the inner loop needs it, computed when the setting changes.
#[derive(Clone, Copy, Debug)]
struct Ceiling {
    db: f32,
    gain: f32,
}

impl Limiter {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let mut limiter = Self {
            rate_hz: 0.0,
            geometry: Geometry::new(48_000.0),
            delay: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            interpolators: Box::new([const { Interpolator::new() }; 2]),
            before: [0.0; 2],
            minima: core::array::from_fn(|_| SlidingMinimum::new(1)),
            release: Release::new(),
            short_delay: core::array::from_fn(|_| Lookback::new(0, 1.0)),
            averages: MovingAverage::new(1, 1),
            longest: MovingAverage::new(1, 1),
            link: Ramp::new(),
            punch: Ramp::new(),
            ceiling: Ceiling { db: 0.0, gain: 1.0 },
            lowest_gain: 1.0,
        };
        limiter.prepare(Spec {
            sample_rate_hz: 48_000.0,
        });
        limiter
    }

    /// The lowest gain of the last quantum, 0 to 1.
    #[must_use]
    pub fn lowest_gain(&self) -> f32 {
        self.lowest_gain
    }

    /// Delay at a sample rate.
    #[must_use]
    pub fn latency_samples_at(rate_hz: f64) -> usize {
        REACH + Geometry::new(rate_hz).lookahead
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Limiter {
    type Settings = LimiterSettings;

    fn prepare(&mut self, spec: Spec) {
        let geometry = Geometry::new(spec.sample_rate_hz);
        self.rate_hz = spec.sample_rate_hz;
        self.geometry = geometry;
        self.delay = core::array::from_fn(|_| Lookback::new(REACH + geometry.lookahead, 0.0));
        self.minima = core::array::from_fn(|_| SlidingMinimum::new(geometry.long_window));
        self.short_delay = core::array::from_fn(|_| Lookback::new(geometry.short_delay, 1.0));
        self.averages = MovingAverage::new(1, geometry.average / 2);
        self.longest = MovingAverage::new(geometry.average / 2, geometry.average);
        self.link.prepare(spec);
        self.punch.prepare(spec);
        self.release.prepare(spec.sample_rate_hz);
        self.reset();
    }

    fn reset(&mut self) {
        self.delay.iter_mut().for_each(Lookback::reset);
        self.interpolators.iter_mut().for_each(Interpolator::reset);
        self.before = [0.0; 2];
        self.minima.iter_mut().for_each(SlidingMinimum::reset);
        self.short_delay.iter_mut().for_each(Lookback::reset);
        self.averages.reset();
        self.longest.reset();
        self.release.reset();
        self.link.reset();
        self.punch.reset();
        self.lowest_gain = 1.0;
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LimiterSettings, quantum: &mut Quantum) {
        if settings.ceiling_db != self.ceiling.db {
            let gain = math::narrow(math::gain_from_db(
                f64::from(settings.ceiling_db) - MARGIN_DB,
            ));
            self.ceiling = Ceiling {
                db: settings.ceiling_db,
                gain,
            };
        }
        self.release.set(settings.release_ms, settings.style);

        let mut required = [[1.0; QUANTUM]; 2];
        Interpolator::push::<I>(self.interpolators.each_mut(), quantum);
        for (c, required) in required.iter_mut().enumerate() {
            let points = self.interpolators[c].points::<I>();
            *required = required_gain::<I>(&points, &mut self.before[c], self.ceiling.gain);
        }
        let link = self.link.advance(settings.stereo_link).lane();
        for i in 0..QUANTUM {
            let both = if required[0][i] < required[1][i] {
                required[0][i]
            } else {
                required[1][i]
            };
            for lane in &mut required {
                lane[i] += link[i] * (both - lane[i]);
            }
        }

        let mut held = [[1.0; QUANTUM]; 4];
        for (c, required) in required.iter().enumerate() {
            self.minima[c].push(required);
            held[c] = self.minima[c].over(self.geometry.long_window);
            self.short_delay[c].push(&self.minima[c].over(self.geometry.short_window));
            held[2 + c] = self.short_delay[c].delayed(self.geometry.short_delay);
        }
        self.release.process(&mut held);

        let punch = self
            .punch
            .advance(if settings.style == LimiterStyle::Punch {
                1.0
            } else {
                0.0
            })
            .lane();
        self.averages.process(&mut held);
        let [mut long, short] = [[held[0], held[1]], [held[2], held[3]]];
        self.longest.process(&mut long);
        let mut lowest = 1.0_f32;
        for (c, channel) in quantum.channels.iter_mut().enumerate() {
            let (long, short) = (&long[c], &short[c]);
            self.delay[c].push(channel);
            let delayed = self.delay[c].delayed(REACH + self.geometry.lookahead);
            for i in 0..QUANTUM {
                let gain = long[i] + punch[i] * (short[i] - long[i]);
                lowest = if gain < lowest { gain } else { lowest };
                channel[i] = delayed[i] * gain;
            }
        }
        self.lowest_gain = lowest;
    }

    fn latency_samples(&self) -> usize {
        REACH + self.geometry.lookahead
    }
}

/// The gain that brings each period's true peak to the ceiling, at most 1.
///
/// A peak lies at most half a step from its nearest point; a parabola through that point and its neighbours rises
/// there by at most an eighth of the second difference. Adding that to every point is exact for the worst case and
/// over-reads by at most 0.13 dB at 0.45 of the rate, by 0.03 dB at 10 kHz and 44.1 kHz.
#[inline(always)]
fn required_gain<I: Isa>(points: &Points, before: &mut f32, ceiling: f32) -> Lane {
    let phases = &points.phases;
    let last = &phases[PHASES - 1];
    let mut first = [*before; QUANTUM];
    first[1..].copy_from_slice(&last[..QUANTUM - 1]);
    *before = last[QUANTUM - 1];

    let mut peak = bound::<I>([ceiling; QUANTUM], &first, &phases[0], &phases[1]);
    for p in 1..PHASES - 1 {
        peak = bound::<I>(peak, &phases[p - 1], &phases[p], &phases[p + 1]);
    }
    peak = bound::<I>(peak, &phases[PHASES - 2], last, &points.next);
    lanes!(i => ceiling / peak[i])
}

/// What the signal can reach near the points `here`, or `peak` if that is more.
#[inline(always)]
fn bound<I: Isa>(peak: Lane, left: &Lane, here: &Lane, right: &Lane) -> Lane {
    let second_differences = lanes!(i => I::mul_add(-2.0, here[i], left[i] + right[i]));
    let bounds = lanes!(i => I::mul_add(0.125, second_differences[i].abs(), here[i].abs()));
    lanes!(i => if bounds[i] > peak[i] { bounds[i] } else { peak[i] })
}

/// The recovery of the gain, for the long and the short attack of both channels at once.
#[derive(Clone, Copy, Debug)]
struct Release {
    rate_hz: f64,
    release_ms: f32,
    style: LimiterStyle,
    fast_rise: f32,
    slow_rise: f32,
    slow_fall: f32,
    fast: [f32; 4],
    slow: [f32; 4],
}

/// Time in which the slow part takes on the average reduction.
const SLOW_FALL_MS: f64 = 200.0;
/// A reduction of less than this (1e-5 dB) ends.
const SNAP: f32 = 1e-6;

impl Release {
    fn new() -> Self {
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

    fn prepare(&mut self, rate_hz: f64) {
        self.rate_hz = rate_hz;
        self.release_ms = 0.0;
        self.slow_fall = math::narrow(math::one_pole(SLOW_FALL_MS, rate_hz));
    }

    fn reset(&mut self) {
        self.fast = [1.0; 4];
        self.slow = [1.0; 4];
    }

    /// Clean recovers at the labelled time after single peaks and four times slower from dense music; Punch at half
    /// and twice the time; Loud at a quarter of it always.
    fn set(&mut self, release_ms: f32, style: LimiterStyle) {
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

    #[inline(always)]
    fn process(&mut self, held: &mut [Lane; 4]) {
        let Self {
            fast_rise,
            slow_rise,
            slow_fall,
            mut fast,
            mut slow,
            ..
        } = *self;
        // Four gains side by side, so that one instruction moves them all.
        let mut rows = [[0.0_f32; 4]; QUANTUM];
        for (k, lane) in held.iter().enumerate() {
            for (row, value) in rows.iter_mut().zip(lane) {
                row[k] = *value;
            }
        }
        for row in &mut rows {
            for k in 0..4 {
                let risen = fast[k] + fast_rise * (row[k] - fast[k]);
                fast[k] = if row[k] < fast[k] { row[k] } else { risen };
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
