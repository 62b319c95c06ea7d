//! `cargo xtask compare`: the built plug-in beside other open programs, by the scripts in `tests/compare`.

use crate::arguments::Comparison;
use crate::setup::python;
use crate::{bundle, command_steps, setup, workspace};
use anyhow::Result;
use std::process::Command;

/// Runs a comparison, which prints its table.
///
/// # Errors
///
/// If a program is missing and cannot be installed, or if the comparison fails.
pub(crate) fn compare(comparison: &Comparison) -> Result<()> {
    let Comparison::Limiters { songs } = comparison;
    let packages = [
        &setup::FOR_BUILDING[..],
        &setup::FOR_PYTHON_HOSTS,
        &setup::FOR_LIMITERS,
    ];
    setup::ensure_all(&packages.concat(), &[], &[python::COMPARISON])?;
    let scripts = workspace::root().join("tests").join("compare");
    let python = python::environment(python::COMPARISON)?;
    let flow = bundle::vst3(&bundle::clap()?)?;
    command_steps::run(
        Command::new(python)
            .arg(scripts.join("compare_limiters.py"))
            .arg(flow)
            .args(songs),
    )
}
