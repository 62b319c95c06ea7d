//! Pictures of the editor. `UPDATE_SNAPSHOTS=force` stores new ones; look at them before they are committed.

mod animation;
mod sizes;

use std::path::Path;

use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};
use flow_audio_file::Audio;
use flow_dsp::Section;
use flow_dsp::math::narrow;
use flow_params::ParameterId;
use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::{
    DESIGN_SIZE, EditorFixture, press, shrill_song, stage_window, use_f32_model, wait_for_label,
};
use crate::picture_regions::{
    DETAILS, FIXED_DISPLAYS, PANELS, STATUS_BAR, changed_regions, design_scale, displays, labels,
    lost_labels,
};
use crate::references::{bright, choose, open_references};

/// The line with the folder of the presets, a temporary one, in the open browser.
pub(crate) const PRESET_FOLDER: [f32; 4] = [130.0, 490.0, 640.0, 520.0];

/// Settings that show most controls away from their defaults.
pub(crate) const WARM_AND_WIDE: [(&str, &str); 20] = [
    ("fldep", "42 %"),
    ("flwrm", "30 %"),
    ("fltrn", "Deep"),
    ("lapre", "0.9 dB"),
    ("lashn", "1.5 dB"),
    ("ladrv", "22 %"),
    ("lachr", "Warm"),
    ("wewid", "112 %"),
    ("wemon", "on"),
    ("wesaf", "50 %"),
    ("crbod", "2.2 dB"),
    ("crsil", "-3.1 dB"),
    ("crair", "1.6 dB"),
    ("crcom", "40 %"),
    ("style", "Electronic"),
    ("mbamt", "40 %"),
    ("glamt", "60 %"),
    ("drive", "15 %"),
    ("gain", "5 dB"),
    ("deliv", "Spotify"),
];

/// Compares the window with its stored picture, region by region. Regions in `dynamic` depend on the machine.
pub(crate) fn compare(window: &mut Harness<'_>, name: &str, dynamic: &[[f32; 4]]) {
    // The regions decide; this stores the new picture and the difference for a look.
    let options = SnapshotOptions::new()
        .threshold(1.5)
        .max_failed_pixels(100_000_000_usize);
    window.snapshot_options(name, &options);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let stored = image::open(path.join(format!("{name}.png"))).unwrap();
    let drawn = window.render().unwrap();
    let size = window.ctx.content_rect().size();
    let mut changed = changed_regions(&stored.to_rgba8(), &drawn, size, dynamic);
    let machine = displays(size.x / design_scale(size), dynamic);
    changed.retain(|region| {
        !machine[FIXED_DISPLAYS..]
            .iter()
            .any(|d| d.intersects(*region))
    });
    assert!(changed.is_empty(), "{name}.png differs at {changed:?}");

    // A region that depends on the machine may change its figures, but loses no name. A number elsewhere stays a number.
    let (path, labels) = (path.join(format!("{name}.txt")), labels(window, dynamic));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, labels.join("\n") + "\n").unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    let lost = lost_labels(&stored, &labels);
    assert!(lost.is_empty(), "{name}: lost {lost:?}; drawn: {labels:?}");
}

fn playing(name: &str, size: [f32; 2], pixels_per_point: f32) {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.window(size, pixels_per_point);
    fixture.play(&mut window, 20.0, 8.0);
    compare(&mut window, name, &[]);
}

#[test]
fn picture_at_100_percent_matches() {
    playing("playing", DESIGN_SIZE, 1.0);
}

#[test]
fn picture_at_75_percent_matches() {
    playing("playing_75", [930.0, 600.0], 1.0);
}

#[test]
fn picture_at_200_percent_matches() {
    playing("playing_200", [2480.0, 1600.0], 1.0);
}

#[test]
fn picture_on_a_dense_screen_matches() {
    playing("playing_dense", DESIGN_SIZE, 1.5);
}

#[test]
fn picture_of_a_wide_window_matches() {
    playing("playing_wide", [1700.0, 800.0], 1.0);
}

