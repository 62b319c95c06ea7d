//! The histogram of the short-term loudness in the menu of the loudness panel.

use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, remap, vec2};
use flow_dsp::math::{count, narrow};

use crate::editor::language::text;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::model::session_statistics::loudness_histogram::{
    CLASSES, ENDS_LUFS, LoudnessHistogram,
};
use crate::editor::widgets::theme::{Theme, regular};

/// Height of the picture.
const HEIGHT: f32 = 84.0;

/// Draws the distribution of the last half hour at most, the band of the loudness range, and the target.
pub(super) fn show(ui: &mut Ui, theme: Theme, view: &EditorView<'_>) {
    let size = vec2(ui.available_width(), theme.px(HEIGHT));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    painter.rect_filled(rect, theme.radius(4.0), theme.color.well);
    let plot = Rect::from_min_max(
        rect.min + theme.vec(6.0, 18.0),
        rect.max - theme.vec(6.0, 16.0),
    );
    let [low, high] = ENDS_LUFS;
    let x = |lufs: f32| remap(lufs.clamp(low, high), low..=high, plot.x_range());
    let song = view.shared.meter_history.song();
    let histogram = LoudnessHistogram::new(&song.points);
    let text = match histogram.range_lufs {
        Some([from, to]) => text!(
            "range {range} LU: {from} to {to} LUFS",
            range = format_level(view.readings.output.loudness_range_lu, 1),
            from = format_level(from, 1),
            to = format_level(to, 1)
        ),
        None => text!("range: no sound yet").to_owned(),
    };
    if let Some([from, to]) = histogram.range_lufs {
        let band = Rect::from_x_y_ranges(x(from)..=x(to), plot.y_range());
        painter.rect_filled(band, 0.0, theme.color.secondary.gamma_multiply(0.25));
    }
    let most = histogram.seconds.iter().copied().max().unwrap_or(0).max(1);
    for (class, seconds) in histogram.seconds.into_iter().enumerate() {
        if seconds == 0 {
            continue;
        }
        let from = low + narrow(count(class)) * (high - low) / narrow(count(CLASSES));
        let share = narrow(f64::from(seconds) / f64::from(most));
        let bar = Rect::from_min_max(
            pos2(x(from) + 0.5, plot.bottom() - share * plot.height()),
            pos2(x(from + 1.0) - 0.5, plot.bottom()),
        );
        painter.rect_filled(bar, 0.0, theme.color.output);
    }
    painter.hline(
        plot.x_range(),
        plot.bottom(),
        Stroke::new(theme.px(1.0), theme.color.line),
    );
    if let Some(target) = view.target_lufs() {
        painter.vline(
            x(target),
            plot.y_range(),
            Stroke::new(theme.px(1.5), theme.color.target),
        );
    }
    let style = regular(10.5, theme.color.secondary);
    let at = pos2(plot.left(), rect.top() + theme.px(9.0));
    theme.text(painter, at, Align2::LEFT_CENTER, &text, style);
    for lufs in [-48.0_f32, -36.0, -24.0, -12.0, 0.0] {
        let align = match lufs {
            -48.0 => Align2::LEFT_CENTER,
            0.0 => Align2::RIGHT_CENTER,
            _ => Align2::CENTER_CENTER,
        };
        let at = pos2(x(lufs), rect.bottom() - theme.px(8.0));
        let style = regular(10.5, theme.color.tertiary);
        theme.text(painter, at, align, format_level(lufs, 0), style);
    }
    let summary = text!("histogram of the short-term loudness, {text}", text);
    response
        .on_hover_text(text!(
            "Seconds at each short-term loudness, the loudness range as an area, and the target"
        ))
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &summary));
}
