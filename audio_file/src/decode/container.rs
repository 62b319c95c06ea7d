//! Recognition of the format by its first bytes.

use std::fs::File;

use super::mpeg::{MpegDecoder, MpegHeader, has_frames};
use super::section::Section;
use super::{Decoder, Result, adts, aiff, flac, mp4, ogg, refused, tags, wave};

/// The formats that are read.
const FORMATS: &str = "WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC";

/// The first bytes of formats that are not read, and their names.
const UNSUPPORTED: [(&[u8], &str); 14] = [
    (b"caff", "CAF"),
    (b"RIFX", "RIFX (big-endian WAV)"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"TTA1", "True Audio"),
    (b"OFR ", "OptimFROG"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b".snd", "AU"),
    (b"\x0B\x77", "AC-3"),
    (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "WMA"),
    (b"\x1A\x45\xDF\xA3", "Matroska or WebM"),
];

/// Opens the song in a file.
pub(crate) fn open(file: File) -> Result<Box<dyn Decoder>> {
    let file = Section::whole(file)?;
    if file.length() == 0 {
        return refused("the file is empty");
    }
    // The tags at the end stay with WAV and AIFF, whose chunks tell samples that look like a tag from a tag.
    let file = tags::without_leading_tags(&file)?;
    let audio = tags::without_trailing_tags(&file)?;
    let head = file.read_at(0, 16)?;
    match &head[..head.len().min(4)] {
        b"RIFF" | b"RF64" | b"BW64" | b"riff" => wave::open(&file),
        b"FORM" => Ok(Box::new(aiff::open(&file)?)),
        b"fLaC" => flac::open(&audio),
        b"OggS" => ogg::open(&audio),
        _ if head.get(4..8) == Some(b"ftyp") => mp4::open(&audio),
        _ => {
            if let Some((_, name)) = UNSUPPORTED.iter().find(|(mark, _)| head.starts_with(mark)) {
                return refused(format!(
                    "{name} is not supported; convert it to WAV or FLAC"
                ));
            }
            if adts::is_adts(&head) {
                return Ok(Box::new(adts::open(&audio)?));
            }
            let is_free_format =
                MpegHeader::parse(&head).is_some_and(|h| h.bytes.is_none() && h.layer == 3);
            if is_free_format {
                return refused("MP3 of free bit rate is not supported; convert it to WAV or FLAC");
            }
            if has_frames(&audio)? {
                return Ok(Box::new(MpegDecoder::open(&audio)?));
            }
            if head.starts_with(b"ID3") {
                return refused("it is truncated within its ID3 tag");
            }
            refused(format!("it is no {FORMATS} file"))
        }
    }
}
