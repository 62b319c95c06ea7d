//! The check that an Ogg file has its last page. Decoders don't report a missing one.

use anyhow::{Result, anyhow, bail};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Twice the largest Ogg page (27 + 255 + 255·255 bytes), so that the tail always has a whole page.
const TAIL_BYTES: u64 = 2 * 65_307;
const END_OF_STREAM: u8 = 4;

/// Checks the last page of an Ogg file; other files pass. A last page without the end mark gives a warning, because some
/// encoders and stream recorders never write it.
///
/// # Errors
///
/// If the last page is cut off.
pub(super) fn check_end(file: &mut File) -> Result<Option<String>> {
    let unreadable = |e: std::io::Error| anyhow!("it cannot be read: {e}");
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let mut marker = [0; 4];
    if length < 4 || file.read_exact(&mut marker).is_err() || marker != *b"OggS" {
        return Ok(None);
    }
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))
        .map_err(unreadable)?;
    file.read_to_end(&mut tail).map_err(unreadable)?;
    match end(&tail) {
        End::Marked => Ok(None),
        End::Unmarked => Ok(Some(
            "its Ogg stream has no end mark, so that its end may be missing".to_owned(),
        )),
        End::CutOff => bail!("it is truncated: the last page of its Ogg stream is cut off"),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The last page has the end mark. Tags may follow it.
    Marked,
    /// The last page is complete and has no end mark.
    Unmarked,
    CutOff,
}

/// The end of the file with this tail. All occurrences of "OggS" are tried, because compressed audio may contain it.
fn end(tail: &[u8]) -> End {
    let starts = tail
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"OggS")
        .map(|(at, _)| at);
    let pages: Vec<(u8, usize)> = starts
        .filter_map(|at| page(&tail[at..]).map(|(flags, len)| (flags, at + len)))
        .collect();
    if pages
        .iter()
        .any(|(flags, end)| flags & END_OF_STREAM != 0 && *end <= tail.len())
    {
        End::Marked
    } else if pages.iter().any(|(_, end)| *end == tail.len()) {
        End::Unmarked
    } else {
        End::CutOff
    }
}

/// The flags and the length of the page that starts here, if its header is complete.
fn page(bytes: &[u8]) -> Option<(u8, usize)> {
    let segment_count = usize::from(*bytes.get(26)?);
    let segments = bytes.get(27..27 + segment_count)?;
    let length = 27 + segment_count + segments.iter().map(|s| usize::from(*s)).sum::<usize>();
    Some((bytes[5], length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_bytes(flags: u8, body: usize) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.resize(26, 0);
        page.extend([1, u8::try_from(body).unwrap()]);
        page.resize(28 + body, 7);
        page
    }

    #[test]
    fn end_of_ogg_file_is_marked_unmarked_or_cut_off() {
        let first = page_bytes(2, 100);
        let marked = [first.clone(), page_bytes(END_OF_STREAM, 50)].concat();
        assert_eq!(end(&marked), End::Marked);
        assert_eq!(
            end(&[marked.clone(), b"a tag".to_vec()].concat()),
            End::Marked
        );
        assert_eq!(
            end(&[first.clone(), page_bytes(0, 50)].concat()),
            End::Unmarked
        );
        for cut in first.len() + 1..marked.len() {
            assert_eq!(end(&marked[..cut]), End::CutOff, "{cut}");
        }
    }
}
