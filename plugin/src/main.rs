//! The standalone app between an audio input and an audio output. `--help` lists its options.

// Windows opens no console beside the app's window.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    flow_platform::console::attach_to_parent();
    if nice_plug::prelude::nice_export_standalone::<flow_plugin::Flow>() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
