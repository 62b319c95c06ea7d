//! An active instance: blocks in, blocks out, events at any sample.

use super::audio_thread::Buffers;
use super::handlers::{FlowHost, as_audio_thread};
use super::{AudioThread, HostError, Instance, ParameterId};
use clack_host::prelude::*;
use clack_host::process::PluginAudioProcessor;
use flow_audio_file::Audio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A parameter change at a sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the block.
    pub sample: u32,
    /// Which parameter.
    pub parameter: ParameterId,
    /// Its new CLAP value.
    pub value: f64,
}

impl Event {
    /// A change of `parameter` to `value`, `sample` samples into the block.
    pub fn new(sample: u32, parameter: impl Into<ParameterId>, value: f64) -> Self {
        Self {
            sample,
            parameter: parameter.into(),
            value,
        }
    }
}

/// An instance that is active and processing, until this is dropped.
pub struct Session<'i> {
    instance: &'i mut Instance,
    // None only for the moment in which a method has it in hand.
    processor: Option<PluginAudioProcessor<FlowHost>>,
    buffers: Buffers,
    sample_rate_hz: u32,
}

impl<'i> Session<'i> {
    pub(super) fn start(
        instance: &'i mut Instance,
        sample_rate_hz: u32,
        channel_count: usize,
        max_block_samples: usize,
    ) -> Result<Self, HostError> {
        let failed = |step: &'static str, reason: String| HostError::Plugin { step, reason };
        let max_frames_count = u32::try_from(max_block_samples)
            .ok()
            .filter(|n| (1..=i32::MAX.unsigned_abs()).contains(n))
            .ok_or_else(|| HostError::Format(format!("blocks of {max_block_samples} samples")))?;
        if sample_rate_hz == 0 {
            return Err(HostError::Format("a sample rate of 0 Hz".to_owned()));
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: f64::from(sample_rate_hz),
            min_frames_count: 1,
            max_frames_count,
        };
        let stopped = instance
            .plugin
            .activate(|_, _| (), configuration)
            .map_err(|e| failed("activate", e.to_string()))?;
        instance.latency_samples = instance.read_latency();
        let mut session = Self {
            instance,
            processor: Some(PluginAudioProcessor::Stopped(stopped)),
            buffers: Buffers::new(channel_count, max_block_samples),
            sample_rate_hz,
        };
        // On failure the session is dropped, which deactivates.
        session.with_processor(|mut processor, _| {
            let started = processor.start_processing().map(|_| ());
            (
                processor,
                started.map_err(|e| failed("start processing", e.to_string())),
            )
        })??;
        session.instance.run_requested_callbacks();
        Ok(session)
    }

    /// The instance, for what the main thread may do while audio runs: parameter values and texts, state.
    pub fn instance(&mut self) -> &mut Instance {
        self.instance
    }

