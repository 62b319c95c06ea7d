//! A table of the output's statistics beside those of the references.

use egui::{Align2, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, remap};
use flow_analysis::effect_model;
use flow_analysis::reference::SongStats;
use flow_dsp::math::{count, narrow};

use crate::editor::language::{text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{NOT_MEASURED, format_level};
use crate::editor::widgets::theme::{Theme, bold, regular};

/// Width of the table.
pub(super) const WIDTH: f32 = 440.0;
/// Height of a row.
const ROW_HEIGHT: f32 = 19.0;
/// Height above the first row.
const HEAD_HEIGHT: f32 = 28.0;
/// Largest difference on a track, dB or LU.
const TRACK_RANGE: f32 = 6.0;

/// A row of the table.
struct Row {
    name: &'static str,
    unit: &'static str,
    tip: &'static str,
    yours: Option<f32>,
    theirs: Option<f32>,
    is_comparable: bool,
}

fn rows(view: &EditorView<'_>) -> Vec<Row> {
    let yours = view.assistant.listening.analysis().map(|analysis| {
        let mut stats = SongStats::of(&analysis.song_summary);
        // References are whole songs: loudness and PLR are estimated for the whole song.
        stats.loudness_lufs = analysis.song.map(|song| song.lufs);
        let difference_lu = analysis
            .song
            .map_or(0.0, |song| song.measured_lufs - song.lufs);
        stats.plr_db = stats.plr_db.map(|db| db + difference_lu);
        stats.after(&effect_model::simulate(
            &analysis.song_summary,
            &view.settings,
        ))
    });
    let target = view.shared.params.references.target();
    let theirs = (!target.is_empty()).then(|| SongStats::mean(&target.references));
    let row = |name, unit, tip, of: &dyn Fn(&SongStats) -> Option<f32>| Row {
        name,
        unit,
        tip,
        yours: yours.as_ref().and_then(of),
        theirs: theirs.as_ref().and_then(of),
        is_comparable: true,
    };
    let anchor = text!("Level of the anchor against the broadband level");
    let anchors = flow_params::ANCHORS.iter().enumerate();
    let anchors =
        anchors.map(|(i, id)| row(translate(id.name()), "dB", anchor, &|f| f.anchors_db[i]));
    let loudness = text!("Loudness of the whole song, estimated for yours from all that was heard");
    let plr = text!("Peak to loudness ratio: low values are dense, high values are dynamic");
    let range =
        text!("Loudness range. A part has less than a whole song, so there is no difference");
    let width = text!("Level of the sides against the mid");
    let rest = [
        row(text!("Loudness"), "LUFS", loudness, &|f| f.loudness_lufs),
        row("PLR", "dB", plr, &|f| f.plr_db),
        Row {
            is_comparable: false,
            ..row(text!("Range"), "LU", range, &|f| f.range_lu)
        },
        row(text!("Width"), "dB", width, &|f| f.side_db),
    ];
    anchors.chain(rest).collect()
}

/// Draws the table. Returns its lower end.
pub(super) fn show(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) -> f32 {
    let painter = ui.painter();
    let x = |from_left: f32| rect.left() + theme.px(from_left);
    let right_text = |from_left: f32, y: f32, text: &str, style| {
        theme.text(
            painter,
            pos2(x(from_left), y),
            Align2::RIGHT_CENTER,
            text,
            style,
        );
    };
    let header = rect.top() + theme.px(6.0);
    let title = bold(11.5, theme.color.secondary);
    let yours = match view.assistant.listening.analysis() {
        Some(_) => text!("yours now"),
        None => text!("yours: not analyzed yet"),
    };
    right_text(180.0, header, yours, title);
    right_text(270.0, header, text!("references"), title);
    right_text(350.0, header, text!("difference"), title);
    let rows = rows(view);
    for (i, row) in rows.iter().enumerate() {
        let y = rect.top() + theme.px(HEAD_HEIGHT + ROW_HEIGHT * narrow(count(i)));
        let style = regular(11.5, theme.color.text);
        let mut name_x = x(0.0);
        if let Some(color) = theme.color.anchors.get(i) {
            painter.circle_filled(pos2(x(4.0), y), theme.px(3.5), *color);
            name_x = x(14.0);
        }
        let name_style = regular(11.5, theme.color.secondary);
        theme.text(
            painter,
            pos2(name_x, y),
            Align2::LEFT_CENTER,
            row.name,
            name_style,
        );
        let format = |value: Option<f32>| match value {
            Some(value) => format!("{} {}", format_level(value, 1), row.unit),
            None => NOT_MEASURED.to_owned(),
        };
        let (yours, theirs) = (format(row.yours), format(row.theirs));
        right_text(180.0, y, &yours, style);
        right_text(270.0, y, &theirs, style);
        let difference = row.yours.zip(row.theirs).filter(|_| row.is_comparable);
        let difference = difference.map(|(yours, theirs)| yours - theirs);
        let difference_text = difference.map_or_else(|| NOT_MEASURED.to_owned(), signed);
        right_text(350.0, y, &difference_text, style);
        if let Some(difference) = difference {
            let (top, bottom) = (y - theme.px(2.5), y + theme.px(2.5));
            let track = Rect::from_min_max(pos2(x(364.0), top), pos2(x(WIDTH), bottom));
            difference_bar(painter, track, theme, difference);
        }
        let line = Rect::from_x_y_ranges(rect.x_range(), y - theme.px(10.0)..=y + theme.px(10.0));
        let text = text!(
            "{name}: yours {yours}, references {theirs}, difference {difference_text}",
            name = row.name,
            yours,
            theirs,
            difference_text
        );
        ui.interact(line, ui.scope_id().with(("figure", i)), Sense::hover())
            .on_hover_text(row.tip)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    }
    rect.top() + theme.px(HEAD_HEIGHT + ROW_HEIGHT * (narrow(count(rows.len())) - 0.4))
}

/// A bar from the center of its track to a difference.
fn difference_bar(painter: &Painter, track: Rect, theme: Theme, difference: f32) {
    painter.rect_filled(track, theme.radius(2.0), theme.color.line);
    let x = |value: f32| {
        let value = value.clamp(-TRACK_RANGE, TRACK_RANGE);
        remap(value, -TRACK_RANGE..=TRACK_RANGE, track.x_range())
    };
    let (zero, end) = (x(0.0), x(difference));
    let bar = Rect::from_x_y_ranges(zero.min(end)..=zero.max(end), track.y_range());
    painter.rect_filled(bar, theme.radius(2.0), theme.color.output);
    let mark = track.y_range().expand(theme.px(2.0));
    painter.vline(zero, mark, Stroke::new(theme.px(1.0), theme.color.target));
}

fn signed(value: f32) -> String {
    let sign = if value >= 0.05 { "+" } else { "" };
    format!("{sign}{}", format_level(value, 1))
}
