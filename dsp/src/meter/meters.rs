//! The meters of the chain. Input and output are measured side by side, because four channels fit one register.
//!
//! True peaks are read [`REACH`](crate::filter::interpolator::REACH) samples late. Allocates in `new` only.

use crate::{
    Activity, QUANTUM, Readings, SignalReadings, Spec,
    block::quantum::{Lane, Quantum, peak},
    filter::interpolator::{Interpolator, PHASES, Points},
    lanes, math,
    meter::k_weighting::{CHANNELS, KWeighting},
    meter::loudness::{LOUDNESS_STEPS_PER_SECOND, LoudnessMeter},
    meter::loudness_match::LoudnessMatch,
    simd::isa::{Isa, Kernel},
};
use core::ops::Range;

/// Loudness, true peak and correlation of the chain's input and output.
#[derive(Clone, Debug)]
pub struct Meters {
    rate_hz: f64,
    weighting: KWeighting,
    steps: StepClock,
    energies: [f64; CHANNELS],
    loudness_match: LoudnessMatch,
    /// The highest output sample of the present step.
    output_peak: f32,
    /// Whether the present step holds bypassed audio.
    has_bypassed_audio: bool,
    sides: [Side; 2],
    lowest_gain: f32,
    readings: Readings,
}

/// The meters of one signal.
#[derive(Clone, Debug)]
struct Side {
    loudness: LoudnessMeter,
    true_peaks: Box<[TruePeak; 2]>,
    correlation: Correlation,
}

impl Meters {
    /// Meters that have measured nothing. Allocates.
    #[must_use]
    #[inline(never)]
    pub fn new(spec: Spec) -> Self {
        let side = || Side {
            loudness: LoudnessMeter::new(),
            true_peaks: Box::new([const { TruePeak::new() }; 2]),
            correlation: Correlation::new(spec.sample_rate_hz),
        };
        Self {
            rate_hz: spec.sample_rate_hz,
            weighting: KWeighting::new(spec.sample_rate_hz),
            steps: StepClock::new(spec.sample_rate_hz),
            energies: [0.0; CHANNELS],
            loudness_match: LoudnessMatch::default(),
            output_peak: 0.0,
            has_bypassed_audio: false,
            sides: [side(), side()],
            lowest_gain: 1.0,
            readings: Readings::default(),
        }
    }

    /// Changes the sample rate, and resets. Never allocates.
    pub fn prepare(&mut self, spec: Spec) {
        self.rate_hz = spec.sample_rate_hz;
        self.weighting = KWeighting::new(spec.sample_rate_hz);
        self.reset();
    }

    /// Resets all readings. Never allocates.
    pub fn reset(&mut self) {
        self.clear_memory();
        for side in &mut self.sides {
            side.loudness.reset();
            side.true_peaks
                .iter_mut()
                .for_each(|peak| peak.highest = 0.0);
        }
        self.lowest_gain = 1.0;
        self.readings = Readings::default();
    }

    /// Forgets the last sound, because the next one doesn't follow it. The measures since the reset stay: integrated loudness,
    /// range, maxima and peaks. Never allocates.
    pub fn clear_memory(&mut self) {
        self.weighting.reset();
        self.steps = StepClock::new(self.rate_hz);
        self.energies = [0.0; CHANNELS];
        self.loudness_match = LoudnessMatch::default();
        self.output_peak = 0.0;
        self.has_bypassed_audio = false;
        for side in &mut self.sides {
            side.loudness.clear_windows();
            side.true_peaks.iter_mut().for_each(TruePeak::clear_memory);
            side.correlation = Correlation::new(self.rate_hz);
        }
        let readings = &mut self.readings;
        for signal in [&mut readings.input, &mut readings.output] {
            signal.momentary_lufs = f32::NEG_INFINITY;
            signal.short_term_lufs = f32::NEG_INFINITY;
            signal.correlation = 0.0;
        }
        readings.activity = Activity::default();
        readings.limiter_gain_db = 0.0;
        readings.monitor_gain_db = 0.0;
    }

    /// Resets all readings, but not the loudness match, which monitor states play. Never allocates.
    pub fn reset_readings(&mut self) {
        let loudness_match = self.loudness_match;
        self.reset();
        self.loudness_match = loudness_match;
    }

