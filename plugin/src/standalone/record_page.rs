//! The page that records the heard audio into a file.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use egui::{Align2, Rect, Ui, pos2};
use flow_audio_file::{Bits, Container, OutputFormat};
use flow_platform::background_task::BackgroundTask;
use flow_platform::file_name::file_name;
use flow_platform::mutex::lock;
use flow_platform::user_folders;

use super::output_file::{Format, file_field, format_buttons, status_line, target, with_extension};
use super::recorder::{
    self, EarlyEnd, RecordedFile, Recorder, RecordingError, RecordingProgress, RecordingResult,
    free_path,
};
use crate::editor::language::{self, key, plural, text, translate_message};
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{bold, regular};
use crate::editor::widgets::waveform_view::time;

/// The formats, in the order of their buttons. Fewer bits would need a dither, and the file would not have the heard samples.
const FORMATS: [Format; 3] = [
    (Container::Wav, Bits::Int24, key!("WAV 24 bit")),
    (Container::Wav, Bits::Float32, key!("WAV 32 bit float")),
    (Container::Flac, Bits::Int24, key!("FLAC 24 bit")),
];
/// The name of a new recording, in front of its number.
const NAME: &str = "Flow recording";
/// The time between two looks at the recording of a closed window.
const POLL: Duration = Duration::from_millis(10);

/// The recording that ran when its window was closed.
static PENDING_RECORDING: Mutex<Option<BackgroundTask<RecordingResult>>> = Mutex::new(None);

/// The page's state.
pub(super) struct RecordPage {
    recorder: Recorder,
    /// The index of the format.
    format: usize,
    /// The text of the file's field.
    typed: String,
    /// The file that was proposed. Its folder may be no text.
    proposed: PathBuf,
    /// The name of the file that is written.
    name: String,
    outcome: Option<Result<String, String>>,
}

impl RecordPage {
    pub(super) fn new(recorder: Recorder) -> Self {
        let mut page = Self {
            recorder,
            format: 0,
            typed: String::new(),
            proposed: PathBuf::new(),
            name: String::new(),
            outcome: None,
        };
        page.propose(&user_folders::music().unwrap_or_else(|| PathBuf::from("/")));
        page
    }

    /// Proposes a free name in a folder.
    fn propose(&mut self, folder: &Path) {
        let extension = FORMATS[self.format].0.extension();
        self.proposed = free_path(&folder.join(format!("{NAME}.{extension}")));
        self.typed = self.proposed.display().to_string();
    }

    /// Takes the result of a recording. Returns whether one runs.
    pub(super) fn poll(&mut self) -> bool {
        match self.recorder.poll() {
            Some(Ok(file)) => {
                let folder = file.path.parent().unwrap_or(Path::new("/")).to_owned();
                self.propose(&folder);
                self.outcome = Some(saved(&file));
            }
            Some(Err(error)) => self.outcome = Some(Err(failed(&self.name, &error))),
            None => {}
        }
        self.recorder.progress().is_some()
    }

    /// Whether a recording runs that was not ended.
    pub(super) fn is_recording(&self) -> bool {
        let progress = self.recorder.progress();
        progress.is_some_and(|progress| !progress.is_ending)
    }

    /// Ends the recording.
    pub(super) fn stop(&self) {
        self.recorder.stop();
    }

    /// The state of the recording, one line.
    pub(super) fn progress(&self) -> Option<String> {
        let RecordingProgress {
            seconds,
            lost_frames,
            is_ending,
        } = self.recorder.progress()?;
        let name = &self.name;
        if is_ending {
            return Some(text!("Completing {name}", name));
        }
        let time = time(seconds);
        Some(match lost_frames {
            0 => text!("Recording {name} {time}", name, time),
            frames => text!(
                "Recording {name} {time}, {lost}",
                name,
                time,
                lost = lost(frames)
            ),
        })
    }

    /// The outcome of the last recording, one line.
    pub(super) fn outcome(&self) -> Option<&Result<String, String>> {
        self.outcome.as_ref()
    }

    /// Forgets the outcome.
    pub(super) fn dismiss(&mut self) {
        self.outcome = None;
    }

