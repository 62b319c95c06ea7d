//! Match: the balance of the output against its target, and the sixteen bells that lead there. Each gain can be dragged.

use egui::{Align2, Painter, Pos2, Rect, Shape, Stroke, Ui, Vec2, pos2};
use flow_dsp::MATCH_HZ;
use flow_params::{MATCH_BANDS, Pillar};

use super::frequency_plot::FrequencyPlot;
use super::section_response::{response_db, spec};
use crate::editor::language::{text, translate};
use crate::editor::model::analyzers::point_hz;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::signed_decibels;
use crate::editor::model::tonal_balance::balance_target::BalanceTarget;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, regular};

/// Ends of the gain axis, dB.
const GAINS_DB: [f32; 2] = [-12.0, 12.0];
/// The level in the middle, dB against the broadband level.
const MIDDLE_DB: f32 = -16.0;
/// The tilt of levels about 1 kHz, dB/octave.
const TILT_DB: f32 = 1.5;
/// A program level below this is silence, dBFS.
const SILENCE_DB: f32 = -70.0;

/// Draws the picture, and a row of figures below it.
pub(super) fn show(ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, view: &EditorView<'_>) {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    let (picture, figures) = rect.split_top_bottom_at_y(rect.bottom() - theme.px(18.0));
    let axes = FrequencyPlot::new(&painter, theme, picture, GAINS_DB);
    let labels = [12.0, 6.0, 0.0, -6.0, -12.0_f32].map(|db| (db, signed_decibels(db, 0)));
    axes.grid(&painter, theme, &labels);
    balance(&painter, theme, &axes, view);

    let clip = painter.with_clip_rect(axes.plot);
    let color = theme.color.pillar(Pillar::VelvetCurve);
    let gains_db = view.settings.curve.match_gains_db();
    for (hz, gain_db) in MATCH_HZ.into_iter().zip(gains_db) {
        let ends = [axes.at(hz, 0.0), axes.at(hz, gain_db)];
        let stroke = Stroke::new(theme.px(10.0), color.gamma_multiply(0.35));
        clip.line_segment(ends, stroke);
    }
    let rate_hz = view.shared.chain_rate_hz().unwrap_or(48_000.0);
    let sections = flow_dsp::match_sections(&gains_db, spec(rate_hz));
    let response = response_db(&sections, rate_hz);
    let line = axes.line(|point| response[point]);
    clip.add(Shape::line(
        line,
        Stroke::new(theme.px(1.5), theme.color.text),
    ));
    for (hz, id) in MATCH_HZ.into_iter().zip(MATCH_BANDS) {
        let param = view.shared.params.get(id);
        let at = axes.at(hz, param.plain(controls.shown_value(param)));
        let handle = Rect::from_center_size(at, theme.vec(18.0, 18.0));
        let moved = |before_db: f32, way: Vec2| before_db + axes.value_of(way);
        let name = text!("{name} handle", name = translate(id.name()));
        let response = controls.on_axis(ui, handle, (param, &name), &moved);
        let radius = theme.px(if response.hovered() { 6.5 } else { 5.0 });
        painter.circle(
            at,
            radius,
            theme.color.background,
            Stroke::new(theme.px(1.8), color),
        );
        theme.focus(&painter, handle, &response);
        let center = pos2(axes.x(hz), figures.center().y);
        let field = Rect::from_center_size(center, theme.vec(46.0, 15.0));
        controls.value(
            ui,
            field,
            param,
            translate(id.name()),
            Align2::CENTER_CENTER,
        );
    }
}

/// The levels of output and target, to the scale of the gains: their distance is the gain that is missing.
fn balance(painter: &Painter, theme: Theme, axes: &FrequencyPlot, view: &EditorView<'_>) {
    let clip = painter.with_clip_rect(axes.plot);
    let at = |hz: f32, db: f32| {
        let tilted_db = db + TILT_DB * (hz / 1000.0).log2();
        axes.at(hz, tilted_db - MIDDLE_DB)
    };
    let references = view.shared.params.references.target();
    let style = &view.assistant.style_name;
    let target = BalanceTarget::new(&references, view.settings.style_target, style);
    let output = &view.analyzers.output;
    let program_db = output.program_db();
    if program_db > SILENCE_DB {
        let levels = output.average();
        let points = levels.iter().enumerate();
        let line = points.map(|(point, db)| at(point_hz(point), db - program_db));
        clip.add(Shape::line(
            line.collect(),
            Stroke::new(theme.px(1.8), theme.color.output),
        ));
    }
    let points = target.bands().map(|(hz, db)| at(hz, db));
    dashed(&clip, theme, &points.collect::<Vec<_>>());
    let name = text!("target: {name}", name = target.name);
    let names = [
        (text!("response of Match"), theme.color.text),
        (text!("balance of the output"), theme.color.output),
        (name.as_str(), theme.color.target),
    ];
    legend(painter, theme, axes.plot, &names);
}

fn dashed(painter: &Painter, theme: Theme, points: &[Pos2]) {
    let stroke = Stroke::new(theme.px(1.5), theme.color.target);
    let (dash, gap) = (theme.px(5.0), theme.px(4.0));
    painter.extend(Shape::dashed_line(points, stroke, dash, gap));
}

/// Names in the color of their curves, above a plot.
fn legend(painter: &Painter, theme: Theme, plot: Rect, names: &[(&str, egui::Color32)]) {
    let mut x = plot.left();
    for (name, color) in names {
        let y = plot.top() - theme.px(12.0);
        let line = [pos2(x, y), pos2(x + theme.px(14.0), y)];
        painter.line_segment(line, Stroke::new(theme.px(2.0), *color));
        let at = pos2(x + theme.px(20.0), y);
        let style = regular(10.5, theme.color.secondary);
        let text = theme.text(painter, at, Align2::LEFT_CENTER, name, style);
        x = text.right() + theme.px(16.0);
    }
}
