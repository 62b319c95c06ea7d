//! One instance as both formats see it: parameters, state, audio and window, without a word of CLAP or VST3.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use try_lock::{Locked, TryLock};

use super::block_processor::{BlockProcessor, MAX_CHANNELS};
use super::editor_window::EditorWindow;
use super::parameters::ParameterTable;
use super::state::{self, Purpose};
use crate::audio::processor::Processor;
use crate::editor::window::FlowEditor;
use crate::plugin_shared::PluginShared;

/// How long the main thread waits for a host that still processes audio while it changes the activation. No correct host
/// does so.
const AUDIO_TIMEOUT: Duration = Duration::from_secs(1);

/// One instance.
pub(crate) struct Instance {
    pub(crate) shared: Arc<PluginShared>,
    pub(crate) parameters: Arc<ParameterTable>,
    pub(crate) editor: EditorWindow,
    audio: TryLock<BlockProcessor>,
    /// Of the main input and output, which always have equally many.
    channels: AtomicUsize,
    is_offline: AtomicBool,
    is_active: AtomicBool,
    latency_samples: AtomicU32,
    tail_samples: AtomicU32,
}

impl Instance {
    /// `[main]` A new instance in stereo. The chain is built at the first activation, so that scanning costs nothing.
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
        }
    }

    /// `[any]` The audio half, unless another thread is in it at the moment. Never waits.
    pub(crate) fn try_audio(&self) -> Option<Locked<'_, BlockProcessor>> {
        self.audio.try_lock()
    }

    /// `[main]` Runs `work` on the audio half. None if a host keeps processing all the time.
    fn with_audio<R>(&self, work: impl FnOnce(&mut BlockProcessor) -> R) -> Option<R> {
        let give_up = Instant::now() + AUDIO_TIMEOUT;
        loop {
            if let Some(mut audio) = self.try_audio() {
                return Some(work(&mut audio));
            }
            if Instant::now() > give_up {
                log::error!("the host changes the activation while it processes audio");
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// `[main]` Prepares for a sample rate, which may be any number. Whether that worked.
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

    /// `[main]` Ends the activation.
    pub(crate) fn deactivate(&self) {
        self.with_audio(BlockProcessor::deactivate);
        self.is_active.store(false, Ordering::Relaxed);
    }

    /// `[any]` Whether the host activated the instance.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    /// `[any]` Tells that the following audio is, or isn't, a render without listeners. It counts from the next block on.
    pub(crate) fn set_offline(&self, is_offline: bool) {
        self.is_offline.store(is_offline, Ordering::Relaxed);
    }

    /// `[any]` Whether the host announced a render without listeners.
    pub(crate) fn is_offline(&self) -> bool {
        self.is_offline.load(Ordering::Relaxed)
    }

    /// `[any]` Channels of the main input and output.
    pub(crate) fn channels(&self) -> usize {
        self.channels.load(Ordering::Relaxed)
    }

    /// `[main]` Chooses 1 or 2 channels. False for another number, and for a change during an activation.
    pub(crate) fn set_channels(&self, channels: usize) -> bool {
        let is_possible = !self.is_active() || channels == self.channels();
        let is_supported = is_possible && (1..=MAX_CHANNELS).contains(&channels);
        if is_supported {
            self.channels.store(channels, Ordering::Relaxed);
        }
        is_supported
    }

    /// `[any]` The delay from input to output in samples: at the sample rate of the activation or of the one that is
    /// announced, and before either at 48 kHz.
    pub(crate) fn latency_samples(&self) -> u32 {
        self.latency_samples.load(Ordering::Relaxed)
    }

    /// `[main]` Tells which latency a sample rate will have, before the activation for it.
    pub(crate) fn announce_rate(&self, sample_rate_hz: f64) {
        let latency_samples = flow_dsp::Chain::latency_samples_at(sample_rate_hz);
        self.latency_samples
            .store(latency_samples, Ordering::Relaxed);
    }

    /// `[any]` The length of the output after the input ends, in samples.
    pub(crate) fn tail_samples(&self) -> u32 {
        self.tail_samples.load(Ordering::Relaxed)
    }

    /// `[main]` Loads a state of either format's container; how many bytes of it were read, or none with a line in the log.
    pub(crate) fn load(&self, bytes: &[u8], purpose: Purpose) -> Option<usize> {
        match state::parse(bytes) {
            Ok((object, used)) => {
                let purpose = if purpose == Purpose::Preset {
                    purpose
                } else {
                    state::purpose_of(&object)
                };
                state::apply(&self.shared, &self.parameters, object, purpose);
                Some(used)
            }
            Err(reason) => {
                log::error!("{reason}; nothing was changed");
                None
            }
        }
    }
}
