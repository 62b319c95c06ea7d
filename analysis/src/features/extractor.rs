//! Extracts [`Frame`]s from samples.

use std::fmt;

use flow_dsp::math::{count, narrow, samples};
use flow_dsp::{Baseline, Interpolator, KWeighting, Points, QUANTUM, Quantum, Spec};

use super::bands::{Bands, MEL_BANDS, THIRD_OCTAVES};
use super::frame::Frame;
use super::infrasonic::Infrasonic;
use super::pitch::PitchFinder;
use super::power_spectrum::PowerSpectrum;
use super::resonance::Valleys;
use super::units::{FLOOR_DB, FRAME_S, FRAMES_PER_SECOND, level_db};

/// Larger samples, beyond +60 dBFS, count as silence, as in the chain.
const MAX_SAMPLE: f32 = 1000.0;

/// Mel bands of the spectral flux: all rates from 22.05 kHz on have them.
const FLUX_BANDS: usize = 56;

/// Rises further below the strongest mel band than this are noise, dB.
const AUDIBLE_DB: f32 = -60.0;
/// Fall of the strongest band's level with each frame, dB: 5 dB a second.
const FALL_DB: f32 = 0.2;

/// Extracts frames from audio in blocks of any size. Only [`new`](Self::new) allocates.
pub struct Extractor {
    sample_rate_hz: f64,
    spectrum: PowerSpectrum,
    mel: Bands<MEL_BANDS>,
    thirds: Bands<THIRD_OCTAVES>,
    /// Left and right of the hop that is being filled.
    hop: [Vec<f32>; 2],
    /// Mid and side of the last 100 ms.
    history: [Vec<f32>; 2],
    /// Number of samples received, up to the length of `history`.
    received: usize,
    hops: f64,
    hop_samples: usize,
    weighting: KWeighting,
    infrasonic: Infrasonic,
    valleys: Valleys,
    peaks: Peaks,
    clipped_runs: [ClippedRuns; 2],
    mel_before: Option<[f32; MEL_BANDS]>,
    /// Level of the strongest mel band, which falls slowly, dB.
    strongest_db: f32,
    pitches: PitchFinder,
}