    /// Draws the page. Returns whether it was closed.
    pub(super) fn show(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> bool {
        let theme = controls.theme;
        let row = |y: f32, height: f32| {
            let top = rect.top() + theme.px(y);
            Rect::from_x_y_ranges(rect.x_range(), top..=top + theme.px(height))
        };
        let label = |row: Rect, text: &str| {
            let style = bold(11.5, theme.color.secondary);
            let at = row.left_center();
            theme.text(ui.painter(), at, Align2::LEFT_CENTER, text, style);
            row.with_min_x(row.left() + theme.px(70.0))
        };
        let formats = label(row(6.0, 26.0), text!("Format"));
        let file = label(row(42.0, 26.0), text!("File"));
        if let Some(format) = format_buttons(ui, formats, controls, &FORMATS, self.format) {
            self.format = format;
            self.typed = with_extension(&self.typed, FORMATS[format].0);
        }
        let field = file.with_max_x(file.left() + theme.px(700.0));
        if file_field(ui, field, controls, &mut self.typed) {
            self.outcome = None;
        }
        let place = |x: f32| {
            let at = pos2(file.left() + theme.px(x), row(80.0, 28.0).top());
            Rect::from_min_size(at, theme.vec(96.0, 28.0))
        };
        let is_running = self.recorder.progress().is_some();
        let (name, tip) = match is_running {
            true => (
                text!("Stop"),
                text!("Ends the recording and completes its file"),
            ),
            false => (
                text!("Record"),
                text!("Writes the heard audio into the file"),
            ),
        };
        let state = ActionState::Recommended;
        if controls.action(ui, place(0.0), ["record", name], tip, state) {
            match is_running {
                true => self.recorder.stop(),
                false => self.start(),
            }
        }
        let tip = text!("Shows the five pillars again; a recording goes on");
        let is_closed = controls.button(ui, place(104.0), text!("Back"), tip, false);
        let status = row(118.0, 20.0).with_min_x(file.left());
        self.status(ui, status, controls);
        let text = text!(
            "The file has the heard audio, at the rate of the audio device: the song or the live input through the \
                    present settings, and also Compare, Reference, Delta, Solo stage, Auto gain, Mono and Bypass. It appears under its name when the \
                    recording is ended, also by closing the window. It never replaces a file."
        );
        let at = pos2(file.left(), row(150.0, 1.0).top());
        let style = regular(11.5, theme.color.secondary);
        theme.paragraph(ui.painter(), at, text, 700.0, style);
        is_closed
    }

    /// Starts a recording, unless the file exists.
    pub(super) fn start(&mut self) {
        let path = target(&self.typed, &self.proposed);
        let name = file_name(&path);
        let (container, bits, _) = FORMATS[self.format];
        let extension = container.extension();
        let is_of_format = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension));
        let started = if !is_of_format || !path.is_absolute() {
            Err(text!(
                "it needs a full path that ends in .{extension}",
                extension
            ))
        } else if path.symlink_metadata().is_ok() {
            Err(text!("it exists already, choose another name").to_owned())
        } else if !path.parent().is_some_and(Path::is_dir) {
            Err(text!("its folder doesn't exist").to_owned())
        } else {
            let format = OutputFormat::new(container, Some(bits));
            let started = format.and_then(|format| self.recorder.start(path, format));
            started.map_err(|error| translate_message(&language::reason(error)))
        };
        self.outcome = match started {
            Ok(()) => None,
            Err(error) => Some(Err(format!("{name}: {error}."))),
        };
        self.name = name;
    }

    fn status(&self, ui: &Ui, rect: Rect, controls: &ParamUi<'_>) {
        let (progress, outcome) = (self.progress(), self.outcome.as_ref());
        status_line(
            ui,
            rect,
            controls,
            "record status",
            progress.as_deref(),
            outcome,
        );
    }
}

impl Drop for RecordPage {
    /// A window that closes ends its recording, whose file [`finish_pending_recording`] waits for.
    fn drop(&mut self) {
        if let Some(task) = self.recorder.end_on_close() {
            *lock(&PENDING_RECORDING) = Some(task);
        }
    }
}

/// Waits for the file of the recording that ran when the window was closed. `report` gets one line about it. Returns whether
/// all of it was written; none without such a recording.
#[cfg_attr(not(feature = "standalone"), allow(dead_code))]
pub(super) fn finish_pending_recording(report: &mut dyn FnMut(&str)) -> Option<bool> {
    let task = lock(&PENDING_RECORDING).take()?;
    let result = loop {
        match task.poll() {
            Poll::Ready(result) => break result,
            Poll::Pending => thread::sleep(POLL),
        }
    };
    let result = result.unwrap_or_else(|| Err(recorder::panicked().into()));
    match &result {
        Ok(file) => report(&saved(file).unwrap_or_else(|line| line)),
        Err(error) => report(&failed(NAME, error)),
    }
    Some(result.is_ok_and(|file| !matches!(file.early_end, Some(EarlyEnd::WriteError(_)))))
}

/// The line about a recording that is complete; an error if it was ended early.
fn saved(file: &RecordedFile) -> Result<String, String> {
    let (name, time) = (file_name(&file.path), time(file.seconds));
    let reason = match &file.early_end {
        None => return Ok(saved_whole(&name, &time, file.lost_frames)),
        Some(EarlyEnd::WriteError(reason)) => &*translate_message(&language::reason(reason)),
        Some(EarlyEnd::DeviceStopped) => text!("the audio device has stopped"),
        Some(EarlyEnd::OtherFormat) => text!("the audio device has another rate or channels now"),
    };
    Err(match file.lost_frames {
        0 => text!("{name}: {reason}: saved up to {time}.", name, reason, time),
        frames => text!(
            "{name}: {reason}: saved up to {time}, {lost}.",
            name,
            reason,
            time,
            lost = lost(frames)
        ),
    })
}

