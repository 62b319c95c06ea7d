//! The pages of an Ogg file (RFC 3533). Decoders skip damaged pages without an error, so the pages' checksums and numbers are
//! checked first, which also finds the links of a chain.

use std::collections::HashMap;
use std::io::Read;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor as _;

use crate::decode::bytes::u32_le;
use crate::decode::section::Section;
use crate::decode::{Result, refused};

/// The longest page: 27 bytes of header, 255 of lengths, and 255 segments of 255 bytes.
const MAX_PAGE_BYTES: usize = 27 + 255 + 255 * 255;
const WINDOW_BYTES: usize = 1 << 18;
/// The largest number of streams side by side, and of links in a chain.
const MAX_STREAMS: usize = 1024;
/// Marks of pages with wrong checksums that are tried before the rest of a file counts as damaged pages.
const MAX_FALSE_PAGES: usize = 1024;
const FIRST_PAGE: u8 = 2;
const LAST_PAGE: u8 = 4;
const CHECKSUM_AT: usize = 22;

/// A part of the file that is an Ogg file of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The first byte.
    pub(super) start: u64,
    /// The byte after the last one.
    pub(super) end: u64,
    /// Whether the last page has the end mark.
    pub(super) has_end_mark: bool,
}

/// The links of a chain and the bytes behind them.
pub(super) struct Pages {
    pub(super) links: Vec<Link>,
    /// The bytes after the last page.
    pub(super) trailing_bytes: u64,
}

/// A page's header.
struct Page {
    flags: u8,
    serial: u32,
    sequence: u32,
    bytes: usize,
}

/// Checks all pages of a section that begins with "OggS".
pub(super) fn scan(audio: &Section) -> Result<Pages> {
    let mut source = audio.clone();
    let mut window = Vec::new();
    let mut used = 0;
    let mut at = 0;
    let mut links: Vec<Link> = Vec::new();
    let mut sequences: HashMap<u32, u32> = HashMap::new();
    let mut was_first = false;
    loop {
        if window.len() - used < MAX_PAGE_BYTES {
            window.drain(..used);
            used = 0;
            let missing = WINDOW_BYTES - window.len();
            (&mut source)
                .take(missing as u64)
                .read_to_end(&mut window)?;
        }
        let rest = &window[used..];
        let Some(page) = page(rest) else {
            return end(audio, rest, at, links);
        };
        let is_first = page.flags & FIRST_PAGE != 0;
        if is_first && !was_first {
            sequences.clear();
            links.push(Link {
                start: at,
                end: at,
                has_end_mark: false,
            });
        }
        was_first = is_first;
        let last = sequences.insert(page.serial, page.sequence);
        if last.is_some_and(|last| page.sequence != last.wrapping_add(1)) {
            return refused(format!(
                "it is damaged: Ogg pages are missing before byte {at}"
            ));
        }
        if sequences.len() > MAX_STREAMS || links.len() > MAX_STREAMS {
            return refused(format!("it has more than {MAX_STREAMS} Ogg streams"));
        }
        used += page.bytes;
        at += page.bytes as u64;
        if let Some(link) = links.last_mut() {
            link.end = at;
            link.has_end_mark = page.flags & LAST_PAGE != 0;
        }
    }
}

/// The result if no page begins at `at`, where `rest` begins.
fn end(audio: &Section, rest: &[u8], at: u64, links: Vec<Link>) -> Result<Pages> {
    let is_at_page = rest.starts_with(b"OggS");
    let is_cut_off = is_at_page && page_bytes(rest).is_none_or(|bytes| bytes > rest.len());
    if is_cut_off {
        return refused("it is truncated: the last page of its Ogg stream is cut off");
    }
    let has_more = is_at_page || has_page(&audio.part(at, audio.length()))?;
    if has_more {
        return refused(format!(
            "it is damaged: its Ogg page at byte {at} is not whole"
        ));
    }
    Ok(Pages {
        links,
        trailing_bytes: audio.length() - at,
    })
}

/// Whether a whole page, or many damaged ones, are anywhere in the section.
fn has_page(rest: &Section) -> Result<bool> {
    let mut at = 0;
    let mut false_pages = 0;
    while at < rest.length() {
        let bytes = rest.read_at(at, WINDOW_BYTES)?;
        let starts = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"OggS");
        for (start, _) in starts {
            if false_pages == MAX_FALSE_PAGES || page(&bytes[start..]).is_some() {
                return Ok(true);
            }
            false_pages += 1;
        }
        at += (WINDOW_BYTES - MAX_PAGE_BYTES) as u64;
    }
    Ok(false)
}

/// The page here, if it is whole and its checksum is right.
fn page(bytes: &[u8]) -> Option<Page> {
    if !bytes.starts_with(b"OggS\0") {
        return None;
    }
    let page = bytes.get(..page_bytes(bytes)?)?;
    let mut crc = Crc32::new(0);
    crc.process_buf_bytes(&page[..CHECKSUM_AT]);
    crc.process_buf_bytes(&[0; 4]);
    crc.process_buf_bytes(&page[CHECKSUM_AT + 4..]);
    (crc.crc() == u32_le(page, CHECKSUM_AT)?).then_some(Page {
        flags: page[5],
        serial: u32_le(page, 14)?,
        sequence: u32_le(page, 18)?,
        bytes: page.len(),
    })
}

/// The length of the page whose header and lengths are here.
fn page_bytes(bytes: &[u8]) -> Option<usize> {
    let segment_count = usize::from(*bytes.get(26)?);
    let segments = bytes.get(27..27 + segment_count)?;
    Some(27 + segment_count + segments.iter().map(|s| usize::from(*s)).sum::<usize>())
}
