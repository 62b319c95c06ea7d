//! Keys between the editor and the host's window. XTest generates them, so the server delivers them like those of a
//! keyboard.

use std::process::Command;
use std::time::Duration;

use flow_host::clap::Instance;
use flow_testkit::desktop::HostKey;
use flow_testkit::testing::flow_with;
use x11rb::protocol::xproto::{ConnectionExt, KeyButMask, Keycode, Keysym, Window};

use crate::display::{DESIGN, Desktop, wait_for};

const SPACE: Keysym = 0x20;
const CONTROL: Keysym = 0xFFE3;
const UP: Keysym = 0xFF52;
const HOME: Keysym = 0xFF50;
const ENTER: Keysym = 0xFF0D;
/// The knob of Velvet Floor's depth and its value field, at 100 %.
const DEPTH_KNOB: (i16, i16) = (70, 640);
const DEPTH_VALUE: (i16, i16) = (70, 690);
/// A point in the margin, without a control.
const EMPTY: (i16, i16) = (10, 480);
/// A point on the desktop outside the host's window.
const OUTSIDE: (i16, i16) = (2000, 1600);

/// The editor inside a host's window that receives keys.
struct Scene {
    /// Dropped before its X server.
    flow: Instance,
    desktop: Desktop,
    /// The host's window with the input focus.
    focus: Window,
    window: Window,
}

impl Scene {
    /// The host's window around the editor has the focus.
    fn new() -> Self {
        Self::with_focus(|_, host| host)
    }

    /// A window of the host beside the editor has the focus, as in GTK 2.
    fn with_focus_beside() -> Self {
        Self::with_focus(|desktop, host| {
            let beside = desktop.window((0, 0), (1, 1));
            desktop.x().reparent_window(beside, host, -1, -1).unwrap();
            desktop.x().map_window(beside).unwrap();
            beside
        })
    }

    fn with_focus(focus: impl FnOnce(&Desktop, Window) -> Window) -> Self {
        let desktop = Desktop::new();
        let host = desktop.window((0, 0), DESIGN);
        let mut flow = flow_with(&[("fldep", "50 %")]);
        flow.open_window(host).unwrap();
        desktop.wait_for_picture(host);
        let window = desktop.children(host)[0];
        let focus = focus(&desktop, host);
        desktop.input().take_keys(focus).unwrap();
        desktop.input().point(EMPTY).unwrap();
        Self {
            flow,
            desktop,
            focus,
            window,
        }
    }

    fn keycode(&self, keysym: Keysym) -> Keycode {
        let keycode = self.desktop.input().keycode(keysym);
        keycode.expect("the keyboard has this key")
    }

    fn key(&self, keysym: Keysym, is_press: bool) {
        let keycode = self.keycode(keysym);
        self.desktop.input().key(keycode, is_press).unwrap();
    }

    fn stroke(&self, keysym: Keysym) {
        for is_press in [true, false] {
            self.key(keysym, is_press);
        }
    }

    fn click(&self, place: (i16, i16)) {
        let input = self.desktop.input();
        input.point(place).unwrap();
        self.wait_for_frames();
        for is_press in [true, false] {
            input.button(is_press).unwrap();
        }
        self.wait_for_frames();
    }

    /// Drags the knob until it has the editor's keyboard focus and the host gets no arrow keys.
    fn drag_knob(&mut self) {
        let before = self.depth();
        let (x, y) = DEPTH_KNOB;
        self.desktop.input().point(DEPTH_KNOB).unwrap();
        self.wait_for_frames();
        self.desktop.input().button(true).unwrap();
        let mut places = (y - 20..y).rev().cycle();
        wait_for("turn of the knob", || {
            let place = (x, places.next()?);
            self.desktop.input().point(place).unwrap();
            (self.depth() != before).then_some(())
        });
        self.desktop.input().button(false).unwrap();
        self.wait_until_host_gets_arrows(false);
    }

