//! Loudness, peaks and the last minutes.

use egui::{Align2, Color32, Painter, Rect, Shape, Stroke, Ui, WidgetInfo, pos2, remap};
use flow_dsp::{Delivery, Readings};

use crate::audio::meter_history::{HISTORY_POINTS, HistoryPoint, MeterHistory};
use crate::editor::panels::spectrum::fill;
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{
    LINE, OUTPUT, OVER, REDUCTION, SECONDARY, TARGET, TERTIARY, TEXT, Theme, WELL, Weight,
};

/// What the loudness panel shows.
pub(crate) struct MeterReadout<'a> {
    /// The newest readings.
    pub(crate) readings: &'a Readings,
    /// Where the song goes.
    pub(crate) delivery: &'a Delivery,
    /// What the limiter holds.
    pub(crate) ceiling_dbtp: f32,
}

/// Within this of the target, a loudness is on it.
const ON_TARGET_LU: f32 = 0.5;
/// Above the ceiling by more than the limiter's tolerance: over.
const TOLERANCE_DB: f32 = 0.05;

/// What stands where nothing was measured.
const NOTHING: &str = "—";

/// A level with one decimal and a real minus sign, a dash where there is none.
#[must_use]
pub(crate) fn level(value: f32, decimals: usize) -> String {
    if !value.is_finite() || value < -99.0 {
        return NOTHING.to_owned();
    }
    let text = format!("{value:.decimals$}");
    let is_zero = text.trim_start_matches(['-', '0', '.']).is_empty();
    if is_zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// Draws the panel; true when the user wants the meters to begin anew.
pub(crate) fn loudness(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    figures: &MeterReadout<'_>,
) -> bool {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let output = &figures.readings.output;
    let target = figures.delivery.target_lufs;
    let left = rect.left() + theme.px(16.0);
    let at = |x: f32, y: f32| pos2(rect.left() + theme.px(x), rect.top() + theme.px(y));
    theme.text(
        &painter,
        at(16.0, 18.0),
        Align2::LEFT_CENTER,
        "LOUDNESS",
        (11.5, Weight::Bold, SECONDARY),
    );
    let number = level(output.short_term_lufs, 1);
    // A dash of this size would look like a bar.
    let (size, color) = if number == NOTHING {
        (20.0, TERTIARY)
    } else {
        (44.0, TEXT)
    };
    let written = theme.text(
        &painter,
        pos2(left, at(0.0, 56.0).y),
        Align2::LEFT_CENTER,
        &number,
        (size, Weight::Bold, color),
    );
    theme.text(
        &painter,
        pos2(written.right() + theme.px(6.0), at(0.0, 47.0).y),
        Align2::LEFT_CENTER,
        "LUFS",
        (11.5, Weight::Regular, SECONDARY),
    );
    let (note, color) = against_target(output.short_term_lufs, target);
    theme.text(
        &painter,
        at(16.0, 89.0),
        Align2::LEFT_CENTER,
        format!("short-term{note}"),
        (10.5, Weight::Regular, color),
    );

    let measured = |text: String| {
        let is_measured = output.integrated_lufs.is_finite();
        if is_measured {
            text
        } else {
            NOTHING.to_owned()
        }
    };
    let column = rect.width() / 4.0;
    let gain = figures.delivery.name;
    for (i, (name, value, color)) in [
        ("integrated", level(output.integrated_lufs, 1), TEXT),
        (
            "range",
            measured(format!("{} LU", level(output.loudness_range_lu, 1))),
            TEXT,
        ),
        ("PLR", measured(level(output.plr_db, 1)), TEXT),
        (
            "true peak",
            level(output.true_peak_dbtp, 2),
            peak_color(output.true_peak_dbtp, figures.ceiling_dbtp),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let x = left + column * flow_dsp::math::narrow(flow_dsp::math::count(i));
        let x = if i == 3 { x - theme.px(8.0) } else { x };
        theme.text(
            &painter,
            pos2(x, at(0.0, 166.0).y),
            Align2::LEFT_CENTER,
            name,
            (10.5, Weight::Regular, SECONDARY),
        );
        theme.text(
            &painter,
            pos2(x, at(0.0, 185.0).y),
            Align2::LEFT_CENTER,
            value,
            (13.5, Weight::Bold, color),
        );
    }
    let heading = match target {
        Some(target) => format!(
            "{gain}: {} LUFS, {} dBTP",
            level(target, 0),
            level(figures.delivery.ceiling_dbtp, 1)
        ),
        None => format!("{gain}: no loudness target"),
    };
    theme.line(
        &painter,
        at(16.0, 112.0),
        Align2::LEFT_CENTER,
        &heading,
        theme.px(170.0),
        (10.5, Weight::Regular, TARGET),
    );
    let reduction = figures.readings.limiter_gain_db;
    theme.text(
        &painter,
        at(16.0, 135.0),
        Align2::LEFT_CENTER,
        format!("limiter {} dB", level(reduction, 1)),
        (
            10.5,
            Weight::Regular,
            if reduction < -0.05 {
                REDUCTION
            } else {
                TERTIARY
            },
        ),
    );
    bars(&painter, rect, theme, figures);
    let summary = format!(
        "short-term {number} LUFS, integrated {} LUFS, true peak {} dBTP",
        level(output.integrated_lufs, 1),
        level(output.true_peak_dbtp, 2)
    );
    ui.interact(rect, ui.scope_id().with("loudness"), egui::Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &summary));
    let place = Rect::from_min_size(at(100.0, 9.0), theme.vec(46.0, 18.0));
    let label = Label {
        name: "Reset",
        tip: "Lets integrated loudness, range and the peaks' memory begin anew",
    };
    controls.button(ui, place, label, false)
}

fn against_target(lufs: f32, target: Option<f32>) -> (String, Color32) {
    let Some(target) = target.filter(|_| lufs.is_finite()) else {
        return (String::new(), SECONDARY);
    };
    let off = lufs - target;
    let place = if off >= 0.0 { "above" } else { "below" };
    let color = if off.abs() <= ON_TARGET_LU {
        OUTPUT
    } else {
        SECONDARY
    };
    (format!(" · {:.1} LU {place} target", off.abs()), color)
}

fn peak_color(peak_dbtp: f32, ceiling_dbtp: f32) -> Color32 {
    if peak_dbtp > ceiling_dbtp + TOLERANCE_DB {
        OVER
    } else if peak_dbtp > ceiling_dbtp - 0.3 {
        REDUCTION
    } else {
        TEXT
    }
}

/// Momentary, short-term and integrated loudness, and the true peaks of input and output.
fn bars(painter: &Painter, rect: Rect, theme: Theme, figures: &MeterReadout<'_>) {
    const LOWEST: f32 = -36.0;
    let output = &figures.readings.output;
    let (top, bottom) = (rect.top() + theme.px(18.0), rect.top() + theme.px(134.0));
    let y = |db: f32| remap(db.clamp(LOWEST, 0.0), LOWEST..=0.0, bottom..=top);
    let peak = |value: f32, ceiling: f32| {
        if value > ceiling + TOLERANCE_DB {
            OVER
        } else if value > ceiling - 0.3 {
            REDUCTION
        } else {
            OUTPUT
        }
    };
    let input = figures.readings.input.true_peak_dbtp;
    let bars = [
        (0.0, "M", output.momentary_lufs, OUTPUT),
        (24.0, "S", output.short_term_lufs, OUTPUT),
        (48.0, "I", output.integrated_lufs, OUTPUT),
        (82.0, "in", input, crate::editor::widgets::theme::INPUT),
        (
            102.0,
            "out",
            output.true_peak_dbtp,
            peak(output.true_peak_dbtp, figures.ceiling_dbtp),
        ),
    ];
    let first = rect.right() - theme.px(134.0);
    let width = theme.px(14.0);
    for (x, name, value, color) in bars {
        let x = first + theme.px(x);
        let well = Rect::from_min_max(pos2(x, top), pos2(x + width, bottom));
        painter.rect_filled(well, theme.radius(2.0), WELL);
        if value.is_finite() {
            let bar = Rect::from_min_max(pos2(x, y(value)), well.max);
            painter.rect_filled(bar, theme.radius(2.0), color);
        }
        theme.text(
            painter,
            pos2(x + width / 2.0, bottom + theme.px(10.0)),
            Align2::CENTER_CENTER,
            name,
            (10.0, Weight::Regular, SECONDARY),
        );
    }
    if let Some(target) = figures.delivery.target_lufs {
        let line = egui::Rangef::new(first - theme.px(5.0), first + theme.px(67.0));
        painter.hline(line, y(target), Stroke::new(theme.px(2.0), TARGET));
    }
    let line = egui::Rangef::new(first + theme.px(78.0), first + theme.px(120.0));
    painter.hline(
        line,
        y(figures.ceiling_dbtp),
        Stroke::new(theme.px(1.5), TEXT),
    );
}

/// Short-term loudness and gain reduction of the last minutes.
pub(crate) fn history(
    painter: &Painter,
    rect: Rect,
    theme: Theme,
    moments: &MeterHistory,
    target: Option<f32>,
) {
    theme.panel(painter, rect);
    let style = (10.5, Weight::Regular, SECONDARY);
    theme.text(
        painter,
        rect.min + theme.vec(14.0, 14.0),
        Align2::LEFT_CENTER,
        "last 2 minutes",
        style,
    );
    theme.text(
        painter,
        pos2(rect.right() - theme.px(14.0), rect.top() + theme.px(14.0)),
        Align2::RIGHT_CENTER,
        "short-term LUFS · gain reduction",
        style,
    );
    let plot = Rect::from_min_max(
        rect.min + theme.vec(14.0, 26.0),
        // The target's figure stands beside the plot.
        rect.max - theme.vec(40.0, 8.0),
    );
    let center = target.unwrap_or(-14.0);
    let y = |lufs: f32| {
        remap(
            lufs.clamp(center - 18.0, center + 9.0),
            center - 18.0..=center + 9.0,
            plot.bottom()..=plot.top(),
        )
    };
    if let Some(target) = target {
        let line = [pos2(plot.left(), y(target)), pos2(plot.right(), y(target))];
        painter.extend(Shape::dashed_line(
            &line,
            Stroke::new(theme.px(1.0), TARGET),
            theme.px(4.0),
            theme.px(3.0),
        ));
        theme.text(
            painter,
            pos2(plot.right() + theme.px(6.0), y(target)),
            Align2::LEFT_CENTER,
            level(target, 0),
            (10.0, Weight::Regular, TARGET),
        );
    } else {
        painter.hline(
            plot.x_range(),
            plot.bottom(),
            Stroke::new(theme.px(1.0), LINE),
        );
    }
    let moments: Vec<HistoryPoint> = moments.iter().collect();
    if moments.is_empty() {
        return;
    }
    let step = plot.width() / flow_dsp::math::narrow(flow_dsp::math::count(HISTORY_POINTS - 1));
    let first = HISTORY_POINTS - moments.len();
    let x =
        |i: usize| plot.left() + step * flow_dsp::math::narrow(flow_dsp::math::count(first + i));
    let reduction: Vec<_> = moments
        .iter()
        .enumerate()
        .map(|(i, moment)| {
            let depth = (-moment.limiter_gain_db / 12.0).clamp(0.0, 1.0);
            pos2(x(i), plot.bottom() - depth * plot.height())
        })
        .collect();
    painter.add(fill(
        &reduction,
        plot.bottom(),
        REDUCTION.gamma_multiply(0.55),
    ));
    // Where nothing was measured the line is broken.
    let mut line = Vec::new();
    let stroke = Stroke::new(theme.px(1.5), OUTPUT);
    for (i, moment) in moments.iter().enumerate() {
        if !moment.is_silent() {
            line.push(pos2(x(i), y(moment.short_term_lufs)));
        } else if !line.is_empty() {
            painter.add(Shape::line(std::mem::take(&mut line), stroke));
        }
    }
    painter.add(Shape::line(line, stroke));
}
