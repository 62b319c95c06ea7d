//! The output level of a stage over its input level, with the present gain as a dot.

use egui::{Align2, Color32, Rect, Shape, Stroke, Ui, Vec2, pos2, remap, vec2};

use crate::editor::language::{text, translate};
use crate::editor::model::number_text::format_level;
use crate::editor::panels::history::NO_REDUCTION_DB;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, regular};
use crate::params::AnyParam;

/// Ends of both axes, dBFS.
const LOWEST_DB: f32 = -60.0;
const HIGHEST_DB: f32 = 0.0;
/// Steps of the drawn curve, dB.
const STEP_DB: f32 = 0.5;

/// The static gain of a stage.
pub(crate) struct TransferCurve<'a> {
    pub(crate) color: Color32,
    /// The gain at a steady input level in dBFS, dB.
    pub(crate) gain_db: &'a dyn Fn(f32) -> f32,
    /// The present reduction against the gain of soft sounds, dB, 0 or less.
    pub(crate) present_db: f32,
    /// The threshold, which its handle moves.
    pub(crate) threshold: AnyParam<'a>,
}

impl TransferCurve<'_> {
    /// The level with a steady gain like the present one; `None` without reduction.
    fn present_level_db(&self) -> Option<f32> {
        if self.present_db > NO_REDUCTION_DB {
            return None;
        }
        let soft_db = (self.gain_db)(LOWEST_DB);
        levels().find(|level| (self.gain_db)(*level) - soft_db <= self.present_db)
    }
}

fn levels() -> impl Iterator<Item = f32> {
    let steps = (0_u16..).map(|step| LOWEST_DB + STEP_DB * f32::from(step));
    steps.take_while(|level| *level <= HIGHEST_DB)
}

/// Draws curves into a square.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    curves: &[TransferCurve<'_>],
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    painter.rect_filled(rect, theme.radius(6.0), theme.color.well);
    let plot = Rect::from_min_max(
        rect.min + theme.vec(28.0, 8.0),
        rect.max - theme.vec(8.0, 18.0),
    );
    let x = |db: f32| remap(db, LOWEST_DB..=HIGHEST_DB, plot.x_range());
    let y = |db: f32| remap(db, LOWEST_DB..=HIGHEST_DB, plot.bottom()..=plot.top());
    grid(ui, theme, plot, (&x, &y));
    let clip = painter.with_clip_rect(plot);
    let diagonal = [plot.left_bottom(), plot.right_top()];
    let stroke = Stroke::new(theme.px(1.0), theme.color.tertiary);
    clip.extend(Shape::dashed_line(
        &diagonal,
        stroke,
        theme.px(4.0),
        theme.px(4.0),
    ));
    for curve in curves {
        let at = |level: f32| pos2(x(level), y(level + (curve.gain_db)(level)));
        let stroke = Stroke::new(theme.px(2.0), curve.color);
        clip.add(Shape::line(levels().map(at).collect(), stroke));
        if let Some(level) = curve.present_level_db() {
            painter.circle_filled(at(level), theme.px(4.0), theme.color.text);
        }
        let threshold_db = curve.threshold.plain(controls.shown_value(curve.threshold));
        let handle = Rect::from_center_size(at(threshold_db), theme.vec(20.0, 20.0));
        let name = text!(
            "{name} handle",
            name = translate(curve.threshold.id().name())
        );
        // The handle moves along the diagonal, by the part of the way in that direction.
        let decibel = vec2(plot.width(), -plot.height()) / (HIGHEST_DB - LOWEST_DB);
        let moved = |before_db: f32, way: Vec2| before_db + way.dot(decibel) / decibel.length_sq();
        let response = controls.on_axis(ui, handle, (curve.threshold, &name), &moved);
        let radius = theme.px(if response.hovered() { 6.0 } else { 5.0 });
        let stroke = Stroke::new(theme.px(2.0), curve.color);
        painter.circle(handle.center(), radius, theme.color.background, stroke);
        theme.focus(&painter, handle, &response);
    }
}

fn grid(ui: &Ui, theme: Theme, plot: Rect, (x, y): (&dyn Fn(f32) -> f32, &dyn Fn(f32) -> f32)) {
    let painter = ui.painter();
    let stroke = Stroke::new(theme.px(1.0), theme.color.line);
    let style = regular(10.5, theme.color.secondary);
    for db in [0.0, -20.0, -40.0, -60.0_f32] {
        painter.vline(x(db), plot.y_range(), stroke);
        painter.hline(plot.x_range(), y(db), stroke);
        let text = format_level(db, 0);
        let at = pos2(plot.left() - theme.px(5.0), y(db));
        theme.text(painter, at, Align2::RIGHT_CENTER, &text, style);
        let align = if db == HIGHEST_DB {
            Align2::RIGHT_CENTER
        } else {
            Align2::CENTER_CENTER
        };
        let at = pos2(x(db), plot.bottom() + theme.px(9.0));
        theme.text(painter, at, align, &text, style);
    }
}
