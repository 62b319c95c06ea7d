//! Make-up gain: a stage gives back the power that it takes from the music, averaged over some seconds.
//!
//! ```text
//! gain² = mean power in front of the stage / mean power behind it
//! ```
//!
//! Both means begin with the signal and forget it over [`LONG_SECONDS`], so that within a song the gain stands nearly still
//! and the dynamics between its quiet and its loud parts stay. When settings change, the newest [`QUICK_SECONDS`] count more,
//! until the new balance is known. No delay, no allocation.

use crate::{
    QUANTUM, Spec,
    block::{
        quantum::{Lane, Quantum},
        ramp::Segment,
    },
    filter::point_filter::{POINT_SAMPLES, POINTS},
    lanes, math,
};

/// The time over which powers are averaged.
const LONG_SECONDS: f64 = 12.0;
/// The time for which the past counts after a change of settings.
const QUICK_SECONDS: f64 = 0.4;
/// Time constant of the gain.
const GAIN_MS: f64 = 60.0;
/// The range of the gain, +24 dB.
const MOST: f32 = 16.0;
/// Corner of the weighting's high-pass.
const HIGH_PASS_HZ: f64 = 60.0;
/// Share of the treble that the weighting adds, +4 dB.
const TREBLE: f32 = 0.58;
/// Mean squares below this (−80 dBFS) count as silence, which changes nothing.
const SILENCE: f32 = 1e-8;
/// The memory of the weighting ends below this.
const SMALLEST: f32 = 1e-15;

/// The gain and the powers that it is made of.
#[derive(Clone, Copy, Debug)]
pub struct MakeUp {
    long: f32,
    quick: f32,
    rate: f32,
    /// Quanta in the means.
    quanta: f32,
    /// Mean powers in front of the stage and behind it.
    powers: [f32; 2],
    gain: f32,
}

impl MakeUp {
    /// A gain of 1.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let quanta_per_second = spec.sample_rate_hz / math::count(QUANTUM);
        Self {
            long: math::narrow(LONG_SECONDS * quanta_per_second),
            quick: math::narrow(QUICK_SECONDS * quanta_per_second),
            rate: math::narrow(math::one_pole(GAIN_MS, quanta_per_second)),
            quanta: 0.0,
            powers: [0.0; 2],
            gain: 1.0,
        }
    }

    /// Forgets the signal; the gain is 1 again.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.quanta = 0.0;
        self.powers = [0.0; 2];
        self.gain = 1.0;
    }

    /// The gain at the end of the last quantum.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// The gain over the next quantum, from its mean squares in front of the stage and behind it, without this gain.
    #[inline(always)]
    pub fn advance(&mut self, has_changed: bool, powers: [f32; 2]) -> Segment {
        if has_changed && self.quanta > self.quick {
            self.quanta = self.quick;
        }
        if powers[0] > SILENCE {
            self.quanta = if self.quanta < self.long {
                self.quanta + 1.0
            } else {
                self.long
            };
            let rate = 1.0 / self.quanta;
            for (mean, power) in self.powers.iter_mut().zip(powers) {
                *mean += rate * (power - *mean);
            }
        }
        let [input, output] = self.powers;
        let square = if input < MOST * MOST * output {
            input / output
        } else if input > 0.0 {
            MOST * MOST
        } else {
            1.0
        };
        let start = self.gain;
        self.gain += self.rate * (square.sqrt() - self.gain);
        Segment {
            start,
            end: self.gain,
        }
    }
}

/// The power of both channels at each point, weighted about as BS.1770 weights loudness: a high-pass, and more treble.
///
/// One sample in four is enough, because the powers are averaged over seconds.
#[derive(Clone, Copy, Debug)]
pub struct Weighting {
    rate: f32,
    low: [f32; 2],
}

impl Weighting {
    /// A weighting without memory.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let points_per_second = spec.sample_rate_hz / math::count(POINT_SAMPLES);
        let time_ms = 1000.0 / (core::f64::consts::TAU * HIGH_PASS_HZ);
        Self {
            rate: math::narrow(math::one_pole(time_ms, points_per_second)),
            low: [0.0; 2],
        }
    }

    /// Clears the memory.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.low = [0.0; 2];
    }

    /// The weighted squares of both channels at each point.
    #[inline(always)]
    pub fn powers(&mut self, quantum: &Quantum) -> [[f32; POINTS]; 2] {
        let mut powers = [[0.0; POINTS]; 2];
        for ((channel, low), powers) in quantum.channels.iter().zip(&mut self.low).zip(&mut powers)
        {
            let (points, _) = channel.as_chunks::<POINT_SAMPLES>();
            for (point, power) in points.iter().zip(powers) {
                let [a, b, c, d] = *point;
                let mean = 0.25 * ((a + b) + (c + d));
                *low += self.rate * (mean - *low);
                let weighted = (d - *low) + TREBLE * (d - mean);
                *power = weighted * weighted;
            }
            *low = if low.abs() > SMALLEST { *low } else { 0.0 };
        }
        powers
    }
}

impl Weighting {
    /// The weighted mean square of a quantum.
    #[inline(always)]
    pub fn mean_power(&mut self, quantum: &Quantum) -> f32 {
        let [left, right] = self.powers(quantum);
        let sums = lanes!(point, POINTS => left[point] + right[point]);
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (2.0 * POINTS as f32)
    }
}

/// The mean squares of a quantum in front of a gain and behind it, from the power at each point.
#[inline(always)]
#[must_use]
pub fn powers_around(powers: &[f32; POINTS], gain: &Lane) -> [f32; 2] {
    let mut sums = [0.0; 2];
    for (point, power) in powers.iter().enumerate() {
        let gain = gain[(point + 1) * POINT_SAMPLES - 1];
        sums[0] += power;
        sums[1] += power * (gain * gain);
    }
    sums.map(|sum| sum / (2.0 * POINTS as f32))
}
