//! The tabs of a pillar's stages, and the bypass and the solo of one stage.

use std::collections::BTreeMap;

use egui::{Rect, Ui, pos2};
use flow_dsp::SoloStage;
use flow_dsp::math::{count, narrow};
use flow_params::ParameterId;

use crate::editor::language::text;
use crate::editor::panels::monitoring;
use crate::editor::widgets::param_ui::ParamUi;
use crate::gestures::Gestures;
use crate::params::AnyParam;
use crate::plugin_shared::PluginShared;

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

/// The normalized amounts of stages before they were bypassed.
#[derive(Debug, Default)]
pub(super) struct StageBypass(BTreeMap<ParameterId, f32>);

impl StageBypass {
    /// Draws a button behind a number of tabs, which takes the stage's amount away and gives it back.
    pub(super) fn button(
        &mut self,
        ui: &mut Ui,
        (rect, tabs): (Rect, usize),
        controls: &mut ParamUi<'_>,
        amount: AnyParam<'_>,
    ) {
        let is_neutral = amount.normalized() == 0.0;
        if !is_neutral {
            // The amount was turned up since.
            self.0.remove(&amount.id());
        }
        let before = self.0.get(&amount.id()).copied();
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
            self.0.insert(amount.id(), amount.normalized());
            controls.history.set(amount, 0.0);
        } else if let Some(before) = self.0.remove(&amount.id()) {
            controls.history.set(amount, before);
        }
    }
}
