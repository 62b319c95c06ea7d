//! Ogg files: Vorbis, Opus and FLAC. A chain of streams is decoded as their sequence.

use std::collections::VecDeque;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_FLAC, CODEC_ID_VORBIS};

use super::opus::OpusFileDecoder;
use super::pages::scan;
use crate::decode::section::Section;
use crate::decode::symphonia_decoder::SymphoniaDecoder;
use crate::decode::{Decoder, Result, refused};

/// Encoders differ in the last page's position by up to one Vorbis packet. No page is missing.
const VORBIS_TOLERANCE_FRAMES: u64 = 8192;
/// The first packet begins after a page's header with one length.
const FIRST_PACKET_AT: u64 = 28;

/// Opens a section that begins with "OggS".
pub(in crate::decode) fn open(audio: &Section) -> Result<Box<dyn Decoder>> {
    let pages = scan(audio)?;
    let mut warnings = Vec::new();
    if pages.links.last().is_some_and(|link| !link.has_end_mark) {
        warnings.push("its Ogg stream has no end mark, so that its end may be missing".to_owned());
    }
    if pages.trailing_bytes > 0 {
        warnings.push(format!(
            "{} bytes behind its last Ogg page are left out",
            pages.trailing_bytes
        ));
    }
    if pages.links.len() > 1 {
        warnings.push(format!(
            "it consists of {} Ogg streams; all are read, one after the other",
            pages.links.len()
        ));
    }
    let mut links: VecDeque<Section> = pages
        .links
        .iter()
        .map(|link| audio.part(link.start, link.end))
        .collect();
    let Some(first) = links.pop_front() else {
        return refused("its first Ogg page is damaged");
    };
    let decoder = open_link(&first)?;
    Ok(Box::new(OggDecoder {
        declared_frames: decoder.declared_frames().filter(|_| links.is_empty()),
        decoder,
        links,
        frames: 0,
        warnings,
    }))
}

fn open_link(link: &Section) -> Result<Box<dyn Decoder>> {
    let packet = link.read_at(FIRST_PACKET_AT, 8)?;
    if packet.starts_with(b"OpusHead") {
        return Ok(Box::new(OpusFileDecoder::open(link)?));
    }
    if packet.starts_with(b"Speex   ") {
        return refused("Speex is not supported; convert it to WAV or FLAC");
    }
    let decoder = SymphoniaDecoder::open(link.clone(), "ogg")?;
    let parameters = decoder.parameters();
    match parameters.codec {
        CODEC_ID_VORBIS => Ok(Box::new(decoder)),
        CODEC_ID_FLAC if parameters.bits_per_sample.is_some_and(|bits| bits <= 24) => {
            Ok(Box::new(decoder))
        }
        CODEC_ID_FLAC => refused("32-bit FLAC in Ogg is not supported; convert it to FLAC or WAV"),
        _ => refused("its Ogg stream is none of Vorbis, Opus and FLAC; convert it to WAV or FLAC"),
    }
}

/// Decodes the links of a chain.
struct OggDecoder {
    decoder: Box<dyn Decoder>,
    /// The links behind the present one.
    links: VecDeque<Section>,
    declared_frames: Option<u64>,
    /// The decoded frames of the present link.
    frames: u64,
    warnings: Vec<String>,
}

impl Decoder for OggDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        loop {
            if let Some(rate) = self.decoder.decode(block)? {
                self.frames += block.first().map_or(0, |channel| channel.len() as u64);
                return Ok(Some(rate));
            }
            let declared = self.decoder.declared_frames().unwrap_or(0);
            if declared > self.frames + VORBIS_TOLERANCE_FRAMES {
                return refused(format!(
                    "it is truncated: an Ogg stream of {declared} frames has only {}",
                    self.frames
                ));
            }
            let Some(link) = self.links.pop_front() else {
                return Ok(None);
            };
            self.decoder = open_link(&link)?;
            self.frames = 0;
        }
    }

    fn declared_frames(&self) -> Option<u64> {
        self.declared_frames
    }

    fn tolerance_frames(&self) -> u64 {
        VORBIS_TOLERANCE_FRAMES
    }

    fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}