#[test]
fn picture_without_music_matches() {
    let fixture = EditorFixture::new();
    compare(&mut fixture.design_window(), "fresh", &[]);
}

#[test]
fn picture_at_an_unsupported_rate_matches() {
    let fixture = EditorFixture::at_unsupported_rate();
    compare(&mut fixture.design_window(), "error_rate", &[]);
}

#[test]
fn picture_without_analysis_and_with_a_damaged_preset_matches() {
    FLAGS.set(Flag::Assistant, false);
    let fixture = EditorFixture::new();
    std::fs::write(fixture.folder.path().join("bad.json"), "{\"name\": 3").unwrap();
    let mut window = fixture.design_window();
    press(&mut window, "Presets");
    window.run();
    // The folder is a temporary one.
    compare(&mut window, "error_files", &[[130.0, 490.0, 640.0, 520.0]]);
}

/// The assistant with proposals.
fn proposing(name: &str, size: [f32; 2], has_details: bool) {
    use_f32_model();
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window(size, 1.0);
    let song = shrill_song();
    let block = |at: usize| song.range(at % song.frames(), at % song.frames() + 9600);
    fixture.play_audio_until(&mut window, "Apply all ", block);
    fixture.shared.analysis.stop();
    fixture.play_audio(&mut window, song.range(0, 8 * 48_000));
    if has_details {
        press(&mut window, "Assistant details");
        window.run();
    }
    // A busy machine may drop audio, which changes the proposals' numbers.
    let more = size[1] / design_scale(size.into()) - DESIGN_SIZE[1];
    let lower = |[left, top, right, bottom]: [f32; 4]| [left, top + more, right, bottom + more];
    let dynamic = [PANELS, lower(PANELS), lower(DETAILS), lower(STATUS_BAR)];
    compare(&mut window, name, &dynamic);
}

#[test]
fn picture_of_proposals_matches() {
    proposing("proposing", DESIGN_SIZE, false);
}

#[test]
fn picture_of_proposals_in_a_tall_window_matches() {
    proposing("proposing_tall", [1240.0, 1100.0], false);
}

#[test]
fn picture_of_proposals_at_200_percent_matches() {
    proposing("proposing_200", [2480.0, 1600.0], false);
}

#[test]
fn picture_of_the_assistant_details_matches() {
    proposing("assistant_details", DESIGN_SIZE, true);
}

/// The assistant after *Listen*, with audio until a label contains a text.
fn listening(name: &str, label: &str, audio: impl Fn(usize) -> Audio) {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Listen");
    window.run();
    fixture.play_audio_until(&mut window, label, audio);
    // A busy machine may drop audio, which changes the progress.
    compare(&mut window, name, &[PANELS, STATUS_BAR]);
}

#[test]
fn picture_of_waiting_for_sound_matches() {
    let silence = |_| Audio::silence(48_000, 2, 9600);
    listening("waiting", "assistant: Waiting for sound", silence);
}

#[test]
fn picture_of_silence_matches() {
    let silence = |_| Audio::silence(48_000, 2, 9600);
    listening("silence", "assistant: Silence", silence);
}

#[test]
fn picture_of_listening_matches() {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 4.0);
    let block = |at: usize| song.range(at % 192_000, at % 192_000 + 9600);
    listening("listening", "Heard 6 of 10 s", block);
}

#[test]
fn picture_of_a_test_tone_matches() {
    // 9600 frames are whole periods.
    let tone = |_| flow_testkit::signals::sine(48_000, 2, 0.2, 1000.0, 0.25, 0.0);
    listening("tone", "assistant: A test tone", tone);
}

