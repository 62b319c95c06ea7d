//! What is seldom needed, at the end of the header: switches of the whole image, the probe's recording, and the figures
//! of the analysis service.

use std::time::Duration;

use egui::{Align2, Button, Rect, RectAlign, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::analyzer::BackendStatus;
use flow_analysis::preferences::ALL_PARAMETERS;
use flow_params::ParameterId;
use flow_platform::flags::Flag;
use flow_service::ServiceStats;

use crate::analysis_client::AnalysisClient;
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::widgets::theme::{
    OUTPUT, OVER, REDUCTION, SECONDARY, TEXT, Theme, Weight, scale_widgets,
};
use crate::plugin_shared::PluginShared;

/// A flag, its name here, and what it does: all that a user may want to switch.
const SWITCHES: [(Flag, &str, &str); 6] = [
    (
        Flag::Assistant,
        "Analysis",
        "Lets Listen hear the input, and say what stands out. Without it nothing is heard or said; the sound, the meters and \
         the spectrum are the same",
    ),
    (
        Flag::Preferences,
        "Learn my taste",
        "Remembers on this computer how much you keep of proposals for balance and width, and begins a little nearer to \
         that. Without it all of each is proposed, and nothing is remembered; what was learnt stays",
    ),
    (
        Flag::Gpu,
        "Graphics card",
        "Lets the network run on a graphics card where that is faster. Without it the analysis touches none, and one that \
         failed is tried again when this is switched on again",
    ),
    (
        Flag::Int8,
        "Integers",
        "Lets the network run in integers of eight bits where that is faster. Without it it runs in floating-point numbers",
    ),
    (
        Flag::Cache,
        "Remembered answers",
        "What is played again, in a loop, isn't judged again. Without it it is, with the same result",
    ),
    (
        Flag::Probe,
        "Session Probe",
        "Records when audio, analysis and windows were at work, but no sound, to look at with ui.perfetto.dev. Without \
         it nothing is added, and what was recorded stays",
    ),
];

/// How soon to look again at what the service's thread was asked for.
pub(crate) const SOON: Duration = Duration::from_millis(50);

/// Wide enough for the name of a recording's file.
const WIDTH: f32 = 270.0;

/// The menu.
pub(crate) struct Menu {
    recordings: TraceExport,
}

impl Menu {
    /// That saves into these.
    #[must_use]
    pub(crate) fn new(recordings: TraceExport) -> Self {
        Self { recordings }
    }

    /// Draws its button, and the menu while it is open; true when what was learnt shall be forgotten.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        theme: Theme,
        shared: &PluginShared,
        ((counts, runs), taste): ((&ServiceStats, &BackendStatus), &PreferencesFile),
    ) -> bool {
        let engine = &shared.analysis;
        let mut is_reset = false;
        let response = ui
            .interact(rect, ui.scope_id().with("more"), Sense::click())
            .on_hover_text("Switches, a recording for developers, and figures of the analysis");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More"));
        theme.more(ui.painter(), rect, &response);
        let saving = self.recordings.is_saving();
        egui::Popup::menu(&response)
            .align(RectAlign::BOTTOM_END)
            .gap(theme.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                ui.set_width(theme.px(WIDTH));
                heading(ui, "All instances");
                switches(ui, theme, engine);
                is_reset = learnt(ui, taste);
                self.recording(ui, engine, saving);
                figures(ui, counts, runs);
            });
        if saving {
            ui.ctx().request_repaint_after(SOON);
        }
        is_reset
    }

    fn recording(&mut self, ui: &mut Ui, engine: &AnalysisClient, saving: bool) {
        ui.separator();
        let enabled = engine.has_trace() && !saving;
        let button = ui
            .add_enabled(enabled, Button::new("Save the probe's recording"))
            .on_hover_text("Writes what was recorded of all instances into a new file of its own")
            .on_disabled_hover_text("Nothing is recorded yet: Session Probe begins it");
        if button.clicked() {
            self.recordings.save(engine);
            ui.ctx().request_repaint_after(SOON);
        }
        let (said, color) = match self.recordings.outcome() {
            Some(Ok(saved)) => (saved, SECONDARY),
            Some(Err(fault)) => (fault, OVER),
            None => return,
        };
        // Menus stretch their lines, which a sentence doesn't look well in.
        ui.vertical(|ui| ui.label(RichText::new(said).small().color(color)));
    }
}

