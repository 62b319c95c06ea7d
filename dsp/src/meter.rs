//! Loudness, true peak, correlation, spectrum, and the activity of the stages.

pub mod activity;
pub mod k_weighting;
pub mod loudness;
pub mod loudness_match;
pub mod meters;
pub mod spectrum;
