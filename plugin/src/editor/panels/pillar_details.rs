//! All parameters of one pillar, in place of the pillars.

use egui::{Align2, Color32, Pos2, Rect, Ui, pos2, vec2};
use flow_dsp::math::{count, narrow};
use flow_params::ParameterId::{self, *};
use flow_params::{Kind, Pillar};

use crate::editor::model::editor_model::EditorView;
use crate::editor::panels::instruments::master_chain::MasterChainDetails;
use crate::editor::panels::pillars;
use crate::editor::widgets::knob::Knob;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{SECONDARY, bold, pillar_color};
use crate::params::{AnyParam, FlowParams};

/// Parameters under one heading.
type Group = (&'static str, &'static [ParameterId]);

/// The groups of a pillar, without the bells and Match. The Master Chain has instruments instead.
#[rustfmt::skip]
fn groups(pillar: Pillar) -> &'static [Group] {
    match pillar {
        Pillar::VelvetFloor => &[
            ("Low band", &[Depth, Warmth, Translation]),
            ("Input", &[Trim, LowCut, LowCutFrequency]),
        ],
        Pillar::HarmonicLattice => &[
            ("Harmonics", &[Presence, Sheen, LatticeDrive, Character]),
        ],
        Pillar::PhaseWeave => &[
            ("Width", &[Width, MonoBelow, MonoBelowFrequency]),
            ("Mono safety", &[
                MonoSafety, MonoSafetyMaximumLoss, MonoSafetyDetector,
            ]),
        ],
        Pillar::VelvetCurve => &[
            ("Anchors", &[Body, Soul, Silk, Air]),
            ("Resonances", &[Comfort]),
        ],
        Pillar::MasterChain => &[],
    }
}

/// The free bells, and the fine equalizer in two columns.
#[rustfmt::skip]
const BELLS_AND_MATCH: [Group; 4] = [
    ("Bell 1", &[Bell1Frequency, Bell1Gain, Bell1Q, Bell1Channels]),
    ("Bell 2", &[Bell2Frequency, Bell2Gain, Bell2Q, Bell2Channels]),
    ("Match", &[
        MatchAmount, Match1, Match2, Match3, Match4,
        Match5, Match6, Match7, Match8,
    ]),
    ("", &[
        Match9, Match10, Match11, Match12, Match13,
        Match14, Match15, Match16,
    ]),
];

/// Draws the details. Returns whether they were closed.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    (pillar, master_chain): (Pillar, &mut MasterChainDetails),
) -> bool {
    let (theme, params) = (controls.theme, &*view.shared.params);
    theme.panel(ui.painter(), rect);
    pillars::title(ui, rect, controls, params, pillar);
    let back = Rect::from_min_size(
        pos2(rect.right() - theme.px(120.0), rect.top() + theme.px(11.0)),
        theme.vec(68.0, 24.0),
    );
    let tip = "Shows the five pillars again";
    let is_closed = controls.button(ui, back, "Back", tip, false);

    let groups = groups(pillar);
    if pillar == Pillar::MasterChain {
        master_chain.show(ui, rect, controls, view);
    } else {
        // The bells and Match have too many parameters for knobs.
        let left = knobs(ui, rect, controls, (groups, params), pillar);
        if pillar == Pillar::VelvetCurve {
            let rest = rect.with_min_x(left - theme.px(28.0));
            fields(ui, rest, controls, (&BELLS_AND_MATCH, params));
        }
    }
    is_closed
}

/// The width of a choice or a switch with its gap, pixels at 100 %.
const FIELD_WIDTH: f32 = 118.0;

/// Draws groups of knobs. Returns their right end.
fn knobs(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (groups, params): (&[Group], &FlowParams),
    pillar: Pillar,
) -> f32 {
    let theme = controls.theme;
    // Beside the fields of Velvet Curve the knobs stand closer.
    let knob_width = if pillar == Pillar::VelvetCurve {
        84.0
    } else {
        FIELD_WIDTH
    };
    let mut x = rect.left() + theme.px(14.0);
    for (name, group) in groups {
        theme.text(
            ui.painter(),
            pos2(x, rect.top() + theme.px(62.0)),
            Align2::LEFT_CENTER,
            name,
            bold(11.5, SECONDARY),
        );
        for id in *group {
            let width = match id.kind() {
                Kind::Number(_) => knob_width,
                Kind::Choice(_) | Kind::Switch(_) => FIELD_WIDTH,
            };
            let center = pos2(
                x + theme.px(0.5 * width - 5.0),
                rect.top() + theme.px(136.0),
            );
            control(ui, center, controls, params.get(*id), pillar_color(pillar));
            x += theme.px(width);
        }
        x += theme.px(44.0);
    }
    x
}

fn control(
    ui: &mut Ui,
    center: Pos2,
    controls: &mut ParamUi<'_>,
    param: AnyParam<'_>,
    color: Color32,
) {
    let (theme, name) = (controls.theme, param.id().label());
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
        Kind::Choice(_) => controls.choice(ui, field, param, param.id().name(), ""),
        Kind::Switch(_) => controls.toggle(ui, field, param, name),
    }
}

/// Draws each group as a column of rows.
fn fields(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (groups, params): (&[Group], &FlowParams),
) {
    let theme = controls.theme;
    let columns = narrow(count(groups.len()));
    let gap = theme.px(16.0);
    let width = (rect.width() - theme.px(28.0) + gap) / columns;
    let row = theme.px(22.0);
    for (i, (name, group)) in groups.iter().enumerate() {
        let x = rect.left() + theme.px(14.0) + width * narrow(count(i));
        let mut y = rect.top() + theme.px(52.0);
        let painter = ui.painter().clone();
        theme.text(
            &painter,
            pos2(x, y),
            Align2::LEFT_CENTER,
            name,
            bold(11.5, SECONDARY),
        );
        y += theme.px(10.0);
        for id in *group {
            let place = Rect::from_min_size(pos2(x, y), vec2(width - gap, row));
            controls.row(ui, place, params.get(*id), id.label());
            y += row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::panels::instruments::master_chain;

    /// The controls of the header.
    const ELSEWHERE: [ParameterId; 3] = [Delivery, Bypass, StyleTarget];

    #[test]
    fn window_has_a_place_for_every_parameter() {
        let details = Pillar::ALL
            .into_iter()
            .flat_map(groups)
            .chain(&BELLS_AND_MATCH);
        let in_details = details.flat_map(|(_, group)| *group).copied();
        let in_pillars = Pillar::ALL.into_iter().flat_map(pillars::main_parameters);
        let mut placed: Vec<ParameterId> = in_details.chain(in_pillars.copied()).collect();
        placed.extend(Pillar::ALL.map(Pillar::switch));
        placed.extend(ELSEWHERE);
        placed.extend(master_chain::parameters());
        for id in ParameterId::ALL {
            assert!(placed.contains(&id), "{} has no place", id.name());
        }
    }
}
