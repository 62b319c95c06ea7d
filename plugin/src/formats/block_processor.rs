//! Processes a host's blocks: applies parameter events at their frames and copies buffers to and from the processor.
//!
//! It accepts all that hosts send. Events may be unsorted, outside the block, or for unknown parameters. Buffers may be
//! missing, too many, or overlapping. Calls may come before an activation. Processing never allocates, locks or waits.

use super::parameters::ParameterTable;
use crate::audio::processor::Processor;

/// The maximum number of channels.
pub(crate) const MAX_CHANNELS: usize = 2;

/// The maximum number of events in a block; more are dropped and counted. It covers all parameters automated every 16
/// samples of an 8192-sample block. The operating system commits only the memory that a host fills.
const MAX_EVENTS: usize = 65_536;

/// The maximum number of frames that the processor gets at once, so that host blocks of any length fit.
const CHUNK_FRAMES: usize = 2048;

/// A parameter change from the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// A new value, normalized.
    Value(f32),
    /// An offset to the value, normalized.
    Modulation(f32),
}

impl Change {
    /// `[audio]` Applies the change now. An unknown parameter is ignored. Never allocates.
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
    /// The position in the host's list: of two events at one frame the later one wins.
    order: u32,
    host_id: u32,
    change: Change,
}

/// A host's buffers for one block: 32-bit channels of `frames` samples, or null for a missing channel.
#[derive(Clone, Copy)]
pub(crate) struct HostAudio {
    pub(crate) inputs: [*const f32; MAX_CHANNELS],
    pub(crate) outputs: [*mut f32; MAX_CHANNELS],
    /// The number of processed outputs, at most [`MAX_CHANNELS`].
    pub(crate) channels: usize,
    pub(crate) frames: usize,
}

/// `[audio]` Silences a channel.
///
/// # Safety
///
/// `samples` must be null or valid for writing `frames` samples. Zero bytes must be the sample 0.0.
pub(crate) unsafe fn clear<S>(samples: *mut S, frames: usize) {
    if !samples.is_null() {
        // SAFETY: as promised by the caller.
        unsafe { samples.write_bytes(0, frames) };
    }
}

/// The data that the audio thread owns.
pub(crate) struct BlockProcessor {
    pub(crate) processor: Processor,
    is_active: bool,
    events: Vec<Event>,
    is_sorted: bool,
    /// Whether the processor slept during the whole last block.
    is_block_asleep: bool,
    chunk: [Vec<f32>; MAX_CHANNELS],
}

impl BlockProcessor {
    /// `[main]` Allocates all buffers.
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

    /// `[main]` Prepares for a sample rate and clears all audio history. Allocates.
    pub(crate) fn activate(&mut self, sample_rate_hz: f64, is_offline: bool) {
        self.processor.activate(sample_rate_hz, is_offline);
        self.is_active = true;
    }

    /// `[main]` Silences all blocks until the next activation.
    pub(crate) fn deactivate(&mut self) {
        self.is_active = false;
        self.processor.deactivate();
    }

    /// `[audio]` Adds an event to the next [`process`](Self::process).
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

    /// `[audio]` Processes a block with the added events, each at its frame. An event at or after the block's end applies
    /// to the first frame after the block.
    ///
    /// Outside an activation the output is silent. A missing input channel counts as silence, and a missing output channel
    /// is skipped.
    ///
    /// # Safety
    ///
    /// Each pointer of `audio` must be null or valid for `audio.frames` samples, outputs for writing. Any of them may be
    /// equal.
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

    /// `[audio]` Whether [`Processor::is_asleep`] held during the whole last block: the host may stop calling until the
    /// input isn't silent.
    pub(crate) fn is_block_asleep(&self) -> bool {
        self.is_block_asleep
    }

    /// `[audio]` Applies the events from index `next` up to `frame`, and returns the index of the first later one.
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

    /// Processes a copy of the input, so that a host's buffers may overlap in any way.
    ///
    /// # Safety
    ///
    /// As for [`process`](Self::process), and `at + frames` must lie inside the block.
    unsafe fn process_chunk(&mut self, audio: &HostAudio, at: usize, frames: usize) {
        let [left, right] = &mut self.chunk;
        let mut channels = [&mut left[..frames], &mut right[..frames]];
        for (channel, input) in channels.iter_mut().zip(audio.inputs) {
            if input.is_null() || !self.is_active {
                channel.fill(0.0);
            } else {
                // SAFETY: valid for the whole block, as promised by the caller; the chunk is separate memory.
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
