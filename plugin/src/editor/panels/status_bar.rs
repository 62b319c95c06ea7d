//! The status bar: latency, load, model and losses at the left, sample rate and scale at the right. New losses are amber, and
//! a click forgets all of them.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2};
use flow_dsp::SimdLevel;
use flow_dsp::math::narrow;

use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::theme::{REDUCTION, TERTIARY, Theme, regular};

/// Time for which a loss is amber, s.
const NEW_SECONDS: f64 = 30.0;

/// One entry of the bar.
struct Entry {
    text: String,
    is_alarming: bool,
}

/// Counts of losses since the start.
type Losses = [u64; 4];

/// The bar's state.
#[derive(Debug, Default)]
pub(crate) struct StatusBar {
    /// The losses at the last click.
    forgotten: Losses,
    /// The losses in the last frame.
    known: Losses,
    /// The window's time of the newest loss, s.
    newest_s: f64,
}

/// The counts of the present losses.
fn losses(view: &EditorView<'_>) -> Losses {
    let load = view.status.load;
    [
        load.map_or(0, |load| load.late),
        load.map_or(0, |load| load.missed),
        view.shared.analysis.dropped_frames(),
        view.shared.dropped_events().into(),
    ]
}

/// Losses in words.
fn describe([late, missed, not_analyzed, events]: Losses, rate_hz: f32) -> Vec<String> {
    let times = |count: u64| match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    let mut texts = Vec::new();
    if late > 0 {
        texts.push(format!("the host was late {}", times(late)));
    }
    if missed > 0 {
        texts.push(format!("Flow was late {}", times(missed)));
    }
    if not_analyzed > 0 {
        let seconds = narrow(count_of(not_analyzed)) / rate_hz;
        texts.push(format!("{seconds:.1} s not analyzed"));
    }
    if events > 0 {
        texts.push(format!("automation was lost {}", times(events)));
    }
    texts
}

/// A count as a number.
fn count_of(count: u64) -> f64 {
    // Exact up to 2⁵³.
    #[allow(clippy::cast_precision_loss)]
    let number = count as f64;
    number
}

fn entries(view: &EditorView<'_>, (losses, is_new): (Losses, bool)) -> Vec<Entry> {
    let shared = view.shared;
    let entry = |text: String, is_alarming| Entry { text, is_alarming };
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
    let texts = describe(losses, rate_hz);
    entries.extend(texts.into_iter().map(|text| entry(text, is_new)));
    entries
}

impl StatusBar {
    /// Draws the bar.
    pub(crate) fn show(&mut self, ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
        let now_s = ui.input(|i| i.time);
        let counts = losses(view);
        if counts != self.known {
            self.known = counts;
            self.newest_s = now_s;
        }
        let open: Losses = std::array::from_fn(|i| counts[i].saturating_sub(self.forgotten[i]));
        let is_new = now_s - self.newest_s < NEW_SECONDS;
        let painter = ui.painter();
        let y = rect.center().y;
        let mut x = rect.left();
        let mut texts = Vec::new();
        for Entry { text, is_alarming } in entries(view, (open, is_new)) {
            let style = regular(10.5, if is_alarming { REDUCTION } else { TERTIARY });
            let place = theme.text(painter, pos2(x, y), Align2::LEFT_CENTER, &text, style);
            x = place.right() + theme.px(18.0);
            texts.push(text);
        }
        let rate = view.shared.sample_rate_hz();
        let rate = rate.map_or(String::new(), |rate| format!("{} kHz · ", rate / 1000.0));
        let scale = format!("{rate}{:.0} %", theme.scale() * 100.0);
        let at = pos2(rect.right(), y);
        let style = regular(10.5, TERTIARY);
        theme.text(painter, at, Align2::RIGHT_CENTER, &scale, style);
        texts.push(scale);
        let text = format!("status: {}", texts.join(", "));
        let has_losses = open != Losses::default();
        let sense = if has_losses {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.scope_id().with("status"), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        if has_losses
            && response
                .on_hover_text("Click to reset the counts")
                .clicked()
        {
            self.forgotten = counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describe_names_each_loss_in_words() {
        assert!(describe(Losses::default(), 48_000.0).is_empty());
        assert_eq!(
            describe([1, 2, 72_000, 3], 48_000.0),
            [
                "the host was late once",
                "Flow was late 2 times",
                "1.5 s not analyzed",
                "automation was lost 3 times"
            ]
        );
    }
}
