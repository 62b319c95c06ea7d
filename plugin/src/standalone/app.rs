//! The app: the processor, the player and the editor inside the framework's audio and MIDI.

use std::ffi::OsString;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use flow_platform::atomic_file;
use flow_platform::mutex::lock;
use nice_plug::prelude::*;

use crate::audio::player::{Playback, SongPlayer, SourceChoice};
use crate::audio::processor::Processor;
use crate::editor::layout::WindowKind;
use crate::editor::window::FlowEditor;
use crate::formats::identity;
use crate::plugin_shared::PluginShared;
use crate::standalone::command_line::CommandLine;
use crate::standalone::end_signal::EndSignal;
use crate::standalone::render_page;
use crate::standalone::session::Session;
use crate::standalone::song_panel::SongPanel;
use crate::state;

/// The song of the command line, for the instance that the framework creates.
static SONG: Mutex<Option<PathBuf>> = Mutex::new(None);
/// The signal of that instance, for the time after its window.
static END_SIGNAL: Mutex<Option<EndSignal>> = Mutex::new(None);

/// The exit code after a wrong command line, as that of the framework's options.
const WRONG_COMMAND_LINE: u8 = 2;

/// Runs the app with these arguments, the first of which is the program's name, until its window is closed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::read(arguments) {
        Ok(line) => line,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            return ExitCode::from(WRONG_COMMAND_LINE);
        }
    };
    if let Some(about) = line.about {
        // The reader of a pipe may have ended.
        let _ = writeln!(std::io::stdout(), "{about}");
    }
    *lock(&SONG) = line.song;
    let is_success = nice_export_standalone_with_args::<Flow, _>(line.framework);
    let signal = lock(&END_SIGNAL).take();
    let rendered = render_page::finish_left_render(signal.as_ref(), &mut |line| {
        let _ = writeln!(std::io::stderr(), "{line}");
    });
    // A render that was given up may still be at work.
    atomic_file::remove_unfinished();
    if is_success && rendered != Some(Err(())) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The app's instance of Flow.
pub struct Flow {
    shared: Arc<PluginShared>,
    playback: Playback,
    processor: Processor,
    end_signal: EndSignal,
    /// None once the editor has it.
    song_panel: Option<SongPanel>,
}

impl Default for Flow {
    fn default() -> Self {
        let (processor, shared) = Processor::new();
        let (player, playback) = SongPlayer::new();
        let window = &shared.params.window;
        // The size of the last session replaces it.
        window.set_size(WindowKind::App.design().into());
        let restored = Session::restore_from_user_folder(&shared);
        let end_signal = EndSignal::default();
        *lock(&END_SIGNAL) = Some(end_signal.clone());
        let song_panel = SongPanel::new(player)
            .with_session(restored, lock(&SONG).take())
            .with_end_signal(end_signal.clone());
        Self {
            shared,
            playback,
            processor,
            end_signal,
            song_panel: Some(song_panel),
        }
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
        let editor = FlowEditor::new(self.shared.clone());
        Some(match self.song_panel.take() {
            Some(panel) => editor.with_app_part(Box::new(panel)),
            None => editor,
        })
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
        self.playback.prepare(buffer_config.sample_rate);
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
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let device_rate_hz = context.transport().sample_rate;
        self.playback.report_device_rate(device_rate_hz);
        let channels = buffer.as_slice();
        self.playback.process(channels, SourceChoice::Song);
        self.processor.process(channels);
        if self.end_signal.has_come() {
            // An idle window wouldn't notice.
            self.shared.repaint.request_repaint();
        }
        ProcessStatus::Normal
    }
}
