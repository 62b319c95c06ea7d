//! The zoom of the spectrum's frequency axis.

use egui::accesskit::Role;
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, pos2,
    vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::fixture::{EditorFixture, drag, has_label, press};
use crate::snapshots::{WARM_AND_WIDE, compare};

/// The plot's left and right end in a window at 100 %.
const ENDS: [f32; 2] = [64.0, 840.0];

/// Both ends of the axis, Hz.
fn ends_hz(window: &Harness<'_>) -> [f32; 2] {
    let plot = window.get_by_role_and_label(Role::Slider, "Frequency range");
    let text = plot.accesskit_node().value().unwrap();
    let (range, _) = text.split_once(';').unwrap();
    let (low, high) = range.split_once(" to ").unwrap();
    [low, high].map(|end| {
        let (number, unit) = end.split_once(' ').unwrap();
        let factor = if unit == "kHz" { 1000.0 } else { 1.0 };
        factor * number.parse::<f32>().unwrap()
    })
}

const WHOLE: [f32; 2] = [20.0, 20_000.0];

/// The frequency at a point.
fn hz_at(window: &Harness<'_>, x: f32) -> f32 {
    let [low, high] = ends_hz(window);
    let share = (x - ENDS[0]) / (ENDS[1] - ENDS[0]);
    low * (high / low).powf(share)
}

/// Turns the wheel with Ctrl.
fn ctrl_wheel(window: &mut Harness<'_>, at: Pos2, points: f32) {
    window.hover_at(at);
    window.step();
    window.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: Modifiers::COMMAND,
        },
        Modifiers::COMMAND,
    );
    window.run_steps(30);
}

fn middle_button(window: &mut Harness<'_>, pos: Pos2, pressed: bool) {
    window.event(Event::PointerButton {
        pos,
        button: PointerButton::Middle,
        pressed,
        modifiers: Modifiers::NONE,
    });
    window.step();
}

#[test]
fn wheel_with_ctrl_zooms_at_the_pointer_and_a_pinch_too() {
    let fixture = EditorFixture::new();
    fixture.set(&[("b1hz", "700 Hz")]);
    let mut window = fixture.design_window();
    assert_eq!(ends_hz(&window), WHOLE);
    // Over a handle, too: its Q stays.
    let bell = window.get_by_role_and_label(Role::Slider, "Bell 1 handle");
    let at = bell.rect().center();
    let (before_hz, q) = (hz_at(&window, at.x), fixture.text("b1q"));
    ctrl_wheel(&mut window, at, 200.0);
    let [low, high] = ends_hz(&window);
    assert!(low > 30.0 && high < 15_000.0, "{low} to {high}");
    assert!((hz_at(&window, at.x) / before_hz - 1.0).abs() < 0.02);
    assert_eq!(fixture.text("b1q"), q);
    window.event(Event::Zoom(2.0));
    window.run_steps(2);
    let [narrow_low, narrow_high] = ends_hz(&window);
    let ratio = (high / low).ln() / (narrow_high / narrow_low).ln();
    assert!((ratio - 2.0).abs() < 0.05, "{ratio}");
    // Another window shows the whole axis.
    drop(window);
    assert_eq!(ends_hz(&fixture.design_window()), WHOLE);
    assert!(!fixture.has_host_events());
}

#[test]
fn middle_button_pans_and_double_click_or_button_show_the_whole_range() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let at = pos2(600.0, 130.0);
    for way in ["double click", "button"] {
        assert!(!has_label(&window, "Whole range"), "{way}");
        ctrl_wheel(&mut window, at, 200.0);
        let pointed_hz = hz_at(&window, at.x);
        let [low, high] = ends_hz(&window);
        middle_button(&mut window, at, true);
        let to = at + vec2(-120.0, 0.0);
        for step in 1..=4_u8 {
            window.hover_at(at + (to - at) * f32::from(step) / 4.0);
            window.step();
        }
        middle_button(&mut window, to, false);
        let moved = ends_hz(&window);
        assert!(moved[0] > low && moved[1] > high, "{way}: {moved:?}");
        assert!((hz_at(&window, to.x) / pointed_hz - 1.0).abs() < 0.05);
        if way == "button" {
            press(&mut window, "Whole range");
        } else {
            for _ in 0..2 {
                window.drag_at(at);
                window.drop_at(at);
                window.step();
            }
        }
        window.run_steps(2);
        assert_eq!(ends_hz(&window), WHOLE, "{way}");
    }
}

#[test]
fn focused_plot_zooms_and_pans_by_keys_and_shows_a_focused_handle() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let plot = window.get_by_role_and_label(Role::Slider, "Frequency range");
    plot.focus();
    window.run_steps(2);
    let press_key = |window: &mut Harness<'_>, key: Key| {
        window.key_press(key);
        window.run_steps(2);
    };
    (0..8).for_each(|_| press_key(&mut window, Key::ArrowUp));
    let [low, high] = ends_hz(&window);
    assert!(low > 100.0 && high < 5000.0, "{low} to {high}");
    press_key(&mut window, Key::ArrowLeft);
    assert!(ends_hz(&window)[0] < low);
    press_key(&mut window, Key::ArrowDown);
    let [low, high] = ends_hz(&window);
    // Air is at 12 kHz: its handle comes into view with the focus.
    assert!(high < 12_000.0);
    let handle = window.get_by_role_and_label(Role::Slider, "Air handle");
    handle.focus();
    window.run_steps(3);
    let moved = ends_hz(&window);
    assert!(moved[1] > 12_000.0, "{moved:?}");
    assert!(((moved[1] / moved[0]) / (high / low) - 1.0).abs() < 0.02);
    let plot = window.get_by_role_and_label(Role::Slider, "Frequency range");
    plot.focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_steps(2);
    assert_eq!(ends_hz(&window), WHOLE);
}

#[test]
fn bell_dragged_in_a_part_of_the_axis_stays_under_the_pointer() {
    let fixture = EditorFixture::new();
    fixture.set(&[("b1hz", "700 Hz")]);
    let mut window = fixture.design_window();
    ctrl_wheel(&mut window, pos2(500.0, 130.0), 300.0);
    let place = |window: &Harness<'_>| {
        let bell = window.get_by_role_and_label(Role::Slider, "Bell 1 handle");
        bell.rect().center()
    };
    let before = place(&window);
    drag(&mut window, "Bell 1 handle", vec2(120.0, -30.0));
    let moved = place(&window) - before;
    assert!((moved - vec2(120.0, -30.0)).length() < 1.5, "{moved:?}");
    let shown_hz = hz_at(&window, place(&window).x);
    let set = fixture.text("b1hz");
    let set_hz: f32 = set.trim_end_matches(" Hz").parse().unwrap();
    assert!((shown_hz / set_hz - 1.0).abs() < 0.02, "{shown_hz} {set}");
}

#[test]
fn picture_of_a_part_of_the_spectrum_matches() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.design_window();
    ctrl_wheel(&mut window, pos2(420.0, 130.0), 260.0);
    window.hover_at(pos2(4.0, 4.0));
    fixture.play(&mut window, 20.0, 8.0);
    compare(&mut window, "spectrum_zoomed", &[]);
}
