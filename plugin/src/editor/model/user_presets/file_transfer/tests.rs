use std::fs;

use super::*;
use crate::params::FlowParams;

fn lines(import: &PresetImport) -> Vec<&str> {
    let outcomes = import.outcomes().iter();
    outcomes
        .map(|outcome| match outcome {
            Ok(line) | Err(line) => line.as_str(),
        })
        .collect()
}

fn names(presets: &UserPresets) -> Vec<&str> {
    presets.presets().map(|p| p.name.as_str()).collect()
}

/// Imports up to the next question.
fn advance(import: &mut PresetImport, presets: &mut UserPresets) {
    while import.advance(presets) {}
}

/// A file of a preset with a depth.
fn file(folder: &Path, file: &str, name: &str, depth: &str) -> PathBuf {
    let path = folder.join(file);
    let json = format!(
        r#"{{"name": "{name}", "category": "", "description": "", "values": {{"fldep": "{depth}"}}}}"#
    );
    fs::write(&path, json).unwrap();
    path
}

#[test]
fn import_of_several_files_takes_good_ones_and_names_each_bad_one_in_one_line() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().join("presets")));
    let at = |name: &str| from.path().join(name);
    fs::write(at("half.json"), "{\"name\":\n\n").unwrap();
    fs::write(at("sound.json"), [0xff, 0xfe, 0]).unwrap();
    fs::create_dir(at("folder.json")).unwrap();
    fs::write(at("huge.json"), vec![b' '; (1 << 20) + 1]).unwrap();
    let newer = r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
    fs::write(at("newer.json"), newer).unwrap();
    let texts = |file: &str, category: &str, description: &str| {
        let json = format!(
            r#"{{"name": "Texts", "category": "{category}", "description": "{description}", "values": {{}}}}"#
        );
        fs::write(at(file), json).unwrap();
        at(file)
    };
    let bad = [
        at("half.json"),
        at("sound.json"),
        at("folder.json"),
        at("huge.json"),
        at("newer.json"),
        at("gone.json"),
        file(from.path(), "nameless.json", " . ", "10 %"),
        file(from.path(), "long.json", &"a".repeat(101), "10 %"),
        file(from.path(), "lines.json", "a\\nb", "10 %"),
        file(from.path(), "value.json", "Value", &"very ".repeat(1000)),
        texts("category.json", &"a".repeat(101), ""),
        texts("lines_of_category.json", "a\\nb", ""),
        texts("description.json", "", &"a".repeat(2001)),
    ];
    let good = file(from.path(), "one.json", "One", "10 %");
    let more = file(from.path(), "two.json", "Two", "20 %");
    let mut import = PresetImport::default();
    import.add(
        std::iter::once(good)
            .chain(bad.clone())
            .chain(std::iter::once(more)),
    );
    advance(&mut import, &mut presets);
    assert_eq!(names(&presets), ["One", "Two"]);
    assert_eq!(import.outcomes().len(), bad.len() + 2);
    for (path, outcome) in bad.iter().zip(&import.outcomes()[1..]) {
        let line = outcome.as_ref().unwrap_err();
        assert!(line.starts_with(&format!("{} is no preset: ", file_name(path))));
        assert!(!line.contains('\n'), "{line}");
        assert!(line.chars().count() < 250, "{line}");
    }
    let kept = presets.presets().next().unwrap();
    assert_eq!(kept.category, CATEGORY, "an empty heading");
}

#[test]
fn import_of_a_file_of_another_kind_is_refused_with_its_kind() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    let huge = " ".repeat((1 << 20) + 1);
    let fields = |rest: &str| {
        format!(r#"{{"name": "A", "category": "", "description": "", "values": {{}}{rest}}}"#)
    };
    let mut import = PresetImport::default();
    let files: [(&str, &[u8], &str); 8] = [
        ("empty", b"", "the file is empty"),
        ("blank", b" \n", "the file is empty"),
        ("utf16", b"\xff\xfe{\0}\0", "its text is not in UTF-8"),
        (
            "half",
            b"{\"name\":\n",
            "it is no JSON, or damaged in line 2",
        ),
        ("huge", huge.as_bytes(), "it is larger than 1 MiB"),
        (
            "package",
            br#"{"name": "A", "category": ""}"#,
            "it is JSON of something else: missing field `description` at line 1 column 29",
        ),
        (
            "list",
            b"[1, 2]",
            "it is JSON of something else: invalid type: integer `1`",
        ),
        (
            "newer",
            &fields(r#", "version": 2"#).into_bytes(),
            "unknown field `version`, which a newer version of Flow may have",
        ),
    ];
    for (stem, content, _) in files {
        fs::write(from.path().join(format!("{stem}.json")), content).unwrap();
        import.add([from.path().join(format!("{stem}.json"))]);
    }
    advance(&mut import, &mut presets);
    for ((stem, _, cause), outcome) in files.iter().zip(import.outcomes()) {
        let expected = format!("{stem}.json is no preset: {cause}");
        assert_eq!(outcome.as_ref().unwrap_err(), &expected);
    }
    assert_eq!(import.outcomes().len(), files.len());
    assert_eq!(names(&presets), [""; 0]);
}

#[test]
fn import_of_a_file_with_a_byte_order_mark_succeeds() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    let path = file(from.path(), "edited.json", "Edited", "10 %");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("\u{feff}{text}")).unwrap();
    let mut import = PresetImport::default();
    import.add([path]);
    advance(&mut import, &mut presets);
    assert_eq!(names(&presets), ["Edited"]);
}

