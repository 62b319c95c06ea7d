//! Processes blocks on the audio thread, with buffers that are allocated before.

use super::error::HostError;
use super::host_handlers::FlowHost;
use super::parameter::ParameterEvent;
use super::readings::ReadingsExtension;
use crate::real_time;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use flow_dsp::Readings;

/// The audio thread's view of a session.
pub struct AudioThread<'s> {
    pub(super) processor: &'s mut StartedPluginAudioProcessor<FlowHost>,
    pub(super) buffers: &'s mut Buffers,
    pub(super) readings: Option<ReadingsExtension>,
}

impl AudioThread<'_> {
    /// The largest block size of this activation.
    #[must_use]
    pub fn max_block_samples(&self) -> usize {
        self.buffers.max_block_samples
    }

    /// Processes one block: one slice per channel, all of one length, which may be 0. `events` must be in the order of
    /// their samples. Does not allocate after the first call.
    ///
    /// # Errors
    ///
    /// If the channels or the length don't match the activation, or the plug-in fails.
    pub fn process(
        &mut self,
        input: &[&[f32]],
        output: &mut [&mut [f32]],
        events: &[ParameterEvent],
    ) -> Result<(), HostError> {
        let frames = input.first().map_or(0, |c| c.len());
        self.buffers.fill(input, frames)?;
        if output.len() != input.len() || output.iter().any(|c| c.len() != frames) {
            return Err(HostError::InvalidFormat(
                "the output's channels differ from the input's".to_owned(),
            ));
        }
        self.buffers.queue(events, frames)?;
        let block = &mut *self.buffers;
        let inputs = block.input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                block
                    .input
                    .iter_mut()
                    .map(|c| InputChannel::variable(&mut c[..frames])),
            ),
        }]);
        let mut outputs = block.output_ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(
                block.output.iter_mut().map(|c| &mut c[..frames]),
            ),
        }]);
        block.output_events.clear();
        let input_events = InputEvents::from_buffer(&block.input_events);
        let mut output_events = OutputEvents::from_buffer(&mut block.output_events);
        let steady_samples = Some(block.steady_samples);
        let processor = &mut *self.processor;
        real_time::in_real_time(|| {
            processor.process(
                &inputs,
                &mut outputs,
                &input_events,
                &mut output_events,
                steady_samples,
                None,
            )
        })
        .map_err(|e| HostError::Plugin {
            step: "process",
            reason: e.to_string(),
        })?;
        block.steady_samples += frames as u64;
        for (to, from) in output.iter_mut().zip(&block.output) {
            to.copy_from_slice(&from[..frames]);
        }
        Ok(())
    }

    /// The readings of the instance's meters after the last block. `None` if the plug-in doesn't offer them.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        self.readings?.read(&self.processor.shared_plugin_handle())
    }

    /// Asks the plug-in to clear its audio state.
    pub fn reset(&mut self) {
        self.processor.reset();
    }
}

/// Buffers of a process call.
pub(super) struct Buffers {
    max_block_samples: usize,
    input: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
    input_ports: AudioPorts,
    output_ports: AudioPorts,
    input_events: EventBuffer,
    output_events: EventBuffer,
    steady_samples: u64,
}

impl Buffers {
    pub(super) fn new(channel_count: usize, max_block_samples: usize) -> Self {
        Self {
            max_block_samples,
            input: vec![vec![0.0; max_block_samples]; channel_count],
            output: vec![vec![0.0; max_block_samples]; channel_count],
            input_ports: AudioPorts::with_capacity(channel_count, 1),
            output_ports: AudioPorts::with_capacity(channel_count, 1),
            input_events: EventBuffer::with_capacity(64),
            output_events: EventBuffer::with_capacity(64),
            steady_samples: 0,
        }
    }

    /// Copies a block in, because CLAP's input buffers are writable. Fills the output with NaN, so that unwritten samples
    /// show.
    fn fill(&mut self, input: &[&[f32]], frames: usize) -> Result<(), HostError> {
        if input.len() != self.input.len() {
            return Err(HostError::UnsupportedChannels(input.len()));
        }
        if frames > self.max_block_samples || input.iter().any(|c| c.len() != frames) {
            return Err(HostError::InvalidFormat(format!(
                "a block of {frames} samples"
            )));
        }
        for (to, from) in self.input.iter_mut().zip(input) {
            to[..frames].copy_from_slice(from);
        }
        for channel in &mut self.output {
            channel[..frames].fill(f32::NAN);
        }
        Ok(())
    }

    fn queue(&mut self, events: &[ParameterEvent], frames: usize) -> Result<(), HostError> {
        self.input_events.clear();
        for event in events {
            if event.sample as usize >= frames.max(1) {
                return Err(HostError::InvalidFormat(format!(
                    "an event at sample {} of {frames}",
                    event.sample
                )));
            }
            let id = ClapId::from_raw(event.parameter.0)
                .ok_or_else(|| HostError::UnknownParameter(event.parameter.to_string()))?;
            self.input_events.push(&ParamValueEvent::new(
                event.sample,
                id,
                Pckn::match_all(),
                event.value,
            ));
        }
        Ok(())
    }
}
