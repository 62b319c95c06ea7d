//! What all compressors share: the static curve and its motion in time.
//!
//! ```text
//! power of the envelope → level dB → static curve → attack and release → gain
//! ```
//!
//! Feed-forward, with the ballistics on the gain reduction in decibels (Giannoulis, Massberg & Reiss, "Digital Dynamic
//! Range Compressor Design", JAES 60, 2012, sections 2 and 3), so that attack and release mean the same at every level.
//! The level is that of the envelope, which has no ripple: a steady tone gets a steady gain, and no distortion, at any
//! attack and release. Levels and gains are computed every four samples; the gain runs in straight lines between.

use crate::{
    CompressorSettings, QUANTUM, Spec,
    block::quantum::Lane,
    block::ramp::{Glide, Segment},
    filter::block_filter::{POINT_SAMPLES, POINTS},
    lanes, math,
};

/// `K` compressors side by side, at most four.
#[derive(Clone, Debug)]
pub struct Compressors<const K: usize> {
    rate_hz: f64,
    /// Attack and release that the coefficients are of.
    times_ms: [[f32; 2]; K],
    thresholds_db: Glide<K>,
    /// 1 − 1/ratio.
    slopes: Glide<K>,
    knees_db: Glide<K>,
    attack: [f32; K],
    release: [f32; K],
    /// Of the automatic release.
    fast_release: f32,
    /// Reduction at the last point, dB.
    reductions_db: [f32; K],
    slow: Option<SlowRelease<K>>,
    /// Gain at the last point.
    gains: [f32; K],
    lowest_gains: [f32; K],
}

/// The second memory of an automatic release: it takes on the average reduction of dense music and lets go slowly.
#[derive(Clone, Copy, Debug)]
struct SlowRelease<const K: usize> {
    charge: f32,
    discharge: f32,
    reductions_db: [f32; K],
    wanted: bool,
}

/// Time in which the slow part takes on a steady reduction.
const CHARGE_MS: f64 = 500.0;
/// Time in which it lets go.
const DISCHARGE_MS: f64 = 1200.0;
/// Release after a peak that was too short to charge it.
const FAST_MS: f64 = 100.0;
/// Reductions below this end.
const SNAP_DB: f32 = 1e-6;
/// Knees narrower than this are hard.
const HARD_KNEE_DB: f32 = 0.01;

