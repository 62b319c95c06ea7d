//! AAC-LC and ALAC in MP4, with the edit lists that Symphonia leaves out.

use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;

use super::bytes::{u32_be, u64_be};
use super::section::Section;
use super::symphonia_decoder::{NO_AUDIO, SymphoniaDecoder, UNSUPPORTED_CODEC};
use super::{Decoder, Result, refused};

/// The largest index of an MP4 file that is read, in bytes: about ten hours of AAC.
const MAX_INDEX_BYTES: usize = 64 << 20;
/// The lowest core rate in Hz of AAC that cannot be the lower half of an HE-AAC stream.
pub(super) const LOWEST_LC_RATE_HZ: u32 = 32_000;

/// The place of the boxes in QuickTime's description of a sound (version 1).
const QUICKTIME_BOXES_AT: usize = 60;

/// The contents of the movie box.
struct Movie {
    index: Vec<u8>,
    /// Its first byte in the file.
    start: u64,
}

/// A box: its kind and its contents.
struct Atom<'a> {
    kind: [u8; 4],
    contents: &'a [u8],
}

/// Opens a section that begins with a file type box.
pub(super) fn open(audio: &Section) -> Result<Box<dyn Decoder>> {
    let movie = movie(audio)?;
    let index = &movie.index;
    let tracks: Vec<&[u8]> = atoms(index)
        .filter(|atom| &atom.kind == b"trak")
        .map(|atom| atom.contents)
        .filter(|track| {
            find(track, &[*b"mdia", *b"hdlr"]).and_then(|h| h.get(8..12)) == Some(b"soun")
        })
        .collect();
    let track = match tracks.as_slice() {
        [] => return refused("there is no audio in it"),
        [track] => *track,
        _ => {
            return refused(format!(
                "it has {} audio tracks; only one is supported",
                tracks.len()
            ));
        }
    };
    let media = [*b"mdia", *b"minf", *b"stbl", *b"stsd"];
    let description = find(track, &media).unwrap_or_default();
    match description.get(12..16) {
        Some(b"mp4a" | b"alac" | b"fLaC") => {}
        codec => {
            let name = String::from_utf8_lossy(codec.unwrap_or_default()).into_owned();
            return refused(format!(
                "its codec \"{}\" is not supported; convert it to WAV or FLAC",
                name.trim().escape_default()
            ));
        }
    }
    let audio = alac_of_quicktime(audio, &movie, description);
    let decoder = SymphoniaDecoder::open(audio, "m4a").map_err(|e| match e {
        super::DecodeError::Refused(reason) if reason.contains("aac too complex") => {
            super::DecodeError::Refused(HE_AAC.to_owned())
        }
        // Its codec is one that Symphonia doesn't name.
        super::DecodeError::Refused(reason) if reason == NO_AUDIO => {
            super::DecodeError::Refused(UNSUPPORTED_CODEC.to_owned())
        }
        e => e,
    })?;
    let parameters = decoder.parameters();
    let rate = parameters.sample_rate.unwrap_or(0);
    if parameters.codec == CODEC_ID_FLAC && parameters.bits_per_sample.is_none_or(|bits| bits > 24)
    {
        return refused("32-bit FLAC in MP4 is not supported; convert it to FLAC or WAV");
    }
    let is_aac = description.get(12..16) == Some(b"mp4a");
    let configuration = parameters.extra_data.as_deref().unwrap_or_default();
    if is_aac && rate < LOWEST_LC_RATE_HZ && !says_no_sbr(configuration) {
        return refused(maybe_he_aac(rate));
    }
    let (skip, length) = presented(index, track, rate)?;
    Ok(Box::new(EditedDecoder {
        declared_frames: length
            .or_else(|| Some(decoder.declared_frames()?.saturating_sub(skip)))
            .filter(|frames| *frames > 0),
        skip,
        left: length,
        decoder,
    }))
}

/// The section with ALAC's configuration where Symphonia looks for it. QuickTime's description of the sound (version 1) has it
/// in a box `wave`, behind a box that repeats the codec's name. The head of `wave` becomes that of a free box around the name.
fn alac_of_quicktime(audio: &Section, movie: &Movie, description: &[u8]) -> Section {
    let patch = || {
        let wave = atoms(description.get(QUICKTIME_BOXES_AT..)?).find(|a| &a.kind == b"wave")?;
        let alac = atoms(wave.contents).find(|a| &a.kind == b"alac")?;
        let offset = |bytes: &[u8]| {
            bytes
                .as_ptr()
                .addr()
                .checked_sub(movie.index.as_ptr().addr())
        };
        let [wave, alac] = [offset(wave.contents)? - 8, offset(alac.contents)? - 8];
        let size = u32::try_from(alac - wave).ok()?.to_be_bytes();
        let head = [size, *b"free"].concat().try_into().ok()?;
        Some((movie.start + wave as u64, head))
    };
    let is_quicktime =
        description.get(12..16) == Some(b"alac") && description.get(24..26) == Some(&[0, 1]);
    match is_quicktime.then(patch).flatten() {
        Some((at, head)) => audio.patched(at, head),
        None => audio.clone(),
    }
}

