//! The five pillars in signal order: a switch, what they are doing, the main controls, and the way to the details.

use egui::{Align2, Painter, Rect, Ui, pos2, vec2};
use flow_dsp::Activity;
use flow_params::ParameterId::{self, *};
use flow_params::Pillar;

use crate::editor::panels::activity_view;
use crate::editor::widgets::param_ui::{Arc, ParamUi};
use crate::editor::widgets::theme::{ANCHORS, PILLARS, TERTIARY, TEXT, Weight};
use crate::params::{AnyParam, FlowParams};

/// What the pillars' panels show.
pub(crate) struct PillarReadouts<'a> {
    /// What the stages do.
    pub(crate) activity: &'a Activity,
    /// Gain of the limiter, dB.
    pub(crate) limiter_gain_db: f32,
}

/// From one knob to the next at most.
const WIDEST_PITCH: f32 = 92.0;

/// A main control: its parameter, its label, and the start of its arc.
type Main = (ParameterId, &'static str, Arc);

/// The switch of a pillar.
pub(crate) fn switch(params: &FlowParams, pillar: usize) -> AnyParam<'_> {
    const SWITCHES: [ParameterId; 5] = [
        VelvetFloor,
        HarmonicLattice,
        PhaseWeave,
        VelvetCurve,
        Dynamics,
    ];
    params.get(SWITCHES[pillar])
}

/// The main controls of a pillar with their labels.
fn mains(pillar: usize) -> &'static [Main] {
    use Arc::{FromLeft, FromNeutral};
    match pillar {
        0 => &[(Depth, "Depth", FromLeft), (Warmth, "Warmth", FromLeft)],
        1 => &[
            (Presence, "Presence", FromNeutral),
            (Sheen, "Sheen", FromNeutral),
            (LatticeDrive, "Drive", FromLeft),
        ],
        2 => &[
            (Width, "Width", FromNeutral),
            (MonoSafety, "Mono safety", FromLeft),
        ],
        3 => &[
            (Body, "Body", FromNeutral),
            (Soul, "Soul", FromNeutral),
            (Silk, "Silk", FromNeutral),
            (Air, "Air", FromNeutral),
        ],
        _ => &[
            (MultibandAmount, "Multiband", FromLeft),
            (GlueAmount, "Glue", FromLeft),
            (Drive, "Drive", FromLeft),
            (LoudnessGain, "Gain", FromNeutral),
            (Ceiling, "Ceiling", FromLeft),
        ],
    }
}

/// Draws the five panels; gives the pillar whose details were asked for.
pub(crate) fn show(
    ui: &mut Ui,
    places: &[Rect; 5],
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    now: &PillarReadouts<'_>,
) -> Option<usize> {
    let mut wanted = None;
    for (pillar, rect) in places.iter().enumerate() {
        if panel(ui, *rect, controls, params, now, pillar) {
            wanted = Some(pillar);
        }
    }
    wanted
}

fn panel(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    now: &PillarReadouts<'_>,
    pillar: usize,
) -> bool {
    let theme = controls.theme;
    let color = PILLARS[pillar];
    let on = switch(params, pillar).normalized() > 0.5;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    title(ui, &painter, rect, controls, params, pillar);

    let well = Rect::from_min_max(
        rect.min + theme.vec(12.0, 42.0),
        pos2(rect.right() - theme.px(12.0), rect.top() + theme.px(104.0)),
    );
    theme.well(&painter, well);
    let inner = well.shrink2(theme.vec(10.0, 8.0));
    let settings = params.chain_settings();
    activity_view::show(&painter, inner, theme, &settings, now, (pillar, on));

    let mains = mains(pillar);
    let places = flow_dsp::math::narrow(flow_dsp::math::count(mains.len()));
    // In a wide panel they stay together.
    let span = (rect.width() - theme.px(12.0)).min(places * theme.px(WIDEST_PITCH));
    let radius = if mains.len() == 4 { 20.0 } else { 26.0 };
    for (i, (id, name, arc)) in mains.iter().enumerate() {
        let x = (flow_dsp::math::narrow(flow_dsp::math::count(i)) + 0.5) / places;
        let center = pos2(
            rect.center().x + span * (x - 0.5),
            // Names and values of all pillars stand on the same lines.
            rect.top() + theme.px(176.0 - radius),
        );
        let color = match pillar {
            3 => ANCHORS[i],
            _ => color,
        };
        controls.knob(ui, center, radius, params.get(*id), name, (*arc, color));
    }
    let width = (rect.width() - theme.px(28.0)).min(span);
    let bottom = Rect::from_center_size(
        pos2(rect.center().x, rect.bottom() - theme.px(25.0)),
        vec2(width, theme.px(26.0)),
    );
    bottom_row(ui, bottom, controls, params, pillar)
}

