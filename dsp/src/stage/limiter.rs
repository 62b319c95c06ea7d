//! The true-peak limiter.
//!
//! ```text
//! input ─┬─ delay ──────────────────────────────────────────────────────────────── × ─ output
//!        ├─ interpolator ─ required gain ─ link ─ sliding minimum ─ release ─ smoothing ┘
//!        └─ low frequencies ─ hold ──────────────────────────────────┘
//! ```
//!
//! - The interpolator computes eight points a sample period. The height of a peak above the nearest point is bounded by
//!   the curvature there and added (`raise_to_peaks`).
//! - The sliding minimum holds the lowest required gain over the whole attack. A moving average of the same length
//!   over it can't exceed that gain when the peak arrives, so the ceiling is held by construction, without clipping.
//!   Three moving averages in a row make a nearly Gaussian slope. Its spectrum decays fast enough that gain times signal
//!   has no new peaks between the samples.
//! - The release lies between the two, where any curve below the minimum is safe ([`GainPath`]). So does the gain
//!   that low frequencies need until their next peak.
//! - The gain of an idle limiter is exactly 1, because the averages are sums of pairs and never running sums.
//!
//! Hold, release and smoothing over one length follow Signalsmith Audio's "Designing a straightforward limiter" (2022).
//!
//! Work that can't change a bit is left out: the interpolation of a signal that stays below the ceiling by a bound, the
//! smoothing of ones, and the second gain while both channels share one.
//!
//! The delay is about 2.6 ms, see [`Limiter::latency_samples_at`]. No allocation in `process`.

use crate::{
    LimiterSettings, QUANTUM, Spec,
    block::{
        lookback::Lookback,
        processor::Processor,
        quantum::{Lane, Quantum},
        ramp::{Ramp, Segment},
    },
    dynamics::{
        limiter_gain::{GainPath, Geometry, higher, lower, lowest_of},
        low_frequency_hold::{LowFrequencies, LowLevel},
    },
    filter::interpolator::{Interpolator, PHASES, Points, REACH},
    lanes, math,
    simd::isa::Isa,
};

/// Holds the true peak below the ceiling. The lookahead is about 2 ms, and 48 samples below 35 kHz.
#[derive(Clone, Debug)]
pub struct Limiter {
    geometry: Geometry,
    delay: [Lookback; 2],
    interpolators: Box<[Interpolator; 2]>,
    low_frequencies: LowFrequencies,
    /// The gains of left and right. While `is_shared` is true, the first one serves both.
    gains: [GainPath; 2],
    is_shared: bool,
    /// Quanta since both channels have the same required gain.
    linked_quanta: usize,
    link: Ramp,
    ceiling: Ceiling,
    lowest_gain: f32,
}