fn heading(ui: &mut Ui, name: &str) {
    ui.label(RichText::new(name).small().color(SECONDARY));
}

fn switches(ui: &mut Ui, theme: Theme, engine: &AnalysisClient) {
    for (flag, name, tip) in SWITCHES {
        let on = engine.is_enabled(flag);
        let size = vec2(ui.available_width(), theme.px(22.0));
        let (row, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
        let (painter, middle) = (ui.painter(), row.center().y);
        let at = pos2(row.left(), middle);
        let style = (12.0, Weight::Regular, TEXT);
        theme.text(painter, at, Align2::LEFT_CENTER, name, style);
        let pill = theme.vec(26.0, 14.0);
        let at = pos2(row.right() - pill.x / 2.0 - theme.px(2.0), middle);
        theme.switch(painter, Rect::from_center_size(at, pill), on, OUTPUT);
        theme.focus(painter, row, &response);
        if response.on_hover_text(tip).clicked() {
            engine.set_flag(flag, !on);
            // When the service has heard of it.
            ui.ctx().request_repaint_after(SOON);
        }
    }
}

/// What was learnt of the user's taste; true when that shall be forgotten.
fn learnt(ui: &mut Ui, taste: &PreferencesFile) -> bool {
    ui.separator();
    let known = taste.known();
    let share = |(id, habit): (&str, f32)| {
        let name = match id {
            ALL_PARAMETERS => "all together",
            id => id.parse().map_or(id, |known: ParameterId| known.name()),
        };
        format!("{name} {:.0} %", 100.0 * habit)
    };
    let habits: Vec<String> = known.habits().map(share).collect();
    let decisions = match known.decisions() {
        0 => "Taste: nothing learnt yet".to_owned(),
        1 => "Taste: 1 decision".to_owned(),
        several => format!("Taste: {several} decisions"),
    };
    let said = match &habits[..] {
        [] => decisions,
        _ => format!("{decisions}; mostly kept: {}", habits.join(", ")),
    };
    // As above.
    ui.vertical(|ui| {
        ui.label(RichText::new(said).small().color(SECONDARY));
        if let Some(fault) = taste.fault() {
            ui.label(RichText::new(fault).small().color(OVER));
        }
    });
    let is_there = known.decisions() > 0 || taste.fault().is_some();
    ui.add_enabled(is_there, Button::new("Forget my taste"))
        .on_hover_text("Removes the file with what was learnt, for all instances; proposals begin with 100 % again from the next Listen on")
        .on_disabled_hover_text("There is nothing to forget")
        .clicked()
}

/// A figure of the service, what it means, and whether something was lost.
struct Figure {
    text: String,
    tip: String,
    is_loss: bool,
}

/// Of what the network runs on.
fn network(runs: &BackendStatus) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |is_loss, text: String, tip: String| {
        figures.push(Figure { text, tip, is_loss });
    };
    if !runs.reason.is_empty() {
        add(
            false,
            format!("runs on {}", runs.backend),
            runs.reason.clone(),
        );
    }
    if !runs.graphics.is_empty() {
        let held = match runs.graphics_bytes >> 20 {
            0 => String::new(),
            mib => format!(", {mib} MiB"),
        };
        let tip = "The graphics card that may run the network, with the memory that it holds, or why there is none";
        add(
            false,
            format!("graphics: {}{held}", runs.graphics),
            tip.into(),
        );
    }
    if runs.cache_hits > 0 {
        let text = format!("{} of {} answers known", runs.cache_hits, runs.queries);
        add(
            false,
            text,
            "They had been given before, to the same sound".into(),
        );
    }
    if runs.failures > 0 {
        let text = format!("backends lost: {}", runs.failures);
        add(
            true,
            text,
            "Others took their place; the log says why".into(),
        );
    }
    figures
}

