//! The handles in the spectrum: one for each anchor on the response, and one for each free bell at its frequency and gain.

use egui::{Align2, Key, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use flow_dsp::math::narrow;
use flow_dsp::{CurveSettings, Spec, anchor_sections};
use flow_params::ParameterId::{self, *};
use flow_params::{Kind, Pillar};

use super::axes::Axes;
use crate::editor::language::{key, text, translate};
use crate::editor::model::analyzers::nearest_point;
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::{format_frequency, signed_decibels, value_text};
use crate::editor::model::undo::EditHistory;
use crate::editor::widgets::param_ui::{
    NOTCH, ParamUi, context_menu, fine_share, is_reset_click, lock_arrow_keys, way, wheel_notches,
};
use crate::editor::widgets::theme::{Theme, bold, regular, scale_widgets};
use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// Frequencies of the anchors' handles, Hz.
const ANCHORS_HZ: [f32; 4] = [90.0, 632.0, 4000.0, 12_000.0];

/// Notches of an arrow key that turns Q.
const Q_KEY_NOTCHES: f32 = 2.0;

/// A free bell's name, frequency, gain, Q and channels.
const BELLS: [(&str, [ParameterId; 4]); 2] = [
    (
        key!("Bell 1"),
        [Bell1Frequency, Bell1Gain, Bell1Q, Bell1Channels],
    ),
    (
        key!("Bell 2"),
        [Bell2Frequency, Bell2Gain, Bell2Q, Bell2Channels],
    ),
];

/// Draws all handles. Those outside of the range of frequencies are reached by the keyboard. Returns the frequency of a handle
/// that has got the focus or was moved by keys.
pub(super) fn show(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    axes: &Axes,
    view: &EditorView<'_>,
) -> Option<f32> {
    let params = &view.shared.params;
    // A handle at an end of the plot is drawn as a whole.
    let margin = controls.theme.vec(14.0, 14.0);
    let clip = axes.plot.expand2(margin);
    ui.scope(|ui| {
        ui.shrink_clip_rect(clip);
        let mut chosen = None;
        for (i, hz) in ANCHORS_HZ.into_iter().enumerate() {
            let has_come = anchor(ui, controls, axes, view, i);
            chosen = has_come.then_some(hz).or(chosen);
        }
        for (i, (name, ids)) in BELLS.into_iter().enumerate() {
            let is_on = view.settings.curve.on;
            let bell = Bell::new(translate(name), i, ids, params);
            let has_come = bell.show(ui, controls, axes, is_on);
            let hz = bell.frequency.plain(bell.frequency.normalized());
            chosen = has_come.then_some(hz).or(chosen);
        }
        chosen
    })
    .inner
}

/// The gain of an anchor that moves the response at its handle by `by_db` from that before. Its neighbors reach there too.
fn anchor_gain_db(before_db: [f32; 4], anchor: usize, by_db: f32, rate_hz: f32) -> f32 {
    let spec = Spec {
        sample_rate_hz: f64::from(rate_hz),
    };
    let share = f64::from(ANCHORS_HZ[anchor] / rate_hz).min(0.49);
    let response_db = |gain_db: f32| {
        let mut gains_db = before_db;
        gains_db[anchor] = gain_db;
        let sections = anchor_sections(gains_db, spec);
        let power: f64 = sections.iter().map(|s| s.power_at(share)).product();
        narrow(10.0 * power.log10())
    };
    let wanted_db = response_db(before_db[anchor]) + by_db;
    // The response rises with the gain.
    let [mut low_db, mut high_db] = CurveSettings::BODY_DB;
    for _ in 0..16 {
        let middle_db = 0.5 * (low_db + high_db);
        if response_db(middle_db) < wanted_db {
            low_db = middle_db;
        } else {
            high_db = middle_db;
        }
    }
    0.5 * (low_db + high_db)
}

/// A handle on the response that drags an anchor's gain up and down. Returns whether it has got the focus.
fn anchor(
    ui: &mut Ui,
    controls: &mut ParamUi<'_>,
    axes: &Axes,
    view: &EditorView<'_>,
    anchor: usize,
) -> bool {
    let theme = controls.theme;
    let hz = ANCHORS_HZ[anchor];
    let at = axes.gain(hz, view.responses.current[nearest_point(hz)]);
    let param = view.shared.params.get(flow_params::ANCHORS[anchor]);
    let rect = Rect::from_center_size(at, theme.vec(26.0, 26.0));
    // The name differs from the knob's: accessible names are unique.
    let name = text!("{name} handle", name = translate(param.id().name()));
    let rate_hz = view.shared.chain_rate_hz().unwrap_or(48_000.0);
    let gains_db = flow_params::ANCHORS.map(|id| {
        let param = view.shared.params.get(id);
        param.plain(param.normalized())
    });
    let moved = |before_db: f32, way: Vec2| {
        let mut before = gains_db;
        before[anchor] = before_db;
        let by_db = -way.y * axes.gain_per_pixel();
        anchor_gain_db(before, anchor, by_db, rate_hz)
    };
    let response = controls.on_axis(ui, rect, (param, &name), &moved);
    let radius = theme.px(if response.hovered() { 8.0 } else { 6.5 });
    let stroke = Stroke::new(theme.px(2.2), theme.color.anchors[anchor]);
    ui.painter()
        .circle(at, radius, theme.color.background, stroke);
    theme.focus(ui.painter(), rect, &response);
    response.gained_focus()
}

/// Draws a text above a handle, or below it at the top of the plot.
fn readout(ui: &Ui, theme: Theme, axes: &Axes, at: Pos2, text: &str) {
    let (painter, style) = (ui.painter(), regular(10.5, theme.color.text));
    let width = theme.text_width(painter, text, style) + theme.px(14.0);
    let (plot, half) = (axes.plot, 0.5 * width);
    let away = theme.px(26.0);
    let y = if at.y - away > plot.top() + theme.px(10.0) {
        at.y - away
    } else {
        at.y + away
    };
    let x = at.x.clamp(plot.left() + half, plot.right() - half);
    let rect = Rect::from_center_size(pos2(x, y), vec2(width, theme.px(20.0)));
    painter.rect_filled(rect, theme.radius(4.0), theme.color.background);
    theme.text(painter, rect.center(), Align2::CENTER_CENTER, text, style);
}

/// A free bell.
struct Bell<'a> {
    name: &'static str,
    number: usize,
    frequency: AnyParam<'a>,
    gain: AnyParam<'a>,
    q: AnyParam<'a>,
    channels: AnyParam<'a>,
}

