//! What is seldom needed, at the end of the header: switches of the whole image, the probe's recording, and the figures
//! of the analysis service.

use std::time::Duration;

use egui::{Align2, Button, Rect, RectAlign, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_inference::flags::Flag;
use flow_inference::service::ServiceCounts;

use super::look::{Look, OUTPUT, OVER, REDUCTION, SECONDARY, TEXT, Weight, scale_widgets};
use super::recordings::Recordings;
use crate::engine::Engine;

/// A flag, its name here, and what it does. Those that nothing looks at yet are left out.
const SWITCHES: [(Flag, &str, &str); 2] = [
    (
        Flag::Assistant,
        "Analysis",
        "Listens to the input while a window is open, and says what stands out. Without it nothing is said; the sound, \
         the meters and the spectrum are the same",
    ),
    (
        Flag::Probe,
        "Session Probe",
        "Records when audio, analysis and windows were at work, but no sound, to look at with ui.perfetto.dev. Without \
         it nothing is added, and what was recorded stays",
    ),
];

/// How soon to look again at what the service's thread was asked for.
const SOON: Duration = Duration::from_millis(50);

/// Wide enough for the name of a recording's file.
const WIDTH: f32 = 270.0;

/// The menu.
pub(crate) struct Menu {
    recordings: Recordings,
}

impl Menu {
    /// That saves into these.
    #[must_use]
    pub(crate) fn new(recordings: Recordings) -> Self {
        Self { recordings }
    }

    /// Draws its button, and the menu while it is open.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        look: Look,
        engine: &Engine,
        counts: &ServiceCounts,
    ) {
        let response = ui
            .interact(rect, ui.scope_id().with("more"), Sense::click())
            .on_hover_text("Switches, a recording for developers, and figures of the analysis");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More"));
        look.more(ui.painter(), rect, &response);
        let saving = self.recordings.is_saving();
        egui::Popup::menu(&response)
            .align(RectAlign::BOTTOM_END)
            .gap(look.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, look);
                ui.set_width(look.px(WIDTH));
                heading(ui, "All instances");
                switches(ui, look, engine);
                self.recording(ui, engine, saving);
                figures(ui, counts);
            });
        if saving {
            ui.ctx().request_repaint_after(SOON);
        }
    }

    fn recording(&mut self, ui: &mut Ui, engine: &Engine, saving: bool) {
        ui.separator();
        let enabled = engine.has_recording() && !saving;
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

fn switches(ui: &mut Ui, look: Look, engine: &Engine) {
    for (flag, name, tip) in SWITCHES {
        let on = engine.is_on(flag);
        let size = vec2(ui.available_width(), look.px(22.0));
        let (row, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
        let (painter, middle) = (ui.painter(), row.center().y);
        let at = pos2(row.left(), middle);
        let style = (12.0, Weight::Regular, TEXT);
        look.text(painter, at, Align2::LEFT_CENTER, name, style);
        let pill = look.vec(26.0, 14.0);
        let at = pos2(row.right() - pill.x / 2.0 - look.px(2.0), middle);
        look.switch(painter, Rect::from_center_size(at, pill), on, OUTPUT);
        look.focus(painter, row, &response);
        if response.on_hover_text(tip).clicked() {
            engine.switch(flag, !on);
            // When the service has heard of it.
            ui.ctx().request_repaint_after(SOON);
        }
    }
}

/// A figure of the service, what it means, and whether something was lost.
struct Figure {
    text: String,
    tip: &'static str,
    is_loss: bool,
}

/// Those worth showing.
fn worth_showing(counts: &ServiceCounts) -> Vec<Figure> {
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
                tip,
                is_loss,
            })
        }
    };
    let oldest = Duration::from_nanos(counts.oldest_result_ns);
    let oldest = (!oldest.is_zero()).then(|| Figure {
        text: format!("longest wait for a result {:.1} s", oldest.as_secs_f32()),
        tip: "The longest that an instance with running audio had to wait for its next analysis",
        is_loss: false,
    });
    let work = work.into_iter().filter_map(figure(false));
    let losses = losses.into_iter().filter_map(figure(true));
    work.chain(oldest).chain(losses).collect()
}

fn figures(ui: &mut Ui, counts: &ServiceCounts) {
    let figures = worth_showing(counts);
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
    fn switches_are_for_users_and_say_what_is_without_them() {
        for (flag, name, tip) in SWITCHES {
            assert!(Flag::FOR_USERS.contains(&flag), "{name}");
            assert!(tip.contains("Without it"), "{name}");
        }
    }

    #[test]
    fn figures_are_those_worth_showing() {
        assert!(worth_showing(&ServiceCounts::default()).is_empty());
        let counts = ServiceCounts {
            slices: 412,
            oldest_result_ns: 830_400_000,
            stale: 2,
            ..ServiceCounts::default()
        };
        let shown = worth_showing(&counts);
        let shown: Vec<_> = shown.iter().map(|f| (f.text.as_str(), f.is_loss)).collect();
        let expected = [
            ("412 slices of analysis", false),
            ("longest wait for a result 0.8 s", false),
            ("2 results shown late", true),
        ];
        assert_eq!(shown, expected);
    }
}
