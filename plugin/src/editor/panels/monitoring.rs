//! The monitoring switches, and the line that names the signal that is heard. Monitoring never affects a bounce.

use egui::{Align2, Painter, Pos2, Rect, Ui};
use flow_dsp::{Compare, Monitor};
use flow_params::ParameterId;

use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{BACKGROUND, REDUCTION, Theme, bold};
use crate::gestures::Gestures;
use crate::plugin_shared::PluginShared;

/// Draws the switches. While comparing, the original, the master and the end take the place of *Auto gain* and *Compare*.
pub(crate) fn switches(
    ui: &mut Ui,
    [auto_gain, compare, delta, mono]: [Rect; 4],
    controls: &mut ParamUi<'_>,
    shared: &PluginShared,
) {
    let before = shared.monitor.get();
    let mut monitor = before;
    if before.compare == Compare::Off {
        let tip = "Plays the result as loud as the input, so that every change is judged at equal loudness. A bounce is \
                   never affected";
        if controls.button(ui, auto_gain, "Auto gain", tip, before.auto_gain) {
            monitor.auto_gain = !before.auto_gain;
        }
        let tip = "Plays the original and the master in turn, the louder one turned down to the other's loudness";
        if controls.button(ui, compare, "Compare", tip, false) {
            monitor.compare = Compare::Original;
            monitor.delta = false;
        }
    } else {
        comparison(ui, auto_gain.union(compare), controls, &mut monitor);
    }
    let tip = "Plays the difference: output minus input";
    if controls.button(ui, delta, "Delta", tip, before.delta) {
        monitor.delta = !before.delta;
        monitor.compare = Compare::Off;
    }
    let tip = "Plays the mono sum of left and right";
    if controls.button(ui, mono, "Mono", tip, before.mono) {
        monitor.mono = !before.mono;
    }
    if monitor != before {
        // Bypass would play nothing of a state that is switched on.
        let bypass = shared.params.get(ParameterId::Bypass);
        if bypass.normalized() > 0.5 && has_more(monitor, before) {
            controls.history.set(bypass, 0.0);
        }
        shared.monitor.set(monitor);
    }
}

/// Whether a state was switched on.
fn has_more(now: Monitor, before: Monitor) -> bool {
    let is_comparing = now.compare != Compare::Off && now.compare != before.compare;
    is_comparing
        || (now.auto_gain && !before.auto_gain)
        || (now.delta && !before.delta)
        || (now.mono && !before.mono)
}

/// The two sides of a comparison, and its end.
fn comparison(ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, monitor: &mut Monitor) {
    let theme = controls.theme;
    let gap = theme.px(2.0);
    let (original, rest) = rect.split_left_right_at_fraction(0.4);
    let (master, end) = rest.split_left_right_at_fraction(0.6);
    let tip = "Plays the original, as loud as the master";
    let is_original = monitor.compare == Compare::Original;
    let original = original.with_max_x(original.right() - gap);
    if controls.button(ui, original, "Original", tip, is_original) {
        monitor.compare = Compare::Original;
    }
    let tip = "Plays the master, as loud as the original";
    let master = master.with_max_x(master.right() - gap);
    if controls.button(ui, master, "Master", tip, !is_original) {
        monitor.compare = Compare::Processed;
    }
    if controls.button(ui, end, "End", "Ends the comparison", false) {
        monitor.compare = Compare::Off;
    }
}

/// The name of the monitored signal, if it isn't the output.
fn monitored_signal(view: &EditorView<'_>) -> Option<String> {
    let monitor = view.shared.monitor.get();
    let text = match (view.settings.bypass, monitor.delta, monitor.compare) {
        (true, _, _) => "Bypassed: you hear the input",
        (false, true, _) => "Delta: you hear output minus input",
        (false, false, Compare::Original) => "Compare: you hear the original at equal loudness",
        (false, false, Compare::Processed) => "Compare: you hear the master at equal loudness",
        (false, false, Compare::Off) if monitor.auto_gain => {
            "Auto gain: you hear the output as loud as the input"
        }
        (false, false, Compare::Off) if monitor.mono => "You hear the output",
        (false, false, Compare::Off) => return None,
    };
    let is_mono = monitor.mono && !view.settings.bypass;
    let mono = if is_mono { ", in mono" } else { "" };
    Some(format!("{text}{mono}"))
}

/// Draws the name of the signal that is heard, if it isn't the output.
pub(crate) fn banner(painter: &Painter, at: Pos2, theme: Theme, view: &EditorView<'_>) {
    let Some(text) = monitored_signal(view) else {
        return;
    };
    let style = bold(11.5, REDUCTION);
    let width = theme.text_width(painter, &text, style);
    let rect = Rect::from_min_size(at, egui::vec2(width + theme.px(16.0), theme.px(22.0)));
    painter.rect_filled(rect, theme.radius(6.0), BACKGROUND);
    theme.text(painter, rect.center(), Align2::CENTER_CENTER, &text, style);
}