    /// Presses an arrow key repeatedly until the host gets it, or doesn't.
    fn wait_until_host_gets_arrows(&self, is_wanted: bool) {
        wait_for("change of the arrow keys' receiver", || {
            self.stroke(UP);
            (self.host_keys().is_empty() != is_wanted).then_some(())
        });
    }

    /// Waits for some frames of the editor.
    fn wait_for_frames(&self) {
        std::thread::sleep(Duration::from_millis(150));
    }

    fn host_keys(&self) -> Vec<HostKey> {
        self.desktop.input().host_keys()
    }

    /// Waits until the host got two events or more, and returns all that arrive within some frames.
    fn wait_for_stroke(&self) -> Vec<HostKey> {
        let mut keys = Vec::new();
        wait_for("a stroke of a key", || {
            keys.extend(self.host_keys());
            (keys.len() >= 2).then_some(())
        });
        self.wait_for_frames();
        keys.extend(self.host_keys());
        keys
    }

    /// The events of pressing and releasing one key without modifiers, as the server delivers them.
    fn stroke_events(&self, keysym: Keysym) -> Vec<HostKey> {
        [true, false]
            .map(|is_press| HostKey {
                keycode: self.keycode(keysym),
                state: KeyButMask::default(),
                is_press,
                is_synthetic: false,
            })
            .to_vec()
    }

    fn assert_host_gets(&self, keysym: Keysym, when: &str) {
        assert_eq!(self.host_keys(), [], "before the key, {when}");
        self.stroke(keysym);
        assert_eq!(self.host_keys(), self.stroke_events(keysym), "{when}");
    }

    fn wait_for_focus(&self, window: Window) {
        wait_for("focus", || {
            (self.desktop.input().focused() == Some(window)).then_some(())
        });
    }

    /// The depth as text. Setting another parameter makes the plug-in report the editor's changes first.
    fn depth(&mut self) -> String {
        self.flow.set_text("flwrm", "30 %").unwrap();
        self.flow.value_text("fldep").expect("the parameter exists")
    }
}

#[test]
fn space_over_editor_reaches_host() {
    let mut scene = Scene::new();
    scene.assert_host_gets(SPACE, "pointer over Flow's window");
    scene.click(EMPTY);
    scene.assert_host_gets(SPACE, "after a click");
    scene.drag_knob();
    scene.assert_host_gets(SPACE, "after a drag of a knob");
    assert_eq!(scene.desktop.input().focused(), Some(scene.focus));
    scene.flow.close_window();
    scene.assert_host_gets(SPACE, "after the window is closed");
}

#[test]
fn shortcut_over_editor_reaches_host_with_modifier() {
    let mut scene = Scene::new();
    let (control, home) = (scene.keycode(CONTROL), scene.keycode(HOME));
    // A focused control uses Home, but not with Ctrl.
    scene.drag_knob();
    scene.key(CONTROL, true);
    scene.stroke(HOME);
    scene.key(CONTROL, false);
    let keys: Vec<_> = scene
        .host_keys()
        .iter()
        .map(|key| (key.keycode, key.is_press, key.state))
        .collect();
    let (none, held) = (KeyButMask::default(), KeyButMask::CONTROL);
    assert_eq!(
        keys,
        [
            (control, true, none),
            (home, true, held),
            (home, false, held),
            (control, false, held)
        ]
    );
    scene.flow.close_window();
}

fn assert_arrow_key_belongs_to_focused_knob(mut scene: Scene) {
    scene.assert_host_gets(UP, "without a focused control");
    scene.drag_knob();
    let before = scene.depth();
    scene.stroke(UP);
    wait_for("turn", || (scene.depth() != before).then_some(()));
    assert_eq!(scene.host_keys(), []);
    scene.assert_host_gets(SPACE, "with a focused control");
    scene.desktop.input().point(OUTSIDE).unwrap();
    scene.wait_until_host_gets_arrows(true);
    scene.assert_host_gets(UP, "with the pointer elsewhere");
    scene.click(EMPTY);
    scene.wait_until_host_gets_arrows(true);
    scene.assert_host_gets(UP, "after the focus has left the knob");
    scene.flow.close_window();
}

