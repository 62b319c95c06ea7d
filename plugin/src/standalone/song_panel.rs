//! The window's part for songs: the strip with transport and waveform, and the pages that open and render a song, that record,
//! and that choose the audio devices.

use std::path::PathBuf;
use std::time::Duration;

use egui::{Align2, Context, Event, InputState, Key, Modifiers, Rect, Ui, pos2, vec2};
use flow_dsp::ChainSettings;

use super::audio_page::AudioPage;
use super::end_signal::EndSignal;
use super::record_page::RecordPage;
use super::recorder::Recorder;
use super::render_page::RenderPage;
use super::session::{RestoredSession, Session};
use super::strip_controls::{
    close_button, loop_button, play_button, record_button, render_button, title,
};
use crate::audio::player::{PlayerAction, SongPlayer, StartPlace};
use crate::editor::app_part::{AppPart, SongPage};
use crate::editor::language::{key, text};
use crate::editor::panels::file_browser::{FileBrowser, FileChoice, FileKind};
use crate::editor::screen::Screen;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, bold};
use crate::editor::widgets::waveform_view::{
    self, StatusKind, StatusLine, WaveformDrag, WaveformTexts,
};

const TEXTS: WaveformTexts = WaveformTexts {
    prefix: "",
    hint: key!("Open a song to hear it through Flow in place of the live input"),
};

/// The panel's state.
pub struct SongPanel {
    player: SongPlayer,
    browser: Option<FileBrowser>,
    render: RenderPage,
    /// None if nothing can be recorded.
    record: Option<RecordPage>,
    /// None if the devices are not known.
    audio: Option<AudioPage>,
    drag: Option<WaveformDrag>,
    /// The last song that was heard.
    noted: Option<PathBuf>,
    /// None if nothing is remembered.
    session: Option<Session>,
    /// None if signals are not handled.
    end_signal: Option<EndSignal>,
}

impl SongPanel {
    /// Creates the panel of a player.
    #[must_use]
    pub fn new(player: SongPlayer) -> Self {
        Self {
            player,
            browser: None,
            render: RenderPage::default(),
            record: None,
            audio: None,
            drag: None,
            noted: None,
            session: None,
            end_signal: None,
        }
    }

    /// Offers to record.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.record = Some(RecordPage::new(recorder));
        self
    }

    /// Shows the audio devices, and why others than the wanted ones are in use.
    #[must_use]
    pub fn with_audio(mut self, page: AudioPage) -> Self {
        if let Some(note) = page.note() {
            self.player.add_message(note.clone());
        }
        self.audio = Some(page);
        self
    }

    /// Ends the app when this signal comes.
    #[must_use]
    pub fn with_end_signal(mut self, signal: EndSignal) -> Self {
        self.end_signal = Some(signal);
        self
    }

    /// Goes on with the last session, but with `song` instead of its song, if there is one.
    #[must_use]
    pub fn with_session(mut self, restored: RestoredSession, song: Option<PathBuf>) -> Self {
        let song = song.map(|path| (path, StartPlace::default()));
        if let Some((path, start)) = song.or(restored.song) {
            // A song of the user's choice hides the line of the last action. This one keeps that about the devices.
            let earlier = self.player.take_message();
            self.player.open(path, start);
            if let Some(earlier) = earlier {
                self.player.add_message(earlier);
            }
        }
        if let Some(message) = restored.message {
            self.player.add_message(message);
        }
        self.session = Some(restored.session);
        self
    }

    /// Notes the song that is heard from now on. Returns whether it is another one.
    fn note_song(&mut self) -> bool {
        let view = self.player.view();
        let Some(song) = view.song.filter(|_| view.is_followed) else {
            return false;
        };
        let is_other = self.noted.as_deref() != Some(song.path);
        if is_other {
            self.noted = Some(song.path.to_owned());
        }
        is_other
    }

    fn update_session(&mut self, ctx: &Context) {
        let Some(session) = &mut self.session else {
            return;
        };
        let now_s = ctx.input(|input| input.time);
        let (look_s, failure) = session.update(now_s, self.player.view().song.as_ref());
        if let Some(look_s) = look_s {
            ctx.request_repaint_after(Duration::from_secs_f64(look_s));
        }
        if let Some(failure) = failure {
            self.player.show_message(failure);
        }
    }

    /// The line over the waveform. The pages of a render and a recording have their own lines.
    fn status(&self, page: Option<SongPage>) -> Option<StatusLine> {
        let view = self.player.view();
        let line = |text: String, kind| StatusLine { text, kind };
        if let Some(progress) = view.progress {
            return Some(line(progress, StatusKind::Progress));
        }
        if let Some(message) = view.message {
            return Some(line(message, StatusKind::Error));
        }
        let record = self
            .record
            .as_ref()
            .filter(|_| page != Some(SongPage::Record));
        let render = (page != Some(SongPage::Render)).then_some(&self.render);
        let progress = record.and_then(RecordPage::progress);
        let progress = progress.or_else(|| render.and_then(RenderPage::progress));
        if let Some(progress) = progress {
            return Some(line(progress, StatusKind::Progress));
        }
        let outcome = record.and_then(RecordPage::outcome);
        match outcome.or_else(|| render.and_then(RenderPage::outcome))? {
            Ok(saved) => Some(line(saved.clone(), StatusKind::Success)),
            Err(error) => Some(line(error.clone(), StatusKind::Error)),
        }
    }

    /// Hides the line about a recording, or else that about a render.
    fn dismiss(&mut self) {
        match &mut self.record {
            Some(record) if record.outcome().is_some() => record.dismiss(),
            _ => self.render.dismiss(),
        }
    }

    fn open_page(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> bool {
        let song = self.player.view().song;
        let folder = song.and_then(|song| Some(song.path.parent()?.to_owned()));
        let browser = self.browser.get_or_insert_with(|| {
            let browser = match folder {
                Some(folder) => FileBrowser::in_folder(FileKind::Song, folder),
                None => FileBrowser::in_music_folder(),
            };
            browser.for_one_file()
        });
        match browser.show(ui, rect, controls) {
            FileChoice::None => false,
            FileChoice::File(path) => {
                self.open(path);
                // The next frame starts to decode it.
                ui.ctx().request_repaint();
                true
            }
            FileChoice::Done => true,
        }
    }

    /// Opens a song from its start on. A relative path starts at the present folder.
    pub fn open(&mut self, path: PathBuf) {
        let path = std::path::absolute(&path).unwrap_or(path);
        self.player.open(path, StartPlace::default());
    }
}

