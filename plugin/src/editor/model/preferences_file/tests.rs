use flow_params::ParameterId;

use super::display_options::{HistoryRange, Tilt, UsualSize};
use super::*;

const SILK: [(PreferenceKey, f32); 1] = [(PreferenceKey::Parameter(ParameterId::Silk), 0.7)];

fn file(folder: &tempfile::TempDir) -> PreferencesFile {
    PreferencesFile::at_path(Some(folder.path().join("Flow").join("preferences.json")))
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn choose(file: &mut PreferencesFile, display: DisplayOptions) {
    file.set_display(display, 0.0);
    file.write_display();
}

#[test]
fn record_in_one_instance_is_read_by_another_until_reset() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (file(&folder), file(&folder));
    assert_eq!(other.read(), Preferences::default());
    one.record(&SILK);
    // Each write reads the other's first.
    other.record(&SILK);
    one.record(&SILK);
    assert_eq!(other.read().amount(ParameterId::Silk.into()), 0.7);
    assert_eq!(
        entries(&folder.path().join("Flow")),
        1,
        "no temporary file is left"
    );
    one.reset();
    assert_eq!((one.content().decisions(), one.error()), (0, None));
    assert_eq!(other.read(), Preferences::default());
    assert_eq!(entries(&folder.path().join("Flow")), 0);
    one.reset();
    assert_eq!(one.error(), None, "resetting twice is not an error");
}

#[test]
fn intensity_is_remembered_beside_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (file(&folder), file(&folder));
    one.record(&SILK);
    one.set_intensity(Intensity::Strong);
    one.record(&SILK);
    let read = other.read();
    assert_eq!((read.intensity, read.decisions()), (Intensity::Strong, 2));
}

#[test]
fn choices_of_the_displays_are_remembered_through_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (file(&folder), file(&folder));
    let _ = other.read();
    let mut chosen = DisplayOptions {
        history: HistoryRange::Song,
        ..DisplayOptions::default()
    };
    chosen.spectrum.tilt = Tilt::Flat;
    chosen.spectrum.layers.delta = true;
    chosen.window = Some(UsualSize::new([1500.4, 899.6]));
    choose(&mut one, chosen);
    one.record(&SILK);
    one.set_intensity(Intensity::Strong);
    one.reset();
    let mut next = file(&folder);
    assert_eq!(next.read(), Preferences::default());
    assert_eq!(next.display(), chosen);
    let size = next.display().window.map(UsualSize::logical);
    assert_eq!(size, Some([1500.0, 900.0]));
    // An open window keeps its own.
    let _ = other.read();
    assert_eq!(other.display(), DisplayOptions::default());
}

#[test]
fn choices_of_two_open_windows_are_both_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (file(&folder), file(&folder));
    let mut chosen = DisplayOptions::default();
    chosen.spectrum.tilt = Tilt::Pink;
    chosen.meters.own_target = Some(OwnTarget::new(-9.0));
    choose(&mut one, chosen);
    let _ = other.read();
    // The first window changes its mind about the target, and the second one something else.
    chosen.meters.own_target = None;
    chosen.spectrum.layers.peaks = false;
    choose(&mut one, chosen);
    let mut others = other.display();
    others.spectrum.layers.delta = true;
    others.history = HistoryRange::Song;
    choose(&mut other, others);
    assert_eq!(other.display(), others, "the window's own");
    let mut expected = chosen;
    expected.spectrum.layers.delta = true;
    expected.history = HistoryRange::Song;
    let mut next = file(&folder);
    let _ = next.read();
    assert_eq!(next.display(), expected);
}

#[test]
fn unknown_choices_of_the_displays_fall_back_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = file(&folder);
    let mut chosen = DisplayOptions {
        history: HistoryRange::Song,
        ..DisplayOptions::default()
    };
    chosen.spectrum.tilt = Tilt::Pink;
    chosen.spectrum.layers.peaks = false;
    choose(&mut one, chosen);
    one.set_intensity(Intensity::Strong);
    let path = folder.path().join("Flow").join("preferences.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut expected = chosen;
    expected.history = HistoryRange::default();
    let mut without_peaks = chosen;
    without_peaks.spectrum.layers.peaks = true;
    let mut without_tilt = chosen;
    without_tilt.spectrum.tilt = Tilt::default();
    let default = DisplayOptions::default();
    let entire: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (pointer, value, expected) in [
        (
            "/display/history",
            serde_json::json!("ten-minutes"),
            expected,
        ),
        ("/display/spectrum/tilt", serde_json::json!(7), without_tilt),
        (
            "/display/spectrum/layers/peaks",
            serde_json::json!("some"),
            without_peaks,
        ),
        ("/display", serde_json::json!([1]), default),
    ] {
        let mut json = entire.clone();
        *json.pointer_mut(pointer).unwrap() = value;
        if let Some(display) = json["display"].as_object_mut() {
            display.insert("newer".into(), 3.into());
        }
        fs::write(&path, json.to_string()).unwrap();
        let mut next = file(&folder);
        assert_eq!(next.read().intensity, Intensity::Strong, "{pointer}");
        assert_eq!(
            (next.display(), next.error()),
            (expected, None),
            "{pointer}"
        );
        next.record(&SILK);
        assert_eq!(file(&folder).read().decisions(), 1, "{pointer}");
        // Another choice leaves it to the newer version.
        let mut other = next.display();
        other.appearance.reduced_motion = true;
        choose(&mut next, other);
        let stored: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if pointer != "/display" {
            assert_eq!(stored.pointer(pointer), json.pointer(pointer));
        }
        next.reset();
        let stored: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(stored["display"]["newer"], json["display"]["newer"]);
    }
}

