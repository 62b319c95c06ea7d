//! VST3's strings, which are UTF-16 that ends with a zero.

/// The length of VST3's string buffers in code units.
const MAX_UNITS: usize = 128;

/// Writes `text` and a zero. Text that doesn't fit is cut at a character boundary.
pub(super) fn write_utf16(to: &mut [u16], text: &str) {
    let Some(room) = to.len().checked_sub(1) else {
        return;
    };
    let mut length = 0;
    for character in text.chars() {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units);
        if length + units.len() > room {
            break;
        }
        to[length..length + units.len()].copy_from_slice(units);
        length += units.len();
    }
    to[length] = 0;
}

/// Reads text up to its zero, or [`MAX_UNITS`]. None for null and invalid UTF-16.
///
/// # Safety
///
/// `text` must be null or valid up to its zero.
pub(super) unsafe fn read_utf16(text: *const u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    let mut units = Vec::new();
    for index in 0..MAX_UNITS {
        // SAFETY: no unit before was the zero, up to which the caller promises validity.
        match unsafe { *text.add(index) } {
            0 => break,
            unit => units.push(unit),
        }
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_round_trip_returns_the_text() {
        let mut buffer = [1; 16];
        write_utf16(&mut buffer, "\u{2212}1 dB \u{1d11e}");
        // SAFETY: the text ends with a zero.
        let read = unsafe { read_utf16(buffer.as_ptr()) };
        assert_eq!(read.as_deref(), Some("\u{2212}1 dB \u{1d11e}"));
    }

    #[test]
    fn utf16_in_short_buffer_ends_at_a_character() {
        let mut buffer = [1; 3];
        write_utf16(&mut buffer, "a\u{1d11e}");
        assert_eq!(buffer[..2], [u16::from(b'a'), 0]);
        write_utf16(&mut [], "a");
    }
}
