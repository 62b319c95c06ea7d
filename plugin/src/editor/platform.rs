//! What the window system and hosts need: the window's lifetime, its saved size, and X11.

pub(crate) mod window_lifetime;
pub mod window_size;
#[cfg(target_os = "linux")]
pub(crate) mod x11;
