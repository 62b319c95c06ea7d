//! The Master Chain's stages, one at a time.

use egui::{Align2, Color32, Rect, Ui, pos2, vec2};
use flow_dsp::CompressorSettings;
use flow_dsp::math::{count, narrow};
use flow_params::ParameterId::{self, *};
use flow_params::{Kind, Pillar};

use super::band_levels::{self, BANDS};
use super::reduction_trace;
use super::transfer_curve::{self, TransferCurve};
use crate::audio::meter_history::GainStage;
use crate::editor::model::editor_model::EditorView;
use crate::editor::widgets::knob::Knob;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{ANCHORS, OUTPUT, REDUCTION, SECONDARY, bold, pillar_color};
use crate::gestures::Gestures;
use crate::params::FlowParams;

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
            Self::MidSide => "Mid/side",
            Self::Multiband => "Multiband",
            Self::Glue => "Glue",
            Self::Limiter => "Limiter",
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

    /// The knobs in rows, each with a heading.
    #[rustfmt::skip]
    fn rows(self) -> &'static [Row] {
        match self {
            Self::MidSide => &[
                ("", &[MidSideAmount, MidSideKnee]),
                ("Mid", &[MidThreshold, MidRatio, MidAttack, MidRelease, MidMix]),
                ("Side", &[SideThreshold, SideRatio, SideAttack, SideRelease, SideMix]),
            ],
            Self::Multiband => &[
                ("Low", &[
                    LowBandThreshold, LowBandRatio, LowBandAttack, LowBandRelease, LowBandGain, LowBandSolo,
                    MultibandAmount,
                ]),
                ("Mid", &[
                    MidBandThreshold, MidBandRatio, MidBandAttack, MidBandRelease, MidBandGain, MidBandSolo,
                    MultibandKnee,
                ]),
                ("High", &[
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

/// Knobs beside a heading.
type Row = (&'static str, &'static [ParameterId]);

/// The chosen stage, and the amounts of bypassed stages.
#[derive(Debug, Default)]
pub(crate) struct MasterChainDetails {
    stage: Stage,
    /// The normalized amount of each stage before it was bypassed here.
    bypassed: [Option<f32>; Stage::ALL.len()],
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
        for (i, stage) in Stage::ALL.into_iter().enumerate() {
            let left = rect.left() + theme.px(140.0 + 92.0 * narrow(count(i)));
            let place = Rect::from_min_size(
                pos2(left, rect.top() + theme.px(11.0)),
                theme.vec(86.0, 24.0),
            );
            let tip = format!("Shows the settings of the stage {}", stage.name());
            if controls.button(ui, place, stage.name(), &tip, stage == self.stage) {
                self.stage = stage;
            }
        }
        self.bypass_button(ui, rect, controls, &view.shared.params);
        let content = Rect::from_min_max(
            rect.min + theme.vec(14.0, 46.0),
            rect.max - theme.vec(14.0, 10.0),
        );
        let (knobs, knobs_width) = (self.stage.rows(), self.knobs_width());
        let (picture, right) =
            content.split_left_right_at_x(content.right() - theme.px(knobs_width + 14.0));
        self.picture(ui, picture, controls, view);
        let right = right.with_min_x(right.left() + theme.px(14.0));
        knob_rows(ui, right, controls, (knobs, &view.shared.params));
    }

    /// Pixels at 100 %.
    fn knobs_width(&self) -> f32 {
        match self.stage {
            Stage::MidSide => 420.0,
            Stage::Multiband => 530.0,
            Stage::Glue | Stage::Limiter => 460.0,
        }
    }

    /// A button that takes the stage's amount away and gives it back.
    fn bypass_button(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        params: &FlowParams,
    ) {
        let Some(amount) = self.stage.amount() else {
            return;
        };
        let theme = controls.theme;
        let amount = params.get(amount);
        let bypassed = &mut self.bypassed[self.stage as usize];
        let is_neutral = amount.normalized() == 0.0;
        if !is_neutral {
            // The amount was turned up since.
            *bypassed = None;
        }
        let left = rect.left() + theme.px(140.0 + 92.0 * 4.0 + 14.0);
        let place = Rect::from_min_size(
            pos2(left, rect.top() + theme.px(11.0)),
            theme.vec(104.0, 24.0),
        );
        let tip = match (is_neutral, &bypassed) {
            (false, _) => "Bypasses this stage to compare. Click again for its amount",
            (true, Some(_)) => "Gives the stage its amount again",
            (true, None) => "The stage is neutral: its amount is 0",
        };
        let is_lit = is_neutral && bypassed.is_some();
        if !controls.button(ui, place, "Bypass stage", tip, is_lit) {
            return;
        }
        if is_neutral {
            if let Some(before) = bypassed.take() {
                controls.history.set(amount, before);
            }
        } else {
            *bypassed = Some(amount.normalized());
            controls.history.set(amount, 0.0);
        }
    }

    fn picture(&self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, view: &EditorView<'_>) {
        let theme = controls.theme;
        let gap = theme.px(12.0);
        let dynamics = view.settings.dynamics.switched();
        let trace = |ui: &Ui, rect: Rect, stages: &[(GainStage, Color32)]| {
            reduction_trace::show(ui.painter(), rect, theme, view.shared, stages);
        };
        let square = Rect::from_min_size(rect.min, vec2(rect.height(), rect.height()));
        let beside = rect.with_min_x(square.right() + gap);
        let threshold = |id: ParameterId| view.shared.params.get(id);
        match self.stage {
            Stage::MidSide => {
                let settings = &dynamics.mid_side;
                let stages = [(GainStage::Mid, OUTPUT), (GainStage::Side, ANCHORS[2])];
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
                let stages = BANDS.map(|(stage, _, color)| (stage, color));
                trace(ui, lower.with_min_y(lower.top() + gap), &stages);
            }
            Stage::Glue => {
                let glue = &dynamics.glue;
                let gain_db = static_gain(&glue.compressor(), glue.amount, glue.mix);
                let curve = TransferCurve {
                    color: OUTPUT,
                    gain_db: &gain_db,
                    present_db: GainStage::Glue.gain_db(&view.readings),
                    threshold: threshold(GlueThreshold),
                };
                transfer_curve::show(ui, square, controls, &[curve]);
                trace(ui, beside, &[(GainStage::Glue, REDUCTION)]);
            }
            Stage::Limiter => {
                let (gain, ceiling) = (
                    view.settings.loudness_gain_db,
                    view.settings.limiter.ceiling_db,
                );
                let gain_db = |level_db: f32| (level_db + gain).min(ceiling) - level_db;
                let curve = TransferCurve {
                    color: OUTPUT,
                    gain_db: &gain_db,
                    present_db: GainStage::Limiter.gain_db(&view.readings),
                    threshold: threshold(Ceiling),
                };
                transfer_curve::show(ui, square, controls, &[curve]);
                trace(ui, beside, &[(GainStage::Limiter, REDUCTION)]);
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

/// Draws rows of knobs. Choices and switches are fields of the same size.
fn knob_rows(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (rows, params): (&[Row], &FlowParams),
) {
    let theme = controls.theme;
    let color = pillar_color(Pillar::MasterChain);
    let has_headings = rows.iter().any(|(heading, _)| !heading.is_empty());
    let left = rect.left() + theme.px(if has_headings { 40.0 } else { 0.0 });
    let columns = rows.iter().map(|(_, ids)| ids.len()).max().unwrap_or(1);
    let width = (rect.right() - left) / narrow(count(columns));
    let height = rect.height() / narrow(count(rows.len()));
    // Below a knob stand its name and its value.
    let radius = (0.5 * (height / theme.scale() - 36.0)).min(26.0);
    for (row, (heading, ids)) in rows.iter().enumerate() {
        let top = rect.top() + height * narrow(count(row));
        let center_y = top + theme.px(radius + 2.0);
        let at = pos2(rect.left(), center_y);
        theme.text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            heading,
            bold(11.5, SECONDARY),
        );
        for (column, id) in ids.iter().enumerate() {
            let center = pos2(left + width * (narrow(count(column)) + 0.5), center_y);
            let (param, name) = (params.get(*id), id.label());
            let field = Rect::from_center_size(center, vec2(width - theme.px(8.0), theme.px(26.0)));
            match id.kind() {
                Kind::Number(_) => {
                    let knob = Knob {
                        name,
                        center,
                        radius,
                        color,
                    };
                    controls.knob(ui, param, &knob);
                }
                Kind::Choice(_) => controls.choice(ui, field, param, id.name(), name),
                Kind::Switch(_) => controls.toggle(ui, field, param, name),
            }
        }
    }
}

/// All parameters that have a place here.
#[cfg(test)]
pub(crate) fn parameters() -> Vec<ParameterId> {
    let rows = Stage::ALL.into_iter().flat_map(Stage::rows);
    let mut ids: Vec<ParameterId> = rows.flat_map(|(_, ids)| *ids).copied().collect();
    ids.extend([LowCrossover, HighCrossover]);
    ids
}