impl<const K: usize> Compressors<K> {
    /// At rest.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let mut compressors = Self {
            rate_hz: spec.sample_rate_hz,
            times_ms: [[0.0; 2]; K],
            thresholds_db: Glide::new(),
            slopes: Glide::new(),
            knees_db: Glide::new(),
            attack: [1.0; K],
            release: [1.0; K],
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
        compressors
    }

    /// At rest; the next settings are taken at once.
    pub fn reset(&mut self) {
        self.thresholds_db.reset();
        self.slopes.reset();
        self.knees_db.reset();
        self.begin();
    }

    /// No reduction; settings go on where they are.
    pub fn begin(&mut self) {
        self.reductions_db = [0.0; K];
        self.slow = None;
        self.gains = [1.0; K];
        self.lowest_gains = [1.0; K];
    }

    /// Share of the way to a new value from point to point.
    fn coefficient(&self, time_ms: f64) -> f32 {
        math::narrow(math::one_pole(
            time_ms,
            self.rate_hz / math::count(POINT_SAMPLES),
        ))
    }

    /// Settings for the coming quantum. With `automatic`, release times follow the programme instead.
    #[inline(always)]
    pub fn set(&mut self, settings: &[CompressorSettings; K], automatic: bool) {
        for (k, new) in settings.iter().enumerate() {
            let [attack_ms, release_ms] = self.times_ms[k];
            if attack_ms != new.attack_ms || release_ms != new.release_ms {
                self.times_ms[k] = [new.attack_ms, new.release_ms];
                self.attack[k] = self.coefficient(f64::from(new.attack_ms));
                self.release[k] = self.coefficient(f64::from(new.release_ms));
            }
        }
        self.thresholds_db
            .advance(lanes!(k, K => settings[k].threshold_db));
        self.slopes
            .advance(lanes!(k, K => 1.0 - 1.0 / settings[k].ratio));
        self.knees_db.advance(lanes!(k, K => settings[k].knee_db));
        match &mut self.slow {
            Some(slow) => slow.wanted = automatic,
            None if automatic => {
                self.slow = Some(SlowRelease {
                    charge: self.coefficient(CHARGE_MS),
                    discharge: self.coefficient(DISCHARGE_MS),
                    reductions_db: self.reductions_db,
                    wanted: true,
                });
            }
            None => {}
        }
    }

    /// The gain of each compressor over the quantum, from the power of its envelope at each point. `amount` scales the
    /// reduction in decibels.
    #[inline(always)]
    pub fn process(&mut self, powers: &[[f32; POINTS]; K], amount: Segment) -> [Lane; K] {
        // One row for each point, one column for each compressor, so that one instruction moves them all.
        let mut values = [1.0_f32; POINTS * COLUMNS];
        for k in 0..K {
            for point in 0..POINTS {
                values[COLUMNS * point + k] = powers[k][point];
            }
        }
        let thresholds = column(&self.thresholds_db.values());
        let slopes = column(&self.slopes.values());
        let knees = column(&self.knees_db.values());
        let levels = math::log2_lanes(values);
        for point in 0..POINTS {
            for k in 0..COLUMNS {
                let i = COLUMNS * point + k;
                let knee = higher(knees[k], HARD_KNEE_DB);
                let over = levels[i] * math::POWER_DB_PER_OCTAVE - thresholds[k];
                // Quadratic from half a knee below the threshold to half a knee above it, then straight.
                let inside = lower(higher(over + 0.5 * knee, 0.0), knee);
                let beyond = higher(over - 0.5 * knee, 0.0);
                values[i] = slopes[k] * (inside * inside / (2.0 * knee) + beyond);
            }
        }
        self.follow(&mut values);
        for (row, step) in values.as_chunks_mut::<COLUMNS>().0.iter_mut().zip(STEP) {
            let amount = amount.start + (amount.end - amount.start) * step;
            let scale = -amount * math::OCTAVES_PER_DB;
            for value in row {
                *value *= scale;
            }
        }
        let gains = math::exp2_lanes(values);

        let mut lanes = [[0.0; QUANTUM]; K];
        for (k, lane) in lanes.iter_mut().enumerate() {
            let mut from = self.gains[k];
            let mut lowest = from;
            for point in 0..POINTS {
                let to = gains[COLUMNS * point + k];
                for i in 0..POINT_SAMPLES {
                    lane[point * POINT_SAMPLES + i] = from + (to - from) * STEP[i];
                }
                lowest = lower(to, lowest);
                from = to;
            }
            self.gains[k] = from;
            self.lowest_gains[k] = lowest;
        }
        lanes
    }

    /// Attack and release: from the reductions that the static curve wants to the ones that are.
    #[inline(always)]
    fn follow(&mut self, wanted: &mut [f32; POINTS * COLUMNS]) {
        let automatic = self.slow.as_ref().is_some_and(|slow| slow.wanted);
        let attack = column(&self.attack);
        let release = if automatic {
            [self.fast_release; COLUMNS]
        } else {
            column(&self.release)
        };
        let mut reductions = column(&self.reductions_db);
        let (rows, _) = wanted.as_chunks_mut::<COLUMNS>();
        let mut slow = self.slow.as_mut();
        for row in rows {
            let target = *row;
            for k in 0..COLUMNS {
                let rate = if target[k] > reductions[k] {
                    attack[k]
                } else {
                    release[k]
                };
                reductions[k] += rate * (target[k] - reductions[k]);
            }
            *row = reductions;
            if let Some(slow) = &mut slow {
                for k in 0..K {
                    let held = &mut slow.reductions_db[k];
                    let target = if slow.wanted { target[k] } else { 0.0 };
                    let rate = if target > *held {
                        slow.charge
                    } else {
                        slow.discharge
                    };
                    *held += rate * (target - *held);
                    row[k] = higher(*held, row[k]);
                }
            }
        }
        for k in 0..K {
            self.reductions_db[k] = snapped(reductions[k]);
        }
        if let Some(slow) = slow {
            for held in &mut slow.reductions_db {
                *held = snapped(*held);
            }
        }
    }

    /// The lowest gain of the last quantum.
    #[must_use]
    #[inline(always)]
    pub fn lowest_gains(&self) -> [f32; K] {
        self.lowest_gains
    }
}

/// Compressors side by side at most.
const COLUMNS: usize = 4;

/// One value for each column; those that no compressor stands in don't matter.
#[inline(always)]
fn column<const K: usize>(values: &[f32; K]) -> [f32; COLUMNS] {
    let mut column = [0.0; COLUMNS];
    column[..K].copy_from_slice(values);
    column
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
fn snapped(reduction_db: f32) -> f32 {
    if reduction_db < SNAP_DB {
        0.0
    } else {
        reduction_db
    }
}

/// 1/4, 2/4, 3/4, 1: of the way from point to point, and from quantum to quantum.
const STEP: [f32; POINT_SAMPLES] = [0.25, 0.5, 0.75, 1.0];
