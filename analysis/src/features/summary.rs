//! Features of a window.

use std::collections::VecDeque;

use flow_dsp::StyleTarget;
use flow_dsp::math::{count, narrow};
use serde::{Deserialize, Serialize};

use super::bands::{Anchor, THIRD_OCTAVES};
use super::faults::FaultFeatures;
use super::frame::Frame;
use super::gating::{integrated_lufs, range_lu};
use super::loud_moments::LoudMoments;
use super::song_spectrum::SongSpectrum;
use super::units::{FRAMES_PER_SECOND, level_db, percentile, ratio_db};

/// Power gate of the spectrum against the loudest tenth of the frames, as in `models/styles/`.
const GATE_POWER: f64 = 0.01;

/// A rise of the spectrum, mean over bands, that may be an onset.
const ONSET_DB: f32 = 1.5;

/// Features of a window. All levels of silence are [`FLOOR_DB`](super::FLOOR_DB).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Duration, s.
    pub seconds: f32,
    /// Gated loudness, LUFS.
    pub integrated_lufs: f32,
    /// Loudness range, LU.
    pub loudness_range_lu: f32,
    /// Highest true peak, dBTP, at most 0.2 dB too low.
    pub true_peak_dbtp: f32,
    /// True peak minus loudness.
    pub plr_db: f32,
    /// True peak minus RMS of the louder channel.
    pub crest_db: f32,
    /// RMS of the loudest tenth of the frames in the louder channel, dBFS.
    pub loud_rms_db: f32,
    /// Correlation of left and right, −1 to +1; 0 where a channel is silent.
    pub correlation: f32,
    /// Left minus right, dB.
    pub balance_db: f32,
    /// DC offset of the channel with the larger one, dBFS.
    #[serde(rename = "constant_db")]
    pub dc_offset_db: f32,
    /// Clipped runs per second of both channels together.
    #[serde(rename = "flat_tops_per_second")]
    pub clipped_runs_per_second: f32,
    /// Onsets per second.
    pub onsets_per_second: f32,
    /// Level of each third octave against that of all, dB, mean of both channels.
    pub third_octaves_db: [f32; THIRD_OCTAVES],
    /// Number of third octaves below half the sample rate.
    #[serde(rename = "third_octaves_heard")]
    pub third_octave_count: usize,
    /// Level of each anchor against that of all, dB.
    pub anchors_db: [f32; 4],
    /// How far the loudest twentieth of an anchor's frames lies above its median frame, dB.
    pub anchor_dynamics_db: [f32; 4],
    /// Side minus mid in each anchor, dB.
    pub anchor_side_db: [f32; 4],
    /// Side minus mid of all, dB.
    pub side_db: f32,
    /// Level of the loud moments near 110 Hz, 300 Hz, 3.2 kHz and 7.5 kHz against the program of the last 3 s, dB: the loudest tenth
    /// of the frames in a band of Comfort.
    pub loud_moments_db: [f32; 4],
    /// How far they stand above the median moment of their band, dB.
    #[serde(default)]
    pub moment_height_db: [f32; 4],
    /// Level in the same moments below 200 Hz, from 160 to 800 Hz, and above 2.2 kHz: that of a sine of the same power in both
    /// channels, dBFS.
    #[serde(default)]
    pub moment_peak_db: [f32; 3],
    /// Share of the strongest two adjacent third octaves in the total power, 0 to 1. It is nearly 1 for a tone.
    pub strongest_share: f32,
    /// Center of the strongest third octave, Hz.
    pub strongest_hz: f32,
    /// Features that faults show in.
    #[serde(default)]
    pub faults: FaultFeatures,
}

/// The parts of a summary that follow from the third octaves of mid and side.
struct Spectrum {
    third_octaves_db: [f32; THIRD_OCTAVES],
    anchors_db: [f32; 4],
    anchor_side_db: [f32; 4],
    side_db: f32,
}

