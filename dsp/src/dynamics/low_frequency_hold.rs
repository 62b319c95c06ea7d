//! Holds the reduction that the peaks of low frequencies cause.
//!
//! A bass tone has a peak every half period. A gain that recovers between these peaks bends its waveform: harmonics of
//! several percent at 40 Hz. So the gain holds the reduction of the strongest peak of the present half-wave and of the one
//! before. High partials on the bass raise the peaks, and don't mask its harmonics, so their reduction is held as well.
//! Where sounds of the middle share the peaks with the bass, they mask its harmonics, and the hold lets go.
//!
//! The levels are taken once a quantum. No delay of the audio, no allocation.

use crate::{QUANTUM, block::quantum::Lane, math};
use core::f64::consts::{SQRT_2, TAU};

/// A half-wave ends after this time at the latest. That of 30 Hz takes 16.7 ms.
const LONGEST_MS: f64 = 18.0;
/// Time of the recovery behind the hold. It smooths the steps from one half-wave to the next.
const RECOVERY_MS: f64 = 4.0;
/// Reductions below this (1e-6 dB) end.
const SNAP: f32 = 1e-7;
/// Corner of the low-pass filter.
const CORNER_HZ: f64 = 140.0;
/// Time of the one-pole filter behind which the body is read: a corner of 1.3 kHz, lower below 44.1 kHz.
const BODY_MS: f64 = 0.122;
/// The corner is at most this part of the rate of quanta.
const HIGHEST_CORNER: f64 = 0.2;
/// Factor over the measured level. It covers crests between quanta and the slope of the low-pass filter.
const OVER: f32 = 1.02;
/// The body is the band below 1.3 kHz. While it is higher than the low frequencies by less than this factor, all of the
/// reduction is held.
const BODY_HELD: f32 = 1.1;
/// Slope with which the hold lets go above.
const LET_GO: f32 = 10.0;
/// The same for the peaks: bass that makes less than half of a peak holds less of the reduction, below four tenths none.
const PEAK_HELD: f32 = 2.0;
const LET_GO_OF_PEAK: f32 = 2.0;
/// A half-wave ends where the low frequencies fall to this part of its crest, and the next one begins to count where they rise
/// to this part of the last crest.
const FLANK: f32 = 0.5;

/// The levels of one channel in a quantum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LowLevel {
    /// The level of the low frequencies.
    pub low: f32,
    /// The level of low frequencies and middle, up to 1.3 kHz.
    pub body: f32,
}

impl LowLevel {
    /// The levels times a factor.
    #[inline(always)]
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        Self {
            low: factor * self.low,
            body: factor * self.body,
        }
    }

    /// The higher of two, each level by itself.
    #[inline(always)]
    #[must_use]
    pub fn higher(self, other: Self) -> Self {
        Self {
            low: higher(self.low, other.low),
            body: higher(self.body, other.body),
        }
    }
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The low frequencies of two channels: a Butterworth filter of second order on the means of quanta, and a one-pole filter for the
/// body.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowFrequencies {
    /// Coefficients of a state-variable filter in the trapezoidal form.
    damping: f64,
    corner: f64,
    scale: f64,
    states: [[f64; 2]; 2],
    body_rate: f64,
    bodies: [f64; 2],
}

impl LowFrequencies {
    /// A filter for a sample rate.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        let quanta_hz = rate_hz / math::count(QUANTUM);
        let corner_hz = CORNER_HZ.min(HIGHEST_CORNER * quanta_hz);
        let corner = math::tan(0.5 * TAU * corner_hz / quanta_hz);
        Self {
            damping: SQRT_2 + corner,
            corner,
            scale: 1.0 / (1.0 + corner * (corner + SQRT_2)),
            states: [[0.0; 2]; 2],
            body_rate: math::one_pole(BODY_MS, quanta_hz),
            bodies: [0.0; 2],
        }
    }

    /// Clears the memory.
    pub fn reset(&mut self) {
        self.states = [[0.0; 2]; 2];
        self.bodies = [0.0; 2];
    }

    /// The absolute levels of the newest quantum.
    #[inline(always)]
    pub fn process(&mut self, channels: &[Lane; 2]) -> [LowLevel; 2] {
        let means = [mean(&channels[0]), mean(&channels[1])];
        let mut levels = [LowLevel::default(); 2];
        for c in 0..2 {
            let [band, low] = &mut self.states[c];
            let high = self.scale * (f64::from(means[c]) - self.damping * *band - *low);
            let to_band = self.corner * high;
            let band_out = to_band + *band;
            let to_low = self.corner * band_out;
            let low_out = to_low + *low;
            *band = snapped(to_band + band_out);
            *low = snapped(to_low + low_out);
            let body = &mut self.bodies[c];
            *body = snapped(*body + self.body_rate * (f64::from(means[c]) - *body));
            levels[c] = LowLevel {
                low: math::narrow(low_out).abs(),
                body: math::narrow(*body).abs(),
            };
        }
        levels
    }
}

