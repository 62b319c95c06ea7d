//! The broadcast audio extension chunk, `bext` (EBU Tech 3285, version 2).

use super::riff::text;
use super::tags::Tags;
use crate::output_format::{Bits, StreamFormat};
use crate::resample::converted_frames;
use std::ops::Range;

const DESCRIPTION: Range<usize> = 0..256;
const ORIGINATOR: Range<usize> = 256..288;
const ORIGINATOR_REFERENCE: Range<usize> = 288..320;
const ORIGINATION_DATE: Range<usize> = 320..330;
const ORIGINATION_TIME: Range<usize> = 330..338;
const TIME_REFERENCE: Range<usize> = 338..346;
const VERSION: Range<usize> = 346..348;
const LOUDNESS: Range<usize> = 412..422;
/// The size without the coding history.
const FIXED_BYTES: usize = 602;

/// A loudness value that isn't known.
const UNKNOWN: i16 = 0x7FFF;

/// The fields that comments name, as ffmpeg does.
const COMMENTS: [(&str, Range<usize>); 5] = [
    ("DESCRIPTION", DESCRIPTION),
    ("ORIGINATOR", ORIGINATOR),
    ("ORIGINATOR_REFERENCE", ORIGINATOR_REFERENCE),
    ("ORIGINATION_DATE", ORIGINATION_DATE),
    ("ORIGINATION_TIME", ORIGINATION_TIME),
];
const TIME_REFERENCE_COMMENT: &str = "TIME_REFERENCE";
const CODING_HISTORY_COMMENT: &str = "CODING_HISTORY";

/// The loudness of a master (EBU R 128). NaN and infinity stand for unknown values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MasterLoudness {
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// Loudness range, LU.
    pub range_lu: f64,
    /// True peak, dBTP.
    pub true_peak_dbtp: f64,
    /// Largest momentary loudness, LUFS.
    pub momentary_lufs: f64,
    /// Largest short-term loudness, LUFS.
    pub short_term_lufs: f64,
}

/// The content of a `bext` chunk.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bext {
    /// The fixed fields and the coding history.
    bytes: Vec<u8>,
    /// The rate of the time reference.
    rate_hz: u32,
}

impl Bext {
    /// The content of a chunk; none if it is too short.
    pub(super) fn from_chunk(body: &[u8], rate_hz: u32) -> Option<Self> {
        (body.len() >= FIXED_BYTES).then(|| Self {
            bytes: body.to_vec(),
            rate_hz,
        })
    }

    /// Takes the fields out of comments; none if there is no time reference, without which they are plain tags.
    pub(super) fn take_comments(tags: &mut Tags, rate_hz: u32) -> Option<Self> {
        let position: u64 = tags.get(TIME_REFERENCE_COMMENT)?.trim().parse().ok()?;
        tags.take(TIME_REFERENCE_COMMENT);
        let mut bytes = vec![0; FIXED_BYTES];
        bytes[TIME_REFERENCE].copy_from_slice(&position.to_le_bytes());
        for (name, field) in COMMENTS {
            let value = tags.take(name).unwrap_or_default();
            let end = (0..=field.len()).rfind(|end| value.is_char_boundary(*end));
            let fits = &value.as_bytes()[..end.unwrap_or(0)];
            bytes[field.start..field.start + fits.len()].copy_from_slice(fits);
        }
        let history = tags.take(CODING_HISTORY_COMMENT).unwrap_or_default();
        bytes.extend(history.replace('\n', "\r\n").bytes());
        Some(Self { bytes, rate_hz })
    }

    /// The fields as comments.
    pub(super) fn to_comments(&self, stream: StreamFormat) -> Vec<(String, String)> {
        let mut comments = Vec::new();
        for (name, field) in COMMENTS {
            comments.push((name.to_owned(), text(&self.bytes[field])));
        }
        let position = self.time_reference(stream.sample_rate_hz).to_string();
        comments.push((TIME_REFERENCE_COMMENT.to_owned(), position));
        let history = text(&self.bytes[FIXED_BYTES..]).replace("\r\n", "\n");
        comments.push((CODING_HISTORY_COMMENT.to_owned(), history.trim().to_owned()));
        comments.retain(|(_, value)| !value.is_empty());
        comments
    }

