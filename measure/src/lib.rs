//! Measurements of whole songs that share no code with Flow's own meters, so that those can be checked against them.
//!
//! - [`loudness`] measures ITU-R BS.1770 loudness with the crate `ebur128`.
//! - [`true_peak`] measures the true peak by 32 times oversampling.

pub mod loudness;
mod low_pass;
pub mod true_peak;
mod windowed_sinc;

pub use low_pass::low_pass;
