//! The buffer between host blocks of any size and quanta.

use crate::{QUANTUM, block::quantum::Lane};

/// Most quanta that go through a stage before the next stage has its turn.
pub(super) const GROUP: usize = 32;
/// Samples that wait until their quantum is complete: the delay of the buffer.
pub(super) const COLLECTING: usize = QUANTUM - 1;

/// Samples of the host on one side, quanta on the other. The memory is on the heap.
#[derive(Debug)]
pub(super) struct Fifo {
    /// Of each channel: the last quantum of output and, behind it, input that becomes output in place. A frame leaves
    /// [`COLLECTING`] places before the one that it came to.
    lanes: Box<[[Lane; 1 + GROUP]; 2]>,
    /// Frames of an incomplete quantum.
    pub(super) fill: usize,
}

impl Fifo {
    /// A buffer of silence. Allocates.
    #[inline(never)]
    pub(super) fn new() -> Self {
        Self {
            lanes: Box::new([[[0.0; QUANTUM]; 1 + GROUP]; 2]),
            fill: 0,
        }
    }

    /// Fills the buffer with silence.
    pub(super) fn reset(&mut self) {
        self.lanes.as_flattened_mut().fill([0.0; QUANTUM]);
        self.fill = 0;
    }

    /// Writes frames of channel `c` behind the incomplete quantum.
    pub(super) fn write(&mut self, c: usize, frames: &[f32]) {
        let lanes = self.lanes[c].as_flattened_mut();
        lanes[QUANTUM + self.fill..][..frames.len()].copy_from_slice(frames);
    }

    /// The first `count` quanta of both channels, to be processed in place.
    pub(super) fn quanta(&mut self, count: usize) -> [&mut [Lane]; 2] {
        self.lanes.each_mut().map(|lanes| &mut lanes[1..=count])
    }

    /// Reads the output that replaces the written frames of channel `c`.
    pub(super) fn read(&self, c: usize, frames: &mut [f32]) {
        let lanes = self.lanes[c].as_flattened();
        frames.copy_from_slice(&lanes[QUANTUM + self.fill - COLLECTING..][..frames.len()]);
    }

    /// Replaces the last quantum of output. Frames of it that were read stay read.
    pub(super) fn replace_output(&mut self, output: [Lane; 2]) {
        for (lanes, output) in self.lanes.iter_mut().zip(output) {
            lanes[0] = output;
        }
    }

    /// Drops the frames that were read; keeps the last quantum of output and the incomplete one of input.
    pub(super) fn advance(&mut self, frames: usize) {
        let end = self.fill + frames;
        let complete = end / QUANTUM;
        for lanes in self.lanes.iter_mut() {
            lanes.copy_within(complete..(complete + 2).min(1 + GROUP), 0);
        }
        self.fill = end % QUANTUM;
    }
}
