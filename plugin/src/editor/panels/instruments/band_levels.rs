//! The three bands over frequency: input levels, reduction, thresholds and crossovers. Thresholds and crossovers can be dragged.

use egui::{Align2, Color32, Painter, Rect, Shape, Stroke, Ui, lerp, pos2, remap};
use flow_params::ParameterId::{
    self, HighBandThreshold, HighCrossover, LowBandThreshold, LowCrossover, MidBandThreshold,
};

use crate::audio::meter_history::GainStage;
use crate::editor::model::analyzers::{MAX_HZ, MIN_HZ, point_hz};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{
    ANCHORS, INPUT, LINE, REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, WELL, bold, regular,
};

/// Ends of the level axis, dBFS.
const LOWEST_DB: f32 = -60.0;
const HIGHEST_DB: f32 = 0.0;

/// A band's reduction, threshold and color.
pub(crate) const BANDS: [(GainStage, ParameterId, Color32); 3] = [
    (GainStage::LowBand, LowBandThreshold, ANCHORS[0]),
    (GainStage::MidBand, MidBandThreshold, ANCHORS[1]),
    (GainStage::HighBand, HighBandThreshold, ANCHORS[2]),
];

struct Axes {
    plot: Rect,
}

impl Axes {
    fn x(&self, hz: f32) -> f32 {
        let share = (hz / MIN_HZ).ln() / (MAX_HZ / MIN_HZ).ln();
        lerp(self.plot.x_range(), share)
    }

    fn y(&self, db: f32) -> f32 {
        let db = db.clamp(LOWEST_DB, HIGHEST_DB);
        remap(
            db,
            LOWEST_DB..=HIGHEST_DB,
            self.plot.bottom()..=self.plot.top(),
        )
    }
}

/// Draws the picture.
pub(crate) fn show(ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, view: &EditorView<'_>) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    painter.rect_filled(rect, theme.radius(6.0), WELL);
    let axes = Axes {
        plot: Rect::from_min_max(
            rect.min + theme.vec(28.0, 24.0),
            rect.max - theme.vec(8.0, 18.0),
        ),
    };
    grid(&painter, theme, &axes);
    let curve = view.analyzers.input.average();
    let points = curve.iter().enumerate();
    let line = points.map(|(p, db)| pos2(axes.x(point_hz(p)), axes.y(*db)));
    let stroke = Stroke::new(theme.px(1.0), INPUT);
    painter.add(Shape::line(line.collect(), stroke));

    let multiband = &view.settings.dynamics.multiband;
    let crossovers = [multiband.low_crossover_hz, multiband.high_crossover_hz];
    let edges = [MIN_HZ, crossovers[0], crossovers[1], MAX_HZ];
    for (i, band) in BANDS.into_iter().enumerate() {
        show_band(ui, controls, view, (&axes, [edges[i], edges[i + 1]]), band);
    }
    for (id, hz) in [LowCrossover, HighCrossover].into_iter().zip(crossovers) {
        crossover(ui, controls, view, &axes, (id, hz));
    }
}

fn grid(painter: &Painter, theme: Theme, axes: &Axes) {
    let stroke = Stroke::new(theme.px(1.0), LINE);
    let style = regular(10.0, SECONDARY);
    for db in [0.0_f32, -20.0, -40.0, -60.0] {
        let y = axes.y(db);
        painter.hline(axes.plot.x_range(), y, stroke);
        let at = pos2(axes.plot.left() - theme.px(5.0), y);
        theme.text(
            painter,
            at,
            Align2::RIGHT_CENTER,
            format_level(db, 0),
            style,
        );
    }
    for (hz, text) in [
        (20.0, "20"),
        (100.0, "100"),
        (1000.0, "1k"),
        (10_000.0, "10k"),
    ] {
        let at = pos2(axes.x(hz), axes.plot.bottom() + theme.px(9.0));
        theme.text(painter, at, Align2::CENTER_CENTER, text, style);
    }
}

/// The band's input level as an area, its reduction below that level, and its threshold.
fn show_band(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    (axes, [from_hz, to_hz]): (&Axes, [f32; 2]),
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
    painter.rect_filled(rows(level_db, level_db + gain_db), 0.0, REDUCTION);

    let at = pos2(*x.start() + theme.px(2.0), axes.plot.top() - theme.px(11.0));
    let name = theme.text(
        &painter,
        at,
        Align2::LEFT_CENTER,
        stage.name(),
        bold(10.5, color),
    );
    let at = pos2(name.right() + theme.px(6.0), at.y);
    let text = format!("{} dB", format_level(gain_db, 1));
    theme.text(&painter, at, Align2::LEFT_CENTER, text, regular(10.5, TEXT));

    let param = view.shared.params.get(threshold);
    let y = axes.y(param.plain(controls.shown_value(param)));
    let reach = theme.px(6.0);
    let place = Rect::from_x_y_ranges(x.clone(), y - reach..=y + reach);
    let name = format!("{} line", threshold.name());
    let response = controls.continuous(ui, place, param, &name);
    let width = theme.px(if response.hovered() { 3.0 } else { 2.0 });
    painter.hline(*x.start()..=*x.end(), y, Stroke::new(width, color));
    theme.focus(&painter, place, &response);
}

/// A line between two bands with its frequency.
fn crossover(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    axes: &Axes,
    (id, hz): (ParameterId, f32),
) {
    let theme = controls.theme;
    let param = view.shared.params.get(id);
    let (x, reach) = (axes.x(hz), theme.px(6.0));
    let place = Rect::from_x_y_ranges(x - reach..=x + reach, axes.plot.y_range());
    let name = format!("{} line", id.name());
    let response = controls.continuous(ui, place, param, &name);
    let color = if response.hovered() { TEXT } else { TERTIARY };
    let stroke = Stroke::new(theme.px(1.5), color);
    ui.painter().vline(x, axes.plot.y_range(), stroke);
    theme.focus(ui.painter(), place, &response);
    let corner = pos2(x + theme.px(4.0), axes.plot.bottom() - theme.px(17.0));
    let field = Rect::from_min_size(corner, theme.vec(58.0, 15.0));
    controls.value(ui, field, param, id.name(), Align2::LEFT_CENTER);
}
