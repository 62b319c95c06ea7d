//! The instruments of the pillars' stages.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use flow_dsp::{Monitor, SoloStage};
use flow_plugin::slots::Slot;

use crate::fixture::{EditorFixture, HostEvent, has_label, press, stage_window};

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
        press(&mut window, "Undo last change");
        assert_eq!(fixture.param(id).normalized(), 0.0, "{stage:?}");
    }
}

#[test]
fn bypass_of_a_stage_knows_the_amounts_of_both_slots() {
    let fixture = EditorFixture::new();
    fixture.set(&[("glamt", "60 %")]);
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    press(&mut window, "Stage B");
    fixture.set(&[("glamt", "30 %")]);
    press(&mut window, "Stage A");
    press(&mut window, "Bypass stage");
    press(&mut window, "Stage B");
    assert_eq!(fixture.text("glamt"), "30.0 %");
    press(&mut window, "Stage A");
    assert_eq!(fixture.text("glamt"), "0.0 %");
    press(&mut window, "Bypass stage");
    assert_eq!(fixture.text("glamt"), "60.0 %");
}

#[test]
fn bypass_of_a_neutral_stage_changes_nothing() {
    let fixture = EditorFixture::new();
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    press(&mut window, "Bypass stage");
    window.run();
    assert!(!fixture.has_host_events());
}

#[test]
fn solo_of_a_stage_is_heard_until_the_details_or_the_window_are_closed() {
    let solo = |fixture: &EditorFixture| fixture.shared.monitor.get().chain.solo;
    let stages = [
        (["Velvet Curve", "Equalizer"], SoloStage::Equalizer),
        (["Velvet Curve", "Match"], SoloStage::Match),
        (["Velvet Curve", "Comfort"], SoloStage::Comfort),
        (["Master Chain", "Mid/side"], SoloStage::MidSide),
        (["Master Chain", "Multiband"], SoloStage::Multiband),
        (["Master Chain", "Glue"], SoloStage::Glue),
        (["Master Chain", "Limiter"], SoloStage::Limiter),
    ];
    for (names, stage) in stages {
        let fixture = EditorFixture::new();
        let mut window = stage_window(&fixture, names);
        press(&mut window, "Solo stage");
        assert_eq!(solo(&fixture), Some(stage));
        window.run();
        assert!(has_label(&window, "Solo: you hear "), "{names:?}");
        press(&mut window, "Solo stage");
        assert_eq!(solo(&fixture), None);
        press(&mut window, "Solo stage");
        press(&mut window, "Back");
        window.step();
        assert_eq!(solo(&fixture), None, "Back");
        let mut window = stage_window(&fixture, names);
        press(&mut window, "Solo stage");
        drop(window);
        fixture.shared.set_editor_open(false);
        assert_eq!(solo(&fixture), None, "the window is closed");
        assert!(!fixture.has_host_events(), "it moves no control");
    }
}

#[test]
fn solo_and_other_sources_exclude_each_other_and_another_tab_keeps_it() {
    let fixture = EditorFixture::new();
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    let solo = || fixture.shared.monitor.get().chain.solo;
    for button in ["Compare", "Delta", "Bypass"] {
        press(&mut window, "Solo stage");
        assert_eq!(solo(), Some(SoloStage::Glue), "{button}");
        press(&mut window, button);
        assert_eq!(solo(), None, "{button}");
        press(&mut window, "Solo stage");
        let expected = Monitor {
            solo: Some(SoloStage::Glue),
            ..Monitor::default()
        };
        let states = fixture.shared.monitor.get();
        assert_eq!(states.chain, expected, "{button}");
        assert_eq!(fixture.text("byp"), "Off", "{button}");
        press(&mut window, "Solo stage");
    }
    press(&mut window, "Solo stage");
    press(&mut window, "Mono");
    let limiter = window.get_by_role_and_label(Role::Button, "Limiter");
    limiter.click();
    window.run();
    assert!(has_label(&window, "Solo: you hear Glue alone in mono"));
    press(&mut window, "Solo stage");
    assert_eq!(solo(), Some(SoloStage::Limiter));
}

/// The pages of all stages, each with a parameter of it and a text of that parameter.
const PAGES: [(&[&str], &str, &str); 10] = [
    (&["Velvet Floor"], "fldep", "42.0 %"),
    (&["Harmonic Lattice"], "lashn", "1.5 dB"),
    (&["Phase Weave"], "wewid", "112.0 %"),
    (&["Velvet Curve", "Equalizer"], "crair", "2.0 dB"),
    (&["Velvet Curve", "Match"], "mtamt", "70.0 %"),
    (&["Velvet Curve", "Comfort"], "crcom", "40.0 %"),
    (&["Master Chain", "Mid/side"], "mmthr", "-30.0 dB"),
    (&["Master Chain", "Multiband"], "mbxlo", "200 Hz"),
    (&["Master Chain", "Glue"], "glamt", "60.0 %"),
    (&["Master Chain", "Limiter"], "ceil", "-2.00 dBTP"),
];

fn page_window(fixture: &EditorFixture, page: &[&str]) -> Harness<'static> {
    match page {
        [pillar, stage] => stage_window(fixture, [pillar, stage]),
        _ => {
            let mut window = fixture.design_window();
            press(&mut window, &format!("{} details", page[0]));
            window.run();
            window
        }
    }
}

#[test]
fn slots_of_a_stage_switch_its_settings_by_gestures_as_one_undo_step() {
    for (page, id, text) in PAGES {
        let fixture = EditorFixture::new();
        let before = fixture.text(id);
        let mut window = page_window(&fixture, page);
        assert!(has_label(&window, "Stage A = B"), "{page:?}");
        press(&mut window, "Stage B");
        window.run();
        assert!(
            !fixture.has_host_events(),
            "{page:?}: B begins as a copy of A"
        );
        fixture.set(&[(id, text)]);
        window.run();
        let changed = fixture.text(id);
        assert_ne!(changed, before, "{page:?}");
        assert!(has_label(&window, "Stage B → A"), "{page:?}");
        press(&mut window, "Stage A");
        window.run();
        assert_eq!(fixture.text(id), before, "{page:?}");
        let events = std::mem::take(&mut *fixture.host_events.lock().unwrap());
        assert!(
            matches!(&events[..], [
                HostEvent::Begin(first),
                HostEvent::Set(second, _),
                HostEvent::End(third),
            ] if [first, second, third].into_iter().all(|event| event == id)),
            "{page:?}: {events:?}"
        );
        assert!(has_label(&window, "Stage A → B"), "{page:?}");
        press(&mut window, "Undo last change");
        window.run();
        assert_eq!(fixture.text(id), changed, "{page:?}: one step");
        assert!(has_label(&window, "Stage B → A"), "{page:?}");
        press(&mut window, "Stage B → A");
        window.run();
        assert!(has_label(&window, "Stage A = B"), "{page:?}");
        press(&mut window, "Stage A");
        window.run();
        assert_eq!(fixture.text(id), changed, "{page:?}: the copy");
        assert_eq!(fixture.shared.params.slots.active(), Slot::A, "{page:?}");
    }
}

#[test]
fn slots_of_a_stage_stay_for_the_next_window() {
    let fixture = EditorFixture::new();
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    press(&mut window, "Stage B");
    fixture.set(&[("glamt", "60 %")]);
    window.run();
    drop(window);
    let mut window = stage_window(&fixture, ["Master Chain", "Glue"]);
    press(&mut window, "Stage A");
    window.run();
    assert_eq!(fixture.text("glamt"), "0.0 %");
}
