//! Make-up gain: a stage gives back the loudness that it takes from the music, averaged over some seconds.
//!
//! ```text
//! gain² = (mean power in front of the stage + 2 · deficit) / mean power behind it
//! ```
//!
//! Both means begin with the signal and forget it over [`LONG_SECONDS`], so that the gain moves slowly and the dynamics within
//! a bar stay. A slow gain comes too late for each entry of a louder part; the deficit is the power that the output still lacks,
//! gain included, and later music gives it back; a deficit of 0.02 dB counts as none, so that the gain of a steady tone stands
//! still. A passage that is quieter than the mean by [`QUIET`] hardly counts: the gain stays where the louder parts of the song
//! have set it, and a verse stays as far below its chorus as the compressed song has it. When settings change, the newest
//! [`QUICK_SECONDS`] count more and quiet passages count fully, until the new balance is known. Powers are measured over the
//! second half of every second quantum. No delay, no allocation.

use crate::{
    QUANTUM, Spec,
    block::{
        quantum::{Lane, Quantum},
        ramp::Segment,
    },
    math,
    simd::isa::Isa,
};

/// The time over which powers are averaged.
const LONG_SECONDS: f64 = 8.0;
/// The time for which the past counts after a change of settings.
const QUICK_SECONDS: f64 = 0.4;
/// A passage below this share of the mean power, −6 dB, is a quiet one.
const QUIET: f32 = 0.25;
/// The weight of a quiet passage in the means, so that they forget louder ones over 80 s instead of 8.
const QUIET_WEIGHT: f32 = 0.1;
/// The deficit is averaged over this multiple of the time of the powers.
const DEFICIT_TIME: f32 = 4.0;
/// The weight of the deficit in the squared gain.
const DEFICIT_WEIGHT: f32 = 2.0;
/// A deficit below this share of the power, 0.02 dB, counts as none.
const LEAST_DEFICIT: f32 = 0.005;
/// The most that the deficit adds to the gain or takes from it, as a power: 3 dB.
const MOST_DEFICIT: f32 = 2.0;
/// Time constant of the gain.
const GAIN_MS: f64 = 60.0;
/// The range of the gain, +24 dB.
const MOST: f32 = 16.0;
/// Powers below this (−80 dBFS) count as silence, which changes nothing.
const SILENCE: f32 = 1e-8;

/// Corner of the weighting's high-pass.
const HIGH_PASS_HZ: f64 = 68.0;
/// Share of the treble that the weighting adds, +4 dB.
const TREBLE: f32 = 0.58;
/// The weighting looks back over half a quantum, or a whole one at rates above this: 0.17 ms at 48 and at 96 kHz.
const HALF_QUANTUM_HZ: f64 = 66_150.0;
/// The memory of the weighting ends below this.
const SMALLEST: f32 = 1e-15;
const HALF: usize = QUANTUM / 2;

/// The gain and the powers that it is made of.
#[derive(Clone, Copy, Debug)]
pub struct MakeUp {
    long: f32,
    quick: f32,
    rate: f32,
    is_due: bool,
    /// Measurements in the means.
    count: f32,
    /// Mean powers in front of the stage and behind it.
    powers: [f32; 2],
    /// Mean power in front of the stage over [`QUICK_SECONDS`].
    recent: f32,
    /// Mean of the power in front of the stage, less the power behind it with the gain.
    deficit: f32,
    /// The gain that the means call for.
    target: f32,
    gain: f32,
}

impl MakeUp {
    /// A gain of 1.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let quanta_per_second = spec.sample_rate_hz / math::count(QUANTUM);
        let measurements_per_second = measurements_per_second(spec);
        Self {
            long: math::narrow(LONG_SECONDS * measurements_per_second),
            quick: math::narrow(QUICK_SECONDS * measurements_per_second),
            rate: math::narrow(math::one_pole(GAIN_MS, quanta_per_second)),
            is_due: true,
            count: 0.0,
            powers: [0.0; 2],
            recent: 0.0,
            deficit: 0.0,
            target: 1.0,
            gain: 1.0,
        }
    }

    /// Forgets the signal; the gain is 1 again.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.is_due = true;
        self.count = 0.0;
        self.powers = [0.0; 2];
        self.recent = 0.0;
        self.deficit = 0.0;
        self.target = 1.0;
        self.gain = 1.0;
    }

    /// The gain at the end of the last quantum.
    #[must_use]
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// Whether the next quantum is one of those that are measured.
    #[inline(always)]
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.is_due
    }

    /// The gain over the next quantum. A quantum that is due has weighted powers, in front of the stage and behind it without
    /// this gain.
    #[inline(always)]
    pub fn advance(&mut self, has_changed: bool, powers: Option<[f32; 2]>) -> Segment {
        if has_changed {
            self.deficit = 0.0;
            self.count = lower(self.count, self.quick);
        }
        self.is_due = !self.is_due;
        if let Some(powers) = powers {
            self.measure(powers);
        }
        let start = self.gain;
        self.gain += self.rate * (self.target - self.gain);
        Segment {
            start,
            end: self.gain,
        }
    }

    #[inline(always)]
    fn measure(&mut self, powers: [f32; 2]) {
        if powers[0] > SILENCE {
            self.recent += (powers[0] - self.recent) / self.quick;
            let is_quiet = self.count >= self.long && self.recent < QUIET * self.powers[0];
            let weight = if is_quiet { QUIET_WEIGHT } else { 1.0 };
            self.count = lower(self.count + 1.0, self.long);
            let rate = weight / self.count;
            for (mean, power) in self.powers.iter_mut().zip(powers) {
                *mean += rate * (power - *mean);
            }
            // Before, the gain itself is still on its way.
            if self.count > self.quick {
                let lacking = powers[0] - self.gain * self.gain * powers[1];
                self.deficit += rate / DEFICIT_TIME * (lacking - self.deficit);
            }
        }
        let [input, output] = self.powers;
        let most = (MOST_DEFICIT - 1.0) * input;
        let least = (1.0 / MOST_DEFICIT - 1.0) * input;
        let allowed = LEAST_DEFICIT * input;
        let deficit = self.deficit - higher(-allowed, lower(self.deficit, allowed));
        let wanted = input + higher(least, lower(DEFICIT_WEIGHT * deficit, most));
        let square = if wanted <= 0.0 || output <= 0.0 {
            1.0
        } else {
            lower(wanted / output, MOST * MOST)
        };
        self.target = square.sqrt();
    }
}

