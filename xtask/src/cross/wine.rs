//! Wine, with a prefix and an X server of its own.

use crate::command_steps;
use crate::workspace;
use anyhow::{Context, Result};
use flow_testkit::xvfb::Xvfb;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The library of Windows 10 that Wine lacks before version 9.
const RANDOM_LIBRARY: &str = "bcryptprimitives.dll";

/// A Wine prefix.
pub(crate) struct Wine {
    prefix: PathBuf,
    /// Without an X server Wine opens no window and finds no Vulkan driver.
    server: Xvfb,
}

impl Wine {
    /// Makes the prefix in `folder`, unless it is there, and starts the X server. A library that an old Wine lacks is built into the
    /// prefix; it serves these tests and is never a part of a package.
    ///
    /// # Errors
    ///
    /// If Wine, Xvfb or the linker fails.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let wine = Self {
            prefix: folder.join("wine"),
            server: Xvfb::start().context("Xvfb cannot start")?,
        };
        wine.end()?;
        let system = wine.prefix.join("drive_c/windows/system32");
        if !system.join("kernel32.dll").exists() {
            std::fs::create_dir_all(&wine.prefix)
                .with_context(|| format!("{} cannot be created", wine.prefix.display()))?;
            command_steps::run(wine.command("wineboot").arg("--init"))?;
        }
        let library = system.join(RANDOM_LIBRARY);
        if !library.exists() {
            let source = workspace::root().join("xtask/src/cross/bcryptprimitives.c");
            let mut link = Command::new("x86_64-w64-mingw32-gcc");
            link.args(["-O2", "-shared", "-o"]).arg(&library);
            command_steps::run(link.arg(source).arg("-ladvapi32"))?;
        }
        Ok(wine)
    }

    /// The X server.
    pub(super) fn server(&self) -> &Xvfb {
        &self.server
    }

    /// The variables of all programs that Wine runs.
    pub(crate) fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("DISPLAY", self.server.name().to_owned()),
            ("WINEPREFIX", self.prefix.display().to_string()),
            ("WINEARCH", "win64".to_owned()),
            // Its remarks on itself.
            ("WINEDEBUG", "-all".to_owned()),
            // No dialogs that offer Mono and Gecko.
            (
                "WINEDLLOVERRIDES",
                "mscoree,mshtml=;bcryptprimitives=n,b".to_owned(),
            ),
        ]
    }

    /// A program of Windows, run by Wine.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("wine");
        command
            .arg(program)
            .envs(self.environment())
            .stdin(Stdio::null());
        command
    }

    /// Ends all programs of the prefix. The next one starts Wine's desktop anew, on the present X server: a desktop of an earlier
    /// run has lost its own.
    ///
    /// # Errors
    ///
    /// If Wine's server cannot be started.
    fn end(&self) -> Result<()> {
        // It fails if no program runs.
        let _ = Command::new("wineserver")
            .arg("--kill")
            .envs(self.environment())
            .status()
            .context("wineserver cannot be started")?;
        Ok(())
    }

    /// Waits until no program runs in the prefix.
    ///
    /// # Errors
    ///
    /// If Wine's server fails.
    pub(crate) fn wait(&self) -> Result<()> {
        command_steps::run(
            Command::new("wineserver")
                .arg("--wait")
                .envs(self.environment()),
        )
    }
}