impl Screen {
    /// Adds the strip for songs.
    #[must_use]
    pub fn with_song_panel(self, panel: SongPanel) -> Self {
        self.with_app_part(Box::new(panel))
    }
}

impl AppPart for SongPanel {
    fn handle_signals(&self) {
        if let Some(signal) = &self.end_signal {
            signal.handle();
            #[cfg(target_os = "macos")]
            super::quit_request::raise_at_quit(signal.clone());
        }
    }

    fn should_close(&self) -> bool {
        let is_ended = self.end_signal.as_ref().is_some_and(EndSignal::has_come);
        let audio = self.audio.as_ref();
        is_ended || audio.is_some_and(AudioPage::is_restart_wanted)
    }

    /// Takes opened songs, and the space bar, which plays and pauses unless a text is being typed. Called at the begin of
    /// every frame.
    fn begin_frame(&mut self, ctx: &Context, sample_rate_hz: Option<f32>) -> bool {
        let is_opening = self.player.poll(sample_rate_hz);
        let is_recording = self.record.as_mut().is_some_and(RecordPage::poll);
        if self.render.poll() || is_opening || is_recording {
            ctx.request_repaint_after(POLL_INTERVAL);
        }
        self.update_session(ctx);
        let is_other_song = self.note_song();
        let Some(song) = self.player.view().song else {
            return false;
        };
        let is_playing = song.is_playing;
        let is_pressed = !ctx.text_edit_focused() && ctx.input_mut(take_space_bar);
        if is_playing {
            // Silence repaints nothing.
            ctx.request_repaint_after(POLL_INTERVAL);
        }
        if is_pressed {
            let action = PlayerAction::SetPlaying(!is_playing);
            self.player.perform(action);
        }
        is_other_song
    }

    fn open_song(&mut self, path: PathBuf) {
        self.open(path);
    }