    /// Measures quanta of input and output. A mono signal counts as one channel. Bypassed quanta don't count for the
    /// loudness match, which keeps its gain.
    #[inline(always)]
    pub fn process<I: Isa>(
        &mut self,
        mono: bool,
        input: &[Quantum],
        output: &[Quantum],
        are_bypassed: &[bool],
    ) {
        let channels = if mono { 1 } else { 2 };
        for ((input, output), is_bypassed) in input.iter().zip(output).zip(are_bypassed) {
            self.has_bypassed_audio |= is_bypassed;
            let [before, after] = &mut self.sides;
            before.process::<I>(channels, input);
            after.process::<I>(channels, output);
            let peak = after.sample_peak();
            self.output_peak = higher(peak, self.output_peak);
            // Zeros leave a filter without memory as it is, and add no energy.
            let is_silent =
                peak == 0.0 && before.sample_peak() == 0.0 && self.weighting.has_no_memory();
            let mut from = 0;
            while from < QUANTUM {
                let until = QUANTUM.min(from + self.steps.left);
                if !is_silent {
                    self.weigh::<I>(input, output, from..until);
                }
                if let Some(frames) = self.steps.advance(until - from) {
                    self.end_step(mono, frames);
                }
                from = until;
            }
            if !is_silent {
                self.weighting.snap();
            }
        }
    }

    /// Adds the weighted frames of one step to its energies.
    #[inline(always)]
    fn weigh<I: Isa>(&mut self, input: &Quantum, output: &Quantum, frames: Range<usize>) {
        let [in_left, in_right] = &input.channels;
        let [out_left, out_right] = &output.channels;
        // Copies of them stay in registers.
        let (mut weighting, mut energies) = (self.weighting, self.energies);
        for i in frames {
            let frame = [in_left[i], in_right[i], out_left[i], out_right[i]].map(f64::from);
            let weighted = weighting.process::<I>(frame);
            for c in 0..CHANNELS {
                energies[c] = I::mul_add_f64(weighted[c], weighted[c], energies[c]);
            }
        }
        (self.weighting, self.energies) = (weighting, energies);
    }

    /// Ends a step of 10 ms.
    #[inline(never)]
    fn end_step(&mut self, mono: bool, frames: f64) {
        let [in_left, in_right, out_left, out_right] = self.energies;
        self.energies = [0.0; CHANNELS];
        let energies = if mono {
            [in_left, out_left]
        } else {
            [in_left + in_right, out_left + out_right]
        };
        let [input, output] = energies.map(|energy| energy / frames);
        self.sides[0].loudness.step(input);
        self.sides[1].loudness.step(output);
        let output_peak = core::mem::take(&mut self.output_peak);
        if core::mem::take(&mut self.has_bypassed_audio) {
            self.loudness_match.skip();
        } else {
            self.loudness_match.step(input, output, output_peak);
        }
    }

    /// Updates the readings after a call of the chain, with the lowest gain of the limiter in it and the
    /// monitoring's gain.
    pub fn update(&mut self, mono: bool, activity: Activity, limiter_gain: f32, monitor_gain: f32) {
        let [input, output] = &self.sides;
        self.readings.input = input.readings(mono);
        self.readings.output = output.readings(mono);
        self.lowest_gain = self.lowest_gain.min(limiter_gain);
        self.readings.activity = activity;
        self.readings.limiter_gain_db = gain_db(limiter_gain);
        self.readings.limiter_gain_min_db = gain_db(self.lowest_gain);
        self.readings.monitor_gain_db = gain_db(monitor_gain);
    }

    /// Begins the loudness match anew, because the settings have changed.
    pub fn restart_loudness_match(&mut self) {
        self.loudness_match.restart();
    }

    /// The difference of loudness between output and input.
    #[must_use]
    pub fn loudness_match(&self) -> &LoudnessMatch {
        &self.loudness_match
    }

    /// The short-term loudness of the output above the input, LU, where its 3 s had the same settings and no bypass.
    #[must_use]
    pub fn settled_difference_db(&self) -> Option<f64> {
        let [input, output] = &self.sides;
        let difference = output.loudness.short_term_lufs - input.loudness.short_term_lufs;
        (self.loudness_match.is_settled() && difference.is_finite()).then_some(difference)
    }

    /// The newest readings.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings
    }
}