/// Every second quantum is measured.
fn measurements_per_second(spec: Spec) -> f64 {
    spec.sample_rate_hz / math::count(2 * QUANTUM)
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The second half of a quantum, weighted as BS.1770 weights loudness within 0.7 dB from 40 Hz to 18 kHz (2 dB above 100 kHz
/// of sample rate), on average over the phases of a tone: a high-pass, and more treble.
#[derive(Clone, Copy, Debug)]
pub struct Weighting {
    rate: f32,
    is_whole: bool,
    low: [f32; 2],
}

impl Weighting {
    /// The middle of the samples that are weighted.
    pub const MIDDLE: usize = QUANTUM - HALF / 2 - 1;

    /// A weighting without memory.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let time_ms = 1000.0 / (core::f64::consts::TAU * HIGH_PASS_HZ);
        Self {
            rate: math::narrow(math::one_pole(time_ms, measurements_per_second(spec))),
            is_whole: spec.sample_rate_hz > HALF_QUANTUM_HZ,
            low: [0.0; 2],
        }
    }

    /// Clears the memory.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.low = [0.0; 2];
    }

    /// The weighted samples of each channel.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, quantum: &Quantum) -> [I::Eight; 2] {
        let [left, right] = &quantum.channels;
        [
            self.process_one::<I>(0, left),
            self.process_one::<I>(1, right),
        ]
    }

    #[inline(always)]
    fn process_one<I: Isa>(&mut self, channel: usize, lane: &Lane) -> I::Eight {
        let [first, second] = [I::load(lane), I::load(&lane[HALF..])];
        let mean = I::sum_of_eight(I::add_eight(first, second)) / QUANTUM as f32;
        let low = &mut self.low[channel];
        *low += self.rate * (mean - *low);
        *low = if low.abs() > SMALLEST { *low } else { 0.0 };
        let means = if self.is_whole {
            I::splat(mean)
        } else {
            means_of_eight::<I>(first, second)
        };
        let treble = I::mul_eight(I::splat(TREBLE), I::sub_eight(second, means));
        I::add_eight(I::sub_eight(second, I::splat(*low)), treble)
    }

    /// The weighted power of both channels.
    #[inline(always)]
    pub fn power<I: Isa>(&mut self, quantum: &Quantum) -> f32 {
        let [left, right] = self.process::<I>(quantum);
        mean::<I>(I::add_eight(
            I::mul_eight(left, left),
            I::mul_eight(right, right),
        ))
    }
}

/// The mean of each number of `now` and the seven before it.
#[inline(always)]
fn means_of_eight<I: Isa>(before: I::Eight, now: I::Eight) -> I::Eight {
    let mut sum = I::add_eight(now, I::late_eight::<1>(before, now));
    sum = I::add_eight(sum, I::late_eight::<2>(before, now));
    sum = I::add_eight(sum, I::late_eight::<3>(before, now));
    sum = I::add_eight(sum, I::late_eight::<4>(before, now));
    sum = I::add_eight(sum, I::late_eight::<5>(before, now));
    sum = I::add_eight(sum, I::late_eight::<6>(before, now));
    sum = I::add_eight(sum, I::late_eight::<7>(before, now));
    I::mul_eight(I::splat(1.0 / HALF as f32), sum)
}

#[inline(always)]
fn mean<I: Isa>(eight: I::Eight) -> f32 {
    I::sum_of_eight(eight) / HALF as f32
}

/// The power of weighted samples, in front of a gain and behind it.
#[inline(always)]
#[must_use]
pub fn powers_around<I: Isa>(weighted: I::Eight, gain: &Lane) -> [f32; 2] {
    let squares = I::mul_eight(weighted, weighted);
    let gain = I::load(&gain[HALF..]);
    let behind = I::mul_eight(squares, I::mul_eight(gain, gain));
    [mean::<I>(squares), mean::<I>(behind)]
}
