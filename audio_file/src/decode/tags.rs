//! Tags around the audio: ID3v2 and APEv2 in front, ID3v1, APEv2, Lyrics3 and appended ID3v2.4 at the end.

use std::io::Result;

use super::bytes::u32_le;
use super::section::Section;

const ID3V2_HEADER: u64 = 10;
const ID3V1: u64 = 128;
const ID3V1_ENHANCED: u64 = 227;
const APE_HEADER: u64 = 32;
const APE_HAS_HEADER: u32 = 1 << 31;
const APE_IS_HEADER: u32 = 1 << 29;
/// The end mark of Lyrics3 v2 with the size in front of it.
const LYRICS3_V2_END: u64 = 15;
/// The longest Lyrics3 v1 tag: 5100 bytes of text between its marks.
const LYRICS3_V1: u64 = 11 + 5100 + 9;

/// The section without the tags in front. A tag that announces more than there is stays.
pub(super) fn without_leading_tags(file: &Section) -> Result<Section> {
    let mut start = 0;
    while let Some(bytes) = leading_tag(&file.read_at(start, 32)?) {
        if start + bytes >= file.length() {
            break;
        }
        start += bytes;
    }
    Ok(file.part(start, file.length()))
}

/// The section without the tags at the end.
pub(super) fn without_trailing_tags(file: &Section) -> Result<Section> {
    let mut audio = file.clone();
    while let Some(bytes) = trailing_tag(&audio)? {
        audio = audio.part(0, audio.length() - bytes);
    }
    Ok(audio)
}

/// The length of the tag that begins with these bytes.
pub(super) fn leading_tag(bytes: &[u8]) -> Option<u64> {
    if let Some(rest) = bytes.strip_prefix(b"ID3") {
        let has_footer = rest.get(2)? & 0x10 != 0;
        let footer = if has_footer { ID3V2_HEADER } else { 0 };
        return Some(ID3V2_HEADER + syncsafe(rest.get(3..7)?)? + footer);
    }
    let ape = bytes.strip_prefix(b"APETAGEX")?;
    let is_header = u32_le(ape, 12)? & APE_IS_HEADER != 0;
    is_header.then_some(APE_HEADER + u64::from(u32_le(ape, 4)?))
}

/// The length of the tag at the end of the section.
fn trailing_tag(audio: &Section) -> Result<Option<u64>> {
    let length = audio.length();
    let at_end = |count: u64| audio.read_at(length.saturating_sub(count), 32);
    if length >= ID3V1 && at_end(ID3V1)?.starts_with(b"TAG") {
        let has_enhanced = length >= ID3V1 + ID3V1_ENHANCED
            && at_end(ID3V1 + ID3V1_ENHANCED)?.starts_with(b"TAG+");
        return Ok(Some(ID3V1 + if has_enhanced { ID3V1_ENHANCED } else { 0 }));
    }
    let fits = |tag: Option<u64>| tag.filter(|bytes| *bytes > 0 && *bytes <= length);
    let footer = at_end(APE_HEADER)?;
    if let Some(ape) = footer.strip_prefix(b"APETAGEX") {
        return Ok(fits(ape_with_footer(ape)));
    }
    let footer = at_end(ID3V2_HEADER)?;
    if let Some(rest) = footer.strip_prefix(b"3DI") {
        let body = rest.get(3..7).and_then(syncsafe);
        return Ok(fits(body.map(|body| 2 * ID3V2_HEADER + body)));
    }
    let footer = at_end(LYRICS3_V2_END)?;
    if footer.ends_with(b"LYRICS200") {
        let digits = std::str::from_utf8(&footer[..footer.len() - 9]);
        let size = digits.ok().and_then(|d| d.parse::<u64>().ok());
        return Ok(fits(size.map(|size| size + LYRICS3_V2_END)));
    }
    if footer.ends_with(b"LYRICSEND") {
        let tail = audio.read_at(length.saturating_sub(LYRICS3_V1), 5120)?;
        let at = tail.windows(11).rposition(|w| w == b"LYRICSBEGIN");
        return Ok(at.map(|at| (tail.len() - at) as u64));
    }
    Ok(None)
}

/// The length of an APEv2 tag whose footer has these bytes after the preamble. Its size counts items and footer.
fn ape_with_footer(footer: &[u8]) -> Option<u64> {
    let has_header = u32_le(footer, 12)? & APE_HAS_HEADER != 0;
    let header = if has_header { APE_HEADER } else { 0 };
    Some(u64::from(u32_le(footer, 4)?).max(APE_HEADER) + header)
}

/// An integer of four bytes with seven bits each.
fn syncsafe(bytes: &[u8]) -> Option<u64> {
    let is_valid = bytes.len() == 4 && bytes.iter().all(|b| *b < 0x80);
    is_valid.then(|| bytes.iter().fold(0, |sum, b| sum << 7 | u64::from(*b)))
}
