//! The activity of the stages since the readings were last updated. No allocation.

use crate::{Activity, ComfortCut, math, stage::comfort::BellState};

/// The extremes of each stage over any number of quanta.
#[derive(Clone, Copy, Debug, Default)]
pub struct ActivityMeter {
    /// Low band and harmonics of Velvet Floor.
    pub floor: Highest<2>,
    /// Harmonics of Harmonic Lattice.
    pub lattice: Highest<1>,
    /// Gains of Mono safety.
    pub weave: Lowest<3>,
    /// Gains of Comfort.
    pub comfort: Lowest<4>,
    /// Comfort's bells on resonances after the last quantum.
    pub comfort_bells: [BellState; 4],
    /// Gain of Comfort's bell on sibilance.
    pub sibilance: Lowest<1>,
    /// Gains of mid and side.
    pub mid_side: Lowest<2>,
    /// Gains of the bands.
    pub multiband: Lowest<3>,
    /// Gain of the glue compressor.
    pub glue: Lowest<1>,
    /// Harmonics of drive.
    pub drive: Highest<1>,
    /// Gain of the limiter.
    pub limiter: Lowest<1>,
}

impl ActivityMeter {
    /// Returns the activity and the lowest gain of the limiter, and starts again.
    pub fn take(&mut self) -> (Activity, f32) {
        let extremes = core::mem::take(self);
        let [floor_band_db, floor_harmonics_db] = extremes.floor.decibels();
        let [lattice_harmonics_db] = extremes.lattice.decibels();
        let [glue_gain_db] = extremes.glue.decibels();
        let [drive_harmonics_db] = extremes.drive.decibels();
        let [limiter_gain] = extremes.limiter.0;
        let [sibilance_gain_db] = extremes.sibilance.decibels();
        let comfort_cut = ComfortCut {
            bells: extremes.comfort_bells.map(BellState::reading),
            sibilance_gain_db,
        };
        let activity = Activity {
            floor_band_db,
            floor_harmonics_db,
            lattice_harmonics_db,
            weave_side_gains_db: extremes.weave.decibels(),
            comfort_gains_db: extremes.comfort.decibels(),
            comfort_cut,
            mid_side_gains_db: extremes.mid_side.decibels(),
            multiband_gains_db: extremes.multiband.decibels(),
            glue_gain_db,
            drive_harmonics_db,
        };
        (activity, limiter_gain)
    }
}

/// The lowest of `N` gains, at most 1.
#[derive(Clone, Copy, Debug)]
pub struct Lowest<const N: usize>([f32; N]);

impl<const N: usize> Lowest<N> {
    /// Adds the gains of one quantum.
    #[inline(always)]
    pub fn add(&mut self, gains: [f32; N]) {
        for (lowest, gain) in self.0.iter_mut().zip(gains) {
            *lowest = if gain < *lowest { gain } else { *lowest };
        }
    }

    fn decibels(self) -> [f32; N] {
        math::log2_lanes(self.0).map(|octaves| AMPLITUDE_DB_PER_OCTAVE * octaves)
    }
}

impl<const N: usize> Default for Lowest<N> {
    fn default() -> Self {
        Self([1.0; N])
    }
}

/// The highest of `N` peaks.
#[derive(Clone, Copy, Debug)]
pub struct Highest<const N: usize>([f32; N]);

impl<const N: usize> Highest<N> {
    /// Adds the peaks of one quantum.
    #[inline(always)]
    pub fn add(&mut self, peaks: [f32; N]) {
        for (highest, peak) in self.0.iter_mut().zip(peaks) {
            *highest = if peak > *highest { peak } else { *highest };
        }
    }

    fn decibels(self) -> [f32; N] {
        let levels = math::log2_lanes(self.0);
        core::array::from_fn(|i| {
            if self.0[i] > 0.0 {
                AMPLITUDE_DB_PER_OCTAVE * levels[i]
            } else {
                f32::NEG_INFINITY
            }
        })
    }
}

impl<const N: usize> Default for Highest<N> {
    fn default() -> Self {
        Self([0.0; N])
    }
}

const AMPLITUDE_DB_PER_OCTAVE: f32 = 2.0 * math::POWER_DB_PER_OCTAVE;
