//! An X server of the test's own, and what is seen on it.

use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flow_testkit::desktop::{self, Xvfb};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

/// The window at 100 %.
pub(crate) const DESIGN: (u16, u16) = (1240, 800);
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
        self.desktop.children(window)
    }

    /// How large a window is.
    pub(crate) fn size(&self, window: Window) -> Option<(u16, u16)> {
        self.desktop.size(window)
    }

    /// Clicks into the plug-in's window.
    pub(crate) fn click(&self, parent: Window, place: (i16, i16)) {
        self.desktop.click(parent, place).expect("a window");
    }

    /// The server, for keys and the pointer.
    pub(crate) fn input(&self) -> &desktop::Desktop {
        &self.desktop
    }

    fn pixels(&self, window: Window) -> Vec<[u8; 3]> {
        self.desktop.pixels(window)
    }

    /// Waits until Flow is seen in all of a window.
    pub(crate) fn wait_for_picture(&self, window: Window) {
        wait_for("picture", || self.desktop.shows_flow(window).then_some(()));
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
