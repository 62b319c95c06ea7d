//! Classifies the content of a window.
//!
//! The limits below were set by the training and validation songs and by synthesized speech; the documentation's
//! `docs/measurements.md` has what they find and what they miss.

use flow_dsp::math::{count, narrow};

use crate::features::{AnalysisWindow, FRAMES_PER_SECOND, MEL_FRAMES, Summary, VoiceFeatures};
use crate::report::ContentClass;

/// In dB: the strongest anchor of a tone moves less.
const STEADY_TONE_DB: f32 = 1.0;
/// In dB: no anchor of steady noise moves more. Frames of noise differ by chance; low ones most, as few bins make them.
const STEADY_NOISE_DB: f32 = 3.0;

/// Third octaves below 90 Hz, where no voice speaks, and the level from which on something else sounds there.
const BASS: usize = 6;
const NO_BASS_DB: f32 = -13.0;
/// Speech has a pitch in at least this share of its frames,
const SPEECH_PITCHED: f32 = 0.15;
/// which glides from at least this share of them to the next,
const SPEECH_GLIDING: f32 = 0.2;
/// and a level that moves with its syllables.
const SPEECH_SYLLABLES: f32 = 0.22;

/// From here on one note at a time is all that the median moment has.
const ONE_NOTE: f32 = 0.75;

pub(crate) fn classify(window: &AnalysisWindow, summary: &Summary) -> ContentClass {
    if !window.is_enough() {
        let long_silence = window.silent_frames() >= 2 * FRAMES_PER_SECOND as u64;
        return if window.frames().is_empty() && long_silence {
            ContentClass::Silence
        } else {
            ContentClass::TooShort {
                seconds: summary.seconds,
                needed: narrow(count(MEL_FRAMES) / count(FRAMES_PER_SECOND)),
            }
        };
    }
    let movement = summary.anchor_dynamics_db.iter().zip(&summary.anchors_db);
    let audible = movement.filter(|(_, level_db)| **level_db > -40.0);
    let most_db = audible.map(|(movement, _)| *movement).fold(0.0, f32::max);
    let voices = window.voices();
    if summary.strongest_share > 0.95 && most_db < STEADY_TONE_DB {
        ContentClass::TestTone {
            hz: summary.strongest_hz,
        }
    } else if most_db < STEADY_NOISE_DB && summary.onsets_per_second < 0.2 {
        ContentClass::SteadyNoise
    } else if is_speech(summary, &voices) {
        ContentClass::Speech
    } else if voices.periodicity > ONE_NOTE {
        ContentClass::SingleInstrument
    } else {
        ContentClass::Music
    }
}

fn is_speech(summary: &Summary, voices: &VoiceFeatures) -> bool {
    let bass = summary.third_octaves_db[..BASS].iter();
    let bass: f64 = bass
        .map(|db| flow_dsp::math::gain_from_db(2.0 * f64::from(*db)))
        .sum();
    crate::features::level_db(bass) < NO_BASS_DB
        && voices.pitched > SPEECH_PITCHED
        && voices.gliding > SPEECH_GLIDING
        && voices.syllables > SPEECH_SYLLABLES
}