    /// Latency in samples, as reported for this activation.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.instance.latency_samples
    }

    /// Runs `work` on an audio thread, where it may process as many blocks as it likes, and waits for it.
    ///
    /// # Errors
    ///
    /// If `work` panics. The session is of no more use then.
    pub fn on_audio_thread<R: Send>(
        &mut self,
        work: impl FnOnce(&mut AudioThread<'_>) -> R + Send,
    ) -> Result<R, HostError> {
        self.on_audio_thread_while(work, wait)
    }

    /// As [`Self::on_audio_thread`], while `main` runs on the calling thread with the instance: state, texts and values
    /// may be asked for while audio runs. `main` also gets a question that tells whether the work is over; the calling
    /// thread is unparked when it is.
    ///
    /// # Errors
    ///
    /// As [`Self::on_audio_thread`].
    pub fn on_audio_thread_while<R: Send>(
        &mut self,
        work: impl FnOnce(&mut AudioThread<'_>) -> R + Send,
        main: impl FnOnce(&mut Instance, &dyn Fn() -> bool),
    ) -> Result<R, HostError> {
        let work = |mut processor: PluginAudioProcessor<FlowHost>, buffers: &mut Buffers| {
            let result = match processor.as_started_mut() {
                Ok(processor) => Ok(work(&mut AudioThread { processor, buffers })),
                Err(e) => Err(HostError::Plugin {
                    step: "process",
                    reason: e.to_string(),
                }),
            };
            (processor, result)
        };
        let result = self.with_processor_while(work, main)??;
        self.instance.run_requested_callbacks();
        Ok(result)
    }

    /// Processes all of `input`, cut into the largest blocks allowed, with `events` counted from its start. The
    /// output has the length of the input, so that it starts with the latency's worth of what came before.
    ///
    /// # Errors
    ///
    /// If the channels don't fit or the plug-in fails.
    pub fn process(&mut self, input: &Audio, events: &[Event]) -> Result<Audio, HostError> {
        let sample_rate_hz = self.sample_rate_hz;
        self.on_audio_thread(|audio| {
            let mut output = Audio::silence(sample_rate_hz, input.channel_count(), input.frames());
            let largest = audio.max_block_samples();
            let mut block_events = Vec::new();
            let mut start = 0;
            while start < input.frames() {
                let end = input.frames().min(start + largest);
                block_events.clear();
                // Events that lie beyond the end belong to the last sample rather than to nobody.
                block_events.extend(events.iter().filter_map(|event| {
                    let at = (event.sample as usize).min(input.frames() - 1);
                    let within = u32::try_from(at.checked_sub(start)?).ok()?;
                    (at < end).then_some(Event {
                        sample: within,
                        ..*event
                    })
                }));
                let block_in: Vec<&[f32]> = input.channels.iter().map(|c| &c[start..end]).collect();
                let mut block_out: Vec<&mut [f32]> = output
                    .channels
                    .iter_mut()
                    .map(|c| &mut c[start..end])
                    .collect();
                audio.process(&block_in, &mut block_out, &block_events)?;
                start = end;
            }
            Ok(output)
        })?
    }

    /// Asks the plug-in to forget all audio that it has heard, as a transport jump does.
    ///
    /// # Errors
    ///
    /// If the audio thread panics.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.on_audio_thread(|audio| audio.reset())
    }

    /// Hands the processor to `work` on an audio thread and takes it back.
    fn with_processor<R: Send>(
        &mut self,
        work: impl FnOnce(
            PluginAudioProcessor<FlowHost>,
            &mut Buffers,
        ) -> (PluginAudioProcessor<FlowHost>, R)
        + Send,
    ) -> Result<R, HostError> {
        self.with_processor_while(work, wait)
    }

    fn with_processor_while<R: Send>(
        &mut self,
        work: impl FnOnce(
            PluginAudioProcessor<FlowHost>,
            &mut Buffers,
        ) -> (PluginAudioProcessor<FlowHost>, R)
        + Send,
        main: impl FnOnce(&mut Instance, &dyn Fn() -> bool),
    ) -> Result<R, HostError> {
        let processor = self.processor.take().ok_or(HostError::Panicked)?;
        let buffers = &mut self.buffers;
        let instance = &mut *self.instance;
        let caller = std::thread::current();
        let outcome = std::thread::scope(|scope| {
            let done = Arc::new(AtomicBool::new(false));
            let signal = Unpark {
                done: done.clone(),
                caller,
            };
            let thread = scope.spawn(move || {
                // Signals also if the work panics, or the caller would sleep for ever.
                let _signal = signal;
                as_audio_thread(|| work(processor, buffers))
            });
            main(instance, &|| done.load(Ordering::Acquire));
            thread.join()
        });
        let (processor, result) = outcome.map_err(|_| HostError::Panicked)?;
        self.processor = Some(processor);
        Ok(result)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // Stopping belongs to the audio thread, deactivating to the main thread.
        if self
            .processor
            .as_ref()
            .is_some_and(PluginAudioProcessor::is_started)
        {
            let _ = self.with_processor(|processor, _| (processor.into_stopped().into(), ()));
        }
        if let Some(processor) = self.processor.take() {
            self.instance.plugin.deactivate(processor.into_stopped());
        } else {
            // The processor was lost in a panic: its clone of the instance is gone, so this succeeds.
            let _ = self.instance.plugin.try_deactivate();
        }
        self.instance.run_requested_callbacks();
    }
}

/// Nothing to do on the main thread meanwhile.
fn wait(_instance: &mut Instance, is_finished: &dyn Fn() -> bool) {
    while !is_finished() {
        std::thread::park();
    }
}

/// Wakes the caller when the audio thread is done, however it ended.
struct Unpark {
    done: Arc<AtomicBool>,
    caller: std::thread::Thread,
}

impl Drop for Unpark {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        self.caller.unpark();
    }
}
