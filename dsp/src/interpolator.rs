//! The signal between its samples: an eightfold polyphase interpolator, shared by the limiter and the meters.
//!
//! Each phase is a Kaiser-windowed sinc of 40 taps, the fewest that read tones up to 0.45 of the sample rate to
//! 0.1 % (0.01 dB). Phase p and phase 8 − p mirror each other, so both come from sums and differences of the same
//! pairs of samples at half the multiplications; phase 0 is the signal itself.

use crate::{QUANTUM, isa::Isa, math, quantum::Lane};

/// Points per sample period.
pub const PHASES: usize = 8;
/// Samples on each side that an interpolated point depends on, and so the interpolator's delay.
pub const REACH: usize = 20;
/// Kaiser's β: of all values the one with the smallest error up to 0.45 of the rate at this length.
const BETA: f64 = 6.25;
/// The past that the window of a quantum needs, rounded to whole quanta.
const PAST: usize = 3 * QUANTUM;

/// Even and odd halves of phases 1, 2, 3 and the even half of phase 4, for each pair of taps.
type PairTaps = [f32; PHASES - 1];

/// Interpolates one channel.
#[derive(Clone, Debug)]
pub struct Interpolator {
    taps: [PairTaps; REACH],
    window: [f32; PAST + QUANTUM],
}

/// The points of sixteen consecutive sample periods: `phases[p][i]` lies p/8 of a period after sample i.
#[derive(Clone, Copy, Debug)]
pub struct Points {
    /// Phases 0 to 7.
    pub phases: [Lane; PHASES],
    /// The sample that ends each period, which is phase 0 of the next one.
    pub next: Lane,
}

impl Interpolator {
    /// Designs the filters.
    #[must_use]
    pub fn new() -> Self {
        let mut taps = [[0.0; PHASES - 1]; REACH];
        for phase in 1..=PHASES / 2 {
            let filter = design(math::count(phase) / math::count(PHASES));
            for (pair, taps) in taps.iter_mut().enumerate() {
                // The pair of samples 1 + pair after and pair before the period's first sample.
                let after = filter[REACH + pair];
                let before = filter[REACH - 1 - pair];
                taps[2 * (phase - 1)] = math::narrow(0.5 * (after + before));
                if phase < PHASES / 2 {
                    taps[2 * (phase - 1) + 1] = math::narrow(0.5 * (after - before));
                }
            }
        }
        Self {
            taps,
            window: [0.0; PAST + QUANTUM],
        }
    }

    /// As new.
    pub fn reset(&mut self) {
        self.window = [0.0; PAST + QUANTUM];
    }

    /// Takes the next sixteen samples.
    #[inline(always)]
    pub fn push(&mut self, input: &Lane) {
        self.window.copy_within(QUANTUM.., 0);
        self.window[PAST..].copy_from_slice(input);
    }

    /// The highest absolute value of the same periods' samples and midpoints: twofold interpolation at a tenth of the
    /// cost of [`points`](Self::points).
    ///
    /// Where a signal of the band has its highest point ever, its neighbours on this grid are at least
    /// cos(π/4) = 0.707 of it (M. Riesz' inequality), so a result below 0.7 of an earlier peak rules out a new one.
    #[inline(always)]
    #[must_use]
    pub fn half_step_peak<I: Isa>(&self) -> f32 {
        let mut midpoints = [0.0_f32; QUANTUM];
        for (pair, taps) in self.taps.iter().enumerate() {
            let after = &self.window[PAST - REACH + 1 + pair..][..QUANTUM];
            let before = &self.window[PAST - REACH - pair..][..QUANTUM];
            for i in 0..QUANTUM {
                midpoints[i] = I::mul_add(after[i] + before[i], taps[PHASES - 2], midpoints[i]);
            }
        }
        let mut peaks = [0.0_f32; QUANTUM];
        let starts = &self.window[PAST - REACH..][..QUANTUM];
        let ends = &self.window[PAST - REACH + 1..][..QUANTUM];
        for i in 0..QUANTUM {
            for value in [midpoints[i], starts[i], ends[i]] {
                peaks[i] = if value.abs() > peaks[i] {
                    value.abs()
                } else {
                    peaks[i]
                };
            }
        }
        highest(&peaks)
    }

