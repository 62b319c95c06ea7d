//! Pictures of the window, as the tests draw it: those of the README and those that the tests compare with are the same.

use crate::{command_steps, setup, workspace};
use anyhow::Result;

/// Draws all pictures and stores them.
pub(crate) fn screenshot() -> Result<()> {
    setup::ensure(&setup::FOR_BUILDING, &[])?;
    setup::ensure(&setup::FOR_WINDOWS, &[])?;
    command_steps::run(
        workspace::cargo()
            .args(["test", "--release", "-p", "flow_plugin", "--test", "editor"])
            .args(["--", "snapshots"])
            .env("UPDATE_SNAPSHOTS", "force"),
    )
}
