//! The standalone app: the processor and the editor inside the framework's audio and MIDI.
//!
//! Hosts never use this file; they use [`formats`](crate::formats).

use std::num::NonZeroU32;
use std::sync::Arc;

use nice_plug::prelude::*;

use crate::audio::processor::Processor;
use crate::editor::window::FlowEditor;
use crate::formats::identity;
use crate::plugin_shared::PluginShared;
use crate::state;

/// The app's instance of Flow.
pub struct Flow {
    shared: Arc<PluginShared>,
    processor: Processor,
}

impl Default for Flow {
    fn default() -> Self {
        let (processor, shared) = Processor::new();
        Self { shared, processor }
    }
}

/// A layout with equally many main input and output channels and no auxiliary ports.
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

impl Plugin for Flow {
    const NAME: &'static str = identity::NAME;
    const VENDOR: &'static str = identity::VENDOR;
    const URL: &'static str = identity::URL;
    const EMAIL: &'static str = identity::EMAIL;
    const VERSION: &'static str = identity::VERSION;

    // The first is the default.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, "Stereo"), layout(1, "Mono")];

    type Editor = FlowEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.shared.params.clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<FlowEditor> {
        Some(FlowEditor::new(self.shared.clone()))
    }

    fn setup_logger() -> Option<bool> {
        crate::logging::install();
        Some(true)
    }

    fn filter_state(state: &mut PluginState) {
        for line in state::migrate(state) {
            log::warn!("state: {line}");
        }
    }

    fn activate(
        &mut self,
        _audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let is_offline = buffer_config.process_mode == ProcessMode::Offline;
        self.processor
            .activate(f64::from(buffer_config.sample_rate), is_offline);
        context.set_latency_samples(self.processor.latency_samples());
        true
    }

    fn reset(&mut self) {
        self.processor.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.processor.process(buffer.as_slice());
        ProcessStatus::Normal
    }
}
