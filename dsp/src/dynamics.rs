//! Gain computers of the compressors.

pub mod compressor;
