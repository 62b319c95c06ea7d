//! Pictures of the whole window. `UPDATE_SNAPSHOTS=1` takes them anew; look at them before they are stored.

use std::thread::sleep;
use std::time::{Duration, Instant};

use egui_kittest::SnapshotOptions;
use egui_kittest::kittest::Queryable;
use flow_audio_file::Audio;
use flow_dsp::{Chain, ChainSettings, Monitor, Spec};
use flow_params::ParameterId;
use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::EditorFixture;
use crate::references::{bright, choose, open_references, play_until, wait_for};

/// A setting that shows every control away from its default.
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

/// Levels differ in the last bits from one instruction set to another, and edges from one rasteriser to another.
fn options() -> SnapshotOptions {
    SnapshotOptions::new()
        .threshold(1.5)
        .max_failed_pixels(600_usize)
}

fn playing(name: &str, size: [f32; 2], pixels_per_point: f32) {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut window = fixture.window(size, pixels_per_point);
    fixture.play(&mut window, 20.0, 8.0);
    window.snapshot_options(name, &options());
}

#[test]
fn at_100_percent() {
    playing("playing", [1240.0, 800.0], 1.0);
}

#[test]
fn at_75_percent() {
    playing("playing_75", [930.0, 600.0], 1.0);
}

#[test]
fn at_200_percent() {
    playing("playing_200", [2480.0, 1600.0], 1.0);
}

#[test]
fn on_a_dense_screen() {
    playing("playing_dense", [1240.0, 800.0], 1.5);
}

#[test]
fn a_wide_window_gives_its_width_to_the_spectrum() {
    playing("playing_wide", [1700.0, 800.0], 1.0);
}

#[test]
fn without_music() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.snapshot_options("fresh", &options());
}

/// The demo song as if somebody had mixed it on speakers with far too much bass and no treble.
fn thin_and_shrill() -> Audio {
    let mut settings = ChainSettings {
        trim_db: -12.0,
        ..ChainSettings::default()
    };
    settings.curve.body_db = -6.0;
    settings.curve.silk_db = 6.0;
    settings.curve.air_db = 6.0;
    settings.lattice.sheen_db = 6.0;
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 16.0);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    Chain::new(Spec::default()).process(&settings, Monitor::default(), &mut [left, right]);
    song
}

/// The assistant with kernels that give the same answers everywhere, until it has something to say.
fn assisted(name: &str, [width, height]: [f32; 2], open: bool) {
    FLAGS.set(Flag::Int8, false);
    FLAGS.set(Flag::Gpu, false);
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    fixture.shared.analysis.restart();
    let mut window = fixture.window([width, height], 1.0);
    let song = thin_and_shrill();
    let begin = Instant::now();
    // What is prepared first takes a while on a busy machine, and audio comes faster here than it plays.
    sleep(Duration::from_secs(1));
    for at in (0..).map(|block| block * 9600 % song.frames()) {
        if window.query_by_label_contains("Apply all ").is_some() {
            break;
        }
        fixture.play_audio(&mut window, song.range(at, song.frames().min(at + 9600)));
        sleep(Duration::from_millis(50));
        assert!(begin.elapsed() < Duration::from_secs(60), "no proposal");
    }
    fixture.shared.analysis.stop();
    fixture.play_audio(&mut window, song.range(0, 8 * 48_000));
    if open {
        window.get_by_label("Assistant details").click();
        window.run();
    }
    // How long an analysis took is in the picture, and what a busy machine had no time to hear, which moves numbers too.
    let pixels = if width > 2000.0 { 40_000_usize } else { 10_000 };
    window.snapshot_options(name, &options().max_failed_pixels(pixels));
}

#[test]
fn proposing() {
    assisted("proposing", [1240.0, 800.0], false);
}

#[test]
fn proposing_at_200_percent() {
    assisted("proposing_200", [2480.0, 1600.0], false);
}

#[test]
fn everything_that_is_proposed() {
    assisted("assistant_details", [1240.0, 800.0], true);
}

/// The assistant in a state in which it has nothing to propose, with something that is played until it says so.
fn hearing(name: &str, says: &str, audio: impl Fn(f64) -> Option<Audio>) {
    let mut fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label("Listen").click();
    window.run();
    let begin = Instant::now();
    // What is prepared first takes a while on a busy machine, and audio comes faster here than it plays.
    sleep(Duration::from_secs(1));
    let mut at_s = 0.0;
    while window.query_by_label_contains(says).is_none() {
        if let Some(audio) = audio(at_s) {
            fixture.play_audio(&mut window, audio);
        }
        at_s += 0.2;
        sleep(Duration::from_millis(50));
        window.run();
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "nobody says {says}"
        );
    }
    // What a busy machine has no time to hear moves the spectrum and the bar.
    window.snapshot_options(name, &options().max_failed_pixels(4000_usize));
}

