//! An instance without a host: plays music through the chain into the window.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use egui_kittest::Harness;
use flow_audio_file::Audio;
use flow_dsp::{Chain, Monitor, Spec};
use flow_plugin::audio::reporter::Reporter;
use flow_plugin::editor::model::preferences_file::PreferencesFile;
use flow_plugin::editor::model::trace_export::TraceExport;
use flow_plugin::editor::model::undo::Host;
use flow_plugin::editor::model::user_presets::UserPresets;
use flow_plugin::editor::screen::Screen;
use flow_plugin::editor::widgets::theme;
use flow_plugin::params::{AnyParam, FlowParams};
use flow_plugin::plugin_shared::PluginShared;
use nice_plug::params::internals::ParamPtr;

const RATE: u32 = 48_000;

/// What a host hears of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HostEvent {
    Begin(String),
    Set(String, f32),
    End(String),
}

/// Takes every value at once, and writes down what it hears.
pub(crate) struct HostRecorder {
    names: Vec<(ParamPtr, String)>,
    host_events: Arc<Mutex<Vec<HostEvent>>>,
}

impl HostRecorder {
    fn hear(&self, param: ParamPtr, what: impl Fn(String) -> HostEvent) {
        let id = self.names.iter().find(|(ptr, _)| *ptr == param);
        self.host_events
            .lock()
            .unwrap()
            .push(what(id.unwrap().1.clone()));
    }
}

// SAFETY: the pointers are only compared, and the parameters outlive the recorder.
unsafe impl Send for HostRecorder {}

impl Host for HostRecorder {
    fn begin(&self, param: ParamPtr) {
        self.hear(param, HostEvent::Begin);
    }

    fn set(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: the parameters are alive, and no other thread knows them.
        unsafe { param._internal_set_normalized_value(normalized) };
        self.hear(param, |id| HostEvent::Set(id, normalized));
    }

    fn end(&self, param: ParamPtr) {
        self.hear(param, HostEvent::End);
    }
}

/// One instance.
pub(crate) struct EditorFixture {
    pub(crate) shared: Arc<PluginShared>,
    pub(crate) host_events: Arc<Mutex<Vec<HostEvent>>>,
    pub(crate) folder: tempfile::TempDir,
    chain: Chain,
    reporter: Reporter,
}

impl EditorFixture {
    pub(crate) fn new() -> Self {
        let (mut reporter, shared) = Reporter::new(Arc::new(FlowParams::default()));
        let chain = Chain::new(Spec {
            sample_rate_hz: f64::from(RATE),
        });
        shared.set_editor_open(true);
        // Offline, and so without figures that depend on the machine.
        reporter.prepare(48_000.0, chain.latency_samples(), true, true);
        Self {
            shared,
            host_events: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            chain,
            reporter,
        }
    }

    /// The parameter with an id.
    pub(crate) fn param(&self, id: &str) -> AnyParam<'_> {
        self.shared.params.get(id.parse().unwrap())
    }

    /// Sets parameters by id, as texts.
    pub(crate) fn set(&self, values: &[(&str, &str)]) {
        for (id, text) in values {
            let param = self.param(id);
            let normalized = param.parse(text).unwrap_or_else(|| panic!("{id} {text}"));
            // SAFETY: as in `Recorder`.
            unsafe { param.ptr()._internal_set_normalized_value(normalized) };
        }
    }

    /// Where recordings of the probe go, once there is one.
    pub(crate) fn probe_folder(&self) -> PathBuf {
        self.folder.path().join("probe")
    }

    /// What the window is made of.
    pub(crate) fn screen(&self) -> Screen {
        let names = self.shared.params.each();
        let host = HostRecorder {
            names: names
                .map(|param| (param.ptr(), param.id().to_string()))
                .collect(),
            host_events: self.host_events.clone(),
        };
        let library = UserPresets::at(Some(self.folder.path().to_owned()));
        let recordings = TraceExport::at(Some(self.probe_folder()));
        Screen::new(self.shared.clone(), Box::new(host), library, recordings)
    }

    /// Where taste is kept, once there is one.
    pub(crate) fn taste_file(&self) -> PathBuf {
        self.folder.path().join("taste.json")
    }

    /// The window in a harness, learning.
    pub(crate) fn learning_window(&self) -> Harness<'static> {
        let taste = PreferencesFile::at(Some(self.taste_file()));
        Self::harness(self.screen().with_taste(taste), [1240.0, 800.0], 1.0)
    }

    /// The window in a harness.
    pub(crate) fn window(&self, size: [f32; 2], pixels_per_point: f32) -> Harness<'static> {
        Self::harness(self.screen(), size, pixels_per_point)
    }

    fn harness(mut screen: Screen, size: [f32; 2], pixels_per_point: f32) -> Harness<'static> {
        Harness::builder()
            .with_size(size)
            .with_pixels_per_point(pixels_per_point)
            .with_step_dt(1.0 / 60.0)
            .with_context_setup(theme::install)
            .build_ui(move |ui| screen.show(ui))
    }

    /// Processes a block as the plug-in does.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        if self.shared.take_meter_reset() {
            self.chain.forget_meters();
        }
        let settings = self.shared.params.chain_settings();
        self.reporter.begin_block(channels);
        self.chain.process(&settings, Monitor::default(), channels);
        self.reporter.end_block(channels, self.chain.readings());
    }

    /// Plays the demo song while the window looks on.
    pub(crate) fn play(&mut self, window: &mut Harness<'_>, from_s: f64, seconds: f64) {
        self.play_audio(window, flow_demo_song::demo_excerpt(RATE, from_s, seconds));
    }

    /// Plays something stereo while the window looks on.
    pub(crate) fn play_audio(&mut self, window: &mut Harness<'_>, mut audio: Audio) {
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        for (i, (left, right)) in left.chunks_mut(512).zip(right.chunks_mut(512)).enumerate() {
            self.process(&mut [left, right]);
            if i % 8 == 7 {
                window.step();
            }
        }
        window.run();
    }
}