/// The page of the references after an analysis.
fn references(name: &str, size: [f32; 2], has_browser: bool) {
    use_f32_model();
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    references.add(bright("The long way home (2019 remaster, side B)", 3.0));
    references.set_amount(0.8);
    let mut window = fixture.window(size, 1.0);
    window.run();
    press(&mut window, "Listen");
    fixture.play_until(&mut window, ". Towards Night");
    fixture.shared.analysis.stop();
    fixture.play(&mut window, 20.0, 8.0);
    open_references(&mut window);
    if has_browser {
        let folder = tempfile::tempdir().unwrap();
        for file in ["Dawn.flac", "Dusk.wav", "Night.mp3", "notes.txt"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("Albums")).unwrap();
        press(&mut window, "Add…");
        choose(&mut window, folder.path());
        wait_for_label(&mut window, "Dusk.wav");
        press(&mut window, "Dusk.wav");
        wait_for_label(&mut window, "the file is empty");
    }
    window.run();
    compare(&mut window, name, &[PANELS, DETAILS, STATUS_BAR]);
}

#[test]
fn picture_of_references_matches() {
    references("references", DESIGN_SIZE, false);
}

#[test]
fn picture_of_references_at_200_percent_matches() {
    references("references_200", [2480.0, 1600.0], false);
}

#[test]
fn picture_of_the_file_browser_matches() {
    references("references_choosing", DESIGN_SIZE, true);
}

/// All parameters at one end of their ranges.
fn parameters_at(name: &str, normalized: f32) {
    let mut fixture = EditorFixture::new();
    for param in fixture.shared.params.each() {
        if param.id() != ParameterId::Bypass {
            // SAFETY: the parameters are alive, and no other thread uses them.
            unsafe { param.ptr()._internal_set_normalized_value(normalized) };
        }
    }
    let mut window = fixture.design_window();
    fixture.play(&mut window, 20.0, 3.0);
    compare(&mut window, name, &[]);
}

#[test]
fn picture_with_all_parameters_at_maximum_matches() {
    parameters_at("highest", 1.0);
}

#[test]
fn picture_with_all_parameters_at_minimum_matches() {
    parameters_at("lowest", 0.0);
}

/// A pillar's details, which open in place of the pillars and close again.
fn pillar_details(pillar: &str, name: &str) {
    let fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, &format!("{pillar} details"));
    window.run();
    compare(&mut window, name, &[]);
    press(&mut window, "Back");
    window.get_by_label(&format!("{pillar} details"));
}

#[test]
fn picture_of_details_with_knobs_matches() {
    pillar_details("Phase Weave", "details_weave");
}

#[test]
fn picture_of_details_with_pictures_and_knobs_matches() {
    pillar_details("Velvet Curve", "details_curve");
}

#[test]
fn picture_of_details_with_tabs_matches() {
    pillar_details("Master Chain", "details_master");
}

/// A monitor state or bypass while music plays, with a changed preset.
fn check_monitoring_picture(button: &str, name: &str) {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.design_window();
    press(&mut window, "Next preset");
    press(&mut window, "Next preset");
    fixture.set(&WARM_AND_WIDE);
    press(&mut window, button);
    fixture.play(&mut window, 20.0, 8.0);
    compare(&mut window, name, &[]);
}

#[test]
fn picture_of_a_comparison_matches() {
    check_monitoring_picture("Compare", "comparing");
}

#[test]
fn picture_of_bypass_matches() {
    check_monitoring_picture("Bypass", "bypassed");
}

/// The details of a stage of a pillar while a song plays.
fn instrument(stage: [&str; 2], name: &str, song: Audio) {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    fixture.set(&[("msamt", "70 %"), ("mmthr", "-30 dB"), ("gain", "9 dB")]);
    fixture.set(&[
        ("b1db", "-3 dB"),
        ("b2db", "2 dB"),
        ("b2hz", "2600 Hz"),
        ("b2ch", "Side"),
    ]);
    fixture.set(&[
        ("mtamt", "80 %"),
        ("mt03", "2 dB"),
        ("mt08", "-3 dB"),
        ("mt13", "4 dB"),
    ]);
    fixture.set(&[("crcom", "100 %")]);
    fixture.shared.params.references.add(bright("Night", 4.0));
    let mut window = stage_window(&fixture, stage);
    fixture.play_audio(&mut window, song);
    compare(&mut window, name, &[]);
}