/// The reason for which AAC other than LC is refused.
pub(super) const HE_AAC: &str = "its AAC is HE-AAC or another profile than LC, which is not supported; convert it to WAV or FLAC";

/// The reason for which AAC-LC of a low rate is refused, if its header doesn't say that there is no spectral band replication.
pub(super) fn maybe_he_aac(rate_hz: u32) -> String {
    format!(
        "its AAC of {rate_hz} Hz may be HE-AAC, whose upper half would be missing, and its header doesn't tell; convert it to WAV or FLAC"
    )
}

/// Whether an AudioSpecificConfig of AAC-LC has the extension that says that there is no spectral band replication
/// (ISO/IEC 14496-3, 1.6.6.2).
fn says_no_sbr(configuration: &[u8]) -> bool {
    matches!(configuration, [first, _, 0x56, 0xE5, flags, ..] if first >> 3 == 2 && flags >> 7 == 0)
}

/// The contents of the movie box. All boxes of the file must be whole.
fn movie(audio: &Section) -> Result<Movie> {
    let mut at = 0;
    let mut movie = None;
    let mut file_types = 0;
    while at < audio.length() {
        let header = audio.read_at(at, 16)?;
        let left = audio.length() - at;
        let (start, length) = match u32_be(&header, 0) {
            Some(0) => (8, left),
            Some(1) => (16, u64_be(&header, 8).unwrap_or(u64::MAX)),
            Some(length) => (8, u64::from(length)),
            // A few bytes behind the last box.
            None => break,
        };
        if length < start {
            return refused("its MP4 boxes are damaged");
        }
        if length > left {
            return refused("it is truncated: its last MP4 box is cut off");
        }
        if header.get(4..8) == Some(b"ftyp") {
            file_types += 1;
        }
        if header.get(4..8) == Some(b"moov") {
            let count = usize::try_from(length - start).unwrap_or(usize::MAX);
            if count > MAX_INDEX_BYTES {
                return refused("its MP4 index is too long");
            }
            movie = Some(Movie {
                index: audio.read_at(at + start, count)?,
                start: at + start,
            });
        }
        at += length;
    }
    if file_types > 1 {
        return refused("it consists of several MP4 files in one; split it first");
    }
    match movie {
        Some(movie) => Ok(movie),
        None => refused("it is truncated: its MP4 index is missing"),
    }
}

/// The names and the contents of the boxes of user data in a file that begins with a file type box.
pub(crate) fn user_data(file: &Section) -> Result<Vec<([u8; 4], Vec<u8>)>> {
    let movie = movie(file)?;
    let boxes = atoms(find(&movie.index, &[*b"udta"]).unwrap_or_default());
    Ok(boxes.map(|a| (a.kind, a.contents.to_vec())).collect())
}

/// The boxes in these bytes, up to the first damaged one.
fn atoms(bytes: &[u8]) -> impl Iterator<Item = Atom<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_be(rest, 0)?).ok()?;
        let kind = *rest.get(4..)?.first_chunk()?;
        let contents = rest.get(8..length)?;
        rest = &rest[length..];
        Some(Atom { kind, contents })
    })
}

/// The contents of the first box at this path.
fn find<'a>(bytes: &'a [u8], path: &[[u8; 4]]) -> Option<&'a [u8]> {
    let Some((kind, rest)) = path.split_first() else {
        return Some(bytes);
    };
    let contents = atoms(bytes).find(|atom| atom.kind == *kind)?.contents;
    find(contents, rest)
}

