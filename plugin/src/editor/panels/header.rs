//! The first line: presets, slots, undo, where the song goes, and how to listen.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_dsp::{Compare, Monitor};
use flow_params::{ParameterId, Preset};

use crate::editor::model::user_presets::{CATEGORY, UserPresets};
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{OUTPUT, OVER, TEXT, Weight, scale_widgets};
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;
use crate::presets;
use crate::slots::Slot;

/// What the header remembers.
pub(crate) struct Header {
    library: UserPresets,
    /// Name of the preset that was chosen last.
    chosen: Option<String>,
    keep: bool,
    /// Name that is being typed, and the preset that gets it; none for a new one.
    naming: Option<(String, Option<String>)>,
}

impl Header {
    /// With the presets of a library.
    #[must_use]
    pub(crate) fn new(mut library: UserPresets) -> Self {
        library.read();
        Self {
            library,
            chosen: None,
            keep: false,
            naming: None,
        }
    }

    /// Draws the line.
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
        let written = theme.text(
            ui.painter(),
            name.left_center(),
            Align2::LEFT_CENTER,
            "flow",
            (24.0, Weight::Bold, TEXT),
        );
        ui.painter().circle_filled(
            pos2(
                written.right() + theme.px(5.0),
                written.bottom() - theme.px(8.0),
            ),
            theme.px(3.2),
            OUTPUT,
        );
        let by = |name, tip| Label { name, tip };
        if controls.button(ui, left(26.0, 4.0), by("‹", "The preset before"), false) {
            self.step(-1, controls, params);
        }
        self.menu(ui, left(188.0, 4.0), controls, params);
        if controls.button(ui, left(26.0, 14.0), by("›", "The next preset"), false) {
            self.step(1, controls, params);
        }
        slots(ui, &mut left, controls, params);
        history(ui, &mut left, controls);

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
        let (mono, delta, compare) = (right(54.0, 5.0), right(54.0, 5.0), right(82.0, 14.0));
        let style = right(136.0, 5.0);
        // What is left, and no more than it needs.
        let widest = right(210.0, 0.0);
        let left_end = widest.left().max(from_left + theme.px(4.0));
        let delivery = Rect::from_min_max(pos2(left_end, rect.top()), widest.max);
        // In the order of reading, which is the keyboard's.
        let goal = params.get(ParameterId::Delivery);
        controls.choice(ui, delivery, goal, "Delivery", "Delivery");
        let target = params.get(ParameterId::StyleTarget);
        controls.choice(ui, style, target, "Style target", "Style");
        listening(ui, [mono, delta, compare], controls, shared);
        controls.toggle(ui, bypass, params.get(ParameterId::Bypass), "Bypass");
        self.dialog(ui, controls, params);
    }

    /// All presets in the order of the menu.
    fn all(&self) -> impl Iterator<Item = &Preset> {
        flow_params::presets::all()
            .iter()
            .chain(self.library.presets())
    }

    fn step(&mut self, by: isize, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let all: Vec<Preset> = self.all().cloned().collect();
        let here = all
            .iter()
            .position(|p| Some(&p.name) == self.chosen.as_ref());
        let next = match here {
            Some(here) => here.checked_add_signed(by).filter(|i| *i < all.len()),
            None => Some(0),
        };
        if let Some(preset) = next.and_then(|i| all.get(i)) {
            self.apply(preset, controls, params);
        }
    }

    fn apply(&mut self, preset: &Preset, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let keep = self.keep;
        controls
            .history
            .together(|history| presets::apply(preset, keep, params, history));
        self.chosen = Some(preset.name.clone());
    }

    fn menu(&mut self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, params: &FlowParams) {
        let theme = controls.theme;
        let response = ui.interact(rect, ui.scope_id().with("presets"), Sense::click());
        let shown = self.chosen.clone();
        let shown = shown.unwrap_or_else(|| "Presets".to_owned());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Presets"));
        controls.field(ui.painter(), rect, &response, "", &shown);
        let description = self
            .all()
            .find(|p| Some(&p.name) == self.chosen.as_ref())
            .map(|p| p.description.clone())
            .filter(|text| !text.is_empty());
        let response = match description {
            Some(description) => response.on_hover_text(description),
            None => response,
        };
        if response.clicked() {
            self.library.read();
        }
        let mut wanted = None;
        egui::Popup::menu(&response)
            .width(rect.width().max(theme.px(250.0)))
            .gap(theme.px(3.0))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                scale_widgets(ui, theme);
                wanted = self.list(ui, theme.px(420.0));
            });
        if let Some(preset) = wanted {
            self.apply(&preset, controls, params);
            egui::Popup::close_all(ui.ctx());
        }
    }

    /// The menu's content; gives the preset that was chosen.
    fn list(&mut self, ui: &mut Ui, height: f32) -> Option<Preset> {
        let mut wanted = None;
        ui.checkbox(&mut self.keep, "Keep my ceiling and gain");
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
                    let is_chosen = Some(&preset.name) == self.chosen.as_ref();
                    let label = ui.selectable_label(is_chosen, &preset.name);
                    let label = if preset.description.is_empty() {
                        label
                    } else {
                        label.on_hover_text(&preset.description)
                    };
                    if label.clicked() {
                        wanted = Some(preset.clone());
                    }
                }
            });
        ui.separator();
        if ui.button("Save as…").clicked() {
            self.naming = Some((self.chosen.clone().unwrap_or_default(), None));
            egui::Popup::close_all(ui.ctx());
        }
        let mine = self
            .library
            .presets()
            .find(|p| Some(&p.name) == self.chosen.as_ref() && p.category == CATEGORY)
            .map(|p| p.name.clone());
        if let Some(mine) = mine {
            if ui.button(format!("Rename “{mine}”…")).clicked() {
                self.naming = Some((mine.clone(), Some(mine.clone())));
                egui::Popup::close_all(ui.ctx());
            }
            if ui.button(format!("Delete “{mine}”")).clicked() {
                self.library.delete(&mine);
                self.chosen = None;
                egui::Popup::close_all(ui.ctx());
            }
        }
        if let Some(message) = &self.library.message {
            ui.colored_label(OVER, message);
        }
        wanted
    }

    /// Asks for a name.
    fn dialog(&mut self, ui: &mut Ui, controls: &ParamUi<'_>, params: &FlowParams) {
        let Some((mut name, of)) = self.naming.take() else {
            return;
        };
        let theme = controls.theme;
        let (mut done, mut cancelled) = (false, false);
        let title = if of.is_some() {
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
                    egui::TextEdit::singleline(&mut name)
                        .hint_text("Name")
                        .desired_width(theme.px(240.0)),
                );
                if ui.memory(|m| m.focused().is_none()) {
                    field.request_focus();
                }
                done = ui.input(|i| i.key_pressed(egui::Key::Enter));
                cancelled = ui.input(|i| i.key_pressed(egui::Key::Escape));
                ui.horizontal(|ui| {
                    done |= ui.button("Save").clicked();
                    cancelled |= ui.button("Cancel").clicked();
                });
                if let Some(message) = &self.library.message {
                    ui.colored_label(OVER, message);
                }
            });
        if done {
            match &of {
                Some(old) => self.library.rename(old, &name),
                None => self.library.save(&name, params),
            }
            if self.library.message.is_none() {
                self.chosen = Some(name.trim().to_owned());
                return;
            }
        }
        if !cancelled {
            self.naming = Some((name, of));
        }
    }
}

