//! The frames of an MPEG audio stream, without the tags and the junk between them.

use std::io::Read;

use super::header::{HEADER_BYTES, MpegHeader};
use crate::decode::section::Section;
use crate::decode::{Result, refused, tags};

/// The bytes in front of the first frame that are searched.
const SEARCH_BYTES: usize = 4 << 20;
/// The frames in a row that are no coincidence. At the very beginning, two are enough.
const CHAINED_FRAMES: usize = 4;
/// More than a tag's header and twice the longest frame.
const WINDOW_BYTES: usize = 1 << 16;
const ID3V1: u64 = 128;

/// Whether the section begins with MPEG audio or has it behind junk.
pub(in crate::decode) fn has_frames(audio: &Section) -> Result<bool> {
    Ok(first_frame(&audio.read_at(0, SEARCH_BYTES)?).is_some())
}

/// Reads frame by frame.
pub(super) struct FrameReader {
    audio: Section,
    /// The bytes from the present position on.
    window: Vec<u8>,
    /// The bytes of the window that have been returned.
    used: usize,
    /// The position of the window in the section that was opened.
    window_at: u64,
    first: MpegHeader,
    is_cut_off: bool,
    warnings: Vec<String>,
}

impl FrameReader {
    /// Begins at the first frame of the section.
    pub(super) fn open(audio: &Section) -> Result<Self> {
        let head = audio.read_at(0, SEARCH_BYTES)?;
        let Some((at, first)) = first_frame(&head) else {
            return refused("there is no MPEG audio in it");
        };
        let mut warnings = Vec::new();
        if head[..at].iter().any(|b| *b != 0) {
            warnings.push(format!(
                "{at} bytes in front of its first MP3 frame are left out"
            ));
        }
        Ok(Self {
            audio: audio.part(at as u64, audio.length()),
            window: Vec::new(),
            used: 0,
            window_at: at as u64,
            first,
            is_cut_off: false,
            warnings,
        })
    }

    /// The header of the first frame.
    pub(super) fn first(&self) -> &MpegHeader {
        &self.first
    }

    /// Takes the doubts that have come up since the last call.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Goes to the next frame and returns its header, or None at the end. Tags between frames are left out.
    pub(super) fn peek(&mut self) -> Result<Option<MpegHeader>> {
        loop {
            self.fill()?;
            let rest = &self.window[self.used..];
            if rest.is_empty() {
                return Ok(None);
            }
            if let Some(header) = self.frame_header(rest) {
                return Ok(Some(header));
            }
            if let Some(bytes) = self.tag_bytes() {
                self.skip(bytes)?;
                continue;
            }
            return self.after_junk();
        }
    }

    /// The bytes of the frame to which `peek` went.
    pub(super) fn take(&mut self, header: MpegHeader) -> &[u8] {
        let start = self.used;
        let end = start + header.bytes.unwrap_or(0);
        self.used = end.min(self.window.len());
        &self.window[start..self.used]
    }

    /// Whether the section ends within a frame. Known at its end.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// The header of a frame of this stream that is complete here.
    fn frame_header(&self, rest: &[u8]) -> Option<MpegHeader> {
        let header = MpegHeader::parse(rest)?;
        let is_whole = header.bytes.is_some_and(|bytes| bytes <= rest.len());
        let belongs = header.continues(&self.first) || chain(rest, CHAINED_FRAMES).is_some();
        (is_whole && belongs).then_some(header)
    }

    /// Fills the window, if less than half of it is left.
    fn fill(&mut self) -> Result<()> {
        if self.window.len() - self.used >= WINDOW_BYTES / 2 {
            return Ok(());
        }
        self.window.drain(..self.used);
        self.window_at += self.used as u64;
        self.used = 0;
        let missing = WINDOW_BYTES - self.window.len();
        (&mut self.audio)
            .take(missing as u64)
            .read_to_end(&mut self.window)?;
        Ok(())
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        let mut left = bytes;
        while left > 0 {
            self.fill()?;
            let in_window = self.window.len() - self.used;
            if in_window == 0 {
                break;
            }
            let count = usize::try_from(left).map_or(in_window, |left| left.min(in_window));
            self.used += count;
            left -= count as u64;
        }
        Ok(())
    }

    /// The length of the tag or of the zeros here.
    fn tag_bytes(&self) -> Option<u64> {
        let rest = &self.window[self.used..];
        if rest.starts_with(b"TAG") {
            return Some(ID3V1);
        }
        let zeros = rest.iter().take_while(|b| **b == 0).count() as u64;
        tags::leading_tag(rest).or((zeros > 0).then_some(zeros))
    }

    /// The next frame behind bytes that are neither frame nor tag is an error. Behind the last frame they give a warning.
    fn after_junk(&mut self) -> Result<Option<MpegHeader>> {
        let header = MpegHeader::parse(&self.window[self.used..]);
        let start = self.window_at + self.used as u64;
        let mut junk = 0_u64;
        loop {
            self.fill()?;
            let rest = &self.window[self.used..];
            if rest.len() < HEADER_BYTES {
                break;
            }
            let next = if junk > 0 {
                chain(rest, CHAINED_FRAMES)
            } else {
                None
            };
            if next.is_some_and(|next| next.continues(&self.first)) {
                return refused(format!(
                    "it is damaged: {junk} bytes at byte {start} of its audio are no MP3 frames"
                ));
            }
            let next_mark = rest[1..].iter().position(|b| *b == 0xFF);
            let step = next_mark.map_or(rest.len(), |at| at + 1);
            self.used += step;
            junk += step as u64;
        }
        junk += (self.window.len() - self.used) as u64;
        self.used = self.window.len();
        self.is_cut_off = header.is_some_and(|header| {
            let is_partial = header.bytes.is_some_and(|bytes| bytes as u64 > junk);
            is_partial && header.continues(&self.first)
        });
        self.warnings.push(if self.is_cut_off {
            "its last MP3 frame is cut off and left out".to_owned()
        } else {
            format!("{junk} bytes behind its last MP3 frame are left out")
        });
        Ok(None)
    }
}

/// The position and the header of the first of some frames in a row.
fn first_frame(bytes: &[u8]) -> Option<(usize, MpegHeader)> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xFF)?;
        let rest = &bytes[at..];
        let header = if at == 0 {
            chain(rest, 2)
        } else {
            // Other files have a header by chance, and a text behind it that begins as a tag does. Tables of programs for x86
            // look like short frames of layer 1.
            chain_until(rest, CHAINED_FRAMES, <[u8]>::is_empty).filter(|header| header.layer > 1)
        };
        if let Some(header) = header {
            return Some((at, header));
        }
        at += 1;
    }
}

/// The header here, if so many frames follow each other, or fewer and then the end or a tag.
fn chain(bytes: &[u8], wanted: usize) -> Option<MpegHeader> {
    let is_end = |rest: &[u8]| {
        rest.is_empty() || rest.starts_with(b"TAG") || tags::leading_tag(rest).is_some()
    };
    chain_until(bytes, wanted, is_end)
}

/// The header here, if so many frames follow each other, or fewer and then an end.
fn chain_until(bytes: &[u8], wanted: usize, is_end: impl Fn(&[u8]) -> bool) -> Option<MpegHeader> {
    let first = MpegHeader::parse(bytes)?;
    let mut end = first.bytes?;
    for _ in 1..wanted {
        let rest = bytes.get(end..)?;
        if is_end(rest) {
            break;
        }
        let next = MpegHeader::parse(rest).filter(|next| next.continues(&first))?;
        end += next.bytes?;
    }
    Some(first)
}
