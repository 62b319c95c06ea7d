//! An instance without a host: plays music through the chain into the editor.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_audio_file::Audio;
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};
use flow_platform::flags::{FLAGS, Flag};
use flow_plugin::audio::player::{Playback, SourceChoice};
use flow_plugin::audio::reporter::Reporter;
use flow_plugin::audio::song_position::{MusicalTime, SongPosition};
use flow_plugin::editor::model::preferences_file::PreferencesFile;
use flow_plugin::editor::model::session_statistics::StatisticsExport;
use flow_plugin::editor::model::trace_export::TraceExport;
use flow_plugin::editor::model::undo::Host;
use flow_plugin::editor::model::user_presets::UserPresets;
use flow_plugin::editor::screen::Screen;
use flow_plugin::editor::widgets::theme;
use flow_plugin::params::{AnyParam, FlowParams};
use flow_plugin::plugin_shared::PluginShared;
use nice_plug::params::internals::ParamPtr;

const RATE: u32 = 48_000;

/// Longest wait for a background thread on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(240);

/// Time between two looks at a background thread's result.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Blocks of 512 frames that are played before the service has to receive them. Its queue holds twice as many.
const BLOCKS_AHEAD: usize = 32;

/// The button that applies what is recommended for the demo song: its gain.
pub(crate) const APPLY_ONE: &str = "Apply 1";

/// A size of the window at 100 %.
pub(crate) const DESIGN_SIZE: [f32; 2] = [1240.0, 800.0];

/// A call of the host's parameter interface.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HostEvent {
    Begin(String),
    Set(String, f32),
    End(String),
}

/// Sets parameters at once and records all calls.
struct HostRecorder {
    ids: Vec<(ParamPtr, String)>,
    events: Arc<Mutex<Vec<HostEvent>>>,
}

impl HostRecorder {
    fn record(&self, param: ParamPtr, event: impl Fn(String) -> HostEvent) {
        let (_, id) = self.ids.iter().find(|(ptr, _)| *ptr == param).unwrap();
        self.events.lock().unwrap().push(event(id.clone()));
    }
}

// SAFETY: the pointers are only compared, and the parameters outlive the recorder.
unsafe impl Send for HostRecorder {}

impl Host for HostRecorder {
    fn begin(&self, param: ParamPtr) {
        self.record(param, HostEvent::Begin);
    }

    fn set(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: the parameters are alive, and no other thread uses them.
        unsafe { param._internal_set_normalized_value(normalized) };
        self.record(param, |id| HostEvent::Set(id, normalized));
    }

    fn end(&self, param: ParamPtr) {
        self.record(param, HostEvent::End);
    }
}

/// One instance.
pub(crate) struct EditorFixture {
    pub(crate) shared: Arc<PluginShared>,
    pub(crate) host_events: Arc<Mutex<Vec<HostEvent>>>,
    pub(crate) folder: tempfile::TempDir,
    chain: Chain,
    reporter: Reporter,
    /// Plays the reference in place of the output.
    reference: Playback,
    /// The host's song, which plays with the audio.
    pub(crate) host_song: Option<HostSong>,
}

/// The song of a host that tells its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostSong {
    /// The distance from its start, s.
    pub(crate) seconds: f64,
    /// Whether the host tells bars too: in 4/4 at 120 beats per minute.
    pub(crate) has_bars: bool,
}

impl HostSong {
    fn position(self) -> Option<SongPosition> {
        let musical = MusicalTime {
            quarters: 2.0 * self.seconds,
            tempo_bpm: Some(120.0),
            signature: Some([4, 4]),
            ..MusicalTime::default()
        };
        SongPosition::new(Some(self.seconds), self.has_bars.then_some(musical))
    }
}

