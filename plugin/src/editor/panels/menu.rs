//! The menu: appearance, switches for all instances, personalization, Session Probe's trace, and the service's statistics.

use std::time::Duration;

use egui::{Align2, Button, Rect, RectAlign, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::preferences::PreferenceKey;
use flow_platform::flags::Flag;

use crate::analysis_client::AnalysisClient;
use crate::editor::language::{Language, key, plural, text, translate};
use crate::editor::model::editor_model::{EditorView, ServiceStatus};
use crate::editor::model::preferences_file::display_options::{Appearance, ColorTheme};
use crate::editor::model::preferences_file::language_choice::LanguageChoice;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, regular, scale_widgets};

/// The flags that users switch, with label and tooltip.
const SWITCHES: [(Flag, &str, &str); 6] = [
    (
        Flag::Assistant,
        key!("Analysis"),
        key!(
            "Lets the assistant analyze the input. When off, sound, meters and spectrum stay the same. Default: on"
        ),
    ),
    (
        Flag::Preferences,
        key!("Personalize proposals"),
        key!(
            "Remembers on this computer which share of the proposals for balance and width you keep, and starts there. When \
         off, nothing is remembered or used. Default: on"
        ),
    ),
    (
        Flag::Gpu,
        key!("GPU acceleration"),
        key!(
            "Runs the model on the GPU where that is faster. Switching it on again retries a GPU that failed. Default: on"
        ),
    ),
    (
        Flag::Int8,
        key!("INT8 inference"),
        key!(
            "Runs the model with 8-bit integers where that is faster. When off, it uses floating point. Default: on"
        ),
    ),
    (
        Flag::Cache,
        key!("Result cache"),
        key!(
            "Reuses the results of audio that plays again in a loop. Results are the same without it. Default: on"
        ),
    ),
    (
        Flag::Probe,
        key!("Session Probe"),
        key!(
            "Records the timing of audio, analysis and windows, but no audio, for ui.perfetto.dev. Switching it off keeps the \
         trace. Default: off"
        ),
    ),
];

/// Width of the menu: the name of a trace file fits.
const WIDTH: f32 = 270.0;

/// The menu's state.
pub(crate) struct Menu {
    trace_export: TraceExport,
}

impl Menu {
    #[must_use]
    pub(crate) fn new(trace_export: TraceExport) -> Self {
        Self { trace_export }
    }

    /// Draws the button, and the open menu, which may change the appearance. Returns whether *Reset personalization* was
    /// clicked.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        theme: Theme,
        view: &EditorView<'_>,
        appearance: &mut Appearance,
    ) -> bool {
        let analysis = &view.shared.analysis;
        let mut is_reset = false;
        let response = ui
            .interact(rect, ui.scope_id().with("more"), Sense::click())
            .on_hover_text(text!(
                "Appearance, switches for all instances, and statistics of the analysis"
            ));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text!("More")));
        theme.more(ui.painter(), rect, &response);
        let is_saving = self.trace_export.poll();
        egui::Popup::menu(&response)
            .align(RectAlign::BOTTOM_END)
            .gap(theme.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                ui.set_width(theme.px(WIDTH));
                window_choices(ui, theme, appearance);
                ui.separator();
                heading(ui, theme, text!("All instances"));
                switches(ui, theme, analysis);
                is_reset = personalization(ui, theme, view);
                self.trace(ui, theme, analysis, is_saving);
                statistics(ui, theme, view.status);
            });
        if is_saving {
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
        is_reset
    }

    /// The button that saves Session Probe's trace, and its outcome.
    fn trace(&mut self, ui: &mut Ui, theme: Theme, analysis: &AnalysisClient, is_saving: bool) {
        ui.separator();
        let is_enabled = analysis.has_trace() && !is_saving;
        let button = ui
            .add_enabled(is_enabled, Button::new(text!("Save trace")))
            .on_hover_text(text!("Saves the trace of all instances to a new file"))
            .on_disabled_hover_text(text!("There is no trace yet: switch Session Probe on"));
        if button.clicked() {
            self.trace_export.save(analysis);
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
        let (text, color) = match self.trace_export.outcome() {
            Some(Ok(saved)) => (saved, theme.color.secondary),
            Some(Err(error)) => (error, theme.color.over),
            None => return,
        };
        // A menu would justify the sentence.
        ui.vertical(|ui| ui.label(RichText::new(text).small().color(color)));
    }
}

fn heading(ui: &mut Ui, theme: Theme, name: &str) {
    ui.label(RichText::new(name).small().color(theme.color.secondary));
}

/// The choices for the whole window.
fn window_choices(ui: &mut Ui, theme: Theme, appearance: &mut Appearance) {
    heading(ui, theme, text!("Window"));
    ui.horizontal_wrapped(|ui| {
        for (colors, name) in ColorTheme::ALL {
            ui.selectable_value(&mut appearance.colors, colors, translate(name))
                .on_hover_text(text!(
                    "The colors of the window, remembered on this computer. Default: Dark"
                ));
        }
    });
    language_choice(ui, theme, &mut appearance.language);
    let tip = text!(
        "Meters and stereo image step a few times a second, the spectrum moves slowly, and menus open at once, \
               remembered on this computer. Default: off"
    );
    if switch_row(
        ui,
        theme,
        (text!("Reduced motion"), tip),
        appearance.reduced_motion,
    ) {
        appearance.reduced_motion = !appearance.reduced_motion;
    }
}

