//! The Master Chain's stages, one at a time.

use egui::{Color32, Rect, Ui, vec2};
use flow_dsp::{CompressorSettings, SoloStage};
use flow_params::ParameterId::{self, *};

use super::band_levels::{self, BANDS};
use super::knob_rows::{self, Row};
use super::reduction_trace::{self, Trace};
use super::stage_tabs::{self, StageBypass};
use super::transfer_curve::{self, TransferCurve};
use crate::audio::meter_history::GainStage;
use crate::editor::language::{key, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::param_ui::ParamUi;

/// A stage with a tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    MidSide,
    #[default]
    Multiband,
    Glue,
    Limiter,
}

impl Stage {
    const ALL: [Self; 4] = [Self::MidSide, Self::Multiband, Self::Glue, Self::Limiter];

    fn name(self) -> &'static str {
        match self {
            Self::MidSide => key!("Mid/side"),
            Self::Multiband => key!("Multiband"),
            Self::Glue => key!("Glue"),
            Self::Limiter => key!("Limiter"),
        }
    }

    /// The parameter that makes the stage neutral at 0.
    fn amount(self) -> Option<ParameterId> {
        match self {
            Self::MidSide => Some(MidSideAmount),
            Self::Multiband => Some(MultibandAmount),
            Self::Glue => Some(GlueAmount),
            Self::Limiter => None,
        }
    }

    /// The stage that *Solo stage* plays.
    fn solo(self) -> SoloStage {
        match self {
            Self::MidSide => SoloStage::MidSide,
            Self::Multiband => SoloStage::Multiband,
            Self::Glue => SoloStage::Glue,
            Self::Limiter => SoloStage::Limiter,
        }
    }

    /// The stage whose settings the slots A and B hold.
    fn compared(self) -> flow_params::Stage {
        match self {
            Self::MidSide => flow_params::Stage::MidSide,
            Self::Multiband => flow_params::Stage::Multiband,
            Self::Glue => flow_params::Stage::Glue,
            Self::Limiter => flow_params::Stage::Limiter,
        }
    }

    /// The knobs in rows, each with a heading.
    #[rustfmt::skip]
    fn rows(self) -> &'static [Row] {
        match self {
            Self::MidSide => &[
                ("", &[MidSideAmount, MidSideKnee]),
                (key!("Mid"), &[MidThreshold, MidRatio, MidAttack, MidRelease, MidMix]),
                (key!("Side"), &[SideThreshold, SideRatio, SideAttack, SideRelease, SideMix]),
            ],
            Self::Multiband => &[
                (key!("low"), &[
                    LowBandThreshold, LowBandRatio, LowBandAttack, LowBandRelease, LowBandGain, LowBandSolo,
                    MultibandAmount,
                ]),
                (key!("mid"), &[
                    MidBandThreshold, MidBandRatio, MidBandAttack, MidBandRelease, MidBandGain, MidBandSolo,
                    MultibandKnee,
                ]),
                (key!("high"), &[
                    HighBandThreshold, HighBandRatio, HighBandAttack, HighBandRelease, HighBandGain, HighBandSolo,
                ]),
            ],
            Self::Glue => &[
                ("", &[GlueAmount, GlueThreshold, GlueRatio, GlueKnee, GlueMix]),
                ("", &[GlueAttack, GlueRelease, GlueAutoRelease, GlueSideChainHighPass]),
            ],
            Self::Limiter => &[
                ("", &[LoudnessGain, Ceiling, Release, StereoLink]),
                ("", &[LimiterStyle, Dither, NoiseShaping, Drive]),
            ],
        }
    }
}

/// The chosen stage, and the amounts of bypassed stages.
#[derive(Debug, Default)]
pub(crate) struct MasterChainDetails {
    stage: Stage,
    bypass: StageBypass,
}

