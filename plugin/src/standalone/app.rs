//! The app: the processor, the player and the editor inside the framework's audio and MIDI.

use std::ffi::OsString;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use flow_platform::mutex::lock;
use flow_platform::{atomic_file, end_signals};
use nice_plug::prelude::*;

use crate::audio::player::{Playback, SongPlayer, SourceChoice};
use crate::audio::processor::Processor;
use crate::audio::song_position::SongPosition;
use crate::editor::layout::WindowKind;
use crate::editor::window::FlowEditor;
use crate::formats::identity;
use crate::plugin_shared::PluginShared;
use crate::standalone::audio_devices::{self, SystemAudio};
use crate::standalone::audio_page::{AudioPage, ListDevices};
use crate::standalone::audio_settings::{self, AudioOptions, AudioStart};
use crate::standalone::command_line::CommandLine;
#[cfg(target_os = "linux")]
use crate::standalone::display;
use crate::standalone::end_signal::EndSignal;
use crate::standalone::framework_options;
use crate::standalone::recorder::{Recorder, RecordingTap};
use crate::standalone::session::{self, Session};
use crate::standalone::song_panel::SongPanel;
use crate::standalone::{record_page, render_page};
use crate::state;

/// The song of the command line, for the instance that the framework creates.
static SONG: Mutex<Option<PathBuf>> = Mutex::new(None);
/// The devices that the framework opens, for that instance.
static AUDIO: Mutex<Option<(AudioStart, ListDevices)>> = Mutex::new(None);
/// The scale factor of the command line, for that instance's window.
static SCALE: Mutex<Option<f64>> = Mutex::new(None);
/// Whether the app is to start anew after that instance.
static RESTART: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
/// The signal of that instance, for the time after its window.
static END_SIGNAL: Mutex<Option<EndSignal>> = Mutex::new(None);

/// The exit code after a wrong command line, as that of the framework's options.
const WRONG_COMMAND_LINE: u8 = 2;

/// Runs the app with these arguments, the first of which is the program's name, until its window is closed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    end_signals::ignore_file_size_signal();
    let mut line = match CommandLine::read(arguments) {
        Ok(line) => line,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            return ExitCode::from(WRONG_COMMAND_LINE);
        }
    };
    if line.is_version {
        let _ = writeln!(
            std::io::stdout(),
            "{} {}",
            identity::NAME,
            identity::VERSION
        );
        return ExitCode::SUCCESS;
    }
    if let Some(about) = line.about {
        // The reader of a pipe may have ended.
        let _ = writeln!(std::io::stdout(), "{about}");
    }
    #[cfg(target_os = "linux")]
    if line.about.is_none()
        && let Err(error) = display::check(std::env::var_os("DISPLAY"))
    {
        // The framework would wait for its window for ever.
        let _ = writeln!(std::io::stderr(), "{error}");
        return ExitCode::FAILURE;
    }
    *lock(&SONG) = line.song;
    // The framework reads this option and doesn't use it.
    *lock(&SCALE) = framework_options::number("--dpi-scale", &line.framework);
    let mut options = Vec::new();
    if line.about.is_none() {
        options = choose_devices(&mut line.framework);
    }
    let is_success = nice_export_standalone_with_args::<Flow, _>(line.framework);
    let mut report = |line: &str| {
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    let recorded = record_page::finish_pending_recording(&mut report);
    let signal = lock(&END_SIGNAL).take();
    let rendered = render_page::finish_pending_render(signal.as_ref(), &mut report);
    // A render that was given up may still be at work.
    atomic_file::remove_unfinished();
    let restart = lock(&RESTART).take();
    if restart.is_some_and(|restart| restart.load(Ordering::Relaxed)) {
        match restart_obstacle(recorded, rendered) {
            None => return start_again(options),
            Some(obstacle) => report(obstacle),
        }
    }
    if is_success && rendered != Some(Err(())) && recorded != Some(false) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The reason why Flow is not started again after an incomplete recording or a failed render, which the new window would hide.
fn restart_obstacle(
    recorded: Option<bool>,
    rendered: Option<Result<(), ()>>,
) -> Option<&'static str> {
    match (recorded, rendered) {
        (Some(false), _) => {
            Some("Flow was not started again, because a recording was not saved as a whole.")
        }
        (_, Some(Err(()))) => {
            Some("Flow was not started again, because a render was not completed.")
        }
        _ => None,
    }
}

