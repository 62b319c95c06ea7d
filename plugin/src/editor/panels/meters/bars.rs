//! The bars: momentary, short-term and integrated loudness with the target, and the levels of input and output.

use egui::{
    Align2, Color32, CursorIcon, Key, Painter, Rangef, Rect, Response, Sense, Stroke, Ui,
    WidgetInfo, pos2, remap,
};

use crate::editor::language::text;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::model::preferences_file::display_options::{
    LevelScale, MeterOptions, OwnTarget,
};
use crate::editor::widgets::param_ui::{is_reset_click, lock_arrow_keys, presses};
use crate::editor::widgets::theme::{Theme, regular};

/// The lower end of the loudness, LUFS.
const MIN_LUFS: f32 = -36.0;
/// Width of a bar.
const WIDTH: f32 = 14.0;
/// The change of an arrow key on the target without and with Shift, LU.
const TARGET_STEP_LU: f32 = 0.5;
const FINE_TARGET_STEP_LU: f32 = 0.1;

/// The limiter's tolerance: a peak above the ceiling by more is over.
const PEAK_TOLERANCE_DB: f32 = 0.05;

/// The column of all bars.
struct Bars<'a> {
    painter: &'a Painter,
    theme: Theme,
    left: f32,
    top: f32,
    bottom: f32,
}

impl Bars<'_> {
    fn y(&self, value: f32, bottom_value: f32) -> f32 {
        let value = value.clamp(bottom_value, 0.0);
        remap(value, bottom_value..=0.0, self.bottom..=self.top)
    }

    /// Draws the ground of a bar and its name. Returns its rectangle.
    fn well(&self, x: f32, name: &str) -> Rect {
        let left = self.left + self.theme.px(x);
        let well = Rect::from_min_max(
            pos2(left, self.top),
            pos2(left + self.theme.px(WIDTH), self.bottom),
        );
        self.painter
            .rect_filled(well, self.theme.radius(2.0), self.theme.color.well);
        let at = pos2(well.center().x, self.bottom + self.theme.px(10.0));
        let style = regular(10.5, self.theme.color.secondary);
        self.theme
            .text(self.painter, at, Align2::CENTER_CENTER, name, style);
        well
    }

    fn line(&self, [from, to]: [f32; 2], y: f32, stroke: Stroke) {
        let span = Rangef::new(
            self.left + self.theme.px(from),
            self.left + self.theme.px(to),
        );
        self.painter.hline(span, y, stroke);
    }
}

/// Draws all bars. Returns the levels in words.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    theme: Theme,
    view: &EditorView<'_>,
    meters: &mut MeterOptions,
) -> String {
    let painter = ui.painter().clone();
    let bars = Bars {
        painter: &painter,
        theme,
        left: rect.right() - theme.px(134.0),
        top: rect.top() + theme.px(18.0),
        bottom: rect.top() + theme.px(97.0),
    };
    let output = &view.readings.output;
    for (x, name, lufs) in [
        (0.0, "M", output.momentary_lufs),
        (19.0, "S", output.short_term_lufs),
        (38.0, "I", output.integrated_lufs),
    ] {
        let well = bars.well(x, name);
        if lufs.is_finite() {
            let bar = well.with_min_y(bars.y(lufs, MIN_LUFS));
            painter.rect_filled(bar, theme.radius(2.0), theme.color.output);
        }
    }
    target(ui, &bars, view, meters);
    levels(&bars, view, meters.scale)
}

/// The line of the target, which can be dragged.
fn target(ui: &Ui, bars: &Bars<'_>, view: &EditorView<'_>, meters: &mut MeterOptions) {
    let Some(lufs) = view.target_lufs() else {
        return;
    };
    let theme = bars.theme;
    let y = bars.y(lufs, MIN_LUFS);
    let span = [-5.0, 57.0];
    bars.line(span, y, Stroke::new(theme.px(2.0), theme.color.target));
    let reach = theme.px(5.0);
    let place = Rect::from_min_max(
        pos2(bars.left + theme.px(span[0]), y - reach),
        pos2(bars.left + theme.px(span[1]), y + reach),
    );
    let id = ui.scope_id().with("loudness target");
    let response = ui.interact(place, id, Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, f64::from(lufs), text!("Loudness target"));
        info.current_text_value = Some(format!("{} LUFS", format_level(lufs, 1)));
        info
    });
    theme.focus(bars.painter, place, &response);
    if is_reset_click(ui, &response) {
        meters.own_target = None;
    } else if let Some(lufs) = moved(ui, bars, &response, lufs) {
        meters.own_target = Some(OwnTarget::new(lufs));
    }
    let text = text!(
        "{level} LUFS: drag for a target of your own, double-click for the delivery's",
        level = format_level(lufs, 1)
    );
    response
        .on_hover_cursor(CursorIcon::ResizeVertical)
        .on_hover_text(text);
}

