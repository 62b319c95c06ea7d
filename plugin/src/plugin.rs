//! The plug-in object: owns the chain and connects it with the host.

use std::num::NonZeroU32;
use std::sync::Arc;

use flow_dsp::{Chain, Spec};
use nice_plug::prelude::*;

use crate::params::FlowParams;
use crate::publisher::Publisher;
use crate::shared::Shared;
use crate::window::editor::FlowEditor;
use crate::{registry, state};

/// Lowest sample rate that [`Flow`] accepts, Hz.
const MIN_SAMPLE_RATE_HZ: f32 = 22_050.0;

/// Highest sample rate that [`Flow`] accepts, Hz.
const MAX_SAMPLE_RATE_HZ: f32 = 384_000.0;

/// How long the filters ring on after their input ends, seconds: −120 dB of the one that rings
/// longest, the low cut at its lowest corner (10 Hz, Q 0.71). Gains that recover don't ring.
const RING_S: f32 = 0.35;

/// One instance of Flow.
pub struct Flow {
    /// Its meters keep this instance in the registry: that only holds weak references.
    shared: Arc<Shared>,
    publisher: Publisher,
    /// None until the first activation, so that scanning and instantiating cost nothing.
    chain: Option<Chain>,
    /// A render that nobody listens to: monitor states are ignored.
    offline: bool,
    /// What is still to come when the input ends: what the lookahead holds back, and the ringing,
    /// whether a filter is engaged or not. Without it a host that stops calling on silence would
    /// cut both off.
    tail_samples: u32,
}

impl Default for Flow {
    fn default() -> Self {
        let (publisher, shared) = Publisher::new(Arc::new(FlowParams::default()));
        registry::register(&shared.meters);
        shared
            .engine
            .keep_in(dirs::cache_dir().map(|cache| cache.join("Flow")));
        Self {
            shared,
            publisher,
            chain: None,
            offline: false,
            tail_samples: 0,
        }
    }
}

impl Flow {
    /// The parameters, for remote controls.
    pub(crate) fn flow_params(&self) -> &FlowParams {
        &self.shared.params
    }
}

/// The same number of main input and output channels, and nothing else.
const fn layout(channels: u32, name: &'static str) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(channels),
        main_output_channels: NonZeroU32::new(channels),
        names: PortNames {
            layout: Some(name),
            ..PortNames::const_default()
        },
        ..AudioIOLayout::const_default()
    }
}

/// A length in whole samples, rounded up.
fn ring_samples(sample_rate_hz: f32) -> u32 {
    // At most 134 400 by the limits above: well inside both types.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let samples = (sample_rate_hz * RING_S).ceil() as u32;
    samples
}

/// Whether this activation is certainly for a render that nobody listens to.
///
/// nice-plug's VST3 wrapper reports the mode of the activation before this one. Believing it would
/// mute the monitor buttons in live playback after each bounce.
fn is_offline(api: PluginApi, mode: ProcessMode) -> bool {
    api != PluginApi::Vst3 && mode == ProcessMode::Offline
}

impl Plugin for Flow {
    const NAME: &'static str = "Flow";
    const VENDOR: &'static str = "Flow";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    // Hosts that don't choose get the first.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, "Stereo"), layout(1, "Mono")];

    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    // nice-plug allocates on the audio thread when one block brings more events: room for every
    // parameter automated each 16 samples of an 8192-sample block, and more. Memory that no host
    // fills is never touched.
    const INPUT_EVENT_CAPACITY: usize = 65_536;

    type Editor = FlowEditor;
    type SysExMessage = ();
    // nice-plug's worker can take the host down when an instance goes while a task is queued.
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.shared.params.clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<FlowEditor> {
        Some(FlowEditor::new(self.shared.clone()))
    }

    fn setup_logger() -> Option<bool> {
        crate::messages::install();
        // The rest is nice-plug's.
        None
    }

    fn filter_state(state: &mut PluginState) {
        state::migrate(state);
    }

    fn activate(
        &mut self,
        _audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let sample_rate_hz = buffer_config.sample_rate;
        if !(MIN_SAMPLE_RATE_HZ..=MAX_SAMPLE_RATE_HZ).contains(&sample_rate_hz) {
            return false;
        }

        // Every bounce begins with an activation, in every format: a delta listen left on ends
        // here.
        self.shared.monitor.clear();
        self.offline = is_offline(context.plugin_api(), buffer_config.process_mode);

        let spec = Spec {
            sample_rate_hz: f64::from(sample_rate_hz),
        };
        let chain = match &mut self.chain {
            Some(chain) => {
                chain.prepare(spec);
                chain
            }
            None => self.chain.insert(Chain::new(spec)),
        };
        let latency_samples = chain.latency_samples();
        context.set_latency_samples(latency_samples);
        self.publisher
            .activated(sample_rate_hz, latency_samples, self.offline);
        self.tail_samples = latency_samples + ring_samples(sample_rate_hz);
        true
    }

    fn reset(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.reset();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let Some(chain) = &mut self.chain else {
            return ProcessStatus::Error("process called before activate");
        };
        let settings = self.shared.params.chain_settings();

        // Where a host hands over fewer channels than agreed, nice-plug leaves the others empty.
        let channels = buffer.as_slice();
        let samples = channels.first().map_or(0, |channel| channel.len());
        let whole = channels
            .iter()
            .take_while(|channel| channel.len() == samples)
            .count();
        if samples > 0 {
            let shared = &*self.shared;
            if shared.take_forget_meters() {
                chain.forget_meters();
            }
            let monitor = shared.monitor.heard(self.offline);
            let channels = &mut channels[..whole];
            self.publisher.before(channels);
            chain.process(&settings, monitor, channels);
            self.publisher.after(channels, chain.readings());
        }
        ProcessStatus::Tail(self.tail_samples)
    }
}

#[cfg(test)]
mod tests;
