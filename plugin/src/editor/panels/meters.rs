//! Loudness and peaks.

mod bars;
mod histogram;

use egui::{
    Align2, Color32, Popup, PopupCloseBehavior, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2,
};
use flow_dsp::{Readings, STREAMING_LUFS};

use crate::editor::language::{text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{NOT_MEASURED, format_level};
use crate::editor::model::preferences_file::display_options::{
    LevelScale, MeterOptions, OwnTarget,
};
use crate::editor::model::session_statistics::{Format, Session, StatisticsExport};
use crate::editor::widgets::choice::choices;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};

/// A loudness within this distance of the target is on target.
const ON_TARGET_LU: f32 = 0.5;

/// The loudness panel with its menu.
pub(crate) struct LoudnessPanel {
    export: StatisticsExport,
}

impl LoudnessPanel {
    #[must_use]
    pub(crate) fn new(export: StatisticsExport) -> Self {
        Self { export }
    }

    /// Draws the panel. Returns whether *Reset* was clicked.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        view: &EditorView<'_>,
        meters: &mut MeterOptions,
    ) -> bool {
        let is_reset = loudness(ui, rect, controls, view, meters);
        self.menu(ui, rect, controls.theme, view, meters);
        is_reset
    }

    /// The button of the menu, and the open menu: figures of the session, and its files.
    fn menu(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        theme: Theme,
        view: &EditorView<'_>,
        meters: &mut MeterOptions,
    ) {
        let corner = rect.min + theme.vec(150.0, 9.0);
        let place = Rect::from_min_size(corner, theme.vec(26.0, 18.0));
        let response = ui
            .interact(place, ui.scope_id().with("session"), Sense::click())
            .on_hover_text(text!("Figures since the last reset, and files of them"));
        response
            .widget_info(|| WidgetInfo::labeled(Role::Button, true, text!("Session statistics")));
        theme.more(ui.painter(), place, &response);
        Popup::menu(&response)
            .gap(theme.px(3.0))
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                ui.set_width(theme.px(270.0));
                let label = |ui: &mut Ui, text: &str, color| {
                    ui.vertical(|ui| ui.label(RichText::new(text).small().color(color)));
                };
                for line in session_lines(view) {
                    label(ui, &line, theme.color.secondary);
                }
                histogram::show(ui, theme, view);
                ui.separator();
                choices(ui, theme, text!("Scale of the level meter"), &LevelScale::ALL, &mut meters.scale);
                let mut is_own = meters.own_target.is_some();
                let tip = text!("Aims meters, statistics and the assistant at a loudness of your own: drag the violet line");
                if ui.checkbox(&mut is_own, text!("Own loudness target")).on_hover_text(tip).changed() {
                    let lufs = view.delivery.target_lufs.unwrap_or(STREAMING_LUFS);
                    meters.own_target = is_own.then(|| OwnTarget::new(lufs));
                }
                ui.separator();
                for (format, name, tip) in [
                    (
                        Format::Json,
                        text!("Save statistics (JSON)"),
                        text!("Saves loudness, range and peaks since the last reset, and a histogram of at most the last half hour, to a new file"),
                    ),
                    (
                        Format::Csv,
                        text!("Save history (CSV)"),
                        text!("Saves loudness and gain reduction of each second since the last reset, at most the last half hour, to a new file"),
                    ),
                ] {
                    if ui.button(name).on_hover_text(tip).clicked() {
                        let session = Session {
                            readings: &view.readings,
                            delivery: view.delivery,
                            target_lufs: view.target_lufs(),
                            song: view.shared.meter_history.song(),
                        };
                        self.export.save(&session, format);
                    }
                }
                match self.export.outcome() {
                    Some(Ok(saved)) => label(ui, saved, theme.color.secondary),
                    Some(Err(error)) => label(ui, error, theme.color.over),
                    None => {}
                }
            });
    }
}

/// Time and highest levels since the last reset.
fn session_lines(view: &EditorView<'_>) -> [String; 4] {
    let Readings { input, output, .. } = &view.readings;
    // At most some days.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seconds = output.measured_s as u64;
    [
        text!(
            "measured {minutes}:{seconds}",
            minutes = seconds / 60,
            seconds = format!("{:02}", seconds % 60)
        ),
        text!(
            "highest momentary {momentary} LUFS, short-term {short_term} LUFS",
            momentary = format_level(output.momentary_max_lufs, 1),
            short_term = format_level(output.short_term_max_lufs, 1)
        ),
        text!(
            "input: integrated {integrated} LUFS, true peak {peak} dBTP",
            integrated = format_level(input.integrated_lufs, 1),
            peak = format_level(input.true_peak_dbtp, 2)
        ),
        text!(
            "deepest reduction of the limiter {level} dB",
            level = format_level(view.readings.limiter_gain_min_db, 1)
        ),
    ]
}

