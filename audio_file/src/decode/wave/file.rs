//! WAV files: the format of their samples, and the number of them where sizes are wrong.

use super::riff::{WaveChunks, read_chunks};
use crate::decode::bytes::{u16_le, u32_le};
use crate::decode::mpeg::MpegDecoder;
use crate::decode::pcm::{Encoding, PcmDecoder, PcmLayout};
use crate::decode::section::Section;
use crate::decode::symphonia_decoder::SymphoniaDecoder;
use crate::decode::{Decoder, Result, check_channels, refused, tags, truncated};

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const MP3: u16 = 0x55;
const EXTENSIBLE: u16 = 0xFFFE;

/// The last 14 bytes of the GUIDs of WAVE_FORMAT_EXTENSIBLE that stand for a format tag.
const TAG_GUID: [u8; 14] = [
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71,
];

/// Sizes of 32 bits that writers put in where they don't know the length: the largest signed and unsigned integers, rounded
/// down to whole frames or with the header taken off.
const STREAM_SIZES: [std::ops::RangeInclusive<u64>; 2] =
    [0x7FFF_0000..=0x8000_0000, 0xFFFF_0000..=0xFFFF_FFFF];

/// Opens a file that begins with one of the names of RIFF.
pub(in crate::decode) fn open(file: &Section) -> Result<Box<dyn Decoder>> {
    let chunks = read_chunks(file)?;
    let tag = format_tag(&chunks.format)?;
    if matches!(tag, MS_ADPCM | IMA_ADPCM) {
        if !file.read_at(0, 4)?.starts_with(b"RIFF") {
            return refused("ADPCM in RF64 or Wave64 is not supported; convert it to PCM");
        }
        samples(file, &chunks, &mut Vec::new())?;
        return Ok(Box::new(SymphoniaDecoder::open(file.clone(), "wav")?));
    }
    let mut warnings = Vec::new();
    let samples = samples(file, &chunks, &mut warnings)?;
    if tag == MP3 {
        return Ok(Box::new(MpegDecoder::open(&samples)?));
    }
    let layout = layout(&chunks.format, tag)?;
    let rest = samples.length() % layout.frame_bytes();
    if rest > 0 {
        warnings.push(format!(
            "its last {rest} bytes are no whole frame and are left out"
        ));
    }
    Ok(Box::new(PcmDecoder::new(samples, layout, warnings)?))
}

/// The format tag, of extensible formats the one in their GUID.
fn format_tag(format: &[u8]) -> Result<u16> {
    let tag = u16_le(format, 0);
    let tag = if tag == Some(EXTENSIBLE) && format.len() > 16 {
        if format.get(26..40) != Some(&TAG_GUID[..]) {
            return refused(
                "its samples have an unknown format (WAVE_FORMAT_EXTENSIBLE); convert it to PCM",
            );
        }
        u16_le(format, 24)
    } else {
        tag
    };
    match (tag, format.len()) {
        (Some(tag), 16..) => Ok(tag),
        _ => refused("its format chunk is cut off"),
    }
}

fn layout(format: &[u8], tag: u16) -> Result<PcmLayout> {
    let field = |at| u16_le(format, at).unwrap_or(0);
    let channel_count = field(2);
    let sample_rate_hz = u32_le(format, 4).unwrap_or(0);
    let (frame_bytes, bits) = (field(12), field(14));
    check_channels(usize::from(channel_count))?;
    let packed = bits.div_ceil(8);
    let bytes = match frame_bytes {
        0 => packed,
        _ => frame_bytes / channel_count,
    };
    if bytes < packed || frame_bytes % channel_count != 0 {
        return refused(format!(
            "its header contradicts itself: {channel_count} channels of {bits} bits in {frame_bytes} bytes"
        ));
    }
    let encoding = match (tag, bytes) {
        (PCM, 1) => Encoding::Unsigned8,
        (PCM, 2..=4) => Encoding::Integer(bytes),
        (FLOAT, 4) => Encoding::Float32,
        (FLOAT, 8) => Encoding::Float64,
        (A_LAW, 1) => Encoding::ALaw,
        (MU_LAW, 1) => Encoding::MuLaw,
        (PCM, _) => {
            return refused(format!(
                "its samples are integers of {bits} bits; 8 to 32 are supported"
            ));
        }
        (FLOAT, _) => {
            return refused(format!(
                "its samples are floats of {bits} bits; 32 and 64 are supported"
            ));
        }
        _ => {
            return refused(format!(
                "its codec {tag:#06x} is not supported in WAV; convert it to PCM"
            ));
        }
    };
    Ok(PcmLayout {
        encoding,
        is_big_endian: false,
        channel_count,
        sample_rate_hz,
    })
}

