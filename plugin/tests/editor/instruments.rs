//! The instruments of the Master Chain.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flow_params::ParameterId;

use crate::fixture::{EditorFixture, press};

fn open(fixture: &EditorFixture, stage: &str) -> Harness<'static> {
    let mut window = fixture.design_window();
    press(&mut window, "Master Chain details");
    window.run();
    press(&mut window, stage);
    window.run();
    window
}

/// Drags a control by some pixels.
fn drag(window: &mut Harness<'_>, label: &str, by: egui::Vec2) {
    let control = window.get_by_role_and_label(Role::Slider, label);
    let at = control.rect().center();
    window.drag_at(at);
    window.step();
    for step in 1..=10_u8 {
        window.hover_at(at + by * f32::from(step) / 10.0);
        window.step();
    }
    window.drop_at(at + by);
    window.run();
}

#[test]
fn bypass_of_a_stage_takes_its_amount_and_gives_it_back() {
    for (stage, id) in [
        ("Mid/side", "msamt"),
        ("Multiband", "mbamt"),
        ("Glue", "glamt"),
    ] {
        let fixture = EditorFixture::new();
        fixture.set(&[(id, "60 %")]);
        let mut window = open(&fixture, stage);
        press(&mut window, "Bypass stage");
        window.run();
        assert_eq!(fixture.param(id).normalized(), 0.0, "{stage}");
        press(&mut window, "Bypass stage");
        window.run();
        assert_eq!(fixture.text(id), "60.0 %", "{stage}");
        press(&mut window, "↩");
        assert_eq!(fixture.param(id).normalized(), 0.0, "{stage}");
    }
}

#[test]
fn bypass_of_a_neutral_stage_changes_nothing() {
    let fixture = EditorFixture::new();
    let mut window = open(&fixture, "Glue");
    press(&mut window, "Bypass stage");
    window.run();
    assert!(!fixture.has_host_events());
}

#[test]
fn drag_of_a_threshold_or_crossover_changes_its_parameter() {
    for (stage, label, id, by) in [
        (
            "Multiband",
            "Low band threshold line",
            ParameterId::LowBandThreshold,
            egui::vec2(0.0, 20.0),
        ),
        (
            "Multiband",
            "High crossover line",
            ParameterId::HighCrossover,
            egui::vec2(-30.0, 0.0),
        ),
        (
            "Mid/side",
            "Side threshold handle",
            ParameterId::SideThreshold,
            egui::vec2(0.0, 20.0),
        ),
        (
            "Glue",
            "Glue threshold handle",
            ParameterId::GlueThreshold,
            egui::vec2(0.0, 20.0),
        ),
        (
            "Limiter",
            "Ceiling handle",
            ParameterId::Ceiling,
            egui::vec2(0.0, 20.0),
        ),
    ] {
        let fixture = EditorFixture::new();
        let mut window = open(&fixture, stage);
        let param = fixture.shared.params.get(id);
        let before = param.normalized();
        drag(&mut window, label, by);
        assert!(param.normalized() < before, "{label}");
    }
}
