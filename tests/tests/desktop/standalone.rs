//! The real standalone app in a real window.

use std::process::{Command, Stdio};

use flow_testkit::testing::bundle_path;

use crate::display::{DESIGN, Desktop, Process, wait_for};

#[test]
fn the_standalone_app_draws_its_window() {
    let desktop = Desktop::new();
    let app = Command::new(bundle_path().with_file_name("Flow"))
        .args(["--backend", "dummy"])
        .env("DISPLAY", desktop.name())
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the standalone app beside the bundle");
    let mut app = Process(app);
    let window = wait_for("window", || desktop.find(DESIGN));
    desktop.wait_for_picture(window);
    assert!(
        app.0.try_wait().expect("its state").is_none(),
        "still there"
    );
}
