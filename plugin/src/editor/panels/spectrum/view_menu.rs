//! The menu of the spectrum: tilt, range, averaging, layers; and the button that freezes it.

use egui::{Popup, PopupCloseBehavior, Rect, Sense, Ui, pos2};

use crate::editor::model::preferences_file::display_options::{
    Averaging, LevelRange, SpectrumOptions, Tilt,
};
use crate::editor::widgets::choice::{choices, draw_field, heading};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::scale_widgets;

/// Width of the menu.
const WIDTH: f32 = 190.0;

/// Draws both buttons above the plot, and the open menu. Returns the choices after it, and whether the spectrum is frozen.
pub(super) fn show(
    ui: &mut Ui,
    plot: Rect,
    controls: &ParamUi<'_>,
    mut options: SpectrumOptions,
    is_frozen: bool,
) -> (SpectrumOptions, bool) {
    let theme = controls.theme;
    let top = plot.top() - theme.px(22.0);
    let place = |left: f32, width: f32| {
        let corner = pos2(plot.left() + theme.px(left - 32.0), top);
        Rect::from_min_size(corner, theme.vec(width, 18.0))
    };
    let rect = place(0.0, 62.0);
    let response = ui
        .interact(rect, ui.scope_id().with("spectrum view"), Sense::click())
        .on_hover_text(
            "Tilt, range, speed and layers of the spectrum, remembered on this computer",
        );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Spectrum view"));
    draw_field(theme, ui.painter(), rect, &response, ["", "View"]);
    Popup::menu(&response)
        .gap(theme.px(3.0))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            scale_widgets(ui, theme);
            ui.set_width(theme.px(WIDTH));
            choices(ui, theme, "Tilt per octave", &Tilt::ALL, &mut options.tilt);
            choices(ui, theme, "Range", &LevelRange::ALL, &mut options.range);
            choices(ui, theme, "Averaging", &Averaging::ALL, &mut options.averaging);
            heading(ui, theme, "Layers");
            let layers = &mut options.layers;
            for (is_on, name, tip) in [
                (&mut layers.input, "Input", "The level of the input"),
                (&mut layers.output, "Output", "The level of the master"),
                (&mut layers.peaks, "Peaks", "The held peaks of the master"),
                (
                    &mut layers.reference,
                    "Reference",
                    "The mean of your references, at the loudness of the master",
                ),
                (
                    &mut layers.delta,
                    "Change",
                    "The level of the output against the input: the response with all dynamics, as measured",
                ),
            ] {
                ui.checkbox(is_on, name).on_hover_text(tip);
            }
        });
    let tip = if is_frozen {
        "Lets the spectrum go on"
    } else {
        "Holds the spectrum as it is now"
    };
    let is_clicked = controls.button(ui, place(68.0, 56.0), "Freeze", tip, is_frozen);
    (options, is_frozen != is_clicked)
}
