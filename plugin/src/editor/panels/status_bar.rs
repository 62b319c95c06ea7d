//! The status bar: latency, load and model at the left, sample rate and scale at the right. Losses are amber.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2};
use flow_dsp::SimdLevel;
use flow_dsp::math::narrow;

use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::theme::{REDUCTION, TERTIARY, Theme, regular};

/// One entry of the bar.
struct Entry {
    text: String,
    is_loss: bool,
}

fn entries(view: &EditorView<'_>) -> Vec<Entry> {
    let shared = view.shared;
    let entry = |text: String, is_loss| Entry { text, is_loss };
    let info = |text| entry(text, false);
    if !shared.is_rate_supported() {
        let rate = shared.sample_rate_hz();
        let rate = rate.map_or("This".to_owned(), |rate| format!("{rate} Hz"));
        let text = format!("{rate} is not a supported sample rate: audio passes unchanged");
        return vec![entry(text, true)];
    }
    let Some(rate_hz) = shared.sample_rate_hz() else {
        return vec![info("waiting for the host to start the audio".to_owned())];
    };
    let samples = shared.latency_samples();
    let ms = f64::from(samples) * 1000.0 / f64::from(rate_hz);
    let mut entries = vec![
        info(format!("latency {samples} samples, {ms:.1} ms")),
        info(SimdLevel::detect().name().to_owned()),
    ];
    let load = view.status.load;
    if let Some(load) = load.filter(|load| load.real_time && load.callbacks > 0) {
        let [mean, peak] = [load.smoothed, load.peak].map(|share| share * 100.0);
        entries.push(info(format!("DSP load {mean:.0} %, peak {peak:.0} %")));
    }
    let backend = view.status.backend.backend;
    if !backend.is_empty() {
        let duration = std::time::Duration::from_nanos(view.status.analysis_ns);
        let ms = narrow(duration.as_secs_f64() * 1000.0);
        entries.push(info(format!("model: {backend}, {ms:.1} ms")));
    }
    let losses = [
        (load.map_or(0, |load| load.late), "late callbacks"),
        (load.map_or(0, |load| load.missed), "DSP overruns"),
        (shared.editor_taps.dropped_frames(), "frames not shown"),
        (shared.analysis.dropped_frames(), "frames not analyzed"),
        (
            u64::from(shared.dropped_events()),
            "automation events dropped",
        ),
    ];
    let losses = losses.into_iter().filter(|(count, _)| *count > 0);
    entries.extend(losses.map(|(count, name)| entry(format!("{count} {name}"), true)));
    entries
}

/// Draws the bar.
pub(crate) fn show(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
    let painter = ui.painter();
    let y = rect.center().y;
    let mut x = rect.left();
    let mut texts = Vec::new();
    for Entry { text, is_loss } in entries(view) {
        let style = regular(10.5, if is_loss { REDUCTION } else { TERTIARY });
        let place = theme.text(painter, pos2(x, y), Align2::LEFT_CENTER, &text, style);
        x = place.right() + theme.px(18.0);
        texts.push(text);
    }
    let rate = view.shared.sample_rate_hz();
    let rate = rate.map_or(String::new(), |rate| format!("{} kHz · ", rate / 1000.0));
    let scale = format!("{rate}{:.0} %", theme.scale() * 100.0);
    let at = pos2(rect.right(), y);
    theme.text(
        painter,
        at,
        Align2::RIGHT_CENTER,
        &scale,
        regular(10.5, TERTIARY),
    );
    texts.push(scale);
    let text = format!("status: {}", texts.join(", "));
    ui.interact(rect, ui.scope_id().with("status"), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}
