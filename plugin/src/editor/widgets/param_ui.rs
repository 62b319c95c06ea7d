//! Knobs, sliders, switches and choices: one behaviour for every parameter.
//!
//! Drag up and down (Shift: ten times finer), wheel, arrow keys, double click or Ctrl-click for the default, and a click
//! on the value to type one.

use std::f32::consts::{PI, TAU};

use egui::{
    Align2, Color32, EventFilter, Id, Key, Painter, Pos2, Rect, Response, Role, Sense, Shape,
    Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use flow_params::Kind;

use crate::editor::model::undo::EditHistory;
use crate::editor::widgets::theme::{LINE, OUTPUT, SECONDARY, TERTIARY, TEXT, Theme, WELL, Weight};
use crate::gestures::Gestures;
use crate::indications::{Automation, Indications};
use crate::params::AnyParam;

/// What a button says of itself. A parameter's control knows it from its parameter.
#[derive(Clone, Copy)]
pub(crate) struct Label<'a> {
    /// On it.
    pub(crate) name: &'a str,
    /// What it does.
    pub(crate) tip: &'a str,
}

/// Where an arc begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arc {
    /// Amounts: at the left.
    FromLeft,
    /// ± values: at the neutral one, which is the default.
    FromNeutral,
}

/// Everything that a control needs besides its parameter.
pub(crate) struct ParamUi<'a> {
    /// Changes the parameters.
    pub(crate) history: &'a mut EditHistory,
    /// How large.
    pub(crate) theme: Theme,
    /// The host's marks on parameters.
    pub(crate) indications: &'a Indications,
}

/// Height of a whole range, in pixels at 100 %.
const DRAG_LENGTH: f32 = 220.0;
/// Part of the range that one notch of the wheel or one arrow key moves.
const NOTCH: f32 = 0.01;

/// Arrow keys change what has the focus, instead of taking the focus elsewhere.
pub(crate) fn keep_arrows(ui: &Ui, response: &Response) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
}