/// Replaces the options for devices by the settings of this start. Returns the other options.
fn choose_devices(arguments: &mut Vec<String>) -> Vec<String> {
    let original = arguments.clone();
    let options = AudioOptions::take_from(arguments);
    let others = arguments.get(1..).unwrap_or_default().to_vec();
    let file = audio_settings::settings_file();
    let saved = file.map_or(Ok(None), |file| audio_settings::read(&file));
    let channel_count = channel_count(&others);
    let start = AudioStart::new(&options, saved, &SystemAudio { channel_count });
    if let Some(note) = &start.note {
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    if AudioOptions::are_left_in(&others) {
        // The framework names a wrong value.
        *arguments = original;
    } else {
        arguments.extend(start.arguments());
    }
    let list: ListDevices = match channel_count {
        1 => audio_devices::list::<1>,
        _ => audio_devices::list::<2>,
    };
    *lock(&AUDIO) = Some((start, list));
    others
}

/// The channels of the layout that the framework's options choose.
fn channel_count(options: &[String]) -> u16 {
    let options = options.join(" ");
    let mono = ["-l 2", "-l2", "--audio-layout 2", "--audio-layout=2"];
    match mono.iter().any(|mono| options.contains(mono)) {
        true => 1,
        false => 2,
    }
}

/// Starts the app anew with these options. The session has the song, unless its path is no text.
fn start_again(options: Vec<String>) -> ExitCode {
    let program = std::env::current_exe();
    let mut command = match &program {
        Ok(program) => Command::new(program),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "Flow can't start again: {error}");
            return ExitCode::FAILURE;
        }
    };
    command.args(options);
    // A song that is gone would end the new start.
    command.args(session::take_unsaved_song().filter(|song| song.is_file()));
    #[cfg(unix)]
    let started: Result<(), _> = Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let started = command.spawn().map(drop);
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "Flow can't start again: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The app's instance of Flow.
pub struct Flow {
    shared: Arc<PluginShared>,
    playback: Playback,
    processor: Processor,
    recording: RecordingTap,
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
        let (recorder, recording) = Recorder::new();
        let song_panel = SongPanel::new(player)
            .with_recorder(recorder)
            .with_audio(audio_page())
            .with_session(restored, lock(&SONG).take())
            .with_end_signal(end_signal.clone());
        Self {
            shared,
            playback,
            processor,
            recording,
            end_signal,
            song_panel: Some(song_panel),
        }
    }
}

/// The page of the devices of this start.
fn audio_page() -> AudioPage {
    let usual = || {
        (
            AudioStart::default(),
            audio_devices::list::<2> as ListDevices,
        )
    };
    let (start, list) = lock(&AUDIO).take().unwrap_or_else(usual);
    let restart = Arc::new(AtomicBool::new(false));
    *lock(&RESTART) = Some(restart.clone());
    let file = audio_settings::settings_file();
    AudioPage::new(start, file, list).with_restart(restart)
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
        let editor = FlowEditor::new(self.shared.clone()).with_scale(lock(&SCALE).take());
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
        let frames = channels.first().map_or(0, |channel| channel.len());
        let block_s = flow_dsp::math::count(frames) / f64::from(device_rate_hz);
        let begin_s = self.playback.position_s().map(|end_s| end_s - block_s);
        self.processor
            .set_song_position(SongPosition::new(begin_s, None));
        self.processor.process(channels);
        self.recording.push(channels, device_rate_hz);
        if self.end_signal.has_come() {
            // An idle window wouldn't notice.
            self.shared.repaint.request_repaint();
        }
        ProcessStatus::Normal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_after_a_lost_recording_or_a_failed_render_is_refused() {
        assert_eq!(restart_obstacle(None, None), None);
        assert_eq!(restart_obstacle(Some(true), Some(Ok(()))), None);
        let lost = restart_obstacle(Some(false), None);
        assert!(lost.is_some_and(|line| line.contains("a recording")));
        let failed = restart_obstacle(Some(true), Some(Err(())));
        assert!(failed.is_some_and(|line| line.contains("a render")));
    }
}
