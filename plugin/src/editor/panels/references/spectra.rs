//! The spectra of the output and of a reference at the same loudness.

use std::path::Path;

use egui::{Align2, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2};
use flow_analysis::reference::ReferenceTarget;

use crate::editor::language::{text, translate_message};
use crate::editor::model::analyzers::{POINTS, point_hz};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::preferences_file::display_options::Tilt;
use crate::editor::model::tonal_balance::balance_target::BalanceTarget;
use crate::editor::panels::instruments::frequency_plot::FrequencyPlot;
use crate::editor::widgets::theme::{Theme, regular};
use crate::references::References;

/// The levels at the bottom and at the top, dB against the broadband level, with the slope of [`Tilt`].
const RANGE_DB: [f32; 2] = [-42.0, 0.0];
/// A program level below this is silence, dBFS.
const SILENCE_DB: f32 = -80.0;
/// The frequency at which a tilt changes no level, Hz.
const TILT_HZ: f32 = 1000.0;

/// Draws both. The reference is the one of this file, or the mean of all.
pub(super) fn show(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>, path: Option<&Path>) {
    let painter = ui.painter();
    let plot = FrequencyPlot::new(painter, theme, rect, RANGE_DB);
    let labels = [-12.0_f32, -24.0, -36.0].map(|db| (db, format!("−{:.0}", -db)));
    plot.grid(painter, theme, &labels);
    let tilt = view.preferences.display().spectrum.tilt;
    let output = &view.analyzers.output;
    let program_db = output.program_db();
    let levels = output.average();
    let yours = (program_db > SILENCE_DB).then(|| {
        let points = (0..POINTS).map(|point| (point_hz(point), levels[point] - program_db));
        line(&plot, tilt, points)
    });
    let reference = reference(&view.shared.params.references, path);
    let reference = reference.map(|(target, name)| {
        let view_style = view.settings.style_target;
        let balance = BalanceTarget::new(&target, view_style, "");
        (line(&plot, tilt, balance.bands()), name)
    });
    let clip = painter.with_clip_rect(plot.plot);
    let mut right = plot.plot.right();
    let mut legend = |text: &str, color| {
        let style = regular(10.5, theme.color.secondary);
        let y = rect.top() + theme.px(12.0);
        let at = pos2(right, y);
        let place = theme.text(painter, at, Align2::RIGHT_CENTER, text, style);
        let end = place.left() - theme.px(5.0);
        let stroke = Stroke::new(theme.px(2.0), color);
        painter.hline(end - theme.px(14.0)..=end, y, stroke);
        right = end - theme.px(28.0);
    };
    let mut shown = Vec::new();
    if let Some((points, name)) = reference {
        clip.add(Shape::line(
            points,
            Stroke::new(theme.px(1.5), theme.color.target),
        ));
        legend(&shorten_name(&name), theme.color.target);
        shown.push(name);
    }
    if let Some(points) = yours {
        clip.add(Shape::line(
            points,
            Stroke::new(theme.px(2.0), theme.color.output),
        ));
        legend(text!("your output"), theme.color.output);
        shown.push(text!("your output").to_owned());
    }
    let title = if shown.is_empty() {
        text!("Spectra at equal loudness: play your song")
    } else {
        text!("At equal loudness")
    };
    let at = pos2(plot.plot.left(), rect.top() + theme.px(12.0));
    theme.text(
        painter,
        at,
        Align2::LEFT_CENTER,
        title,
        regular(10.5, theme.color.secondary),
    );
    let text = text!(
        "spectra at equal loudness: {names}",
        names = shown.join(", ")
    );
    ui.interact(rect, ui.scope_id().with("spectra"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// The songs of the line of a reference, and its name.
fn reference(references: &References, path: Option<&Path>) -> Option<(ReferenceTarget, String)> {
    let mut target = references.target();
    if let Some(song) = path.and_then(|path| references.of_file(path)) {
        target.references = [song].into();
    }
    let name = translate_message(&target.name());
    (!target.is_empty()).then_some((target, name))
}

fn line(plot: &FrequencyPlot, tilt: Tilt, levels: impl Iterator<Item = (f32, f32)>) -> Vec<Pos2> {
    let points = levels.map(|(hz, db)| {
        let octaves = (hz / TILT_HZ).log2();
        plot.at(hz, db + tilt.of_third_octaves_db() * octaves)
    });
    points.collect()
}

/// At most so many characters that both names fit.
fn shorten_name(name: &str) -> String {
    const MOST: usize = 28;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let start: String = name.chars().take(MOST - 1).collect();
    format!("{start}…")
}
