//! What the pillars did since the readings were last brought up to date.

use crate::{
    Activity, curve::Curve, floor::Floor, glue::Glue, lattice::Lattice, math, mid_side::MidSide,
    multiband::Multiband, saturator::Saturator, weave::Weave,
};

/// Gains in the order of [`Activity`]: three of Mono safety, four of Comfort, mid and side, three bands, glue.
const GAINS: usize = 13;
/// Low band, harmonics of Velvet Floor, Harmonic Lattice and drive.
const PEAKS: usize = 4;

/// Lowest gains and highest peaks over any number of quanta.
#[derive(Clone, Copy, Debug)]
pub struct ActivityMeter {
    gains: [f32; GAINS],
    peaks: [f32; PEAKS],
}

impl ActivityMeter {
    /// Nothing seen.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            gains: [1.0; GAINS],
            peaks: [0.0; PEAKS],
        }
    }

    /// Takes in what one quantum did.
    #[inline(always)]
    pub fn observe(
        &mut self,
        (floor, lattice, weave, curve): (&Floor, &Lattice, &Weave, &Curve),
        (mid_side, multiband, glue, drive): (&MidSide, &Multiband, &Glue, &Saturator),
    ) {
        let [w1, w2, w3] = weave.safety_gains();
        let [c1, c2, c3, c4] = curve.comfort_gains();
        let [mid, side] = mid_side.lowest_gains();
        let [low, middle, high] = multiband.lowest_gains();
        let gains = [
            w1,
            w2,
            w3,
            c1,
            c2,
            c3,
            c4,
            mid,
            side,
            low,
            middle,
            high,
            glue.lowest_gain(),
        ];
        for (lowest, gain) in self.gains.iter_mut().zip(gains) {
            *lowest = if gain < *lowest { gain } else { *lowest };
        }
        let [band, harmonics] = floor.added_peaks();
        let peaks = [
            band,
            harmonics,
            lattice.harmonics_peak(),
            drive.added_peak(),
        ];
        for (highest, peak) in self.peaks.iter_mut().zip(peaks) {
            *highest = if peak > *highest { peak } else { *highest };
        }
    }

    /// The figures, and nothing seen again.
    pub fn take(&mut self) -> Activity {
        let decibels = 2.0 * math::POWER_DB_PER_OCTAVE;
        let [
            w1,
            w2,
            w3,
            c1,
            c2,
            c3,
            c4,
            mid,
            side,
            low,
            middle,
            high,
            glue,
        ] = math::log2_lanes(self.gains).map(|octaves| decibels * octaves);
        let levels = math::log2_lanes(self.peaks);
        let [band, harmonics, lattice, drive] = core::array::from_fn(|i| {
            if self.peaks[i] > 0.0 {
                decibels * levels[i]
            } else {
                f32::NEG_INFINITY
            }
        });
        *self = Self::new();
        Activity {
            floor_band_db: band,
            floor_harmonics_db: harmonics,
            lattice_harmonics_db: lattice,
            weave_side_gains_db: [w1, w2, w3],
            comfort_gains_db: [c1, c2, c3, c4],
            mid_side_gains_db: [mid, side],
            multiband_gains_db: [low, middle, high],
            glue_gain_db: glue,
            drive_harmonics_db: drive,
        }
    }
}

impl Default for ActivityMeter {
    fn default() -> Self {
        Self::new()
    }
}
