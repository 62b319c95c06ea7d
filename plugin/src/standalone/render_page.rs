//! The page that renders the song into a file.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use egui::{Align2, Rect, Ui, pos2};
use flow_audio_file::{Bits, Container, OutputFormat};
use flow_dsp::ChainSettings;
use flow_dsp::math::narrow;
use flow_params::number::number;
use flow_platform::background_task::{BackgroundTask, TaskConfig};
use flow_platform::file_name::file_name;
use flow_platform::mutex::lock;

use super::end_signal::EndSignal;
use super::output_file::{Format, file_field, format_buttons, status_line, target, with_extension};
use super::recorder;
use super::render::{RenderJob, RenderedSong};
use crate::audio::player::SongView;
use crate::editor::language::{key, reason, text, translate_message};
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{bold, regular};

/// The formats, in the order of their buttons.
const FORMATS: [Format; 5] = [
    (Container::Wav, Bits::Int16, key!("WAV 16 bit")),
    (Container::Wav, Bits::Int24, key!("WAV 24 bit")),
    (Container::Wav, Bits::Float32, key!("WAV 32 bit float")),
    (Container::Flac, Bits::Int16, key!("FLAC 16 bit")),
    (Container::Flac, Bits::Int24, key!("FLAC 24 bit")),
];
/// The format of a new page: WAV with 24 bits.
const DEFAULT_FORMAT: usize = 1;

/// The render that was running when its window closed.
static PENDING_RENDER: Mutex<Option<RunningRender>> = Mutex::new(None);

/// The time between two looks at that render.
const POLL: Duration = Duration::from_millis(20);

/// The page's state.
pub(super) struct RenderPage {
    /// The index of the format.
    format: usize,
    /// The text of the file's field.
    typed: String,
    /// The file that was proposed. Its name may be no text.
    proposed: PathBuf,
    /// The song that it was proposed for.
    song: PathBuf,
    running: Option<RunningRender>,
    /// Canceled tasks that still run.
    canceled: Vec<RenderTask>,
    /// The file that exists and may be replaced by the next click.
    replaced: Option<PathBuf>,
    outcome: Option<Result<String, String>>,
}

type RenderTask = BackgroundTask<Result<RenderedSong, String>>;

/// The render of a background thread.
struct RunningRender {
    name: String,
    /// As `f32` bits; NaN if the song declares no length.
    percent: Arc<AtomicU32>,
    task: RenderTask,
}

impl Default for RenderPage {
    fn default() -> Self {
        Self {
            format: DEFAULT_FORMAT,
            typed: String::new(),
            proposed: PathBuf::new(),
            song: PathBuf::new(),
            running: None,
            canceled: Vec::new(),
            replaced: None,
            outcome: None,
        }
    }
}

impl RenderPage {
    /// Takes the result of a render. Returns whether one runs.
    pub(super) fn poll(&mut self) -> bool {
        self.canceled.retain(|task| !task.is_finished());
        let Some(running) = &self.running else {
            return false;
        };
        let Poll::Ready(result) = running.task.poll() else {
            return true;
        };
        self.outcome = Some(outcome(&running.name, result));
        self.running = None;
        false
    }

    /// Whether a render runs that was not canceled.
    pub(super) fn is_rendering(&self) -> bool {
        self.running.is_some()
    }

    /// The progress of a render, one line.
    pub(super) fn progress(&self) -> Option<String> {
        let running = self.running.as_ref()?;
        let percent = f32::from_bits(running.percent.load(Relaxed));
        Some(if percent.is_nan() {
            text!("Rendering {name}", name = running.name)
        } else {
            text!(
                "Rendering {name} {percent} %",
                name = running.name,
                percent = format!("{percent:.0}")
            )
        })
    }

    /// The outcome of the last render, one line. A question isn't one.
    pub(super) fn outcome(&self) -> Option<&Result<String, String>> {
        self.outcome.as_ref().filter(|_| self.replaced.is_none())
    }

    /// Forgets the outcome.
    pub(super) fn dismiss(&mut self) {
        self.outcome = None;
    }