/// Distance of the limiter's target below the ceiling. It covers the interpolator's error, 0.017 dB, and peaks that the
/// slope of the gain makes.
pub const LIMITER_MARGIN_DB: f64 = 0.03;

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

    /// Processes sixteen frames. Without `SKIPS` it leaves nothing out; the bits are the same.
    #[inline(always)]
    fn process_quantum<I: Isa, const SKIPS: bool>(
        &mut self,
        settings: LimiterSettings,
        quantum: &mut Quantum,
    ) {
        if settings.ceiling_db != self.ceiling.db {
            self.set_ceiling(settings.ceiling_db);
        }
        let ceiling = self.ceiling.gain;
        let link = self.link.advance(settings.stereo_link);
        let is_linked = link.is(1.0);
        let lows = self.low_frequencies.process(&quantum.channels);
        let lows = lows.map(|low| low.scaled(1.0 / ceiling));
        let mut peaks = [[ceiling; QUANTUM]; 2];
        let is_below = self.find_peaks::<I, SKIPS>(quantum, &mut peaks);

        if is_linked && self.is_shared {
            let required = if is_below {
                [1.0; QUANTUM]
            } else {
                lanes!(i => ceiling / higher(peaks[0][i], peaks[1][i]))
            };
            let path = &mut self.gains[0];
            path.release.set(settings.release_ms, settings.style);
            let gain = path.process::<I, SKIPS>(&required, lows[0].higher(lows[1]));
            self.apply([gain, gain], quantum);
            return;
        }
        if self.is_shared {
            let [first, second] = &mut self.gains;
            second.copy_from(first);
            self.is_shared = false;
        }
        let (required, lows) = linked::<I>(
            link,
            peaks.map(|peaks| lanes!(i => ceiling / peaks[i])),
            lows,
        );
        let [first, second] = &mut self.gains;
        if is_linked && self.linked_quanta == 0 {
            first.join_hold(second);
        }
        let mut gains = [None; 2];
        for c in 0..2 {
            let path = &mut self.gains[c];
            path.release.set(settings.release_ms, settings.style);
            gains[c] = path.process::<I, SKIPS>(&required[c], lows[c]);
        }
        self.apply(gains, quantum);
        self.linked_quanta = if is_linked { self.linked_quanta + 1 } else { 0 };
        let [first, second] = &mut self.gains;
        self.is_shared = self.linked_quanta > self.geometry.memory_quanta && first.have_met(second);
    }

    #[inline(never)]
    fn set_ceiling(&mut self, db: f32) {
        let gain = math::narrow(math::gain_from_db(f64::from(db) - LIMITER_MARGIN_DB));
        self.ceiling = Ceiling { db, gain };
    }

    /// Raises `peaks`, which begin at the ceiling, to the true peaks of the sample periods. Returns whether all stay below.
    #[inline(always)]
    fn find_peaks<I: Isa, const SKIPS: bool>(
        &mut self,
        quantum: &Quantum,
        peaks: &mut [Lane; 2],
    ) -> bool {
        let ceiling = self.ceiling.gain;
        for (interpolator, lane) in self.interpolators.iter_mut().zip(&quantum.channels) {
            interpolator.append::<I>(lane);
        }
        let [left, right] = &*self.interpolators;
        if SKIPS && left.is_below(ceiling) && right.is_below(ceiling) {
            return true;
        }
        Interpolator::update::<I>(self.interpolators.each_mut());
        let mut is_below = true;
        for (interpolator, peaks) in self.interpolators.iter().zip(peaks) {
            if SKIPS && interpolator.is_below_between::<I>(ceiling) {
                continue;
            }
            let before = interpolator.point_before::<I>();
            raise_to_peaks::<I>(peaks, &interpolator.points::<I>(), before);
            is_below = false;
        }
        is_below
    }

    /// Applies the gains of both channels; without one, the channel passes.
    #[inline(always)]
    fn apply(&mut self, gains: [Option<Lane>; 2], quantum: &mut Quantum) {
        let mut lowest = 1.0_f32;
        for (c, channel) in quantum.channels.iter_mut().enumerate() {
            self.delay[c].push(channel);
            *channel = self.delay[c].delayed(REACH + self.geometry.lookahead);
            if let Some(gain) = &gains[c] {
                for i in 0..QUANTUM {
                    channel[i] *= gain[i];
                }
                lowest = lower(lowest, lowest_of(gain));
            }
        }
        self.lowest_gain = lowest;
    }
}