impl Spectrum {
    /// From sums over a number of frames.
    fn of(mid: &[f64; THIRD_OCTAVES], side: &[f64; THIRD_OCTAVES], frames: f64) -> Self {
        let frames = frames.max(1.0);
        let thirds: [f64; THIRD_OCTAVES] = std::array::from_fn(|i| (mid[i] + side[i]) / frames);
        let all = thirds.iter().sum::<f64>().max(1e-20);
        Self {
            third_octaves_db: thirds.map(|power| level_db(power / all)),
            anchors_db: Anchor::ALL.map(|a| level_db(sum(&thirds, a) / all)),
            anchor_side_db: Anchor::ALL.map(|a| ratio_db(sum(side, a), sum(mid, a))),
            side_db: ratio_db(side.iter().sum(), mid.iter().sum()),
        }
    }
}

impl Summary {
    /// The same with balance, width, peak and loudness of a whole song of this duration, whose window this is.
    pub(super) fn of_song(
        self,
        seconds: f32,
        integrated_lufs: f32,
        spectrum: &SongSpectrum,
    ) -> Self {
        let (mid, side, frames) = spectrum.loud();
        let of = Spectrum::of(&mid, &side, frames);
        let true_peak_dbtp = level_db(f64::from(spectrum.true_peak()).powi(2));
        Self {
            seconds,
            integrated_lufs,
            true_peak_dbtp,
            plr_db: true_peak_dbtp - integrated_lufs,
            third_octaves_db: of.third_octaves_db,
            anchors_db: of.anchors_db,
            anchor_side_db: of.anchor_side_db,
            side_db: of.side_db,
            ..self
        }
    }

    /// Side minus mid above the bass, dB. A strong bass, which lies in the middle, makes no image narrow.
    #[must_use]
    pub fn side_above_bass_db(&self) -> f32 {
        let mut powers = [0.0; 2];
        for anchor in Anchor::ALL.into_iter().skip(1) {
            let power = |db: f32| 10.0_f64.powf(f64::from(db) / 10.0);
            let all = power(self.anchors_db[anchor as usize]);
            let side_to_mid = power(self.anchor_side_db[anchor as usize]);
            powers[0] += all * side_to_mid / (1.0 + side_to_mid);
            powers[1] += all / (1.0 + side_to_mid);
        }
        ratio_db(powers[0], powers[1])
    }

