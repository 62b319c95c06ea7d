//! The pictures of the window, which the README shows and the tests compare with.

use crate::{command_steps, setup, workspace};
use anyhow::Result;

/// Draws and stores all pictures.
pub(crate) fn screenshot() -> Result<()> {
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    setup::ensure(&setup::FOR_WINDOWS, &[])?;
    command_steps::run(
        workspace::cargo()
            .args(["test", "--release", "-p", "flow_plugin", "--test", "editor"])
            .args(["--", "picture"])
            .env("UPDATE_SNAPSHOTS", "force"),
    )
}