impl<'a> Bell<'a> {
    fn new(
        name: &'static str,
        index: usize,
        ids: [ParameterId; 4],
        params: &'a FlowParams,
    ) -> Self {
        let [frequency, gain, q, channels] = ids.map(|id| params.get(id));
        Self {
            name,
            number: index + 1,
            frequency,
            gain,
            q,
            channels,
        }
    }

    /// A ring with the bell's number. Sideways it drags the frequency, up and down the gain. The wheel, and the arrow keys up
    /// and down with Ctrl, turn Q. Returns whether it has got the focus or was moved by keys.
    fn show(&self, ui: &mut Ui, controls: &mut ParamUi<'_>, axes: &Axes, is_on: bool) -> bool {
        let theme = controls.theme;
        let plain =
            |controls: &ParamUi<'_>, param: AnyParam<'_>| param.plain(controls.shown_value(param));
        let gain_db = plain(controls, self.gain);
        let at = axes.gain(plain(controls, self.frequency), gain_db);
        let rect = Rect::from_center_size(at, theme.vec(22.0, 22.0));
        let name = text!("{name} handle", name = self.name);
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::click_and_drag());
        let text = self.describe(controls);
        response.widget_info(|| {
            let mut info = WidgetInfo::slider(true, f64::from(gain_db), &name);
            info.current_text_value = Some(text.clone());
            info
        });
        let is_moved = self.edit(ui, &response, controls, axes);

