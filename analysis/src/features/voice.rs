//! Features that tell one voice from many, and speech from music.

use std::collections::VecDeque;

use flow_dsp::math::{count, narrow};

use super::frame::Frame;

/// Power gate against the loudest tenth of the frames, −25 dB: softer frames have no reliable pitch.
const GATE_POWER: f64 = 0.003;

/// Smallest periodicity of a frame with a pitch.
const PITCHED: f32 = 0.3;

/// Change of a gliding pitch between frames, semitones. Vibrato changes less, another note or voice more.
const GLIDE_SEMITONES: std::ops::Range<f32> = 0.25..4.0;

/// Frames of a syllable's rise, and of what it rises above: 0.12 and 0.52 s.
const SYLLABLE: usize = 3;
const AROUND: usize = 13;

/// Features that tell one voice from many. All are 0 for too little audio.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VoiceFeatures {
    /// Median periodicity, 0 to 1. It is near 1 for one note at a time.
    pub periodicity: f32,
    /// Share of neighboring frames that both have a pitch.
    pub pitched: f32,
    /// The share of those with a gliding pitch, as in speech and seldom in music.
    pub gliding: f32,
    /// Modulation of the level by syllables: standard deviation over 0.1 s from the mean of 0.5 s, relative to the mean.
    pub syllables: f32,
}

impl VoiceFeatures {
    pub(super) fn of(frames: &VecDeque<Frame>) -> Self {
        let mut weighted: Vec<f64> = frames.iter().map(|f| f.weighted).collect();
        if weighted.len() < AROUND {
            return Self::default();
        }
        let levels: Vec<f64> = weighted.iter().map(|power| power.sqrt()).collect();
        let nearly_all = weighted.len() * 9 / 10;
        let (_, loud, _) = weighted.select_nth_unstable_by(nearly_all, f64::total_cmp);
        let gate = *loud * GATE_POWER;
        let sounding = frames.iter().filter(|f| f.weighted >= gate);
        let mut periodicities: Vec<f32> = sounding.map(|f| f.periodicity).collect();
        let middle = periodicities.len() / 2;
        let (_, periodicity, _) = periodicities.select_nth_unstable_by(middle, f32::total_cmp);

        let pairs = frames.iter().zip(frames.iter().skip(1));
        let has_pitch = |(a, b): &(&Frame, &Frame)| a.periodicity.min(b.periodicity) > PITCHED;
        let pitched: Vec<_> = pairs.filter(has_pitch).collect();
        let glides = |(a, b): &&(&Frame, &Frame)| {
            GLIDE_SEMITONES.contains(&(12.0 * (b.pitch_hz / a.pitch_hz).log2()).abs())
        };
        let gliding = pitched.iter().filter(glides).count();
        Self {
            periodicity: *periodicity,
            pitched: narrow(count(pitched.len()) / count(frames.len() - 1)),
            gliding: narrow(count(gliding) / count(pitched.len()).max(1.0)),
            syllables: syllables(&levels),
        }
    }
}

fn syllables(levels: &[f64]) -> f32 {
    let mean = |part: &[f64]| part.iter().sum::<f64>() / count(part.len());
    let inside = (AROUND - SYLLABLE) / 2..(AROUND + SYLLABLE) / 2;
    let rises: Vec<f64> = levels
        .windows(AROUND)
        .map(|around| mean(&around[inside.clone()]) - mean(around))
        .collect();
    let middle = mean(&rises);
    let squares: Vec<f64> = rises.iter().map(|rise| (rise - middle).powi(2)).collect();
    let all = mean(levels);
    if all > 0.0 {
        narrow(mean(&squares).sqrt() / all)
    } else {
        0.0
    }
}
