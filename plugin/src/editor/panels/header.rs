//! The header: presets, A/B slots, undo, delivery profile, style target and monitoring.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_params::{ParameterId, Preset};

use crate::editor::model::preset_choice::PresetChoice;
use crate::editor::model::user_presets::{CATEGORY, UserPresets};
use crate::editor::panels::monitoring;
use crate::editor::widgets::choice::draw_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{OUTPUT, OVER, TEXT, bold, scale_widgets};
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;
use crate::presets;
use crate::slots::Slot;

/// The header's state.
pub(crate) struct Header {
    user_presets: UserPresets,
    choice: PresetChoice,
    naming: Option<Naming>,
}

/// The dialog for a preset's name.
struct Naming {
    name: String,
    /// The preset to rename; `None` saves a new one.
    renamed: Option<String>,
}

impl Header {
    /// Creates a header with the user's presets.
    #[must_use]
    pub(crate) fn new(mut user_presets: UserPresets, choice: PresetChoice) -> Self {
        user_presets.reload();
        Self {
            user_presets,
            choice,
            naming: None,
        }
    }

    /// The choice, for the next window.
    pub(crate) fn take_choice(&mut self) -> PresetChoice {
        std::mem::take(&mut self.choice)
    }

    /// Draws the header.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        shared: &PluginShared,
    ) {
        let theme = controls.theme;
        let params = &*shared.params;
        let mut from_left = rect.left();
        let mut left = |width: f32, gap: f32| {
            let place = Rect::from_min_size(
                pos2(from_left, rect.top()),
                vec2(theme.px(width), rect.height()),
            );
            from_left = place.right() + theme.px(gap);
            place
        };
        let name = left(70.0, 10.0);
        let logo = theme.text(
            ui.painter(),
            name.left_center(),
            Align2::LEFT_CENTER,
            "flow",
            bold(24.0, TEXT),
        );
        ui.painter().circle_filled(
            pos2(logo.right() + theme.px(5.0), logo.bottom() - theme.px(8.0)),
            theme.px(3.2),
            OUTPUT,
        );
        let tip = "Applies the previous preset";
        if controls.button(ui, left(26.0, 4.0), "‹", tip, false) {
            self.step(-1, controls, params);
        }
        self.menu(ui, left(150.0, 4.0), controls, params);
        if controls.button(ui, left(26.0, 14.0), "›", "Applies the next preset", false) {
            self.step(1, controls, params);
        }
        slots(ui, &mut left, controls, params);
        undo_buttons(ui, &mut left, controls);

        let mut from_right = rect.right();
        let mut right = |width: f32, gap: f32| {
            let place = Rect::from_min_size(
                pos2(from_right - theme.px(width), rect.top()),
                vec2(theme.px(width), rect.height()),
            );
            from_right = place.left() - theme.px(gap);
            place
        };
        let bypass = right(62.0, 5.0);
        let (mono, delta) = (right(54.0, 5.0), right(54.0, 5.0));
        let (compare, auto_gain) = (right(78.0, 5.0), right(76.0, 12.0));
        let style = right(136.0, 5.0);
        // The delivery field gets the remaining width, up to its maximum.
        let widest = right(210.0, 0.0);
        let left_end = widest.left().max(from_left + theme.px(4.0));
        let delivery = Rect::from_min_max(pos2(left_end, rect.top()), widest.max);
        // The order of creation is that of the keyboard focus.
        let delivery_param = params.get(ParameterId::Delivery);
        controls.choice(ui, delivery, delivery_param, "Delivery", "Delivery");
        let target = params.get(ParameterId::StyleTarget);
        controls.choice(ui, style, target, "Style target", "Style");
        monitoring::switches(ui, [auto_gain, compare, delta, mono], controls, shared);
        controls.toggle(ui, bypass, params.get(ParameterId::Bypass), "Bypass");
        self.dialog(ui, controls, params);
    }

    /// All presets in menu order.
    fn all(&self) -> impl Iterator<Item = &Preset> {
        flow_params::presets::all()
            .iter()
            .chain(self.user_presets.presets())
    }

    fn step(&mut self, by: isize, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let all: Vec<Preset> = self.all().cloned().collect();
        let index = all.iter().position(|p| Some(&p.name) == self.choice.name());
        let next = match index {
            Some(index) => index.checked_add_signed(by).filter(|i| *i < all.len()),
            None => Some(0),
        };
        if let Some(preset) = next.and_then(|i| all.get(i)) {
            self.apply(preset, controls, params);
        }
    }

    fn apply(&mut self, preset: &Preset, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let keep = self.choice.keeps_ceiling_and_gain;
        controls
            .history
            .together(|history| presets::apply(preset, keep, params, history));
        self.choice.choose(preset, params);
    }

    fn menu(&mut self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let theme = controls.theme;
        let response = ui.interact(rect, ui.scope_id().with("presets"), Sense::click());
        let is_changed = self.choice.is_changed(params);
        let shown = match self.choice.name() {
            Some(name) if is_changed => format!("{name} *"),
            Some(name) => name.clone(),
            None => "Presets".to_owned(),
        };
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(egui::Role::ComboBox, true, "Presets");
            info.current_text_value = Some(shown.clone());
            info
        });
        draw_field(theme, ui.painter(), rect, &response, ["", &shown]);
        let chosen = self.all().find(|p| Some(&p.name) == self.choice.name());
        let mut tip = chosen.map_or_else(String::new, |preset| preset.description.clone());
        if is_changed {
            tip.push_str(" Changed since it was loaded.");
        }
        let response = if tip.is_empty() {
            response
        } else {
            response.on_hover_text(tip.trim_start())
        };
        if response.clicked() {
            self.user_presets.reload();
        }
        let mut chosen = None;
        egui::Popup::menu(&response)
            .width(rect.width().max(theme.px(250.0)))
            .gap(theme.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                chosen = self.list(ui, theme.px(420.0));
            });
        if let Some(preset) = chosen {
            self.apply(&preset, controls, params);
            egui::Popup::close_all(ui.ctx());
        }
    }

    /// Draws the menu's content. Returns the chosen preset.
    fn list(&mut self, ui: &mut Ui, height: f32) -> Option<Preset> {
        let mut chosen = None;
        let keeps = &mut self.choice.keeps_ceiling_and_gain;
        ui.checkbox(keeps, "Keep my ceiling and gain");
        ui.separator();
        egui::ScrollArea::vertical()
            .max_height(height)
            .show(ui, |ui| {
                let mut category = String::new();
                for preset in self.all() {
                    if preset.category != category {
                        category.clone_from(&preset.category);
                        ui.small(&category);
                    }
                    let is_chosen = Some(&preset.name) == self.choice.name();
                    let label = ui.selectable_label(is_chosen, &preset.name);
                    let label = if preset.description.is_empty() {
                        label
                    } else {
                        label.on_hover_text(&preset.description)
                    };
                    if label.clicked() {
                        chosen = Some(preset.clone());
                    }
                }
            });
        ui.separator();
        let mine = self
            .user_presets
            .presets()
            .find(|p| Some(&p.name) == self.choice.name() && p.category == CATEGORY)
            .map(|p| p.name.clone());
        if ui.button("Save as…").clicked() {
            self.naming = Some(Naming {
                name: mine.clone().unwrap_or_default(),
                renamed: None,
            });
            egui::Popup::close_all(ui.ctx());
        }
        if let Some(mine) = mine {
            if ui.button(format!("Rename “{mine}”…")).clicked() {
                self.naming = Some(Naming {
                    name: mine.clone(),
                    renamed: Some(mine.clone()),
                });
                egui::Popup::close_all(ui.ctx());
            }
            if ui.button(format!("Delete “{mine}”")).clicked() {
                self.user_presets.delete(&mine);
                self.choice.forget();
                egui::Popup::close_all(ui.ctx());
            }
        }
        if let Some(error) = &self.user_presets.error {
            ui.colored_label(OVER, error);
        }
        chosen
    }

    /// Draws the dialog for a name.
    fn dialog(&mut self, ui: &mut Ui, controls: &ParamUi<'_>, params: &FlowParams) {
        let Some(mut naming) = self.naming.take() else {
            return;
        };
        let theme = controls.theme;
        let (mut is_done, mut is_canceled) = (false, false);
        let title = if naming.renamed.is_some() {
            "Rename preset"
        } else {
            "Save preset"
        };
        egui::Window::new(title)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .collapsible(false)
            .resizable(false)
            .show(ui.ctx(), |ui| {
                scale_widgets(ui, theme);
                let field = ui.add(
                    egui::TextEdit::singleline(&mut naming.name)
                        .hint_text("Name")
                        .desired_width(theme.px(240.0)),
                );
                if ui.memory(|m| m.focused().is_none()) {
                    field.request_focus();
                }
                is_done = ui.input(|i| i.key_pressed(egui::Key::Enter));
                is_canceled = ui.input(|i| i.key_pressed(egui::Key::Escape));
                ui.horizontal(|ui| {
                    is_done |= ui.button("Save").clicked();
                    is_canceled |= ui.button("Cancel").clicked();
                });
                if let Some(error) = &self.user_presets.error {
                    ui.colored_label(OVER, error);
                }
            });
        if is_done {
            match &naming.renamed {
                Some(old) => self.user_presets.rename(old, &naming.name),
                None => self.user_presets.save(&naming.name, params),
            }
            if self.user_presets.error.is_none() {
                let name = naming.name.trim();
                match &naming.renamed {
                    Some(_) => self.choice.rename(name),
                    None => self.choice.choose_present(name, params),
                }
                return;
            }
        }
        if !is_canceled {
            self.naming = Some(naming);
        }
    }
}