impl EditorFixture {
    pub(crate) fn new() -> Self {
        let (mut reporter, shared) = Reporter::new(Arc::new(FlowParams::default()));
        let chain = Chain::new(Spec {
            sample_rate_hz: f64::from(RATE),
        });
        shared.set_editor_open(true);
        // Offline mode leaves out the figures that depend on the machine.
        reporter.prepare(48_000.0, chain.latency_samples(), true, true);
        Self {
            reference: shared.reference.connect(),
            shared,
            host_events: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            chain,
            reporter,
            host_song: None,
        }
    }

    /// Louder than the demo song, so that the assistant proposes gain, and listening.
    pub(crate) fn listening_for_club() -> Self {
        let fixture = Self::new();
        fixture.set(&[("deliv", "Club")]);
        fixture.shared.analysis.restart();
        fixture
    }

    /// An instance at a sample rate that Flow doesn't support.
    pub(crate) fn at_unsupported_rate() -> Self {
        let mut fixture = Self::new();
        fixture.reporter.prepare(1_000_000.0, 0, true, false);
        fixture
    }

    /// The parameter with an id.
    pub(crate) fn param(&self, id: &str) -> AnyParam<'_> {
        self.shared.params.get(id.parse().unwrap())
    }

    /// The value of a parameter as text.
    pub(crate) fn text(&self, id: &str) -> String {
        let param = self.param(id);
        param.text(param.normalized())
    }

    /// Sets parameters by id, from texts.
    pub(crate) fn set(&self, values: &[(&str, &str)]) {
        for (id, text) in values {
            let param = self.param(id);
            let normalized = param.parse(text).unwrap_or_else(|| panic!("{id} {text}"));
            // SAFETY: as in `HostRecorder`.
            unsafe { param.ptr()._internal_set_normalized_value(normalized) };
        }
    }

    pub(crate) fn has_host_events(&self) -> bool {
        !self.host_events.lock().unwrap().is_empty()
    }

    /// The folder of saved traces.
    pub(crate) fn trace_folder(&self) -> PathBuf {
        self.folder.path().join("probe")
    }

    /// The editor's content.
    pub(crate) fn screen(&self) -> Screen {
        let params = self.shared.params.each();
        let host = HostRecorder {
            ids: params
                .map(|param| (param.ptr(), param.id().to_string()))
                .collect(),
            events: self.host_events.clone(),
        };
        let presets = UserPresets::in_folder(Some(self.folder.path().to_owned()));
        let trace_export = TraceExport::in_folder(Some(self.trace_folder()));
        let statistics = StatisticsExport::in_folder(Some(self.folder.path().join("statistics")));
        Screen::new(self.shared.clone(), Box::new(host), presets, trace_export)
            .with_statistics(statistics)
    }

    pub(crate) fn preferences_path(&self) -> PathBuf {
        self.folder.path().join("preferences.json")
    }

    /// The editor in a harness, recording preferences.
    pub(crate) fn personalized_window(&self) -> Harness<'static> {
        let file = PreferencesFile::at_path(Some(self.preferences_path()));
        harness(self.screen().with_preferences(file), DESIGN_SIZE, 1.0)
    }

    /// The editor in a harness.
    pub(crate) fn window(&self, size: [f32; 2], pixels_per_point: f32) -> Harness<'static> {
        harness(self.screen(), size, pixels_per_point)
    }

    /// The editor at 100 %, after its first frames.
    pub(crate) fn design_window(&self) -> Harness<'static> {
        let mut window = self.window(DESIGN_SIZE, 1.0);
        window.run();
        window
    }

    /// Processes a block as the plug-in does.
    pub(crate) fn process(&mut self, channels: &mut [&mut [f32]]) {
        if self.shared.take_meter_reset() {
            self.chain.reset_meters();
        }
        let settings = self.shared.params.chain_settings();
        let (chain, reporter) = (&mut self.chain, &mut self.reporter);
        reporter.set_song_position(self.host_song.and_then(HostSong::position));
        reporter.begin_block(channels);
        let monitor = self.shared.monitor.for_block(false);
        chain.process_with_tap(&settings, monitor.chain, channels, &mut |quanta| {
            reporter.push_output(quanta);
        });
        let choice = match monitor.reference {
            true => SourceChoice::Song,
            false => SourceChoice::Input,
        };
        self.reference.process(channels, choice);
        let frames = channels.first().map_or(0, |channel| channel.len());
        reporter.end_block(frames, chain.readings(), settings.bypass);
        if let Some(song) = &mut self.host_song {
            song.seconds += flow_dsp::math::count(frames) / f64::from(RATE);
        }
    }

    /// Plays a part of the demo song while the window draws.
    pub(crate) fn play(&mut self, window: &mut Harness<'_>, from_s: f64, seconds: f64) {
        self.play_audio(window, flow_demo_song::demo_excerpt(RATE, from_s, seconds));
    }

    /// Plays stereo audio while the window draws.
    pub(crate) fn play_audio(&mut self, window: &mut Harness<'_>, mut audio: Audio) {
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        for (i, (left, right)) in left.chunks_mut(512).zip(right.chunks_mut(512)).enumerate() {
            self.process(&mut [left, right]);
            if i % 8 == 7 {
                window.step();
            }
            if i % BLOCKS_AHEAD == BLOCKS_AHEAD - 1 {
                self.wait_until_received();
            }
        }
        self.wait_until_received();
        window.run();
    }

    /// Waits until the service has received all audio, if it listens.
    fn wait_until_received(&self) {
        let analysis = &self.shared.analysis;
        let begin = Instant::now();
        while analysis.is_listening()
            && FLAGS.is_on(Flag::Assistant)
            && analysis.queued_blocks() > 0
        {
            assert!(begin.elapsed() < TIMEOUT, "the service receives nothing");
            sleep(POLL_INTERVAL);
        }
    }

    /// Waits until the service's thread has ended the round under way and a whole round after it. It answers between
    /// two rounds.
    pub(crate) fn wait_for_service_rounds(&self) {
        for _ in 0..2 {
            let path = self.folder.path().join("rounds.json");
            let reply = self.shared.analysis.export_trace(path).unwrap();
            reply.recv_timeout(TIMEOUT).unwrap().unwrap();
        }
    }

    /// Plays the demo song until a label contains a text.
    pub(crate) fn play_until(&mut self, window: &mut Harness<'_>, text: &str) {
        let song = flow_demo_song::demo_excerpt(RATE, 20.0, 16.0);
        self.play_audio_until(window, text, |at| {
            song.range(at % 768_000, at % 768_000 + 9600)
        });
    }

    /// Plays blocks of 9600 frames, each from its first frame on, until a label contains a text.
    pub(crate) fn play_audio_until(
        &mut self,
        window: &mut Harness<'_>,
        text: &str,
        audio: impl Fn(usize) -> Audio,
    ) {
        let begin = Instant::now();
        for at in (0..).step_by(9600) {
            if has_label(window, text) {
                return;
            }
            self.play_audio(window, audio(at));
            assert!(begin.elapsed() < TIMEOUT, "no label contains {text}");
        }
    }
}