fn loudness(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    view: &EditorView<'_>,
    meters: &mut MeterOptions,
) -> bool {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    let output = &view.readings.output;
    let delivery = view.delivery;
    let at = |x: f32, y: f32| rect.min + theme.vec(x, y);
    let text = |x: f32, y: f32, text: &str, style| {
        theme.text(&painter, at(x, y), Align2::LEFT_CENTER, text, style)
    };
    text(
        16.0,
        18.0,
        text!("LOUDNESS"),
        bold(11.5, theme.color.secondary),
    );
    let number = format_level(output.short_term_lufs, 1);
    // A dash of full size would look like a bar.
    let style = if number == NOT_MEASURED {
        bold(20.0, theme.color.tertiary)
    } else {
        bold(44.0, theme.color.text)
    };
    let number_rect = text(16.0, 49.0, &number, style);
    // The unit stands beside the upper half of the number, and on the line of the dash.
    let unit_y = if number == NOT_MEASURED { 49.0 } else { 40.0 };
    theme.text(
        &painter,
        pos2(number_rect.right() + theme.px(6.0), at(0.0, unit_y).y),
        Align2::LEFT_CENTER,
        "LUFS",
        regular(11.5, theme.color.secondary),
    );
    let (note, color) = target_note(theme, output.short_term_lufs, view.target_lufs());
    text(
        16.0,
        76.0,
        &text!("short-term{note}", note),
        regular(10.5, color),
    );
    let own = view.own_target_lufs();
    let heading = match (own, delivery.target_lufs) {
        (Some(own), Some(target)) => text!(
            "Own: {own} LUFS · {delivery} {target}",
            own = format_level(own, 1),
            delivery = translate(delivery.name),
            target = format_level(target, 0)
        ),
        (Some(own), None) => text!("Own target: {level} LUFS", level = format_level(own, 1)),
        (None, Some(target)) => format!(
            "{}: {} LUFS, {} dBTP",
            translate(delivery.name),
            format_level(target, 0),
            format_level(delivery.ceiling_dbtp, 1)
        ),
        (None, None) => text!(
            "{delivery}: no loudness target",
            delivery = translate(delivery.name)
        ),
    };
    let (width, style) = (theme.px(170.0), regular(10.5, theme.color.target));
    theme.line(
        &painter,
        at(16.0, 92.0),
        Align2::LEFT_CENTER,
        &heading,
        width,
        style,
    );
    let reduction = view.readings.limiter_gain_db;
    let color = if reduction < -0.05 {
        theme.color.reduction
    } else {
        theme.color.tertiary
    };
    let limiter = text!("limiter {level} dB", level = format_level(reduction, 1));
    text(16.0, 108.0, &limiter, regular(10.5, color));

    let measured = |text: String| {
        if output.integrated_lufs.is_finite() {
            text
        } else {
            NOT_MEASURED.to_owned()
        }
    };
    let ceiling_dbtp = view.settings.limiter.ceiling_db;
    let range = format!("{} LU", format_level(output.loudness_range_lu, 1));
    let integrated = format_level(output.integrated_lufs, 1);
    let true_peak = format_level(output.true_peak_dbtp, 2);
    let peak_color = bars::peak_color(theme, output.true_peak_dbtp, ceiling_dbtp, theme.color.text);
    let column = rect.width() / theme.scale() / 4.0;
    for (column, name, value, color) in [
        (
            0.0,
            text!("integrated"),
            integrated.clone(),
            theme.color.text,
        ),
        (column, text!("range"), measured(range), theme.color.text),
        (
            2.0 * column,
            "PLR",
            measured(format_level(output.plr_db, 1)),
            theme.color.text,
        ),
        (
            3.0 * column - 8.0,
            text!("true peak"),
            true_peak.clone(),
            peak_color,
        ),
    ] {
        text(
            16.0 + column,
            127.0,
            name,
            regular(10.5, theme.color.secondary),
        );
        text(16.0 + column, 144.0, &value, bold(13.5, color));
    }
    let levels = bars::show(ui, rect, theme, view, meters);
    let summary = text!(
        "short-term {number} LUFS, integrated {integrated} LUFS, true peak {true_peak} dBTP, {levels}",
        number,
        integrated,
        true_peak,
        levels
    );
    ui.interact(rect, ui.scope_id().with("loudness"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &summary));
    let place = Rect::from_min_size(at(100.0, 9.0), theme.vec(46.0, 18.0));
    let tip = text!("Resets integrated loudness, range and held peaks");
    controls.button(ui, place, text!("Reset"), tip, false)
}

/// The distance from the target in words, and its color.
fn target_note(theme: Theme, lufs: f32, target: Option<f32>) -> (String, Color32) {
    let Some(target) = target.filter(|_| lufs.is_finite()) else {
        return (String::new(), theme.color.secondary);
    };
    let distance = lufs - target;
    let color = if distance.abs() <= ON_TARGET_LU {
        theme.color.output
    } else {
        theme.color.secondary
    };
    let lu = format!("{:.1}", distance.abs());
    let note = if distance >= 0.0 {
        text!(" · {lu} LU above target", lu)
    } else {
        text!(" · {lu} LU below target", lu)
    };
    (note, color)
}
