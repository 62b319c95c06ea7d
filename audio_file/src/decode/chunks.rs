//! Names and padding of the chunks in RIFF and AIFF files.

use super::Result;
use super::section::Section;

/// Whether the bytes are the name of a chunk: four printable ASCII characters.
pub(crate) fn is_name(bytes: &[u8]) -> bool {
    bytes.len() == 4 && bytes.iter().all(|b| (b' '..=b'~').contains(b))
}

/// The position behind a chunk of so many bytes, whose contents end at `end`. Chunks of odd size have a padding byte, which
/// some writers leave out.
pub(super) fn padded_end(file: &Section, end: u64, bytes: u64) -> Result<u64> {
    if bytes.is_multiple_of(2) {
        return Ok(end);
    }
    let after = file.read_at(end, 5)?;
    let is_padded = after.first() == Some(&0) || !after.get(..4).is_some_and(is_name);
    Ok(end.saturating_add(u64::from(is_padded)))
}
