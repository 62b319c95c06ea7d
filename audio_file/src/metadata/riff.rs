//! Chunks of RIFF files.

use crate::decode::{ChunkReader, DecodeError, Section, is_name};
use std::collections::BTreeSet;

/// The chunks that are read, and the largest sum of the sizes of all chunks with the name. ID3 has pictures.
const READ_CHUNKS: [(&[u8; 4], u64); 6] = [
    (b"fmt ", 1 << 16),
    (b"bext", 1 << 20),
    (b"cue ", 1 << 20),
    (b"LIST", 16 << 20),
    (b"id3 ", 64 << 20),
    (b"ID3 ", 64 << 20),
];
/// The bytes of code page 1252 from 0x80 on, where it differs from Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The chunks of a file apart from its samples.
#[derive(Default)]
pub(super) struct Chunks {
    /// The names and contents of the chunks that are read.
    pub(super) bodies: Vec<([u8; 4], Vec<u8>)>,
    /// The names of the others.
    pub(super) others: BTreeSet<[u8; 4]>,
    /// The names of chunks that are left out because of their size.
    pub(super) too_large: BTreeSet<[u8; 4]>,
}

/// Whether a file begins as WAV, RF64 or BW64.
pub(super) fn is_wave(start: &[u8]) -> bool {
    let form = start.get(..4).unwrap_or_default();
    [b"RIFF", b"RF64", b"BW64"].iter().any(|name| *name == form)
        && start.get(8..12) == Some(b"WAVE")
}

/// Reads the chunks that have metadata. A chunk that is cut off ends them.
///
/// # Errors
///
/// If the file cannot be read, or has too many chunks.
pub(super) fn read_chunks(file: &Section) -> Result<Chunks, DecodeError> {
    let mut chunks = Chunks::default();
    let mut left = READ_CHUNKS;
    let mut reader = ChunkReader::new(file)?;
    while let Some(chunk) = reader.next()? {
        if !is_name(&chunk.name) || chunk.start.saturating_add(chunk.bytes) > file.length() {
            break;
        }
        match left.iter_mut().find(|(name, _)| **name == chunk.name) {
            Some((_, left)) if chunk.bytes <= *left => {
                *left -= chunk.bytes;
                let count = usize::try_from(chunk.bytes).unwrap_or(usize::MAX);
                let body = file.read_at(chunk.start, count)?;
                chunks.bodies.push((chunk.name, body));
            }
            Some(_) => {
                chunks.too_large.insert(chunk.name);
            }
            None => {
                chunks.others.insert(chunk.name);
            }
        }
    }
    Ok(chunks)
}

/// The names and contents of the chunks in a list's body.
pub(super) fn sub_chunks(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut chunks = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<8>() {
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        chunks.push((&bytes[..4], &rest[..size]));
        bytes = rest.get(size + size % 2..).unwrap_or_default();
    }
    chunks
}

/// Appends a chunk, padded to an even size. Its content must be below 4 GiB.
pub(super) fn append_chunk(bytes: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    bytes.extend(name);
    bytes.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
}

/// The text up to the first zero: UTF-8, or else code page 1252.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let bytes = &bytes[..end];
    let text = std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|b| windows_1252(*b)).collect(),
        str::to_owned,
    );
    text.trim().to_owned()
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn text_is_utf_8_or_code_page_1252() {
        assert_eq!(text("Größe\0rest".as_bytes()), "Größe");
        assert_eq!(text(b"Gr\xF6\xDFe \x93x\x94"), "Größe “x”");
    }

    #[test]
    fn chunks_behind_rf64_samples_are_read_and_a_cut_one_ends_the_list() {
        let mut file = b"RF64\xFF\xFF\xFF\xFFWAVE".to_vec();
        let ds64 = [0u64, 6, 3].map(u64::to_le_bytes);
        append_chunk(&mut file, b"ds64", &[ds64.as_flattened(), &[0; 4]].concat());
        file.extend(b"data\xFF\xFF\xFF\xFFabcdef");
        append_chunk(&mut file, b"cue ", &[1, 2, 3]);
        file.extend(b"LIST\x09\0\0\0cut");
        let chunks = read_chunks(&section(&file)).unwrap_or_default();
        assert!(is_wave(&file));
        assert_eq!(chunks.bodies, [(*b"cue ", vec![1, 2, 3])]);
        assert_eq!(chunks.others, [*b"data", *b"ds64"].into());
    }

    #[test]
    fn only_chunks_with_metadata_within_limits_are_kept() {
        let mut file = b"RIFF\xFF\xFF\xFF\xFFWAVE".to_vec();
        append_chunk(&mut file, b"junk", &vec![1; 1 << 20]);
        append_chunk(&mut file, b"cue ", &vec![1; (1 << 20) + 2]);
        append_chunk(&mut file, b"LIST", &vec![1; 9 << 20]);
        append_chunk(&mut file, b"LIST", &vec![2; 9 << 20]);
        append_chunk(&mut file, b"bext", &[3; 602]);
        let chunks = read_chunks(&section(&file)).unwrap_or_default();
        let sizes: Vec<_> = chunks.bodies.iter().map(|(_, body)| body.len()).collect();
        assert_eq!(sizes, [9 << 20, 602]);
        assert_eq!(chunks.others, [*b"junk"].into());
        assert_eq!(chunks.too_large, [*b"LIST", *b"cue "].into());
    }

    fn section(bytes: &[u8]) -> Section {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Section::whole(file).unwrap()
    }

    #[test]
    fn sub_chunks_of_damaged_list_end_at_its_end() {
        let list = sub_chunks(b"INAM\x03\0\0\0abc\0IART\xFF\0\0\0de");
        assert_eq!(list, [(&b"INAM"[..], &b"abc"[..]), (b"IART", b"de")]);
    }
}
