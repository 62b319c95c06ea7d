//! Reference measurements of whole songs, which share no code with Flow's own meters and so can check them.
//!
//! - [`loudness`] measures ITU-R BS.1770 loudness with the filter of the crate `ebur128`.
//! - [`mix_balance`] compares loudness, bass and mono compatibility of two versions of a mix.
//! - [`true_peak`] measures the true peak by 32 times oversampling.
//! - [`signal_faults`] finds empty channels, inverted polarity, DC offset and clipping.
//! - [`SongMeter`] measures all of a song block by block, and [`measure`] audio in memory.

pub mod loudness;
mod low_pass;
pub mod mix_balance;
pub mod signal_faults;
mod song_meter;
pub mod true_peak;
mod windowed_sinc;

pub use low_pass::low_pass;
pub use song_meter::{SongMeasurement, SongMeter, measure, on_two_speakers};
