//! The standalone app between an audio input and an audio output, or with a song. `--help` lists its options.

// Windows opens no console beside the app's window.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    flow_platform::console::attach_to_parent();
    flow_plugin::standalone::run(std::env::args_os())
}