#[test]
fn arrow_key_with_focused_knob_turns_it() {
    assert_arrow_key_belongs_to_focused_knob(Scene::new());
}

#[test]
fn arrow_key_with_focused_knob_and_host_focus_beside_turns_it() {
    assert_arrow_key_belongs_to_focused_knob(Scene::with_focus_beside());
}

#[test]
fn other_key_during_held_arrow_key_reaches_host() {
    let mut scene = Scene::new();
    let space = scene.keycode(SPACE);
    scene.drag_knob();
    for (key, is_press) in [(UP, true), (SPACE, true), (SPACE, false), (UP, false)] {
        scene.key(key, is_press);
    }
    let keys = scene.wait_for_stroke().into_iter();
    let keys: Vec<_> = keys.map(|key| (key.keycode, key.is_press)).collect();
    assert_eq!(keys, [(space, true), (space, false)]);
    scene.flow.close_window();
}

#[test]
fn typed_text_in_value_field_stays_in_editor() {
    let mut scene = Scene::new();
    scene.click(DEPTH_VALUE);
    scene.wait_for_focus(scene.window);
    // The pointer may be outside the editor.
    scene.desktop.input().point(OUTSIDE).unwrap();
    for digit in [0x37, 0x35] {
        scene.stroke(digit);
    }
    scene.key(ENTER, true);
    wait_for("value", || (scene.depth() == "75.0 %").then_some(()));
    scene.wait_for_frames();
    scene.key(ENTER, false);
    scene.wait_for_focus(scene.focus);
    assert_eq!(scene.host_keys(), [], "keys of the value field");
    scene.assert_host_gets(SPACE, "after the typing");
    scene.flow.close_window();
}

#[test]
fn editor_closed_while_typing_returns_focus_to_host() {
    let mut scene = Scene::new();
    scene.click(DEPTH_VALUE);
    scene.wait_for_focus(scene.window);
    scene.flow.close_window();
    assert_eq!(scene.desktop.input().focused(), Some(scene.focus));
    scene.assert_host_gets(SPACE, "after the window is closed");
}

#[test]
fn key_with_host_focus_on_editor_is_forwarded_once() {
    let mut scene = Scene::new();
    scene.desktop.input().focus(scene.window).unwrap();
    wait_for("forwarding", || {
        scene.desktop.input().takes_keys(scene.window).then_some(())
    });
    scene.stroke(SPACE);
    let mut expected = scene.stroke_events(SPACE);
    expected.iter_mut().for_each(|key| key.is_synthetic = true);
    assert_eq!(scene.wait_for_stroke(), expected);
    scene.desktop.input().focus(scene.focus).unwrap();
    wait_for("end of forwarding", || {
        (!scene.desktop.input().takes_keys(scene.window)).then_some(())
    });
    scene.assert_host_gets(SPACE, "after the focus is back");
    scene.flow.close_window();
}

/// Hosts may read the property as soon as the window exists.
#[test]
fn editor_window_after_opening_has_xembed_info() {
    let desktop = Desktop::new();
    let host = desktop.window((0, 0), DESIGN);
    let mut flow = flow_with(&[]);
    flow.open_window(host).unwrap();
    let window = desktop.children(host)[0];
    let info = desktop.input().property(window, "_XEMBED_INFO");
    assert_eq!(info, Some(vec![0, 0]), "version and flags");
    flow.close_window();
}

/// A child process runs the test, because the plug-in logs to standard error.
#[test]
fn editor_closed_by_host_logs_no_warning() {
    let test = "embedded::instance_dropped_with_open_window_closes_it";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    assert!(!messages.contains("WARN"), "{messages}");
}
