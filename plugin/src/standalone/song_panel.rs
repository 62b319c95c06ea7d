//! The window's part for songs: the strip with transport and waveform, and the pages that open and render a song.

use std::path::PathBuf;
use std::time::Duration;

use egui::{
    Align2, Context, Event, InputState, Key, Modifiers, Rect, Role, Sense, Shape, Ui, WidgetInfo,
    pos2, vec2,
};
use flow_dsp::ChainSettings;

use super::end_signal::EndSignal;
use super::render_page::RenderPage;
use super::session::{RestoredSession, Session};
use crate::audio::player::{PlayerAction, PlayerView, SongPlayer, SongView, StartPlace};
use crate::editor::app_part::{AppPart, SongPage};
use crate::editor::language::{key, text};
use crate::editor::panels::file_browser::{FileBrowser, FileChoice, FileKind};
use crate::editor::screen::Screen;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, bold, regular};
use crate::editor::widgets::waveform_view::{
    self, StatusKind, StatusLine, WaveformDrag, WaveformTexts, time,
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
            drag: None,
            noted: None,
            session: None,
            end_signal: None,
        }
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
            self.player.open(path, start);
        }
        if let Some(message) = restored.message {
            self.player.show_message(message);
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

    /// The line over the waveform. The page of a render has the same about the render.
    fn status(&self, page: Option<SongPage>) -> Option<StatusLine> {
        let view = self.player.view();
        let line = |text: String, kind| StatusLine { text, kind };
        if let Some(progress) = view.progress {
            return Some(line(progress, StatusKind::Progress));
        }
        if let Some(message) = view.message {
            return Some(line(message.to_owned(), StatusKind::Error));
        }
        if page == Some(SongPage::Render) {
            return None;
        }
        let progress = self.render.progress();
        let progress = progress.map(|progress| line(progress, StatusKind::Progress));
        progress.or_else(|| match self.render.outcome()? {
            Ok(saved) => Some(line(saved.clone(), StatusKind::Success)),
            Err(error) => Some(line(error.clone(), StatusKind::Error)),
        })
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
        }
    }

    fn should_close(&self) -> bool {
        self.end_signal.as_ref().is_some_and(EndSignal::has_come)
    }

    /// Takes opened songs, and the space bar, which plays and pauses unless a text is being typed. Called at the begin of
    /// every frame.
    fn begin_frame(&mut self, ctx: &Context, sample_rate_hz: Option<f32>) -> bool {
        let is_opening = self.player.poll(sample_rate_hz);
        if self.render.poll() || is_opening {
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
                rect.right() - theme.px(247.0),
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
        close_button(ui, next(24.0), controls, &view, &mut action);
        if let Some(action) = action {
            let is_of_player = self.player.view().message.is_some();
            self.player.perform(action);
            match (action, &mut self.session) {
                (PlayerAction::Close, Some(session)) => session.forget_song(),
                // The line of the player hides that of the render.
                (PlayerAction::Dismiss, _) if !is_of_player => self.render.dismiss(),
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
            SongPage::Open => text!("Open a song"),
            SongPage::Render => text!("Render the song"),
        };
        let title = bold(13.5, theme.color.text);
        theme.text(ui.painter(), at, Align2::LEFT_CENTER, name, title);
        match (page, self.player.view().song) {
            (SongPage::Open, _) => self.open_page(ui, content, controls),
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

fn play_button(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    song: Option<&SongView<'_>>,
    action: &mut Option<PlayerAction>,
) {
    let theme = controls.theme;
    let is_playing = song.is_some_and(|song| song.is_playing);
    let (name, tip) = match song {
        None => (text!("Play"), text!("Open a song first")),
        Some(_) if is_playing => (text!("Pause"), text!("Pauses the song (space bar)")),
        Some(_) => (text!("Play"), text!("Plays the song (space bar)")),
    };
    let response = ui.interact(rect, ui.scope_id().with("play"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, song.is_some(), name));
    match song {
        Some(_) => theme.button(ui.painter(), rect, &response, is_playing),
        None => theme.disabled_button(ui.painter(), rect, &response),
    }
    let color = match (song, is_playing) {
        (None, _) => theme.color.disabled(),
        (_, true) => theme.color.output,
        (_, false) => theme.color.text,
    };
    let center = rect.center();
    if is_playing {
        for x in [-4.5, 4.5] {
            let bar = Rect::from_center_size(center + theme.vec(x, 0.0), theme.vec(4.0, 15.0));
            ui.painter().rect_filled(bar, theme.radius(1.0), color);
        }
    } else {
        let corners = [(-5.0, -8.0), (9.0, 0.0), (-5.0, 8.0)];
        let corners = corners.map(|(x, y)| center + theme.vec(x, y));
        let stroke = egui::Stroke::NONE;
        ui.painter()
            .add(Shape::convex_polygon(corners.to_vec(), color, stroke));
    }
    if response.on_hover_text(tip).clicked() && song.is_some() {
        *action = Some(PlayerAction::SetPlaying(!is_playing));
    }
}

/// The song's name and time, or the live input.
fn title(ui: &Ui, rect: Rect, controls: &ParamUi<'_>, view: &PlayerView<'_>) {
    let theme = controls.theme;
    let painter = ui.painter();
    let (name, text) = match &view.song {
        Some(song) => (
            song.name,
            format!("{} / {}", time(song.position_s), time(song.duration_s)),
        ),
        None => (text!("Live input"), text!("of the audio device").to_owned()),
    };
    let at = |y: f32| pos2(rect.left(), rect.center().y + theme.px(y));
    let (left, width) = (Align2::LEFT_CENTER, rect.width());
    theme.line(
        painter,
        at(-9.0),
        left,
        name,
        width,
        bold(12.0, theme.color.text),
    );
    theme.line(
        painter,
        at(9.0),
        left,
        &text,
        width,
        regular(11.5, theme.color.secondary),
    );
    let label = text!("source: {name}, {text}", name, text);
    ui.interact(rect, ui.scope_id().with("source"), Sense::hover())
        .on_hover_text(name)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
}

fn loop_button(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    song: Option<&SongView<'_>>,
    action: &mut Option<PlayerAction>,
) {
    let tip = text!(
        "Repeats a section. Drag its ends, or drag along the top of the waveform for another one. Default: off"
    );
    let state = match song {
        None => ActionState::Impossible,
        Some(song) if song.is_looping => ActionState::Recommended,
        Some(_) => ActionState::Possible,
    };
    if controls.action(ui, rect, ["loop", text!("Loop")], tip, state)
        && let Some(song) = song
    {
        *action = Some(PlayerAction::SetLooping(!song.is_looping));
    }
}

/// The button of the page that renders. Returns whether it was clicked while there is a song.
fn render_button(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    has_song: bool,
    is_open: bool,
) -> bool {
    let tip = text!("Writes the song through the present settings into a file");
    let state = match has_song {
        false => ActionState::Impossible,
        true if is_open => ActionState::Recommended,
        true => ActionState::Possible,
    };
    controls.action(ui, rect, ["render song", text!("Render…")], tip, state)
}

/// The cross that gives up the song that is being opened, or closes the present one.
fn close_button(
    ui: &Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    view: &PlayerView<'_>,
    action: &mut Option<PlayerAction>,
) {
    let (name, tip, close) = match view {
        PlayerView {
            progress: Some(_), ..
        } => (
            text!("cancel opening"),
            text!("Gives up the song that is being opened"),
            PlayerAction::Cancel,
        ),
        PlayerView { song: Some(_), .. } => (
            text!("close song"),
            text!("Closes the song and returns to the live input"),
            PlayerAction::Close,
        ),
        _ => return,
    };
    let response = ui.interact(rect, ui.scope_id().with("close song"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    controls.theme.cross(ui.painter(), rect, &response);
    if response.on_hover_text(tip).clicked() {
        *action = Some(close);
    }
}