/// The frames to leave out in front, and the number of frames behind them, if the edit list or iTunes's comment says so.
fn presented(index: &[u8], track: &[u8], rate_hz: u32) -> Result<(u64, Option<u64>)> {
    let clock = find(track, &[*b"mdia", *b"mdhd"]).and_then(timescale);
    let movie = find(index, &[*b"mvhd"]).and_then(timescale);
    let (Some(clock), Some(movie)) = (clock, movie) else {
        return Ok((0, None));
    };
    if let Some(gapless) = itunes_gapless(index) {
        return Ok(gapless);
    }
    let Some(list) = find(track, &[*b"edts", *b"elst"]) else {
        return Ok((0, None));
    };
    let mut edits = edits(list).into_iter().filter(|(_, start)| *start >= 0);
    let Some((duration, start)) = edits.next() else {
        return Ok((0, None));
    };
    if edits.next().is_some() {
        return refused(
            "its edit list cuts the audio into several parts; convert it to WAV or FLAC",
        );
    }
    let to_frames = |time: u64, scale: u32| {
        let frames = u128::from(time) * u128::from(rate_hz) / u128::from(scale.max(1));
        u64::try_from(frames).unwrap_or(u64::MAX)
    };
    let skip = to_frames(start.unsigned_abs(), clock);
    let length = to_frames(duration, movie);
    // The movie's clock may be coarser than the samples. Then the sum of the packets' durations is exact.
    let step = to_frames(1, movie) + 1;
    let media = find(track, &[*b"mdia", *b"minf", *b"stbl", *b"stts"]).map_or(0, total_duration);
    if media == 0 {
        // The packets of a fragmented file are not in its index.
        return Ok((skip, None));
    }
    let rest = to_frames(media, clock).saturating_sub(skip);
    let is_rest = rest.abs_diff(length) <= step;
    Ok((
        skip,
        Some(if is_rest || duration == 0 {
            rest
        } else {
            length.min(rest)
        }),
    ))
}

/// The ticks of a second in the header of the movie or of a track's media, which begin alike.
fn timescale(header: &[u8]) -> Option<u32> {
    let is_long = header.first() == Some(&1);
    u32_be(header, if is_long { 20 } else { 12 })
}

/// The durations and the start times of an edit list. A negative start is a pause.
fn edits(list: &[u8]) -> Vec<(u64, i64)> {
    let is_long = list.first() == Some(&1);
    let entries = list.get(8..).unwrap_or_default();
    entries
        .chunks_exact(if is_long { 20 } else { 12 })
        .filter_map(|entry| {
            Some(if is_long {
                (u64_be(entry, 0)?, u64_be(entry, 8)?.cast_signed())
            } else {
                (
                    u64::from(u32_be(entry, 0)?),
                    i64::from(u32_be(entry, 4)?.cast_signed()),
                )
            })
        })
        .collect()
}

/// The sum of the durations of all packets.
fn total_duration(times: &[u8]) -> u64 {
    let entries = times.get(8..).unwrap_or_default().chunks_exact(8);
    entries
        .filter_map(|entry| Some(u64::from(u32_be(entry, 0)?) * u64::from(u32_be(entry, 4)?)))
        .fold(0, u64::saturating_add)
}

/// The delay and the length in iTunes's comment "iTunSMPB": hexadecimal numbers after a zero, with the padding between.
fn itunes_gapless(index: &[u8]) -> Option<(u64, Option<u64>)> {
    let meta = find(index, &[*b"udta", *b"meta"])?;
    let list = find(meta.get(4..)?, &[*b"ilst"])?;
    let comment = atoms(list).find(|atom| {
        let name = find(atom.contents, &[*b"name"]).and_then(|name| name.get(4..));
        &atom.kind == b"----" && name == Some(b"iTunSMPB")
    })?;
    let text = std::str::from_utf8(find(comment.contents, &[*b"data"])?.get(8..)?).ok()?;
    let mut numbers = text.split_whitespace().map(|n| u64::from_str_radix(n, 16));
    let (_, delay, _, length) = (
        numbers.next()?,
        numbers.next()?,
        numbers.next()?,
        numbers.next()?,
    );
    let length = length.ok().filter(|length| *length > 0)?;
    Some((delay.ok()?, Some(length)))
}

/// Decodes what the edit list presents.
struct EditedDecoder {
    decoder: SymphoniaDecoder,
    /// The frames still to leave out.
    skip: u64,
    /// The frames still to return, if the end is known.
    left: Option<u64>,
    declared_frames: Option<u64>,
}

impl Decoder for EditedDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let Some(rate) = self.decoder.decode(block)? else {
            return Ok(None);
        };
        let frames = block.first().map_or(0, Vec::len);
        let skipped = usize::try_from(self.skip).map_or(frames, |skip| skip.min(frames));
        let kept = frames - skipped;
        let kept = self.left.map_or(kept, |left| {
            usize::try_from(left).map_or(kept, |left| left.min(kept))
        });
        self.skip -= skipped as u64;
        self.left = self.left.map(|left| left - kept as u64);
        for channel in block {
            channel.truncate(skipped + kept);
            channel.drain(..skipped);
        }
        Ok(Some(rate))
    }

    fn declared_frames(&self) -> Option<u64> {
        self.declared_frames
    }

    fn take_warnings(&mut self) -> Vec<String> {
        self.decoder.take_warnings()
    }
}
