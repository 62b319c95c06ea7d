//! The standalone app between an audio input and an audio output. `--help` lists its options.

use std::process::ExitCode;

fn main() -> ExitCode {
    if nice_plug::prelude::nice_export_standalone::<flow_plugin::Flow>() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
