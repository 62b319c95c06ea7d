//! AIFF and AIFF-C files.

use super::bytes::{u16_be, u32_be, u64_be};
use super::chunks::padded_end;
use super::pcm::{Encoding, PcmDecoder, PcmLayout};
use super::section::Section;
use super::{Result, check_channels, refused, truncated};

/// The bytes of samples that sox announces in a pipe, where it doesn't know the length, rounded down to whole frames.
const STREAM_BYTES: u64 = 0x7F00_0000;
/// Numbers that other writers put in where they don't know the length.
const STREAM_MARKS: [u64; 2] = [0, u32::MAX as u64];

/// The contents of the common chunk.
struct Common {
    layout: PcmLayout,
    frames: u64,
}

/// Opens a file that begins with "FORM".
pub(super) fn open(file: &Section) -> Result<PcmDecoder> {
    let form = file.read_at(0, 12)?;
    let is_compressed = match form.get(8..12) {
        Some(b"AIFF") => false,
        Some(b"AIFC") => true,
        _ => return refused("it is an IFF file without AIFF audio; convert it to WAV"),
    };
    let has_stream_size = u32_be(&form, 4).is_none_or(|bytes| STREAM_MARKS.contains(&bytes.into()));
    let mut common = None;
    let mut sound = None;
    let mut at = 12;
    while at < file.length() {
        let header = file.read_at(at, 8)?;
        let Some(bytes) = u32_be(&header, 4).map(u64::from) else {
            break;
        };
        let start = at + 8;
        match &header[..4] {
            b"COMM" => common = Some(read_common(&file.read_at(start, 64)?, is_compressed)?),
            b"SSND" if has_stream_size && STREAM_MARKS.contains(&bytes) => {
                // The samples of a stream are its last chunk.
                sound = Some((start, u64::MAX));
                break;
            }
            b"SSND" => sound = Some((start, bytes)),
            b"FORM" if sound.is_some() => {
                return refused("it consists of several AIFF files in one; split it first");
            }
            _ => {}
        }
        at = padded_end(file, start.saturating_add(bytes), bytes)?;
    }
    let Some(common) = common else {
        return refused("it is an AIFF file without a common chunk, or truncated in its header");
    };
    let Some((start, bytes)) = sound else {
        return refused("it is an AIFF file without samples, or truncated in its header");
    };
    let offset = u32_be(&file.read_at(start, 8)?, 0).map_or(0, u64::from);
    samples(
        file,
        &common,
        start + 8 + offset,
        bytes.saturating_sub(8 + offset),
    )
}

/// Whether a writer announces this where it doesn't know the length. A number of frames that AIFF's sizes of 32 bits allow
/// belongs to a whole or truncated file.
fn is_stream_size(bytes: u64, frames: u64, frame_bytes: u64) -> bool {
    let is_mark = STREAM_MARKS.contains(&frames)
        || frames == STREAM_BYTES / frame_bytes
        || frames * frame_bytes > u64::from(u32::MAX);
    bytes.saturating_add(frame_bytes) > STREAM_BYTES && is_mark
}

fn read_common(chunk: &[u8], is_compressed: bool) -> Result<Common> {
    let fields = (
        u16_be(chunk, 0),
        u32_be(chunk, 2),
        u16_be(chunk, 6),
        u16_be(chunk, 8),
        u64_be(chunk, 10),
    );
    let (Some(channel_count), Some(frames), Some(bits), Some(exponent), Some(mantissa)) = fields
    else {
        return refused("its common chunk is cut off");
    };
    check_channels(usize::from(channel_count))?;
    let compression = if is_compressed {
        chunk.get(18..22)
    } else {
        Some(&b"NONE"[..])
    };
    let bytes = bits.div_ceil(8);
    let (encoding, is_big_endian) = match compression {
        Some(b"NONE" | b"twos") if (1..=4).contains(&bytes) => (Encoding::Integer(bytes), true),
        Some(b"sowt") if (1..=4).contains(&bytes) => (Encoding::Integer(bytes), false),
        Some(b"in24") => (Encoding::Integer(3), true),
        Some(b"in32") => (Encoding::Integer(4), true),
        Some(b"42ni") => (Encoding::Integer(3), false),
        Some(b"23ni") => (Encoding::Integer(4), false),
        Some(b"raw ") if bits <= 8 => (Encoding::Unsigned8, true),
        Some(b"fl32" | b"FL32") => (Encoding::Float32, true),
        Some(b"fl64" | b"FL64") => (Encoding::Float64, true),
        Some(b"alaw" | b"ALAW") => (Encoding::ALaw, true),
        Some(b"ulaw" | b"ULAW") => (Encoding::MuLaw, true),
        Some(b"NONE" | b"twos" | b"sowt") => {
            return refused(format!(
                "its samples are integers of {bits} bits; 1 to 32 are supported"
            ));
        }
        name => {
            let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
            return refused(format!(
                "its AIFF-C compression \"{}\" is not supported; convert it to WAV or FLAC",
                name.trim().escape_default()
            ));
        }
    };
    Ok(Common {
        layout: PcmLayout {
            encoding,
            is_big_endian,
            channel_count,
            sample_rate_hz: sample_rate_hz(exponent, mantissa),
        },
        frames: u64::from(frames),
    })
}

/// The integer part of a positive 80-bit float; 0 for one that is no sample rate.
fn sample_rate_hz(exponent: u16, mantissa: u64) -> u32 {
    // A negative number has an exponent above the bias, too.
    let shift = (16_383 + 63_u32).checked_sub(u32::from(exponent));
    let rate = shift.and_then(|shift| mantissa.checked_shr(shift));
    rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(0)
}

/// The samples of the sound chunk. The two lengths of the header must agree, or the shorter one is read with a warning.
fn samples(file: &Section, common: &Common, start: u64, announced: u64) -> Result<PcmDecoder> {
    let layout = common.layout;
    let frame_bytes = layout.frame_bytes();
    let available = file.length() - start.min(file.length());
    let mut warnings = Vec::new();
    let is_stream = announced > available && is_stream_size(announced, common.frames, frame_bytes);
    let bytes = if is_stream {
        warnings.push("its header has the size of a stream; all of the file is read".to_owned());
        available
    } else {
        let frames = common.frames.min(announced / frame_bytes);
        if frames * frame_bytes > available {
            let seconds = |frames: u64| frames as f64 / f64::from(layout.sample_rate_hz.max(1));
            return refused(truncated(seconds(frames), seconds(available / frame_bytes)));
        }
        if common.frames != announced / frame_bytes && announced < u64::from(u32::MAX) {
            warnings.push(format!(
                "its header announces {} frames, and its samples are {}; {frames} are read",
                common.frames,
                announced / frame_bytes
            ));
        }
        frames * frame_bytes
    };
    PcmDecoder::new(
        file.part(start, start.saturating_add(bytes)),
        layout,
        warnings,
    )
}
