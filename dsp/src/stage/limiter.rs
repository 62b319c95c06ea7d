//! The true-peak limiter.
//!
//! ```text
//! input ─┬─ delay ────────────────────────────────────────────────────────────── × ─ output
//!        └─ interpolator ─ required gain ─ link ─ sliding minimum ─ release ─ smoothing ┘
//! ```
//!
//! - The interpolator computes eight points a sample period. The height of a peak above the nearest point is bounded by
//!   the curvature there and added (`required_gain`).
//! - The sliding minimum holds the lowest required gain over the whole lookahead. A moving average of the same length
//!   over it can't exceed that gain when the peak arrives, so the ceiling is held by construction, without clipping.
//!   Three moving averages in a row make a nearly Gaussian slope. Its spectrum decays fast enough that gain times signal
//!   has no new peaks between the samples.
//! - The release lies between the two, where any curve below the minimum is safe ([`LimiterRelease`]).
//! - The gain of an idle limiter is exactly 1, because the averages are sums of pairs and never running sums.
//!
//! Hold, release and smoothing over one length follow Signalsmith Audio's "Designing a straightforward limiter" (2022).
//!
//! The delay is about 2 ms, see [`Limiter::latency_samples_at`]. No allocation in `process`.

use crate::{
    LimiterSettings, LimiterStyle, QUANTUM, Spec,
    block::{
        lookback::Lookback,
        moving_average::MovingAverage,
        processor::Processor,
        quantum::{Lane, Quantum},
        ramp::Ramp,
        sliding_minimum::SlidingMinimum,
    },
    dynamics::limiter_release::LimiterRelease,
    filter::interpolator::{Interpolator, PHASES, Points, REACH},
    lanes, math,
    simd::isa::Isa,
};

/// Holds the true peak below the ceiling. The lookahead is about 2 ms, and 52 samples below 35 kHz.
#[derive(Clone, Debug)]
pub struct Limiter {
    geometry: Geometry,
    delay: [Lookback; 2],
    interpolators: Box<[Interpolator; 2]>,
    /// The last interpolated point before the next quantum, the left neighbor of its first point.
    before: [f32; 2],
    minima: [SlidingMinimum; 2],
    release: LimiterRelease,
    short_delay: [Lookback; 2],
    /// The averages of both attacks (left and right of the long one first), and the last average of the long attack.
    averages: MovingAverage<4>,
    longest: MovingAverage<2>,
    link: Ramp,
    punch: Ramp,
    ceiling: Ceiling,
    lowest_gain: f32,
}

/// Distance of the limiter's target below the ceiling. It covers peaks above 0.45 of the sample rate, which 40 taps begin
/// to miss; below, the worst test signals exceed the target by 0.003 dB.
const MARGIN_DB: f64 = 0.03;

/// Lengths in samples. The samples around a peak get its gain too, because all of them shape the peak between the samples.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    /// Length of each of the three averages of the long attack, a power of two.
    average: usize,
    /// Lookahead behind the interpolator.
    lookahead: usize,
    /// Window of the minimum for the long attack.
    long_window: usize,
    /// Window of the minimum for the short attack, and its later start.
    short_window: usize,
    short_delay: usize,
}

impl Geometry {
    fn new(rate_hz: f64) -> Self {
        // About 0.7 ms each, but at least 16 samples: a shorter slope would make new peaks between the samples.
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
        // The sliding minimum takes whole quanta. Rounding up holds the gain a little longer after the peak.
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

/// The ceiling as a gain, computed when the setting changes.
#[derive(Clone, Copy, Debug)]
struct Ceiling {
    db: f32,
    gain: f32,
}

impl Limiter {
    /// The lowest gain of the last quantum, 0 to 1.
    #[must_use]
    pub fn lowest_gain(&self) -> f32 {
        self.lowest_gain
    }

    /// The delay at a sample rate, samples.
    #[must_use]
    pub fn latency_samples_at(rate_hz: f64) -> usize {
        REACH + Geometry::new(rate_hz).lookahead
    }
}

impl Default for Limiter {
    fn default() -> Self {
        let mut limiter = Self {
            geometry: Geometry::new(48_000.0),
            delay: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            interpolators: Box::new([const { Interpolator::new() }; 2]),
            before: [0.0; 2],
            minima: core::array::from_fn(|_| SlidingMinimum::new(1)),
            release: LimiterRelease::default(),
            short_delay: core::array::from_fn(|_| Lookback::new(0, 1.0)),
            averages: MovingAverage::new(1, 1),
            longest: MovingAverage::new(1, 1),
            link: Ramp::new(),
            punch: Ramp::new(),
            ceiling: Ceiling { db: 0.0, gain: 1.0 },
            lowest_gain: 1.0,
        };
        limiter.prepare(Spec::default());
        limiter
    }
}

impl Processor for Limiter {
    type Settings = LimiterSettings;

    fn prepare(&mut self, spec: Spec) {
        let geometry = Geometry::new(spec.sample_rate_hz);
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
/// A peak lies at most half a step from its nearest point. A parabola through that point and its neighbors rises there by
/// at most an eighth of the second difference. Adding this to every point is exact in the worst case; it reads at most
/// 0.13 dB too high at 0.45 of the rate, and 0.03 dB at 10 kHz of 44.1 kHz.
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

/// The bound of the signal near the points `here`, or `peak` if it is higher.
#[inline(always)]
fn bound<I: Isa>(peak: Lane, left: &Lane, here: &Lane, right: &Lane) -> Lane {
    let second_differences = lanes!(i => I::mul_add(-2.0, here[i], left[i] + right[i]));
    let bounds = lanes!(i => I::mul_add(0.125, second_differences[i].abs(), here[i].abs()));
    lanes!(i => if bounds[i] > peak[i] { bounds[i] } else { peak[i] })
}
