//! An X server without a screen.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running Xvfb (Debian: xvfb), which ends when this is dropped.
#[derive(Debug)]
pub struct Xvfb {
    server: Child,
    name: String,
}

impl Xvfb {
    /// Starts Xvfb on an unused display.
    ///
    /// # Errors
    ///
    /// If the program is missing or can't start.
    pub fn start() -> io::Result<Self> {
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "2560x1700x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut xvfb = Self {
            server,
            name: String::new(),
        };
        let mut number = String::new();
        if let Some(stdout) = xvfb.server.stdout.take() {
            BufReader::new(stdout).read_line(&mut number)?;
        }
        if number.trim().is_empty() {
            return Err(io::Error::other(
                "Xvfb: it ended before it opened a display",
            ));
        }
        xvfb.name = format!(":{}", number.trim());
        Ok(xvfb)
    }

    /// The value for `DISPLAY`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
