//! The distance between two sounds, by psychoacoustics and by meters. Shares no code with the network's features.

use std::sync::Arc;

use flow_analysis::features::Summary;
use flow_dsp::math::{count, narrow, samples};
use flow_fft::RealToComplex;
use serde::Serialize;

/// FFT lengths of the spectra that are compared, from fine in time to fine in frequency.
const LENGTHS: [usize; 3] = [512, 2048, 8192];

/// Levels further below a spectrum's maximum count as inaudible.
const AUDIBLE_DB: f64 = -70.0;

/// Edges of the critical bands, Hz (Zwicker, 1961), as far as codecs leave them alone.
const BARK_HZ: [f64; 24] = [
    20.0, 100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0, 1480.0, 1720.0,
    2000.0, 2320.0, 2700.0, 3150.0, 3700.0, 4400.0, 5300.0, 6400.0, 7700.0, 9500.0, 12_000.0,
];

const RATE_HZ: f64 = 44_100.0;

/// The distance between two sounds; 0 is equal.
#[derive(Clone, Serialize)]
pub(super) struct Distance {
    /// RMS over Bark bands of the difference of long-term levels, overall level removed, dB.
    bark_db: f64,
    /// Mean over time, frequency and three resolutions of the difference of magnitudes, loudness removed, dB.
    spectral_db: f64,
    /// Loudness, LU.
    loudness_lu: f32,
    /// Crest factor, dB.
    crest_db: f32,
    /// Sides against middle above 200 Hz, RMS over anchors, dB.
    width_db: f32,
}

/// The spectra of a sound.
pub(super) struct Spectra {
    bark_db: [f64; 23],
    /// For each length: magnitudes of all frames of mid, dB, one after the other.
    frames_db: [Vec<f32>; 3],
}

impl Spectra {
    /// The spectra from a frame on.
    pub(super) fn of(sound: &[Vec<f32>; 2], from: usize) -> Self {
        let mid: Vec<f32> = sound[0][from..]
            .iter()
            .zip(&sound[1][from..])
            .map(|(l, r)| 0.5 * (l + r))
            .collect();
        Self {
            bark_db: bark_db(sound, from),
            frames_db: LENGTHS.map(|length| frames_db(&mid, length)),
        }
    }
}

impl Distance {
    /// The distance from the clean song to a processed one.
    pub(super) fn between(
        [clean, found]: [&Spectra; 2],
        [clean_summary, summary]: [&Summary; 2],
    ) -> Self {
        let level_db = f64::from(summary.integrated_lufs - clean_summary.integrated_lufs);
        let spectral = clean.frames_db.iter().zip(&found.frames_db);
        let spectral_db = spectral
            .map(|(clean, found)| spectral_db(clean, found, level_db))
            .sum::<f64>()
            / 3.0;
        let sides = |s: &Summary, i: usize| s.anchor_side_db[i].clamp(-40.0, 40.0);
        let widths = (1..4).map(|i| (sides(summary, i) - sides(clean_summary, i)).powi(2));
        Self {
            bark_db: Self::bark_db([clean, found]),
            spectral_db,
            loudness_lu: (summary.integrated_lufs - clean_summary.integrated_lufs).abs(),
            crest_db: (summary.crest_db - clean_summary.crest_db).abs(),
            width_db: (widths.sum::<f32>() / 3.0).sqrt(),
        }
    }

    /// RMS over Bark bands of the difference of two spectra's long-term levels, overall level removed, dB.
    pub(super) fn bark_db([clean, found]: [&Spectra; 2]) -> f64 {
        let levels = found.bark_db.iter().zip(&clean.bark_db);
        let differences: Vec<f64> = levels.map(|(a, b)| a - b).collect();
        let mean = differences.iter().sum::<f64>() / 23.0;
        let square: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
        (square / 23.0).sqrt()
    }
}

/// The mean difference where either spectrum is audible.
fn spectral_db(clean: &[f32], found: &[f32], level_db: f64) -> f64 {
    let floor = f64::from(clean.iter().copied().fold(f32::MIN, f32::max)) + AUDIBLE_DB;
    let mut sum = 0.0;
    let mut count = 0_u32;
    for (clean, found) in clean.iter().zip(found) {
        let (clean, found) = (f64::from(*clean), f64::from(*found) - level_db);
        if clean.max(found) > floor {
            sum += (clean.max(floor) - found.max(floor)).abs();
            count += 1;
        }
    }
    sum / f64::from(count.max(1))
}

fn hann(length: usize) -> Vec<f32> {
    let step = core::f64::consts::TAU / count(length);
    (0..length)
        .map(|i| narrow(0.5 - 0.5 * (step * count(i)).cos()))
        .collect()
}

/// Calls `each` with the powers of every frame, half overlapping.
fn each_frame(channel: &[f32], length: usize, mut each: impl FnMut(&[f32])) {
    let fft: Arc<dyn RealToComplex<f32>> = flow_fft::real_forward(length);
    let hann = hann(length);
    let mut input = fft.make_input_vec();
    let mut spectrum = fft.make_output_vec();
    let mut powers = vec![0.0; spectrum.len()];
    for start in (0..channel.len().saturating_sub(length)).step_by(length / 2) {
        let frame = &channel[start..start + length];
        for ((slot, x), gain) in input.iter_mut().zip(frame).zip(&hann) {
            *slot = x * gain;
        }
        if fft.process(&mut input, &mut spectrum).is_ok() {
            for (power, bin) in powers.iter_mut().zip(&spectrum) {
                *power = bin.norm_sqr();
            }
            each(&powers);
        }
    }
}

fn frames_db(mid: &[f32], length: usize) -> Vec<f32> {
    let mut all = Vec::new();
    let up_to = samples(14_000.0 / RATE_HZ * count(length));
    each_frame(mid, length, |powers| {
        let levels = powers[1..up_to].iter().map(|p| 10.0 * (p + 1e-12).log10());
        all.extend(levels);
    });
    all
}

/// Long-term level of each critical band, both channels together.
fn bark_db(sound: &[Vec<f32>; 2], from: usize) -> [f64; 23] {
    const LENGTH: usize = 8192;
    let mut sums = vec![0.0_f64; LENGTH / 2 + 1];
    for channel in sound {
        each_frame(&channel[from..], LENGTH, |powers| {
            sums.iter_mut()
                .zip(powers)
                .for_each(|(sum, p)| *sum += f64::from(*p));
        });
    }
    std::array::from_fn(|band| {
        let bin = |hz: f64| samples((hz * count(LENGTH) / RATE_HZ).round());
        let bins = &sums[bin(BARK_HZ[band])..bin(BARK_HZ[band + 1])];
        10.0 * (bins.iter().sum::<f64>() / count(bins.len()) + 1e-12).log10()
    })
}
