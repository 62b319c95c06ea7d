//! Audio on its way to the window: what came in and what goes out, in preallocated pieces.
//!
//! The audio thread only copies. Spectra are computed by whoever wants them. Pieces travel through two queues, free and
//! filled, whose ends never wait for each other; when none is free, audio is dropped for the window and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

/// Frames in a piece.
pub const PIECE_FRAMES: usize = 512;

/// Pieces on their way at most: 0.7 s at 48 kHz, 0.17 s at 192 kHz.
const PIECES: usize = 64;

/// Some frames of both channels; mono is the same twice.
pub struct Piece {
    /// Left and right.
    pub channels: [[f32; PIECE_FRAMES]; 2],
}

/// The audio thread's end.
pub struct TapWriter {
    free: Consumer<Box<Piece>>,
    filled: Producer<Box<Piece>>,
    /// What is being filled.
    piece: Option<Box<Piece>>,
    /// Frames in it.
    frames: usize,
    dropped: Arc<AtomicU64>,
}

/// The window's end.
pub struct TapReader {
    free: Producer<Box<Piece>>,
    filled: Consumer<Box<Piece>>,
    dropped: Arc<AtomicU64>,
}

/// A connected pair, with all pieces allocated.
#[must_use]
pub fn tap() -> (TapWriter, TapReader) {
    let (mut to_free, free) = RingBuffer::new(PIECES);
    let (to_filled, filled) = RingBuffer::new(PIECES);
    for _ in 0..PIECES {
        let channels = [[0.0; PIECE_FRAMES]; 2];
        // There is room for all of them.
        let _ = to_free.push(Box::new(Piece { channels }));
    }
    let dropped = Arc::new(AtomicU64::new(0));
    let writer = TapWriter {
        free,
        filled: to_filled,
        piece: None,
        frames: 0,
        dropped: dropped.clone(),
    };
    let reader = TapReader {
        free: to_free,
        filled,
        dropped,
    };
    (writer, reader)
}

impl TapWriter {
    /// `[audio]` Copies `channels`. Never waits.
    pub fn feed(&mut self, channels: &[&mut [f32]]) {
        let Some(mut left) = channels.first().map(|channel| &channel[..]) else {
            return;
        };
        let mut right = channels.get(1).map_or(left, |channel| &channel[..]);
        while !left.is_empty() {
            if self.piece.is_none() {
                self.piece = self.free.pop().ok();
                self.frames = 0;
            }
            let Some(piece) = &mut self.piece else {
                self.dropped.fetch_add(left.len() as u64, Ordering::Relaxed);
                return;
            };
            let frames = left.len().min(PIECE_FRAMES - self.frames);
            let place = self.frames..self.frames + frames;
            for (to, from) in piece.channels.iter_mut().zip([&mut left, &mut right]) {
                let (now, later) = from.split_at(frames);
                to[place.clone()].copy_from_slice(now);
                *from = later;
            }
            self.frames += frames;
            if self.frames == PIECE_FRAMES
                && let Some(piece) = self.piece.take()
            {
                // As many places as pieces.
                let _ = self.filled.push(piece);
            }
        }
    }
}

impl TapReader {
    /// `[gui]` Hands every piece that has arrived to `listen`, oldest first.
    pub fn drain(&mut self, mut listen: impl FnMut(&Piece)) {
        // At most as many as there are, so that a fast audio thread can't hold the window here.
        for _ in 0..PIECES {
            let Ok(piece) = self.filled.pop() else {
                return;
            };
            listen(&piece);
            let _ = self.free.push(piece);
        }
    }

    /// `[gui]` Frames that were lost because nobody fetched them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the lengths of the blocks, down to one frame.
    #[test]
    fn frames_arrive_in_order() {
        let (mut writer, mut reader) = tap();
        let mut left: Vec<f32> = (0..10_240_u16).map(f32::from).collect();
        let mut right: Vec<f32> = left.iter().map(|x| -x).collect();
        let (mut start, mut length) = (0, 1);
        while start < left.len() {
            let end = left.len().min(start + length);
            writer.feed(&[&mut left[start..end], &mut right[start..end]]);
            (start, length) = (end, length * 7 % 600);
        }
        let mut heard = [Vec::new(), Vec::new()];
        reader.drain(|piece| {
            for (heard, channel) in heard.iter_mut().zip(&piece.channels) {
                heard.extend_from_slice(channel);
            }
        });
        assert_eq!(heard, [left, right]);
        assert_eq!(reader.dropped(), 0);
    }

    #[test]
    fn what_finds_no_room_is_counted_and_the_rest_goes_on() {
        let (mut writer, mut reader) = tap();
        let mut block = [1.0; PIECE_FRAMES];
        for _ in 0..PIECES + 3 {
            writer.feed(&[&mut block]);
        }
        assert_eq!(reader.dropped(), 3 * PIECE_FRAMES as u64);
        let mut pieces = 0;
        reader.drain(|_| pieces += 1);
        assert_eq!(pieces, PIECES);
        writer.feed(&[&mut block]);
        reader.drain(|piece| {
            assert_eq!(piece.channels[1], block, "mono is the same twice");
            pieces += 1;
        });
        assert_eq!(pieces, PIECES + 1);
    }
}
