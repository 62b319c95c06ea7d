//! `flow presets`: the factory presets by category.

use crate::arguments::PresetsArguments;
use crate::messages::{HEADING_STYLE, print_json, print_result};
use anyhow::Result;
use std::process::ExitCode;

/// Prints all factory presets.
///
/// # Errors
///
/// If stdout cannot be written to.
pub fn presets(arguments: &PresetsArguments) -> Result<ExitCode> {
    if arguments.json {
        print_json(&serde_json::to_value(flow_params::presets::all())?)?;
    } else {
        print_result(&list())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> String {
    let mut lines = Vec::new();
    let mut category = "";
    for preset in flow_params::presets::all() {
        if preset.category != category {
            category = &preset.category;
            lines.push(format!("{HEADING_STYLE}{category}{HEADING_STYLE:#}"));
        }
        lines.push(format!("  {:<20} {}", preset.name, preset.description));
    }
    lines.join("\n")
}