#[test]
fn import_of_a_taken_name_keeps_both_replaces_or_leaves_out() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    let depth = |presets: &UserPresets, name: &str| {
        let preset = presets.presets().find(|p| p.name == name).unwrap();
        preset
            .values
            .values()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let files: Vec<_> = [("a", "10 %"), ("b", "10 %"), ("c", "30 %"), ("d", "40 %")]
        .map(|(stem, depth)| file(from.path(), &format!("{stem}.json"), "Mine", depth))
        .into();
    let other = file(from.path(), "e.json", "Other", "50 %");
    let mut import = PresetImport::default();
    import.add(files.into_iter().chain([other]));
    advance(&mut import, &mut presets);
    // The second one is equal to the first.
    assert_eq!(import.outcomes().len(), 2);
    let clash = import.clash().unwrap();
    assert_eq!(
        (clash.file.as_str(), clash.is_replaceable),
        ("c.json", true)
    );
    assert_eq!(clash.free_name, "Mine 2");
    assert_eq!(
        depth(&presets, "Mine"),
        "10 %",
        "nothing without a decision"
    );
    import.decide(ClashDecision::KeepBoth, false, &mut presets);
    advance(&mut import, &mut presets);
    assert_eq!(depth(&presets, "Mine 2"), "30 %");
    import.decide(ClashDecision::Replace, false, &mut presets);
    advance(&mut import, &mut presets);
    assert_eq!(depth(&presets, "Mine"), "40 %");
    assert!(import.clash().is_none());
    assert_eq!(names(&presets), ["Mine", "Mine 2", "Other"]);
    let expected = [
        "a.json: imported as “Mine”",
        "b.json: you have “Mine” already",
        "c.json: imported as “Mine 2”",
        "d.json: replaced “Mine”",
        "e.json: imported as “Other”",
    ];
    assert_eq!(lines(&import), expected);
}

#[test]
fn import_asks_before_it_replaces_a_preset_that_another_instance_has_saved_since() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let instance = || UserPresets::in_folder(Some(to.path().to_owned()));
    let (mut presets, mut other) = (instance(), instance());
    presets.reload();
    other.save("Deep", &FlowParams::default()).unwrap();
    let path = file(from.path(), "deep.json", "Deep", "77 %");
    let mut import = PresetImport::default();
    import.add([path]);
    advance(&mut import, &mut presets);
    assert_eq!(import.clash().unwrap().free_name, "Deep 2");
    // While the question is open, the free name is taken as well.
    other.save("Deep 2", &FlowParams::default()).unwrap();
    import.decide(ClashDecision::KeepBoth, false, &mut presets);
    advance(&mut import, &mut presets);
    assert_eq!(lines(&import), ["deep.json: imported as “Deep 3”"]);
    let is_changed: Vec<_> = presets.presets().map(|p| !p.values.is_empty()).collect();
    assert_eq!(names(&presets), ["Deep", "Deep 2", "Deep 3"]);
    assert_eq!(is_changed, [false, false, true]);
}

