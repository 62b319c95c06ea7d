//! The window in a real desktop: the standalone app's own, and the plug-in's in a host, on an X server without a screen.
#![cfg(target_os = "linux")]

mod display;
mod embedded;
mod keyboard;
mod standalone;
