//! Finds resonances: narrow bands that stand out of the song's own spectrum all the time, between the notes too.
//!
//! The floor of each band ([`super::floor_spectrum`]) is held against those of its neighbors. A resonance raises it in nearly every frame,
//! as much as everything else in its band; a note does so while it sounds, and itself lies far above the floor. So three things decide:
//!
//! - The lower decile of the contrast over 53 s must exceed a limit, which is higher while frames are few, in the
//!   bass, and where the mean power stands far above the floor.
//! - The mean contrast must not exceed that of a resonance of 15 dB, as a tone in silence does.
//! - The cut is the mean contrast.
//!
//! Allocates in `prepare` only.

use super::{
    floor_spectrum::{self, BANDS, BandLevel, FloorSpectrum, PER_OCTAVE},
    quantile::quantile,
};
use crate::{Spec, block::quantum::Quantum, math, simd::isa::Isa};

/// The neighbors of a band: 4 to 8 bands away, a third to two thirds of an octave.
const NEAREST: usize = 4;
const FARTHEST: usize = 8;
const NEIGHBORS: f32 = 5.0;
/// Share of the difference between the neighbors below and above that is no resonance but an edge of the spectrum, and the
/// most that the level around a band lies below the louder neighbors, dB.
const EDGE: f32 = 0.25;
const MOST_BELOW_DB: f32 = 6.0;
/// Frames of the statistics: 53 s at 48 kHz.
const FRAMES: usize = 96;
/// Frames before anything is cut: 8.9 s.
const LEAST_FRAMES: usize = 16;
/// Rise of the limit after a single frame, dB; it falls with their number.
const DOUBT_DB: f32 = 32.0;
/// Share of the frames whose contrast may be lower.
const DECILE: f64 = 0.1;
/// Makes every contrast positive.
const OFFSET_DB: f32 = 500.0;
/// Limit of the lower decile, dB, and the range above it in which the cut sets in.
const LIMIT_DB: f32 = 2.0;
const ONSET_DB: f32 = 1.0;
/// Below this position (300 Hz) bands have few bins: the limit rises by 1 dB in an octave.
const BASS: f32 = 2.26;
/// Tones more than this above the floor raise the limit by half of the difference, dB.
const NOISE_DB: f32 = 8.0;
/// Range of tones above the floor in which the cut fades out, dB.
const TONES_DB: [f32; 2] = [12.0, 16.0];
/// Range of the mean contrast in which the cut fades out, dB.
const NOTE_DB: [f32; 2] = [9.0, 11.0];
/// The lowest and the highest position: 125 Hz and 9.7 kHz.
const LOWEST: f32 = 1.0;
const HIGHEST: f32 = 7.28;
/// A resonance is the highest among as many bands on both sides, a quarter of an octave.
const ALONE: usize = 3;

/// A band that stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resonance {
    /// Position in octaves above 62.5 Hz.
    pub octaves: f32,
    /// Level above the neighbors as far as it is certain, dB.
    pub excess_db: f32,
}

impl Resonance {
    /// Center frequency of a position, Hz.
    #[must_use]
    pub fn hz(octaves: f32) -> f64 {
        floor_spectrum::hz(octaves)
    }
}

/// The detector of the `N` strongest resonances.
#[derive(Clone, Debug)]
pub struct ResonanceDetector<const N: usize> {
    spectrum: FloorSpectrum,
    /// Contrasts of the last frames plus [`OFFSET_DB`], band by band; places without a frame hold the highest number.
    contrasts_db: Vec<[f32; FRAMES]>,
    /// Frames so far, and the place of the last one.
    frames: usize,
    place: usize,
    /// Steps after the last frame: each band is measured, then each is ranked.
    step: usize,
    found: [Resonance; N],
    means_db: [f32; BANDS],
    deciles_db: [f32; BANDS],
    tones_db: [f32; BANDS],
}

impl<const N: usize> Default for ResonanceDetector<N> {
    fn default() -> Self {
        Self {
            spectrum: FloorSpectrum::default(),
            contrasts_db: Vec::new(),
            frames: 0,
            place: 0,
            step: 2 * BANDS,
            found: [Resonance::default(); N],
            means_db: [0.0; BANDS],
            deciles_db: [0.0; BANDS],
            tones_db: [0.0; BANDS],
        }
    }
}

impl<const N: usize> ResonanceDetector<N> {
    /// Sets everything that depends on the sample rate, and resets. Allocates.
    pub fn prepare(&mut self, spec: Spec) {
        self.spectrum.prepare(spec);
        self.contrasts_db = vec![[f32::MAX; FRAMES]; BANDS];
        self.reset();
    }

