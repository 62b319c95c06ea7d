//! Renders audio from its start to its end, like a host's bounce: as a stream of blocks, or a whole piece in memory.

use super::audio_thread::AudioThread;
use super::error::{HostError, StreamError};
use super::instance::Instance;
use super::parameter::{ClapParameterId, ParameterEvent};
use flow_audio_file::Audio;
use flow_dsp::Readings;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Shortest time between two calls of the progress callback.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// The block sizes of a render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockSizes<'a> {
    /// All blocks have this many samples, except the last.
    Fixed(usize),
    /// These sizes in a cycle. There must be a size above 0.
    Cycle(&'a [usize]),
}

impl BlockSizes<'_> {
    /// The largest block.
    fn largest(&self) -> usize {
        match self {
            Self::Fixed(size) => *size,
            Self::Cycle(sizes) => sizes.iter().copied().max().unwrap_or(0),
        }
    }

    /// The size of the block with this number.
    fn of(&self, block: usize) -> usize {
        match self {
            Self::Fixed(size) => *size,
            Self::Cycle(sizes) => sizes[block % sizes.len()],
        }
    }
}

/// A parameter change during a render.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Automation {
    /// Samples from the start of the input.
    pub sample: u64,
    /// CLAP id of the parameter: see [`host_id`](super::host_id).
    pub parameter: u32,
    /// Its new CLAP value.
    pub value: f64,
}

/// Options of a render.
#[derive(Clone, Copy)]
pub struct RenderOptions<'a> {
    /// The block sizes.
    pub block: BlockSizes<'a>,
    /// Parameter changes, in the order of their samples.
    pub automation: &'a [Automation],
    /// Sets CLAP's offline render mode.
    pub offline: bool,
    /// Whether to remove the reported latency from the start of the output. The output is as long as the input in both
    /// cases.
    pub compensate_latency: bool,
    /// Called on the calling thread with the processed samples and all samples.
    pub progress: Option<&'a dyn Fn(u64, u64)>,
}

impl Default for RenderOptions<'_> {
    fn default() -> Self {
        Self {
            block: BlockSizes::Fixed(512),
            automation: &[],
            offline: true,
            compensate_latency: true,
            progress: None,
        }
    }
}

/// The format of a streaming render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// Frames per second, Hz.
    pub sample_rate_hz: u32,
    /// The number of channels of input and output.
    pub channel_count: usize,
    /// The expected length of the input in frames, for the progress callback alone.
    pub expected_frames: u64,
}

/// A block of a render's output.
#[derive(Clone, Copy, Debug)]
pub struct RenderedBlock<'a> {
    /// The samples of each channel, all of one length above 0.
    pub channels: &'a [&'a [f32]],
    /// The instance's meter readings after the block; `None` if the plug-in doesn't offer them.
    pub readings: Option<Readings>,
}

impl RenderedBlock<'_> {
    /// Length in frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, |channel| channel.len())
    }
}

/// The result of a streaming render.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamResult {
    /// The frames of the input, and of the output.
    pub frames: u64,
    /// The latency that the plug-in reported.
    pub latency_samples: u32,
    /// Wall-clock time of all process calls.
    pub process_seconds: f64,
}

/// The result of a render.
#[derive(Clone, Debug)]
pub struct RenderResult {
    /// The output, as long as the input.
    pub audio: Audio,
    /// The latency that the plug-in reported.
    pub latency_samples: u32,
    /// Wall-clock time of all process calls.
    pub process_seconds: f64,
}