#[test]
fn picture_of_phase_weave_matches() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    fixture.set(&[("wewid", "170 %"), ("wesaf", "100 %"), ("wesml", "1 dB")]);
    let mut window = fixture.design_window();
    press(&mut window, "Phase Weave details");
    fixture.play(&mut window, 20.0, 14.0);
    compare(&mut window, "instrument_weave", &[]);
}

fn master_chain(stage: &str, name: &str) {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 14.0);
    instrument(["Master Chain", stage], name, song);
}

#[test]
fn picture_of_mid_side_matches() {
    master_chain("Mid/side", "instrument_mid_side");
}

#[test]
fn picture_of_the_bands_matches() {
    master_chain("Multiband", "instrument_multiband");
}

#[test]
fn picture_of_the_glue_compressor_matches() {
    master_chain("Glue", "instrument_glue");
}

#[test]
fn picture_of_the_limiter_matches() {
    master_chain("Limiter", "instrument_limiter");
}

#[test]
fn picture_of_the_equalizer_matches() {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 4.0);
    instrument(["Velvet Curve", "Equalizer"], "instrument_equalizer", song);
}

#[test]
fn picture_of_match_towards_a_reference_matches() {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 8.0);
    instrument(["Velvet Curve", "Match"], "instrument_match", song);
}

#[test]
fn picture_of_comfort_on_a_resonance_matches() {
    let mut noise = flow_testkit::signals::white_noise(48_000, 2, 14.0, 0.05, 7);
    for channel in &mut noise.channels {
        for hz in [420.0, 2500.0] {
            let bell = Section::bell(hz, 8.0, 12.0, 48_000.0);
            let (mut a, mut b) = (0.0, 0.0);
            for x in channel.iter_mut() {
                *x = narrow(bell.tick([&mut a, &mut b], f64::from(*x)));
            }
        }
    }
    instrument(["Velvet Curve", "Comfort"], "instrument_comfort", noise);
}

/// An open menu in the smallest window.
fn open_menu(label: &str, name: &str, dynamic: &[[f32; 4]]) {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([930.0, 600.0], 1.0);
    window.run();
    press(&mut window, label);
    window.run();
    compare(&mut window, name, dynamic);
}

#[test]
fn picture_of_the_menu_in_a_small_window_matches() {
    open_menu("More", "menu", &[]);
}

#[test]
fn picture_of_the_presets_in_a_small_window_matches() {
    open_menu("Presets", "presets", &[PRESET_FOLDER]);
}

#[test]
fn picture_of_the_menu_of_the_spectrum_matches() {
    open_menu("Spectrum view", "menu_spectrum", &[]);
}

#[test]
fn picture_of_the_menu_of_the_session_matches() {
    open_menu("Session statistics", "menu_session", &[]);
}

#[test]
fn picture_of_a_k_scale_and_an_own_target_matches() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.design_window();
    press(&mut window, "Session statistics");
    press(&mut window, "K-14");
    press(&mut window, "Own loudness target");
    window.key_press(egui::Key::Escape);
    fixture.play(&mut window, 20.0, 8.0);
    compare(&mut window, "meters_k14", &[]);
}

#[test]
fn picture_of_all_layers_of_the_spectrum_matches() {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    fixture.set(&[("b2db", "2 dB"), ("b2ch", "Side")]);
    fixture.shared.params.references.add(bright("Night", 4.0));
    let mut window = fixture.design_window();
    press(&mut window, "Spectrum view");
    window.run();
    for choice in ["90 dB", "0 dB", "Slow", "Change"] {
        press(&mut window, choice);
        window.run();
    }
    window.key_press(egui::Key::Escape);
    window.run();
    press(&mut window, "History range");
    window.run();
    press(&mut window, "whole song");
    window.hover_at(egui::pos2(4.0, 4.0));
    fixture.play(&mut window, 20.0, 14.0);
    compare(&mut window, "playing_layers", &[]);
}
