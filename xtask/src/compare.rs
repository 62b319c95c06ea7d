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
    let (script, songs) = match comparison {
        Comparison::Limiters { songs } => ("compare_limiters.py", songs.as_slice()),
        Comparison::Stages { song } => ("compare_stages.py", std::slice::from_ref(song)),
    };
    let packages = [
        &setup::FOR_BUILDING[..],
        &setup::FOR_PYTHON_HOSTS,
        &setup::FOR_COMPARISONS,
    ];
    setup::ensure_all(&packages.concat(), &[], &[python::COMPARISON])?;
    let scripts = workspace::root().join("tests").join("compare");
    let python = python::environment(python::COMPARISON)?;
    let flow = bundle::vst3(&bundle::clap()?)?;
    command_steps::run(
        Command::new(python)
            .arg(scripts.join(script))
            .arg(flow)
            .args(songs),
    )
}
