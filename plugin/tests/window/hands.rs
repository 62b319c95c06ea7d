//! Hands on controls: what the parameter does, and what the host hears.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use crate::stand::{Heard, Stand};

#[test]
fn a_drag_is_one_gesture() {
    let stand = Stand::new();
    let mut window = stand.window([1240.0, 800.0], 1.0);
    window.run();
    let at = window
        .get_by_role_and_label(Role::Slider, "Depth")
        .rect()
        .center();
    window.drag_at(at);
    window.step();
    for by in 1..=10_u8 {
        window.hover_at(at - egui::vec2(0.0, 8.0 * f32::from(by)));
        window.step();
    }
    window.drop_at(at - egui::vec2(0.0, 80.0));
    window.run();
    assert!(stand.param("fldep").normalised() > 0.2);
    let heard = stand.heard.lock().unwrap();
    assert_eq!(heard.first(), Some(&Heard::Begin("fldep".into())));
    assert_eq!(heard.last(), Some(&Heard::End("fldep".into())));
    let ends = heard.iter().filter(|h| matches!(h, Heard::End(_)));
    assert_eq!(ends.count(), 1);
}
