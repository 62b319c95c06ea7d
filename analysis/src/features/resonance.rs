//! Narrow resonances: how far the valleys of the spectrum between the partials of notes stand above those around them.
//!
//! A note lifts only its own partials, a narrow boost all that lies near its frequency, the valleys too, in every frame. Each
//! twelfth octave has the level that a quarter of its bins stay below, over 400 ms, and is compared with the medians of six
//! twelfths on each side, from a quarter of an octave on.

use std::fmt;
use std::ops::Range;

use flow_dsp::math::{count, exp2, log2, narrow, samples};
use serde::{Deserialize, Serialize};

use super::bands::RESONANCE_BANDS;
use super::frame::Frame;
use super::power_spectrum::PowerSpectrum;
use super::units::percentile;

/// Length of the spectra, s. Their bins are 2.5 Hz wide at every sample rate.
const LENGTH_S: f64 = 0.4;
/// Frames from one spectrum to the next, 160 ms.
const INTERVAL: usize = 4;
/// Twelfth octaves that are measured: also those that are only compared with.
const MEASURED: usize = RESONANCE_BANDS + 2 * FARTHEST;
/// The lowest one, Hz.
const LOWEST_HZ: f64 = 158.74;
/// Distance of the compared twelfth octaves.
const NEAREST: usize = 3;
const FARTHEST: usize = 8;
const COMPARED: usize = FARTHEST - NEAREST + 1;
/// Half the width of a band in octaves, so that neighbors overlap.
const HALF_WIDTH: f64 = 1.0 / 12.0;
/// The valley of a band is the level that this share of its bins stay below.
const VALLEY: f64 = 0.25;
/// A place stands out by what it reaches in all but this share of the frames.
const SELDOM: f64 = 0.2;
/// The prominence of the twelfth octaves in songs without a resonance, every half octave from the lowest one on: the median and
/// the standard deviation over 145 songs of the training and validation splits, dB.
const USUAL_DB: [f32; 10] = [-4.2, -3.2, -3.3, -3.3, -2.6, -2.3, -1.5, -1.5, -1.5, -1.5];
const SPREAD_DB: [f32; 10] = [2.9, 2.6, 2.3, 2.3, 2.2, 2.2, 1.7, 2.0, 2.0, 2.2];
/// Powers below this count as silence, far below the rounding of 24 bits, so that soft songs give the same.
const SILENCE: f32 = 1e-24;

/// Measures the valleys. Only [`new`](Self::new) allocates.
pub(super) struct Valleys {
    spectrum: PowerSpectrum,
    /// The bins of each band.
    bands: Vec<Range<usize>>,
    /// The newest mid.
    history: Vec<f32>,
    received: usize,
    /// Frames until the next spectrum.
    wait: usize,
    prominence_db: [f32; RESONANCE_BANDS],
    sorted: Vec<f32>,
}

impl Valleys {
    pub(super) fn new(rate_hz: f64) -> Self {
        let length = samples(rate_hz * LENGTH_S);
        let spectrum = PowerSpectrum::new(length);
        let bins = spectrum.bins();
        let band = |i: usize| {
            let center = LOWEST_HZ * exp2(count(i) / 12.0) * count(length) / rate_hz;
            let from = samples((center / exp2(HALF_WIDTH)).ceil()).min(bins - 1);
            from..samples(center * exp2(HALF_WIDTH)).clamp(from, bins - 1) + 1
        };
        Self {
            spectrum,
            bands: (0..MEASURED).map(band).collect(),
            history: vec![0.0; length],
            received: 0,
            wait: 0,
            prominence_db: [0.0; RESONANCE_BANDS],
            sorted: vec![0.0; bins],
        }
    }

    /// Forgets the signal.
    pub(super) fn reset(&mut self) {
        self.received = 0;
        self.wait = 0;
        self.prominence_db = [0.0; RESONANCE_BANDS];
    }

    /// Appends a hop of mid. Returns how far the valleys of each twelfth octave stand above those around it, dB; 0 in the first
    /// 400 ms.
    pub(super) fn of(&mut self, hop: impl ExactSizeIterator<Item = f32>) -> [f32; RESONANCE_BANDS] {
        let length = self.history.len();
        let taken = hop.len().min(length);
        self.history.copy_within(taken.., 0);
        for (slot, x) in self.history[length - taken..].iter_mut().zip(hop) {
            *slot = x;
        }
        self.received = (self.received + taken).min(length);
        if self.received == length {
            if self.wait == 0 {
                self.wait = INTERVAL;
                self.measure();
            }
            self.wait -= 1;
        }
        self.prominence_db
    }

    fn measure(&mut self) {
        let powers = self.spectrum.measure(&self.history);
        let mut valleys_db = [0.0; MEASURED];
        for (valley_db, band) in valleys_db.iter_mut().zip(&self.bands) {
            let sorted = &mut self.sorted[..band.len()];
            sorted.copy_from_slice(&powers[band.clone()]);
            let at = samples(count(band.len() - 1) * VALLEY + 0.5);
            let (_, valley, _) = sorted.select_nth_unstable_by(at, f32::total_cmp);
            // 10·log10(2) decibels for a doubled power.
            *valley_db = narrow(3.010_299_957 * log2(f64::from(valley.max(SILENCE))));
        }
        for (i, prominence_db) in self.prominence_db.iter_mut().enumerate() {
            let middle = i + FARTHEST;
            let below = median(&valleys_db[middle - FARTHEST..=middle - NEAREST]);
            let above = median(&valleys_db[middle + NEAREST..=middle + FARTHEST]);
            *prominence_db = valleys_db[middle] - 0.5 * (below + above);
        }
    }
}

impl fmt::Debug for Valleys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Valleys").finish_non_exhaustive()
    }
}

fn median(levels_db: &[f32]) -> f32 {
    let mut sorted = [0.0; COMPARED];
    sorted.copy_from_slice(levels_db);
    sorted.sort_unstable_by(f32::total_cmp);
    0.5 * (sorted[COMPARED / 2 - 1] + sorted[COMPARED / 2])
}

/// The place of the spectrum that stands out most from its neighborhood, all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resonance {
    /// Its frequency, Hz; 0 without audio.
    pub hz: f32,
    /// How far its valleys stand above those around it for four fifths of the time, more than usual at this frequency, dB.
    pub above_db: f32,
    /// The same in standard deviations of songs.
    pub z: f32,
}

impl Resonance {
    pub(super) fn of<'a>(frames: impl Iterator<Item = &'a Frame> + Clone) -> Self {
        let mut best = Self::default();
        if frames.clone().next().is_none() {
            return best;
        }
        for i in 0..RESONANCE_BANDS {
            let all = frames
                .clone()
                .map(|frame| f64::from(frame.prominence_db[i]));
            let above_db = narrow(percentile(all, SELDOM)) - at(&USUAL_DB, i);
            let z = above_db / at(&SPREAD_DB, i);
            if z > best.z {
                let hz = narrow(LOWEST_HZ * exp2(count(i + FARTHEST) / 12.0));
                best = Self { hz, above_db, z };
            }
        }
        best
    }
}

/// A value of a twelfth octave from values every half octave, with straight lines between them.
fn at(half_octaves: &[f32; 10], band: usize) -> f32 {
    let (from, share) = (band / 6, narrow(count(band % 6)) / 6.0);
    let to = (from + 1).min(half_octaves.len() - 1);
    half_octaves[from] + share * (half_octaves[to] - half_octaves[from])
}
