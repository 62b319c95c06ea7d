//! The pages of the app by keyboard.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use super::{APP_SIZE, AppFixture};
use crate::fixture::{draw_until, has_label};
use crate::keyboard::check_tab_order;
use crate::keyboard::focus::focused;

#[test]
fn pages_by_keyboard_take_the_focus_and_return_it_with_escape() {
    let mut app = AppFixture::playing_demo(APP_SIZE);
    for (opener, first) in [
        ("Open…", "Up"),
        ("Render…", "WAV 16"),
        ("Record…", "WAV 24"),
        ("Audio…", ""),
    ] {
        app.window.get_by_label(opener).focus();
        app.window.run_steps(3);
        app.window.key_press(Key::Enter);
        app.window.run_steps(3);
        if opener == "Open…" {
            draw_until(&mut app.window, "the folder", |window| {
                let file = window.query_by_role_and_label(Role::Button, "Dawn chorus.wav");
                file.is_some()
            });
        }
        let entered = focused(&app.window);
        assert_ne!(entered, opener);
        assert!(entered.starts_with(first), "{opener}: {entered}");
        check_tab_order(&mut app.window, opener);
        // It may be in a text field, which takes the first one.
        for _ in 0..2 {
            if focused(&app.window) != opener {
                app.window.key_press(Key::Escape);
                app.window.run_steps(3);
            }
        }
        assert!(has_label(&app.window, "Velvet Floor details"), "{opener}");
        assert_eq!(focused(&app.window), opener);
    }
}