    /// Draws the page of a song with the present settings. Returns whether it was closed.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        song: &SongView<'_>,
        settings: &ChainSettings,
    ) -> bool {
        if self.song != song.path {
            self.song = song.path.to_owned();
            self.propose();
            self.replaced = None;
            self.outcome = None;
        }
        let theme = controls.theme;
        let row = |y: f32, height: f32| {
            let top = rect.top() + theme.px(y);
            Rect::from_x_y_ranges(rect.x_range(), top..=top + theme.px(height))
        };
        let label = |row: Rect, text: &str| {
            let style = bold(11.5, theme.color.secondary);
            theme.text(
                ui.painter(),
                row.left_center(),
                Align2::LEFT_CENTER,
                text,
                style,
            );
            row.with_min_x(row.left() + theme.px(70.0))
        };
        let formats = label(row(6.0, 26.0), text!("Format"));
        let file = label(row(42.0, 26.0), text!("File"));
        self.formats(ui, formats, controls);
        let field = file.with_max_x(file.left() + theme.px(700.0));
        if file_field(ui, field, controls, &mut self.typed) {
            self.replaced = None;
        }
        let buttons = row(80.0, 28.0).with_min_x(file.left());
        let is_closed = self.buttons(ui, buttons, controls, song, settings);
        self.status(ui, row(118.0, 20.0).with_min_x(file.left()), controls);
        let dither = match FORMATS[self.format].1 {
            Bits::Float32 => text!("no dither").to_owned(),
            bits => text!("{bits}-bit dither", bits = bits.name()),
        };
        let bypass = if settings.bypass {
            text!(" Bypass is on, so that the file will have the original.")
        } else {
            ""
        };
        let text = text!(
            "The whole song through the present settings, at its own rate, with {dither}: the samples of flow master at these \
             settings. Monitoring is not in it, nor is the loop.{bypass}",
            dither,
            bypass
        );
        let at = pos2(file.left(), row(150.0, 1.0).top());
        theme.paragraph(
            ui.painter(),
            at,
            text,
            700.0,
            regular(11.5, theme.color.secondary),
        );
        is_closed
    }

    /// Proposes the usual name.
    fn propose(&mut self) {
        self.proposed = result_path(&self.song, self.container());
        self.typed = self.proposed.display().to_string();
    }

    /// The file to write.
    fn target(&self) -> PathBuf {
        target(&self.typed, &self.proposed)
    }

    fn container(&self) -> Container {
        FORMATS[self.format].0
    }

    fn formats(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) {
        let Some(format) = format_buttons(ui, rect, controls, &FORMATS, self.format) else {
            return;
        };
        self.format = format;
        if self.typed == self.proposed.display().to_string() {
            self.propose();
        } else {
            self.typed = with_extension(&self.typed, self.container());
        }
        self.replaced = None;
    }

    /// *Render*, *Replace* or *Cancel*, and *Back*. Returns whether the page was closed.
    fn buttons(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        song: &SongView<'_>,
        settings: &ChainSettings,
    ) -> bool {
        let theme = controls.theme;
        let place = |x: f32| {
            let at = pos2(rect.left() + theme.px(x), rect.top());
            Rect::from_min_size(at, theme.vec(96.0, 28.0))
        };
        if self.running.is_some() {
            if controls.button(
                ui,
                place(0.0),
                text!("Cancel"),
                text!("Gives up; nothing is written"),
                false,
            ) {
                self.cancel();
            }
        } else {
            let target = self.target();
            let is_asked = self.replaced.as_ref() == Some(&target);
            let (name, tip) = match is_asked {
                true => (text!("Replace"), text!("Replaces the file")),
                false => (
                    text!("Render"),
                    text!("Writes the mastered song into the file"),
                ),
            };
            let state = ActionState::Recommended;
            if controls.action(ui, place(0.0), ["render", name], tip, state) {
                self.start(target, is_asked, song.path, settings);
            }
        }
        controls.button(
            ui,
            place(104.0),
            text!("Back"),
            text!("Shows the five pillars again"),
            false,
        )
    }

    fn cancel(&mut self) {
        if let Some(running) = self.running.take() {
            running.task.cancel();
            self.canceled.push(running.task);
        }
        self.outcome = None;
    }

    /// Starts a render, unless the file exists: that is asked about first.
    fn start(&mut self, target: PathBuf, may_replace: bool, song: &Path, settings: &ChainSettings) {
        let name = file_name(&target);
        self.outcome = None;
        self.replaced = None;
        let (container, bits, _) = FORMATS[self.format];
        let extension = container.extension();
        let has_extension = target
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension));
        if !has_extension || !target.is_absolute() {
            let expected = text!(
                "the file needs a full path that ends in .{extension}",
                extension
            );
            self.outcome = Some(Err(format!("{name}: {expected}.")));
            return;
        }
        if target.exists() && !may_replace {
            self.outcome = Some(Err(text!("{name} exists. Replace it?", name)));
            self.replaced = Some(target);
            return;
        }
        let format = match OutputFormat::new(container, Some(bits)) {
            Ok(format) => format,
            Err(error) => {
                self.outcome = Some(Err(failed_start(&name, error)));
                return;
            }
        };
        let job = RenderJob {
            source: song.to_owned(),
            target,
            may_replace,
            format,
            settings: *settings,
        };
        let percent = Arc::new(AtomicU32::new(0));
        let shared_percent = percent.clone();
        let task = BackgroundTask::spawn(TaskConfig::new("flow render"), move |token| {
            let result = job.run(&|share| {
                let percent = share.map_or(f32::NAN, |share| narrow(100.0 * share));
                shared_percent.store(percent.to_bits(), Relaxed);
                !token.is_canceled()
            });
            result.map_err(|error| recorder::reason(&error))
        });
        match task {
            Ok(task) => {
                self.running = Some(RunningRender {
                    name,
                    percent,
                    task,
                })
            }
            Err(error) => self.outcome = Some(Err(failed_start(&name, error))),
        }
    }

    fn status(&self, ui: &Ui, rect: Rect, controls: &ParamUi<'_>) {
        let (progress, outcome) = (self.progress(), self.outcome.as_ref());
        status_line(
            ui,
            rect,
            controls,
            "render status",
            progress.as_deref(),
            outcome,
        );
    }
}

