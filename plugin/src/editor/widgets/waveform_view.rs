//! The waveform of the song, on which clicks and drags seek and move the loop.

use egui::{
    Align2, CursorIcon, Painter, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2,
    remap_clamp,
};
use flow_dsp::math::{count, narrow, samples};

use crate::audio::player::{PlayerAction, PlayerView, SongView};
use crate::editor::language::{text, translate};
use crate::editor::widgets::param_ui::{arrow_steps, lock_arrow_keys};
use crate::editor::widgets::plot::band;
use crate::editor::widgets::theme::{Theme, regular};

/// Height of the band at the top, in which drags set the loop, pixels at 100 %.
const BAND_HEIGHT: f32 = 10.0;
/// Half the width of the loop's ends for the pointer, pixels at 100 %.
const HANDLE: f32 = 5.0;
/// The distance of an arrow key on the waveform, s. With Shift it is a tenth.
const SEEK_STEP_S: f64 = 5.0;
/// The distance of an arrow key on an end of the loop, s. With Shift it is a tenth.
const LOOP_STEP_S: f64 = 1.0;

/// The object of a drag on the waveform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WaveformDrag {
    Position,
    /// A new section from this time on, s.
    Section(f64),
}

/// The texts of a waveform, keys of the catalogs.
#[derive(Clone, Copy)]
pub(crate) struct WaveformTexts {
    /// The kind of song with a space behind it, in front of the names of the controls; empty where there is one waveform.
    pub(crate) prefix: &'static str,
    /// In place of a song.
    pub(crate) hint: &'static str,
}

/// A line over the lower end of the waveform.
pub(crate) struct StatusLine {
    pub(crate) text: String,
    pub(crate) kind: StatusKind,
}

/// The meaning of a line. A click hides all but progress.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusKind {
    Progress,
    Success,
    Error,
}

/// Time and place in the well.
struct Axis {
    well: Rect,
    duration_s: f64,
}

impl Axis {
    fn x(&self, seconds: f64) -> f32 {
        let share = narrow(seconds / self.duration_s.max(1e-9));
        self.well.left() + share.clamp(0.0, 1.0) * self.well.width()
    }

    fn seconds(&self, x: f32) -> f64 {
        f64::from(remap_clamp(x, self.well.x_range(), 0.0..=1.0)) * self.duration_s
    }
}

