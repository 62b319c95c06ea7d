//! C strings: reading those of hosts, and writing into the fixed buffers of both formats' structures.

use std::ffi::{CStr, c_char};

/// A host's string, or none for null.
///
/// # Safety
///
/// `text` must be null or a string that ends with a zero byte and outlives the result.
pub(crate) unsafe fn c_str<'s>(text: *const c_char) -> Option<&'s CStr> {
    // SAFETY: not null, and otherwise as promised by the caller.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// A host's string in UTF-8, or none for null and other encodings.
///
/// # Safety
///
/// As for [`c_str`].
pub(crate) unsafe fn str_from<'s>(text: *const c_char) -> Option<&'s str> {
    // SAFETY: as promised by the caller.
    unsafe { c_str(text) }.and_then(|text| text.to_str().ok())
}

/// Writes `text` and a zero byte. Text that doesn't fit is cut at a character boundary.
pub(crate) fn write_c_str(to: &mut [c_char], text: &str) {
    let Some(room) = to.len().checked_sub(1) else {
        return;
    };
    let is_end = |length: &usize| text.is_char_boundary(*length);
    let length = (0..=room.min(text.len())).rev().find(is_end).unwrap_or(0);
    for (to, from) in to.iter_mut().zip(&text.as_bytes()[..length]) {
        *to = c_char::from_ne_bytes([*from]);
    }
    to[length] = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_c_str_into_short_buffer_ends_at_a_character() {
        let mut buffer = [1; 5];
        write_c_str(&mut buffer, "abc\u{2212}");
        let written = buffer.map(|c| c.to_ne_bytes()[0]);
        assert_eq!(&written[..4], b"abc\0");
        write_c_str(&mut [], "abc");
    }
}
