//! The status bar: latency, load, model and losses at the left, sample rate and scale at the right. New losses are amber, and
//! a click resets their counts.

use std::time::Duration;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2};
use flow_dsp::SimdLevel;
use flow_dsp::math::narrow;

use crate::editor::language::text;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::losses::{LossCounter, Losses, describe};
use crate::editor::widgets::theme::{Theme, regular};

/// One entry of the bar.
struct Entry {
    text: String,
    is_alarming: bool,
}

/// The bar's state.
#[derive(Debug, Default)]
pub(crate) struct StatusBar {
    losses: LossCounter,
}

/// The totals of the losses; none before the first audio.
fn totals(view: &EditorView<'_>) -> Option<Losses> {
    let load = view.status.load?;
    Some([
        load.late,
        load.missed,
        view.shared.analysis.dropped_frames(),
        view.shared.dropped_events().into(),
    ])
}

fn entries(view: &EditorView<'_>, (losses, is_new): (Losses, bool)) -> Vec<Entry> {
    let shared = view.shared;
    let entry = |text: String, is_alarming| Entry { text, is_alarming };
    let info = |text| entry(text, false);
    if !shared.is_rate_supported() {
        let rate = shared.sample_rate_hz();
        let text = match rate {
            Some(rate) => text!(
                "{rate} Hz is not a supported sample rate: audio passes unchanged",
                rate
            ),
            None => text!("This is not a supported sample rate: audio passes unchanged").to_owned(),
        };
        return vec![entry(text, true)];
    }
    let Some(rate_hz) = shared.sample_rate_hz() else {
        return vec![info(
            text!("waiting for the host to start the audio").to_owned(),
        )];
    };
    let samples = shared.latency_samples();
    let ms = f64::from(samples) * 1000.0 / f64::from(rate_hz);
    let mut entries = vec![
        info(text!(
            "latency {samples} samples, {ms} ms",
            samples,
            ms = format!("{ms:.1}")
        )),
        info(SimdLevel::detect().name().to_owned()),
    ];
    let load = view.status.load;
    if let Some(load) = load.filter(|load| load.real_time && load.callbacks > 0) {
        let [mean, peak] = [load.smoothed, load.peak].map(|share| share * 100.0);
        entries.push(info(text!(
            "DSP load {mean} %, peak {peak} %",
            mean = format!("{mean:.0}"),
            peak = format!("{peak:.0}")
        )));
    }
    let backend = view.status.backend.backend;
    if !backend.is_empty() {
        let duration = Duration::from_nanos(view.status.analysis_ns);
        let ms = narrow(duration.as_secs_f64() * 1000.0);
        entries.push(info(text!(
            "model: {backend}, {ms} ms",
            backend,
            ms = format!("{ms:.1}")
        )));
    }
    let texts = describe(losses, rate_hz);
    entries.extend(texts.into_iter().map(|text| entry(text, is_new)));
    entries
}

impl StatusBar {
    /// Draws the bar.
    pub(crate) fn show(&mut self, ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
        let now_s = ui.input(|i| i.time);
        if let Some(totals) = totals(view) {
            self.losses.update(totals, now_s);
        }
        let counts = self.losses.counts();
        let new_for_s = self.losses.new_for_s(now_s);
        if let Some(left_s) = new_for_s {
            // An idle window draws nothing that would end the amber.
            let left = Duration::from_secs_f64(left_s);
            ui.ctx().request_repaint_after(left);
        }
        let painter = ui.painter();
        let y = rect.center().y;
        let mut x = rect.left();
        let mut texts = Vec::new();
        for Entry { text, is_alarming } in entries(view, (counts, new_for_s.is_some())) {
            let style = regular(
                10.5,
                if is_alarming {
                    theme.color.reduction
                } else {
                    theme.color.tertiary
                },
            );
            let place = theme.text(painter, pos2(x, y), Align2::LEFT_CENTER, &text, style);
            x = place.right() + theme.px(18.0);
            texts.push(text);
        }
        let rate = view.shared.sample_rate_hz();
        let rate = rate.map_or(String::new(), |rate| format!("{} kHz · ", rate / 1000.0));
        let scale = format!("{rate}{:.0} %", theme.scale() * 100.0);
        let at = pos2(rect.right(), y);
        let style = regular(10.5, theme.color.tertiary);
        theme.text(painter, at, Align2::RIGHT_CENTER, &scale, style);
        texts.push(scale);
        let text = text!("status: {entries}", entries = texts.join(", "));
        let has_losses = counts != Losses::default();
        let sense = if has_losses {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.scope_id().with("status"), sense);
        let role = if has_losses {
            Role::Button
        } else {
            Role::Label
        };
        response.widget_info(|| WidgetInfo::labeled(role, true, &text));
        theme.focus(ui.painter(), rect.shrink(theme.px(2.0)), &response);
        if has_losses
            && response
                .on_hover_text(text!("Click to reset the counts"))
                .clicked()
        {
            self.losses.reset();
        }
    }
}
