//! Audio on its way from the audio thread to whoever listens, in preallocated pieces.
//!
//! [`tap`] makes a pair. The audio thread only copies, and only while somebody listens. Pieces travel through two rings,
//! free and filled, whose ends never wait for each other; when none is free, audio is dropped for the listener and
//! counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

/// Frames in a piece, whatever the length of the blocks that fill it.
pub const PIECE_FRAMES: usize = 512;

/// Pieces on their way at most: 0.7 s at 48 kHz, 0.17 s at 192 kHz.
pub const PIECES: usize = 64;

/// Some frames of both channels; mono is the same twice.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Position of the first frame in all that came by; a gap is audio that nobody wanted, or that was dropped.
    pub position: u64,
    /// Of these frames.
    pub sample_rate_hz: f32,
    /// How many of the frames are filled.
    pub frames: usize,
    /// Left and right.
    pub channels: [[f32; PIECE_FRAMES]; 2],
}

impl Piece {
    /// Left and right, what is filled of them.
    #[must_use]
    pub fn filled(&self) -> [&[f32]; 2] {
        self.channels.each_ref().map(|c| &c[..self.frames])
    }
}

/// What both ends see.
#[derive(Debug, Default)]
struct Control {
    wanted: AtomicBool,
    dropped: AtomicU64,
}

/// The audio thread's end.
#[derive(Debug)]
pub struct TapWriter {
    free: Consumer<Box<Piece>>,
    filled: Producer<Box<Piece>>,
    control: Arc<Control>,
    /// The piece that is being filled.
    filling: Option<Box<Piece>>,
    position: u64,
    sample_rate_hz: f32,
}

/// The listener's end.
#[derive(Debug)]
pub struct TapReader {
    free: Producer<Box<Piece>>,
    filled: Consumer<Box<Piece>>,
}

/// Lets audio come or not, from anywhere.
#[derive(Clone, Debug)]
pub struct TapSwitch(Arc<Control>);

/// A connected pair with all its pieces.
#[must_use]
pub fn tap() -> (TapWriter, TapReader, TapSwitch) {
    let (mut to_free, free) = RingBuffer::new(PIECES);
    let (to_filled, filled) = RingBuffer::new(PIECES);
    let control = Arc::new(Control::default());
    for _ in 0..PIECES {
        let piece = Piece {
            position: 0,
            sample_rate_hz: 0.0,
            frames: 0,
            channels: [[0.0; PIECE_FRAMES]; 2],
        };
        // There is room for all of them.
        let _ = to_free.push(Box::new(piece));
    }
    let writer = TapWriter {
        free,
        filled: to_filled,
        control: control.clone(),
        filling: None,
        position: 0,
        sample_rate_hz: 0.0,
    };
    let reader = TapReader {
        free: to_free,
        filled,
    };
    (writer, reader, TapSwitch(control))
}

impl TapWriter {
    /// `[main]` The rate of what comes from now on, which is not the continuation of what came before.
    pub fn prepare(&mut self, sample_rate_hz: f32) {
        self.sample_rate_hz = sample_rate_hz;
        self.position += 1;
    }

    /// `[audio]` Copies `channels`, if somebody wants them. Never waits. Hands back how many frames found no place.
    pub fn feed<C: AsRef<[f32]>>(&mut self, channels: &[C]) -> u64 {
        let Some(left) = channels.first().map(AsRef::as_ref) else {
            return 0;
        };
        let right = channels.get(1).map_or(left, AsRef::as_ref);
        let frames = left.len().min(right.len());
        if !self.control.wanted.load(Relaxed) {
            self.position += frames as u64;
            return 0;
        }
        let mut lost = 0;
        let mut at = 0;
        while at < frames {
            let Some(piece) = self.piece() else {
                lost = (frames - at) as u64;
                self.position += lost;
                break;
            };
            let until = frames.min(at + PIECE_FRAMES - piece.frames);
            let room = piece.frames..piece.frames + until - at;
            piece.channels[0][room.clone()].copy_from_slice(&left[at..until]);
            piece.channels[1][room].copy_from_slice(&right[at..until]);
            piece.frames += until - at;
            let is_full = piece.frames == PIECE_FRAMES;
            self.position += (until - at) as u64;
            at = until;
            if is_full {
                self.send();
            }
        }
        if lost > 0 {
            let dropped = self.control.dropped.load(Relaxed);
            // Only this end writes it.
            self.control.dropped.store(dropped + lost, Relaxed);
        }
        lost
    }

