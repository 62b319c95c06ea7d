//! Colors and motion of the window.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_plugin::editor::model::preferences_file::display_options::ColorTheme;
use flow_plugin::editor::widgets::theme::palette::Palette;

use crate::fixture::{EditorFixture, has_label, press};
use crate::snapshots::{PRESET_FOLDER, WARM_AND_WIDE, compare};

/// The frames in which an open menu fades in.
const STEPS: usize = 12;

fn choose(window: &mut Harness<'_>, name: &str) {
    press(window, "More");
    window.run_steps(STEPS);
    press(window, name);
    window.run_steps(STEPS);
    window.key_press(egui::Key::Escape);
    window.run_steps(STEPS);
}

/// The color of the window's corner, and egui's own background.
fn grounds(window: &mut Harness<'_>) -> [egui::Color32; 2] {
    let picture = window.render().unwrap();
    let [r, g, b, _] = picture.get_pixel(2, 2).0;
    let visuals = &window.ctx.global_style().visuals;
    [egui::Color32::from_rgb(r, g, b), visuals.panel_fill]
}

#[test]
fn every_theme_is_drawn_and_remembered() {
    let fixture = EditorFixture::new();
    for (theme, name) in ColorTheme::ALL {
        let mut window = fixture.personalized_window();
        window.run();
        choose(&mut window, name);
        let expected = [Palette::of(theme).background; 2];
        assert_eq!(grounds(&mut window), expected, "{name}");
        drop(window);
        let mut window = fixture.personalized_window();
        window.run();
        assert_eq!(grounds(&mut window), expected, "{name} again");
    }
}

/// Music in the colors of a theme, with what its menu chooses.
fn picture(theme: &str, name: &str) {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.design_window();
    choose(&mut window, theme);
    window.hover_at(egui::pos2(4.0, 4.0));
    fixture.play(&mut window, 20.0, 8.0);
    compare(&mut window, name, &[]);
}

#[test]
fn picture_in_light_colors_matches() {
    picture("Light", "theme_light");
}

#[test]
fn picture_in_high_contrast_matches() {
    picture("High contrast", "theme_high_contrast");
}

#[test]
fn picture_in_color_blind_safe_colors_matches() {
    picture("Color-blind safe", "theme_color_blind_safe");
}

/// The preset browser in the colors of a theme, with a field, a checkbox and buttons.
fn browser_picture(theme: &str, name: &str) {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([930.0, 600.0], 1.0);
    window.run();
    choose(&mut window, theme);
    press(&mut window, "Next preset");
    press(&mut window, "Presets");
    window.hover_at(egui::pos2(4.0, 4.0));
    window.run_steps(STEPS);
    compare(&mut window, name, &[PRESET_FOLDER]);
}

#[test]
fn picture_of_the_presets_in_light_colors_matches() {
    browser_picture("Light", "presets_light");
}

#[test]
fn picture_of_the_presets_in_high_contrast_matches() {
    browser_picture("High contrast", "presets_high_contrast");
}

#[test]
fn picture_of_the_presets_in_color_blind_safe_colors_matches() {
    browser_picture("Color-blind safe", "presets_color_blind_safe");
}

/// The numbers of the correlation that a second of music shows.
fn shown_correlations(fixture: &mut EditorFixture, window: &mut Harness<'_>) -> usize {
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 1.0);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    let mut shown = Vec::new();
    for (left, right) in left.chunks_mut(800).zip(right.chunks_mut(800)) {
        fixture.process(&mut [left, right]);
        window.step();
        let label = window.get_by_label_contains("correlation ");
        let text = label
            .accesskit_node()
            .label()
            .or(label.accesskit_node().value());
        shown.push(text.unwrap());
    }
    shown.dedup();
    shown.len()
}

#[test]
fn meters_with_reduced_motion_step_four_times_a_second() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let usual = shown_correlations(&mut fixture, &mut window);
    assert!(usual > 8, "{usual}");
    choose(&mut window, "Reduced motion");
    let reduced = shown_correlations(&mut fixture, &mut window);
    assert!((2..=6).contains(&reduced), "{reduced}");
    // The last step shows the newest readings, and then nothing moves.
    window.run();
    assert_eq!(window.ctx.global_style().animation_time, 0.0);
    press(&mut window, "More");
    window.run();
    let row = window.get_by_role_and_label(Role::Switch, "Reduced motion");
    assert_eq!(
        row.accesskit_node().toggled(),
        Some(egui::accesskit::Toggled::True)
    );
    assert!(has_label(&window, "High contrast"));
}
