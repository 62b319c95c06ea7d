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

#[cfg(test)]
mod tests;
