//! The needs of window systems and hosts: the window's lifetime, its saved size, and X11.

pub(crate) mod window_lifetime;
pub mod window_size;
#[cfg(target_os = "linux")]
pub(crate) mod x11;
