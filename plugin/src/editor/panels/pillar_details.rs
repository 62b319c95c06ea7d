//! Everything of one pillar that isn't in its panel, in the pillars' place.

use egui::{Align2, Rect, Ui, pos2, vec2};

use crate::editor::panels::pillars;
use crate::editor::widgets::param_ui::{Arc, Label, ParamUi};
use crate::editor::widgets::theme::{PILLARS, SECONDARY, Weight};
use crate::params::{
    AnyParam, BandParams, ChannelParams, CompressorParams, FlowParams, MATCH_LABELS,
};

/// Parameters under one heading.
struct Group<'p> {
    name: &'static str,
    params: Vec<(AnyParam<'p>, &'static str)>,
}

fn group<'p>(
    name: &'static str,
    params: impl IntoIterator<Item = (AnyParam<'p>, &'static str)>,
) -> Group<'p> {
    Group {
        name,
        params: params.into_iter().collect(),
    }
}

fn compressor(params: &CompressorParams) -> [(AnyParam<'_>, &'static str); 4] {
    [
        ((&params.threshold).into(), "Threshold"),
        ((&params.ratio).into(), "Ratio"),
        ((&params.attack).into(), "Attack"),
        ((&params.release).into(), "Release"),
    ]
}

fn groups(params: &FlowParams, pillar: usize) -> Vec<Group<'_>> {
    match pillar {
        0 => vec![
            group(
                "Low band",
                [
                    ((&params.floor.depth).into(), "Depth"),
                    ((&params.floor.warmth).into(), "Warmth"),
                    ((&params.floor.translation).into(), "Translation"),
                ],
            ),
            group(
                "Input",
                [
                    ((&params.input.trim).into(), "Trim"),
                    ((&params.input.low_cut).into(), "Low cut"),
                    ((&params.input.low_cut_frequency).into(), "Frequency"),
                ],
            ),
        ],
        1 => vec![group(
            "Harmonics",
            [
                ((&params.lattice.presence).into(), "Presence"),
                ((&params.lattice.sheen).into(), "Sheen"),
                ((&params.lattice.drive).into(), "Drive"),
                ((&params.lattice.character).into(), "Character"),
            ],
        )],
        2 => vec![
            group(
                "Width",
                [
                    ((&params.weave.width).into(), "Width"),
                    ((&params.weave.mono_below).into(), "Mono below"),
                    ((&params.weave.mono_below_frequency).into(), "Frequency"),
                ],
            ),
            group(
                "Mono safety",
                [
                    ((&params.weave.mono_safety).into(), "Amount"),
                    ((&params.weave.max_loss).into(), "Max. loss"),
                    ((&params.weave.detector).into(), "Detector"),
                ],
            ),
        ],
        3 => vec![
            group(
                "Anchors",
                [
                    ((&params.curve.body).into(), "Body"),
                    ((&params.curve.soul).into(), "Soul"),
                    ((&params.curve.silk).into(), "Silk"),
                    ((&params.curve.air).into(), "Air"),
                ],
            ),
            group(
                "Dynamic",
                [
                    ((&params.curve.comfort).into(), "Comfort"),
                    ((&params.curve.style_target).into(), "Style"),
                ],
            ),
        ],
        _ => master(params),
    }
}

fn channel<'p>(name: &'static str, channel: &'p ChannelParams) -> Group<'p> {
    let mix = ((&channel.mix).into(), "Mix");
    group(
        name,
        compressor(&channel.compressor).into_iter().chain([mix]),
    )
}

fn band<'p>(name: &'static str, band: &'p BandParams) -> Group<'p> {
    let rest = [((&band.gain).into(), "Gain"), ((&band.solo).into(), "Solo")];
    group(name, compressor(&band.compressor).into_iter().chain(rest))
}

fn master(params: &FlowParams) -> Vec<Group<'_>> {
    let dynamics = &params.dynamics;
    let (ms, mb, glue) = (&dynamics.mid_side, &dynamics.multiband, &dynamics.glue);
    vec![
        group(
            "Mid/side",
            [((&ms.amount).into(), "Amount"), ((&ms.knee).into(), "Knee")],
        ),
        channel("Mid", &ms.mid),
        channel("Side", &ms.side),
        group(
            "Multiband",
            [
                ((&mb.amount).into(), "Amount"),
                ((&mb.knee).into(), "Knee"),
                ((&mb.low_crossover).into(), "Low split"),
                ((&mb.high_crossover).into(), "High split"),
            ],
        ),
        band("Low", &mb.low),
        band("Mid band", &mb.mid),
        band("High", &mb.high),
        group(
            "Glue",
            [
                ((&glue.amount).into(), "Amount"),
                ((&glue.threshold).into(), "Threshold"),
                ((&glue.ratio).into(), "Ratio"),
                ((&glue.knee).into(), "Knee"),
                ((&glue.attack).into(), "Attack"),
                ((&glue.release).into(), "Release"),
                ((&glue.auto_release).into(), "Auto"),
                ((&glue.side_chain_high_pass).into(), "SC filter"),
                ((&glue.mix).into(), "Mix"),
            ],
        ),
        group(
            "Limiter",
            [
                ((&params.limiter.release).into(), "Release"),
                ((&params.limiter.stereo_link).into(), "Link"),
                ((&params.output.noise_shaping).into(), "Shaping"),
            ],
        ),
    ]
}

