//! The five pillars in signal order: switch, activity, main controls, and a button for the details.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_dsp::math::{count, narrow};
use flow_params::ParameterId::{self, *};
use flow_params::Pillar;

use crate::editor::language::{text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::panels::activity_view::{ActivityView, describe_reductions};
use crate::editor::widgets::knob::Knob;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::bold;
use crate::params::{AnyParam, FlowParams};

/// Largest distance between two knobs.
const MAX_KNOB_PITCH: f32 = 92.0;

/// The switch of a pillar.
fn switch(params: &FlowParams, pillar: Pillar) -> AnyParam<'_> {
    params.get(pillar.switch())
}

/// The parameters of a pillar's knobs.
pub(crate) fn main_parameters(pillar: Pillar) -> &'static [ParameterId] {
    match pillar {
        Pillar::VelvetFloor => &[Depth, Warmth],
        Pillar::HarmonicLattice => &[Presence, Sheen, LatticeDrive],
        Pillar::PhaseWeave => &[Width, MonoSafety],
        Pillar::VelvetCurve => &flow_params::ANCHORS,
        Pillar::MasterChain => &[MultibandAmount, GlueAmount, Drive, LoudnessGain, Ceiling],
    }
}

/// Draws the five pillars. Returns the pillar whose details were requested.
pub(crate) fn show(
    ui: &mut Ui,
    rects: &[Rect; 5],
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
) -> Option<Pillar> {
    let mut requested = None;
    for (pillar, rect) in Pillar::ALL.into_iter().zip(rects) {
        if show_pillar(ui, *rect, controls, view, pillar) {
            requested = Some(pillar);
        }
    }
    requested
}

fn show_pillar(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    view: &EditorView<'_>,
    pillar: Pillar,
) -> bool {
    let theme = controls.theme;
    let params = &view.shared.params;
    let painter = ui.painter().clone();
    theme.panel(&painter, rect);
    title(ui, rect, controls, params, pillar);

    let well = Rect::from_min_max(
        rect.min + theme.vec(12.0, 42.0),
        pos2(rect.right() - theme.px(12.0), rect.top() + theme.px(104.0)),
    );
    theme.well(&painter, well);
    let activity = ActivityView {
        painter: &painter,
        rect: well.shrink2(theme.vec(10.0, 8.0)),
        theme,
        view,
        is_on: switch(params, pillar).normalized() > 0.5 && !view.settings.bypass,
    };
    activity.show(pillar);
    if pillar == Pillar::MasterChain {
        let id = ui.scope_id().with("reduction");
        ui.interact(well, id, Sense::hover())
            .on_hover_ui(|ui| _ = ui.label(describe_reductions(view)));
    }

    let mains = main_parameters(pillar);
    let columns = narrow(count(mains.len()));
    // In a wide panel the knobs stay together.
    let span = (rect.width() - theme.px(12.0)).min(columns * theme.px(MAX_KNOB_PITCH));
    let radius = if mains.len() == 4 { 20.0 } else { 26.0 };
    for (i, &id) in mains.iter().enumerate() {
        let x = (narrow(count(i)) + 0.5) / columns;
        // Names and values of all pillars stand on the same lines.
        let y = rect.top() + theme.px(176.0 - radius);
        let knob = Knob {
            name: translate(id.short_name()),
            center: pos2(rect.center().x + span * (x - 0.5), y),
            radius,
            color: if pillar == Pillar::VelvetCurve {
                theme.color.anchors[i]
            } else {
                theme.color.pillar(pillar)
            },
        };
        controls.knob(ui, params.get(id), &knob);
    }
    let bottom = Rect::from_center_size(
        pos2(rect.center().x, rect.bottom() - theme.px(25.0)),
        vec2((rect.width() - theme.px(28.0)).min(span), theme.px(26.0)),
    );
    let choices = bottom.with_max_x(bottom.right() - theme.px(36.0));
    bottom_controls(ui, choices, controls, params, pillar);

    let details = bottom.with_min_x(bottom.right() - theme.px(30.0));
    let id = ui.scope_id().with(("details", pillar.name()));
    let response = ui
        .interact(details, id, Sense::click())
        .on_hover_text(text!("All parameters of this pillar"));
    let name = text!("{name} details", name = pillar.name());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    theme.more(ui.painter(), details, &response);
    response.clicked()
}

/// The pillar's colored line, name and switch.
pub(crate) fn title(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: Pillar,
) {
    let theme = controls.theme;
    let (name, color) = (pillar.name(), theme.color.pillar(pillar));
    let switch = switch(params, pillar);
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(3.0)));
    ui.painter().rect_filled(line, theme.radius(1.5), color);
    let is_on = switch.normalized() > 0.5;
    let style = bold(
        13.5,
        if is_on {
            theme.color.text
        } else {
            theme.color.tertiary
        },
    );
    let at = rect.min + theme.vec(14.0, 23.0);
    theme.text(ui.painter(), at, Align2::LEFT_CENTER, name, style);
    let place = Rect::from_min_size(
        pos2(rect.right() - theme.px(40.0), rect.top() + theme.px(16.0)),
        theme.vec(26.0, 14.0),
    );
    controls.switch(ui, place, switch, name, color);
}

/// The controls beside the details button.
fn bottom_controls(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    pillar: Pillar,
) {
    let theme = controls.theme;
    let split = |share: f32, gap: f32| {
        let x = rect.left() + (rect.width() - theme.px(gap)) * share;
        (rect.with_max_x(x), rect.with_min_x(x + theme.px(gap)))
    };
    match pillar {
        Pillar::VelvetFloor => {
            let name = translate(Translation.name());
            controls.choice(ui, rect, params.get(Translation), name, "");
        }
        Pillar::HarmonicLattice => {
            let name = translate(Character.name());
            controls.choice(ui, rect, params.get(Character), name, "");
        }
        Pillar::PhaseWeave => {
            let (toggle, field) = split(0.6, 4.0);
            let name = translate(MonoBelow.name());
            controls.toggle(ui, toggle, params.get(MonoBelow), name);
            let frequency = params.get(MonoBelowFrequency);
            let center = Align2::CENTER_CENTER;
            let name = translate(MonoBelowFrequency.name());
            controls.value(ui, field, frequency, name, center);
        }
        Pillar::VelvetCurve => {
            let color = theme.color.pillar(pillar);
            let name = translate(Comfort.name());
            controls.slider(ui, rect, params.get(Comfort), name, color);
        }
        Pillar::MasterChain => {
            let (first, second) = split(0.5, 8.0);
            for (rect, id) in [(first, LimiterStyle), (second, Dither)] {
                let [name, label] = [id.name(), id.label()].map(translate);
                controls.choice(ui, rect, params.get(id), name, label);
            }
        }
    }
}
