//! Pictures of the window, as the tests draw it: those of the README and those that the tests compare with are the same.

use crate::{steps, system, workspace};
use anyhow::Result;

/// Draws all pictures and stores them.
pub(crate) fn screenshot() -> Result<()> {
    system::ensure(&system::FOR_BUILDING)?;
    system::ensure(&system::FOR_WINDOWS)?;
    steps::run(
        workspace::cargo()
            .args(["test", "--release", "-p", "flow_plugin", "--test", "editor"])
            .args(["--", "snapshots"])
            .env("UPDATE_SNAPSHOTS", "force"),
    )
}