/// The bytes of a second of samples. Writers announce wrong ones, so that it follows from the blocks, which are frames or, in
/// ADPCM, more than one; MP3 has no such blocks.
fn byte_rate(format: &[u8]) -> u64 {
    let field = |at| u64::from(u16_le(format, at).unwrap_or(0));
    let announced = u64::from(u32_le(format, 8).unwrap_or(0));
    let rate = u64::from(u32_le(format, 4).unwrap_or(0));
    let frames = match format_tag(format) {
        Ok(MP3) => return announced,
        Ok(MS_ADPCM | IMA_ADPCM) => field(18).max(1),
        _ => 1,
    };
    rate * field(12) / frames
}

/// The section of the samples. Sizes that are wrong while the audio is whole give a warning.
fn samples(file: &Section, chunks: &WaveChunks, warnings: &mut Vec<String>) -> Result<Section> {
    let available = file.length() - chunks.data_start.min(file.length());
    let announced = chunks.data_bytes;
    let has_chunks_only = announced == 0 && chunks.trailing_at.is_none();
    let byte_rate = byte_rate(&chunks.format);
    let bytes = if announced <= available && announced > 0 {
        let wrapped = (available - announced) & !u64::from(u32::MAX);
        if chunks.has_32_bit_size && wrapped > 0 {
            warnings
                .push("its size does not fit into its header; all of the file is read".to_owned());
            announced + wrapped
        } else {
            let length = tags::without_trailing_tags(file)?.length();
            check_trailing(chunks, length, byte_rate, warnings);
            announced
        }
    } else if has_chunks_only {
        0
    } else if is_stream_size(announced, chunks) {
        warnings.push("its header has the size of a stream; all of the file is read".to_owned());
        available
    } else if chunks.file_bytes == Some(file.length()) || is_file_size(announced, file.length()) {
        warnings.push(format!(
            "its header announces {announced} bytes of samples, and the whole file has {available}"
        ));
        available
    } else {
        let seconds = |bytes: u64| bytes as f64 / byte_rate.max(1) as f64;
        return refused(truncated(seconds(announced), seconds(available)));
    };
    Ok(file.part(chunks.data_start, chunks.data_start + bytes))
}

/// Warns of a RIFF size that is shorter than the samples, and of bytes behind the samples that are in no chunk.
fn check_trailing(chunks: &WaveChunks, length: u64, byte_rate: u64, warnings: &mut Vec<String>) {
    let end = chunks.data_start + chunks.data_bytes;
    let riff_size = chunks
        .file_bytes
        .filter(|bytes| !is_stream_size(bytes.saturating_sub(8), chunks));
    if let Some(bytes) = riff_size.filter(|bytes| *bytes < end) {
        warnings.push(format!(
            "its RIFF size ends {} bytes before its samples; they are whole and all are read",
            end - bytes
        ));
    }
    if let Some(at) = chunks.trailing_at.filter(|at| *at + 1 < length) {
        let bytes = length - at;
        let seconds = bytes as f64 / byte_rate.max(1) as f64;
        warnings.push(if byte_rate > 0 && seconds >= 0.05 {
            format!("{bytes} bytes after its samples are not read; as audio they would be {seconds:.1} s")
        } else {
            format!("{bytes} bytes after its samples are not read")
        });
    }
}

/// Whether a writer puts this size in where it doesn't know the length.
fn is_stream_size(bytes: u64, chunks: &WaveChunks) -> bool {
    let is_mark = STREAM_SIZES.iter().any(|sizes| sizes.contains(&bytes));
    bytes == 0 || bytes >= u64::MAX / 2 || chunks.has_32_bit_size && is_mark
}

/// Whether the size of the samples is that of the file, with or without RIFF's first 8 bytes, as some writers have it.
fn is_file_size(announced: u64, length: u64) -> bool {
    announced == length || announced + 8 == length
}