impl Default for Limiter {
    fn default() -> Self {
        let geometry = Geometry::new(48_000.0);
        let mut limiter = Self {
            geometry,
            delay: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            interpolators: Box::new([const { Interpolator::new() }; 2]),
            low_frequencies: LowFrequencies::default(),
            gains: core::array::from_fn(|_| GainPath::new(48_000.0, geometry)),
            is_shared: true,
            linked_quanta: 0,
            link: Ramp::new(),
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
        self.low_frequencies = LowFrequencies::new(spec.sample_rate_hz);
        self.gains = core::array::from_fn(|_| GainPath::new(spec.sample_rate_hz, geometry));
        self.link.prepare(spec);
        self.set_ceiling(self.ceiling.db);
        self.reset();
    }

    fn reset(&mut self) {
        self.delay.iter_mut().for_each(Lookback::reset);
        self.interpolators.iter_mut().for_each(Interpolator::reset);
        self.low_frequencies.reset();
        self.gains.iter_mut().for_each(GainPath::reset);
        self.is_shared = true;
        self.linked_quanta = 0;
        self.link.reset();
        self.lowest_gain = 1.0;
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: LimiterSettings, quantum: &mut Quantum) {
        self.process_quantum::<I, true>(settings, quantum);
    }

    fn latency_samples(&self) -> usize {
        REACH + self.geometry.lookahead
    }
}

/// Required gains and levels of low frequencies that move towards the stricter of both channels.
#[inline(always)]
fn linked<I: Isa>(
    link: Segment,
    mut required: [Lane; 2],
    mut lows: [LowLevel; 2],
) -> ([Lane; 2], [LowLevel; 2]) {
    let both = lanes!(i => lower(required[0][i], required[1][i]));
    let low = lows[0].higher(lows[1]);
    if link.is(1.0) {
        return ([both; 2], [low; 2]);
    }
    let amount = link.lane::<I>();
    for lane in &mut required {
        for i in 0..QUANTUM {
            lane[i] += amount[i] * (both[i] - lane[i]);
        }
    }
    for own in &mut lows {
        own.low += link.end * (low.low - own.low);
        own.body += link.end * (low.body - own.body);
    }
    (required, lows)
}

/// Raises each peak to the height of the signal in its sample period.
///
/// A peak lies at most half a step from its nearest point. A parabola through that point and its neighbors rises there by
/// at most an eighth of the second difference. Adding this to every point is exact in the worst case; it reads at most
/// 0.13 dB too high at 0.45 of the rate, and 0.03 dB at 10 kHz of 44.1 kHz.
#[inline(always)]
fn raise_to_peaks<I: Isa>(peaks: &mut Lane, points: &Points, before: f32) {
    let phases = &points.phases;
    let last = &phases[PHASES - 1];
    let mut first = [before; QUANTUM];
    first[1..].copy_from_slice(&last[..QUANTUM - 1]);
    raise::<I>(peaks, &first, &phases[0], &phases[1]);
    for p in 1..PHASES - 1 {
        raise::<I>(peaks, &phases[p - 1], &phases[p], &phases[p + 1]);
    }
    raise::<I>(peaks, &phases[PHASES - 2], last, &points.next);
}

/// Raises the peaks to the bound of the signal near the points `here`.
#[inline(always)]
fn raise<I: Isa>(peaks: &mut Lane, left: &Lane, here: &Lane, right: &Lane) {
    let second_differences = lanes!(i => I::mul_add(-2.0, here[i], left[i] + right[i]));
    let bounds = lanes!(i => I::mul_add(0.125, second_differences[i].abs(), here[i].abs()));
    *peaks = lanes!(i => higher(bounds[i], peaks[i]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LimiterStyle, simd::isa::Baseline};

    /// Noise whose level passes all bounds, with pauses, in one or both channels.
    fn quantum(seed: &mut u32, level: f32, sides: [f32; 2]) -> Quantum {
        let mut sample = || {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * (f32::from(u16::try_from(*seed >> 16).unwrap()) / 32_768.0 - 1.0)
        };
        let lane: Lane = core::array::from_fn(|_| sample());
        Quantum {
            channels: sides.map(|side| lane.map(|x| side * x)),
        }
    }

    #[test]
    fn limiter_with_skips_gives_the_bits_of_the_one_without() {
        let levels = [
            0.0, 0.2, 0.4, 0.55, 0.8, 1.5, 0.3, 3.0, 0.05, 0.0, 0.5, 0.9, 0.0,
        ];
        let links = [
            1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0,
        ];
        for rate in [8_000.0, 44_100.0, 192_000.0] {
            let spec = Spec {
                sample_rate_hz: rate,
            };
            let mut limiters = [Limiter::default(), Limiter::default()];
            limiters
                .iter_mut()
                .for_each(|limiter| limiter.prepare(spec));
            let mut seed = 1;
            let mut shared = 0;
            for step in 0..120 {
                let part = step % levels.len();
                let settings = LimiterSettings {
                    ceiling_db: if step % 7 == 0 { -3.0 } else { -1.0 },
                    release_ms: 10.0,
                    stereo_link: links[part],
                    style: [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud][step % 3],
                };
                // Some parts end within the limiter's memory, others last much longer.
                for q in 0..[3, 40, 400, 17][step % 4] {
                    let sides = [[1.0, 1.0], [1.0, -0.4], [0.1, 1.0]][(step + q / 50) % 3];
                    let input = quantum(&mut seed, levels[part], sides);
                    let [mut a, mut b] = [input; 2];
                    limiters[0].process_quantum::<Baseline, true>(settings, &mut a);
                    limiters[1].process_quantum::<Baseline, false>(settings, &mut b);
                    assert_eq!(a, b, "quantum {q} of step {step} at {rate} Hz");
                    assert_eq!(limiters[0].lowest_gain(), limiters[1].lowest_gain());
                    shared += usize::from(limiters[0].is_shared);
                }
            }
            assert!(shared > 0);
        }
    }

    /// Steady and slow signals have no flanks that would bring the holds of two channels together. The slow parts of the releases
    /// approach each other with a time constant of 200 ms.
    #[test]
    fn limiter_with_link_back_at_100_percent_shares_one_gain_within_4_s() {
        let rate = 44_100.0;
        for style in [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud] {
            for (frequency_hz, phase) in [(0.0, 0.25), (5.0, 0.0), (20.0, 0.0), (27.0, 0.1)] {
                let mut limiter = Limiter::default();
                limiter.prepare(Spec {
                    sample_rate_hz: rate,
                });
                let mut frame = 0;
                let mut run = |limiter: &mut Limiter, seconds: f64, stereo_link: f32| {
                    let settings = LimiterSettings {
                        stereo_link,
                        style,
                        release_ms: 20.0,
                        ..LimiterSettings::default()
                    };
                    for _ in 0..math::samples(seconds * rate) / QUANTUM {
                        let mut quantum = Quantum::SILENCE;
                        for i in 0..QUANTUM {
                            let turns = frequency_hz * math::count(frame) / rate + phase;
                            let x = 3.0 * (core::f64::consts::TAU * turns).sin();
                            quantum.channels[0][i] = math::narrow(x);
                            // The right channel begins later, at another phase.
                            let other = if seconds < 0.1 { 0.0 } else { 0.7 };
                            quantum.channels[1][i] = math::narrow(other * x);
                            frame += 1;
                        }
                        limiter.process::<Baseline>(settings, &mut quantum);
                    }
                };
                run(&mut limiter, 0.013, 0.0);
                run(&mut limiter, 0.31, 0.0);
                assert!(!limiter.is_shared);
                run(&mut limiter, 4.0, 1.0);
                assert!(limiter.is_shared, "{frequency_hz} Hz of {rate}, {style:?}");
            }
        }
    }

    /// A single peak, 100 ms after a bass that was 10 dB over the ceiling.
    #[test]
    fn limiter_100_ms_after_a_bass_recovers_as_fast_as_without_it() {
        for rate in [8_000.0, 16_000.0, 48_000.0, 192_000.0] {
            for frequency_hz in [30.0, 50.0, 100.0] {
                let settings = LimiterSettings {
                    style: LimiterStyle::Loud,
                    ..LimiterSettings::default()
                };
                let bass_frames = math::samples(0.5 * rate);
                let peak = bass_frames + math::samples(0.1 * rate);
                let gains = [0.0, 3.0].map(|level| {
                    let mut limiter = Limiter::default();
                    limiter.prepare(Spec {
                        sample_rate_hz: rate,
                    });
                    let sample = |frame: usize| {
                        let turns = frequency_hz * math::count(frame) / rate;
                        let bass = level * (core::f64::consts::TAU * turns).sin();
                        let bass = if frame < bass_frames { bass } else { 0.0 };
                        math::narrow(if frame == peak { 2.0 } else { bass })
                    };
                    let quanta = math::samples(0.7 * rate) / QUANTUM;
                    let mut gains = Vec::new();
                    for q in 0..quanta {
                        let lane = core::array::from_fn(|i| sample(q * QUANTUM + i));
                        let mut quantum = Quantum {
                            channels: [lane, lane],
                        };
                        limiter.process::<Baseline>(settings, &mut quantum);
                        if (q + 1) * QUANTUM >= peak {
                            gains.push(limiter.lowest_gain());
                        }
                    }
                    gains
                });
                assert!(gains[0].iter().any(|gain| *gain < 0.6));
                for (without, with) in gains[0].iter().zip(&gains[1]) {
                    assert!(
                        (without - with).abs() < 1e-3,
                        "{with} for {without}, {frequency_hz} Hz of {rate}"
                    );
                }
            }
        }
    }

    #[test]
    fn limiter_after_a_peak_recovers_to_exactly_1_at_all_rates_and_releases() {
        for rate in [44_100.0, 192_000.0, 768_000.0] {
            for style in [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud] {
                for release_ms in [10.0, 1000.0] {
                    let settings = LimiterSettings {
                        release_ms,
                        style,
                        ..LimiterSettings::default()
                    };
                    let mut limiter = Limiter::default();
                    limiter.prepare(Spec {
                        sample_rate_hz: rate,
                    });
                    let loud = Quantum {
                        channels: [[4.0; QUANTUM]; 2],
                    };
                    // The slow part follows the loudness.
                    for _ in 0..math::samples(0.3 * rate) / QUANTUM {
                        limiter.process::<Baseline>(settings, &mut loud.clone());
                    }
                    assert!(limiter.lowest_gain() < 0.3);
                    let most = math::samples(rate * 0.02 * f64::from(release_ms)) / QUANTUM;
                    let recovered = (0..most).find(|_| {
                        limiter.process::<Baseline>(settings, &mut Quantum::SILENCE.clone());
                        limiter.lowest_gain() == 1.0 && limiter.gains[0].release.is_idle()
                    });
                    assert!(recovered.is_some(), "{rate} Hz, {style:?}, {release_ms} ms");
                }
            }
        }
    }
}