        let color = match (is_on, gain_db == 0.0) {
            (true, false) => theme.color.pillar(Pillar::VelvetCurve),
            _ => theme.color.tertiary,
        };
        let painter = ui.painter();
        let radius = theme.px(if response.hovered() { 9.0 } else { 8.0 });
        let stroke = Stroke::new(theme.px(1.6), color);
        painter.circle(at, radius, theme.color.background, stroke);
        let number = self.number.to_string();
        let style = bold(
            10.5,
            if is_on {
                theme.color.text
            } else {
                theme.color.tertiary
            },
        );
        theme.text(painter, at, Align2::CENTER_CENTER, number, style);
        theme.focus(painter, rect, &response);
        self.context_menu(ui, &response, controls);
        if response.hovered() || response.dragged() || response.has_focus() {
            readout(ui, controls.theme, axes, at, &text);
        }
        is_moved || (response.gained_focus() && !response.dragged())
    }

    /// Frequency, gain, Q and channels.
    fn describe(&self, controls: &ParamUi<'_>) -> String {
        let plain = |param: AnyParam<'_>| param.plain(controls.shown_value(param));
        format!(
            "{}: {} · {} dB · Q {:.2} · {}",
            self.name,
            format_frequency(plain(self.frequency)),
            signed_decibels(plain(self.gain), 1),
            plain(self.q),
            value_text(self.channels, self.channels.normalized()),
        )
    }

    /// Returns whether keys have changed the frequency.
    fn edit(
        &self,
        ui: &mut Ui,
        response: &Response,
        controls: &mut ParamUi<'_>,
        axes: &Axes,
    ) -> bool {
        lock_arrow_keys(ui, response);
        let history = &mut *controls.history;
        if is_reset_click(ui, response) {
            self.reset(history);
            return false;
        }
        if response.drag_started() {
            response.request_focus();
            history.begin_all(&[self.frequency, self.gain]);
        }
        if response.dragged() {
            let way = way(ui, response);
            let before = |param: AnyParam<'_>| history.held_before(param).map(|v| param.plain(v));
            if let (Some(hz), Some(db)) = (before(self.frequency), before(self.gain)) {
                let hz = hz * axes.ratio(way.x);
                let db = db - way.y * axes.gain_per_pixel();
                history.turn(self.frequency, self.frequency.normalized_from(hz));
                history.turn(self.gain, self.gain.normalized_from(db));
            }
        }
        if response.drag_stopped() {
            history.release();
        }
        if response.dragged() {
            return false;
        }
        let has_focus = response.has_focus();
        let (time_s, q_notches, [right, up]) = ui.input(|i| {
            let pressed = |key: Key| f32::from(u8::from(has_focus && i.key_pressed(key)));
            let right = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
            let up = pressed(Key::ArrowUp) - pressed(Key::ArrowDown);
            let (up, q) = if i.modifiers.command {
                (0.0, Q_KEY_NOTCHES * up)
            } else {
                (up, 0.0)
            };
            (i.time, q + wheel_notches(i, response), [right, up])
        });
        for (param, notches) in [
            (self.q, q_notches),
            (self.frequency, right),
            (self.gain, up),
        ] {
            if notches != 0.0 {
                history.nudge(param, notches * NOTCH * fine_share(ui), time_s);
            }
        }
        right != 0.0
    }

    /// Gives all parameters of the bell their defaults.
    fn reset(&self, history: &mut EditHistory) {
        let all = [self.frequency, self.gain, self.q, self.channels];
        history.set_all(&all.map(|param| (param, param.default_normalized())));
    }

    /// The menu: default and channels.
    fn context_menu(&self, ui: &Ui, response: &Response, controls: &mut ParamUi<'_>) {
        let theme = controls.theme;
        context_menu(ui, response, controls.is_menu_key, |menu| {
            scale_widgets(menu, theme);
            if menu
                .button(text!("Reset {name}", name = self.name))
                .clicked()
            {
                self.reset(controls.history);
                menu.close();
            }
            let Kind::Choice(choice) = self.channels.id().kind() else {
                return;
            };
            for (i, name) in choice.names.iter().enumerate() {
                let is_chosen = self.channels.position() == Some(i);
                if menu.radio(is_chosen, translate(name)).clicked()
                    && let Some(normalized) = self.channels.parse(name)
                {
                    controls.history.set(self.channels, normalized);
                    menu.close();
                }
            }
        });
    }
}
