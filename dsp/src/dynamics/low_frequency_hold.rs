//! Holds the reduction that low frequencies cause.
//!
//! A bass tone has a peak every half period. A gain that recovers between these peaks bends its waveform: harmonics of
//! several percent at 40 Hz. So the reduction that the low frequencies alone need lasts until their next peak. Where
//! higher frequencies share the peaks, they mask the harmonics, and the hold lets go.
//!
//! The level of the low frequencies is taken once a quantum. No delay of the audio, no allocation.

use crate::{QUANTUM, block::quantum::Lane, math};
use core::f64::consts::{SQRT_2, TAU};

/// The reduction lasts for at least this time. Half a period of 40 Hz takes 12.5 ms.
const HOLD_MS: f64 = 14.0;
/// Corner of the low-pass filter.
const CORNER_HZ: f64 = 200.0;
/// The corner is at most this part of the rate of quanta.
const HIGHEST_CORNER: f64 = 0.2;
/// Factor over the measured level. It covers crests between quanta and the slope of the low-pass filter.
const OVER: f32 = 1.02;
/// While the peaks are higher than those of the low frequencies by less than this share, all of the reduction is held.
const SHARE_HELD: f32 = 0.05;
/// Slope with which the hold lets go above.
const LET_GO: f32 = 5.0;

/// The low frequencies of two channels: a Butterworth filter of second order on the means of quanta.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowFrequencies {
    /// Coefficients of a state-variable filter in the trapezoidal form.
    damping: f64,
    corner: f64,
    scale: f64,
    states: [[f64; 2]; 2],
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
        }
    }

    /// Clears the memory.
    pub fn reset(&mut self) {
        self.states = [[0.0; 2]; 2];
    }

    /// The absolute levels of the newest quantum.
    #[inline(always)]
    pub fn process(&mut self, channels: &[Lane; 2]) -> [f32; 2] {
        let means = [mean(&channels[0]), mean(&channels[1])];
        let mut levels = [0.0; 2];
        for c in 0..2 {
            let [band, low] = &mut self.states[c];
            let high = self.scale * (f64::from(means[c]) - self.damping * *band - *low);
            let to_band = self.corner * high;
            let band_out = to_band + *band;
            let to_low = self.corner * band_out;
            let low_out = to_low + *low;
            *band = snapped(to_band + band_out);
            *low = snapped(to_low + low_out);
            levels[c] = math::narrow(low_out).abs();
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

/// The highest values over seven to eight parts of [`HOLD_MS`], of which seven make at least that time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Peaks {
    parts: [f32; 8],
}

/// Holds the gain of one path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowFrequencyHold {
    quanta_a_part: usize,
    quanta_left: usize,
    part: usize,
    /// Highest peaks of the whole signal, and highest levels of the low frequencies, relative to the ceiling.
    peaks: Peaks,
    lows: Peaks,
}

impl LowFrequencyHold {
    /// A hold for a sample rate.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        let quanta = HOLD_MS * 0.001 * rate_hz / math::count(QUANTUM);
        let quanta_a_part = math::samples(quanta / 7.0 + 1.0);
        Self {
            quanta_a_part,
            quanta_left: quanta_a_part,
            part: 0,
            peaks: Peaks { parts: [1.0; 8] },
            lows: Peaks { parts: [0.0; 8] },
        }
    }

    /// Forgets all peaks.
    pub fn reset(&mut self) {
        self.quanta_left = self.quanta_a_part;
        self.part = 0;
        self.peaks = Peaks { parts: [1.0; 8] };
        self.lows = Peaks { parts: [0.0; 8] };
    }

    /// The gain to hold, from the newest quantum's peak (at least 1) and its level of low frequencies, both relative to the
    /// ceiling.
    #[inline(always)]
    pub fn process(&mut self, peak: f32, low: f32) -> f32 {
        if self.quanta_left == 0 {
            self.quanta_left = self.quanta_a_part;
            self.part = (self.part + 1) % 8;
            self.peaks.parts[self.part] = 1.0;
            self.lows.parts[self.part] = 0.0;
        }
        self.quanta_left -= 1;
        self.peaks.raise(self.part, peak);
        self.lows.raise(self.part, low);
        let peak = self.peaks.highest();
        if peak <= 1.0 {
            return 1.0;
        }
        let low = OVER * self.lows.highest();
        if low <= 1.0 {
            return 1.0;
        }
        let share = 1.0 + LET_GO * (SHARE_HELD + 1.0 - peak / low);
        let level = low * share.clamp(0.0, 1.0);
        1.0 / level.clamp(1.0, peak)
    }
}

impl Peaks {
    #[inline(always)]
    fn raise(&mut self, part: usize, value: f32) {
        let highest = &mut self.parts[part];
        *highest = if value > *highest { value } else { *highest };
    }

    #[inline(always)]
    fn highest(&self) -> f32 {
        let higher = |a: f32, b: f32| if a > b { a } else { b };
        let four = crate::lanes!(i, 4 => higher(self.parts[i], self.parts[i + 4]));
        higher(higher(four[0], four[1]), higher(four[2], four[3]))
    }
}