fn gain_db(gain: f32) -> f32 {
    math::narrow(math::db_from_gain(f64::from(gain)))
}

impl Side {
    /// Measures true peaks and correlation of a quantum.
    #[inline(always)]
    fn process<I: Isa>(&mut self, channels: usize, quantum: &Quantum) {
        self.find_true_peaks::<I>(channels, quantum);
        let [left, right] = &*self.true_peaks;
        let peaks = [left, right].map(|peak| peak.interpolator.newest_peak());
        self.correlation.process(quantum, peaks == [0.0; 2]);
    }

    /// The highest absolute sample of the newest quantum.
    #[inline(always)]
    fn sample_peak(&self) -> f32 {
        let [left, right] = &*self.true_peaks;
        higher(
            left.interpolator.newest_peak(),
            right.interpolator.newest_peak(),
        )
    }

    /// Updates the true peaks of the first `channels`. Quanta that are too quiet for a new one need no interpolation.
    #[inline(always)]
    fn find_true_peaks<I: Isa>(&mut self, channels: usize, quantum: &Quantum) {
        let peaks = &mut *self.true_peaks;
        for (peak, lane) in peaks.iter_mut().zip(&quantum.channels) {
            peak.interpolator.append::<I>(lane);
        }
        let is_quiet = |peak: &TruePeak| peak.interpolator.is_below(peak.highest);
        if peaks[..channels].iter().all(is_quiet) {
            for peak in peaks {
                peak.half_step_peak = f32::INFINITY;
            }
            return;
        }
        Interpolator::update::<I>(peaks.each_mut().map(|peak| &mut peak.interpolator));
        for peak in &mut peaks[..channels] {
            peak.update::<I>();
        }
    }

    fn readings(&self, mono: bool) -> SignalReadings {
        let p = &self.loudness;
        let [left, right] = &*self.true_peaks;
        let true_peak_dbtp = gain_db(left.highest.max(right.highest));
        let integrated_lufs = math::narrow(p.integrated_lufs);
        let measured = true_peak_dbtp.is_finite() && integrated_lufs.is_finite();
        SignalReadings {
            momentary_lufs: math::narrow(p.momentary_lufs),
            momentary_max_lufs: math::narrow(p.momentary_max_lufs),
            short_term_lufs: math::narrow(p.short_term_lufs),
            short_term_max_lufs: math::narrow(p.short_term_max_lufs),
            integrated_lufs,
            loudness_range_lu: math::narrow(p.range_lu),
            true_peak_dbtp,
            plr_db: if measured {
                true_peak_dbtp - integrated_lufs
            } else {
                0.0
            },
            correlation: if mono { 1.0 } else { self.correlation.value() },
            measured_s: math::narrow(p.measured_s()),
        }
    }
}

/// Divides time into steps of 10 ms to the nearest sample, without drift at any rate.
#[derive(Clone, Copy, Debug)]
struct StepClock {
    rate_hz: f64,
    steps: f64,
    ended: f64,
    frames: usize,
    left: usize,
}

impl StepClock {
    fn new(rate_hz: f64) -> Self {
        let mut clock = Self {
            rate_hz,
            steps: 0.0,
            ended: 0.0,
            frames: 0,
            left: 0,
        };
        clock.next();
        clock
    }

    fn next(&mut self) {
        self.steps += 1.0;
        let end = (self.steps * self.rate_hz / math::count(LOUDNESS_STEPS_PER_SECOND)).round();
        self.frames = math::samples(end - self.ended);
        self.ended = end;
        self.left = self.frames;
    }

    /// Counts frames of this step, and returns its length in frames if they end it.
    #[inline(always)]
    fn advance(&mut self, frames: usize) -> Option<f64> {
        self.left -= frames;
        if self.left > 0 {
            return None;
        }
        let frames = math::count(self.frames);
        self.next();
        Some(frames)
    }
}

/// The highest point of the interpolated signal, refined by a parabola through each point and its neighbors.
#[derive(Clone, Debug)]
struct TruePeak {
    interpolator: Interpolator,
    /// That of the newest quantum, or infinite if it wasn't interpolated.
    half_step_peak: f32,
    highest: f32,
}

impl TruePeak {
    const fn new() -> Self {
        Self {
            interpolator: Interpolator::new(),
            half_step_peak: 0.0,
            highest: 0.0,
        }
    }

