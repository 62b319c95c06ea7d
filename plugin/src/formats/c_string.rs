//! Text in the fixed buffers of both formats' structures.

use std::ffi::c_char;

/// Writes as much of `text` as `to` has room for, at a character's border, with a zero byte behind it.
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
