//! The gain computer of all compressors: static curve, attack and release.
//!
//! ```text
//! power of the envelope → level dB → static curve → attack and release → gain
//! ```
//!
//! Feed-forward, with the ballistics on the gain reduction in decibels (Giannoulis, Massberg & Reiss, "Digital Dynamic
//! Range Compressor Design", JAES 60, 2012, sections 2 and 3), so that attack and release mean the same at every level.
//! The level is that of an envelope without ripple, so a steady tone gets a steady gain without distortion at any attack
//! and release. Levels and gains are computed every four samples, with straight lines between. No delay, no allocation in
//! `process`.

use crate::{
    CompressorSettings, QUANTUM, Spec,
    block::{
        quantum::Lane,
        ramp::{Glide, Segment},
    },
    filter::point_filter::{POINT_SAMPLES, POINTS},
    lanes, math,
    simd::isa::Isa,
};

/// `K` compressors side by side.
#[derive(Clone, Debug)]
pub struct Compressors<const K: usize> {
    rate_hz: f64,
    /// Attack and release of the coefficients' targets.
    times_ms: [[f32; 2]; K],
    /// The coefficients of these times, to which attack and release glide.
    rates: [[f32; 2]; K],
    thresholds_db: Glide<K>,
    /// 1 − 1/ratio.
    slopes: Glide<K>,
    knees_db: Glide<K>,
    /// A jump of the attack on a bass note would be a jump of its reduction.
    attack: Glide<K>,
    release: Glide<K>,
    /// The coefficient of the automatic release.
    fast_release: f32,
    /// Reductions at the last point, dB.
    reductions_db: [f32; K],
    slow: Option<SlowRelease<K>>,
    /// Gains at the last point.
    gains: [f32; K],
    lowest_gains: [f32; K],
}

/// The slow part of an automatic release, which holds the average reduction of dense music.
#[derive(Clone, Copy, Debug)]
struct SlowRelease<const K: usize> {
    charge: f32,
    discharge: f32,
    reductions_db: [f32; K],
    is_active: bool,
}

/// Time in which the slow part reaches a steady reduction.
const CHARGE_MS: f64 = 500.0;
/// Release time of the slow part.
const DISCHARGE_MS: f64 = 1200.0;
/// Release time after a peak that is too short for the slow part.
const FAST_MS: f64 = 100.0;
/// Reductions below this end.
const SNAP_DB: f32 = 1e-6;
/// Knees narrower than this are hard.
const HARD_KNEE_DB: f32 = 0.01;

