//! The real standalone app in a real window, on an X server without a screen.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flow_tests::testing::bundle_path;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Ended with the test, whatever happens.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server of its own, and its display.
fn server() -> (Process, String) {
    let child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1600x1000x24"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb (Debian: xvfb)");
    let mut server = Process(child);
    let stdout = server.0.stdout.take().expect("piped");
    let mut display = String::new();
    BufReader::new(stdout)
        .read_line(&mut display)
        .expect("the display's number");
    (server, format!(":{}", display.trim()))
}

/// Tries until there is something, for a minute at most.
fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The first window of that size, and its pixels.
fn window(x: &RustConnection, size: (u16, u16)) -> Option<Window> {
    let root = x.setup().roots.first()?.root;
    let tree = x.query_tree(root).ok()?.reply().ok()?;
    tree.children.into_iter().find(|window| {
        let geometry = x.get_geometry(*window).ok().and_then(|g| g.reply().ok());
        geometry.is_some_and(|g| (g.width, g.height) == size)
    })
}

fn pixels(x: &RustConnection, window: Window, (width, height): (u16, u16)) -> Vec<[u8; 3]> {
    let image = x
        .get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0)
        .ok()
        .and_then(|image| image.reply().ok());
    let image = image.map_or(Vec::new(), |image| image.data);
    image.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect()
}

#[test]
fn the_standalone_app_draws_its_window() {
    const SIZE: (u16, u16) = (1240, 800);
    /// Ground and panels.
    const GROUNDS: [[u8; 3]; 2] = [[0x0E, 0x11, 0x16], [0x16, 0x1B, 0x22]];
    let (_server, display) = server();
    let (x, _) = wait_for("server", || RustConnection::connect(Some(&display)).ok());
    let app = Command::new(bundle_path().with_file_name("Flow"))
        .args(["--backend", "dummy"])
        .env("DISPLAY", &display)
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the standalone app beside the bundle");
    let mut app = Process(app);
    let window = wait_for("window", || window(&x, SIZE));
    // Text, lines and colours on the right ground: neither blank nor something else.
    wait_for("picture", || {
        let pixels = pixels(&x, window, SIZE);
        let ground = pixels.iter().filter(|p| GROUNDS.contains(p)).count();
        let colors: BTreeSet<_> = pixels.iter().collect();
        (2 * ground > pixels.len() && colors.len() > 100).then_some(())
    });
    assert!(
        app.0.try_wait().expect("its state").is_none(),
        "still there"
    );
}