    pub(super) fn of(frames: &VecDeque<Frame>) -> Self {
        let weighted: Vec<f64> = frames.iter().map(|f| f.weighted).collect();
        let gate = percentile(weighted.iter().copied(), 0.9) * GATE_POWER;
        let mut mid = [0.0; THIRD_OCTAVES];
        let mut side = [0.0; THIRD_OCTAVES];
        let mut gated = 0;
        for frame in frames.iter().filter(|f| f.weighted >= gate) {
            add(&mut mid, &frame.thirds_mid);
            add(&mut side, &frame.thirds_side);
            gated += 1;
        }
        let gated = count(gated).max(1.0);
        let spectrum = Spectrum::of(&mid, &side, gated);
        let thirds: [f64; THIRD_OCTAVES] = std::array::from_fn(|i| (mid[i] + side[i]) / gated);
        let all = thirds.iter().sum::<f64>().max(1e-20);

        let mean = |of: &dyn Fn(&Frame) -> f64| {
            frames.iter().map(of).sum::<f64>() / count(frames.len()).max(1.0)
        };
        let [left, right] = [0, 1].map(|c| mean(&|f| f.powers[c]));
        let scale = (left * right).sqrt();
        let constant = [0, 1].map(|c| mean(&|f| f.means[c]).abs());
        let true_peak = frames.iter().map(|f| f.true_peak).fold(0.0, f32::max);
        let true_peak_dbtp = level_db(f64::from(true_peak).powi(2));
        let integrated_lufs = integrated_lufs(&weighted);
        let louder = usize::from(right > left);
        let loud_power = percentile(frames.iter().map(|f| f.powers[louder]), 0.9);
        let seconds = narrow(count(frames.len()) / count(FRAMES_PER_SECOND));
        let clipped_runs: f64 = frames.iter().map(|f| f64::from(f.clipped_runs)).sum();
        let strongest = (0..THIRD_OCTAVES).max_by(|a, b| thirds[*a].total_cmp(&thirds[*b]));
        let moments = LoudMoments::of(frames, gate);
        let pairs = thirds.windows(2).map(|pair| pair[0] + pair[1]);
        Self {
            seconds,
            integrated_lufs,
            loudness_range_lu: range_lu(&weighted),
            true_peak_dbtp,
            plr_db: if integrated_lufs.is_finite() {
                true_peak_dbtp - integrated_lufs
            } else {
                0.0
            },
            crest_db: true_peak_dbtp - level_db(left.max(right)),
            loud_rms_db: level_db(loud_power),
            correlation: if scale > 0.0 {
                narrow((mean(&|f| f.product) / scale).clamp(-1.0, 1.0))
            } else {
                0.0
            },
            balance_db: ratio_db(left, right),
            dc_offset_db: level_db(constant[0].max(constant[1]).powi(2)),
            clipped_runs_per_second: per_second(clipped_runs, seconds),
            onsets_per_second: per_second(onsets(frames), seconds),
            third_octaves_db: spectrum.third_octaves_db,
            third_octave_count: frames
                .back()
                .map_or(THIRD_OCTAVES, |frame| frame.third_octave_count),
            anchors_db: spectrum.anchors_db,
            anchor_dynamics_db: Anchor::ALL.map(|a| dynamics_db(frames, a)),
            anchor_side_db: spectrum.anchor_side_db,
            side_db: spectrum.side_db,
            loud_moments_db: moments.level_db,
            moment_height_db: moments.height_db,
            moment_peak_db: moments.peak_db,
            strongest_share: narrow(pairs.fold(0.0, f64::max) / all),
            strongest_hz: strongest.map_or(0.0, |i| StyleTarget::third_octaves_hz()[i]),
            faults: FaultFeatures::of(frames, &mid, &side),
        }
    }
}

fn add(sums: &mut [f64; THIRD_OCTAVES], powers: &[f32; THIRD_OCTAVES]) {
    for (sum, power) in sums.iter_mut().zip(powers) {
        *sum += f64::from(*power);
    }
}

fn sum(powers: &[f64; THIRD_OCTAVES], anchor: Anchor) -> f64 {
    powers[anchor.third_octaves()].iter().sum()
}

fn per_second(number: f64, seconds: f32) -> f32 {
    narrow(number / f64::from(seconds).max(1.0))
}

fn dynamics_db(frames: &VecDeque<Frame>, anchor: Anchor) -> f32 {
    let range = anchor.third_octaves();
    let power = |f: &Frame| {
        let bands = f.thirds_mid[range.clone()].iter();
        let power: f32 = bands.chain(&f.thirds_side[range.clone()]).sum();
        f64::from(power)
    };
    let at = |share| percentile(frames.iter().map(power), share);
    ratio_db(at(0.95), at(0.5))
}

/// Peaks of the flux that stand out from the second around them.
fn onsets(frames: &VecDeque<Frame>) -> f64 {
    let flux: Vec<f32> = frames.iter().map(|f| f.flux_db).collect();
    let reach = FRAMES_PER_SECOND / 2;
    let is_onset = |i: &usize| {
        let i = *i;
        let around = &flux[i.saturating_sub(reach)..(i + reach).min(flux.len())];
        let mean = around.iter().sum::<f32>() / narrow(count(around.len()));
        flux[i] > ONSET_DB + mean && flux[i] >= flux[i - 1] && flux[i] > flux[i + 1]
    };
    count((1..flux.len().saturating_sub(1)).filter(is_onset).count())
}
