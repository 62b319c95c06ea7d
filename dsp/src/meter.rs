//! Loudness, true peak, correlation, spectrum, and the activity of the stages.

pub mod activity;
pub mod k_weighting;
pub mod loudness;
pub mod meters;
pub mod spectrum;
