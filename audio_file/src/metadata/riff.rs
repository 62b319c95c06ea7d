//! Chunks of RIFF files.

use std::io::{self, Read, Seek, SeekFrom};

/// The largest chunk that is read, which is not audio.
const LIMIT_BYTES: u64 = 256 << 20;
/// The bytes of code page 1252 from 0x80 on, where it differs from Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A chunk's name and content.
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    pub(super) body: Vec<u8>,
}

/// Whether a file begins as WAV, RF64 or BW64.
pub(super) fn is_wave(start: &[u8]) -> bool {
    let form = start.get(..4).unwrap_or_default();
    [b"RIFF", b"RF64", b"BW64"].iter().any(|name| *name == form)
        && start.get(8..12) == Some(b"WAVE")
}

/// All chunks but the samples. A chunk that is cut off or too large ends the list.
///
/// # Errors
///
/// If the file cannot be read.
pub(super) fn read_chunks(file: &mut (impl Read + Seek)) -> io::Result<Vec<Chunk>> {
    let file_bytes = file.seek(SeekFrom::End(0))?;
    let mut position = 12;
    let mut data_bytes = None;
    let mut chunks = Vec::new();
    while position + 8 <= file_bytes {
        file.seek(SeekFrom::Start(position))?;
        let mut header = [0; 8];
        file.read_exact(&mut header)?;
        let [a, b, c, d, size @ ..] = header;
        let name = [a, b, c, d];
        let field = u32::from_le_bytes(size);
        let size = match data_bytes {
            Some(bytes) if name == *b"data" && field == u32::MAX => bytes,
            _ => u64::from(field),
        };
        position += 8;
        if size > file_bytes - position {
            break;
        }
        if name != *b"data" {
            if size > LIMIT_BYTES {
                break;
            }
            let mut body = Vec::new();
            file.by_ref().take(size).read_to_end(&mut body)?;
            if name == *b"ds64" {
                data_bytes = body
                    .get(8..16)
                    .and_then(|b| Some(u64::from_le_bytes(b.try_into().ok()?)));
            }
            chunks.push(Chunk { name, body });
        }
        position += size + size % 2;
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
    use std::io::Cursor;

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
        let chunks = read_chunks(&mut Cursor::new(&file)).unwrap();
        assert!(is_wave(&file));
        let names: Vec<_> = chunks.iter().map(|chunk| &chunk.name).collect();
        assert_eq!(names, [b"ds64", b"cue "]);
        assert_eq!(chunks[1].body, [1, 2, 3]);
    }

    #[test]
    fn sub_chunks_of_damaged_list_end_at_its_end() {
        let list = sub_chunks(b"INAM\x03\0\0\0abc\0IART\xFF\0\0\0de");
        assert_eq!(list, [(&b"INAM"[..], &b"abc"[..]), (b"IART", b"de")]);
    }
}
