//! Reference measurements of whole songs, which share no code with Flow's own meters and so can check them.
//!
//! - [`loudness`] measures ITU-R BS.1770 loudness with the crate `ebur128`.
//! - [`true_peak`] measures the true peak by 32 times oversampling.

pub mod loudness;
mod low_pass;
pub mod true_peak;
mod windowed_sinc;

pub use low_pass::low_pass;
