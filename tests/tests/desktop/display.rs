//! An X server of the test's own, and what is seen on it.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flow_tests::desktop::{self, Xvfb};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// The window at 100 %.
pub(crate) const DESIGN: (u16, u16) = (1240, 800);
/// The window's ground and panels.
const GROUNDS: [[u8; 3]; 2] = [[0x0E, 0x11, 0x16], [0x16, 0x1B, 0x22]];
/// What is on, and the output's curve.
const TEAL: [u8; 3] = [0x4F, 0xD1, 0xC0];

/// Ended with the test, whatever happens.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A desktop without a screen. There is one at a time, as the plug-in finds it by this process's environment.
pub(crate) struct Desktop {
    desktop: desktop::Desktop,
    server: Xvfb,
    _alone: MutexGuard<'static, ()>,
}

impl Desktop {
    pub(crate) fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let server = Xvfb::start().expect("Xvfb (Debian: xvfb)");
        // SAFETY: tests that read or write the environment hold the lock.
        unsafe { std::env::set_var("DISPLAY", server.name()) };
        let connect = || desktop::Desktop::connect(Some(server.name())).ok();
        Self {
            desktop: wait_for("server", connect),
            server,
            _alone: alone,
        }
    }

    /// What `DISPLAY` has to be.
    pub(crate) fn name(&self) -> &str {
        self.server.name()
    }

    pub(crate) fn x(&self) -> &RustConnection {
        &self.desktop.x
    }

    /// A plain window of the host's, at a place.
    pub(crate) fn window(&self, place: (i16, i16), size: (u16, u16)) -> Window {
        self.desktop.window(place, size).expect("a window")
    }

    /// The first window of that size on the desktop.
    pub(crate) fn find(&self, size: (u16, u16)) -> Option<Window> {
        let root = self.x().setup().roots.first()?.root;
        self.children(root)
            .into_iter()
            .find(|window| self.size(*window) == Some(size))
    }

    /// The windows in a window.
    pub(crate) fn children(&self, window: Window) -> Vec<Window> {
        let tree = self
            .x()
            .query_tree(window)
            .ok()
            .and_then(|t| t.reply().ok());
        tree.map_or(Vec::new(), |tree| tree.children)
    }

    /// How large a window is.
    pub(crate) fn size(&self, window: Window) -> Option<(u16, u16)> {
        let geometry = self.x().get_geometry(window).ok()?.reply().ok()?;
        Some((geometry.width, geometry.height))
    }

    fn pixels(&self, window: Window) -> Vec<[u8; 3]> {
        let (width, height) = self.size(window).unwrap_or_default();
        let image = self
            .x()
            .get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0)
            .ok()
            .and_then(|image| image.reply().ok());
        let image = image.map_or(Vec::new(), |image| image.data);
        image.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect()
    }

    /// Waits until Flow is seen in all of a window: text, lines and colours on the right ground, neither blank nor
    /// something else.
    pub(crate) fn wait_for_picture(&self, window: Window) {
        wait_for("picture", || {
            let pixels = self.pixels(window);
            let ground = pixels.iter().filter(|p| GROUNDS.contains(p)).count();
            let colors: BTreeSet<_> = pixels.iter().collect();
            let is_flow = 2 * ground > pixels.len() && colors.len() > 100;
            (is_flow && colors.contains(&TEAL)).then_some(())
        });
    }

    /// Waits until what is seen in a window changes.
    pub(crate) fn wait_for_motion(&self, window: Window) {
        let before = self.pixels(window);
        wait_for("motion", || (self.pixels(window) != before).then_some(()));
    }

    /// Whether what is seen in a window stays the same for that long.
    pub(crate) fn is_still(&self, window: Window, time: Duration) -> bool {
        let before = self.pixels(window);
        std::thread::sleep(time);
        self.pixels(window) == before
    }
}

/// Tries until there is something, for a minute at most.
pub(crate) fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
