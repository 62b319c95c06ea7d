//! The last line: the state of the machine in plain figures. It turns amber when something was lost.
//!
//! Facts stand side by side from the left; format and scale stand at the right.

use egui::{Align2, Rect, Ui, WidgetInfo, pos2};
use flow_analysis::analyzer::BackendStatus;
use flow_dsp::SimdLevel;
use flow_service::load::Load;

use crate::editor::widgets::theme::{REDUCTION, TERTIARY, Theme, Weight};
use crate::plugin_shared::PluginShared;

/// One fact, and whether something was lost.
type Fact = (String, bool);

/// What the newest analysis ran on, and how long it took, ns.
type MadeBy<'a> = (&'a BackendStatus, u64);

fn facts(shared: &PluginShared, load: Option<Load>, (runs, took_ns): MadeBy<'_>) -> Vec<Fact> {
    if !shared.is_rate_supported() {
        let rate = shared.sample_rate_hz();
        let rate = rate.map_or("This".to_owned(), |rate| format!("{rate} Hz"));
        let text = format!("{rate} is no sample rate that Flow supports: audio passes unchanged");
        return vec![(text, true)];
    }
    let Some(rate_hz) = shared.sample_rate_hz() else {
        return vec![("waiting for the host to start the audio".to_owned(), false)];
    };
    let samples = shared.latency_samples();
    let ms = f64::from(samples) * 1000.0 / f64::from(rate_hz);
    let mut facts = vec![
        (format!("latency {samples} samples, {ms:.1} ms"), false),
        (SimdLevel::detect().name().to_owned(), false),
    ];
    if let Some(load) = load.filter(|load| load.real_time && load.callbacks > 0) {
        let [mean, peak] = [load.smoothed, load.peak].map(|share| share * 100.0);
        facts.push((
            format!("audio {mean:.0} % of its time, peak {peak:.0} %"),
            false,
        ));
    }
    if !runs.backend.is_empty() {
        // Far below the precision of f32.
        #[allow(clippy::cast_precision_loss)]
        let ms = took_ns as f32 / 1e6;
        facts.push((format!("engine: {}, {ms:.1} ms", runs.backend), false));
    }
    let lost = [
        (load.map_or(0, |load| load.late), "late blocks"),
        (load.map_or(0, |load| load.missed), "blocks over time"),
        (shared.audio_taps.dropped_frames(), "frames not shown"),
        (shared.analysis.dropped_frames(), "frames not analysed"),
        (
            u64::from(shared.dropped_events()),
            "automation events dropped",
        ),
    ];
    for (count, what) in lost {
        if count > 0 {
            facts.push((format!("{count} {what}"), true));
        }
    }
    facts
}

/// Draws the line.
pub(crate) fn show(
    ui: &Ui,
    rect: Rect,
    theme: Theme,
    shared: &PluginShared,
    (load, made_by): (Option<Load>, MadeBy<'_>),
) {
    let painter = ui.painter();
    let mut x = rect.left();
    let mut said = Vec::new();
    for (fact, is_loss) in facts(shared, load, made_by) {
        let color = if is_loss { REDUCTION } else { TERTIARY };
        let at = pos2(x, rect.center().y);
        let style = (10.5, Weight::Regular, color);
        x = theme
            .text(painter, at, Align2::LEFT_CENTER, &fact, style)
            .right()
            + theme.px(18.0);
        said.push(fact);
    }
    let rate = shared.sample_rate_hz();
    let rate = rate.map_or(String::new(), |rate| format!("{} kHz · ", rate / 1000.0));
    let scale = format!("{rate}{:.0} %", theme.scale() * 100.0);
    let at = pos2(rect.right(), rect.center().y);
    let style = (10.5, Weight::Regular, TERTIARY);
    theme.text(painter, at, Align2::RIGHT_CENTER, &scale, style);
    said.push(scale);
    let said = said.join(", ");
    ui.interact(rect, ui.scope_id().with("engine"), egui::Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("engine: {said}")));
}
