//! The present cut of Comfort over frequency, above the input's spectrum.

use egui::{Align2, Rect, Shape, Stroke, Ui, pos2, remap};
use flow_dsp::ComfortBell;

use super::frequency_plot::FrequencyPlot;
use crate::editor::language::text;
use crate::editor::model::analyzers::point_hz;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{format_frequency, format_level};
use crate::editor::panels::history::NO_REDUCTION_DB;
use crate::editor::widgets::plot::area;
use crate::editor::widgets::theme::{Theme, regular};

/// Ends of the gain axis, dB.
const GAINS_DB: [f32; 2] = [-12.0, 0.0];
/// Ends of the axis of the input's levels, dBFS.
const LEVELS_DB: [f32; 2] = [-72.0, 0.0];
/// A cut above this is not named, dB.
const NAMED_DB: f32 = -0.3;

/// Draws the picture.
pub(super) fn show(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
    let painter = ui.painter();
    let axes = FrequencyPlot::new(painter, theme, rect, GAINS_DB);
    let labels = [0.0, -3.0, -6.0, -9.0, -12.0_f32].map(|db| (db, format_level(db, 0)));
    axes.grid(painter, theme, &labels);
    let clip = painter.with_clip_rect(axes.plot);
    let input = view.analyzers.input.average();
    let level = |point: usize| {
        let [low, high] = LEVELS_DB;
        let db = input[point].clamp(low, high);
        remap(db, low..=high, GAINS_DB[0]..=GAINS_DB[1])
    };
    let stroke = Stroke::new(theme.px(1.0), theme.color.input);
    clip.add(Shape::line(axes.line(level), stroke));

    let cut = view.readings.activity.comfort_cut;
    let rate_hz = view.shared.chain_rate_hz().unwrap_or(48_000.0);
    let line = axes.line(|point| cut.gain_db(point_hz(point), rate_hz));
    clip.add(area(
        &line,
        axes.plot.top(),
        theme.color.reduction.gamma_multiply(0.45),
    ));
    clip.add(Shape::line(
        line,
        Stroke::new(theme.px(1.5), theme.color.reduction),
    ));

    let y = axes.plot.top() - theme.px(12.0);
    let left = pos2(axes.plot.left(), y);
    theme.text(
        painter,
        left,
        Align2::LEFT_CENTER,
        describe(view),
        regular(10.5, theme.color.text),
    );
    let right = pos2(axes.plot.right(), y);
    let style = regular(10.5, theme.color.secondary);
    theme.text(
        painter,
        right,
        Align2::RIGHT_CENTER,
        text!("input gray, cut amber"),
        style,
    );
}

/// The cuts in words, from low to high frequencies.
fn describe(view: &EditorView<'_>) -> String {
    let settings = &view.settings;
    if !settings.curve.on || settings.curve.comfort == 0.0 || settings.bypass {
        return text!("Comfort is off").to_owned();
    }
    let cut = view.readings.activity.comfort_cut;
    let mut bells = cut.bells;
    bells.sort_by(|a, b| a.frequency_hz.total_cmp(&b.frequency_hz));
    let is_named = |bell: &&ComfortBell| bell.gain_db < NAMED_DB;
    let name = |bell: &ComfortBell| {
        let hz = format_frequency(bell.frequency_hz);
        format!("{hz} {} dB", format_level(bell.gain_db, 1))
    };
    let mut texts: Vec<String> = bells.iter().filter(is_named).map(name).collect();
    if cut.sibilance_gain_db < NO_REDUCTION_DB {
        let db = format_level(cut.sibilance_gain_db, 1);
        texts.push(text!("sibilance {db} dB", db));
    }
    if texts.is_empty() {
        return text!("nothing to hold now").to_owned();
    }
    text!("holds {cuts}", cuts = texts.join(" · "))
}
