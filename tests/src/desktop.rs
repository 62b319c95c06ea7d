//! An X server without a screen, and plain windows of a host's on it.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A running Xvfb (Debian: xvfb), ended when this is dropped.
#[derive(Debug)]
pub struct Xvfb {
    server: Child,
    name: String,
}

impl Xvfb {
    /// Starts one, on a display that nobody uses.
    ///
    /// # Errors
    ///
    /// If there is no such program, or it can't start.
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
            return Err(io::Error::other("Xvfb ended before it had a display"));
        }
        xvfb.name = format!(":{}", number.trim());
        Ok(xvfb)
    }

    /// What `DISPLAY` has to be.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Who makes windows.
pub struct Desktop {
    /// The connection, for whatever else is to be asked.
    pub x: RustConnection,
}

impl Desktop {
    /// The display with a name; none for the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// If it doesn't answer.
    pub fn connect(name: Option<&str>) -> io::Result<Self> {
        let (x, _) = RustConnection::connect(name).map_err(io::Error::other)?;
        Ok(Self { x })
    }

    /// A plain window at a place, of a size.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn window(&self, (x, y): (i16, i16), (width, height): (u16, u16)) -> io::Result<Window> {
        let id = self.x.generate_id().map_err(io::Error::other)?;
        let screen = &self.x.setup().roots[0];
        let looks = CreateWindowAux::new().background_pixel(screen.white_pixel);
        self.x
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                id,
                screen.root,
                x,
                y,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                screen.root_visual,
                &looks,
            )
            .and_then(|_| self.x.map_window(id))
            .map_err(io::Error::other)?;
        self.x.sync().map_err(io::Error::other)?;
        Ok(id)
    }
}

impl std::fmt::Debug for Desktop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desktop").finish_non_exhaustive()
    }
}
