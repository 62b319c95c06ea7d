//! The tabs of a pillar's stages, and the bypass, the solo and the slots A and B of one stage.

use std::collections::BTreeMap;

use egui::{Rect, Ui, pos2};
use flow_dsp::SoloStage;
use flow_dsp::math::{count, narrow};
use flow_params::{ParameterId, Stage};

use crate::editor::language::{text, translate};
use crate::editor::panels::monitoring;
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::gestures::Gestures;
use crate::params::FlowParams;
use crate::plugin_shared::PluginShared;
use crate::slots::Slot;

/// Distance of two tabs, pixels at 100 %.
const PITCH: f32 = 92.0;
/// Space between the tabs and the buttons behind them, pixels at 100 %.
const GAP: f32 = 14.0;
/// Width of *Bypass stage*, pixels at 100 %.
const BYPASS_WIDTH: f32 = 104.0;

/// The rectangle of a tab behind the title of a panel.
fn place(rect: Rect, controls: &ParamUi<'_>, index: usize, width: f32) -> Rect {
    let theme = controls.theme;
    let left = rect.left() + theme.px(140.0 + PITCH * narrow(count(index)));
    let corner = pos2(left, rect.top() + theme.px(11.0));
    Rect::from_min_size(corner, theme.vec(width, 24.0))
}

/// Draws tabs into the title of a panel. A click changes the chosen one.
pub(super) fn tabs<T: Copy + PartialEq>(
    ui: &mut Ui,
    rect: Rect,
    controls: &ParamUi<'_>,
    all: &[(T, &str)],
    chosen: &mut T,
) {
    for (i, (tab, name)) in all.iter().enumerate() {
        let tip = text!("Shows the settings of the stage {name}", name);
        let place = place(rect, controls, i, 86.0);
        if controls.button(ui, place, name, &tip, tab == chosen) {
            *chosen = *tab;
        }
    }
}

/// Draws the button behind a number of tabs and *Bypass stage* that plays a stage alone.
pub(super) fn solo_button(
    ui: &mut Ui,
    (rect, tabs): (Rect, usize),
    controls: &mut ParamUi<'_>,
    shared: &PluginShared,
    stage: SoloStage,
) {
    let left = GAP + BYPASS_WIDTH + 6.0;
    let place = place(rect, controls, tabs, 86.0).translate(controls.theme.vec(left, 0.0));
    monitoring::solo(ui, place, controls, shared, stage);
}

/// The buttons behind a number of tabs, *Bypass stage* and *Solo stage*.
pub(super) fn slots_behind_tabs(
    ui: &mut Ui,
    (rect, tabs): (Rect, usize),
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    stage: Stage,
) {
    let left = GAP + BYPASS_WIDTH + 6.0 + 86.0 + GAP;
    let left = place(rect, controls, tabs, 0.0).left() + controls.theme.px(left);
    slots(ui, (rect, left), controls, params, stage);
}

/// The buttons of a pillar that has no tabs.
pub(crate) fn slots_behind_title(
    ui: &mut Ui,
    rect: Rect,
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    stage: Stage,
) {
    let left = place(rect, controls, 0, 0.0).left() + controls.theme.px(GAP);
    slots(ui, (rect, left), controls, params, stage);
}

/// Draws the buttons for the two sets of settings of a stage.
fn slots(
    ui: &mut Ui,
    (rect, mut left): (Rect, f32),
    controls: &mut ParamUi<'_>,
    params: &FlowParams,
    stage: Stage,
) {
    let theme = controls.theme;
    let (slots, name) = (params.stage_slots.get(stage), translate(stage.name()));
    let (active, are_equal) = (slots.active(), slots.are_equal(params));
    let mut next = |width: f32| {
        let corner = pos2(left, rect.top() + theme.px(11.0));
        left += theme.px(width + 4.0);
        Rect::from_min_size(corner, theme.vec(width, 24.0))
    };
    for (slot, letter, full_name, tip) in [
        (
            Slot::A,
            "A",
            text!("Stage A"),
            text!(
                "Switches to the first of two sets of settings of the stage {name}",
                name
            ),
        ),
        (
            Slot::B,
            "B",
            text!("Stage B"),
            text!(
                "Switches to the second of two sets of settings of the stage {name}",
                name
            ),
        ),
    ] {
        let is_active = active == slot;
        let names = [letter, full_name];
        if controls.named_button(ui, next(30.0), names, &tip, is_active) && !is_active {
            let history = &mut *controls.history;
            history.edit_stage_slots(stage, |slots, params, history| {
                slots.switch(params, history);
            });
        }
    }
    let (letters, full_name, tip) = match active {
        _ if are_equal => (
            "A = B",
            text!("Stage A = B"),
            text!("Both sets of settings of the stage {name} are equal", name),
        ),
        Slot::A => (
            "A → B",
            text!("Stage A → B"),
            text!("Copies A of the stage {name} to its B", name),
        ),
        Slot::B => (
            "B → A",
            text!("Stage B → A"),
            text!("Copies B of the stage {name} to its A", name),
        ),
    };
    let state = match are_equal {
        true => ActionState::Impossible,
        false => ActionState::Possible,
    };
    let names = ["copy stage", letters, full_name];
    if controls.named_action(ui, next(46.0), names, &tip, state) {
        let history = &mut *controls.history;
        history.edit_stage_slots(stage, |slots, params, history| {
            slots.copy(active, params, history);
        });
    }
}

/// The normalized amounts of stages before they were bypassed, for each slot of the chain and of the stage: a slot has an amount
/// of its own.
#[derive(Debug, Default)]
pub(super) struct StageBypass(BTreeMap<(ParameterId, [Slot; 2]), f32>);

impl StageBypass {
    /// Draws a button behind a number of tabs, which takes the stage's amount away and gives it back.
    pub(super) fn button(
        &mut self,
        ui: &mut Ui,
        (rect, tabs): (Rect, usize),
        controls: &mut ParamUi<'_>,
        params: &FlowParams,
        (stage, amount): (Stage, ParameterId),
    ) {
        let slots = [
            params.slots.active(),
            params.stage_slots.get(stage).active(),
        ];
        let key = (amount, slots);
        let amount = params.get(amount);
        let is_neutral = amount.normalized() == 0.0;
        if !is_neutral {
            // The amount was turned up since.
            self.0.remove(&key);
        }
        let before = self.0.get(&key).copied();
        let tip = match (is_neutral, before) {
            (false, _) => text!("Bypasses this stage to compare. Click again for its amount"),
            (true, Some(_)) => text!("Gives the stage its amount again"),
            (true, None) => text!("The stage is neutral: its amount is 0"),
        };
        let gap = controls.theme.vec(GAP, 0.0);
        let place = place(rect, controls, tabs, BYPASS_WIDTH).translate(gap);
        let is_lit = is_neutral && before.is_some();
        if !controls.button(ui, place, text!("Bypass stage"), tip, is_lit) {
            return;
        }
        if !is_neutral {
            self.0.insert(key, amount.normalized());
            controls.history.set(amount, 0.0);
        } else if let Some(before) = self.0.remove(&key) {
            controls.history.set(amount, before);
        }
    }
}