/// The target after a drag or an arrow key, LUFS.
fn moved(ui: &Ui, bars: &Bars<'_>, response: &Response, lufs: f32) -> Option<f32> {
    if response.dragged() {
        let at = response.interact_pointer_pos()?;
        let range = bars.bottom..=bars.top;
        let pointed = egui::remap_clamp(at.y, range, MIN_LUFS..=0.0);
        return Some((pointed / TARGET_STEP_LU).round() * TARGET_STEP_LU);
    }
    lock_arrow_keys(ui, response);
    if !response.has_focus() {
        return None;
    }
    let change_lu = ui.input(|input| {
        let by = |has_shift| {
            presses(input, Key::ArrowUp, has_shift) + presses(input, Key::ArrowRight, has_shift)
                - presses(input, Key::ArrowDown, has_shift)
                - presses(input, Key::ArrowLeft, has_shift)
        };
        TARGET_STEP_LU * by(false) + FINE_TARGET_STEP_LU * by(true)
    });
    (change_lu != 0.0).then_some(lufs + change_lu)
}

/// The color of a peak: that of an excess above the ceiling, or the normal one.
pub(super) fn peak_color(
    theme: Theme,
    peak_dbtp: f32,
    ceiling_dbtp: f32,
    normal: Color32,
) -> Color32 {
    if peak_dbtp > ceiling_dbtp + PEAK_TOLERANCE_DB {
        theme.color.over
    } else {
        normal
    }
}

/// Average, peak and held true peak of input and output on the chosen scale. Returns them in words.
fn levels(bars: &Bars<'_>, view: &EditorView<'_>, scale: LevelScale) -> String {
    let Bars { painter, theme, .. } = bars;
    let bottom_db = scale.bottom_dbfs();
    let y = |dbfs: f32| bars.y(dbfs, bottom_db);
    let ceiling_dbtp = view.settings.limiter.ceiling_db;
    let readings = &view.readings;
    let (input, output) = (
        readings.input.true_peak_dbtp,
        readings.output.true_peak_dbtp,
    );
    let mut words = Vec::new();
    for (x, name, meter, held_dbtp, color, held_color) in [
        (
            63.0,
            text!("in"),
            &view.analyzers.levels[0],
            input,
            theme.color.input,
            theme.color.input,
        ),
        (
            81.0,
            text!("out"),
            &view.analyzers.levels[1],
            output,
            theme.color.output,
            peak_color(*theme, output, ceiling_dbtp, theme.color.output),
        ),
    ] {
        let well = bars.well(x, name);
        let peak = well.with_min_y(y(meter.peak_db()));
        painter.rect_filled(peak, theme.radius(2.0), color.gamma_multiply(0.45));
        let average = well.with_min_y(y(meter.average_db()));
        painter.rect_filled(average, theme.radius(2.0), color);
        if held_dbtp > bottom_db {
            let stroke = Stroke::new(theme.px(2.0), held_color);
            painter.hline(well.x_range(), y(held_dbtp), stroke);
        }
        let average = format_level(meter.average_db() - scale.zero_dbfs(), 1);
        words.push(format!("{name} {average} {}", scale.name()));
    }
    bars.line(
        [60.0, 98.0],
        y(ceiling_dbtp),
        Stroke::new(theme.px(1.5), theme.color.text),
    );
    let style = regular(10.5, theme.color.tertiary);
    let x = bars.left + theme.px(100.0);
    let mut last = f32::NEG_INFINITY;
    for mark in scale.marks() {
        let at = y(mark + scale.zero_dbfs());
        if mark == 0.0 && scale != LevelScale::Dbfs {
            bars.line(
                [60.0, 98.0],
                at,
                Stroke::new(theme.px(1.0), theme.color.line),
            );
        }
        // Marks that would touch the one above, or the name of the scale, are left out.
        if at - last >= theme.px(11.0) && bars.bottom - at >= theme.px(6.0) {
            let sign = if mark > 0.0 { "+" } else { "" };
            let text = format!("{sign}{}", format_level(mark, 0));
            theme.text(painter, pos2(x, at), Align2::LEFT_CENTER, text, style);
            last = at;
        }
    }
    let at = pos2(x, bars.bottom + theme.px(10.0));
    let style = regular(10.5, theme.color.secondary);
    theme.text(painter, at, Align2::LEFT_CENTER, scale.name(), style);
    words.join(", ")
}
