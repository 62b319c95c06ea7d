//! A virtual X display for one test, and waiting for its content.

use std::process::Child;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use flow_platform::mutex::lock;
use flow_testkit::desktop;
use flow_testkit::xvfb::Xvfb;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

/// The editor's size at 100 %.
pub(crate) const DESIGN: (u16, u16) = (1240, 800);
/// A process that ends when this is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A virtual desktop. A process has one at a time, because the plug-in finds it by the environment.
pub(crate) struct Desktop {
    desktop: desktop::Desktop,
    server: Xvfb,
    /// The user's data, so that no choice of another test or of the user counts.
    _data: tempfile::TempDir,
    _lock: MutexGuard<'static, ()>,
}

impl Desktop {
    pub(crate) fn new() -> Self {
        static LOCK: Mutex<()> = Mutex::new(());
        let lock = lock(&LOCK);
        let server = Xvfb::start().expect("Xvfb starts (Debian: xvfb)");
        // SAFETY: tests that read or write the environment hold the lock.
        unsafe { std::env::set_var("DISPLAY", server.name()) };
        let data = tempfile::tempdir().expect("a temporary folder");
        // SAFETY: as above.
        unsafe { std::env::set_var("XDG_DATA_HOME", data.path()) };
        let connect = || desktop::Desktop::connect(Some(server.name())).ok();
        Self {
            desktop: wait_for("server", connect),
            server,
            _data: data,
            _lock: lock,
        }
    }

    /// The value for `DISPLAY`.
    pub(crate) fn name(&self) -> &str {
        self.server.name()
    }

    pub(crate) fn x(&self) -> &RustConnection {
        &self.desktop.x
    }

    /// Creates a plain window of a host.
    pub(crate) fn window(&self, place: (i16, i16), size: (u16, u16)) -> Window {
        self.desktop.window(place, size).expect("the window exists")
    }

    /// The first window of that size on the desktop.
    pub(crate) fn find(&self, size: (u16, u16)) -> Option<Window> {
        let root = self.x().setup().roots.first()?.root;
        self.children(root)
            .into_iter()
            .find(|window| self.size(*window) == Some(size))
    }

    /// The children of a window.
    pub(crate) fn children(&self, window: Window) -> Vec<Window> {
        self.desktop.children(window)
    }

    /// The size of a window; none if it is closed.
    pub(crate) fn size(&self, window: Window) -> Option<(u16, u16)> {
        self.desktop.size(window)
    }

    /// Clicks into the plug-in's window inside `parent`.
    pub(crate) fn click(&self, parent: Window, place: (i16, i16)) {
        self.desktop.click(parent, place).expect("a window");
    }

    /// The desktop, for keys and the pointer.
    pub(crate) fn input(&self) -> &desktop::Desktop {
        &self.desktop
    }

    fn pixels(&self, window: Window) -> Vec<[u8; 3]> {
        self.desktop.pixels(window)
    }

    /// Waits until Flow fills a window.
    pub(crate) fn wait_for_picture(&self, window: Window) {
        wait_for("picture", || self.desktop.shows_flow(window).then_some(()));
    }

    /// Waits until a window's content changes.
    pub(crate) fn wait_for_motion(&self, window: Window) {
        let before = self.pixels(window);
        wait_for("motion", || (self.pixels(window) != before).then_some(()));
    }

    /// Whether a window's content stays the same for that time.
    pub(crate) fn is_still(&self, window: Window, time: Duration) -> bool {
        let before = self.pixels(window);
        std::thread::sleep(time);
        self.pixels(window) == before
    }
}

/// Polls until `poll` returns a value, and panics after four minutes.
pub(crate) fn wait_for<T>(name: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(240),
            "no {name} within four minutes"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
