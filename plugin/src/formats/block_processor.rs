//! The audio thread's half of an instance: host buffers and events in, blocks of the processor out.
//!
//! This is the guard between hosts and everything else. Events may come in any order, lie outside the block or name
//! parameters that don't exist; buffers may be missing, too many, or lie on one another; calls may come before an
//! activation. Nothing here allocates, locks or waits.

use super::parameters::ParameterTable;
use crate::audio::processor::Processor;

/// Channels at most.
pub(crate) const MAX_CHANNELS: usize = 2;

/// Events of one block that are kept: room for every parameter automated each 16 samples of an 8192-sample block, and
/// more. Memory that no host fills is never touched. Events beyond it are dropped and counted.
const MAX_EVENTS: usize = 65_536;

/// Frames that are copied at a time, so that buffers of any length are processed and none has to be kept.
const CHUNK_FRAMES: usize = 2048;

/// A parameter change that a host sends with a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// A new value, normalized.
    Value(f32),
    /// An offset to the value, normalized.
    Modulation(f32),
}

impl Change {
    /// `[audio]` Makes the change now, if there is such a parameter. Never allocates.
    pub(crate) fn apply(self, parameters: &ParameterTable, host_id: u32) {
        if let Some(param) = parameters.get(host_id) {
            match self {
                Self::Value(normalized) => param.set_normalized(normalized),
                Self::Modulation(offset) => param.set_modulation(offset),
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Event {
    frame: u32,
    /// The place in the host's list: of two events at one frame the later one wins.
    order: u32,
    host_id: u32,
    change: Change,
}

/// A host's buffers for one block: 32-bit channels of `frames` samples, or null where it has none.
#[derive(Clone, Copy)]
pub(crate) struct HostAudio {
    pub(crate) inputs: [*const f32; MAX_CHANNELS],
    pub(crate) outputs: [*mut f32; MAX_CHANNELS],
    /// How many outputs are processed, at most [`MAX_CHANNELS`].
    pub(crate) channels: usize,
    pub(crate) frames: usize,
}

/// Everything that the audio thread owns.
pub(crate) struct BlockProcessor {
    pub(crate) processor: Processor,
    is_active: bool,
    events: Vec<Event>,
    is_sorted: bool,
    /// Whether the whole of the last block was asleep.
    is_block_asleep: bool,
    chunk: [Vec<f32>; MAX_CHANNELS],
}

impl BlockProcessor {
    /// `[main]` Allocates everything but the chain.
    pub(crate) fn new(processor: Processor) -> Self {
        Self {
            processor,
            is_active: false,
            events: Vec::with_capacity(MAX_EVENTS),
            is_sorted: true,
            is_block_asleep: false,
            chunk: [const { Vec::new() }; MAX_CHANNELS].map(|_: Vec<f32>| vec![0.0; CHUNK_FRAMES]),
        }
    }

    /// `[main]` Prepares for a sample rate and forgets all audio. Allocates.
    pub(crate) fn activate(&mut self, sample_rate_hz: f64, is_offline: bool) {
        self.processor.activate(sample_rate_hz, is_offline);
        self.is_active = true;
    }

    /// `[main]` From here on blocks are silent until the next activation.
    pub(crate) fn deactivate(&mut self) {
        self.is_active = false;
    }

    /// `[audio]` Takes a change for the next [`process`](Self::process).
    pub(crate) fn push_event(&mut self, frame: u32, host_id: u32, change: Change) {
        if self.events.len() == MAX_EVENTS {
            self.processor.shared().count_dropped_event();
            return;
        }
        let order = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        self.is_sorted &= self.events.last().is_none_or(|last| last.frame <= frame);
        self.events.push(Event {
            frame,
            order,
            host_id,
            change,
        });
    }

    /// `[audio]` Processes a block with the events that were pushed for it, each at its own frame. An event at or past the
    /// block's end counts from the first frame after the block.
    ///
    /// Before an activation the output is silent. A missing input channel counts as silence, a missing output channel is
    /// left out.
    ///
    /// # Safety
    ///
    /// Each pointer of `audio` must be null or valid for `audio.frames` samples, outputs for writing. They may be equal in
    /// any combination.
    pub(crate) unsafe fn process(&mut self, parameters: &ParameterTable, audio: &HostAudio) {
        if !self.is_sorted {
            self.events
                .sort_unstable_by_key(|event| (event.frame, event.order));
        }
        self.is_block_asleep = audio.channels > 0 && audio.frames > 0;
        let mut next = 0;
        let mut at = 0;
        while at < audio.frames {
            next = self.apply_events(parameters, next, at);
            let end = self.events.get(next).map_or(audio.frames, |event| {
                usize::try_from(event.frame).map_or(audio.frames, |frame| frame.min(audio.frames))
            });
            while at < end {
                let frames = (end - at).min(CHUNK_FRAMES);
                // SAFETY: as promised by the caller; the range lies inside the block.
                unsafe { self.process_chunk(audio, at, frames) };
                at += frames;
            }
        }
        self.apply_events(parameters, next, usize::MAX);
        self.events.clear();
        self.is_sorted = true;
    }

    /// `[audio]` Whether input and output of the whole last block were silent, with the tail over before it and no gain
    /// still recovering: then the host may stop calling until the input sounds again.
    pub(crate) fn is_block_asleep(&self) -> bool {
        self.is_block_asleep
    }

    /// `[audio]` Applies the events from `next` on that lie at or before `frame`; the first that doesn't.
    fn apply_events(&self, parameters: &ParameterTable, next: usize, frame: usize) -> usize {
        let due = self.events[next..]
            .iter()
            .take_while(|event| usize::try_from(event.frame).is_ok_and(|at| at <= frame));
        let mut applied = next;
        for event in due {
            event.change.apply(parameters, event.host_id);
            applied += 1;
        }
        applied
    }

    /// Copies in, processes, copies out: so it doesn't matter how a host's buffers lie on one another.
    ///
    /// # Safety
    ///
    /// As for [`process`](Self::process), and `at + frames` must not be beyond the block.
    unsafe fn process_chunk(&mut self, audio: &HostAudio, at: usize, frames: usize) {
        let [left, right] = &mut self.chunk;
        let mut channels = [&mut left[..frames], &mut right[..frames]];
        for (channel, input) in channels.iter_mut().zip(audio.inputs) {
            if input.is_null() || !self.is_active {
                channel.fill(0.0);
            } else {
                // SAFETY: valid for the whole block, as promised by the caller; the chunk is memory of its own.
                unsafe {
                    channel
                        .as_mut_ptr()
                        .copy_from_nonoverlapping(input.add(at), frames)
                };
            }
        }
        let used = audio.channels.min(MAX_CHANNELS);
        if self.is_active && used > 0 {
            self.processor.process(&mut channels[..used]);
            self.is_block_asleep &= self.processor.is_asleep();
        } else {
            self.is_block_asleep = false;
        }
        for (channel, output) in channels.iter().zip(audio.outputs).take(used) {
            if !output.is_null() {
                // SAFETY: as above.
                unsafe {
                    output
                        .add(at)
                        .copy_from_nonoverlapping(channel.as_ptr(), frames)
                };
            }
        }
    }
}

#[cfg(test)]
mod tests;