fn slots(
    ui: &mut Ui,
    place: &mut impl FnMut(f32, f32) -> Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
) {
    let active = params.slots.active();
    for (slot, name, tip) in [
        (Slot::A, "A", "The first of two sets of settings to compare"),
        (
            Slot::B,
            "B",
            "The second of two sets of settings to compare",
        ),
    ] {
        let gap = 4.0;
        if controls.button(ui, place(30.0, gap), Label { name, tip }, active == slot)
            && active != slot
        {
            controls
                .history
                .together(|history| params.slots.switch(params, history));
        }
    }
    let (name, tip) = match active {
        Slot::A => ("A → B", "Copies what is heard now into B"),
        Slot::B => ("B → A", "Copies what is heard now into A"),
    };
    if controls.button(ui, place(50.0, 12.0), Label { name, tip }, false) {
        controls
            .history
            .together(|history| params.slots.copy(active, params, history));
    }
}

fn history(ui: &mut Ui, place: &mut impl FnMut(f32, f32) -> Rect, controls: &mut ParamUi<'_>) {
    let tip = if controls.history.can_undo() {
        "Takes the last change back"
    } else {
        "Nothing to take back"
    };
    if controls.button(ui, place(30.0, 4.0), Label { name: "↩", tip }, false) {
        controls.history.undo();
    }
    let tip = if controls.history.can_redo() {
        "Makes the change again"
    } else {
        "Nothing to make again"
    };
    if controls.button(ui, place(30.0, 10.0), Label { name: "↪", tip }, false) {
        controls.history.redo();
    }
}

/// What the engineer hears instead of the output. Never in a bounce.
fn listening(
    ui: &mut Ui,
    [mono, delta, compare]: [Rect; 3],
    controls: &mut ParamUi<'_>,
    shared: &PluginShared,
) {
    let monitor = shared.monitor.get();
    let mut wanted = monitor;
    let (name, next) = match monitor.compare {
        Compare::Off => ("Compare", Compare::Original),
        Compare::Original => ("Original", Compare::Processed),
        Compare::Processed => ("Processed", Compare::Off),
    };
    let tip = "Original and processed at equal loudness: press for the original, again for the processed, and \
               again to leave";
    let lit = monitor.compare != Compare::Off;
    if controls.button(ui, compare, Label { name, tip }, lit) {
        wanted = Monitor {
            compare: next,
            ..wanted
        };
    }
    let tip = "Only what Flow changes: output minus input";
    if controls.button(ui, delta, Label { name: "Delta", tip }, monitor.delta) {
        wanted.delta = !monitor.delta;
    }
    let tip = "Left and right added: what a mono speaker plays";
    if controls.button(ui, mono, Label { name: "Mono", tip }, monitor.mono) {
        wanted.mono = !monitor.mono;
    }
    if wanted != monitor {
        shared.monitor.set(wanted);
    }
}
