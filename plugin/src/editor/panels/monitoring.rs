//! The monitoring switches, and the line that names the signal that is heard. Monitoring never affects an offline bounce.

use egui::{Align2, Pos2, Rect, Role, Sense, Ui, WidgetInfo};
use flow_dsp::{Readings, SoloStage};
use flow_params::ParameterId;

use crate::editor::language::text;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::monitor_choice::{MonitorButton, MonitorChoice};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, bold, regular};
use crate::gestures::Gestures;
use crate::plugin_shared::PluginShared;

/// The state of the switches.
#[derive(Debug, Default)]
pub(crate) struct MonitoringSwitches {
    /// The last frame was bypassed.
    was_bypassed: bool,
}

impl MonitoringSwitches {
    /// Draws the switches. While comparing, the original, the master and the end take the place of *Auto gain* and *Compare*.
    /// Returns whether a reference is asked for and none is open.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        [auto_gain, compare, reference, delta, mono]: [Rect; 5],
        controls: &mut ParamUi<'_>,
        shared: &PluginShared,
    ) -> bool {
        let before = choice(shared);
        let mut now = before;
        if before.is_bypassed && !self.was_bypassed {
            // The host may have switched it on as well.
            now.bypass();
            shared.monitor.cancel_reference_request();
        }
        self.was_bypassed = before.is_bypassed;
        let (widths, theme) = (comparison_widths(ui, controls.theme), controls.theme);
        let mut button = |rect: Rect, button: MonitorButton| {
            let [name, tip] = texts(button);
            // A style target has the name of the button, too.
            let full_name = match button {
                MonitorButton::Reference => text!("Reference playback"),
                _ => name,
            };
            if controls.named_button(ui, rect, [name, full_name], tip, now.is_lit(button)) {
                now.press(button);
            }
        };
        if before.is_comparing() {
            let place = auto_gain.union(compare);
            comparison(place, 2.0, widths, theme, &mut button);
        } else {
            button(auto_gain, MonitorButton::AutoGain);
            button(compare, MonitorButton::Compare);
        }
        button(reference, MonitorButton::Reference);
        button(delta, MonitorButton::Delta);
        button(mono, MonitorButton::Mono);
        let is_closed = now.is_reference && !shared.reference.has_song();
        if is_closed {
            now = before;
        }
        let is_missing = is_closed && !shared.reference.play_last(&shared.monitor);
        if shared.reference.take_start(&shared.monitor) && !now.is_lit(MonitorButton::Reference) {
            now.press(MonitorButton::Reference);
        }
        take(controls, shared, before, now);
        is_missing
    }
}

/// Draws *Compare* for a place beside what is compared, and while comparing the original, the master and the end.
pub(crate) fn compare(ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, shared: &PluginShared) {
    let before = choice(shared);
    let mut now = before;
    let (widths, theme) = (comparison_widths(ui, controls.theme), controls.theme);
    let mut button = |rect: Rect, button: MonitorButton| {
        let [name, tip] = texts(button);
        let full_name = text!("{name} beside the proposals", name);
        let is_lit = now.is_lit(button);
        if controls.named_button(ui, rect, [name, &full_name], tip, is_lit) {
            now.press(button);
        }
    };
    if before.is_comparing() {
        comparison(rect, 4.0, widths, theme, &mut button);
    } else {
        button(rect, MonitorButton::Compare);
    }
    take(controls, shared, before, now);
}

/// The least widths of the original, the master and the end of a comparison, scaled pixels.
fn comparison_widths(ui: &Ui, theme: Theme) -> [f32; 3] {
    let buttons = [
        MonitorButton::Original,
        MonitorButton::Master,
        MonitorButton::End,
    ];
    buttons.map(|button| {
        let style = regular(11.5, theme.color.text);
        let [name, _] = texts(button);
        theme.text_width(ui.painter(), name, style) + theme.px(7.0)
    })
}

/// The least width of a comparison beside the proposals; none while nothing is compared.
pub(crate) fn comparison_width(ui: &Ui, theme: Theme, shared: &PluginShared) -> Option<f32> {
    let width: f32 = comparison_widths(ui, theme).iter().sum();
    choice(shared)
        .is_comparing()
        .then_some(width + theme.px(8.0))
}

/// Divides a place among the original, the master and the end of a comparison, by the widths of their names.
fn comparison(
    rect: Rect,
    gap: f32,
    [original, master, end]: [f32; 3],
    theme: Theme,
    mut button: impl FnMut(Rect, MonitorButton),
) {
    let gap = theme.px(gap);
    let factor = (rect.width() - 2.0 * gap) / (original + master + end);
    let mut left = rect.left();
    for (width, name) in [
        (original, MonitorButton::Original),
        (master, MonitorButton::Master),
        (end, MonitorButton::End),
    ] {
        let right = left + factor * width;
        button(rect.with_min_x(left).with_max_x(right), name);
        left = right + gap;
    }
}