/// The choice of a language. Each has its own name, so that its speakers find it in any other.
fn language_choice(ui: &mut Ui, theme: Theme, chosen: &mut LanguageChoice) {
    heading(ui, theme, text!("Language"));
    ui.horizontal_wrapped(|ui| {
        let tip = text!(
            "The language of the window, remembered on this computer. Hosts show names and values in English. Default: System"
        );
        let system = (LanguageChoice::System, text!("System"));
        let languages = Language::all();
        let all = languages.map(|language| (LanguageChoice::Fixed(language), language.name()));
        for (choice, name) in std::iter::once(system).chain(all) {
            ui.selectable_value(chosen, choice, name).on_hover_text(tip);
        }
    });
}

fn switches(ui: &mut Ui, theme: Theme, analysis: &AnalysisClient) {
    for (flag, name, tip) in SWITCHES {
        let on = analysis.is_enabled(flag);
        if switch_row(ui, theme, (translate(name), translate(tip)), on) {
            analysis.set_flag(flag, !on);
            // The service needs a moment to follow.
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
    }
}

/// Draws a name with a switch. Returns whether it was clicked.
fn switch_row(ui: &mut Ui, theme: Theme, (name, tip): (&str, &str), on: bool) -> bool {
    let size = vec2(ui.available_width(), theme.px(22.0));
    let (row, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
    let (painter, middle) = (ui.painter(), row.center().y);
    let at = pos2(row.left(), middle);
    let style = regular(12.0, theme.color.text);
    theme.text(painter, at, Align2::LEFT_CENTER, name, style);
    let pill = theme.vec(26.0, 14.0);
    let at = pos2(row.right() - pill.x / 2.0 - theme.px(2.0), middle);
    let place = Rect::from_center_size(at, pill);
    theme.switch(painter, place, on, theme.color.output);
    theme.focus(painter, row, &response);
    response.on_hover_text(tip).clicked()
}

/// The recorded preferences. Returns whether *Reset personalization* was clicked.
fn personalization(ui: &mut Ui, theme: Theme, view: &EditorView<'_>) -> bool {
    ui.separator();
    let file = view.preferences;
    let preferences = file.content();
    let share = |(key, habit): (PreferenceKey, f32)| {
        let name = match key {
            PreferenceKey::All => text!("overall"),
            PreferenceKey::Parameter(id) => translate(id.name()),
        };
        format!("{name} {:.0} %", 100.0 * habit)
    };
    let habits: Vec<String> = preferences.habits().map(share).collect();
    let mut text = match preferences.decisions() {
        0 => text!("Personalization: no decisions yet").to_owned(),
        count => plural!(
            "Personalization: {count} decision",
            "Personalization: {count} decisions",
            count = count
        ),
    };
    if !habits.is_empty() {
        text += &text!("; usually kept: {shares}", shares = habits.join(", "));
    }
    ui.vertical(|ui| {
        ui.label(RichText::new(text).small().color(theme.color.secondary));
        if let Some(error) = file.error() {
            ui.label(RichText::new(error).small().color(theme.color.over));
        }
    });
    let has_content = preferences.decisions() > 0 || file.error().is_some();
    ui.add_enabled(has_content, Button::new(text!("Reset personalization")))
        .on_hover_text(text!("Deletes the recorded preferences of all instances. From the next Listen on, proposals start at 100 %"))
        .on_disabled_hover_text(text!("No preferences are recorded"))
        .clicked()
}

/// One statistic, and whether it counts a loss.
struct Statistic {
    text: String,
    tip: String,
    is_loss: bool,
}

/// The statistics that are not zero.
fn nonzero_statistics(status: &ServiceStatus) -> Vec<Statistic> {
    let (backend, counts) = (&status.backend, &status.counts);
    let mut statistics = Vec::new();
    let mut add = |is_loss, text: String, tip: &str| {
        let tip = tip.to_owned();
        statistics.push(Statistic { text, tip, is_loss });
    };
    if !backend.reason.is_empty() {
        add(
            false,
            text!("model runs on {backend}", backend = backend.backend),
            &backend.reason,
        );
    }
    if !backend.graphics.is_empty() {
        let memory = match backend.graphics_bytes >> 20 {
            0 => String::new(),
            mib => format!(", {mib} MiB"),
        };
        let tip = text!("The GPU and the memory that Flow uses on it, or why there is none");
        add(false, format!("GPU: {}{memory}", backend.graphics), tip);
    }
    if backend.cache_hits > 0 {
        let text = plural!(
            "{hits} of {count} result from the cache",
            "{hits} of {count} results from the cache",
            count = backend.queries,
            hits = backend.cache_hits
        );
        add(
            false,
            text,
            text!("The same audio had been analyzed before"),
        );
    }
    if backend.failures > 0 {
        let text = plural!(
            "{count} failed backend",
            "{count} failed backends",
            count = backend.failures
        );
        add(
            true,
            text,
            text!("Other backends replaced them; the log has the reasons"),
        );
    }
    for (count, text, tip) in [
        (
            counts.slices,
            plural!(
                "{count} analysis slice",
                "{count} analysis slices",
                count = counts.slices
            ),
            text!("Units of work of a few milliseconds"),
        ),
        (
            counts.deferred,
            plural!(
                "{count} slice deferred",
                "{count} slices deferred",
                count = counts.deferred
            ),
            text!("They waited because the audio threads were busy"),
        ),
        (
            counts.aged,
            plural!(
                "{count} slice after the longest wait",
                "{count} slices after the longest wait",
                count = counts.aged
            ),
            text!("They ran although the audio threads were busy"),
        ),
    ] {
        if count > 0 {
            add(false, text, tip);
        }
    }
    let oldest = Duration::from_nanos(counts.oldest_result_ns);
    if !oldest.is_zero() {
        let text = text!(
            "longest wait for a result {seconds} s",
            seconds = format!("{:.1}", oldest.as_secs_f32())
        );
        add(
            false,
            text,
            text!("The longest time between two analyses of an instance with running audio"),
        );
    }
    for (count, text, tip) in [
        (
            counts.late,
            plural!(
                "the host was late once",
                "the host was late {count} times",
                count = counts.late
            ),
            text!("The host called later than the audio buffer requires"),
        ),
        (
            counts.missed,
            plural!(
                "Flow was late once",
                "Flow was late {count} times",
                count = counts.missed
            ),
            text!("Processing took longer than the audio buffer lasts"),
        ),
        (
            counts.dropped_frames,
            plural!(
                "{count} frame not analyzed",
                "{count} frames not analyzed",
                count = counts.dropped_frames
            ),
            text!("The analysis did not fetch them in time"),
        ),
        (
            counts.stale,
            plural!(
                "{count} result shown late",
                "{count} results shown late",
                count = counts.stale
            ),
            text!("A window was too slow to show them"),
        ),
        (
            counts.panics,
            plural!(
                "{count} failed analysis",
                "{count} failed analyses",
                count = counts.panics
            ),
            text!("The audio collected until then was discarded"),
        ),
        (
            counts.lost_events,
            plural!(
                "{count} trace event lost",
                "{count} trace events lost",
                count = counts.lost_events
            ),
            text!("Session Probe's buffer was full"),
        ),
        (
            counts.stuck,
            plural!(
                "{count} abandoned thread",
                "{count} abandoned threads",
                count = counts.stuck
            ),
            text!("Analyses that did not end with the last instance"),
        ),
    ] {
        if count > 0 {
            add(true, text, tip);
        }
    }
    statistics
}

fn statistics(ui: &mut Ui, theme: Theme, status: &ServiceStatus) {
    let statistics = nonzero_statistics(status);
    if statistics.is_empty() {
        return;
    }
    ui.separator();
    heading(ui, theme, text!("Statistics"));
    for statistic in statistics {
        let color = if statistic.is_loss {
            theme.color.reduction
        } else {
            theme.color.secondary
        };
        let text = RichText::new(statistic.text).small().color(color);
        ui.label(text).on_hover_text(statistic.tip);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flow_analysis::analyzer::BackendStatus;
    use flow_service::ServiceStats;

    use super::*;

    #[test]
    fn switches_of_the_menu_cover_all_flags_except_the_scheduler() {
        // The scheduler's flag is for measurements only.
        let for_users = Flag::ALL.into_iter().filter(|f| *f != Flag::Scheduler);
        for flag in for_users.clone() {
            let has_default = |s: &(Flag, _, &str)| s.0 == flag && s.2.contains("Default: o");
            assert!(SWITCHES.iter().any(has_default), "{flag:?}");
        }
        assert_eq!(for_users.count(), SWITCHES.len());
    }

    #[test]
    fn nonzero_statistics_of_a_busy_service_list_work_before_losses() {
        assert!(nonzero_statistics(&ServiceStatus::default()).is_empty());
        let status = ServiceStatus {
            backend: Arc::new(BackendStatus {
                backend: "wgpu",
                reason: "fastest of wgpu (A card, 1.0) 300 µs".into(),
                queries: 70,
                cache_hits: 20,
                failures: 1,
                graphics: "A card, 1.0".into(),
                graphics_bytes: 40 << 20,
            }),
            counts: ServiceStats {
                slices: 412,
                oldest_result_ns: 830_400_000,
                stale: 2,
                ..ServiceStats::default()
            },
            ..ServiceStatus::default()
        };
        let statistics = nonzero_statistics(&status);
        let texts: Vec<_> = statistics
            .iter()
            .map(|s| (s.text.as_str(), s.is_loss))
            .collect();
        let expected = [
            ("model runs on wgpu", false),
            ("GPU: A card, 1.0, 40 MiB", false),
            ("20 of 70 results from the cache", false),
            ("1 failed backend", true),
            ("412 analysis slices", false),
            ("longest wait for a result 0.8 s", false),
            ("2 results shown late", true),
        ];
        assert_eq!(texts, expected);
    }
}