/// The pillar's line, its name and its switch.
pub(crate) fn title(
    ui: &mut Ui,
    painter: &Painter,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: usize,
) {
    let theme = controls.theme;
    let color = PILLARS[pillar];
    let on = switch(params, pillar);
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(3.0)));
    painter.rect_filled(line, theme.radius(1.5), color);
    theme.text(
        painter,
        rect.min + theme.vec(14.0, 23.0),
        Align2::LEFT_CENTER,
        Pillar::ALL[pillar].name(),
        (
            13.5,
            Weight::Bold,
            if on.normalized() > 0.5 {
                TEXT
            } else {
                TERTIARY
            },
        ),
    );
    let place = Rect::from_min_size(
        pos2(rect.right() - theme.px(40.0), rect.top() + theme.px(16.0)),
        theme.vec(26.0, 14.0),
    );
    controls.switch(ui, place, on, Pillar::ALL[pillar].name(), color);
}

/// The pillar's choice, and the way to its details; true when they were asked for.
fn bottom_row(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: usize,
) -> bool {
    let theme = controls.theme;
    let more =
        |rect: Rect| Rect::from_min_max(pos2(rect.right() - theme.px(30.0), rect.top()), rect.max);
    let rest = |rect: Rect| {
        Rect::from_min_max(rect.min, pos2(rect.right() - theme.px(36.0), rect.bottom()))
    };
    let place = rest(rect);
    match pillar {
        0 => controls.choice(ui, place, params.get(Translation), "Translation", ""),
        1 => controls.choice(ui, place, params.get(Character), "Character", ""),
        2 => {
            let half = place.width() * 0.6;
            let toggle = Rect::from_min_size(place.min, vec2(half, place.height()));
            controls.toggle(ui, toggle, params.get(MonoBelow), "Mono below");
            let field =
                Rect::from_min_max(pos2(toggle.right() + theme.px(4.0), place.top()), place.max);
            controls.value(
                ui,
                field,
                params.get(MonoBelowFrequency),
                "Mono below frequency",
                Align2::CENTER_CENTER,
            );
        }
        3 => controls.slider(ui, place, params.get(Comfort), "Comfort", PILLARS[3]),
        _ => {
            let half = (place.width() - theme.px(8.0)) / 2.0;
            let first = Rect::from_min_size(place.min, vec2(half, place.height()));
            let second =
                Rect::from_min_max(pos2(first.right() + theme.px(8.0), place.top()), place.max);
            controls.choice(
                ui,
                first,
                params.get(LimiterStyle),
                "Limiter style",
                "Limiter",
            );
            controls.choice(ui, second, params.get(Dither), "Dither", "Dither");
        }
    }
    let name = format!("{} details", Pillar::ALL[pillar].name());
    let response = ui
        .interact(
            more(rect),
            ui.scope_id().with(("details", pillar)),
            egui::Sense::click(),
        )
        .on_hover_text("Everything else of this pillar");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    theme.more(ui.painter(), more(rect), &response);
    response.clicked()
}
