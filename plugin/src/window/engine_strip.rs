//! The last line: the state of the machine in plain figures. It turns amber when something was lost.
//!
//! Facts stand side by side from the left, so that the engine's own (backend, load, late and dropped blocks) find their
//! place among them; format and scale stand at the right.

use egui::{Align2, Rect, Ui, WidgetInfo, pos2};
use flow_dsp::isa::Level;

use super::look::{Look, REDUCTION, TERTIARY, Weight};
use crate::shared::Shared;

/// One fact, and whether something was lost.
type Fact = (String, bool);

fn facts(shared: &Shared) -> Vec<Fact> {
    let Some(rate_hz) = shared.sample_rate_hz() else {
        return vec![("waiting for the host to start the audio".to_owned(), false)];
    };
    let samples = shared.latency_samples();
    let ms = f64::from(samples) * 1000.0 / f64::from(rate_hz);
    let mut facts = vec![
        (format!("latency {samples} samples, {ms:.1} ms"), false),
        (Level::detect().name().to_owned(), false),
    ];
    let dropped = shared.ears.dropped();
    if dropped > 0 {
        facts.push((format!("{dropped} frames not shown"), true));
    }
    facts
}

/// Draws the line.
pub(crate) fn show(ui: &Ui, rect: Rect, look: Look, shared: &Shared) {
    let painter = ui.painter();
    let mut x = rect.left();
    let mut said = Vec::new();
    for (fact, is_loss) in facts(shared) {
        let color = if is_loss { REDUCTION } else { TERTIARY };
        let at = pos2(x, rect.center().y);
        let style = (10.5, Weight::Regular, color);
        x = look
            .text(painter, at, Align2::LEFT_CENTER, &fact, style)
            .right()
            + look.px(18.0);
        said.push(fact);
    }
    let rate = shared.sample_rate_hz();
    let rate = rate.map_or(String::new(), |rate| format!("{} kHz · ", rate / 1000.0));
    let scale = format!("{rate}{:.0} %", look.scale() * 100.0);
    let at = pos2(rect.right(), rect.center().y);
    let style = (10.5, Weight::Regular, TERTIARY);
    look.text(painter, at, Align2::RIGHT_CENTER, &scale, style);
    said.push(scale);
    let said = said.join(", ");
    ui.interact(rect, ui.scope_id().with("engine"), egui::Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("engine: {said}")));
}