/// Ends a decay before it reaches subnormal numbers.
#[inline(always)]
fn snapped(x: f64) -> f64 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}

/// The mean of a lane. The halves are added first, so that the lanes stay side by side.
#[inline(always)]
fn mean(lane: &Lane) -> f32 {
    let eight = crate::lanes!(i, 8 => lane[i] + lane[i + 8]);
    let four = crate::lanes!(i, 4 => eight[i] + eight[i + 4]);
    ((four[0] + four[1]) + (four[2] + four[3])) * (1.0 / 16.0)
}

/// The highest levels of a half-wave, relative to the ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
struct HalfWave {
    /// At least 1.
    peak: f32,
    level: LowLevel,
}

impl HalfWave {
    const EMPTY: Self = Self {
        peak: 1.0,
        level: LowLevel {
            low: 0.0,
            body: 0.0,
        },
    };

    #[inline(always)]
    fn higher(self, other: Self) -> Self {
        Self {
            peak: higher(self.peak, other.peak),
            level: self.level.higher(other.level),
        }
    }
}

/// Holds the gain of one path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowFrequencyHold {
    longest_quanta: usize,
    recovery: f32,
    /// 1 − gain.
    reduction: f32,
    /// Quanta since the present half-wave began.
    quanta: usize,
    /// Whether the low frequencies have risen in the present half-wave.
    has_risen: bool,
    present: HalfWave,
    last: HalfWave,
}

impl LowFrequencyHold {
    /// A hold for a sample rate.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        let quanta_hz = rate_hz / math::count(QUANTUM);
        Self {
            longest_quanta: math::samples(LONGEST_MS * 0.001 * quanta_hz),
            recovery: math::narrow(math::one_pole(RECOVERY_MS, quanta_hz)),
            reduction: 0.0,
            quanta: 0,
            has_risen: true,
            present: HalfWave::EMPTY,
            last: HalfWave::EMPTY,
        }
    }

    /// Forgets all peaks.
    pub fn reset(&mut self) {
        self.reduction = 0.0;
        self.quanta = 0;
        self.has_risen = true;
        self.present = HalfWave::EMPTY;
        self.last = HalfWave::EMPTY;
    }

    /// Sets both holds to the stricter of them. Two holds whose inputs have become the same need this, because their half-waves may
    /// have begun at different times, and without flanks (below 28 Hz) those times stay different.
    pub fn join(&mut self, other: &mut Self) {
        self.reduction = higher(self.reduction, other.reduction);
        self.quanta = self.quanta.min(other.quanta);
        self.has_risen |= other.has_risen;
        self.present = self.present.higher(other.present);
        self.last = self.last.higher(other.last);
        *other = *self;
    }

    /// The gain to hold, from the newest quantum's peak (at least 1) and its levels, all relative to the ceiling.
    #[inline(always)]
    pub fn process(&mut self, peak: f32, level: LowLevel) -> f32 {
        if peak <= 1.0 && self.present.peak <= 1.0 && self.last.peak <= 1.0 && self.reduction == 0.0
        {
            self.reset();
            return 1.0;
        }
        let held = self.held_reduction(peak, level);
        let recovered = self.reduction + self.recovery * (held - self.reduction);
        self.reduction = higher(held, if recovered < SNAP { 0.0 } else { recovered });
        1.0 - self.reduction
    }

    /// The reduction of the present half-wave and the last one.
    #[inline(always)]
    fn held_reduction(&mut self, peak: f32, level: LowLevel) -> f32 {
        self.quanta += 1;
        self.has_risen |= level.low > FLANK * self.last.level.low;
        let has_fallen = self.has_risen && level.low < FLANK * self.present.level.low;
        if has_fallen || self.quanta > self.longest_quanta {
            self.last = self.present;
            self.present = HalfWave::EMPTY;
            self.quanta = 0;
            self.has_risen = false;
        }
        self.present = self.present.higher(HalfWave { peak, level });
        let HalfWave { peak, level } = self.present.higher(self.last);
        let low = OVER * level.low;
        // Each share is 1 up to the height that is held, and 0 from 1 / slope above.
        let of_body = 1.0 + LET_GO * (BODY_HELD - level.body / low);
        let of_peak = 1.0 + LET_GO_OF_PEAK * (PEAK_HELD - peak / low);
        let share = if of_body < of_peak { of_body } else { of_peak };
        if low > 0.0 && share > 0.0 {
            let over = (peak - 1.0) * if share < 1.0 { share } else { 1.0 };
            over / (1.0 + over)
        } else {
            0.0
        }
    }
}
