//! The standalone app in its own window.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use flow_audio_file::OutputFormat;
use flow_testkit::testing::bundle_path;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt, EventMask, Window};

use crate::display::{Desktop, Process, wait_for};
use crate::file_drop::drop_file;

/// The size of the app's window at 100 %.
const DESIGN: (u16, u16) = (1240, 868);
/// The key symbol of the space bar.
const SPACE: u32 = 0x20;

fn app() -> Command {
    Command::new(bundle_path().with_file_name("Flow"))
}

/// The app with dummy audio, in its window. Its session lies in `folder`.
fn start(desktop: &Desktop, folder: &Path, song: Option<&Path>) -> (Process, Window) {
    let mut arguments = vec![Path::new("--backend=dummy")];
    arguments.extend(song);
    start_with(desktop, folder, &arguments)
}

/// The app in its window. Its session lies in `folder`.
fn start_with(desktop: &Desktop, folder: &Path, arguments: &[&Path]) -> (Process, Window) {
    start_as_large_as(DESIGN, desktop, folder, arguments)
}

/// The app in its window of that size. Its session lies in `folder`.
fn start_as_large_as(
    size: (u16, u16),
    desktop: &Desktop,
    folder: &Path,
    arguments: &[&Path],
) -> (Process, Window) {
    let app = app()
        .args(arguments)
        .env("DISPLAY", desktop.name())
        .env("XDG_DATA_HOME", folder)
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the standalone app lies beside the bundle");
    let mut app = Process(app);
    let window = wait_for("window", || desktop.find(size));
    desktop.wait_for_picture(window);
    let status = app.0.try_wait().expect("the app's state can be read");
    assert!(status.is_none(), "the app ended");
    (app, window)
}

