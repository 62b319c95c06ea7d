//! Changes of parameters by the plug-in itself, as a user makes them with a knob.

use crate::params::any::AnyParam;

/// Sets parameters and notifies the host.
///
/// The window does it with the host's gestures; a host may let the new value arrive a moment later.
pub trait Gestures {
    /// `[gui]` Begins a gesture, sets the normalized value, and ends the gesture.
    fn set(&mut self, param: AnyParam<'_>, normalized: f32);
}
