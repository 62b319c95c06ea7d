//! The gain over time: compressors and their make-up, and the release and the hold of the limiter.

pub mod compressor;
pub mod limiter_gain;
pub mod limiter_release;
pub mod low_frequency_hold;
pub mod make_up;
