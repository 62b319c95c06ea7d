//! Theme, controls of parameters, buttons, value entry and the waveform.

pub(crate) mod amount_field;
pub(crate) mod button;
pub(crate) mod choice;
pub(crate) mod knob;
pub(crate) mod param_ui;
pub(crate) mod plot;
pub(crate) mod slider;
pub mod theme;
pub(crate) mod value_entry;
pub(crate) mod waveform_view;
