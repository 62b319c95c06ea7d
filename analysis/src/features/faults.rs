//! Features that faults of a mix show in.

use std::collections::VecDeque;

use flow_dsp::math::{count, narrow};
use serde::{Deserialize, Serialize};

use super::bands::THIRD_OCTAVES;
use super::frame::Frame;
use super::resonance::Resonance;
use super::units::{FLOOR_DB, level_db, percentile, ratio_db};

/// Third octaves of the bass: 40 to 160 Hz.
const BASS: std::ops::Range<usize> = 2..9;
/// Third octaves that show whether the bass of one channel is inverted: 40 to 100 Hz.
const DEEP_BASS: std::ops::Range<usize> = 2..7;
/// Softer ones than this against the strongest of them don't count, dB.
const AUDIBLE_BASS_DB: f32 = -25.0;
/// Differences of side and mid count up to this in the bass, dB.
const MOST_BASS_SIDE_DB: f32 = 10.0;
/// Third octaves whose side is compared with their mid: 40 Hz to 12.5 kHz.
const STEREO: std::ops::Range<usize> = 2..28;
/// Those above the bass, from 125 Hz on, and how far the mean of all may exceed theirs, dB: inverted bass is no inverted
/// channel.
const ABOVE_BASS: std::ops::Range<usize> = 7..28;
const MOST_BY_BASS_DB: f32 = 2.0;
/// Softer third octaves than this against the total say nothing about the polarity, dB.
const AUDIBLE_DB: f32 = -45.0;
/// Differences of side and mid count up to this, dB.
const MOST_SIDE_DB: f32 = 20.0;
/// Frames over which the infrasonic level is averaged: 0.5 s.
const RUMBLE_FRAMES: usize = 12;
/// Third octaves of sibilants: 5 to 8 kHz.
const SIBILANTS: std::ops::Range<usize> = 23..26;
/// Third octaves of other sounds that rise at the same time: drums and notes from 250 Hz, voices from 1 kHz, snares from
/// 2.5 kHz, cymbals at 12.5 and 16 kHz.
const OTHERS: [std::ops::Range<usize>; 4] = [10..16, 16..21, 20..22, 27..29];
/// Share of the frames without the sharpest ones.
const SHARPEST: f64 = 0.97;
/// Frames until the infrasonic filters have settled: 1 s.
const SETTLING_FRAMES: usize = 25;

/// Features that faults of a mix show in. None depends on the level of the audio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultFeatures {
    /// Side minus mid, mean over the third octaves with sound, each up to ±20 dB: positive where one channel's polarity is
    /// inverted. The bass adds 2 dB at most.
    pub side_excess_db: f32,
    /// Side minus mid, mean over the third octaves from 40 to 100 Hz with sound, each up to ±10 dB: positive where the bass of
    /// one channel is inverted.
    #[serde(default)]
    pub bass_side_excess_db: f32,
    /// Level that the bass, 40 to 160 Hz, loses in mono, dB.
    pub mono_bass_loss_db: f32,
    /// Level that all loses in mono, dB.
    pub mono_loss_db: f32,
    /// Level below 20 Hz, without DC, against all, dB: mean.
    pub rumble_db: f32,
    /// The same of the half second that is louder than one of ten, dB: near the mean for a steady sound.
    pub steady_rumble_db: f32,
    /// Rise of 5 to 8 kHz above its mean, less the largest rise of other sounds, which the sharpest 3 % of all frames exceed,
    /// dB.
    #[serde(default)]
    pub sibilance_db: f32,
    /// The place of the spectrum that stands out most, all the time.
    #[serde(default)]
    pub resonance: Resonance,
}

impl Default for FaultFeatures {
    /// No fault.
    fn default() -> Self {
        Self {
            side_excess_db: -MOST_SIDE_DB,
            bass_side_excess_db: -MOST_BASS_SIDE_DB,
            mono_bass_loss_db: 0.0,
            mono_loss_db: 0.0,
            rumble_db: FLOOR_DB,
            steady_rumble_db: FLOOR_DB,
            sibilance_db: 0.0,
            resonance: Resonance::default(),
        }
    }
}

