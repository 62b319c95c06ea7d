//! The instrument of Phase Weave: width and correlation over frequency, and the work of Mono safety.

use egui::{Rect, Ui};
use flow_params::ParameterId::*;
use flow_params::Stage;

use super::knob_rows::{self, Row};
use super::reduction_trace::{self, Trace};
use super::{stage_tabs, stereo_width};
use crate::audio::meter_history::GainStage;
use crate::editor::language::{key, translate};
use crate::editor::model::chain_response::SideResponse;
use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::param_ui::ParamUi;

const ROWS: [Row; 2] = [
    (key!("Width"), &[Width, MonoBelow, MonoBelowFrequency]),
    (
        key!("Safety"),
        &[MonoSafety, MonoSafetyMaximumLoss, MonoSafetyDetector],
    ),
];

/// The bands of Mono safety, in the colors of the bands of the Master Chain.
const TRACES: [(GainStage, &str); 3] = [
    (GainStage::SafetyLow, key!("low")),
    (GainStage::SafetyMid, key!("mid")),
    (GainStage::SafetyHigh, key!("high")),
];

/// The state of the instrument.
#[derive(Default)]
pub(crate) struct PhaseWeaveDetails {
    response: SideResponse,
}

impl PhaseWeaveDetails {
    /// Draws the pictures and the knobs.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
    ) {
        let theme = controls.theme;
        let params = &view.shared.params;
        stage_tabs::slots_behind_title(ui, rect, controls, params, Stage::PhaseWeave);
        let content = Rect::from_min_max(
            rect.min + theme.vec(14.0, 46.0),
            rect.max - theme.vec(14.0, 10.0),
        );
        let (gap, space) = (theme.px(14.0), theme.px(10.0));
        let (pictures, knobs) =
            content.split_left_right_at_x(content.right() - theme.px(340.0) - gap);
        let (left, right) = pictures.split_left_right_at_fraction(0.58);
        let right = right.with_min_x(right.left() + space);
        let (upper, lower) = right.split_top_bottom_at_fraction(0.54);
        let rate_hz = view.shared.chain_rate_hz().unwrap_or(48_000.0);
        let side_db = self.response.gains_db(&view.settings.weave, rate_hz);
        stereo_width::show(ui, left, controls, view, side_db);
        stereo_width::correlation(ui.painter(), theme, upper, view);
        let traces: [Trace; 3] = std::array::from_fn(|i| Trace {
            stage: TRACES[i].0,
            name: translate(TRACES[i].1),
            color: theme.color.anchors[i],
        });
        let lower = lower.with_min_y(lower.top() + space);
        reduction_trace::show(ui, lower, theme, view.shared, &traces);
        let knobs = knobs.with_min_x(knobs.left() + gap);
        knob_rows::show(ui, knobs, controls, (&ROWS, &view.shared.params));
    }
}

/// All parameters that have a place here.
#[cfg(test)]
pub(crate) fn parameters() -> impl Iterator<Item = flow_params::ParameterId> {
    ROWS.into_iter().flat_map(|(_, ids)| ids.iter().copied())
}
