//! The stages of Velvet Curve, one at a time: anchors and free bells, Match, Comfort.

use egui::{Rect, Ui};
use flow_dsp::SoloStage;
use flow_params::ParameterId::{self, *};

use super::knob_rows::{self, Row};
use super::reduction_trace::{self, Trace};
use super::stage_tabs::{self, StageBypass};
use super::{comfort_cut, equalizer, match_bands};
use crate::audio::meter_history::GainStage;
use crate::editor::language::{key, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::Theme;

/// A stage with a tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Equalizer,
    Match,
    Comfort,
}

impl Stage {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Equalizer, key!("Equalizer")),
        (Self::Match, key!("Match")),
        (Self::Comfort, key!("Comfort")),
    ];

    /// The parameter that makes the stage neutral at 0.
    fn amount(self) -> Option<ParameterId> {
        match self {
            Self::Equalizer => None,
            Self::Match => Some(MatchAmount),
            Self::Comfort => Some(ParameterId::Comfort),
        }
    }

    /// The stage that *Solo stage* plays.
    fn solo(self) -> SoloStage {
        match self {
            Self::Equalizer => SoloStage::Equalizer,
            Self::Match => SoloStage::Match,
            Self::Comfort => SoloStage::Comfort,
        }
    }

    /// The stage whose settings the slots A and B hold.
    fn compared(self) -> flow_params::Stage {
        match self {
            Self::Equalizer => flow_params::Stage::Equalizer,
            Self::Match => flow_params::Stage::Match,
            Self::Comfort => flow_params::Stage::Comfort,
        }
    }

    /// The knobs in rows, each with a heading. The bands of Match are in its picture.
    fn rows(self) -> &'static [Row] {
        match self {
            Self::Equalizer => &[
                (key!("Anchors"), &flow_params::ANCHORS),
                (
                    key!("Bell 1"),
                    &[Bell1Frequency, Bell1Gain, Bell1Q, Bell1Channels],
                ),
                (
                    key!("Bell 2"),
                    &[Bell2Frequency, Bell2Gain, Bell2Q, Bell2Channels],
                ),
            ],
            Self::Match => &[("", &[MatchAmount])],
            Self::Comfort => &[("", &[ParameterId::Comfort])],
        }
    }

    /// Pixels at 100 %.
    fn knobs_width(self) -> f32 {
        match self {
            Self::Equalizer => 440.0,
            Self::Match | Self::Comfort => 90.0,
        }
    }
}

/// The chosen stage, and the amounts of bypassed stages.
#[derive(Debug, Default)]
pub(crate) struct VelvetCurveDetails {
    stage: Stage,
    bypass: StageBypass,
}

impl VelvetCurveDetails {
    /// Draws the tabs into the title of the panel, and the chosen stage below it.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
    ) {
        let theme = controls.theme;
        let all = Stage::ALL.map(|(stage, name)| (stage, translate(name)));
        stage_tabs::tabs(ui, rect, controls, &all, &mut self.stage);
        let place = (rect, Stage::ALL.len());
        let params = &view.shared.params;
        if let Some(amount) = self.stage.amount() {
            let amount = (self.stage.compared(), amount);
            self.bypass.button(ui, place, controls, params, amount);
        }
        stage_tabs::solo_button(ui, place, controls, view.shared, self.stage.solo());
        stage_tabs::slots_behind_tabs(ui, place, controls, params, self.stage.compared());
        let content = Rect::from_min_max(
            rect.min + theme.vec(14.0, 46.0),
            rect.max - theme.vec(14.0, 10.0),
        );
        let knobs_width = theme.px(self.stage.knobs_width());
        let gap = theme.px(14.0);
        let (picture, knobs) = content.split_left_right_at_x(content.right() - knobs_width - gap);
        let knobs = knobs.with_min_x(knobs.left() + gap);
        match self.stage {
            Stage::Equalizer => equalizer::show(ui, picture, theme, view),
            Stage::Match => match_bands::show(ui, picture, controls, view),
            Stage::Comfort => {
                let (left, right) = picture.split_left_right_at_fraction(0.6);
                comfort_cut::show(ui, left, theme, view);
                let right = right.with_min_x(right.left() + theme.px(12.0));
                let traces = comfort_traces(theme);
                reduction_trace::show(ui, right, theme, view.shared, &traces);
            }
        }
        let rows = self.stage.rows();
        knob_rows::show(ui, knobs, controls, (rows, &view.shared.params));
    }
}

/// The reduction of Comfort in the band of each anchor.
fn comfort_traces(theme: Theme) -> [Trace; 4] {
    let stages = [
        GainStage::ComfortBody,
        GainStage::ComfortSoul,
        GainStage::ComfortSilk,
        GainStage::ComfortAir,
    ];
    std::array::from_fn(|anchor| Trace {
        stage: stages[anchor],
        name: translate(flow_params::ANCHORS[anchor].name()),
        color: theme.color.anchors[anchor],
    })
}

/// The parameters of each page. The bands of Match are in its picture.
#[cfg(test)]
pub(crate) fn pages() -> impl Iterator<Item = (flow_params::Stage, Vec<ParameterId>)> {
    Stage::ALL.into_iter().map(|(stage, _)| {
        let rows = stage.rows().iter();
        let mut ids: Vec<ParameterId> = rows.flat_map(|(_, ids)| *ids).copied().collect();
        if stage == Stage::Match {
            ids.extend(flow_params::MATCH_BANDS);
        }
        (stage.compared(), ids)
    })
}