impl<const K: usize> Compressors<K> {
    /// Compressors without reduction.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let mut compressors = Self {
            rate_hz: spec.sample_rate_hz,
            times_ms: [[0.0; 2]; K],
            rates: [[1.0; 2]; K],
            thresholds_db: Glide::new(),
            slopes: Glide::new(),
            knees_db: Glide::new(),
            attack: Glide::new(),
            release: Glide::new(),
            fast_release: 1.0,
            reductions_db: [0.0; K],
            slow: None,
            gains: [1.0; K],
            lowest_gains: [1.0; K],
        };
        compressors.fast_release = compressors.coefficient(FAST_MS);
        compressors.thresholds_db.prepare(spec);
        compressors.slopes.prepare(spec);
        compressors.knees_db.prepare(spec);
        compressors.attack.prepare(spec);
        compressors.release.prepare(spec);
        compressors
    }

    /// Clears the reduction; the next settings are taken at once.
    pub fn reset(&mut self) {
        self.thresholds_db.reset();
        self.slopes.reset();
        self.knees_db.reset();
        self.attack.reset();
        self.release.reset();
        self.begin();
    }

    /// Clears the reduction; the settings keep gliding.
    pub fn begin(&mut self) {
        self.reductions_db = [0.0; K];
        self.slow = None;
        self.gains = [1.0; K];
        self.lowest_gains = [1.0; K];
    }

    /// The one-pole coefficient of a time constant, from point to point.
    fn coefficient(&self, time_ms: f64) -> f32 {
        math::narrow(math::one_pole(
            time_ms,
            self.rate_hz / math::count(POINT_SAMPLES),
        ))
    }

    /// Sets the next quantum. With `automatic`, the release follows the program instead of its setting.
    #[inline(always)]
    pub fn set(&mut self, settings: &[CompressorSettings; K], automatic: bool) {
        for (k, new) in settings.iter().enumerate() {
            let [attack_ms, release_ms] = self.times_ms[k];
            if attack_ms != new.attack_ms || release_ms != new.release_ms {
                self.times_ms[k] = [new.attack_ms, new.release_ms];
                self.rates[k] =
                    [new.attack_ms, new.release_ms].map(|ms| self.coefficient(f64::from(ms)));
            }
        }
        self.attack.advance(lanes!(k, K => self.rates[k][0]));
        self.release.advance(lanes!(k, K => self.rates[k][1]));
        self.thresholds_db
            .advance(lanes!(k, K => settings[k].threshold_db));
        self.slopes
            .advance(lanes!(k, K => 1.0 - 1.0 / settings[k].ratio));
        self.knees_db.advance(lanes!(k, K => settings[k].knee_db));
        match &mut self.slow {
            Some(slow) => slow.is_active = automatic,
            None if automatic => {
                self.slow = Some(SlowRelease {
                    charge: self.coefficient(CHARGE_MS),
                    discharge: self.coefficient(DISCHARGE_MS),
                    reductions_db: self.reductions_db,
                    is_active: true,
                });
            }
            None => {}
        }
    }

    /// The gain of each compressor over the quantum, in straight lines between its points.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, powers: &[[f32; POINTS]; K], amount: Segment) -> [Lane; K] {
        let start = self.gains;
        let points = self.point_gains(powers, amount);
        let mut lanes = [[0.0; QUANTUM]; K];
        for k in 0..K {
            lanes[k] = lines::<I>(start[k], &points[k]);
        }
        lanes
    }

    /// The gain of each compressor at each point, from the squared envelope there. `amount` scales the reduction in
    /// decibels.
    #[inline(always)]
    pub fn point_gains(
        &mut self,
        powers: &[[f32; POINTS]; K],
        amount: Segment,
    ) -> [[f32; POINTS]; K] {
        let [thresholds, slopes, knees] =
            [&self.thresholds_db, &self.slopes, &self.knees_db].map(Glide::values);
        let mut reductions_db = [[0.0; POINTS]; K];
        for k in 0..K {
            let levels = math::log2_lanes(powers[k]);
            let knee = higher(knees[k], HARD_KNEE_DB);
            reductions_db[k] = lanes!(point, POINTS => {
                let over_db = levels[point] * math::POWER_DB_PER_OCTAVE - thresholds[k];
                static_reduction_db(over_db, slopes[k], knee)
            });
        }
        self.follow(&mut reductions_db);
        let scales = lanes!(point, POINTS => {
            let amount = amount.start + (amount.end - amount.start) * STEP[point];
            -amount * math::OCTAVES_PER_DB
        });
        let mut points = [[1.0; POINTS]; K];
        for k in 0..K {
            points[k] =
                math::exp2_lanes(lanes!(point, POINTS => reductions_db[k][point] * scales[point]));
            let mut lowest = self.gains[k];
            for gain in &points[k] {
                lowest = lower(*gain, lowest);
            }
            self.gains[k] = points[k][POINTS - 1];
            self.lowest_gains[k] = lowest;
        }
        points
    }

    /// Attack and release: replaces the reductions of the static curve by smoothed ones, dB.
    #[inline(always)]
    fn follow(&mut self, reductions_db: &mut [[f32; POINTS]; K]) {
        let automatic = self.slow.as_ref().is_some_and(|slow| slow.is_active);
        let [attacks, releases] = [&self.attack, &self.release].map(Glide::values);
        for (k, row) in reductions_db.iter_mut().enumerate() {
            let targets = *row;
            let attack = attacks[k];
            let release = if automatic {
                self.fast_release
            } else {
                releases[k]
            };
            let mut reduction = self.reductions_db[k];
            for (reduced, target) in row.iter_mut().zip(targets) {
                let rate = if target > reduction { attack } else { release };
                reduction += rate * (target - reduction);
                *reduced = reduction;
            }
            self.reductions_db[k] = flush_small(reduction);
            let Some(slow) = &mut self.slow else {
                continue;
            };
            let held = &mut slow.reductions_db[k];
            for (reduced, target) in row.iter_mut().zip(targets) {
                let target = if slow.is_active { target } else { 0.0 };
                let rate = if target > *held {
                    slow.charge
                } else {
                    slow.discharge
                };
                *held += rate * (target - *held);
                *reduced = higher(*held, *reduced);
            }
            *held = flush_small(*held);
        }
    }

    /// The lowest gain of the last quantum.
    #[must_use]
    #[inline(always)]
    pub fn lowest_gains(&self) -> [f32; K] {
        self.lowest_gains
    }
}

/// The static curve: the reduction at a level above the threshold. It is quadratic from half a knee below the threshold to
/// half a knee above it, then linear.
#[inline(always)]
fn static_reduction_db(over_db: f32, slope: f32, knee_db: f32) -> f32 {
    let inside = lower(higher(over_db + 0.5 * knee_db, 0.0), knee_db);
    let beyond = higher(over_db - 0.5 * knee_db, 0.0);
    slope * (inside * inside / (2.0 * knee_db) + beyond)
}

impl CompressorSettings {
    /// The reduction of a steady sine with a peak level in dBFS, dB, 0 or more.
    #[must_use]
    pub fn steady_reduction_db(&self, level_db: f32) -> f32 {
        let slope = 1.0 - 1.0 / self.ratio;
        let knee_db = self.knee_db.max(HARD_KNEE_DB);
        static_reduction_db(level_db - self.threshold_db, slope, knee_db)
    }
}

/// Straight lines from `start` through the value at each point.
#[inline(always)]
#[must_use]
pub fn lines<I: Isa>(start: f32, &[a, b, c, d]: &[f32; POINTS]) -> Lane {
    let mut lane = [0.0; QUANTUM];
    let (first, second) = lane.split_at_mut(QUANTUM / 2);
    I::store(two_lines::<I>([start, a, b]), first);
    I::store(two_lines::<I>([b, c, d]), second);
    lane
}

/// A straight line from the first point to the second one, and one from there to the third.
#[inline(always)]
fn two_lines<I: Isa>([a, b, c]: [f32; 3]) -> I::Eight {
    let starts = I::splat_halves(a, b);
    let slopes = I::sub_eight(I::splat_halves(b, c), starts);
    I::add_eight(starts, I::mul_eight(slopes, I::load(&STEPS)))
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn flush_small(reduction_db: f32) -> f32 {
    if reduction_db < SNAP_DB {
        0.0
    } else {
        reduction_db
    }
}

/// 1/4, 2/4, 3/4, 1: the positions between points and, of the points, between quanta.
const STEP: [f32; POINT_SAMPLES] = [0.25, 0.5, 0.75, 1.0];
/// The same from each of two points to the next.
const STEPS: [f32; 2 * POINT_SAMPLES] = [0.25, 0.5, 0.75, 1.0, 0.25, 0.5, 0.75, 1.0];
