//! The editor on a virtual X display: inside a host's window, and in the standalone app.
#![cfg(target_os = "linux")]

mod display;
mod embedded;
mod file_drop;
mod keyboard;
mod standalone;