    /// Forgets the song.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.spectrum.reset();
        self.frames = 0;
        self.place = 0;
        self.step = 2 * BANDS;
        self.found = [Resonance::default(); N];
        self.contrasts_db.fill([f32::MAX; FRAMES]);
        self.means_db = [0.0; BANDS];
        self.deciles_db = [0.0; BANDS];
        self.tones_db = [0.0; BANDS];
    }

    /// Processes a quantum. Returns whether [`Self::strongest`] has changed. `frame_db` raises the limit at a position.
    #[inline(always)]
    pub fn process<I: Isa>(&mut self, frame_db: impl Fn(f32) -> f32, quantum: &Quantum) -> bool {
        if self.spectrum.process::<I>(quantum) {
            self.frames = (self.frames + 1).min(FRAMES);
            self.place = (self.place + 1) % FRAMES;
            self.found = [Resonance::default(); N];
            self.step = 0;
        }
        let bands = self.spectrum.levels().len().saturating_sub(2 * FARTHEST);
        if self.step >= 2 * bands {
            return false;
        }
        let band = FARTHEST + self.step % bands;
        if self.step < bands {
            self.measure(band);
        } else if self.frames >= LEAST_FRAMES {
            self.rank(band, frame_db);
        }
        self.step += 1;
        self.step == 2 * bands
    }

    /// The strongest resonances, the strongest first; unused places have no excess.
    #[must_use]
    pub fn strongest(&self) -> [Resonance; N] {
        self.found
    }

    /// Adds a band of the last frame to the statistics, while the next frame is being read.
    #[inline(always)]
    fn measure(&mut self, band: usize) {
        let levels = self.spectrum.levels();
        let contrast_db = contrast_db(levels, band);
        let tones_db = levels[band].tones_db;
        let share = 1.0 / math::narrow(math::count(self.frames));
        self.contrasts_db[band][self.place] = contrast_db + OFFSET_DB;
        self.means_db[band] += share * (contrast_db - self.means_db[band]);
        self.tones_db[band] += share * (tones_db - self.tones_db[band]);
        self.deciles_db[band] = quantile(&self.contrasts_db[band], DECILE, self.frames) - OFFSET_DB;
    }

    /// Adds a band to the strongest resonances if it is one of them.
    #[inline(always)]
    fn rank(&mut self, band: usize, frame_db: impl Fn(f32) -> f32) {
        let octaves = floor_spectrum::octaves(band);
        let around = &self.means_db[band - ALONE..=band + ALONE];
        let mean_db = self.means_db[band];
        let is_peak = around.iter().all(|other| *other <= mean_db);
        if !is_peak || !(LOWEST..=HIGHEST).contains(&octaves) {
            return;
        }
        // The vertex of the parabola through the three.
        let [below, above] = [band - 1, band + 1].map(|band| self.means_db[band]);
        let bend = (2.0 * mean_db - below - above).max(1e-3);
        let offset = (0.5 * (above - below) / bend).clamp(-0.5, 0.5);
        let mut next = Resonance {
            octaves: octaves + offset / PER_OCTAVE,
            excess_db: self.certainty(band, frame_db(octaves)) * mean_db,
        };
        for slot in &mut self.found {
            if next.excess_db > slot.excess_db {
                core::mem::swap(slot, &mut next);
            }
        }
    }

    /// How certain a resonance is, 0 to 1.
    fn certainty(&self, band: usize, frame_db: f32) -> f32 {
        let tones_db = self.tones_db[band];
        let limit_db = LIMIT_DB
            + frame_db
            + DOUBT_DB / math::narrow(math::count(self.frames))
            + (BASS - floor_spectrum::octaves(band)).max(0.0)
            + 0.5 * (tones_db - NOISE_DB).max(0.0);
        let onset = ((self.deciles_db[band] - limit_db) / ONSET_DB).clamp(0.0, 1.0);
        onset * fade(tones_db, TONES_DB) * fade(self.means_db[band], NOTE_DB)
    }
}

/// 1 below a range, 0 above it.
fn fade(x: f32, [from, to]: [f32; 2]) -> f32 {
    ((to - x) / (to - from)).clamp(0.0, 1.0)
}

/// Level of a band above its neighbors, dB.
fn contrast_db(levels: &[BandLevel], band: usize) -> f32 {
    let mean = |levels: &[BandLevel]| {
        let sum: f32 = levels.iter().map(|level| level.floor_db).sum();
        sum / NEIGHBORS
    };
    let below = mean(&levels[band - FARTHEST..=band - NEAREST]);
    let above = mean(&levels[band + NEAREST..=band + FARTHEST]);
    let edge = (below - above).abs();
    let around = 0.5 * (below + above) + EDGE * edge;
    let around = around.max(below.max(above) - MOST_BELOW_DB);
    levels[band].floor_db - around
}
