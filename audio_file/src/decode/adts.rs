//! AAC-LC in ADTS frames. The reader of Symphonia guesses the length and leaves out what is between frames.

use std::io::{BufReader, ErrorKind, Read};

use super::mp4::{HE_AAC, LOWEST_LC_RATE_HZ, maybe_he_aac};
use super::section::Section;
use super::symphonia_decoder::SymphoniaDecoder;
use super::{Decoder, Result, check_channels, refused};

const HEADER_BYTES: u64 = 7;
/// The samples of a channel in an AAC block.
const BLOCK_FRAMES: u64 = 1024;
const RATES_HZ: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];
/// The profile LC in the header.
const LC: u8 = 1;

/// Whether the bytes begin an ADTS frame, which is MPEG's synchronization with layer 0.
pub(super) fn is_adts(head: &[u8]) -> bool {
    matches!(head, [0xFF, second, ..] if second & 0xF6 == 0xF0)
}

/// Opens a section that begins with an ADTS frame.
pub(super) fn open(audio: &Section) -> Result<AdtsDecoder> {
    let head = audio.read_at(0, 4)?;
    let (third, fourth) = (
        head.get(2).copied().unwrap_or(0),
        head.get(3).copied().unwrap_or(0),
    );
    let rate = RATES_HZ
        .get(usize::from(third >> 2 & 15))
        .copied()
        .unwrap_or(0);
    if third >> 6 != LC {
        return refused(HE_AAC);
    }
    if rate < LOWEST_LC_RATE_HZ {
        return refused(maybe_he_aac(rate));
    }
    check_channels(usize::from((third & 1) << 2 | fourth >> 6))?;
    let (blocks, whole_bytes) = scan(audio)?;
    if blocks == 0 {
        return refused("it is truncated within its first AAC frame");
    }
    let mut warnings = Vec::new();
    if whole_bytes < audio.length() {
        warnings.push("its last AAC frame is cut off and left out".to_owned());
    }
    Ok(AdtsDecoder {
        decoder: SymphoniaDecoder::open(audio.part(0, whole_bytes), "aac")?,
        frames: blocks * BLOCK_FRAMES,
        warnings,
    })
}

/// Counts the AAC blocks and the bytes of the whole frames.
fn scan(audio: &Section) -> Result<(u64, u64)> {
    let mut source = BufReader::new(audio.clone());
    let (mut blocks, mut at) = (0, 0);
    let mut header = [0; 7];
    loop {
        match source.read_exact(&mut header) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok((blocks, at)),
            Err(e) => return Err(e.into()),
        }
        let length =
            u64::from(header[3] & 3) << 11 | u64::from(header[4]) << 3 | u64::from(header[5] >> 5);
        if !is_adts(&header) || length < HEADER_BYTES {
            return refused(format!("it is damaged: no AAC frame begins at byte {at}"));
        }
        if at + length > audio.length() {
            return Ok((blocks, at));
        }
        source.seek_relative(i64::try_from(length - HEADER_BYTES).unwrap_or(0))?;
        blocks += u64::from(header[6] & 3) + 1;
        at += length;
    }
}

/// Decodes ADTS frames.
pub(super) struct AdtsDecoder {
    decoder: SymphoniaDecoder,
    frames: u64,
    warnings: Vec<String>,
}

impl Decoder for AdtsDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        self.decoder.decode(block)
    }

    fn declared_frames(&self) -> Option<u64> {
        Some(self.frames)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}
