//! The menu of the spectrum: tilt, range, averaging, layers; and the button that freezes it.

use egui::{Popup, PopupCloseBehavior, Rect, Sense, Ui, pos2};

use crate::editor::language::text;
use crate::editor::model::preferences_file::display_options::{
    Averaging, LevelRange, SpectrumOptions, Tilt,
};
use crate::editor::widgets::choice::{choices, draw_field, heading};
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{Theme, regular, scale_widgets};

/// Width of the menu.
const WIDTH: f32 = 190.0;

/// Both buttons begin so far left of the plot, pixels at 100 %.
const LEFT: f32 = 32.0;
/// Space between them, and the width of *Freeze*, pixels at 100 %.
const GAP: f32 = 6.0;
const FREEZE_WIDTH: f32 = 56.0;

/// The width of *View* with its arrow, pixels at 100 %.
fn field_width(ui: &Ui, theme: Theme) -> f32 {
    let style = regular(11.5, theme.color.text);
    let name = theme.text_width(ui.painter(), text!("View"), style);
    (name / theme.scale() + 33.0).max(62.0)
}

/// The end of both buttons, pixels at 100 % from the left end of the plot.
pub(super) fn buttons_end(ui: &Ui, theme: Theme) -> f32 {
    field_width(ui, theme) + GAP + FREEZE_WIDTH - LEFT
}

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
        let corner = pos2(plot.left() + theme.px(left - LEFT), top);
        Rect::from_min_size(corner, theme.vec(width, 18.0))
    };
    let field_width = field_width(ui, theme);
    let rect = place(0.0, field_width);
    let response = ui
        .interact(rect, ui.scope_id().with("spectrum view"), Sense::click())
        .on_hover_text(text!(
            "Tilt, range, speed and layers of the spectrum, remembered on this computer"
        ));
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::ComboBox, true, text!("Spectrum view"))
    });
    draw_field(theme, ui.painter(), rect, &response, ["", text!("View")]);
    Popup::menu(&response)
        .gap(theme.px(3.0))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            scale_widgets(ui, theme);
            ui.set_width(theme.px(WIDTH));
            choices(ui, theme, text!("Tilt per octave"), &Tilt::ALL, &mut options.tilt);
            choices(ui, theme, text!("Range"), &LevelRange::ALL, &mut options.range);
            choices(ui, theme, text!("Averaging"), &Averaging::ALL, &mut options.averaging);
            heading(ui, theme, text!("Layers"));
            let layers = &mut options.layers;
            for (is_on, name, tip) in [
                (&mut layers.input, text!("Input"), text!("The level of the input")),
                (&mut layers.output, text!("Output"), text!("The level of the master")),
                (&mut layers.peaks, text!("Peaks"), text!("The held peaks of the master")),
                (
                    &mut layers.reference,
                    text!("Reference"),
                    text!("The mean of your references, at the loudness of the master"),
                ),
                (
                    &mut layers.delta,
                    text!("Change"),
                    text!("The level of the output against the input: the response with all dynamics, as measured"),
                ),
            ] {
                ui.checkbox(is_on, name).on_hover_text(tip);
            }
        });
    let tip = if is_frozen {
        text!("Lets the spectrum go on")
    } else {
        text!("Holds the spectrum as it is now")
    };
    let is_clicked = controls.button(
        ui,
        place(field_width + GAP, FREEZE_WIDTH),
        text!("Freeze"),
        tip,
        is_frozen,
    );
    (options, is_frozen != is_clicked)
}
