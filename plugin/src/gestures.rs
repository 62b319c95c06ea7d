//! How the plug-in itself changes parameters: as a hand on a knob does.

use crate::params::AnyParam;

/// Sets parameters so that the host hears of it.
///
/// The window does it with the host's gestures; a host may let the new value arrive a moment later.
pub trait Gestures {
    /// `[gui]` Begins a gesture, sets the normalized value, and ends the gesture.
    fn set(&mut self, param: AnyParam<'_>, normalized: f32);
}
