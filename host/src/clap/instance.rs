//! A plug-in instance: parameters, state and layouts.

use super::error::HostError;
use super::host_handlers::{FlowHost, MainThreadCallbacks, SharedCallbacks};
use super::parameter::{ClapParameterId, Parameter};
use super::readings::ReadingsExtension;
use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::latency::PluginLatency;
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use flow_dsp::Readings;
use std::ffi::CString;
use std::sync::atomic::Ordering;

/// Longest text of a parameter value.
const TEXT_BYTES: usize = 256;

/// A plug-in instance. It belongs to the thread that created it, which is CLAP's main thread.
pub struct Instance {
    pub(super) plugin: PluginInstance<FlowHost>,
    /// Latency of the last activation.
    pub(super) latency_samples: u32,
    /// None if the plug-in doesn't offer its readings.
    pub(super) readings: Option<ReadingsExtension>,
}

impl Instance {
    pub(super) fn new(entry: &PluginEntry, id: &str) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Plugin {
            step: "be created",
            reason,
        };
        let info = HostInfo::new("Flow headless host", "Flow", "", env!("CARGO_PKG_VERSION"))
            .map_err(|e| failed(e.to_string()))?;
        let id = CString::new(id).map_err(|e| failed(e.to_string()))?;
        let mut plugin = PluginInstance::new(
            |()| SharedCallbacks::new(),
            |shared| MainThreadCallbacks::new(shared),
            entry,
            &id,
            &info,
        )
        .map_err(|e| failed(e.to_string()))?;
        let readings = plugin.plugin_handle().get_extension();
        Ok(Self {
            plugin,
            latency_samples: 0,
            readings,
        })
    }

    /// All parameters, in the plug-in's order.
    pub fn parameters(&mut self) -> Vec<Parameter> {
        let handle = self.plugin.plugin_handle();
        let Some(extension) = handle.get_extension::<PluginParams>() else {
            return Vec::new();
        };
        let mut buffer = ParamInfoBuffer::new();
        (0..extension.count(&handle))
            .filter_map(|index| {
                extension
                    .get_info(&handle, index, &mut buffer)
                    .map(|info| Parameter::from_info(&info))
            })
            .collect()
    }

    /// The parameter with this textual id of Flow, or else with this name in any case.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn find_parameter(&mut self, name: &str) -> Result<Parameter, HostError> {
        let id = ClapParameterId::from(name).0;
        let by_name = |p: &&Parameter| p.name.to_lowercase() == name.to_lowercase();
        let parameters = self.parameters();
        let found = parameters
            .iter()
            .find(|p| p.id == id)
            .or_else(|| parameters.iter().find(by_name));
        found
            .cloned()
            .ok_or_else(|| HostError::UnknownParameter(name.to_owned()))
    }

    /// A parameter's present CLAP value; `None` if there is no such parameter.
    pub fn value(&mut self, id: impl Into<ClapParameterId>) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        handle
            .get_extension::<PluginParams>()?
            .get_value(&handle, ClapId::from_raw(id.into().0)?)
    }

    /// The plug-in's text of a CLAP value, with its unit.
    pub fn text(&mut self, id: impl Into<ClapParameterId>, value: f64) -> Option<String> {
        let handle = self.plugin.plugin_handle();
        let extension = handle.get_extension::<PluginParams>()?;
        let mut buffer = [0; TEXT_BYTES];
        let text = extension
            .value_to_text(&handle, ClapId::from_raw(id.into().0)?, value, &mut buffer)
            .ok()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// The plug-in's text of a parameter's present value.
    pub fn value_text(&mut self, id: impl Into<ClapParameterId>) -> Option<String> {
        let id = id.into();
        let value = self.value(id)?;
        self.text(id, value)
    }

    /// The CLAP value that the plug-in parses from a text; `None` if it can't.
    pub fn value_from_text(&mut self, id: impl Into<ClapParameterId>, text: &str) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        let text = CString::new(text).ok()?;
        handle.get_extension::<PluginParams>()?.text_to_value(
            &handle,
            ClapId::from_raw(id.into().0)?,
            &text,
        )
    }

    /// Sets a parameter to a CLAP value while the plug-in is not active. In a [`Session`](super::Session), use a
    /// [`ParameterEvent`](super::ParameterEvent).
    ///
    /// # Errors
    ///
    /// If there is no such parameter.
    pub fn set(&mut self, id: impl Into<ClapParameterId>, value: f64) -> Result<(), HostError> {
        let id = id.into();
        if self.value(id).is_none() {
            return Err(HostError::UnknownParameter(id.to_string()));
        }
        let failed = |reason: &str| HostError::Plugin {
            step: "flush parameters",
            reason: reason.to_owned(),
        };
        let mut handle = self
            .plugin
            .inactive_plugin_handle()
            .ok_or_else(|| failed("it is active"))?;
        let extension = handle
            .get_extension::<PluginParams>()
            .ok_or(HostError::MissingExtension("params"))?;
        let clap_id =
            ClapId::from_raw(id.0).ok_or_else(|| HostError::UnknownParameter(id.to_string()))?;
        let events = [ParamValueEvent::new(0, clap_id, Pckn::match_all(), value)];
        let mut out = EventBuffer::new();
        extension.flush(
            &mut handle,
            &InputEvents::from_buffer(&events),
            &mut OutputEvents::from_buffer(&mut out),
        );
        Ok(())
    }

    /// Sets a parameter to a text such as "-1 dB", which the plug-in parses.
    ///
    /// # Errors
    ///
    /// If there is no such parameter or it can't parse the text.
    pub fn set_text(
        &mut self,
        id: impl Into<ClapParameterId>,
        text: &str,
    ) -> Result<(), HostError> {
        let id = id.into();
        // Plug-ins may crash when they are asked about a parameter that they lack.
        let known = self.parameters().into_iter().find(|p| p.id == id.0);
        let known = known.ok_or_else(|| HostError::UnknownParameter(id.to_string()))?;
        let value = self.value_from_text(id, text);
        let value = value.ok_or_else(|| HostError::InvalidText {
            parameter: known.name,
            text: text.to_owned(),
        })?;
        self.set(id, value)
    }

    /// The plug-in's state.
    ///
    /// # Errors
    ///
    /// If the plug-in cannot save.
    pub fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        let handle = self.plugin.plugin_handle();
        let extension = handle
            .get_extension::<PluginState>()
            .ok_or(HostError::MissingExtension("state"))?;
        let mut state = Vec::new();
        extension
            .save(&handle, &mut state)
            .map_err(|_| HostError::State("saved"))?;
        Ok(state)
    }

    /// Loads a state. Allowed while processing too.
    ///
    /// # Errors
    ///
    /// If the plug-in refuses it.
    pub fn load_state(&mut self, mut state: &[u8]) -> Result<(), HostError> {
        let handle = self.plugin.plugin_handle();
        let extension = handle
            .get_extension::<PluginState>()
            .ok_or(HostError::MissingExtension("state"))?;
        let loaded = extension
            .load(&handle, &mut state)
            .map_err(|_| HostError::State("loaded"));
        self.run_requested_callbacks();
        loaded
    }

    /// Latency that the plug-in reported at its last activation, in samples; 0 before the first.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        self.latency_samples
    }

    /// How often the plug-in reported a change of its latency. Flow never should.
    #[must_use]
    pub fn latency_changes(&self) -> u32 {
        self.plugin
            .access_shared_handler(|shared| shared.latency_changes.load(Ordering::Relaxed))
    }

    /// How often the plug-in requested a restart.
    #[must_use]
    pub fn restart_requests(&self) -> u32 {
        self.plugin
            .access_shared_handler(|shared| shared.restart_requests.load(Ordering::Relaxed))
    }

    /// How often the plug-in marked its state as changed.
    #[must_use]
    pub fn state_changes(&self) -> u32 {
        self.plugin
            .access_shared_handler(|shared| shared.state_changes.load(Ordering::Relaxed))
    }

    /// The readings of the instance's meters after its last block, [`Readings::default`] before the first. `None` if the
    /// plug-in doesn't offer them. May be called while audio runs.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        self.readings?.read(&self.plugin.plugin_shared_handle())
    }

    /// Channels of the main input and output in the present layout; 0 without a port.
    pub fn channel_counts(&mut self) -> (usize, usize) {
        let handle = self.plugin.plugin_handle();
        let Some(extension) = handle.get_extension::<PluginAudioPorts>() else {
            return (0, 0);
        };
        let mut buffer = AudioPortInfoBuffer::new();
        let mut count = |is_input| {
            extension
                .get(&handle, 0, is_input, &mut buffer)
                .map_or(0, |port| port.channel_count as usize)
        };
        (count(true), count(false))
    }

    /// Selects the layout in which the main input and output have `channel_count` channels.
    pub(super) fn select_channels(&mut self, channel_count: usize) -> Result<(), HostError> {
        if channel_count == 0 {
            return Err(HostError::UnsupportedChannels(0));
        }
        if self.channel_counts() == (channel_count, channel_count) {
            return Ok(());
        }
        let handle = self.plugin.plugin_handle();
        let extension = handle
            .get_extension::<PluginAudioPortsConfig>()
            .ok_or(HostError::UnsupportedChannels(channel_count))?;
        let mut buffer = AudioPortsConfigBuffer::new();
        let fits = |channels: Option<u32>| channels.is_some_and(|n| n as usize == channel_count);
        let id = (0..extension.count(&handle)).find_map(|index| {
            let layout = extension.get(&handle, index, &mut buffer)?;
            let input = layout.main_input.map(|port| port.channel_count);
            let output = layout.main_output.map(|port| port.channel_count);
            (fits(input) && fits(output)).then_some(layout.id)
        });
        let id = id.ok_or(HostError::UnsupportedChannels(channel_count))?;
        extension
            .select(&handle, id)
            .map_err(|_| HostError::UnsupportedChannels(channel_count))
    }

    /// Sets CLAP's render mode, if the plug-in has the extension.
    pub(super) fn set_offline(&mut self, is_offline: bool) {
        let handle = self.plugin.plugin_handle();
        if let Some(extension) = handle.get_extension::<PluginRender>() {
            let mode = if is_offline {
                RenderMode::Offline
            } else {
                RenderMode::Realtime
            };
            // A plug-in that refuses a mode keeps the old one.
            let _ = extension.set(&handle, mode);
        }
    }

    /// Reads the latency that the plug-in reports now.
    pub(super) fn read_latency(&mut self) -> u32 {
        let handle = self.plugin.plugin_handle();
        handle
            .get_extension::<PluginLatency>()
            .map_or(0, |extension| extension.get(&handle))
    }

    /// Calls the plug-in on the main thread if it requested that.
    pub(super) fn run_requested_callbacks(&mut self) {
        let requested = self.plugin.access_shared_handler(|shared| {
            shared.is_callback_requested.swap(false, Ordering::AcqRel)
        });
        if requested {
            self.plugin.call_on_main_thread_callback();
        }
    }
}
