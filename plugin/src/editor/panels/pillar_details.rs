//! All parameters of one pillar, in place of the pillars.

use egui::{Align2, Pos2, Rect, Ui, pos2, vec2};
use flow_dsp::math::{count, narrow};
use flow_params::Kind;
use flow_params::ParameterId::{self, *};

use crate::editor::panels::pillars;
use crate::editor::widgets::knob::{Arc, Knob};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{PILLARS, SECONDARY, bold};
use crate::params::{AnyParam, FlowParams};

/// Parameters with their labels under one heading.
type Group = (&'static str, &'static [(ParameterId, &'static str)]);

/// The groups of a pillar, without Match.
#[rustfmt::skip]
fn groups(pillar: usize) -> &'static [Group] {
    match pillar {
        0 => &[
            ("Low band", &[(Depth, "Depth"), (Warmth, "Warmth"), (Translation, "Translation")]),
            ("Input", &[(Trim, "Trim"), (LowCut, "Low cut"), (LowCutFrequency, "Frequency")]),
        ],
        1 => &[
            ("Harmonics", &[(Presence, "Presence"), (Sheen, "Sheen"), (LatticeDrive, "Drive"), (Character, "Character")]),
        ],
        2 => &[
            ("Width", &[(Width, "Width"), (MonoBelow, "Mono below"), (MonoBelowFrequency, "Frequency")]),
            ("Mono safety", &[
                (MonoSafety, "Amount"), (MonoSafetyMaximumLoss, "Max. loss"), (MonoSafetyDetector, "Detector"),
            ]),
        ],
        3 => &[
            ("Anchors", &[(Body, "Body"), (Soul, "Soul"), (Silk, "Silk"), (Air, "Air")]),
            ("Dynamic", &[(Comfort, "Comfort"), (StyleTarget, "Style")]),
        ],
        _ => &[
            ("Mid/side", &[(MidSideAmount, "Amount"), (MidSideKnee, "Knee")]),
            ("Mid", &[
                (MidThreshold, "Threshold"), (MidRatio, "Ratio"), (MidAttack, "Attack"), (MidRelease, "Release"),
                (MidMix, "Mix"),
            ]),
            ("Side", &[
                (SideThreshold, "Threshold"), (SideRatio, "Ratio"), (SideAttack, "Attack"), (SideRelease, "Release"),
                (SideMix, "Mix"),
            ]),
            ("Multiband", &[
                (MultibandAmount, "Amount"), (MultibandKnee, "Knee"), (LowCrossover, "Low split"),
                (HighCrossover, "High split"),
            ]),
            ("Low", &[
                (LowBandThreshold, "Threshold"), (LowBandRatio, "Ratio"), (LowBandAttack, "Attack"),
                (LowBandRelease, "Release"), (LowBandGain, "Gain"), (LowBandSolo, "Solo"),
            ]),
            ("Mid band", &[
                (MidBandThreshold, "Threshold"), (MidBandRatio, "Ratio"), (MidBandAttack, "Attack"),
                (MidBandRelease, "Release"), (MidBandGain, "Gain"), (MidBandSolo, "Solo"),
            ]),
            ("High", &[
                (HighBandThreshold, "Threshold"), (HighBandRatio, "Ratio"), (HighBandAttack, "Attack"),
                (HighBandRelease, "Release"), (HighBandGain, "Gain"), (HighBandSolo, "Solo"),
            ]),
            ("Glue", &[
                (GlueAmount, "Amount"), (GlueThreshold, "Threshold"), (GlueRatio, "Ratio"), (GlueKnee, "Knee"),
                (GlueAttack, "Attack"), (GlueRelease, "Release"), (GlueAutoRelease, "Auto"),
                (GlueSideChainHighPass, "SC filter"), (GlueMix, "Mix"),
            ]),
            ("Limiter", &[(Release, "Release"), (StereoLink, "Link"), (NoiseShaping, "Shaping")]),
        ],
    }
}

/// The fine equalizer in two columns.
#[rustfmt::skip]
const MATCH: [Group; 2] = [
    ("Match", &[
        (MatchAmount, "Amount"), (Match1, "40 Hz"), (Match2, "60 Hz"), (Match3, "90 Hz"), (Match4, "130 Hz"),
        (Match5, "190 Hz"), (Match6, "280 Hz"), (Match7, "410 Hz"), (Match8, "600 Hz"),
    ]),
    ("", &[
        (Match9, "880 Hz"), (Match10, "1.3 kHz"), (Match11, "1.9 kHz"), (Match12, "2.8 kHz"), (Match13, "4.1 kHz"),
        (Match14, "6 kHz"), (Match15, "9 kHz"), (Match16, "13.5 kHz"),
    ]),
];

/// Draws the details. Returns whether they were closed.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: usize,
) -> bool {
    let theme = controls.theme;
    theme.panel(ui.painter(), rect);
    pillars::title(ui, rect, controls, params, pillar);
    let back = Rect::from_min_size(
        pos2(rect.right() - theme.px(120.0), rect.top() + theme.px(11.0)),
        theme.vec(68.0, 24.0),
    );
    let tip = "Shows the five pillars again";
    let is_closed = controls.button(ui, back, "Back", tip, false);

    let groups = groups(pillar);
    // Master Chain and Match have too many parameters for knobs.
    if pillar < 4 {
        let left = knobs(ui, rect, controls, (groups, params), pillar);
        if pillar == 3 {
            let rest = rect.with_min_x(left - theme.px(28.0));
            fields(ui, rest, controls, (&MATCH, params));
        }
    } else {
        fields(ui, rect, controls, (groups, params));
    }
    is_closed
}

/// Draws groups of knobs. Returns their right end.
fn knobs(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    (groups, params): (&[Group], &FlowParams),
    pillar: usize,
) -> f32 {
    let theme = controls.theme;
    let mut x = rect.left() + theme.px(14.0);
    for (name, group) in groups {
        theme.text(
            ui.painter(),
            pos2(x, rect.top() + theme.px(62.0)),
            Align2::LEFT_CENTER,
            name,
            bold(11.5, SECONDARY),
        );
        for (id, name) in *group {
            let center = pos2(x + theme.px(54.0), rect.top() + theme.px(136.0));
            control(ui, center, controls, params.get(*id), name, pillar);
            x += theme.px(118.0);
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
    name: &str,
    pillar: usize,
) {
    let theme = controls.theme;
    let field = Rect::from_center_size(center, theme.vec(104.0, 26.0));
    match param.id().kind() {
        Kind::Number(_) => {
            let arc = if param.default_normalized() > 0.3 && param.default_normalized() < 0.7 {
                Arc::FromDefault
            } else {
                Arc::FromLeft
            };
            let knob = Knob {
                name,
                center,
                radius: 30.0,
                arc,
                color: PILLARS[pillar],
            };
            controls.knob(ui, param, &knob);
        }
        Kind::Choice(_) => controls.choice(ui, field, param, name, ""),
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
        for (id, name) in *group {
            let place = Rect::from_min_size(pos2(x, y), vec2(width - gap, row));
            controls.row(ui, place, params.get(*id), name);
            y += row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_params::Pillar;

    /// The controls of the header, and those below the knobs of Master Chain.
    const ELSEWHERE: [ParameterId; 4] = [Delivery, Bypass, LimiterStyle, Dither];

    #[test]
    fn window_has_a_place_for_every_parameter() {
        let details = (0..Pillar::ALL.len()).flat_map(groups).chain(&MATCH);
        let in_details = details.flat_map(|(_, group)| group.iter().map(|(id, _)| *id));
        let in_pillars = (0..Pillar::ALL.len()).flat_map(pillars::main_parameters);
        let mut placed: Vec<ParameterId> = in_details.chain(in_pillars).collect();
        placed.extend(Pillar::ALL.map(Pillar::switch));
        placed.extend(ELSEWHERE);
        for id in ParameterId::ALL {
            assert!(placed.contains(&id), "{} has no place", id.name());
        }
    }
}