#[test]
fn waiting_without_playback() {
    hearing("waiting", "assistant: Waiting for sound", |_| None);
}

#[test]
fn silence_that_plays() {
    let silence = |_| Some(Audio::silence(48_000, 2, 9600));
    hearing("silence", "assistant: Silence", silence);
}

#[test]
fn listening_to_the_song() {
    let song = |at_s| Some(flow_demo_song::demo_excerpt(48_000, 20.0 + at_s % 4.0, 0.2));
    hearing("listening", "Heard 6 of 10 s", song);
}

#[test]
fn a_test_tone() {
    // 0.2 s are whole periods.
    let tone = |_| {
        Some(flow_testkit::signals::sine(
            48_000, 2, 0.2, 1000.0, 0.25, 0.0,
        ))
    };
    hearing("tone", "assistant: A test tone", tone);
}

/// What the references' page shows after something was heard.
fn referenced(name: &str, [width, height]: [f32; 2], choosing: bool) {
    FLAGS.set(Flag::Int8, false);
    FLAGS.set(Flag::Gpu, false);
    let mut fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    let references = &fixture.shared.params.references;
    references.add(bright("Night", 4.0));
    references.add(bright("The long way home (2019 remaster, side B)", 3.0));
    references.set_amount(0.8);
    let mut window = fixture.window([width, height], 1.0);
    window.run();
    window.get_by_label("Listen").click();
    play_until(&mut fixture, &mut window, "assistant: Towards Night");
    fixture.shared.analysis.stop();
    fixture.play(&mut window, 20.0, 8.0);
    open_references(&mut window);
    if choosing {
        let folder = tempfile::tempdir().unwrap();
        for file in ["Dawn.flac", "Dusk.wav", "Night.mp3", "notes.txt"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("Albums")).unwrap();
        window.get_by_label("Add…").click();
        window.run_steps(2);
        choose(&mut window, folder.path());
        wait_for(&mut window, "Dusk.wav");
        window.get_by_label("Dusk.wav").click();
        window.run_steps(2);
        wait_for(&mut window, "the file is empty");
    }
    window.run();
    let pixels = if width > 2000.0 { 40_000_usize } else { 10_000 };
    window.snapshot_options(name, &options().max_failed_pixels(pixels));
}

#[test]
fn references_beside_what_was_heard() {
    referenced("references", [1240.0, 800.0], false);
}

#[test]
fn references_at_200_percent() {
    referenced("references_200", [2480.0, 1600.0], false);
}

#[test]
fn choosing_references() {
    referenced("references_choosing", [1240.0, 800.0], true);
}

/// Every parameter at an end.
fn at_the_ends(name: &str, end: f32) {
    let mut fixture = EditorFixture::new();
    for param in fixture.shared.params.each() {
        if param.id() != ParameterId::Bypass {
            // SAFETY: the parameters are alive, and no other thread knows them.
            unsafe { param.ptr()._internal_set_normalized_value(end) };
        }
    }
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    fixture.play(&mut window, 20.0, 3.0);
    window.snapshot_options(name, &options());
}

#[test]
fn everything_at_its_highest() {
    at_the_ends("highest", 1.0);
}

#[test]
fn everything_at_its_lowest() {
    at_the_ends("lowest", 0.0);
}

/// They open in the place of the pillars, and close again.
fn details(pillar: &str, name: &str) {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([1240.0, 800.0], 1.0);
    window.run();
    window.get_by_label(&format!("{pillar} details")).click();
    window.run();
    window.snapshot_options(name, &options());
    window.get_by_label("Back").click();
    window.run();
    window.get_by_label(&format!("{pillar} details"));
}

#[test]
fn details_of_few_controls() {
    details("Phase Weave", "details_weave");
}

#[test]
fn details_of_both() {
    details("Velvet Curve", "details_curve");
}

#[test]
fn details_of_many_controls() {
    details("Master Chain", "details_master");
}

#[test]
fn the_menu_fits_into_the_window() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([930.0, 600.0], 1.0);
    window.run();
    window.get_by_label("More").click();
    window.run();
    window.snapshot_options("menu", &options());
}

#[test]
fn lists_fit_into_the_window() {
    let fixture = EditorFixture::new();
    let mut window = fixture.window([930.0, 600.0], 1.0);
    window.run();
    window.get_by_label("Presets").click();
    window.run();
    window.snapshot_options("presets", &options());
}
