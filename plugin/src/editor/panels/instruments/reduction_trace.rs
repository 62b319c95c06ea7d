//! Gain reduction over the last seconds.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, remap};
use flow_dsp::math::{count, narrow};

use crate::audio::meter_history::{GainStage, HistoryPoint, POINTS_PER_SECOND};
use crate::editor::language::text;
use crate::editor::model::number_text::format_level;
use crate::editor::widgets::plot::area;
use crate::editor::widgets::theme::{Theme, bold, regular};
use crate::plugin_shared::PluginShared;

/// The length of a trace, s.
const SECONDS: usize = 12;
/// Points of a trace.
const POINTS: usize = SECONDS * POINTS_PER_SECOND;
/// The depths that a trace can show at least, dB. The smallest one that holds all reductions is used.
const DEPTHS_DB: [f32; 3] = [6.0, 12.0, 24.0];

/// A line of the picture.
pub(super) struct Trace {
    pub(super) stage: GainStage,
    pub(super) name: &'static str,
    pub(super) color: Color32,
}

/// Draws the reduction of some stages, each in its color. The deepest reduction stands beside the name.
pub(crate) fn show(ui: &Ui, rect: Rect, theme: Theme, shared: &PluginShared, traces: &[Trace]) {
    let painter = ui.painter();
    painter.rect_filled(rect, theme.radius(6.0), theme.color.well);
    let points: Vec<HistoryPoint> = shared.meter_history.iter().collect();
    let points = &points[points.len().saturating_sub(POINTS)..];
    let lowest_db = |stage: GainStage| {
        let gains = points.iter().map(|point| point.gain_db(stage));
        gains.fold(0.0, f32::min)
    };
    let depths_db = traces.iter().map(|trace| -lowest_db(trace.stage));
    let deepest_db = depths_db.fold(0.0, f32::max);
    let fits = DEPTHS_DB.into_iter().find(|depth| deepest_db <= *depth);
    let depth_db = fits.unwrap_or(DEPTHS_DB[DEPTHS_DB.len() - 1]);

    let plot = Rect::from_min_max(
        rect.min + theme.vec(28.0, 26.0),
        rect.max - theme.vec(8.0, 8.0),
    );
    let y = |gain_db: f32| {
        let gain_db = gain_db.max(-depth_db);
        remap(gain_db, -depth_db..=0.0, plot.bottom()..=plot.top())
    };
    let stroke = Stroke::new(theme.px(1.0), theme.color.line);
    for share in [0.0, 0.5, 1.0] {
        let db = -depth_db * share;
        painter.hline(plot.x_range(), y(db), stroke);
        let at = pos2(plot.left() - theme.px(5.0), y(db));
        let text = format_level(db, 0);
        theme.text(
            painter,
            at,
            Align2::RIGHT_CENTER,
            text,
            regular(10.5, theme.color.secondary),
        );
    }
    let title_y = rect.top() + theme.px(13.0);
    let at = pos2(plot.right(), title_y);
    let text = text!("last {seconds} s", seconds = SECONDS);
    theme.text(
        painter,
        at,
        Align2::RIGHT_CENTER,
        text,
        regular(10.5, theme.color.tertiary),
    );
    let mut title_x = plot.left();
    let step = plot.width() / narrow(count(POINTS - 1));
    let first = POINTS - points.len();
    let fill = if traces.len() == 1 { 0.3 } else { 0.15 };
    let mut words = text!(
        "deepest reduction of the last {seconds} s",
        seconds = SECONDS
    );
    for Trace { stage, name, color } in traces {
        let line: Vec<Pos2> = points
            .iter()
            .enumerate()
            .map(|(i, point)| {
                let x = plot.left() + step * narrow(count(first + i));
                pos2(x, y(point.gain_db(*stage)))
            })
            .collect();
        painter.add(area(&line, plot.top(), color.gamma_multiply(fill)));
        painter.add(Shape::line(line, Stroke::new(theme.px(1.5), *color)));
        let at = pos2(title_x, title_y);
        let style = regular(10.5, *color);
        let text = format!("{} dB", format_level(lowest_db(*stage), 1));
        words.push_str(&format!(", {name} {text}"));
        let name = theme.text(painter, at, Align2::LEFT_CENTER, name, style);
        let at = pos2(name.right() + theme.px(5.0), title_y);
        let number = theme.text(
            painter,
            at,
            Align2::LEFT_CENTER,
            text,
            bold(10.5, theme.color.text),
        );
        title_x = number.right() + theme.px(14.0);
    }
    ui.interact(rect, ui.scope_id().with("reduction trace"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}