impl Extractor {
    /// Makes an extractor for a sample rate.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let rate_hz = spec.sample_rate_hz;
        let length = samples(rate_hz * FRAME_S);
        let spectrum = PowerSpectrum::new(length);
        let bins = spectrum.bins();
        let longest_hop = samples(rate_hz / count(FRAMES_PER_SECOND)) + 1;
        let mut extractor = Self {
            sample_rate_hz: rate_hz,
            spectrum,
            mel: Bands::mel(rate_hz, bins),
            thirds: Bands::third_octaves(rate_hz, bins),
            hop: [(); 2].map(|()| Vec::with_capacity(longest_hop)),
            history: [(); 2].map(|()| vec![0.0; length]),
            received: 0,
            hops: 0.0,
            hop_samples: 0,
            weighting: KWeighting::new(rate_hz),
            infrasonic: Infrasonic::new(rate_hz),
            valleys: Valleys::new(rate_hz),
            peaks: Peaks::new(),
            clipped_runs: [ClippedRuns::new(rate_hz); 2],
            mel_before: None,
            strongest_db: FLOOR_DB,
            pitches: PitchFinder::new(),
        };
        extractor.hop_samples = extractor.next_hop();
        extractor
    }

    /// The sample rate, Hz.
    #[must_use]
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// Returns to the initial state.
    pub fn reset(&mut self) {
        self.hop.iter_mut().for_each(Vec::clear);
        self.received = 0;
        self.hops = 0.0;
        self.weighting.reset();
        self.infrasonic = Infrasonic::new(self.sample_rate_hz);
        self.valleys.reset();
        self.peaks = Peaks::new();
        self.clipped_runs = [ClippedRuns::new(self.sample_rate_hz); 2];
        self.mel_before = None;
        self.strongest_db = FLOOR_DB;
        self.hop_samples = self.next_hop();
    }

    /// Appends audio and emits the frames that it completes, the first after 100 ms, with the newest 40 ms of their audio.
    /// For mono, pass the channel twice.
    /// NaN and excessive samples count as silence.
    pub fn push(&mut self, left: &[f32], right: &[f32], mut emit: impl FnMut(&Frame, [&[f32]; 2])) {
        let mut at = 0;
        let end = left.len().min(right.len());
        while at < end {
            let until = end.min(at + self.hop_samples - self.hop[0].len());
            for (hop, channel) in self.hop.iter_mut().zip([left, right]) {
                // NaN compares as false.
                let sane = |x: &f32| if x.abs() < MAX_SAMPLE { *x } else { 0.0 };
                hop.extend(channel[at..until].iter().map(sane));
            }
            at = until;
            if self.hop[0].len() == self.hop_samples {
                if let Some(frame) = self.end_hop() {
                    emit(&frame, [&self.hop[0], &self.hop[1]]);
                }
                self.hop.iter_mut().for_each(Vec::clear);
                self.hop_samples = self.next_hop();
            }
        }
    }

    /// Length of the next hop, to the nearest sample, so that no rate drifts.
    fn next_hop(&mut self) -> usize {
        let edge = |hops: f64| (hops * self.sample_rate_hz / count(FRAMES_PER_SECOND)).round();
        let length = samples(edge(self.hops + 1.0) - edge(self.hops));
        self.hops += 1.0;
        length
    }

    fn end_hop(&mut self) -> Option<Frame> {
        let [left, right] = &self.hop;
        let true_peak = self.peaks.of(left, right);
        let clipped_runs = self.clipped_runs[0].count(left) + self.clipped_runs[1].count(right);
        let sums = Sums::of(&mut self.weighting, left, right);
        let infrasonic = self.infrasonic.of(left, right);
        let mid = left.iter().zip(right).map(|(l, r)| 0.5 * (l + r));
        let prominence_db = self.valleys.of(mid);

        let [mid, side] = &mut self.history;
        for (history, sign) in [(mid, 0.5), (side, -0.5)] {
            history.copy_within(left.len().., 0);
            let from = history.len() - left.len();
            for ((slot, l), r) in history[from..].iter_mut().zip(left).zip(right) {
                *slot = 0.5 * l + sign * r;
            }
        }
        self.received += left.len();
        if self.received < self.spectrum.length() {
            return None;
        }

        let (mel_mid_db, thirds_mid) = self.bands(0);
        let pitch = self.pitches.of(self.spectrum.powers());
        let (mel_side_db, thirds_side) = self.bands(1);
        let before = self.mel_before.replace(mel_mid_db).unwrap_or(mel_mid_db);
        let fallen_db = self.strongest_db - FALL_DB;
        self.strongest_db = mel_mid_db.into_iter().fold(fallen_db, f32::max);
        let audible_db = self.strongest_db + AUDIBLE_DB;
        let rises = mel_mid_db.iter().zip(&before).take(FLUX_BANDS);
        let rise = |now: &f32, then: &f32| (now.max(audible_db) - then.max(audible_db)).max(0.0);
        let flux: f32 = rises.map(|(now, then)| rise(now, then)).sum();
        Some(Frame {
            mel_mid_db,
            mel_side_db,
            thirds_mid,
            thirds_side,
            prominence_db,
            third_octave_count: self.thirds.count(),
            weighted: sums.weighted,
            powers: sums.powers,
            product: sums.product,
            means: sums.means,
            infrasonic,
            true_peak,
            clipped_runs,
            periodicity: pitch.periodicity,
            pitch_hz: pitch.hz,
            flux_db: flux / narrow(count(FLUX_BANDS)),
        })
    }

    /// Mel levels and third-octave powers of mid (0) or side (1).
    fn bands(&mut self, which: usize) -> ([f32; MEL_BANDS], [f32; THIRD_OCTAVES]) {
        let powers = self.spectrum.measure(&self.history[which]);
        let mel = self.mel.powers(powers).map(|p| level_db(f64::from(p)));
        (mel, self.thirds.powers(powers))
    }
}

impl fmt::Debug for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extractor")
            .field("sample_rate_hz", &self.sample_rate_hz)
            .finish_non_exhaustive()
    }
}

/// Means over a hop: see [`Frame`].
#[derive(Default)]
struct Sums {
    weighted: f64,
    powers: [f64; 2],
    product: f64,
    means: [f64; 2],
}