/// Those worth showing.
fn worth_showing(counts: &ServiceStats, runs: &BackendStatus) -> Vec<Figure> {
    let work = [
        (
            counts.slices,
            "slices of analysis",
            "Pieces of work of a few milliseconds each",
        ),
        (
            counts.deferred,
            "waited for audio",
            "They had to wait, because audio was short of time",
        ),
        (
            counts.aged,
            "ran after a long wait",
            "Audio was short of time for so long that they ran nevertheless",
        ),
    ];
    let losses = [
        (
            counts.late,
            "late blocks",
            "The host asked for them later than it should have",
        ),
        (
            counts.missed,
            "blocks over time",
            "Flow took longer for them than they last",
        ),
        (
            counts.dropped_frames,
            "frames not analysed",
            "Audio that the analysis didn't fetch in time",
        ),
        (
            counts.stale,
            "results shown late",
            "A window was too slow to show them",
        ),
        (
            counts.panics,
            "analyses failed",
            "What was heard until then is forgotten",
        ),
        (
            counts.lost_events,
            "events not recorded",
            "The probe had no place for them",
        ),
        (
            counts.stuck,
            "threads left behind",
            "Analyses that didn't end when the last instance went",
        ),
    ];
    let figure = |is_loss| {
        move |(count, what, tip): (u64, &str, &'static str)| {
            (count > 0).then(|| Figure {
                text: format!("{count} {what}"),
                tip: tip.to_owned(),
                is_loss,
            })
        }
    };
    let oldest = Duration::from_nanos(counts.oldest_result_ns);
    let oldest = (!oldest.is_zero()).then(|| Figure {
        text: format!("longest wait for a result {:.1} s", oldest.as_secs_f32()),
        tip: "The longest that an instance with running audio had to wait for its next analysis"
            .into(),
        is_loss: false,
    });
    let work = work.into_iter().filter_map(figure(false));
    let losses = losses.into_iter().filter_map(figure(true));
    let network = network(runs).into_iter();
    network.chain(work).chain(oldest).chain(losses).collect()
}

fn figures(ui: &mut Ui, counts: &ServiceStats, runs: &BackendStatus) {
    let figures = worth_showing(counts, runs);
    if figures.is_empty() {
        return;
    }
    ui.separator();
    heading(ui, "So far");
    for figure in figures {
        let color = if figure.is_loss { REDUCTION } else { SECONDARY };
        let text = RichText::new(figure.text).small().color(color);
        ui.label(text).on_hover_text(figure.tip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_flags_for_users_can_be_switched_and_say_what_is_without_them() {
        // That one is for measuring only.
        let for_users = Flag::ALL.into_iter().filter(|f| *f != Flag::Scheduler);
        assert!(for_users.clone().count() == SWITCHES.len());
        for flag in for_users {
            let (_, name, tip) = SWITCHES.iter().find(|(f, ..)| *f == flag).unwrap();
            assert!(tip.contains("Without it"), "{name}");
        }
    }

    #[test]
    fn figures_are_those_worth_showing() {
        let nothing = BackendStatus::default();
        assert!(worth_showing(&ServiceStats::default(), &nothing).is_empty());
        let counts = ServiceStats {
            slices: 412,
            oldest_result_ns: 830_400_000,
            stale: 2,
            ..ServiceStats::default()
        };
        let runs = BackendStatus {
            backend: "wgpu",
            reason: "fastest of wgpu (A card, 1.0) 300 µs".into(),
            queries: 70,
            cache_hits: 20,
            failures: 1,
            graphics: "A card, 1.0".into(),
            graphics_bytes: 40 << 20,
        };
        let shown = worth_showing(&counts, &runs);
        let shown: Vec<_> = shown.iter().map(|f| (f.text.as_str(), f.is_loss)).collect();
        let expected = [
            ("runs on wgpu", false),
            ("graphics: A card, 1.0, 40 MiB", false),
            ("20 of 70 answers known", false),
            ("backends lost: 1", true),
            ("412 slices of analysis", false),
            ("longest wait for a result 0.8 s", false),
            ("2 results shown late", true),
        ];
        assert_eq!(shown, expected);
    }
}
