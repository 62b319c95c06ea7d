//! States in a host's streams, of which only reading and writing is certain.

use std::ffi::c_void;

use vst3::ComRef;
use vst3::Steinberg::IBStream_::IStreamSeekMode_::kIBSeekCur;
use vst3::Steinberg::{IBStream, IBStreamTrait, kResultOk};

use super::int;
use crate::formats::state::MAX_BYTES;

/// Bytes that are asked of a stream at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Reads from where the stream stands to its end. None where it can't be read or is too long, with a line in the log.
pub(super) fn read_all(stream: &ComRef<'_, IBStream>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let begin = bytes.len();
        bytes.resize(begin + CHUNK_BYTES, 0);
        let mut count = 0;
        let room = i32::try_from(CHUNK_BYTES).unwrap_or(0);
        let to = bytes[begin..].as_mut_ptr().cast::<c_void>();
        // SAFETY: the host's stream, and room for as many bytes as it is told.
        let result = unsafe { stream.read(to, room, &mut count) };
        let count = usize::try_from(count).unwrap_or(0).min(CHUNK_BYTES);
        bytes.truncate(begin + count);
        // Some hosts answer with an error at the end, some with none.
        if count == 0 || (result != kResultOk && count < CHUNK_BYTES) {
            return Some(bytes);
        }
        if bytes.len() > MAX_BYTES {
            log::error!("the state is longer than {MAX_BYTES} bytes; nothing was changed");
            return None;
        }
    }
}

/// Gives back what was read beyond the end of the state, where the host's stream allows that: more of the host's own may
/// follow.
pub(super) fn give_back(stream: &ComRef<'_, IBStream>, bytes: usize) {
    if bytes > 0
        && let Ok(bytes) = i64::try_from(bytes)
    {
        let mut position = 0;
        // SAFETY: the host's stream.
        unsafe { stream.seek(-bytes, int!(kIBSeekCur), &mut position) };
    }
}

/// Writes all bytes; whether the stream took them.
pub(super) fn write_all(stream: &ComRef<'_, IBStream>, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = i32::try_from(rest.len()).unwrap_or(i32::MAX);
        let mut written = length;
        let from = rest.as_ptr().cast_mut().cast::<c_void>();
        // SAFETY: the host's stream, which only reads as many bytes as it is told.
        let result = unsafe { stream.write(from, length, &mut written) };
        match usize::try_from(written) {
            Ok(written) if result == kResultOk && written > 0 && written <= rest.len() => {
                rest = &rest[written..];
            }
            _ => {
                log::error!("the host's stream takes no more bytes; the state is not saved");
                return false;
            }
        }
    }
    true
}
