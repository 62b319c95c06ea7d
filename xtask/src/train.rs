//! The training of the network by the recipe in models/train.

use std::path::PathBuf;
use std::process::Command;

use crate::arguments::TrainArguments;
use crate::setup::python;
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
    let mut packages = setup::FOR_TRAINING.to_vec();
    if !arguments.quick && arguments.judge.is_empty() {
        packages.extend(setup::FOR_RENDERING);
    }
    setup::ensure_all(&packages, &[], &[python::TRAINING])?;
    command_steps::run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        "flow_trainer",
    ]))?;
    let trainer = workspace::target_dir()?
        .join("release")
        .join("flow_trainer");
    let recipe = workspace::root().join("models").join("train");
    let python = python::environment(python::TRAINING)?;
    let mut command = Command::new(&python);
    command.arg(recipe.join("train.py"));
    command.env("FLOW_TRAINER", trainer);
    let cache = match &arguments.cache {
        Some(cache) => cache.clone(),
        None => workspace::target_dir()?.join("train"),
    };
    command.arg("--cache").arg(cache);
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
