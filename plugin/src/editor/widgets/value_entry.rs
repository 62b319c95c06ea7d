//! Values as texts: shown beside their controls, and typed in.

use egui::{Align2, Id, Key, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use flow_params::number::{number, with_true_minus};

use crate::editor::widgets::param_ui::{ParamUi, id};
use crate::editor::widgets::theme::{OVER, TEXT, Weight};
use crate::gestures::Gestures;
use crate::params::AnyParam;

impl ParamUi<'_> {
    /// A value as text; a click turns it into a field to type in.
    pub(crate) fn value(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        name: &str,
        align: Align2,
    ) {
        let theme = self.theme;
        let id = id(param).with("value");
        let mut typed: Option<Typed> = ui.data(|d| d.get_temp(id));
        let value = self.history.held(param).unwrap_or(param.normalized());
        if let Some(typed) = &mut typed {
            let done = self.edit(ui, rect.expand(theme.px(3.0)), param, (name, id), typed);
            if done {
                ui.data_mut(|d| d.remove::<Typed>(id));
            } else {
                ui.data_mut(|d| d.insert_temp(id, typed.clone()));
            }
            return;
        }
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name} value")));
        if response.hovered() {
            theme.well(ui.painter(), rect);
        }
        theme.focus(ui.painter(), rect, &response);
        theme.text(
            ui.painter(),
            align.pos_in_rect(&rect),
            align,
            short(&param.text(value)),
            (11.5, Weight::Regular, TEXT),
        );
        if response.clicked() {
            let typed = Typed {
                text: param.text(value),
                wrong: false,
                fresh: true,
            };
            ui.data_mut(|d| d.insert_temp(id, typed));
        }
        response.on_hover_text("Click to type a value");
    }

    /// Whether typing is over.
    fn edit(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        param: AnyParam<'_>,
        (name, id): (&str, Id),
        typed: &mut Typed,
    ) -> bool {
        let theme = self.theme;
        let edit = egui::TextEdit::singleline(&mut typed.text)
            .id(id.with("edit"))
            .font(theme.font(11.5, Weight::Regular))
            .margin(vec2(theme.px(3.0), 0.0))
            .align(Align2::CENTER_CENTER)
            .desired_width(rect.width());
        let response = ui.put(rect, edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("{name} text")));
        if typed.fresh {
            typed.fresh = false;
            response.request_focus();
            let mut state = egui::TextEdit::load_state(ui.ctx(), response.id).unwrap_or_default();
            state
                .cursor
                .set_char_range(Some(egui::text::CCursorRange::two(
                    egui::text::CCursor::new(0),
                    egui::text::CCursor::new(typed.text.chars().count()),
                )));
            state.store(ui.ctx(), response.id);
            return false;
        }
        if response.changed() {
            typed.wrong = false;
        }
        if ui.input(|i| i.key_pressed(Key::Escape)) {
            return true;
        }
        if typed.wrong {
            ui.painter().rect_stroke(
                rect,
                theme.radius(4.0),
                Stroke::new(theme.px(1.5), OVER),
                egui::StrokeKind::Outside,
            );
            theme.text(
                ui.painter(),
                rect.center_bottom() + theme.vec(0.0, 3.0),
                Align2::CENTER_TOP,
                "not a value",
                (10.0, Weight::Regular, OVER),
            );
        }
        let enter = ui.input(|i| i.key_pressed(Key::Enter));
        if enter {
            match accepted(param, &typed.text) {
                Some(normalized) => {
                    self.history.set(param, normalized);
                    return true;
                }
                None => {
                    typed.wrong = true;
                    response.request_focus();
                    return false;
                }
            }
        }
        response.lost_focus() || response.clicked_elsewhere()
    }
}

/// A value as there is room for it: with at most three digits, a real minus sign, and without what its place makes plain.
/// All of it is in the tooltip, and in the field to type in.
#[must_use]
pub(crate) fn short(text: &str) -> String {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let Ok(value) = digits.parse::<f32>() else {
        return with_true_minus(text);
    };
    let decimals = match unit {
        "dB" | "dBTP" => 1,
        "ms" if value < 9.95 => 1,
        _ => 0,
    };
    let number = number(value.into(), decimals);
    match unit {
        "" | "dBTP" => number,
        unit => format!("{number} {unit}"),
    }
}

/// What is being typed.
#[derive(Clone, Debug)]
struct Typed {
    text: String,
    wrong: bool,
    fresh: bool,
}

/// The normalized value that a text means, if it lies in the parameter's range: a number out of range is an error here,
/// where the parameter itself would take the nearest end.
fn accepted(param: AnyParam<'_>, text: &str) -> Option<f32> {
    let normalized = param.parse(&text.replace('−', "-"))?;
    let digits: String = text
        .replace('−', "-")
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ',' | 'e' | 'E'))
        .collect();
    let Ok(typed) = digits.replace(',', ".").parse::<f64>() else {
        return Some(normalized);
    };
    if !typed.is_finite() {
        return None;
    }
    // Only the ends swallow what lies beyond them.
    let end = param.text(normalized);
    let at_end = normalized <= 0.0 || normalized >= 1.0;
    let shown: f64 = end
        .split([' ', ':'])
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(typed);
    let beyond = at_end && (typed - shown).abs() > 0.001 * shown.abs().max(1.0);
    // 1 kHz for 1000 Hz.
    let prefixed = text.to_lowercase().contains('k') || text.contains(" s");
    (!beyond || prefixed).then_some(normalized)
}
