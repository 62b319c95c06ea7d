//! MPEG audio: MP3, and the layers 1 and 2.

mod decoder;
mod frames;
mod header;
mod info;

pub(super) use decoder::MpegDecoder;
pub(super) use frames::has_frames;
pub(super) use header::MpegHeader;
