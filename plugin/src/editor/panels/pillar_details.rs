//! All parameters of one pillar, in place of the pillars.

use egui::{Align2, Color32, Pos2, Rect, Ui, pos2};
use flow_params::ParameterId::{self, *};
use flow_params::{Kind, Pillar, Stage};

use crate::editor::language::{key, text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::panels::instruments::master_chain::MasterChainDetails;
use crate::editor::panels::instruments::phase_weave::PhaseWeaveDetails;
use crate::editor::panels::instruments::stage_tabs;
use crate::editor::panels::instruments::velvet_curve::VelvetCurveDetails;
use crate::editor::panels::pillars;
use crate::editor::widgets::knob::Knob;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::bold;
use crate::params::{AnyParam, FlowParams};

/// Parameters under one heading.
type Group = (&'static str, &'static [ParameterId]);

/// The groups of a pillar; none where it has an instrument instead.
#[rustfmt::skip]
fn groups(pillar: Pillar) -> &'static [Group] {
    match pillar {
        Pillar::VelvetFloor => &[
            (key!("Low band"), &[Depth, Warmth, Translation]),
            (key!("Input"), &[Trim, LowCut, LowCutFrequency]),
        ],
        Pillar::HarmonicLattice => &[
            (key!("Harmonics"), &[Presence, Sheen, LatticeDrive, Character]),
        ],
        Pillar::PhaseWeave | Pillar::VelvetCurve | Pillar::MasterChain => &[],
    }
}

/// The state of the instruments.
#[derive(Default)]
pub(crate) struct Instruments {
    phase_weave: PhaseWeaveDetails,
    velvet_curve: VelvetCurveDetails,
    master_chain: MasterChainDetails,
}

/// Draws the details. Returns whether they were closed.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    (pillar, instruments): (Pillar, &mut Instruments),
) -> bool {
    let (theme, params) = (controls.theme, &*view.shared.params);
    theme.panel(ui.painter(), rect);
    pillars::title(ui, rect, controls, params, pillar);
    let back = Rect::from_min_size(
        pos2(rect.right() - theme.px(120.0), rect.top() + theme.px(11.0)),
        theme.vec(68.0, 24.0),
    );
    let tip = text!("Shows the five pillars again");
    let is_closed = controls.button(ui, back, text!("Back"), tip, false);

    match pillar {
        Pillar::PhaseWeave => instruments.phase_weave.show(ui, rect, controls, view),
        Pillar::VelvetCurve => instruments.velvet_curve.show(ui, rect, controls, view),
        Pillar::MasterChain => instruments.master_chain.show(ui, rect, controls, view),
        Pillar::VelvetFloor | Pillar::HarmonicLattice => {
            let stage = match pillar {
                Pillar::VelvetFloor => Stage::VelvetFloor,
                _ => Stage::HarmonicLattice,
            };
            stage_tabs::slots_behind_title(ui, rect, controls, params, stage);
            knobs(ui, rect, controls, (groups(pillar), params), pillar);
        }
    }
    is_closed
}

/// The width of a control with its gap, pixels at 100 %.
const FIELD_WIDTH: f32 = 118.0;

/// Draws groups of knobs.
fn knobs(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (groups, params): (&[Group], &FlowParams),
    pillar: Pillar,
) {
    let theme = controls.theme;
    let mut x = rect.left() + theme.px(14.0);
    for (name, group) in groups {
        theme.text(
            ui.painter(),
            pos2(x, rect.top() + theme.px(62.0)),
            Align2::LEFT_CENTER,
            translate(name),
            bold(11.5, theme.color.secondary),
        );
        for id in *group {
            let center = pos2(
                x + theme.px(0.5 * FIELD_WIDTH - 5.0),
                rect.top() + theme.px(136.0),
            );
            control(
                ui,
                center,
                controls,
                params.get(*id),
                theme.color.pillar(pillar),
            );
            x += theme.px(FIELD_WIDTH);
        }
        x += theme.px(44.0);
    }
}

fn control(
    ui: &mut Ui,
    center: Pos2,
    controls: &mut ParamUi<'_>,
    param: AnyParam<'_>,
    color: Color32,
) {
    let (theme, name) = (controls.theme, translate(param.id().label()));
    let field = Rect::from_center_size(center, theme.vec(104.0, 26.0));
    match param.id().kind() {
        Kind::Number(_) => {
            let knob = Knob {
                name,
                center,
                radius: 30.0,
                color,
            };
            controls.knob(ui, param, &knob);
        }
        Kind::Choice(_) => {
            controls.choice(ui, field, param, translate(param.id().name()), "");
        }
        Kind::Switch(_) => controls.toggle(ui, field, param, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::panels::instruments::{master_chain, phase_weave, velvet_curve};

    /// The controls of the header.
    const ELSEWHERE: [ParameterId; 3] = [Delivery, Bypass, StyleTarget];

    #[test]
    fn window_has_a_place_for_every_parameter() {
        let details = Pillar::ALL.into_iter().flat_map(groups);
        let in_details = details.flat_map(|(_, group)| *group).copied();
        let in_pillars = Pillar::ALL.into_iter().flat_map(pillars::main_parameters);
        let mut placed: Vec<ParameterId> = in_details.chain(in_pillars.copied()).collect();
        placed.extend(Pillar::ALL.map(Pillar::switch));
        placed.extend(ELSEWHERE);
        placed.extend(phase_weave::parameters());
        placed.extend(velvet_curve::pages().flat_map(|(_, ids)| ids));
        placed.extend(master_chain::pages().flat_map(|(_, ids)| ids));
        for id in ParameterId::ALL {
            assert!(placed.contains(&id), "{} has no place", id.name());
        }
    }

    #[test]
    fn slots_of_a_stage_hold_all_that_its_page_shows() {
        let page = |pillar| {
            let ids = groups(pillar).iter().flat_map(|(_, group)| *group);
            ids.copied().collect::<Vec<_>>()
        };
        let mut pages = vec![
            (Stage::VelvetFloor, page(Pillar::VelvetFloor)),
            (Stage::HarmonicLattice, page(Pillar::HarmonicLattice)),
            (Stage::PhaseWeave, phase_weave::parameters().collect()),
        ];
        pages.extend(velvet_curve::pages());
        pages.extend(master_chain::pages());
        assert_eq!(pages.len(), Stage::ALL.len());
        for (stage, mut shown) in pages {
            shown.sort_by_key(|id| *id as usize);
            let held = ParameterId::ALL.into_iter();
            let held = held.filter(|id| Stage::of(*id) == Some(stage));
            assert_eq!(shown, held.collect::<Vec<_>>(), "{stage:?}");
        }
    }
}
