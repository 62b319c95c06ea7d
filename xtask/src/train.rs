//! The training of the network by the recipe in models/train.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::TrainArguments;
use crate::setup::{Package, python};
use crate::{command_steps, setup, workspace};
use anyhow::Result;

/// All steps with very little music, which test the recipe.
pub(crate) const QUICK: TrainArguments = TrainArguments {
    quick: true,
    test: false,
    evaluate: false,
    judge: Vec::new(),
    cache: None,
};

/// Builds the trainer and runs the recipe in its Python environment.
pub(crate) fn train(arguments: &TrainArguments) -> Result<()> {
    let renders = !arguments.quick && arguments.judge.is_empty();
    let more: &[Package] = if renders { &setup::FOR_RENDERING } else { &[] };
    let mut command = recipe_script("train.py", more, arguments.cache.as_deref())?;
    if arguments.quick {
        command.arg("--quick");
    }
    if arguments.test {
        command.arg("--test");
    }
    if arguments.evaluate {
        command.arg("--evaluate");
    }
    if !arguments.judge.is_empty() {
        command.arg("--judge").args(&arguments.judge);
    }
    command_steps::run(&mut command)
}

/// The command of a script of the recipe, with the trainer, the recipe's packages and more of them, and its cache: `cache`, or the
/// folder in the target folder.
///
/// # Errors
///
/// If a program is missing and cannot be installed, or if the trainer cannot be built.
pub(crate) fn recipe_script(
    script: &str,
    more: &[Package],
    cache: Option<&Path>,
) -> Result<Command> {
    let packages = [&setup::FOR_TRAINING[..], more].concat();
    setup::ensure_all(&packages, &[], &[python::TRAINING])?;
    command_steps::run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        "flow_trainer",
    ]))?;
    let target = workspace::target_dir()?;
    let folder = workspace::root().join("models").join("train");
    let mut command = Command::new(python::environment(python::TRAINING)?);
    command
        .env("FLOW_TRAINER", target.join("release").join("flow_trainer"))
        .arg(folder.join(script))
        .arg("--cache")
        .arg(cache.map_or_else(|| target.join("train"), Path::to_path_buf));
    Ok(command)
}

/// A Python interpreter with this package: that of the recipe, or the system's.
pub(crate) fn python_with(package: &str) -> Result<Option<PathBuf>> {
    let own = python::TRAINING.interpreter()?;
    let has = |python: &PathBuf| {
        let import = Command::new(python)
            .args(["-c", &format!("import {package}")])
            .output();
        import.is_ok_and(|output| output.status.success())
    };
    Ok([own, PathBuf::from("python3")].into_iter().find(has))
}
