//! Handles and lines in pictures, which stay under the pointer.

use egui::accesskit::Role;
use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::fixture::{EditorFixture, HostEvent, drag, press, stage_window};

/// The place of a handle, pixels.
fn center(window: &Harness<'_>, label: &str) -> egui::Pos2 {
    let handle = window.get_by_role_and_label(Role::Slider, label);
    handle.rect().center()
}

/// Drags a handle and fails unless it moves by `expected`.
fn check_drag(window: &mut Harness<'_>, label: &str, by: Vec2, expected: Vec2) {
    let before = center(window, label);
    drag(window, label, by);
    let off = center(window, label) - before - expected;
    assert!(off.length() < 1.5, "{label} is off by {off}");
}

#[test]
fn handles_in_the_spectrum_follow_the_pointer() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for anchor in ["Body", "Soul", "Silk", "Air"] {
        let label = format!("{anchor} handle");
        // An anchor has a fixed frequency.
        check_drag(&mut window, &label, vec2(30.0, -20.0), vec2(0.0, -20.0));
        check_drag(&mut window, &label, vec2(0.0, 20.0), vec2(0.0, 20.0));
    }
    for label in ["Bell 1 handle", "Bell 2 handle"] {
        let by = vec2(70.0, -25.0);
        check_drag(&mut window, label, by, by);
        // Beyond the largest gain the handle waits for the pointer.
        check_drag(&mut window, label, vec2(-90.0, 500.0), vec2(-90.0, 67.4));
    }
}

#[test]
fn lines_and_rings_of_the_details_follow_the_pointer() {
    const MULTIBAND: [&str; 2] = ["Master Chain", "Multiband"];
    for (stage, label, by, expected) in [
        (
            MULTIBAND,
            "Mid band threshold line",
            [5.0, 30.0],
            [0.0, 30.0],
        ),
        (MULTIBAND, "Low crossover line", [40.0, 9.0], [40.0, 0.0]),
        (MULTIBAND, "High crossover line", [-60.0, 0.0], [-60.0, 0.0]),
        (
            ["Master Chain", "Mid/side"],
            "Side threshold handle",
            [-30.0, 30.0],
            [-30.0, 30.0],
        ),
        (
            ["Master Chain", "Glue"],
            "Glue threshold handle",
            [-30.0, 30.0],
            [-30.0, 30.0],
        ),
        (
            ["Master Chain", "Limiter"],
            "Ceiling handle",
            [-20.0, 20.0],
            [-20.0, 20.0],
        ),
        (
            ["Velvet Curve", "Match"],
            "Match 880 Hz handle",
            [10.0, -20.0],
            [0.0, -20.0],
        ),
        (
            ["Velvet Curve", "Match"],
            "Match 40 Hz handle",
            [0.0, 15.0],
            [0.0, 15.0],
        ),
    ] {
        let fixture = EditorFixture::new();
        let mut window = stage_window(&fixture, stage);
        check_drag(&mut window, label, by.into(), expected.into());
    }
}

#[test]
fn lines_of_phase_weave_follow_the_pointer() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Phase Weave details");
    window.run();
    let by = vec2(25.0, 4.0);
    check_drag(&mut window, "Mono below line", by, vec2(25.0, 0.0));
    let by = vec2(9.0, -30.0);
    check_drag(&mut window, "Width handle", by, vec2(0.0, -30.0));
    assert!(fixture.param("wemof").normalized() > fixture.param("wemof").default_normalized());
    assert!(fixture.param("wewid").normalized() > 0.6);
}

#[test]
fn bell_drag_is_one_gesture_of_two_parameters_and_one_undo_step() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    drag(&mut window, "Bell 1 handle", vec2(60.0, -30.0));
    let hz = fixture.param("b1hz");
    assert!(hz.normalized() > hz.default_normalized());
    assert!(fixture.param("b1db").normalized() > 0.6);
    let events = fixture.host_events.lock().unwrap().clone();
    let begin = |id: &str| HostEvent::Begin(id.into());
    let end = |id: &str| HostEvent::End(id.into());
    let [first, second, sets @ .., last_but_one, last] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!([first, second], [&begin("b1hz"), &begin("b1db")]);
    assert_eq!([last_but_one, last], [&end("b1hz"), &end("b1db")]);
    assert!(sets.iter().all(|event| matches!(event, HostEvent::Set(..))));
    press(&mut window, "Undo last change");
    for id in ["b1hz", "b1db"] {
        let param = fixture.param(id);
        assert_eq!(param.normalized(), param.default_normalized(), "{id}");
    }
}

/// Turns the wheel over a handle by pixels.
fn turn_wheel(window: &mut Harness<'_>, label: &str, by: f32) {
    window.hover_at(center(window, label));
    window.step();
    window.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, by),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    // The wheel glides.
    window.run_steps(30);
}

#[test]
fn wheel_over_a_bell_turns_q_as_one_undo_step() {
    let fixture = EditorFixture::new();
    fixture.set(&[("b2q", "0.4")]);
    let q = fixture.param("b2q");
    let before = q.normalized();
    let mut window = fixture.design_window();
    turn_wheel(&mut window, "Bell 2 handle", 100.0);
    let moved = q.normalized() - before;
    assert!((moved - 0.04).abs() < 0.005, "four notches: {moved}");
    press(&mut window, "Undo last change");
    assert_eq!(q.normalized(), before);
}

#[test]
fn double_click_ctrl_click_and_menu_reset_a_whole_bell_in_one_step() {
    for way in ["double click", "Ctrl-click", "menu"] {
        let fixture = EditorFixture::new();
        let set = [
            ("b1hz", "900 Hz"),
            ("b1db", "3 dB"),
            ("b1q", "4"),
            ("b1ch", "Side"),
        ];
        fixture.set(&set);
        let mut window = fixture.design_window();
        let handle = |window: &mut Harness<'_>, click: &dyn Fn(&egui_kittest::Node<'_>)| {
            click(&window.get_by_role_and_label(Role::Slider, "Bell 1 handle"));
            window.step();
        };
        match way {
            "double click" => {
                handle(&mut window, &|node| node.click());
                handle(&mut window, &|node| node.click());
            }
            "Ctrl-click" => handle(&mut window, &|node| {
                node.click_modifiers(Modifiers::COMMAND)
            }),
            _ => {
                handle(&mut window, &|node| node.click_secondary());
                window.run();
                press(&mut window, "Reset Bell 1");
            }
        }
        window.run();
        for id in ["b1hz", "b1db", "b1q", "b1ch"] {
            let param = fixture.param(id);
            let default = param.default_normalized();
            assert_eq!(param.normalized(), default, "{way}: {id}");
        }
        press(&mut window, "Undo last change");
        for (id, text) in [("b1db", "3.00 dB"), ("b1q", "4.00"), ("b1ch", "Side")] {
            assert_eq!(fixture.text(id), text, "{way}");
        }
    }
}

#[test]
fn menu_of_a_bell_changes_its_channels() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let handle = window.get_by_role_and_label(Role::Slider, "Bell 2 handle");
    handle.click_secondary();
    window.run();
    press(&mut window, "Side");
    assert_eq!(fixture.text("b2ch"), "Side");
}