    /// Forgets the last samples. The highest peak stays.
    fn clear_memory(&mut self) {
        self.interpolator.reset();
        self.half_step_peak = 0.0;
    }

    /// Updates the peak from the interpolator.
    #[inline(always)]
    fn update<I: Isa>(&mut self) {
        // The points lie three periods behind the midpoints, so this quantum's and the last one's bound them.
        let half_step_peak = self.interpolator.half_step_peak::<I>();
        let before = core::mem::replace(&mut self.half_step_peak, half_step_peak);
        let bound = higher(before, half_step_peak);
        if bound < 0.7 * self.highest {
            return;
        }
        // Twice as fine, and so nearer: cos(π/8) = 0.924.
        if self.interpolator.quarter_step_peak::<I>() < 0.91 * self.highest {
            return;
        }
        let points = self.interpolator.points::<I>();
        // A parabola adds at most 2 % to the highest point up to 0.45 of the rate.
        if points.peak::<I>() * 1.02 > self.highest {
            let Self { highest, .. } = self;
            *highest = I::call(HighestVertex {
                points: &points,
                known: *highest,
            });
        }
    }
}

/// The highest of the points, of the vertices of the parabolas through each point and its neighbors, and of a known peak.
struct HighestVertex<'a> {
    points: &'a Points,
    known: f32,
}

impl Kernel for HighestVertex<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<I: Isa>(self) -> f32 {
        let Points { phases, next } = self.points;
        let mut highest = lanes!(i => higher(next[i].abs(), self.known));
        for p in 1..PHASES {
            let (left, here) = (&phases[p - 1], &phases[p]);
            let right = if p + 1 < PHASES { &phases[p + 1] } else { next };
            highest = lanes!(i => {
                let slope = 0.5 * (right[i] - left[i]);
                let curvature = left[i] + right[i] - 2.0 * here[i];
                let turns = here[i].abs() >= left[i].abs()
                    && here[i].abs() >= right[i].abs()
                    && curvature != 0.0;
                let vertex = here[i] - 0.5 * slope * slope / curvature;
                higher(if turns { vertex.abs() } else { here[i].abs() }, highest[i])
            });
        }
        highest[0] = higher(phases[0][0].abs(), highest[0]);
        peak::<I>(&highest)
    }
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The sum of the products. Quarters are added first, so that the lanes stay side by side.
#[inline(always)]
fn dot(a: &Lane, b: &Lane) -> f64 {
    let products = lanes!(i => a[i] * b[i]);
    let four =
        lanes!(i, 4 => (products[i] + products[i + 4]) + (products[i + 8] + products[i + 12]));
    f64::from((four[0] + four[1]) + (four[2] + four[3]))
}

/// Correlation coefficient with an exponential memory.
#[derive(Clone, Copy, Debug)]
struct Correlation {
    keep: f64,
    left: f64,
    right: f64,
    both: f64,
}

/// Time constant of the correlation meter.
const CORRELATION_MS: f64 = 400.0;
/// Sums below this (−100 dBFS) count as silence, so that they never become subnormal.
const SILENCE: f64 = 1e-10;

impl Correlation {
    fn new(rate_hz: f64) -> Self {
        let quanta_per_second = rate_hz / math::count(QUANTUM);
        Self {
            keep: 1.0 - math::one_pole(CORRELATION_MS, quanta_per_second),
            left: 0.0,
            right: 0.0,
            both: 0.0,
        }
    }

    #[inline(always)]
    fn process(&mut self, quantum: &Quantum, is_silent: bool) {
        if is_silent && self.left + self.right == 0.0 {
            return;
        }
        let [left, right] = &quantum.channels;
        self.left = self.left * self.keep + dot(left, left);
        self.right = self.right * self.keep + dot(right, right);
        self.both = self.both * self.keep + dot(left, right);
        if self.left + self.right < SILENCE {
            self.left = 0.0;
            self.right = 0.0;
            self.both = 0.0;
        }
    }

    fn value(&self) -> f32 {
        let scale = (self.left * self.right).sqrt();
        if scale > 0.0 {
            math::narrow((self.both / scale).clamp(-1.0, 1.0))
        } else {
            0.0
        }
    }
}