/// The A/B slots.
fn slots(
    ui: &mut Ui,
    place: &mut impl FnMut(f32, f32) -> Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
) {
    let active = params.slots.active();
    for (slot, name, tip) in [
        (
            Slot::A,
            "A",
            "Switches to the first of two sets of settings",
        ),
        (
            Slot::B,
            "B",
            "Switches to the second of two sets of settings",
        ),
    ] {
        let gap = 4.0;
        if controls.button(ui, place(30.0, gap), name, tip, active == slot) && active != slot {
            controls
                .history
                .together(|history| params.slots.switch(params, history));
        }
    }
    let (name, tip) = match active {
        Slot::A => ("A → B", "Copies slot A to slot B"),
        Slot::B => ("B → A", "Copies slot B to slot A"),
    };
    if controls.action(ui, place(50.0, 12.0), ["copy", name], tip, true) {
        controls
            .history
            .together(|history| params.slots.copy(active, params, history));
    }
}

/// The undo and redo buttons.
fn undo_buttons(ui: &mut Ui, place: &mut impl FnMut(f32, f32) -> Rect, controls: &mut ParamUi<'_>) {
    let name = controls.history.undo_name();
    let tip = match &name {
        Some(name) => format!("Undoes the last change: {name}"),
        None => "Nothing to undo".to_owned(),
    };
    if controls.action(ui, place(30.0, 4.0), ["undo", "↩"], &tip, name.is_some()) {
        controls.history.undo();
    }
    let name = controls.history.redo_name();
    let tip = match &name {
        Some(name) => format!("Makes the undone change again: {name}"),
        None => "Nothing to redo".to_owned(),
    };
    if controls.action(ui, place(30.0, 10.0), ["redo", "↪"], &tip, name.is_some()) {
        controls.history.redo();
    }
}