/// Closes a window as a window manager does, and waits for the end of the app.
fn close(desktop: &Desktop, (mut app, window): (Process, Window)) {
    let x = desktop.x();
    let atom = |name: &str| {
        let atom = x.intern_atom(false, name.as_bytes()).unwrap();
        atom.reply().unwrap().atom
    };
    let data = [atom("WM_DELETE_WINDOW"), 0, 0, 0, 0];
    let event = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
    x.send_event(false, window, EventMask::NO_EVENT, event)
        .unwrap();
    x.flush().unwrap();
    let status = wait_for("end", || app.0.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

fn press_space(desktop: &Desktop, window: Window) {
    let input = desktop.input();
    input.focus(window).unwrap();
    let key = input.keycode(SPACE).expect("a space bar");
    input.key(key, true).unwrap();
    input.key(key, false).unwrap();
}

fn song_in(folder: &Path) -> PathBuf {
    let path = folder.join("Dawn.wav");
    let song = flow_demo_song::demo_excerpt(44_100, 20.0, 30.0);
    flow_audio_file::write(&path, &OutputFormat::WAV_24, &song).unwrap();
    path
}

fn session(folder: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(folder.join("Flow/standalone.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn standalone_app_with_dummy_audio_draws_its_window() {
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let app = start(&desktop, folder.path(), None);
    close(&desktop, app);
    assert!(session(folder.path())["song"].is_null());
}

#[test]
fn standalone_app_with_a_scale_factor_opens_a_larger_window() {
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--backend=dummy", "--dpi-scale=1.5"].map(Path::new);
    let size = (DESIGN.0 * 3 / 2, DESIGN.1 * 3 / 2);
    let app = start_as_large_as(size, &desktop, folder.path(), &arguments);
    close(&desktop, app);
}

#[test]
fn standalone_app_plays_its_song_and_goes_on_with_it_after_a_restart() {
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let song = song_in(folder.path());
    let app = start(&desktop, folder.path(), Some(&song));
    let position_s = |app: (Process, Window)| {
        press_space(&desktop, app.1);
        desktop.wait_for_motion(app.1);
        std::thread::sleep(Duration::from_millis(700));
        close(&desktop, app);
        let session = session(folder.path());
        assert_eq!(session["song"]["path"], song.to_str().unwrap());
        session["song"]["position_s"].as_f64().unwrap()
    };
    let first_s = position_s(app);
    assert!(first_s > 0.3, "{first_s}");
    // The space bar plays the song of the last session.
    let second_s = position_s(start(&desktop, folder.path(), None));
    assert!(second_s > first_s, "{first_s}, {second_s}");
}

#[test]
fn song_dropped_on_the_standalone_app_opens() {
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let song = song_in(folder.path());
    let app = start(&desktop, folder.path(), None);
    assert!(drop_file(&desktop, app.1, (200, 400), &song));
    // The session is written some seconds after a change.
    let path = folder.path().join("Flow/standalone.json");
    wait_for("song", || {
        let text = std::fs::read_to_string(&path).ok()?;
        text.contains("Dawn.wav").then_some(())
    });
    close(&desktop, app);
}

#[test]
fn restart_on_the_page_of_devices_opens_a_new_window_with_the_same_session() {
    /// The places of *Audio…* and *Restart* at 100 %.
    const BUTTONS: [(i16, i16); 2] = [(1149, 89), (177, 778)];
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let song = song_in(folder.path());
    let (app, _) = start(&desktop, folder.path(), Some(&song));
    for place in BUTTONS {
        let input = desktop.input();
        // The page of the first button appears, and the pointer arrives.
        std::thread::sleep(Duration::from_millis(700));
        input.point(place).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        input.button(true).unwrap();
        input.button(false).unwrap();
    }
    // The new window may have the number of the old one.
    wait_for("closed window", || {
        desktop.find(DESIGN).is_none().then_some(())
    });
    let second = wait_for("new window", || desktop.find(DESIGN));
    desktop.wait_for_picture(second);
    close(&desktop, (app, second));
    assert_eq!(
        session(folder.path())["song"]["path"],
        song.to_str().unwrap()
    );
    assert!(folder.path().join("Flow/standalone-audio.json").exists());
}

#[test]
fn standalone_app_with_saved_devices_that_are_gone_starts_without_them() {
    let desktop = Desktop::new();
    let folder = tempfile::tempdir().unwrap();
    let flow = folder.path().join("Flow");
    std::fs::create_dir(&flow).unwrap();
    let saved = r#"{"backend": "system", "output": "A device that is gone"}"#;
    std::fs::write(flow.join("standalone-audio.json"), saved).unwrap();
    let app = start_with(&desktop, folder.path(), &[]);
    close(&desktop, app);
    let kept = std::fs::read_to_string(flow.join("standalone-audio.json")).unwrap();
    assert_eq!(kept, saved);
}

#[test]
fn standalone_app_ended_by_a_signal_saves_its_session() {
    let desktop = Desktop::new();
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let song = song_in(folder.path());
        let (mut app, _window) = start(&desktop, folder.path(), Some(&song));
        let process = app.0.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &process]).status();
        assert!(sent.unwrap().success());
        let status = wait_for("end", || app.0.try_wait().unwrap());
        assert!(status.success(), "{signal}: {status}");
        assert_eq!(
            session(folder.path())["song"]["path"],
            song.to_str().unwrap()
        );
    }
}

fn run(arguments: &[&Path]) -> Output {
    app()
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap()
}

#[test]
fn standalone_app_with_an_odd_song_names_the_reason_and_exits_with_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&[
        Path::new("--backend=dummy"),
        &folder.path().join("missing.wav"),
    ]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.ends_with("missing.wav: there is no such file\n"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1);
}

#[test]
fn standalone_app_describes_songs_and_options_in_its_help() {
    let output = run(&[Path::new("--help")]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for text in [
        "Usage: Flow [SONG] [OPTIONS]",
        "SONG may be WAV",
        "--output-device",
    ] {
        assert!(stdout.contains(text), "{stdout}");
    }
}

#[test]
fn standalone_app_knows_every_option_of_its_help() {
    let output = run(&[Path::new("--help")]);
    let help = String::from_utf8(output.stdout).unwrap();
    let words = help
        .lines()
        .flat_map(|line| line.split_whitespace().take(2));
    let options = words.filter(|word| word.starts_with("--") && !word.starts_with("--help"));
    let mut count = 0;
    for option in options {
        let output = run(&[Path::new(option)]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{option}: {stderr}");
        assert!(stderr.contains("its value is missing"), "{stderr}");
        count += 1;
    }
    assert!(count > 10, "{help}");
}

#[test]
fn standalone_app_that_cannot_start_ends_with_one_line() {
    for (arguments, code, words) in [
        (&["--backend=dummy"][..], 1, "there is no display"),
        (&["-r", "0"], 2, "--sample-rate 0: it is a whole number"),
        (&["--turbo"], 2, "there is no such option"),
    ] {
        let arguments: Vec<&Path> = arguments.iter().map(Path::new).collect();
        let output = run(&arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    let output = run(&[Path::new("--version")]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert_eq!(stdout.trim(), concat!("Flow ", env!("CARGO_PKG_VERSION")));
}
