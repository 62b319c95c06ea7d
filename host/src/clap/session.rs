//! An active instance, which processes blocks and events.

use super::audio_thread::{AudioThread, Buffers};
use super::error::HostError;
use super::host_handlers::{FlowHost, as_audio_thread};
use super::instance::Instance;
use super::parameter::ParameterEvent;
use clack_host::prelude::*;
use clack_host::process::PluginAudioProcessor;
use flow_audio_file::Audio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An active instance. It is deactivated when this is dropped.
pub struct Session<'i> {
    instance: &'i mut Instance,
    // None only while the audio thread has it.
    processor: Option<PluginAudioProcessor<FlowHost>>,
    buffers: Buffers,
    sample_rate_hz: u32,
}

impl Instance {
    /// Activates for this format and starts processing. The session ends both when it is dropped.
    ///
    /// # Errors
    ///
    /// If the plug-in has no such layout or refuses.
    pub fn start(
        &mut self,
        sample_rate_hz: u32,
        channel_count: usize,
        max_block_samples: usize,
        is_offline: bool,
    ) -> Result<Session<'_>, HostError> {
        self.select_channels(channel_count)?;
        self.set_offline(is_offline);
        Session::start(self, sample_rate_hz, channel_count, max_block_samples)
    }
}

impl<'i> Session<'i> {
    fn start(
        instance: &'i mut Instance,
        sample_rate_hz: u32,
        channel_count: usize,
        max_block_samples: usize,
    ) -> Result<Self, HostError> {
        let failed = |step: &'static str, reason: String| HostError::Plugin { step, reason };
        let max_frames_count = u32::try_from(max_block_samples)
            .ok()
            .filter(|n| (1..=i32::MAX.unsigned_abs()).contains(n))
            .ok_or_else(|| {
                HostError::InvalidFormat(format!("blocks of {max_block_samples} samples"))
            })?;
        if sample_rate_hz == 0 {
            return Err(HostError::InvalidFormat("a sample rate of 0 Hz".to_owned()));
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
        // An error drops the session, which deactivates.
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

    /// The instance, for calls of the main thread while audio runs: parameter values, texts and state.
    pub fn instance(&mut self) -> &mut Instance {
        self.instance
    }

    /// Latency of this activation, in samples.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.instance.latency_samples
    }

    /// Runs `work` on an audio thread, where it may process any number of blocks, and waits for it.
    ///
    /// # Errors
    ///
    /// If `work` panics. The session can't process after that.
    pub fn on_audio_thread<R: Send>(
        &mut self,
        work: impl FnOnce(&mut AudioThread<'_>) -> R + Send,
    ) -> Result<R, HostError> {
        self.on_audio_thread_while(work, wait)
    }

    /// As [`Self::on_audio_thread`], while `main` runs on the calling thread with the instance. `main` also gets a function
    /// that returns whether `work` has ended. The calling thread is unparked when it ends.
    ///
    /// # Errors
    ///
    /// As [`Self::on_audio_thread`].
    pub fn on_audio_thread_while<R: Send>(
        &mut self,
        work: impl FnOnce(&mut AudioThread<'_>) -> R + Send,
        main: impl FnOnce(&mut Instance, &dyn Fn() -> bool),
    ) -> Result<R, HostError> {
        let readings = self.instance.readings;
        let work = |mut processor: PluginAudioProcessor<FlowHost>, buffers: &mut Buffers| {
            let result = match processor.as_started_mut() {
                Ok(processor) => Ok(work(&mut AudioThread {
                    processor,
                    buffers,
                    readings,
                })),
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

    /// Processes all of `input` in the largest allowed blocks, with events counted from its start. The output is as long
    /// as the input and starts with the latency.
    ///
    /// # Errors
    ///
    /// If the channels don't match the activation or the plug-in fails.
    pub fn process(
        &mut self,
        input: &Audio,
        events: &[ParameterEvent],
    ) -> Result<Audio, HostError> {
        let sample_rate_hz = self.sample_rate_hz;
        self.on_audio_thread(|audio| {
            let mut output = Audio::silence(sample_rate_hz, input.channel_count(), input.frames());
            let largest = audio.max_block_samples();
            let mut block_events = Vec::new();
            let mut start = 0;
            while start < input.frames() {
                let end = input.frames().min(start + largest);
                block_events.clear();
                // Events after the end move to the last sample.
                block_events.extend(events.iter().filter_map(|event| {
                    let at = (event.sample as usize).min(input.frames() - 1);
                    let within = u32::try_from(at.checked_sub(start)?).ok()?;
                    (at < end).then_some(ParameterEvent {
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

    /// Asks the plug-in to clear its audio state, as at a jump of the transport.
    ///
    /// # Errors
    ///
    /// If the audio thread panics.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.on_audio_thread(|audio| audio.reset())
    }

    /// Moves the processor to `work` on an audio thread and back.
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
        let processor = self.processor.take().ok_or(HostError::AudioThreadPanic)?;
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
                // Signals after a panic too, so that the caller wakes up.
                let _signal = signal;
                as_audio_thread(|| work(processor, buffers))
            });
            main(instance, &|| done.load(Ordering::Acquire));
            thread.join()
        });
        let (processor, result) = outcome.map_err(|_| HostError::AudioThreadPanic)?;
        self.processor = Some(processor);
        Ok(result)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // CLAP stops on the audio thread and deactivates on the main thread.
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
            // The processor was dropped by a panic, so that nothing else refers to the instance.
            let _ = self.instance.plugin.try_deactivate();
        }
        self.instance.run_requested_callbacks();
    }
}

/// Waits on the main thread.
fn wait(_instance: &mut Instance, is_finished: &dyn Fn() -> bool) {
    while !is_finished() {
        std::thread::park();
    }
}

/// Wakes the caller when the audio thread ends or panics.
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