impl ParamUi<'_> {
    /// A knob with its name and its value below it.
    pub(crate) fn knob(
        &mut self,
        ui: &mut Ui,
        center: Pos2,
        radius: f32,
        param: AnyParam<'_>,
        name: &str,
        (arc, color): (Arc, Color32),
    ) {
        let theme = self.theme;
        let r = theme.px(radius);
        let dial = Rect::from_center_size(center, Vec2::splat(2.0 * r));
        let response = self.continuous(ui, dial, param, name);
        let value = self.history.held(param).unwrap_or(param.normalized());

        let painter = ui.painter();
        let (from, to) = (0.75 * PI, 0.75 * PI + 1.5 * PI);
        let angle = |v: f32| from + (to - from) * v;
        let width = theme.px(4.0);
        painter.circle_filled(center, r - theme.px(9.0), WELL);
        painter.add(arc_shape(center, r - width / 2.0, from, to, (width, LINE)));
        let start = match arc {
            Arc::FromLeft => 0.0,
            Arc::FromNeutral => param.default_normalized(),
        };
        if (value - start).abs() > 1e-4 {
            let (a, b) = (angle(start.min(value)), angle(start.max(value)));
            painter.add(arc_shape(center, r - width / 2.0, a, b, (width, color)));
        }
        let direction = Vec2::angled(angle(value));
        let reach = r - theme.px(11.0);
        painter.line_segment(
            [
                center + direction * reach * 0.45,
                center + direction * reach,
            ],
            Stroke::new(theme.px(2.5), TEXT),
        );
        if response.hovered() || response.dragged() {
            painter.circle_stroke(center, r - theme.px(9.0), Stroke::new(theme.px(1.0), color));
        }
        theme.focus(painter, dial, &response);
        theme.text(
            painter,
            center + vec2(0.0, r + theme.px(9.0)),
            Align2::CENTER_CENTER,
            name,
            (10.5, Weight::Regular, SECONDARY),
        );
        let field = Rect::from_center_size(
            center + vec2(0.0, r + theme.px(24.0)),
            vec2((2.0 * r).max(theme.px(52.0)), theme.px(16.0)),
        );
        self.value(ui, field, param, name, Align2::CENTER_CENTER);
    }

    /// A horizontal slider, its name to the left and its value to the right.
    pub(crate) fn slider(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        color: Color32,
    ) {
        let theme = self.theme;
        theme.text(
            ui.painter(),
            rect.left_center(),
            Align2::LEFT_CENTER,
            name,
            (10.5, Weight::Regular, SECONDARY),
        );
        let track = Rect::from_min_max(
            pos2(rect.left() + theme.px(58.0), rect.top()),
            pos2(rect.right() - theme.px(46.0), rect.bottom()),
        );
        let response = self.continuous(ui, track, param, name);
        let value = self.history.held(param).unwrap_or(param.normalized());
        let y = track.center().y;
        let x = egui::lerp(track.x_range(), value);
        let painter = ui.painter();
        let line = |from: f32, to: f32, color| {
            painter.line_segment(
                [pos2(from, y), pos2(to, y)],
                Stroke::new(theme.px(4.0), color),
            );
        };
        line(track.left(), track.right(), LINE);
        line(track.left(), x, color);
        painter.circle_filled(pos2(x, y), theme.px(6.0), TEXT);
        theme.focus(painter, track, &response);
        let field = Rect::from_min_max(
            pos2(track.right() + theme.px(2.0), rect.top()),
            rect.right_bottom(),
        );
        self.value(ui, field, param, name, Align2::RIGHT_CENTER);
    }

    /// A name to drag on and its value, in one line; choices and switches change with a click.
    pub(crate) fn row(&mut self, ui: &mut Ui, rect: Rect, param: AnyParam<'_>, name: &str) {
        let theme = self.theme;
        let response = match param.id().kind() {
            Kind::Number(_) => {
                let half = Rect::from_min_max(rect.min, pos2(rect.center().x, rect.bottom()));
                let response = self.continuous(ui, half, param, name);
                let field = Rect::from_min_max(pos2(rect.center().x, rect.top()), rect.max)
                    .shrink2(theme.vec(2.0, 2.0));
                self.value(ui, field, param, name, Align2::RIGHT_CENTER);
                response
            }
            Kind::Choice(_) | Kind::Switch(_) => {
                let response = ui
                    .interact(rect, id(param).with(name), Sense::click())
                    .on_hover_ui(|ui| self.tip(ui, param));
                let here = param.normalized();
                let text = param.text(here);
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, here > 0.5, name));
                theme.text(
                    ui.painter(),
                    rect.right_center() - theme.vec(2.0, 0.0),
                    Align2::RIGHT_CENTER,
                    &text,
                    (11.5, Weight::Regular, OUTPUT),
                );
                if response.clicked() {
                    let next = here + 1.0 / count(param.steps().max(1));
                    self.history
                        .set(param, if next > 1.0 + 1e-4 { 0.0 } else { next });
                }
                response
            }
        };
        let color = if response.hovered() { TEXT } else { SECONDARY };
        theme.line(
            ui.painter(),
            rect.left_center(),
            Align2::LEFT_CENTER,
            name,
            rect.width() * 0.55,
            (10.5, Weight::Regular, color),
        );
        theme.focus(ui.painter(), rect, &response);
    }

    /// A pillar's switch.
    pub(crate) fn switch(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        color: Color32,
    ) {
        let on = param.normalized() > 0.5;
        let response = ui
            .interact(rect, id(param), Sense::click())
            .on_hover_ui(|ui| self.tip(ui, param));
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
        if response.clicked() {
            self.history.set(param, if on { 0.0 } else { 1.0 });
        }
        self.theme.switch(ui.painter(), rect, on, color);
        self.theme.focus(ui.painter(), rect, &response);
    }

    /// A parameter that is on or off, as a field with its name.
    pub(crate) fn toggle(&mut self, ui: &mut Ui, rect: Rect, param: AnyParam<'_>, name: &str) {
        let on = param.normalized() > 0.5;
        let response = self.pressable(ui, rect, name, on);
        if response.on_hover_ui(|ui| self.tip(ui, param)).clicked() {
            self.history.set(param, if on { 0.0 } else { 1.0 });
        }
    }

    /// A field that does something when it is pressed.
    pub(crate) fn button(&mut self, ui: &mut Ui, rect: Rect, label: Label<'_>, lit: bool) -> bool {
        self.pressable(ui, rect, label.name, lit)
            .on_hover_text(label.tip)
            .clicked()
    }

    fn pressable(&self, ui: &mut Ui, rect: Rect, name: &str, lit: bool) -> Response {
        let theme = self.theme;
        let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, lit, name));
        theme.button(ui.painter(), rect, &response, lit);
        theme.line(
            ui.painter(),
            rect.center(),
            Align2::CENTER_CENTER,
            name,
            rect.width() - theme.px(6.0),
            (11.5, Weight::Regular, if lit { OUTPUT } else { TEXT }),
        );
        response
    }

    /// One of several names, chosen from a list.
    pub(crate) fn choice(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        prefix: &str,
    ) {
        let response = ui
            .interact(rect, id(param), Sense::click())
            .on_hover_ui(|ui| self.tip(ui, param));
        let text = param.text(param.normalized());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
            info.current_text_value = Some(text.clone());
            info
        });
        self.field(ui.painter(), rect, &response, prefix, &text);
        let steps = param.steps();
        let here = param.normalized();
        keep_arrows(ui, &response);
        if response.has_focus() {
            let up = ui.input(|i| i.key_pressed(Key::ArrowUp));
            let down = ui.input(|i| i.key_pressed(Key::ArrowDown));
            let by = f32::from(i8::from(down) - i8::from(up)) / count(steps);
            if by != 0.0 && (0.0..=1.0).contains(&(here + by)) {
                self.history.set(param, here + by);
            }
        }
        self.reset_on_click(ui, &response, param);
        let theme = self.theme;
        egui::Popup::menu(&response)
            .width(rect.width())
            .gap(theme.px(3.0))
            .show(|ui| {
                crate::editor::widgets::theme::scale_widgets(ui, theme);
                for step in 0..=steps {
                    let normalized = count(step) / count(steps);
                    let chosen = (normalized - here).abs() < 1e-4;
                    if ui
                        .selectable_label(chosen, param.text(normalized))
                        .clicked()
                    {
                        self.history.set(param, normalized);
                    }
                }
            });
    }

    /// A field with a prefix, a text and the sign of a list.
    pub(crate) fn field(
        &self,
        painter: &Painter,
        rect: Rect,
        response: &Response,
        prefix: &str,
        text: &str,
    ) {
        let theme = self.theme;
        theme.button(painter, rect, response, false);
        let mut x = rect.left() + theme.px(10.0);
        if !prefix.is_empty() {
            let written = theme.text(
                painter,
                pos2(x, rect.center().y),
                Align2::LEFT_CENTER,
                prefix,
                (10.5, Weight::Regular, TERTIARY),
            );
            x = written.right() + theme.px(7.0);
        }
        let arrow = rect.right() - theme.px(13.0);
        theme.line(
            painter,
            pos2(x, rect.center().y),
            Align2::LEFT_CENTER,
            text,
            arrow - theme.px(8.0) - x,
            (11.5, Weight::Regular, TEXT),
        );
        let (w, h) = (theme.px(3.5), theme.px(2.0));
        let c = pos2(arrow, rect.center().y);
        painter.add(Shape::line(
            vec![c + vec2(-w, -h), c + vec2(0.0, h), c + vec2(w, -h)],
            Stroke::new(theme.px(1.4), SECONDARY),
        ));
    }

    /// Drag, wheel, keys and reset on a rectangle; what it draws is the caller's.
    pub(crate) fn continuous(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
    ) -> Response {
        // Of the name too, as one parameter can have several controls.
        let response = ui.interact(rect, id(param).with(name), Sense::click_and_drag());
        let value = self.history.held(param).unwrap_or(param.normalized());
        response.widget_info(|| {
            let mut info = WidgetInfo::slider(true, f64::from(value), name);
            info.current_text_value = Some(param.text(value));
            info
        });
        // Not asked within `input`, which holds the context's lock.
        keep_arrows(ui, &response);
        let has_focus = response.has_focus();
        let (fine, notches) = ui.input(|i| {
            let arrows = [
                (Key::ArrowUp, 1.0),
                (Key::ArrowRight, 1.0),
                (Key::ArrowDown, -1.0),
                (Key::ArrowLeft, -1.0),
            ];
            let keys: f32 = arrows
                .iter()
                .filter(|(key, _)| i.key_pressed(*key))
                .map(|(_, by)| by)
                .sum();
            let wheel = i.smooth_scroll_delta().y / 25.0;
            let by = if has_focus { keys } else { 0.0 };
            let by = by + if response.hovered() { wheel } else { 0.0 };
            (if i.modifiers.shift { 0.1 } else { 1.0 }, by)
        });
        self.mark(ui, rect, param);
        if self.reset_on_click(ui, &response, param) {
            return response;
        }
        if response.drag_started() {
            response.request_focus();
            self.history.begin(param);
        }
        if response.dragged() {
            let delta = response.drag_delta();
            let by = (delta.x - delta.y) / self.theme.px(DRAG_LENGTH) * fine;
            if by != 0.0 {
                self.history.turn(param, value + by);
            }
        }
        if response.drag_stopped() {
            self.history.release();
        }
        if notches != 0.0 && !response.dragged() {
            self.history.set(param, value + notches * NOTCH * fine);
        }
        if response.dragged() {
            response.show_tooltip_text(param.text(value));
            response
        } else {
            response.on_hover_ui(|ui| self.tip(ui, param))
        }
    }

    /// Writes the tooltip: the parameter's effect and range, and the host's marks on it.
    fn tip(&self, ui: &mut Ui, param: AnyParam<'_>) {
        ui.label(param.id().tooltip());
        let marks = self.indications.of(param.id());
        if let Some(text) = marks.and_then(|marks| marks.text()) {
            ui.label(text);
        }
    }

    /// A dot in the corner of a control that the host automates or has mapped: full while automation plays or is recorded,
    /// a ring otherwise.
    fn mark(&self, ui: &Ui, rect: Rect, param: AnyParam<'_>) {
        let Some(marks) = self.indications.of(param.id()) else {
            return;
        };
        let color = marks
            .color()
            .map_or(SECONDARY, |[r, g, b]| Color32::from_rgb(r, g, b));
        let at = rect.right_top() + vec2(-self.theme.px(3.0), self.theme.px(3.0));
        let radius = self.theme.px(2.5);
        let is_moving = marks.automation.is_some_and(|(automation, _)| {
            matches!(automation, Automation::Playing | Automation::Recording)
        });
        if is_moving {
            ui.painter().circle_filled(at, radius, color);
        } else {
            let stroke = Stroke::new(self.theme.px(1.0), color);
            ui.painter().circle_stroke(at, radius, stroke);
        }
    }

    fn reset_on_click(&mut self, ui: &Ui, response: &Response, param: AnyParam<'_>) -> bool {
        let ctrl = ui.input(|i| i.modifiers.command);
        let reset = response.double_clicked() || (response.clicked() && ctrl);
        if reset {
            self.history.set(param, param.default_normalized());
        }
        reset
    }
}

/// What egui knows a parameter's main control by.
pub(crate) fn id(param: AnyParam<'_>) -> Id {
    Id::unique(param.id().name())
}

fn count(n: usize) -> f32 {
    // Lists have few entries.
    #[allow(clippy::cast_precision_loss)]
    let n = n as f32;
    n
}

fn arc_shape(
    center: Pos2,
    radius: f32,
    from: f32,
    to: f32,
    (width, color): (f32, Color32),
) -> Shape {
    // 2° apiece.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let pieces = ((to - from) / TAU * 180.0).ceil().max(2.0) as usize;
    let points = (0..=pieces)
        .map(|i| {
            let angle = from + (to - from) * count(i) / count(pieces);
            center + Vec2::angled(angle) * radius
        })
        .collect();
    Shape::line(points, Stroke::new(width, color))
}