impl Sums {
    fn of(weighting: &mut KWeighting, left: &[f32], right: &[f32]) -> Self {
        let mut sums = Self::default();
        // A copy stays in registers.
        let mut filter = *weighting;
        let share = 1.0 / count(left.len());
        for (l, r) in left.iter().zip(right) {
            let (l, r) = (f64::from(*l), f64::from(*r));
            let [weighted_l, weighted_r, ..] = filter.process::<Baseline>([l, r, 0.0, 0.0]);
            sums.weighted += weighted_l * weighted_l + weighted_r * weighted_r;
            sums.powers[0] += l * l;
            sums.powers[1] += r * r;
            sums.product += l * r;
            sums.means[0] += l;
            sums.means[1] += r;
        }
        filter.snap();
        *weighting = filter;
        Self {
            weighted: sums.weighted * share,
            powers: sums.powers.map(|power| power * share),
            product: sums.product * share,
            means: sums.means.map(|mean| mean * share),
        }
    }
}

/// True peaks. An incomplete quantum belongs to the next hop.
struct Peaks {
    interpolators: [Interpolator; 2],
    quantum: Quantum,
    filled: usize,
    half_step_peak: f32,
}

impl Peaks {
    const fn new() -> Self {
        Self {
            interpolators: [Interpolator::new(), Interpolator::new()],
            quantum: Quantum::SILENCE,
            filled: 0,
            half_step_peak: 0.0,
        }
    }

    fn of(&mut self, left: &[f32], right: &[f32]) -> f32 {
        let mut highest = 0.0_f32;
        for (l, r) in left.iter().zip(right) {
            self.quantum.channels[0][self.filled] = *l;
            self.quantum.channels[1][self.filled] = *r;
            self.filled += 1;
            if self.filled == QUANTUM {
                self.filled = 0;
                highest = self.look(highest);
            }
        }
        highest
    }

    fn look(&mut self, highest: f32) -> f32 {
        Interpolator::push::<Baseline>(self.interpolators.each_mut(), &self.quantum);
        let [left, right] = &self.interpolators;
        let now = left
            .half_step_peak::<Baseline>()
            .max(right.half_step_peak::<Baseline>());
        let before = std::mem::replace(&mut self.half_step_peak, now);
        // See `half_step_peak`: there is no new peak.
        if before.max(now) < 0.7 * highest {
            return highest;
        }
        let points = self
            .interpolators
            .each_ref()
            .map(|i| i.points::<Baseline>());
        points
            .iter()
            .map(Points::peak::<Baseline>)
            .fold(highest, f32::max)
    }
}

/// Difference of equal samples against their level: half a step of 16 bits at full scale.
const EQUAL: f32 = 1.5e-5;
/// Step into a clipped run against its level. The flat tops of low tones have smaller ones.
const CUT: f32 = 1.5e-3;
/// Level of clipped runs, −34 dBFS. Below it the steps of 16 bits look like clipping.
const LEAST_CLIPPED: f32 = 0.02;

/// Counts runs of equal samples at a level that was not exceeded for a while. Only steps of the signal that begin a run and
/// the level of the run are compared, so that softer audio gives the same.
#[derive(Clone, Copy)]
struct ClippedRuns {
    /// Samples of the shortest run: longer than the flat top of any tone in 16 bits.
    shortest: u32,
    before: f32,
    /// The last difference of two samples that was none of a run.
    step: f32,
    run: u32,
    /// Peak level that decays by half in about a second.
    ceiling: f32,
    decay: f32,
}

impl ClippedRuns {
    fn new(rate_hz: f64) -> Self {
        Self {
            // 83 µs.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            shortest: ((rate_hz / 12_000.0) as u32).max(4),
            before: 0.0,
            step: 0.0,
            run: 0,
            ceiling: 0.0,
            decay: narrow(1.0 - 0.7 / rate_hz),
        }
    }

    fn count(&mut self, channel: &[f32]) -> u32 {
        let mut found = 0;
        for x in channel {
            let level = x.abs();
            self.ceiling = level.max(self.ceiling * self.decay);
            let step = (x - self.before).abs();
            let is_equal = step <= EQUAL * level && level > 0.999 * self.ceiling;
            if !is_equal {
                self.step = step;
            }
            let is_cut = self.step > CUT * level && level > LEAST_CLIPPED;
            self.run = if is_equal && is_cut { self.run + 1 } else { 0 };
            // Each run counts once.
            found += u32::from(self.run + 1 == self.shortest);
            self.before = *x;
        }
        found
    }
}
