//! The header: presets, A/B slots, undo, delivery profile, style target and monitoring.

use std::path::PathBuf;

use egui::{Align2, Rect, Ui, pos2, vec2};
use flow_params::ParameterId;

use crate::editor::language::text;
use crate::editor::model::preset_choice::PresetChoice;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::panels::monitoring::MonitoringSwitches;
use crate::editor::panels::presets::browser::{PresetBrowser, PresetStep};
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::bold;
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;
use crate::slots::Slot;

/// A page in place of the pillars that the header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderRequest {
    /// Files of presets.
    PresetFiles,
    /// The references, because none is open to be heard.
    References,
}

/// The header's state.
pub(crate) struct Header {
    presets: PresetBrowser,
    monitoring: MonitoringSwitches,
}

impl Header {
    /// Creates a header with the user's presets.
    #[must_use]
    pub(crate) fn new(user_presets: UserPresets, choice: PresetChoice) -> Self {
        Self {
            presets: PresetBrowser::new(user_presets, choice),
            monitoring: MonitoringSwitches::default(),
        }
    }

    /// The chosen preset, for the next window.
    pub(crate) fn take_choice(&mut self) -> PresetChoice {
        self.presets.take_choice()
    }

    /// Forgets the chosen preset, because another project was loaded.
    pub(crate) fn forget_choice(&mut self) {
        self.presets.forget_choice();
    }

    /// Whether a dialog about a preset is open.
    pub(crate) fn has_dialog(&self) -> bool {
        self.presets.has_dialog()
    }

    /// Draws the page of preset files. Returns whether it was closed.
    pub(crate) fn preset_files(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> bool {
        self.presets.file_page(ui, rect, controls)
    }

    /// Imports preset files on their page.
    pub(crate) fn import_presets(&mut self, paths: Vec<PathBuf>) {
        self.presets.import_files(paths);
    }

    /// Draws the header. Returns the page that was asked for.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        shared: &PluginShared,
    ) -> Option<HeaderRequest> {
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
            bold(24.0, theme.color.text),
        );
        ui.painter().circle_filled(
            pos2(logo.right() + theme.px(5.0), logo.bottom() - theme.px(8.0)),
            theme.px(3.2),
            theme.color.output,
        );
        self.presets
            .step_button(ui, left(26.0, 4.0), controls, (shared, PresetStep::Back));
        let field = left(150.0, 4.0);
        let has_asked = self.presets.field(ui, field, controls, shared);
        self.presets.step_button(
            ui,
            left(26.0, 10.0),
            controls,
            (shared, PresetStep::Forward),
        );
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
        let bypass = right(56.0, 5.0);
        let (mono, delta) = (right(46.0, 5.0), right(46.0, 5.0));
        let reference = right(68.0, 5.0);
        let (compare, auto_gain) = (right(66.0, 5.0), right(66.0, 10.0));
        let style = right(136.0, 5.0);
        // The delivery field gets the remaining width, up to its maximum.
        let widest = right(210.0, 0.0);
        let left_end = widest.left().max(from_left + theme.px(4.0));
        let delivery = Rect::from_min_max(pos2(left_end, rect.top()), widest.max);
        // The order of creation is that of the keyboard focus.
        let delivery_param = params.get(ParameterId::Delivery);
        controls.choice(
            ui,
            delivery,
            delivery_param,
            text!("Delivery"),
            text!("Delivery"),
        );
        let target = params.get(ParameterId::StyleTarget);
        controls.choice(ui, style, target, text!("Style target"), text!("Style"));
        let switches = [auto_gain, compare, reference, delta, mono];
        let is_reference_missing = self.monitoring.show(ui, switches, controls, shared);
        controls.toggle(ui, bypass, params.get(ParameterId::Bypass), text!("Bypass"));
        self.presets.dialog(ui, controls, params);
        if is_reference_missing {
            Some(HeaderRequest::References)
        } else {
            has_asked.then_some(HeaderRequest::PresetFiles)
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
            text!("Switches to the first of two sets of settings"),
        ),
        (
            Slot::B,
            "B",
            text!("Switches to the second of two sets of settings"),
        ),
    ] {
        let gap = 4.0;
        if controls.button(ui, place(30.0, gap), name, tip, active == slot) && active != slot {
            let history = &mut *controls.history;
            history.edit_slots(|params, history| params.slots.switch(params, history));
        }
    }
    let (names, tip) = match active {
        Slot::A => (
            ["copy", "A → B", text!("Copy A to B")],
            text!("Copies slot A to slot B"),
        ),
        Slot::B => (
            ["copy", "B → A", text!("Copy B to A")],
            text!("Copies slot B to slot A"),
        ),
    };
    let state = ActionState::Possible;
    if controls.named_action(ui, place(46.0, 10.0), names, tip, state) {
        let history = &mut *controls.history;
        history.edit_slots(|params, history| params.slots.copy(active, params, history));
    }
}

/// The undo and redo buttons.
fn undo_buttons(ui: &mut Ui, place: &mut impl FnMut(f32, f32) -> Rect, controls: &mut ParamUi<'_>) {
    let state = |name: &Option<String>| match name {
        Some(_) => ActionState::Possible,
        None => ActionState::Impossible,
    };
    let name = controls.history.undo_name();
    let tip = match &name {
        Some(name) => text!("Undoes the last change: {name}", name),
        None => text!("Nothing to undo").to_owned(),
    };
    let names = ["undo", "↩", text!("Undo last change")];
    if controls.named_action(ui, place(28.0, 4.0), names, &tip, state(&name)) {
        controls.history.undo();
    }
    let name = controls.history.redo_name();
    let tip = match &name {
        Some(name) => text!("Makes the undone change again: {name}", name),
        None => text!("Nothing to redo").to_owned(),
    };
    let names = ["redo", "↪", text!("Redo last change")];
    if controls.named_action(ui, place(28.0, 8.0), names, &tip, state(&name)) {
        controls.history.redo();
    }
}
