//! Audio on its way to the window: what came in and what goes out, in preallocated pieces.
//!
//! The audio thread only copies, and only while somebody listens. Spectra are computed by whoever wants them. Pieces
//! travel through two queues, free and filled; when none is free, audio is dropped for the window and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;

/// Frames in a piece.
pub const PIECE_FRAMES: usize = 512;

/// Pieces on their way at most: 0.7 s at 48 kHz, 0.17 s at 192 kHz.
const PIECES: usize = 64;

/// Some frames of both channels; mono is the same twice.
pub struct Piece {
    /// How many of the frames are filled.
    pub frames: usize,
    /// Left and right.
    pub channels: [[f32; PIECE_FRAMES]; 2],
}

/// The queues of one signal.
pub struct Tap {
    free: ArrayQueue<Box<Piece>>,
    filled: ArrayQueue<Box<Piece>>,
    wanted: AtomicBool,
    dropped: AtomicU64,
}

impl Tap {
    /// Allocates all pieces.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let tap = Self {
            free: ArrayQueue::new(PIECES),
            filled: ArrayQueue::new(PIECES),
            wanted: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        };
        for _ in 0..PIECES {
            let piece = Piece {
                frames: 0,
                channels: [[0.0; PIECE_FRAMES]; 2],
            };
            // There is room for all of them.
            let _ = tap.free.push(Box::new(piece));
        }
        Arc::new(tap)
    }

    /// `[gui]` Whether audio shall come. While nobody wants it, it costs one read of a flag.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    /// `[gui]` Hands every piece that has arrived to `listen`, oldest first.
    pub fn drain(&self, mut listen: impl FnMut(&Piece)) {
        // At most as many as there are, so that a fast audio thread can't hold the window here.
        for _ in 0..PIECES {
            let Some(piece) = self.filled.pop() else {
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

    /// `[audio]` Copies `channels`, if somebody wants them. Never waits.
    pub fn feed(&self, channels: &[&mut [f32]]) {
        if !self.wanted.load(Ordering::Relaxed) {
            return;
        }
        let Some(left) = channels.first() else {
            return;
        };
        let right = channels.get(1).unwrap_or(left);
        for (left, right) in left.chunks(PIECE_FRAMES).zip(right.chunks(PIECE_FRAMES)) {
            let Some(mut piece) = self.free.pop() else {
                self.dropped.fetch_add(left.len() as u64, Ordering::Relaxed);
                continue;
            };
            piece.frames = left.len();
            piece.channels[0][..left.len()].copy_from_slice(left);
            piece.channels[1][..right.len()].copy_from_slice(right);
            // As many places as pieces.
            let _ = self.filled.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_arrive_in_order_and_overflow_is_counted() {
        let tap = Tap::new();
        let mut left: Vec<f32> = (0..1000_u16).map(f32::from).collect();
        let mut right = left.clone();
        tap.feed(&[&mut left, &mut right]);
        tap.drain(|_| panic!("nobody wanted it"));

        tap.want(true);
        tap.feed(&[&mut left, &mut right]);
        let mut heard = Vec::new();
        tap.drain(|piece| heard.extend_from_slice(&piece.channels[0][..piece.frames]));
        assert_eq!(heard, left);

        for _ in 0..PIECES {
            tap.feed(&[&mut left]);
        }
        assert_eq!(tap.dropped(), 1000 * PIECES as u64 / 2);
    }
}