#[test]
fn import_settles_further_clashes_by_a_decision_for_all_and_asks_about_factory_presets() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    presets.save("Mine", &FlowParams::default()).unwrap();
    presets.save("Other", &FlowParams::default()).unwrap();
    let names = ["Mine", "Other", "Club", "Other"];
    let files = names.iter().enumerate().map(|(i, name)| {
        let depth = format!("{}0 %", i + 1);
        file(from.path(), &format!("{i}.json"), name, &depth)
    });
    let mut import = PresetImport::default();
    import.add(files);
    // One file for each call, and none during a question.
    assert!(import.advance(&mut presets) && !import.advance(&mut presets));
    assert_eq!((import.waiting(), import.outcomes().len()), (3, 0));
    import.begin_anew();
    assert!(import.clash().is_some(), "files wait");
    import.decide(ClashDecision::Replace, true, &mut presets);
    assert!(import.advance(&mut presets));
    assert_eq!(import.outcomes().len(), 2);
    advance(&mut import, &mut presets);
    assert!(!import.clash().unwrap().is_replaceable);
    import.decide(ClashDecision::Skip, false, &mut presets);
    advance(&mut import, &mut presets);
    let expected = [
        "0.json: replaced “Mine”",
        "1.json: replaced “Other”",
        "2.json: left out",
        "3.json: replaced “Other”",
    ];
    assert_eq!(lines(&import), expected);
    // The decision holds for these files alone.
    import.begin_anew();
    import.add([file(from.path(), "late.json", "Mine", "90 %")]);
    advance(&mut import, &mut presets);
    assert!(import.clash().is_some() && import.outcomes().is_empty());
}

#[test]
fn import_that_replaces_nothing_fails_if_the_preset_has_appeared_in_the_meantime() {
    let to = tempfile::tempdir().unwrap();
    let instance = || UserPresets::in_folder(Some(to.path().to_owned()));
    let (mut presets, mut other) = (instance(), instance());
    other.save("Deep", &FlowParams::default()).unwrap();
    let preset = Preset {
        name: "Deep".to_owned(),
        ..presets::find("Club").unwrap().clone()
    };
    let outcome = presets.import("deep.json", &preset, UserPresets::write_new);
    let line = outcome.unwrap_err();
    assert!(line.starts_with("deep.json can't be imported: "), "{line}");
    assert!(presets.presets().next().unwrap().values.is_empty());
}

#[test]
fn import_under_the_name_of_a_factory_preset_never_replaces_it() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    let mut import = PresetImport::default();
    let path = file(from.path(), "club.json", "Club", "77 %");
    import.add([path]);
    advance(&mut import, &mut presets);
    assert!(!import.clash().unwrap().is_replaceable);
    import.decide(ClashDecision::Replace, false, &mut presets);
    advance(&mut import, &mut presets);
    assert!(import.outcomes()[0].is_err());
    assert!(names(&presets).is_empty());
}

#[test]
fn exported_preset_is_imported_with_the_same_values() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let club = presets::find("Club").unwrap();
    let path = export_path(from.path(), &export_name(club), Some(to.path())).unwrap();
    let saved = export(club, &path).unwrap();
    assert!(saved.starts_with("Saved club.json in "), "{saved}");
    let mut presets = UserPresets::in_folder(Some(to.path().to_owned()));
    let mut import = PresetImport::default();
    import.add([path.clone()]);
    advance(&mut import, &mut presets);
    assert_eq!(lines(&import), ["club.json: you have “Club” already"]);

    presets.save("Mine", &FlowParams::default()).unwrap();
    let mine = Preset {
        name: "Mine: louder?".to_owned(),
        ..club.clone()
    };
    let path = export_path(from.path(), &export_name(&mine), None).unwrap();
    export(&mine, &path).unwrap();
    import.add([path]);
    advance(&mut import, &mut presets);
    assert!(presets.presets().any(|preset| *preset == mine));
}

#[test]
fn export_path_with_a_bad_name_or_in_the_own_folder_is_refused() {
    let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = |typed: &str| export_path(folder.path(), typed, Some(own.path()));
    for typed in [
        "",
        " .json",
        "..",
        "a/b",
        "a\\b",
        "a:b.json",
        "what?",
        "a\nb",
        "CON",
        "nul.json",
        "Com1.v2.json",
        "aux .JSON",
        ".club",
        ".club.json",
    ] {
        let error = path(typed).unwrap_err();
        assert!(!error.is_empty() && error.len() < 100, "{error}");
    }
    let expected = folder.path().join("Mine v1.2.json");
    assert_eq!(path(" Mine v1.2 ").unwrap(), expected);
    assert_eq!(path("Mine v1.2.json").unwrap(), expected);
    let expected = folder.path().join("Club.JSON");
    assert_eq!(path("Club.JSON").unwrap(), expected);
    assert!(path("Console").is_ok());
    assert!(export_path(own.path(), "a", Some(own.path())).is_err());
}

#[test]
fn export_that_fails_reports_one_line_and_keeps_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "music").unwrap();
    let club = presets::find("Club").unwrap();
    let error = export(club, &file.join("club.json")).unwrap_err();
    assert!(
        error.starts_with("club.json: ") && !error.contains('\n'),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "music");
}
