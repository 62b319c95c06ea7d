//! The standalone app in its own window.

use std::process::{Command, Stdio};

use flow_testkit::testing::bundle_path;

use crate::display::{DESIGN, Desktop, Process, wait_for};

#[test]
fn standalone_app_with_dummy_audio_draws_its_window() {
    let desktop = Desktop::new();
    let app = Command::new(bundle_path().with_file_name("Flow"))
        .args(["--backend", "dummy"])
        .env("DISPLAY", desktop.name())
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the standalone app lies beside the bundle");
    let mut app = Process(app);
    let window = wait_for("window", || desktop.find(DESIGN));
    desktop.wait_for_picture(window);
    assert!(
        app.0
            .try_wait()
            .expect("the app's state can be read")
            .is_none(),
        "the app ended"
    );
}
