//! Renders a whole piece of audio, like a host's bounce.

use super::audio_thread::AudioThread;
use super::error::HostError;
use super::instance::Instance;
use super::parameter::{ClapParameterId, ParameterEvent};
use flow_audio_file::Audio;
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
    /// CLAP id of the parameter: see [`parameter_id`](super::parameter_id).
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
    /// Renders all of `input` with the present parameters. Activates before and deactivates after, so that no audio
    /// state of an earlier render remains.
    ///
    /// # Errors
    ///
    /// If the plug-in doesn't support the format, or fails.
    pub fn render(
        &mut self,
        input: &Audio,
        options: &RenderOptions<'_>,
    ) -> Result<RenderResult, HostError> {
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
        let channel_count = input.channel_count();
        let mut session = self.start(
            input.sample_rate_hz,
            channel_count,
            block.largest(),
            offline,
        )?;
        let latency_samples = session.latency_samples();
        let skip = if compensate_latency {
            latency_samples as usize
        } else {
            0
        };
        let total = input.frames() + skip;
        let pass = Pass {
            input,
            block,
            automation,
            skip,
            total,
        };
        let done = AtomicU64::new(0);
        let (audio, process_seconds) = session.on_audio_thread_while(
            |audio| pass.run(audio, &done),
            |_, is_finished| {
                while !is_finished() {
                    if let Some(progress) = progress {
                        progress(done.load(Ordering::Relaxed), total as u64);
                    }
                    std::thread::park_timeout(PROGRESS_INTERVAL);
                }
            },
        )??;
        if let Some(progress) = progress {
            progress(total as u64, total as u64);
        }
        Ok(RenderResult {
            audio,
            latency_samples,
            process_seconds,
        })
    }
}

/// One pass over the input and `skip` samples of silence after it, which flush the latency.
struct Pass<'a> {
    input: &'a Audio,
    block: BlockSizes<'a>,
    automation: &'a [Automation],
    skip: usize,
    total: usize,
}

impl Pass<'_> {
    fn run(
        &self,
        audio: &mut AudioThread<'_>,
        done: &AtomicU64,
    ) -> Result<(Audio, f64), HostError> {
        let channel_count = self.input.channel_count();
        let mut output = Audio::silence(self.input.sample_rate_hz, channel_count, self.total);
        let silence = vec![0.0; audio.max_block_samples()];
        let mut joined = vec![Vec::with_capacity(audio.max_block_samples()); channel_count];
        let mut events = Vec::new();
        let mut automation = self.automation.iter().peekable();
        let mut process_seconds = 0.0;
        let mut start = 0;
        for index in 0.. {
            if start >= self.total {
                break;
            }
            let end = self.total.min(start + self.block.of(index));
            events.clear();
            while let Some(change) = automation.next_if(|change| change.sample < end as u64) {
                let offset = change.sample.saturating_sub(start as u64);
                let sample = u32::try_from(offset).unwrap_or(u32::MAX);
                events.push(ParameterEvent {
                    sample,
                    parameter: ClapParameterId(change.parameter),
                    value: change.value,
                });
            }
            for (joined, channel) in joined.iter_mut().zip(&self.input.channels) {
                let from = start.min(channel.len());
                let to = end.min(channel.len());
                joined.clear();
                joined.extend_from_slice(&channel[from..to]);
                joined.extend_from_slice(&silence[..(end - start) - (to - from)]);
            }
            let block_in: Vec<&[f32]> = joined.iter().map(Vec::as_slice).collect();
            let mut block_out: Vec<&mut [f32]> = output
                .channels
                .iter_mut()
                .map(|c| &mut c[start..end])
                .collect();
            let begin = Instant::now();
            audio.process(&block_in, &mut block_out, &events)?;
            process_seconds += begin.elapsed().as_secs_f64();
            start = end;
            done.store(start as u64, Ordering::Relaxed);
        }
        for channel in &mut output.channels {
            channel.drain(..self.skip);
        }
        Ok((output, process_seconds))
    }
}