/// Draws *Solo stage* for a stage.
pub(crate) fn solo(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    shared: &PluginShared,
    stage: SoloStage,
) {
    let before = choice(shared);
    let mut now = before;
    let button = MonitorButton::Solo(stage);
    let [name, tip] = texts(button);
    if controls.button(ui, rect, name, tip, now.is_lit(button)) {
        now.press(button);
    }
    take(controls, shared, before, now);
}

/// Takes the states after a button was pressed.
fn take(
    controls: &mut ParamUi<'_>,
    shared: &PluginShared,
    before: MonitorChoice,
    now: MonitorChoice,
) {
    if before.is_bypassed && !now.is_bypassed {
        let bypass = shared.params.get(ParameterId::Bypass);
        controls.history.set(bypass, 0.0);
    }
    if now.states() != before.states() {
        shared.monitor.set(now.states());
        if now.is_reference {
            shared.host.wake();
        }
    }
}

/// The present states.
fn choice(shared: &PluginShared) -> MonitorChoice {
    let is_bypassed = shared.params.get(ParameterId::Bypass).normalized() > 0.5;
    MonitorChoice::new(shared.monitor.get(), is_bypassed)
}

/// Name and tooltip.
fn texts(button: MonitorButton) -> [&'static str; 2] {
    match button {
        MonitorButton::AutoGain => [
            text!("Auto gain"),
            text!(
                "Plays the master as loud as the input, so that every change is judged at equal loudness. An offline \
             bounce never has it, a recording in real time does"
            ),
        ],
        MonitorButton::Compare => [
            text!("Compare"),
            text!(
                "Plays the original and the master in turn, the louder one turned down to the other's loudness"
            ),
        ],
        MonitorButton::Original => [
            text!("Original"),
            text!("Plays the original, as loud as the master"),
        ],
        MonitorButton::Master => [
            text!("Master"),
            text!("Plays the master, as loud as the original"),
        ],
        MonitorButton::End => [text!("End"), text!("Ends the comparison")],
        MonitorButton::Reference => [
            text!("Reference"),
            text!(
                "Plays the chosen reference in place of the master, as loud as the master; a second press ends it. An offline \
             bounce never has it, a recording in real time does"
            ),
        ],
        MonitorButton::Delta => [
            text!("Delta"),
            text!(
                "Plays the difference: master minus input. With Auto gain a mere change of level is silent"
            ),
        ],
        MonitorButton::Mono => [text!("Mono"), text!("Plays the mono sum of left and right")],
        MonitorButton::Solo(_) => [
            text!("Solo stage"),
            text!(
                "Plays the chain with this stage alone, at the same gain and below the ceiling, until you leave the details. An \
             offline bounce never has it, a recording in real time does"
            ),
        ],
    }
}

/// The gain of the master against the original; none before the loudness match has heard its first 3 s.
fn monitor_gain_db(readings: &Readings) -> Option<f32> {
    let gain_db = readings.monitor_gain_db;
    let is_measured = gain_db != 0.0 || readings.output.short_term_max_lufs.is_finite();
    is_measured.then_some(gain_db)
}

/// Draws the name of the signal that is heard, if it isn't the master.
pub(crate) fn banner(ui: &Ui, at: Pos2, theme: Theme, view: &EditorView<'_>) {
    let painter = ui.painter();
    let played = view.shared.reference.played();
    let gain_db = monitor_gain_db(&view.readings);
    let Some(text) = choice(view.shared).description(gain_db, played.as_ref()) else {
        return;
    };
    let style = bold(11.5, theme.color.reduction);
    let width = theme.text_width(painter, &text, style);
    let rect = Rect::from_min_size(at, egui::vec2(width + theme.px(16.0), theme.px(22.0)));
    painter.rect_filled(rect, theme.radius(6.0), theme.color.background);
    theme.text(painter, rect.center(), Align2::CENTER_CENTER, &text, style);
    ui.interact(rect, ui.scope_id().with("monitoring"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tooltips_of_sources_promise_nothing_for_a_recording_in_real_time() {
        for button in [
            MonitorButton::AutoGain,
            MonitorButton::Reference,
            MonitorButton::Solo(SoloStage::Glue),
        ] {
            let [name, tip] = texts(button);
            let promise = "An offline bounce never has it, a recording in real time does";
            assert!(tip.ends_with(promise), "{name}: {tip}");
        }
    }
}
