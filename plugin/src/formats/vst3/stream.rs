//! Reads and writes states in a host's streams. Not every host's stream can seek.

use std::ffi::c_void;

use vst3::ComRef;
use vst3::Steinberg::IBStream_::IStreamSeekMode_::kIBSeekCur;
use vst3::Steinberg::{IBStream, IBStreamTrait, kResultOk};

use super::int;
use crate::formats::state_container::{CHUNK_BYTES, MAX_BYTES};

/// Reads from the stream's position to its end. None with a log message if the state is too long.
pub(super) fn read_all(stream: &ComRef<'_, IBStream>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let begin = bytes.len();
        bytes.resize(begin + CHUNK_BYTES, 0);
        let mut count = 0;
        let room = i32::try_from(CHUNK_BYTES).unwrap_or(0);
        let to = bytes[begin..].as_mut_ptr().cast::<c_void>();
        // SAFETY: the host's stream, and `room` bytes to write to.
        let result = unsafe { stream.read(to, room, &mut count) };
        let count = usize::try_from(count).unwrap_or(0).min(CHUNK_BYTES);
        bytes.truncate(begin + count);
        // At the end, some hosts return an error and others don't.
        if count == 0 || (result != kResultOk && count < CHUNK_BYTES) {
            return Some(bytes);
        }
        if bytes.len() > MAX_BYTES {
            log::error!("state: it is longer than {MAX_BYTES} bytes; nothing was changed");
            return None;
        }
    }
}

/// Moves the stream back by the bytes that were read beyond the state, if it can seek. The host's own data may follow.
pub(super) fn seek_back(stream: &ComRef<'_, IBStream>, bytes: usize) {
    if bytes > 0
        && let Ok(bytes) = i64::try_from(bytes)
    {
        let mut position = 0;
        // SAFETY: the host's stream.
        unsafe { stream.seek(-bytes, int!(kIBSeekCur), &mut position) };
    }
}

/// Writes all bytes. False with a log message if the stream takes no more.
pub(super) fn write_all(stream: &ComRef<'_, IBStream>, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = i32::try_from(rest.len()).unwrap_or(i32::MAX);
        let mut written = length;
        let from = rest.as_ptr().cast_mut().cast::<c_void>();
        // SAFETY: the host's stream, which reads `length` bytes.
        let result = unsafe { stream.write(from, length, &mut written) };
        match usize::try_from(written) {
            Ok(written) if result == kResultOk && written > 0 && written <= rest.len() => {
                rest = &rest[written..];
            }
            _ => {
                log::error!("state: the host's stream takes no more bytes; nothing was saved");
                return false;
            }
        }
    }
    true
}