    fn strip(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        page: Option<SongPage>,
    ) -> Option<SongPage> {
        if page != Some(SongPage::Open) {
            // The next visit shows the folder as it is then.
            self.browser = None;
        }
        if let Some(audio) = self
            .audio
            .as_mut()
            .filter(|_| page != Some(SongPage::Audio))
        {
            audio.forget_devices();
        }
        let status = self.status(page);
        let view = self.player.view();
        let theme = controls.theme;
        theme.panel(ui.painter(), rect);
        let at = |x: f32| pos2(rect.left() + theme.px(x), rect.center().y);
        let play = Rect::from_center_size(at(34.0), theme.vec(44.0, 36.0));
        let texts = Rect::from_min_max(
            pos2(rect.left() + theme.px(68.0), rect.top()),
            pos2(rect.left() + theme.px(258.0), rect.bottom()),
        );
        let well = Rect::from_min_max(
            pos2(texts.right() + theme.px(10.0), rect.top() + theme.px(7.0)),
            pos2(
                rect.right() - theme.px(389.0),
                rect.bottom() - theme.px(7.0),
            ),
        );
        let mut action = None;
        play_button(ui, play, controls, view.song.as_ref(), &mut action);
        title(ui, texts, controls, &view);
        let shown = (&view, status.as_ref(), TEXTS);
        let seek = waveform_view::show(ui, well, theme, shown, &mut self.drag);
        action = seek.or(action);
        let mut from_left = well.right() + theme.px(10.0);
        let mut next = |width: f32| {
            let place = Rect::from_min_size(
                pos2(from_left, rect.center().y - theme.px(13.0)),
                theme.vec(width, 26.0),
            );
            from_left = place.right() + theme.px(5.0);
            place
        };
        loop_button(ui, next(54.0), controls, view.song.as_ref(), &mut action);
        let tip = text!("Opens a song in place of the live input");
        let is_open = page == Some(SongPage::Open);
        let mut clicked = None;
        if controls.button(ui, next(60.0), text!("Open…"), tip, is_open) {
            clicked = Some(SongPage::Open);
        }
        let is_open = page == Some(SongPage::Render);
        if render_button(ui, next(72.0), controls, view.song.is_some(), is_open) {
            clicked = Some(SongPage::Render);
        }
        if let Some(record) = &self.record {
            let is_open = page == Some(SongPage::Record);
            if record_button(ui, next(72.0), controls, record, is_open) {
                clicked = Some(SongPage::Record);
            }
        }
        if self.audio.is_some() {
            let tip = text!("Shows and chooses the audio devices");
            let is_open = page == Some(SongPage::Audio);
            if controls.button(ui, next(60.0), text!("Audio…"), tip, is_open) {
                clicked = Some(SongPage::Audio);
            }
        }
        close_button(ui, next(24.0), controls, &view, &mut action);
        if let Some(action) = action {
            let is_of_player = self.player.view().message.is_some();
            self.player.perform(action);
            match (action, &mut self.session) {
                (PlayerAction::Close, Some(session)) => session.forget_song(),
                // The line of the player hides that of the render.
                (PlayerAction::Dismiss, _) if !is_of_player => self.dismiss(),
                _ => {}
            }
        }
        clicked
    }

    fn page(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        (page, settings): (SongPage, &ChainSettings),
    ) -> bool {
        let theme = controls.theme;
        theme.panel(ui.painter(), rect);
        let line = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(3.0)));
        ui.painter()
            .rect_filled(line, theme.radius(1.0), theme.color.output);
        let at = rect.min + theme.vec(14.0, 23.0);
        let content = Rect::from_min_max(
            rect.min + theme.vec(14.0, 42.0),
            rect.max - theme.vec(14.0, 10.0),
        );
        let name = match page {
            SongPage::Audio => text!("Audio devices"),
            SongPage::Open => text!("Open a song"),
            SongPage::Record => text!("Record"),
            SongPage::Render => text!("Render the song"),
        };
        let title = bold(13.5, theme.color.text);
        theme.text(ui.painter(), at, Align2::LEFT_CENTER, name, title);
        let is_rendering = self.render.is_rendering();
        match (page, self.player.view().song) {
            (SongPage::Audio, _) => self
                .audio
                .as_mut()
                .is_none_or(|audio| audio.show(ui, content, controls, is_rendering)),
            (SongPage::Open, _) => self.open_page(ui, content, controls),
            (SongPage::Record, _) => self
                .record
                .as_mut()
                .is_none_or(|record| record.show(ui, content, controls)),
            (SongPage::Render, Some(song)) => {
                self.render.show(ui, content, controls, &song, settings)
            }
            // The song was closed.
            (SongPage::Render, None) => true,
        }
    }
}

/// Removes presses of the space bar, so that no button takes them, too. Returns whether one is new and not a repetition of a
/// key that is held.
fn take_space_bar(input: &mut InputState) -> bool {
    let mut is_pressed = false;
    input.events.retain(|event| match event {
        Event::Key {
            key: Key::Space,
            pressed: true,
            repeat,
            modifiers: Modifiers::NONE,
            ..
        } => {
            is_pressed |= !repeat;
            false
        }
        _ => true,
    });
    is_pressed
}

impl Drop for SongPanel {
    /// Saves the session.
    fn drop(&mut self) {
        if let Some(session) = &mut self.session {
            session.finish(self.player.view().song.as_ref());
        }
    }
}