/// Draws the details; true when they shall be closed.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: usize,
) -> bool {
    let theme = controls.theme;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    pillars::title(ui, &painter, rect, controls, params, pillar);
    let back = Rect::from_min_size(
        pos2(rect.right() - theme.px(120.0), rect.top() + theme.px(11.0)),
        theme.vec(68.0, 24.0),
    );
    let label = Label {
        name: "Back",
        tip: "All five pillars again",
    };
    let close = controls.button(ui, back, label, false);

    let groups = groups(params, pillar);
    // Few controls get large knobs, the many of the Master Chain and of Match a row of fields each.
    if pillar < 4 {
        let left = knobs(ui, rect, controls, groups, pillar);
        if pillar == 3 {
            let rest = rect.with_min_x(left - theme.px(28.0));
            fields(ui, rest, controls, matching(params));
        }
    } else {
        fields(ui, rect, controls, groups);
    }
    close
}

/// The fine equaliser in two columns.
fn matching(params: &FlowParams) -> Vec<Group<'_>> {
    let bands = params.matching.bands.iter().zip(MATCH_LABELS);
    let bands = bands.map(|(band, label)| (band.into(), label));
    let mut low: Vec<_> = bands.collect();
    let high = low.split_off(8);
    low.insert(0, ((&params.matching.amount).into(), "Amount"));
    vec![group("Match", low), group("", high)]
}

/// Says where they end.
fn knobs(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    groups: Vec<Group<'_>>,
    pillar: usize,
) -> f32 {
    let theme = controls.theme;
    let mut x = rect.left() + theme.px(14.0);
    for Group { name, params } in groups {
        theme.text(
            ui.painter(),
            pos2(x, rect.top() + theme.px(62.0)),
            Align2::LEFT_CENTER,
            name,
            (11.5, Weight::Bold, SECONDARY),
        );
        for (param, name) in params {
            let center = pos2(x + theme.px(54.0), rect.top() + theme.px(136.0));
            control(ui, center, controls, param, name, pillar);
            x += theme.px(118.0);
        }
        x += theme.px(44.0);
    }
    x
}

fn control(
    ui: &mut Ui,
    center: egui::Pos2,
    controls: &mut ParamUi<'_>,
    param: AnyParam<'_>,
    name: &str,
    pillar: usize,
) {
    let theme = controls.theme;
    let field = Rect::from_center_size(center, theme.vec(104.0, 26.0));
    match param {
        AnyParam::Float(_) => {
            let arc = if param.default_normalized() > 0.3 && param.default_normalized() < 0.7 {
                Arc::FromNeutral
            } else {
                Arc::FromLeft
            };
            controls.knob(ui, center, 30.0, param, name, (arc, PILLARS[pillar]));
        }
        AnyParam::Int(_) => controls.choice(ui, field, param, name, ""),
        AnyParam::Bool(_) => controls.toggle(ui, field, param, name),
    }
}

/// Columns of names and values: drag on a name, type in a value.
fn fields(ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, groups: Vec<Group<'_>>) {
    let theme = controls.theme;
    let columns = flow_dsp::math::narrow(flow_dsp::math::count(groups.len()));
    let gap = theme.px(16.0);
    let width = (rect.width() - theme.px(28.0) + gap) / columns;
    let row = theme.px(22.0);
    for (i, Group { name, params }) in groups.into_iter().enumerate() {
        let x =
            rect.left() + theme.px(14.0) + width * flow_dsp::math::narrow(flow_dsp::math::count(i));
        let mut y = rect.top() + theme.px(52.0);
        let painter = ui.painter().clone();
        theme.text(
            &painter,
            pos2(x, y),
            Align2::LEFT_CENTER,
            name,
            (11.5, Weight::Bold, SECONDARY),
        );
        y += theme.px(10.0);
        for (param, name) in params {
            let place = Rect::from_min_size(pos2(x, y), vec2(width - gap, row));
            controls.row(ui, place, param, name);
            y += row;
        }
    }
}