/// Draws the waveform with loop and position, or a hint without a song, and a line over it. A click hides the line.
pub(crate) fn show(
    ui: &mut Ui,
    well: Rect,
    theme: Theme,
    (view, status, texts): (&PlayerView<'_>, Option<&StatusLine>, WaveformTexts),
    drag: &mut Option<WaveformDrag>,
) -> Option<PlayerAction> {
    let painter = ui.painter_at(well.expand(theme.px(2.0)));
    theme.well(&painter, well);
    let mut action = None;
    if let Some(song) = &view.song {
        let axis = Axis {
            well,
            duration_s: song.duration_s,
        };
        action = interact(ui, &axis, theme, (song, texts), drag);
        draw(&painter, &axis, theme, song);
        let ends = loop_ends(ui, &axis, theme, (song, texts), &painter);
        action = ends.or(action);
    } else if status.is_none() {
        let style = regular(11.5, theme.color.tertiary);
        let center = Align2::CENTER_CENTER;
        theme.text(
            &painter,
            well.center(),
            center,
            translate(texts.hint),
            style,
        );
    }
    match status {
        Some(status) if draw_status(ui, well, theme, status) => Some(PlayerAction::Dismiss),
        _ => action,
    }
}

/// Seeks, and sets the section of the loop.
fn interact(
    ui: &Ui,
    axis: &Axis,
    theme: Theme,
    (song, texts): (&SongView<'_>, WaveformTexts),
    drag: &mut Option<WaveformDrag>,
) -> Option<PlayerAction> {
    let id = ui.scope_id().with("waveform");
    let response = ui.interact(axis.well, id, Sense::click_and_drag());
    response.widget_info(|| slider(texts, text!("position"), song.position_s));
    theme.focus(ui.painter(), axis.well, &response);
    let steps = key_steps(ui, &response);
    if steps != 0.0 {
        let wanted = song.position_s + steps * SEEK_STEP_S;
        return Some(PlayerAction::Seek(wanted.clamp(0.0, song.duration_s)));
    }
    let is_in_band = |y: f32| y < axis.well.top() + theme.px(BAND_HEIGHT);
    if response.drag_started()
        && let Some(origin) = ui.input(|input| input.pointer.press_origin())
    {
        *drag = Some(if is_in_band(origin.y) {
            WaveformDrag::Section(axis.seconds(origin.x))
        } else {
            WaveformDrag::Position
        });
    }
    let at = response.interact_pointer_pos().map(|at| axis.seconds(at.x));
    let present = *drag;
    if !response.dragged() {
        *drag = None;
    }
    let hovered = response.hover_pos();
    if hovered.is_some_and(|at| is_in_band(at.y)) {
        ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    let action = match (present, at) {
        (Some(WaveformDrag::Section(from)), Some(to)) => Some(PlayerAction::Loop([from, to])),
        (Some(WaveformDrag::Position), Some(to)) => Some(PlayerAction::Seek(to)),
        (None, Some(to)) if response.clicked() => Some(PlayerAction::Seek(to)),
        _ => None,
    };
    if let Some(at) = hovered {
        response.on_hover_text_at_pointer(time(axis.seconds(at.x)));
    }
    action
}

/// The steps of the arrow keys on a focused control: up and right are 1, down and left −1; with Shift a tenth of that.
fn key_steps(ui: &Ui, response: &Response) -> f64 {
    lock_arrow_keys(ui, response);
    if response.has_focus() {
        f64::from(ui.input(arrow_steps))
    } else {
        0.0
    }
}

fn slider(texts: WaveformTexts, name: &str, seconds: f64) -> WidgetInfo {
    let name = format!("{}{name}", translate(texts.prefix));
    let mut info = WidgetInfo::slider(true, seconds, name);
    info.current_text_value = Some(time(seconds));
    info
}

/// Draws the waveform, the section of the loop and the position.
fn draw(painter: &Painter, axis: &Axis, theme: Theme, song: &SongView<'_>) {
    let well = axis.well;
    let [start, end] = song.section_s.map(|seconds| axis.x(seconds));
    if song.is_looping {
        let section = Rect::from_x_y_ranges(start..=end, well.y_range());
        painter.rect_filled(section, 0.0, theme.color.output.gamma_multiply(0.10));
        let band = section.with_max_y(well.top() + theme.px(3.0));
        painter.rect_filled(band, 0.0, theme.color.output);
    }
    // The loudest samples stay within the well, below its band.
    let middle = well.center().y + theme.px(2.0);
    let half = well.height() / 2.0 - theme.px(5.0);
    let columns = samples(f64::from(well.width())).max(1);
    let position = axis.x(song.position_s);
    let y = |level: f32| middle - level.clamp(-1.0, 1.0) * half;
    let edge = |column: usize| {
        let share = |column: usize| narrow(count(column) / count(columns));
        let [low, high] = song.waveform.range(share(column), share(column + 1));
        let x = well.left() + narrow(count(column)) + 0.5;
        // Silence is a line.
        (pos2(x, y(high) - 0.5), pos2(x, y(low) + 0.5))
    };
    let is_played = |column: &usize| well.left() + narrow(count(*column)) < position;
    let played = (0..columns).take_while(is_played);
    let played_columns = played.clone().count();
    // The parts share a column, so that no gap is between them.
    let rest = played_columns.saturating_sub(1)..columns;
    let dim = theme.color.input.gamma_multiply(0.6);
    painter.add(band(rest.map(edge), dim, dim));
    painter.add(band(played.map(edge), theme.color.input, theme.color.input));
    let stroke = Stroke::new(theme.px(1.5), theme.color.text);
    painter.vline(position, well.y_range(), stroke);
}

/// The two ends of the loop, which can be dragged.
fn loop_ends(
    ui: &Ui,
    axis: &Axis,
    theme: Theme,
    (song, texts): (&SongView<'_>, WaveformTexts),
    painter: &Painter,
) -> Option<PlayerAction> {
    if !song.is_looping {
        return None;
    }
    let mut action = None;
    for (index, name) in [text!("loop start"), text!("loop end")]
        .into_iter()
        .enumerate()
    {
        let seconds = song.section_s[index];
        let x = axis.x(seconds);
        let half = theme.px(HANDLE);
        let handle = Rect::from_x_y_ranges(x - half..=x + half, axis.well.y_range());
        let id = ui.scope_id().with(name);
        let response = ui.interact(handle, id, Sense::drag());
        response.widget_info(|| slider(texts, name, seconds));
        painter.vline(
            x,
            axis.well.y_range(),
            Stroke::new(theme.px(1.5), theme.color.output),
        );
        theme.focus(painter, handle, &response);
        let steps = key_steps(ui, &response);
        let mut moved = None;
        if steps != 0.0 {
            moved = Some(seconds + steps * LOOP_STEP_S);
        } else if response.dragged()
            && let Some(at) = response.interact_pointer_pos()
        {
            moved = Some(axis.seconds(at.x));
        }
        if let Some(moved) = moved {
            let mut section_s = song.section_s;
            section_s[index] = moved;
            // An end doesn't pass the other one.
            section_s[0] = section_s[0].min(section_s[1]);
            if index == 1 {
                section_s = [song.section_s[0], moved.max(song.section_s[0])];
            }
            action = Some(PlayerAction::SetSection(section_s));
        }
        response
            .on_hover_cursor(CursorIcon::ResizeHorizontal)
            .on_hover_text(format!("{name}: {}", precise_time(seconds)));
    }
    action
}

/// Draws a line over the lower end of the well. Returns whether it was clicked.
fn draw_status(ui: &Ui, well: Rect, theme: Theme, status: &StatusLine) -> bool {
    let StatusLine { text, kind } = status;
    let color = match kind {
        StatusKind::Error => theme.color.reduction,
        StatusKind::Progress | StatusKind::Success => theme.color.secondary,
    };
    let line = well.with_min_y(well.bottom() - theme.px(17.0));
    ui.painter()
        .rect_filled(line, theme.radius(6.0), theme.color.panel);
    let at = line.left_center() + theme.vec(8.0, 0.0);
    let width = line.width() - theme.px(16.0);
    let left = Align2::LEFT_CENTER;
    theme.line(ui.painter(), at, left, text, width, regular(11.0, color));
    let (sense, role, hint) = match kind {
        StatusKind::Progress => (Sense::hover(), Role::Label, text.clone()),
        _ => (
            Sense::click(),
            Role::Button,
            format!("{text}\n\n{}", text!("Click to hide")),
        ),
    };
    let response = ui.interact(line, ui.scope_id().with("song status"), sense);
    response.widget_info(|| WidgetInfo::labeled(role, true, text));
    theme.focus(ui.painter(), line, &response);
    response.on_hover_text(hint).clicked()
}

/// Seconds as `m:ss`, or `h:mm:ss`.
pub(crate) fn time(seconds: f64) -> String {
    let seconds = samples(seconds.floor());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Seconds as [`time`] does, with a tenth.
fn precise_time(seconds: f64) -> String {
    let tenths = samples(seconds * 10.0);
    format!("{}.{}", time(count(tenths / 10)), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_hours_only_where_there_are_some() {
        let texts = [0.0, 59.99, 61.0, 3599.0, 3661.5].map(time);
        assert_eq!(texts, ["0:00", "0:59", "1:01", "59:59", "1:01:01"]);
        assert_eq!([59.96, 61.24].map(precise_time), ["1:00.0", "1:01.2"]);
    }
}