pub(crate) fn harness(
    mut screen: Screen,
    size: [f32; 2],
    pixels_per_point: f32,
) -> Harness<'static> {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(pixels_per_point)
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(|ctx| {
            theme::install(ctx);
            // Then egui draws an error at each control whose id another one has, with a glyph that Flow's font lacks. A missing
            // glyph fails every test.
            ctx.options_mut(|options| options.warn_on_id_clash = true);
        })
        .build_ui(move |ui| screen.show(ui))
}

/// Uses the model's f32 kernels, whose results are the same on all machines.
pub(crate) fn use_f32_model() {
    FLAGS.set(Flag::Int8, false);
    FLAGS.set(Flag::Gpu, false);
}

/// An instance with the assistant's proposals, and its window.
pub(crate) fn with_proposals() -> (EditorFixture, Harness<'static>) {
    use_f32_model();
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.design_window();
    let song = shrill_song();
    let block = |at: usize| song.range(at % song.frames(), at % song.frames() + 9600);
    fixture.play_audio_until(&mut window, "Apply all ", block);
    fixture.shared.analysis.stop();
    window.run();
    (fixture, window)
}

/// The demo song with a thin and shrill balance.
pub(crate) fn shrill_song() -> Audio {
    unbalanced_song(-12.0, [-6.0, 6.0, 6.0])
}