    /// The chunk's content for a file of this format. The loudness of the master replaces that of the song, and the coding
    /// history gets a line (EBU R 98).
    pub(super) fn to_chunk(
        &self,
        stream: StreamFormat,
        bits: Bits,
        loudness: Option<MasterLoudness>,
    ) -> Vec<u8> {
        let mut chunk = self.bytes[..FIXED_BYTES].to_vec();
        let position = self.time_reference(stream.sample_rate_hz);
        chunk[TIME_REFERENCE].copy_from_slice(&position.to_le_bytes());
        chunk[VERSION].copy_from_slice(&2u16.to_le_bytes());
        let values = loudness.map_or([UNKNOWN; 5], |l| {
            [
                l.integrated_lufs,
                l.range_lu,
                l.true_peak_dbtp,
                l.momentary_lufs,
                l.short_term_lufs,
            ]
            .map(hundredths)
        });
        let values = values.map(i16::to_le_bytes);
        chunk[LOUDNESS].copy_from_slice(values.as_flattened());
        let history = &self.bytes[FIXED_BYTES..];
        let end = history.iter().position(|b| *b == 0);
        let history = &history[..end.unwrap_or(history.len())];
        chunk.extend(history);
        if !history.is_empty() && !history.ends_with(b"\n") {
            chunk.extend(b"\r\n");
        }
        let mode = if stream.channel_count == 1 {
            "mono"
        } else {
            "stereo"
        };
        let width = 8 * bits.bytes();
        let rate = stream.sample_rate_hz;
        chunk.extend(format!("A=PCM,F={rate},W={width},M={mode},T=Flow\r\n").bytes());
        chunk
    }

    /// The frames from midnight to the beginning of the song.
    fn time_reference(&self, rate_hz: u32) -> u64 {
        let position = self.bytes[TIME_REFERENCE].try_into().unwrap_or_default();
        converted_frames(u64::from_le_bytes(position), self.rate_hz, rate_hz)
    }
}

/// A value in hundredths, as `bext` has it.
fn hundredths(value: f64) -> i16 {
    if !value.is_finite() {
        return UNKNOWN;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number of at most four digits"
    )]
    let hundredths = (100.0 * value).round().clamp(-9999.0, 9999.0) as i16;
    hundredths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(sample_rate_hz: u32) -> StreamFormat {
        StreamFormat::new(sample_rate_hz, 2).unwrap()
    }

    fn bext() -> Bext {
        let mut bytes = vec![0; FIXED_BYTES];
        bytes[..5].copy_from_slice(b"Scene");
        bytes[ORIGINATOR.start..ORIGINATOR.start + 4].copy_from_slice(b"Desk");
        bytes[TIME_REFERENCE].copy_from_slice(&(3600 * 48_000u64).to_le_bytes());
        bytes.extend(b"A=PCM,F=48000,W=24\r\n\0\0");
        Bext::from_chunk(&bytes, 48_000).unwrap()
    }

    #[test]
    fn chunk_for_other_rate_has_scaled_time_and_loudness_of_master() {
        let loudness = MasterLoudness {
            integrated_lufs: -14.0,
            range_lu: 6.257,
            true_peak_dbtp: -1.0,
            momentary_lufs: f64::NEG_INFINITY,
            short_term_lufs: -9.5,
        };
        let chunk = bext().to_chunk(stream(44_100), Bits::Int16, Some(loudness));
        assert_eq!(chunk[TIME_REFERENCE], (3600 * 44_100u64).to_le_bytes());
        assert_eq!(chunk[VERSION], [2, 0]);
        let values: Vec<i16> = chunk[LOUDNESS]
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect();
        assert_eq!(values, [-1400, 626, -100, UNKNOWN, -950]);
        let history = "A=PCM,F=48000,W=24\r\nA=PCM,F=44100,W=16,M=stereo,T=Flow\r\n";
        assert_eq!(&chunk[FIXED_BYTES..], history.as_bytes());
    }

    #[test]
    fn bext_becomes_comments_and_returns() {
        let mut tags = Tags::default();
        for (name, value) in bext().to_comments(stream(96_000)) {
            tags.push(&name, &value);
        }
        assert_eq!(tags.get("TIME_REFERENCE"), Some("345600000"));
        let read = Bext::take_comments(&mut tags, 96_000).unwrap();
        assert_eq!(tags.iter().count(), 0);
        assert_eq!(read.time_reference(48_000), 3600 * 48_000);
        assert_eq!(text(&read.bytes[DESCRIPTION]), "Scene");
        assert_eq!(text(&read.bytes[ORIGINATOR]), "Desk");
        assert_eq!(text(&read.bytes[FIXED_BYTES..]), "A=PCM,F=48000,W=24");
    }

    #[test]
    fn description_without_time_reference_stays_a_tag() {
        let mut tags = Tags::default();
        tags.push("DESCRIPTION", "Live");
        assert_eq!(Bext::take_comments(&mut tags, 48_000), None);
        assert_eq!(tags.get("DESCRIPTION"), Some("Live"));
        assert_eq!(Bext::from_chunk(&[0; 600], 48_000), None);
    }
}
