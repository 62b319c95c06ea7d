//! One instance of the plug-in, independent of the format: parameters, state, audio and editor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flow_platform::module_pin;
use nice_plug::context::PluginApi;
use nice_plug::prelude::ParentWindowHandle;
use try_lock::{Locked, TryLock};

use super::block_processor::{BlockProcessor, MAX_CHANNELS};
use super::editor_context::{self, Host};
use super::editor_window::EditorWindow;
use super::parameters::ParameterTable;
use super::state_container::{self, Purpose};
use crate::audio::processor::Processor;
use crate::editor::host_menu::MenuItem;
use crate::editor::window::FlowEditor;
use crate::plugin_shared::PluginShared;

/// The time that the main thread waits for a host that processes audio while it changes the activation, against the rules
/// of both formats.
const AUDIO_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of instances that hosts haven't destroyed.
static LIVING: AtomicUsize = AtomicUsize::new(0);

/// `[main]` Prepares for the host's unloading of the module. An instance that the host hasn't destroyed has threads that run
/// the module's code, so the module stays loaded until the process ends. Returns whether it stays.
pub(crate) fn prepare_unload() -> bool {
    LIVING.load(Ordering::Relaxed) > 0 && module_pin::pin()
}

/// Counts one of the living instances.
struct Living;

impl Living {
    fn new() -> Self {
        LIVING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One instance.
pub(crate) struct Instance {
    pub(crate) shared: Arc<PluginShared>,
    pub(crate) parameters: Arc<ParameterTable>,
    pub(crate) editor: EditorWindow,
    audio: TryLock<BlockProcessor>,
    /// The number of channels of the main input and of the main output.
    channels: AtomicUsize,
    is_offline: AtomicBool,
    is_active: AtomicBool,
    latency_samples: AtomicU32,
    tail_samples: AtomicU32,
    /// The last field, so that the threads of the others have ended before.
    _living: Living,
}

impl Instance {
    /// `[main]` Creates a stereo instance. The first activation builds the chain, so that scanning stays cheap.
    pub(crate) fn new() -> Self {
        let (processor, shared) = Processor::new();
        Self {
            parameters: Arc::new(ParameterTable::new(shared.params.clone())),
            editor: EditorWindow::new(FlowEditor::new(shared.clone())),
            audio: TryLock::new(BlockProcessor::new(processor)),
            channels: AtomicUsize::new(MAX_CHANNELS),
            is_offline: AtomicBool::new(false),
            is_active: AtomicBool::new(false),
            latency_samples: AtomicU32::new(flow_dsp::Chain::latency_samples_at(48_000.0)),
            tail_samples: AtomicU32::new(0),
            shared,
            _living: Living::new(),
        }
    }

    /// `[any]` Locks the audio data, unless another thread holds it. Never waits.
    pub(crate) fn try_audio(&self) -> Option<Locked<'_, BlockProcessor>> {
        self.audio.try_lock()
    }

    /// `[main]` Runs `work` on the audio data. None if the host doesn't stop processing within [`AUDIO_TIMEOUT`].
    fn with_audio<R>(&self, work: impl FnOnce(&mut BlockProcessor) -> R) -> Option<R> {
        let deadline = Instant::now() + AUDIO_TIMEOUT;
        loop {
            if let Some(mut audio) = self.try_audio() {
                return Some(work(&mut audio));
            }
            if Instant::now() > deadline {
                log::error!("activation: the host kept processing audio; nothing was changed");
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// `[main]` Activates at a sample rate, which may be any number. False if the host kept processing audio.
    pub(crate) fn activate(&self, sample_rate_hz: f64) -> bool {
        let is_offline = self.is_offline.load(Ordering::Relaxed);
        let lengths = self.with_audio(|audio| {
            audio.activate(sample_rate_hz, is_offline);
            let processor = &audio.processor;
            (processor.latency_samples(), processor.tail_samples())
        });
        let Some((latency_samples, tail_samples)) = lengths else {
            return false;
        };
        self.latency_samples
            .store(latency_samples, Ordering::Relaxed);
        self.tail_samples.store(tail_samples, Ordering::Relaxed);
        self.is_active.store(true, Ordering::Relaxed);
        true
    }

    /// `[main]` Opens the editor inside `parent`, or without one until [`EditorWindow::set_parent`]. False if it is open
    /// already or can't be opened.
    pub(crate) fn open_editor(
        &self,
        parent: Option<ParentWindowHandle>,
        host: Arc<dyn Host>,
        api: PluginApi,
    ) -> bool {
        let (shared, parameters) = (self.shared.clone(), self.parameters.clone());
        let context = editor_context::create(shared, parameters, host.clone(), api);
        self.editor.open(parent, context, host)
    }

    /// `[main]` Shows the host's entries in the menu of the parameter with this number.
    pub(crate) fn set_menu(&self, param: u32, items: Vec<MenuItem>) {
        if let Some(param) = self.parameters.get(param) {
            self.shared.host.menu.set(param.id(), items);
            self.shared.repaint.request_repaint();
        }
    }

    /// `[main]` Ends the activation.
    pub(crate) fn deactivate(&self) {
        self.with_audio(BlockProcessor::deactivate);
        self.is_active.store(false, Ordering::Relaxed);
    }

    /// `[any]` Whether the instance is active.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    /// `[any]` Sets whether the following blocks are an offline render.
    pub(crate) fn set_offline(&self, is_offline: bool) {
        self.is_offline.store(is_offline, Ordering::Relaxed);
    }

    /// `[any]` Whether the following blocks are an offline render.
    pub(crate) fn is_offline(&self) -> bool {
        self.is_offline.load(Ordering::Relaxed)
    }

    /// `[any]` The number of channels of the main input and of the main output.
    pub(crate) fn channels(&self) -> usize {
        self.channels.load(Ordering::Relaxed)
    }

    /// `[main]` Selects 1 or 2 channels. False for other numbers, and for a change during an activation.
    pub(crate) fn set_channels(&self, channels: usize) -> bool {
        let is_possible = !self.is_active() || channels == self.channels();
        let is_supported = is_possible && (1..=MAX_CHANNELS).contains(&channels);
        if is_supported {
            self.channels.store(channels, Ordering::Relaxed);
        }
        is_supported
    }

    /// `[any]` The latency in samples at the activated or announced sample rate, or at 48 kHz before either.
    pub(crate) fn latency_samples(&self) -> u32 {
        self.latency_samples.load(Ordering::Relaxed)
    }

    /// `[main]` Announces the sample rate of the next activation, so that its latency is known.
    pub(crate) fn announce_rate(&self, sample_rate_hz: f64) {
        let latency_samples = flow_dsp::Chain::latency_samples_at(sample_rate_hz);
        self.latency_samples
            .store(latency_samples, Ordering::Relaxed);
    }

    /// `[any]` The length of the output after the input ends, in samples.
    pub(crate) fn tail_samples(&self) -> u32 {
        self.tail_samples.load(Ordering::Relaxed)
    }

    /// `[main]` Loads a state in either container, and returns the number of bytes that it takes. None with a log message
    /// if it can't be parsed; then nothing changes.
    pub(crate) fn load(&self, bytes: &[u8], purpose: Purpose) -> Option<usize> {
        match state_container::parse(bytes) {
            Ok((object, used)) => {
                let purpose = if purpose == Purpose::Preset {
                    purpose
                } else {
                    state_container::purpose_of(&object)
                };
                state_container::apply(&self.shared, &self.parameters, object, purpose);
                Some(used)
            }
            Err(reason) => {
                log::error!("state: {reason}; nothing was changed");
                None
            }
        }
    }
}
