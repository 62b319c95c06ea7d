//! The instruments of the pillars' stages.

use crate::fixture::{EditorFixture, press, stage_window};

#[test]
fn bypass_of_a_stage_takes_its_amount_and_gives_it_back() {
    for (stage, id) in [
        (["Master Chain", "Mid/side"], "msamt"),
        (["Master Chain", "Multiband"], "mbamt"),
        (["Master Chain", "Glue"], "glamt"),
        (["Velvet Curve", "Match"], "mtamt"),
        (["Velvet Curve", "Comfort"], "crcom"),
    ] {
        let fixture = EditorFixture::new();
        fixture.set(&[(id, "60 %")]);
        let mut window = stage_window(&fixture, stage);
        press(&mut window, "Bypass stage");
        window.run();
        assert_eq!(fixture.param(id).normalized(), 0.0, "{stage:?}");
        press(&mut window, "Bypass stage");
        window.run();
        assert_eq!(fixture.text(id), "60.0 %", "{stage:?}");
        press(&mut window, "↩");
        assert_eq!(fixture.param(id).normalized(), 0.0, "{stage:?}");
    }
}

#[test]
fn bypass_of_a_neutral_stage_changes_nothing() {
    let fixture = EditorFixture::new();
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    press(&mut window, "Bypass stage");
    window.run();
    assert!(!fixture.has_host_events());
}
