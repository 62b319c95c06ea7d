//! The header frames of MP3 files: Xing or Info with LAME's extension, and VBRI.

use super::header::{HEADER_BYTES, MpegHeader};
use crate::decode::bytes::{u16_be, u32_be};

/// The delay of the decoder in frames, which LAME's numbers don't count.
const DECODER_DELAY: u64 = 529;
/// LAME's extension is that long up to the delays, which are its last 3 bytes.
const EXTENSION_BYTES: usize = 24;
const VBRI_AT: usize = HEADER_BYTES + 32;

/// The header frame's data on the frames behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MpegInfo {
    /// The number of MPEG frames.
    pub(super) mpeg_frames: Option<u64>,
    /// The samples of a channel that encoder and decoder add in front.
    pub(super) delay: u64,
    /// The samples of a channel that the encoder adds at the end, without the decoder's delay.
    pub(super) padding: u64,
}

impl MpegInfo {
    /// The numbers in the frame with this header, if it is a header frame.
    pub(super) fn parse(header: &MpegHeader, frame: &[u8]) -> Option<Self> {
        if header.layer != 3 {
            return None;
        }
        if frame.get(VBRI_AT..)?.starts_with(b"VBRI") {
            return Some(Self {
                mpeg_frames: u32_be(frame, VBRI_AT + 14).map(u64::from),
                ..Self::default()
            });
        }
        let info = frame.get(HEADER_BYTES + header.side_info_bytes()..)?;
        if !info.starts_with(b"Xing") && !info.starts_with(b"Info") {
            return None;
        }
        let flags = u32_be(info, 4)?;
        let mut at = 8;
        let mpeg_frames = (flags & 1 != 0).then(|| u32_be(info, at)).flatten();
        for (flag, bytes) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
            at += if flags & flag != 0 { bytes } else { 0 };
        }
        let (delay, padding) = info
            .get(at..at + EXTENSION_BYTES)
            .and_then(delay_and_padding)
            .unwrap_or_default();
        Some(Self {
            mpeg_frames: mpeg_frames.map(u64::from),
            delay,
            padding,
        })
    }
}

/// The delays in LAME's extension, which other encoders write too.
fn delay_and_padding(extension: &[u8]) -> Option<(u64, u64)> {
    let is_known = [b"LAME", b"Lavf", b"Lavc"]
        .iter()
        .any(|name| extension.starts_with(*name));
    let upper = u64::from(u16_be(extension, 21)?);
    let lower = u64::from(*extension.get(23)?);
    let delays = upper << 8 | lower;
    is_known.then_some((
        (delays >> 12) + DECODER_DELAY,
        (delays & 0xFFF).saturating_sub(DECODER_DELAY),
    ))
}