impl Drop for RenderPage {
    /// A window that closes leaves its render to [`finish_pending_render`].
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            *lock(&PENDING_RENDER) = Some(running);
        }
    }
}

/// Waits for the render that was running when the window closed, unless a signal ends it. `report` gets one line before, and
/// the outcome. None without such a render.
#[cfg_attr(not(feature = "standalone"), allow(dead_code))]
pub(super) fn finish_pending_render(
    signal: Option<&EndSignal>,
    report: &mut dyn FnMut(&str),
) -> Option<Result<(), ()>> {
    let running = lock(&PENDING_RENDER).take()?;
    let name = &running.name;
    report(&format!(
        "{name}: rendering goes on without the window; Ctrl-C ends it."
    ));
    loop {
        if let Poll::Ready(result) = running.task.poll() {
            let outcome = outcome(name, result);
            report(outcome.as_ref().unwrap_or_else(|error| error));
            return Some(outcome.map(drop).map_err(drop));
        }
        if signal.is_some_and(EndSignal::has_come) {
            running.task.cancel();
            report(&format!(
                "{name}: rendering was ended; nothing was written."
            ));
            return Some(Err(()));
        }
        std::thread::sleep(POLL);
    }
}

/// The line about a render that can't start.
fn failed_start(name: &str, error: impl Display) -> String {
    format!("{name}: {}.", translate_message(&reason(error)))
}

/// The result of a render in one line.
fn outcome(name: &str, result: Option<Result<RenderedSong, String>>) -> Result<String, String> {
    match result {
        Some(Ok(song)) => {
            let mut texts = vec![text!(
                "Saved {name}: {loudness} LUFS, {peak} dBTP",
                loudness = number(song.integrated_lufs, 1),
                peak = number(song.dbtp, 1),
                name
            )];
            texts.extend(song.warnings);
            if !song.dropped_data.is_empty() {
                let data = song.dropped_data.join(", ");
                texts.push(text!("not carried over: {data}", data));
            }
            Ok(texts.join("; "))
        }
        Some(Err(error)) => {
            let error = translate_message(&reason(error));
            Err(text!("{name}: {error}; nothing was written.", name, error))
        }
        None => Err(text!(
            "{name}: rendering failed; nothing was written.",
            name
        )),
    }
}

/// The usual name of a result beside its song, as that of `flow master`.
fn result_path(song: &Path, container: Container) -> PathBuf {
    let mut name = song.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".flow.{}", container.extension()));
    song.with_file_name(name)
}

#[cfg(test)]
mod tests;
