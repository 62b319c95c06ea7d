//! Monitor states and bypass, and the displays meanwhile.

use egui_kittest::kittest::Queryable;
use flow_dsp::Compare;
use flow_plugin::audio::meter_history::GainStage;
use flow_plugin::audio::monitor::MonitorStates;

use crate::fixture::{EditorFixture, has_label, press};
use crate::snapshots::WARM_AND_WIDE;

#[test]
fn compare_has_two_sides_and_an_end() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    let compare = || fixture.shared.monitor.get().chain.compare;
    for (label, side) in [
        ("Compare", Compare::Original),
        ("Master", Compare::Processed),
        ("Master", Compare::Processed),
        ("Original", Compare::Original),
        ("End", Compare::Off),
    ] {
        press(&mut window, label);
        assert_eq!(compare(), side, "{label}");
    }
    press(&mut window, "Compare");
    press(&mut window, "Delta");
    assert_eq!(compare(), Compare::Off, "Delta ends the comparison");
    assert!(fixture.shared.monitor.get().chain.delta);
}

#[test]
fn monitoring_ends_bypass() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Bypass");
    press(&mut window, "Compare");
    assert_eq!(fixture.text("byp"), "Off");
    assert_eq!(
        fixture.shared.monitor.get().chain.compare,
        Compare::Original
    );
}

#[test]
fn bypass_by_window_or_host_ends_the_comparison() {
    for is_host in [false, true] {
        let fixture = EditorFixture::new();
        let mut window = fixture.design_window();
        press(&mut window, "Compare");
        if is_host {
            fixture.set(&[("byp", "On")]);
            window.run();
        } else {
            press(&mut window, "Bypass");
        }
        assert_eq!(fixture.shared.monitor.get().chain.compare, Compare::Off);
        window.get_by_label("Compare");
        window.get_by_label("Bypass: you hear the input");
        fixture.set(&[("byp", "Off")]);
        window.run();
        assert!(!has_label(&window, "you hear"), "host {is_host}");
    }
}

#[test]
fn auto_gain_and_mono_wait_during_bypass() {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    for button in ["Auto gain", "Mono", "Bypass"] {
        press(&mut window, button);
    }
    window.run();
    window.get_by_label("Bypass: you hear the input · Auto gain and Mono wait");
    press(&mut window, "Bypass");
    window.run();
    window.get_by_label_contains("Auto gain: you hear the master in mono");
    // A press during bypass is heard.
    press(&mut window, "Bypass");
    press(&mut window, "Mono");
    window.run();
    assert_eq!(fixture.text("byp"), "Off");
    assert!(fixture.shared.monitor.get().chain.mono);
}

#[test]
fn comparison_shows_by_how_much_the_master_is_turned_down() {
    let mut fixture = EditorFixture::new();
    fixture.set(&[("gain", "6 dB")]);
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 4.0);
    press(&mut window, "Compare");
    fixture.play(&mut window, 24.0, 0.5);
    window.get_by_label_contains("you hear the original · master turned down by");
    press(&mut window, "Master");
    window.run();
    window.get_by_label_contains("you hear the master · master turned down by");
}

/// The newest audio of the output's display.
fn displayed_output(press_buttons: &[&str]) -> Vec<f32> {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.design_window();
    for button in press_buttons {
        press(&mut window, button);
    }
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 0.3);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    fixture.process(&mut [left, right]);
    let mut shown = Vec::new();
    let taps = &fixture.shared.editor_taps;
    taps.drain(|_| (), |block| shown.extend(block.filled()[0]));
    shown
}

#[test]
fn displays_in_any_monitor_state_show_the_master() {
    let master = displayed_output(&[]);
    assert!(master.iter().any(|sample| sample.abs() > 0.01));
    for buttons in [&["Delta"][..], &["Compare"], &["Auto gain", "Mono"]] {
        assert!(displayed_output(buttons) == master, "{buttons:?}");
    }
}

#[test]
fn bypassed_chain_shows_no_gain_reduction() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    fixture.set(&[("gain", "15 dB"), ("mbamt", "100 %"), ("byp", "On")]);
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 3.0);
    for stage in GainStage::ALL {
        assert_eq!(
            stage.gain_db(&fixture.shared.meters.read()),
            0.0,
            "{stage:?}"
        );
        let history = &fixture.shared.meter_history;
        assert_eq!(history.lowest_gain_db(stage, 12), 0.0, "{stage:?}");
    }
    fixture.set(&[("byp", "Off")]);
    fixture.play(&mut window, 23.0, 1.0);
    let limiter = GainStage::Limiter;
    assert!(fixture.shared.meter_history.lowest_gain_db(limiter, 12) < -3.0);
}

#[test]
fn comparison_before_any_sound_promises_no_equal_loudness() {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Compare");
    window.get_by_label("Compare: you hear the original · measuring the loudness");
    fixture.play(&mut window, 20.0, 3.5);
    assert!(!has_label(&window, "measuring the loudness"));
}

#[test]
fn monitor_states_end_with_the_window() {
    let fixture = EditorFixture::new();
    for button in ["Delta", "Compare", "Mono", "Auto gain"] {
        let mut window = fixture.design_window();
        press(&mut window, button);
        assert!(has_label(&window, "you hear"), "{button}");
        drop(window);
        fixture.shared.set_editor_open(false);
        assert_eq!(
            fixture.shared.monitor.get(),
            MonitorStates::default(),
            "{button}"
        );
        fixture.shared.set_editor_open(true);
        assert!(!has_label(&fixture.design_window(), "you hear"), "{button}");
    }
}