impl Instance {
    /// Renders a stream with the present parameters, in memory for one block. Activates before and deactivates after, so
    /// that no audio state of an earlier render remains.
    ///
    /// `read` and `write` are called on the audio thread. `read` fills the slices, which have one length, from their start
    /// and returns the number of frames; fewer than the length end the input. `write` receives the output block by block,
    /// in all as many frames as were read.
    ///
    /// # Errors
    ///
    /// If the plug-in doesn't support the format, or fails, or if `read` or `write` does.
    pub fn render_stream(
        &mut self,
        format: StreamFormat,
        options: &RenderOptions<'_>,
        mut read: impl FnMut(&mut [&mut [f32]]) -> Result<usize, StreamError> + Send,
        mut write: impl FnMut(&RenderedBlock<'_>) -> Result<(), StreamError> + Send,
    ) -> Result<StreamResult, HostError> {
        let RenderOptions {
            block,
            automation,
            offline,
            compensate_latency,
            progress,
        } = *options;
        if block.largest() == 0 {
            return Err(HostError::InvalidFormat("the block size is 0".to_owned()));
        }
        let mut session = self.start(
            format.sample_rate_hz,
            format.channel_count,
            block.largest(),
            offline,
        )?;
        let latency_samples = session.latency_samples();
        let skip = if compensate_latency {
            u64::from(latency_samples)
        } else {
            0
        };
        let pass = Pass {
            channel_count: format.channel_count,
            block,
            automation,
            skip,
        };
        let done = AtomicU64::new(0);
        let expected = format.expected_frames + skip;
        let (frames, process_seconds) = session.on_audio_thread_while(
            |audio| pass.run(audio, &mut read, &mut write, &done),
            |_, is_finished| {
                while !is_finished() {
                    if let Some(progress) = progress {
                        progress(done.load(Ordering::Relaxed).min(expected), expected);
                    }
                    std::thread::park_timeout(PROGRESS_INTERVAL);
                }
            },
        )??;
        if let Some(progress) = progress {
            progress(expected, expected);
        }
        Ok(StreamResult {
            frames,
            latency_samples,
            process_seconds,
        })
    }

    /// Renders all of `input`, as [`Self::render_stream`] does.
    ///
    /// # Errors
    ///
    /// If the plug-in doesn't support the format, or fails.
    pub fn render(
        &mut self,
        input: &Audio,
        options: &RenderOptions<'_>,
    ) -> Result<RenderResult, HostError> {
        let format = StreamFormat {
            sample_rate_hz: input.sample_rate_hz,
            channel_count: input.channel_count(),
            expected_frames: input.frames() as u64,
        };
        let mut output = Audio::new(
            input.sample_rate_hz,
            vec![Vec::with_capacity(input.frames()); input.channel_count()],
        );
        let mut start = 0;
        let read = |channels: &mut [&mut [f32]]| {
            let length = channels.first().map_or(0, |channel| channel.len());
            let end = input.frames().min(start + length);
            for (to, from) in channels.iter_mut().zip(&input.channels) {
                to[..end - start].copy_from_slice(&from[start..end]);
            }
            Ok(end - std::mem::replace(&mut start, end))
        };
        let write = |block: &RenderedBlock<'_>| {
            for (to, from) in output.channels.iter_mut().zip(block.channels) {
                to.extend_from_slice(from);
            }
            Ok(())
        };
        let StreamResult {
            latency_samples,
            process_seconds,
            ..
        } = self.render_stream(format, options, read, write)?;
        Ok(RenderResult {
            audio: output,
            latency_samples,
            process_seconds,
        })
    }
}

type Read<'a> = &'a mut dyn FnMut(&mut [&mut [f32]]) -> Result<usize, StreamError>;
type Write<'a> = &'a mut dyn FnMut(&RenderedBlock<'_>) -> Result<(), StreamError>;

/// One pass over the input and `skip` samples of silence after it, which flush the latency.
struct Pass<'a> {
    channel_count: usize,
    block: BlockSizes<'a>,
    automation: &'a [Automation],
    skip: u64,
}

impl Pass<'_> {
    /// Returns the frames of the input and the seconds in `process`.
    fn run(
        &self,
        audio: &mut AudioThread<'_>,
        read: Read<'_>,
        write: Write<'_>,
        done: &AtomicU64,
    ) -> Result<(u64, f64), HostError> {
        let mut input = vec![vec![0.0; audio.max_block_samples()]; self.channel_count];
        let mut output = input.clone();
        let mut events = Vec::new();
        let mut automation = self.automation.iter().peekable();
        let mut process_seconds = 0.0;
        let mut start = 0;
        // The length of the input, once its end is known.
        let mut frames = None;
        for index in 0.. {
            let mut length = self.block.of(index);
            let mut block_in = slices_mut(&mut input, length);
            let count = if frames.is_none() && length > 0 {
                let count = read(&mut block_in).map_err(HostError::Stream)?;
                if count < length {
                    frames = Some(start + count as u64);
                }
                count
            } else {
                0
            };
            for channel in &mut block_in {
                channel[count..].fill(0.0);
            }
            if let Some(frames) = frames {
                let left = frames + self.skip - start;
                length = usize::try_from(left).map_or(length, |left| left.min(length));
                if left == 0 {
                    break;
                }
            }
            let end = start + length as u64;
            events.clear();
            while let Some(change) = automation.next_if(|change| change.sample < end) {
                let offset = change.sample.saturating_sub(start);
                let sample = u32::try_from(offset).unwrap_or(u32::MAX);
                events.push(ParameterEvent {
                    sample,
                    parameter: ClapParameterId(change.parameter),
                    value: change.value,
                });
            }
            let begin = Instant::now();
            audio.process(
                &slices(&input, 0..length),
                &mut slices_mut(&mut output, length),
                &events,
            )?;
            process_seconds += begin.elapsed().as_secs_f64();
            let from = usize::try_from(self.skip.saturating_sub(start)).unwrap_or(usize::MAX);
            if from < length {
                write(&RenderedBlock {
                    channels: &slices(&output, from..length),
                    readings: audio.readings(),
                })
                .map_err(HostError::Stream)?;
            }
            start = end;
            done.store(start, Ordering::Relaxed);
        }
        Ok((start - self.skip, process_seconds))
    }
}

fn slices(channels: &[Vec<f32>], range: Range<usize>) -> Vec<&[f32]> {
    channels.iter().map(|c| &c[range.clone()]).collect()
}

fn slices_mut(channels: &mut [Vec<f32>], length: usize) -> Vec<&mut [f32]> {
    channels.iter_mut().map(|c| &mut c[..length]).collect()
}