    /// The points of the sixteen periods that began [`REACH`] samples before the newest quantum.
    #[inline(always)]
    #[must_use]
    pub fn points<I: Isa>(&self) -> Points {
        let mut phases = [[0.0; QUANTUM]; PHASES];
        // In halves, so that seven sums of eight lanes fit the registers.
        self.fill::<I, { QUANTUM / 2 }>(0, &mut phases);
        self.fill::<I, { QUANTUM / 2 }>(QUANTUM / 2, &mut phases);
        phases[0].copy_from_slice(&self.window[PAST - REACH..][..QUANTUM]);
        let mut next = [0.0; QUANTUM];
        next.copy_from_slice(&self.window[PAST - REACH + 1..][..QUANTUM]);
        Points { phases, next }
    }

    /// Phases 1 to 7 of `LANES` periods from period `first` on.
    #[inline(always)]
    fn fill<I: Isa, const LANES: usize>(&self, first: usize, phases: &mut [Lane; PHASES]) {
        let mut sums = [[0.0_f32; LANES]; PHASES - 1];
        for (pair, taps) in self.taps.iter().enumerate() {
            let after = &self.window[PAST - REACH + first + 1 + pair..][..LANES];
            let before = &self.window[PAST - REACH + first - pair..][..LANES];
            let even: [f32; LANES] = core::array::from_fn(|i| after[i] + before[i]);
            let odd: [f32; LANES] = core::array::from_fn(|i| after[i] - before[i]);
            for (k, (sum, &tap)) in sums.iter_mut().zip(taps).enumerate() {
                let half = if k % 2 == 0 { &even } else { &odd };
                for i in 0..LANES {
                    sum[i] = I::mul_add(half[i], tap, sum[i]);
                }
            }
        }
        for i in 0..LANES {
            for k in 0..3 {
                phases[1 + k][first + i] = sums[2 * k][i] + sums[2 * k + 1][i];
                phases[7 - k][first + i] = sums[2 * k][i] - sums[2 * k + 1][i];
            }
            phases[4][first + i] = sums[6][i];
        }
    }
}

/// The highest of sixteen values, in halves so that lanes stay side by side.
#[inline(always)]
#[must_use]
pub fn highest(values: &Lane) -> f32 {
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    let eight: [f32; 8] = core::array::from_fn(|i| higher(values[i], values[i + 8]));
    let four: [f32; 4] = core::array::from_fn(|i| higher(eight[i], eight[i + 4]));
    higher(higher(four[0], four[1]), higher(four[2], four[3]))
}

impl Default for Interpolator {
    fn default() -> Self {
        Self::new()
    }
}

/// Taps for the point `fraction` after sample 0, for samples 1 − `REACH` to `REACH`.
fn design(fraction: f64) -> [f64; 2 * REACH] {
    core::array::from_fn(|i| {
        let t = math::count(i) - math::count(REACH - 1) - fraction;
        let u = t / math::count(REACH);
        let window = math::bessel_i0(BETA * (1.0 - u * u).max(0.0).sqrt()) / math::bessel_i0(BETA);
        math::sinc(t) * window
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Native;
    use core::f64::consts::TAU;

    /// 0.11 % is 0.01 dB: well inside the limiter's 0.05 dB.
    #[test]
    fn points_lie_on_sines_up_to_0_45_of_the_rate() {
        for step in 1..=45 {
            let frequency = f64::from(step) * 0.01;
            for phase in 0..4 {
                let sine = |t: f64| (TAU * (frequency * t + f64::from(phase) / 16.0)).sin();
                let mut interpolator = Interpolator::new();
                for q in 0..6_u32 {
                    let start = f64::from(q) * 16.0;
                    let input: Lane =
                        core::array::from_fn(|i| math::narrow(sine(start + math::count(i))));
                    interpolator.push(&input);
                    let points = interpolator.points::<Native>();
                    if q < 4 {
                        continue;
                    }
                    for (p, lane) in points.phases.iter().enumerate() {
                        for (i, &value) in lane.iter().enumerate() {
                            let t =
                                start - math::count(REACH) + math::count(i) + math::count(p) / 8.0;
                            let error = f64::from(value) - sine(t);
                            assert!(
                                error.abs() < 1.1e-3,
                                "frequency {frequency} phase {p}: {error}"
                            );
                        }
                    }
                }
            }
        }
    }
}
