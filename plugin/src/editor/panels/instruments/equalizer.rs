//! The anchors and the free bells of Velvet Curve, each with its own curve, and their sum.

use egui::{Align2, Rect, Shape, Stroke, Ui, pos2};
use flow_dsp::{BellChannels, Section, anchor_sections};
use flow_params::Pillar;

use super::frequency_plot::FrequencyPlot;
use super::section_response::{response_db, spec};
use crate::editor::language::text;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{format_frequency, signed_decibels};
use crate::editor::widgets::plot::area;
use crate::editor::widgets::theme::{Theme, bold, regular};

/// Ends of the gain axis, dB.
const GAINS_DB: [f32; 2] = [-12.0, 12.0];

/// Draws the picture.
pub(super) fn show(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
    let painter = ui.painter();
    let axes = FrequencyPlot::new(painter, theme, rect, GAINS_DB);
    let labels = [12.0, 6.0, 0.0, -6.0, -12.0_f32].map(|db| (db, signed_decibels(db, 0)));
    axes.grid(painter, theme, &labels);
    let clip = painter.with_clip_rect(axes.plot);
    let rate_hz = view.shared.chain_rate_hz().unwrap_or(48_000.0);
    let curve = view.settings.curve;
    let gains_db = [curve.body_db, curve.soul_db, curve.silk_db, curve.air_db];
    let gains_db = gains_db.map(|db| if curve.on { db } else { 0.0 });
    let mut sections = anchor_sections(gains_db, spec(rate_hz)).to_vec();
    let anchors = response_db(&sections, rate_hz);
    let stroke = Stroke::new(theme.px(1.2), theme.color.tertiary);
    clip.add(Shape::line(axes.line(|point| anchors[point]), stroke));

    let color = theme.color.pillar(Pillar::VelvetCurve);
    for (i, bell) in curve.free_bells().iter().enumerate() {
        if bell.gain_db == 0.0 {
            continue;
        }
        let [hz, q, db] = [bell.frequency_hz, bell.q, bell.gain_db].map(f64::from);
        let section = Section::bell(hz, q, db, f64::from(rate_hz));
        if bell.channels != BellChannels::Side {
            sections.push(section);
        }
        let response = response_db(&[section], rate_hz);
        let line = axes.line(|point| response[point]);
        clip.add(area(&line, axes.y(0.0), color.gamma_multiply(0.3)));
        clip.add(Shape::line(line, Stroke::new(theme.px(1.0), color)));
        let at = axes.at(bell.frequency_hz, bell.gain_db);
        let away = theme.px(9.0) * bell.gain_db.signum();
        let name = format!("{} · {}", i + 1, format_frequency(bell.frequency_hz));
        let style = bold(10.5, color);
        theme.text(
            &clip,
            at - egui::vec2(0.0, away),
            Align2::CENTER_CENTER,
            name,
            style,
        );
    }
    let sum = response_db(&sections, rate_hz);
    let stroke = Stroke::new(theme.px(1.5), theme.color.text);
    let line = axes.line(|point| sum[point]);
    let (dash, gap) = (theme.px(5.0), theme.px(4.0));
    clip.extend(Shape::dashed_line(&line, stroke, dash, gap));

    let y = axes.plot.top() - theme.px(12.0);
    let style = regular(10.5, theme.color.secondary);
    let at = pos2(axes.plot.left(), y);
    let text = text!("anchors thin, bells filled, their sum dashed");
    theme.text(painter, at, Align2::LEFT_CENTER, text, style);
    let at = pos2(axes.plot.right(), y);
    let text = text!("drag the rings in the spectrum");
    theme.text(
        painter,
        at,
        Align2::RIGHT_CENTER,
        text,
        regular(10.5, theme.color.tertiary),
    );
}