    /// The piece that the next frames go into: the one that is being filled, if they are its continuation.
    fn piece(&mut self) -> Option<&mut Piece> {
        let position = self.position;
        let continued = |p: &Piece| p.position + p.frames as u64 == position;
        if !self.filling.as_deref().is_some_and(continued) {
            self.send();
            let mut piece = self.free.pop().ok()?;
            piece.position = position;
            piece.sample_rate_hz = self.sample_rate_hz;
            piece.frames = 0;
            self.filling = Some(piece);
        }
        self.filling.as_deref_mut()
    }

    fn send(&mut self) {
        if let Some(piece) = self.filling.take() {
            // As many places as pieces.
            let _ = self.filled.push(piece);
        }
    }
}

impl TapSwitch {
    /// `[gui]` Whether audio shall come. While nobody wants it, it costs one read of a flag.
    pub fn want(&self, wanted: bool) {
        self.0.wanted.store(wanted, Relaxed);
    }

    /// `[any]` Whether audio comes.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.0.wanted.load(Relaxed)
    }

    /// `[any]` Frames that were lost because nobody fetched them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Relaxed)
    }
}

impl TapReader {
    /// `[worker]` Whether a piece has arrived.
    #[must_use]
    pub fn has_pieces(&self) -> bool {
        !self.filled.is_empty()
    }

    /// `[gui]` `[worker]` Hands at most `most` pieces that have arrived to `listen`, oldest first. True if there were
    /// no more.
    pub fn drain(&mut self, most: usize, mut listen: impl FnMut(&Piece)) -> bool {
        for _ in 0..most {
            let Ok(piece) = self.filled.pop() else {
                return true;
            };
            listen(&piece);
            let _ = self.free.push(piece);
        }
        self.filled.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(frames: u16) -> Vec<f32> {
        (0..frames).map(f32::from).collect()
    }

    #[test]
    fn frames_arrive_in_order_whatever_the_blocks() {
        let (mut writer, mut reader, switch) = tap();
        writer.prepare(48_000.0);
        let audio = ramp(2 * 512);
        assert_eq!(writer.feed(&[&audio]), 0);
        assert!(reader.drain(PIECES, |_| panic!("nobody wanted it")));

        switch.want(true);
        for block in audio.chunks(100) {
            writer.feed(&[block, block]);
        }
        let mut heard = Vec::new();
        assert!(!reader.drain(1, |piece| {
            assert_eq!((piece.position, piece.sample_rate_hz), (1 + 1024, 48_000.0));
            heard.extend_from_slice(piece.filled()[1]);
        }));
        assert!(reader.drain(PIECES, |piece| heard.extend_from_slice(piece.filled()[0])));
        assert_eq!(heard, audio);
    }

    #[test]
    fn overflow_is_counted_and_leaves_a_gap() {
        let (mut writer, mut reader, switch) = tap();
        switch.want(true);
        let audio = ramp(512);
        let lost: u64 = (0..PIECES + 2).map(|_| writer.feed(&[&audio])).sum();
        assert_eq!((lost, switch.dropped()), (1024, 1024));
        reader.drain(PIECES, |_| ());
        writer.feed(&[&audio]);
        reader.drain(PIECES, |piece| {
            assert_eq!(piece.position, 512 * (PIECES as u64 + 2));
        });
    }

    #[test]
    fn what_nobody_wanted_in_between_is_a_gap() {
        let (mut writer, mut reader, switch) = tap();
        switch.want(true);
        writer.feed(&[&ramp(100)]);
        switch.want(false);
        writer.feed(&[&ramp(100)]);
        switch.want(true);
        writer.feed(&[&ramp(512)]);
        let mut positions = Vec::new();
        reader.drain(PIECES, |piece| {
            positions.push((piece.position, piece.frames))
        });
        assert_eq!(positions, [(0, 100), (200, 512)]);
    }
}