/// The demo song as a soft mix with little bass and too much treble: a loud part, and a soft one of 16 s each.
pub(crate) fn thin_song() -> Audio {
    let loud = unbalanced_song(-1.0, [-5.0, 3.0, 4.0]);
    let soft = loud.clone().gained(-8.0);
    let mut song = loud;
    song.append(&soft);
    song
}

/// The demo song with a level, and gains of Body, Silk and Air, dB.
fn unbalanced_song(trim_db: f32, [body_db, silk_db, air_db]: [f32; 3]) -> Audio {
    let mut settings = ChainSettings {
        trim_db,
        ..ChainSettings::default()
    };
    settings.curve.body_db = body_db;
    settings.curve.silk_db = silk_db;
    settings.curve.air_db = air_db;
    settings.lattice.sheen_db = silk_db;
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 16.0);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    Chain::new(Spec::default()).process(&settings, Monitor::default(), &mut [left, right]);
    song
}

/// Clicks the control with a label.
pub(crate) fn press(window: &mut Harness<'_>, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(2);
}

/// Opens the details of a stage of a pillar.
pub(crate) fn open_stage(window: &mut Harness<'_>, [pillar, stage]: [&str; 2]) {
    press(window, &format!("{pillar} details"));
    window.run();
    let tab = window.get_by_role_and_label(egui::accesskit::Role::Button, stage);
    tab.click();
    window.run();
}

/// The editor with the details of a stage of a pillar.
pub(crate) fn stage_window(fixture: &EditorFixture, stage: [&str; 2]) -> Harness<'static> {
    let mut window = fixture.design_window();
    open_stage(&mut window, stage);
    window
}

/// Drags a control by some pixels.
pub(crate) fn drag(window: &mut Harness<'_>, label: &str, by: egui::Vec2) {
    let control = window.get_by_role_and_label(egui::accesskit::Role::Slider, label);
    let at = control.rect().center();
    window.drag_at(at);
    window.step();
    for step in 1..=10_u8 {
        window.hover_at(at + by * f32::from(step) / 10.0);
        window.step();
    }
    window.drop_at(at + by);
    window.run();
}

/// Draws frames until a condition holds.
pub(crate) fn draw_until(
    window: &mut Harness<'_>,
    expected: &str,
    condition: impl Fn(&Harness<'_>) -> bool,
) {
    let begin = Instant::now();
    while !condition(window) {
        window.step();
        assert!(begin.elapsed() < TIMEOUT, "not reached: {expected}");
        sleep(POLL_INTERVAL);
    }
}

/// Draws frames until a label contains a text, and returns the label.
pub(crate) fn wait_for_label(window: &mut Harness<'_>, text: &str) -> String {
    draw_until(window, text, |window| has_label(window, text));
    let node = window.query_all_by_label_contains(text).next();
    let node = node.map(|node| node.accesskit_node());
    node.and_then(|node| node.value().or(node.label()))
        .unwrap_or_default()
}

pub(crate) fn has_label(window: &Harness<'_>, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

/// The labels of the proposals.
pub(crate) fn proposals(window: &Harness<'_>) -> Vec<String> {
    let rows = window.query_all_by_label_contains("apply ");
    rows.filter_map(|row| row.accesskit_node().label())
        .collect()
}

/// The level that a proposal's label ends its change with, dB.
pub(crate) fn proposed_db(label: &str) -> f32 {
    let (_, to) = label.split_once("→ ").unwrap();
    let (number, _) = to.split_once(" dB").unwrap();
    number.parse().unwrap()
}
