//! The three bands over frequency: input levels, reduction, thresholds and crossovers. Thresholds and crossovers can be dragged.

use egui::{Align2, Color32, Rect, Shape, Stroke, Ui, Vec2, pos2};
use flow_params::ParameterId::{
    self, HighBandThreshold, HighCrossover, LowBandThreshold, LowCrossover, MidBandThreshold,
};

use super::frequency_plot::FrequencyPlot;
use crate::audio::meter_history::GainStage;
use crate::editor::language::{text, translate};
use crate::editor::model::analyzers::{MAX_HZ, MIN_HZ};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{bold, regular};

/// Ends of the level axis, dBFS.
const LOWEST_DB: f32 = -60.0;
const HIGHEST_DB: f32 = 0.0;

/// A band's reduction and threshold. Each has the color of an anchor.
pub(crate) const BANDS: [(GainStage, ParameterId); 3] = [
    (GainStage::LowBand, LowBandThreshold),
    (GainStage::MidBand, MidBandThreshold),
    (GainStage::HighBand, HighBandThreshold),
];

/// Draws the picture.
pub(crate) fn show(ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, view: &EditorView<'_>) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let axes = FrequencyPlot::new(&painter, theme, rect, [LOWEST_DB, HIGHEST_DB]);
    let labels = [0.0, -20.0, -40.0, -60.0_f32].map(|db| (db, format_level(db, 0)));
    axes.grid(&painter, theme, &labels);
    let curve = view.analyzers.input.average();
    let line = axes.line(|point| curve[point]);
    let stroke = Stroke::new(theme.px(1.0), theme.color.input);
    painter.add(Shape::line(line, stroke));

    let multiband = &view.settings.dynamics.multiband;
    let crossovers = [multiband.low_crossover_hz, multiband.high_crossover_hz];
    let edges = [MIN_HZ, crossovers[0], crossovers[1], MAX_HZ];
    for (i, (stage, threshold)) in BANDS.into_iter().enumerate() {
        let band = (stage, threshold, theme.color.anchors[i]);
        show_band(ui, controls, view, (&axes, [edges[i], edges[i + 1]]), band);
    }
    for id in [LowCrossover, HighCrossover] {
        crossover(ui, controls, view, &axes, id);
    }
}

/// The band's input level as an area, its reduction below that level, and its threshold.
fn show_band(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    (axes, [from_hz, to_hz]): (&FrequencyPlot, [f32; 2]),
    (stage, threshold, color): (GainStage, ParameterId, Color32),
) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let gap = theme.px(2.0);
    let x = axes.x(from_hz) + gap..=axes.x(to_hz) - gap;
    let level_db = view.analyzers.input.band_db(from_hz, to_hz);
    let gain_db = stage.gain_db(&view.readings);
    let rows = |from_db: f32, to_db: f32| {
        Rect::from_x_y_ranges(x.clone(), axes.y(from_db)..=axes.y(to_db))
    };
    painter.rect_filled(rows(level_db, LOWEST_DB), 0.0, color.gamma_multiply(0.2));
    painter.rect_filled(
        rows(level_db, level_db + gain_db),
        0.0,
        theme.color.reduction,
    );

    let at = pos2(*x.start() + theme.px(2.0), axes.plot.top() - theme.px(11.0));
    let name = theme.text(
        &painter,
        at,
        Align2::LEFT_CENTER,
        translate(stage.name()),
        bold(10.5, color),
    );
    let at = pos2(name.right() + theme.px(6.0), at.y);
    let text = format!("{} dB", format_level(gain_db, 1));
    theme.text(
        &painter,
        at,
        Align2::LEFT_CENTER,
        text,
        regular(10.5, theme.color.text),
    );

    let param = view.shared.params.get(threshold);
    let y = axes.y(param.plain(controls.shown_value(param)));
    let reach = theme.px(6.0);
    let place = Rect::from_x_y_ranges(x.clone(), y - reach..=y + reach);
    let name = text!("{name} line", name = translate(threshold.name()));
    let moved = |before_db: f32, way: Vec2| before_db + axes.value_of(way);
    let response = controls.on_axis(ui, place, (param, &name), &moved);
    let width = theme.px(if response.hovered() { 3.0 } else { 2.0 });
    painter.hline(*x.start()..=*x.end(), y, Stroke::new(width, color));
    theme.focus(&painter, place, &response);
}

/// A line between two bands with its frequency.
fn crossover(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    axes: &FrequencyPlot,
    id: ParameterId,
) {
    let theme = controls.theme;
    let param = view.shared.params.get(id);
    let (hz, reach) = (param.plain(controls.shown_value(param)), theme.px(6.0));
    let x = axes.x(hz);
    let place = Rect::from_x_y_ranges(x - reach..=x + reach, axes.plot.y_range());
    let name = text!("{name} line", name = translate(id.name()));
    let moved = |before_hz: f32, way: Vec2| before_hz * axes.factor_of(way);
    let response = controls.on_axis(ui, place, (param, &name), &moved);
    let color = if response.hovered() {
        theme.color.text
    } else {
        theme.color.tertiary
    };
    let stroke = Stroke::new(theme.px(1.5), color);
    ui.painter().vline(x, axes.plot.y_range(), stroke);
    theme.focus(ui.painter(), place, &response);
    let corner = pos2(x + theme.px(4.0), axes.plot.bottom() - theme.px(17.0));
    let field = Rect::from_min_size(corner, theme.vec(58.0, 15.0));
    controls.value(ui, field, param, translate(id.name()), Align2::LEFT_CENTER);
}