impl FaultFeatures {
    /// `mid` and `side`: mean powers of the third octaves.
    pub(super) fn of(
        frames: &VecDeque<Frame>,
        mid: &[f64; THIRD_OCTAVES],
        side: &[f64; THIRD_OCTAVES],
    ) -> Self {
        let power = |bands: std::ops::Range<usize>| {
            let sum = |of: &[f64; THIRD_OCTAVES]| of[bands.clone()].iter().sum::<f64>();
            [sum(mid), sum(side)]
        };
        let loss_db = |[mid, side]: [f64; 2]| ratio_db(mid + side, mid);
        let all = power(0..THIRD_OCTAVES);
        let audible =
            |band: &usize| ratio_db(mid[*band] + side[*band], all[0] + all[1]) > AUDIBLE_DB;
        let excess = |bands: &[usize], most_db: f32| {
            let db = |band: &usize| ratio_db(side[*band], mid[*band]).clamp(-most_db, most_db);
            let sum: f32 = bands.iter().map(db).sum();
            if bands.is_empty() {
                -most_db
            } else {
                sum / narrow(count(bands.len()))
            }
        };
        let [audible, above_bass] =
            [STEREO, ABOVE_BASS].map(|bands| bands.filter(audible).collect::<Vec<_>>());
        let most_db = excess(&above_bass, MOST_SIDE_DB) + MOST_BY_BASS_DB;
        let strongest = DEEP_BASS.map(|band| mid[band] + side[band]);
        let strongest = strongest.fold(0.0, f64::max);
        let has_bass =
            |band: &usize| ratio_db(mid[*band] + side[*band], strongest) > AUDIBLE_BASS_DB;
        let bass: Vec<usize> = DEEP_BASS.filter(has_bass).collect();

        let settled = frames.iter().skip(SETTLING_FRAMES);
        let infrasonic: Vec<f64> = settled.clone().map(|f| f.infrasonic).collect();
        let total: f64 = settled.map(|f| f.powers[0] + f.powers[1]).sum();
        let against_all =
            |power: f64| level_db(power * count(infrasonic.len()).max(1.0) / total.max(1e-20));
        let mean = infrasonic.iter().sum::<f64>() / count(infrasonic.len()).max(1.0);
        let halves = infrasonic.windows(RUMBLE_FRAMES);
        let halves = halves.map(|half| half.iter().sum::<f64>() / count(RUMBLE_FRAMES));
        Self {
            side_excess_db: excess(&audible, MOST_SIDE_DB).min(most_db),
            bass_side_excess_db: excess(&bass, MOST_BASS_SIDE_DB),
            mono_bass_loss_db: loss_db(power(BASS)),
            mono_loss_db: loss_db(all),
            rumble_db: against_all(mean),
            steady_rumble_db: against_all(percentile(halves, 0.1)),
            sibilance_db: sibilance_db(frames),
            resonance: Resonance::of(frames.iter()),
        }
    }
}

fn sibilance_db(frames: &VecDeque<Frame>) -> f32 {
    let powers = |bands: std::ops::Range<usize>| -> Vec<f64> {
        let power = |frame: &Frame| {
            let mid = frame.thirds_mid[bands.clone()].iter();
            let power: f32 = mid.chain(&frame.thirds_side[bands.clone()]).sum();
            f64::from(power)
        };
        frames.iter().map(power).collect()
    };
    let rises = |bands| -> Vec<f64> {
        let powers = powers(bands);
        let mean = powers.iter().sum::<f64>() / count(powers.len()).max(1.0);
        let rise = |power: &f64| f64::from(ratio_db(*power, mean));
        powers.iter().map(rise).collect()
    };
    let others = OTHERS.map(rises);
    let largest = |frame: usize| others.iter().map(|rises| rises[frame]).fold(0.0, f64::max);
    let sibilants = rises(SIBILANTS);
    let alone = sibilants.iter().enumerate();
    let alone = alone.map(|(frame, rise)| rise - largest(frame));
    narrow(percentile(alone, SHARPEST).max(0.0))
}
