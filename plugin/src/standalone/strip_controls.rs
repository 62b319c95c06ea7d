//! The controls of the strip for songs.

use egui::{Align2, Rect, Role, Sense, Shape, Ui, WidgetInfo, pos2};

use super::record_page::RecordPage;
use crate::audio::player::{PlayerAction, PlayerView, SongView};
use crate::editor::language::text;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{bold, regular};
use crate::editor::widgets::waveform_view::time;

/// The button that plays and pauses.
pub(super) fn play_button(
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
pub(super) fn title(ui: &Ui, rect: Rect, controls: &ParamUi<'_>, view: &PlayerView<'_>) {
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

/// The switch of the loop.
pub(super) fn loop_button(
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
pub(super) fn render_button(
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

/// The button of the page that records. While a recording runs, it ends it. Returns whether the page was asked for.
pub(super) fn record_button(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    record: &RecordPage,
    is_open: bool,
) -> bool {
    let id = "record page";
    if record.is_recording() && !is_open {
        let tip = text!("Ends the recording and completes its file");
        if controls.action(ui, rect, [id, text!("Stop")], tip, ActionState::Recommended) {
            record.stop();
        }
        return false;
    }
    let state = match is_open {
        true => ActionState::Recommended,
        false => ActionState::Possible,
    };
    let tip = text!("Writes the heard audio into a file while it plays");
    controls.action(ui, rect, [id, text!("Record…")], tip, state)
}

/// The cross that gives up the song that is being opened, or closes the present one.
pub(super) fn close_button(
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