#[test]
fn choices_of_the_displays_without_a_file_hold_for_the_window() {
    let mut nowhere = PreferencesFile::at_path(None);
    let mut chosen = DisplayOptions::default();
    chosen.spectrum.tilt = Tilt::Pink;
    choose(&mut nowhere, chosen);
    let _ = nowhere.read();
    assert_eq!(nowhere.display(), chosen);
}

#[test]
fn record_from_several_threads_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for id in flow_params::ANCHORS {
            let mut own = file(&folder);
            scope.spawn(move || (0..5).for_each(|_| own.record(&[(id.into(), 0.5)])));
        }
    });
    assert_eq!(file(&folder).read().decisions(), 20);
}

#[test]
fn record_into_a_damaged_or_newer_file_reports_and_keeps_it() {
    for text in ["{ half", r#"{"version": 9}"#, "\u{0}\u{1}"] {
        let folder = tempfile::tempdir().unwrap();
        let mut preferences =
            PreferencesFile::at_path(Some(folder.path().join("preferences.json")));
        fs::write(folder.path().join("preferences.json"), text).unwrap();
        assert_eq!(preferences.read(), Preferences::default());
        preferences.record(&SILK);
        let error = preferences.error().unwrap();
        assert!(
            error.contains("is left unchanged") && !error.contains('\n'),
            "{error}"
        );
        let there = fs::read_to_string(folder.path().join("preferences.json")).unwrap();
        assert_eq!((there.as_str(), entries(folder.path())), (text, 1));
        // A reset keeps it under another name.
        preferences.reset();
        let kept = folder.path().join("preferences.unusable-1.json");
        assert_eq!(fs::read_to_string(kept).unwrap(), text);
        assert_eq!((entries(folder.path()), preferences.error()), (1, None));
        preferences.record(&SILK);
        assert_eq!(
            (preferences.read().decisions(), preferences.error()),
            (1, None)
        );
    }
}

#[test]
fn record_into_an_unwritable_folder_reports_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Flow"), "a file").unwrap();
    let mut preferences = file(&folder);
    preferences.record(&SILK);
    assert!(preferences.error().is_some());
    assert_eq!(entries(folder.path()), 1);
    let mut nowhere = PreferencesFile::at_path(None);
    nowhere.record(&SILK);
    assert_eq!(
        (nowhere.read(), nowhere.error()),
        (Preferences::default(), None)
    );
}

fn language(code: &str) -> DisplayOptions {
    let mut display = DisplayOptions::default();
    display.appearance.language = code.to_owned().try_into().unwrap();
    display
}

#[test]
fn language_that_another_process_wrote_is_taken_by_new_windows() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = file(&folder);
    let _ = one.read();
    choose(&mut one, language("de"));
    let path = folder.path().join("Flow").join("preferences.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"de\""), "{text}");
    fs::write(&path, text.replace("\"de\"", "\"fr\"")).unwrap();
    let mut next = file(&folder);
    let _ = next.read();
    for window in [&mut next, &mut one] {
        window.follow_language();
        assert_eq!(window.display(), language("fr"));
    }
}

#[test]
fn choice_that_could_not_be_written_is_written_with_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Flow"), "a file").unwrap();
    let mut one = file(&folder);
    let mut chosen = language("de");
    choose(&mut one, chosen);
    assert!(one.error().is_some());
    fs::remove_file(folder.path().join("Flow")).unwrap();
    chosen.history = HistoryRange::Song;
    choose(&mut one, chosen);
    let mut next = file(&folder);
    let _ = next.read();
    assert_eq!((next.display(), one.error()), (chosen, None));
}
