//! Rules: features of the audio against the style target and the delivery profile.
//!
//! A change is proposed for features outside the range of most music of the style, and only back to the edge of that range.
//! Features that a window does not contain are not guessed.

pub(crate) mod balance;
pub(crate) mod classify;
pub(crate) mod damage;
pub(crate) mod dynamics;
pub(crate) mod loud_moments;
pub(crate) mod loudness;
pub(crate) mod resonance;
pub(crate) mod shape;
pub(crate) mod sibilance;
pub(crate) mod starting_point;
pub(crate) mod stereo;

use flow_dsp::StyleTarget;

use crate::message::key;
use crate::verdict::ramp;

/// The word in a text for the songs that a rule compares with.
fn songs_of(style: StyleTarget) -> &'static str {
    match style {
        StyleTarget::Neutral | StyleTarget::Reference => key!("songs"),
        _ => key!("such songs"),
    }
}

/// A time that falls from that of calm to that of dense music, ms: a gain has recovered before the next onset.
fn release_ms(onsets_per_second: f32, [calm_ms, dense_ms]: [f32; 2]) -> f32 {
    const CALM: f32 = 1.0;
    const DENSE: f32 = 5.0;
    let density = ramp(onsets_per_second, CALM, DENSE);
    (calm_ms + density * (dense_ms - calm_ms)).round()
}

#[cfg(test)]
mod tests;
