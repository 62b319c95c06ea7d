//! The gain over time: compressors and the release of the limiter.

pub mod compressor;
pub mod limiter_release;
pub mod make_up;
