//! The dialog that saves, renames or deletes one of the user's presets. After a failure it stays, with the reason.

use egui::{Key, Role, Ui, WidgetInfo};
use flow_params::presets;

use crate::editor::language::text;
use crate::editor::model::preset_choice::PresetChoice;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::scale_widgets;
use crate::params::FlowParams;

/// The task of a dialog.
#[derive(Clone, Debug, PartialEq)]
enum Task {
    /// Saves the present settings. The chosen preset of the user may be replaced without a remark.
    Save {
        chosen: Option<String>,
    },
    Rename {
        from: String,
    },
    Delete {
        name: String,
    },
}

/// An open dialog.
pub(crate) struct PresetDialog {
    task: Task,
    name: String,
    error: Option<String>,
    /// The name, or the button that deletes, has yet to get the focus.
    wants_focus: bool,
}

impl PresetDialog {
    fn new(task: Task, name: String) -> Self {
        Self {
            task,
            name,
            error: None,
            wants_focus: true,
        }
    }

    /// For the present settings. Offers the name of the chosen preset, or one with a number if that is a factory preset.
    pub(crate) fn save(choice: &PresetChoice, user_presets: &UserPresets) -> Self {
        let chosen = choice.name().filter(|name| user_presets.has(name));
        let name = match (choice.name(), chosen) {
            (Some(name), None) => user_presets.free_name(name),
            (_, chosen) => chosen.cloned().unwrap_or_default(),
        };
        let chosen = chosen.cloned();
        Self::new(Task::Save { chosen }, name)
    }

    pub(crate) fn rename(name: String) -> Self {
        let from = name.clone();
        Self::new(Task::Rename { from }, name)
    }

    pub(crate) fn delete(name: String) -> Self {
        Self::new(Task::Delete { name }, String::new())
    }

    /// Draws the dialog. Returns whether it ends.
    pub(crate) fn show(
        &mut self,
        ui: &Ui,
        controls: &ParamUi<'_>,
        params: &FlowParams,
        (user_presets, choice): (&mut UserPresets, &mut PresetChoice),
    ) -> bool {
        let theme = controls.theme;
        let (mut is_done, mut is_canceled) = (false, false);
        let (title, verb) = match &self.task {
            Task::Save { .. } => (text!("Save preset"), text!("Save")),
            Task::Rename { .. } => (text!("Rename preset"), text!("Rename")),
            Task::Delete { .. } => (text!("Delete preset"), text!("Delete")),
        };
        let remark = self.remark(user_presets);
        // Nothing below the dialog gets a key or a click that would confirm it as well.
        egui::Modal::new(ui.scope_id().with("preset dialog")).show(ui.ctx(), |ui| {
            scale_widgets(ui, theme);
            ui.heading(title);
            let mut field = None;
            if let Task::Delete { name } = &self.task {
                ui.label(text!("Delete the file of “{name}”?", name));
            } else {
                let edit = egui::TextEdit::singleline(&mut self.name);
                let width = theme.px(240.0);
                let edit = ui.add(edit.hint_text(text!("Name")).desired_width(width));
                edit.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, text!("Name")));
                if edit.changed() {
                    self.error = None;
                }
                is_done = edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                field = Some(edit);
            }
            is_canceled = ui.input(|i| i.key_pressed(Key::Escape));
            ui.horizontal(|ui| {
                let confirm = ui.button(verb);
                is_done |= confirm.clicked();
                if self.wants_focus && !ui.is_sizing_pass() {
                    self.wants_focus = false;
                    field.unwrap_or(confirm).request_focus();
                }
                is_canceled |= ui.button(text!("Cancel")).clicked();
            });
            if let Some(error) = &self.error {
                ui.colored_label(theme.color.over, error);
            } else if let Some(remark) = remark {
                ui.colored_label(theme.color.reduction, remark);
            }
        });
        if is_done && !is_canceled {
            match self.perform(params, user_presets, choice) {
                Ok(()) => return true,
                Err(error) => {
                    self.error = Some(error);
                    self.wants_focus = true;
                }
            }
        }
        is_canceled
    }

    /// The consequence of the present name.
    fn remark(&self, user_presets: &UserPresets) -> Option<String> {
        let Task::Save { chosen } = &self.task else {
            return None;
        };
        let name = self.name.trim();
        let is_other = user_presets.has(name) && chosen.as_deref() != Some(name);
        if presets::find(name).is_some() {
            return Some(text!("A factory preset has this name").to_owned());
        }
        is_other.then(|| text!("This replaces your preset “{name}”", name))
    }

    fn perform(
        &self,
        params: &FlowParams,
        user_presets: &mut UserPresets,
        choice: &mut PresetChoice,
    ) -> Result<(), String> {
        let name = self.name.trim();
        match &self.task {
            Task::Save { .. } => {
                user_presets.save(name, params)?;
                choice.choose_present(name, params);
            }
            Task::Rename { from } => {
                user_presets.rename(from, name)?;
                // Another preset may have been chosen since.
                if choice.name() == Some(from) {
                    choice.rename(name);
                }
            }
            Task::Delete { name } => {
                user_presets.delete(name)?;
                if choice.name() == Some(name) {
                    choice.forget();
                }
            }
        }
        Ok(())
    }
}
