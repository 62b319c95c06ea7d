//! The needs of window systems and hosts: the window's lifetime, its saved size, X11, dropped files, and the system's dialog for files.

pub(crate) mod file_dialog;
#[cfg(target_os = "macos")]
pub(crate) mod macos_loop;
pub(crate) mod window_lifetime;
pub mod window_size;
#[cfg(windows)]
pub(crate) mod windows_drop;
#[cfg(target_os = "linux")]
pub(crate) mod x11;