fn saved_whole(name: &str, time: &str, lost_frames: u64) -> String {
    match lost_frames {
        0 => text!("Saved {name}: {time}", name, time),
        frames => text!(
            "Saved {name}: {time}, {lost}",
            name,
            time,
            lost = lost(frames)
        ),
    }
}

fn lost(frames: u64) -> String {
    plural!("{count} frame lost", "{count} frames lost", count = frames)
}

/// The line about a recording without a complete file, which names the file with the recorded part.
fn failed(name: &str, error: &RecordingError) -> String {
    let reason = translate_message(&language::reason(recorder::reason(&error.cause)));
    match &error.partial {
        Some(partial) => text!(
            "{name}: {reason}; the recorded part is in {partial}.",
            name,
            reason,
            partial = file_name(partial)
        ),
        None => text!(
            "{name}: {reason}; the recording was not saved.",
            name,
            reason
        ),
    }
}

#[cfg(test)]
mod tests {
    use flow_platform::background_task::TaskConfig;

    use super::*;

    fn file(early_end: Option<EarlyEnd>) -> RecordedFile {
        RecordedFile {
            path: PathBuf::from("/music/Take.wav"),
            seconds: 89.0,
            lost_frames: 0,
            early_end,
        }
    }

    #[test]
    fn recording_that_was_ended_early_is_named_with_its_length() {
        let line = |end| saved(&file(Some(end))).unwrap_err();
        let full = EarlyEnd::WriteError("the disk is full".to_owned());
        assert_eq!(line(full), "Take.wav: the disk is full: saved up to 1:29.");
        assert_eq!(
            line(EarlyEnd::DeviceStopped),
            "Take.wav: the audio device has stopped: saved up to 1:29."
        );
        assert_eq!(saved(&file(None)).unwrap(), "Saved Take.wav: 1:29");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn folder_that_is_no_text_gets_the_recording() {
        use std::os::unix::ffi::OsStrExt;

        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(std::ffi::OsStr::from_bytes(b"d\xe9mos"));
        std::fs::create_dir(&folder).unwrap();
        let (recorder, _tap) = Recorder::new();
        let mut page = RecordPage::new(recorder);
        page.propose(&folder);
        let target_of = |page: &RecordPage| target(&page.typed, &page.proposed);
        assert_eq!(target_of(&page), folder.join("Flow recording 1.wav"));
        page.typed = page.typed.replace("recording 1", "take");
        assert_eq!(target_of(&page), folder.join("Flow take.wav"));
    }

    #[test]
    fn lost_frames_are_counted_in_words() {
        let lost = |lost_frames| {
            let file = RecordedFile {
                lost_frames,
                ..file(None)
            };
            saved(&file).unwrap()
        };
        assert_eq!(lost(1), "Saved Take.wav: 1:29, 1 frame lost");
        assert_eq!(lost(2), "Saved Take.wav: 1:29, 2 frames lost");
    }

    #[test]
    fn recording_that_can_not_be_completed_names_the_file_with_its_audio() {
        let error = RecordingError {
            cause: anyhow::anyhow!("/music/Take.wav: the disk is full"),
            partial: Some(PathBuf::from("/music/Take partial.wav")),
        };
        assert_eq!(
            failed("Take.wav", &error),
            "Take.wav: the disk is full; the recorded part is in Take partial.wav."
        );
    }

    #[test]
    fn recording_whose_thread_panicked_or_ended_early_counts_as_lost() {
        let finish = |work: fn() -> RecordingResult| {
            let config = TaskConfig::new("flow recording");
            let task = BackgroundTask::spawn(config, move |_| work()).unwrap();
            *lock(&PENDING_RECORDING) = Some(task);
            let mut lines = Vec::new();
            let is_saved = finish_pending_recording(&mut |line| lines.push(line.to_owned()));
            (is_saved, lines)
        };
        let (is_saved, lines) = finish(|| panic!("a fault"));
        assert_eq!(is_saved, Some(false));
        let line = "Flow recording: an internal error; the recording was not saved.";
        assert_eq!(lines, [line]);
        let full = || {
            let reason = "the disk is full".to_owned();
            Ok(file(Some(EarlyEnd::WriteError(reason))))
        };
        assert_eq!(finish(full).0, Some(false));
        assert_eq!(finish(|| Ok(file(None))).0, Some(true));
        assert_eq!(finish_pending_recording(&mut |_| {}), None);
    }
}