impl MasterChainDetails {
    /// Draws the tabs into the title of the panel, and the chosen stage below it.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
    ) {
        let theme = controls.theme;
        let all = Stage::ALL.map(|stage| (stage, translate(stage.name())));
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
        let (knobs, knobs_width) = (self.stage.rows(), self.knobs_width());
        let (picture, right) =
            content.split_left_right_at_x(content.right() - theme.px(knobs_width + 14.0));
        self.picture(ui, picture, controls, view);
        let right = right.with_min_x(right.left() + theme.px(14.0));
        knob_rows::show(ui, right, controls, (knobs, &view.shared.params));
    }

    /// Pixels at 100 %.
    fn knobs_width(&self) -> f32 {
        match self.stage {
            Stage::MidSide => 420.0,
            Stage::Multiband => 530.0,
            Stage::Glue | Stage::Limiter => 460.0,
        }
    }

    fn picture(&self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, view: &EditorView<'_>) {
        let theme = controls.theme;
        let gap = theme.px(12.0);
        let dynamics = view.settings.dynamics.switched();
        let trace = |ui: &Ui, rect: Rect, stages: &[(GainStage, Color32)]| {
            let named = stages.iter().map(|(stage, color)| Trace {
                stage: *stage,
                name: translate(stage.name()),
                color: *color,
            });
            let traces: Vec<Trace> = named.collect();
            reduction_trace::show(ui, rect, theme, view.shared, &traces);
        };
        let square = Rect::from_min_size(rect.min, vec2(rect.height(), rect.height()));
        let beside = rect.with_min_x(square.right() + gap);
        let threshold = |id: ParameterId| view.shared.params.get(id);
        match self.stage {
            Stage::MidSide => {
                let settings = &dynamics.mid_side;
                let stages = [
                    (GainStage::Mid, theme.color.output),
                    (GainStage::Side, theme.color.anchors[2]),
                ];
                let [mid, side] = [
                    (&settings.mid, settings.mid_mix),
                    (&settings.side, settings.side_mix),
                ]
                .map(|(compressor, mix)| static_gain(compressor, settings.amount, mix));
                let curves = [
                    TransferCurve {
                        color: stages[0].1,
                        gain_db: &mid,
                        present_db: stages[0].0.gain_db(&view.readings),
                        threshold: threshold(MidThreshold),
                    },
                    TransferCurve {
                        color: stages[1].1,
                        gain_db: &side,
                        present_db: stages[1].0.gain_db(&view.readings),
                        threshold: threshold(SideThreshold),
                    },
                ];
                transfer_curve::show(ui, square, controls, &curves);
                trace(ui, beside, &stages);
            }
            Stage::Multiband => {
                let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + 0.66 * rect.height());
                band_levels::show(ui, upper, controls, view);
                let color = theme.color.anchors;
                let stages: [_; 3] = std::array::from_fn(|band| (BANDS[band].0, color[band]));
                trace(ui, lower.with_min_y(lower.top() + gap), &stages);
            }
            Stage::Glue => {
                let glue = &dynamics.glue;
                let gain_db = static_gain(&glue.compressor(), glue.amount, glue.mix);
                let curve = TransferCurve {
                    color: theme.color.output,
                    gain_db: &gain_db,
                    present_db: GainStage::Glue.gain_db(&view.readings),
                    threshold: threshold(GlueThreshold),
                };
                transfer_curve::show(ui, square, controls, &[curve]);
                trace(ui, beside, &[(GainStage::Glue, theme.color.reduction)]);
            }
            Stage::Limiter => {
                let (gain, ceiling) = (
                    view.settings.loudness_gain_db,
                    view.settings.limiter.ceiling_db,
                );
                let gain_db = |level_db: f32| (level_db + gain).min(ceiling) - level_db;
                let curve = TransferCurve {
                    color: theme.color.output,
                    gain_db: &gain_db,
                    present_db: GainStage::Limiter.gain_db(&view.readings),
                    threshold: threshold(Ceiling),
                };
                transfer_curve::show(ui, square, controls, &[curve]);
                trace(ui, beside, &[(GainStage::Limiter, theme.color.reduction)]);
            }
        }
    }
}

/// The gain of a compressor at a steady level, without its make-up gain, dB.
fn static_gain(
    compressor: &CompressorSettings,
    amount: f32,
    mix: f32,
) -> impl Fn(f32) -> f32 + use<> {
    let compressor = *compressor;
    move |level_db| {
        let reduction_db = amount * compressor.steady_reduction_db(level_db);
        let gain = 1.0 + mix * (10.0_f32.powf(-reduction_db / 20.0) - 1.0);
        20.0 * gain.log10()
    }
}

/// The parameters of each page. The crossovers are in the picture of the three bands.
#[cfg(test)]
pub(crate) fn pages() -> impl Iterator<Item = (flow_params::Stage, Vec<ParameterId>)> {
    Stage::ALL.into_iter().map(|stage| {
        let rows = stage.rows().iter();
        let mut ids: Vec<ParameterId> = rows.flat_map(|(_, ids)| *ids).copied().collect();
        if stage == Stage::Multiband {
            ids.extend([LowCrossover, HighCrossover]);
        }
        (stage.compared(), ids)
    })
}
