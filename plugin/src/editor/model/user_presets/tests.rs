use super::*;

fn names(presets: &UserPresets) -> Vec<&str> {
    presets.presets().map(|p| p.name.as_str()).collect()
}

#[test]
fn user_presets_save_rename_delete_keep_one_file_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().join("new/folder")));
    let params = FlowParams::default();
    presets.reload();
    assert_eq!(presets.skipped(), None, "a missing folder is not an error");
    presets.save("My Club: loud!", &params).unwrap();
    assert_eq!(names(&presets), ["My Club: loud!"]);
    presets.rename("My Club: loud!", "Other").unwrap();
    assert_eq!(names(&presets), ["Other"]);
    presets.save("Other", &params).unwrap();
    assert_eq!(names(&presets), ["Other"], "over the one of the same name");
    presets.delete("Other").unwrap();
    assert!(names(&presets).is_empty());
    assert!(presets.save(" ../.. ", &params).is_err());
}

#[test]
fn save_with_a_name_of_the_same_stem_keeps_other_presets_and_unreadable_files() {
    let folder = tempfile::tempdir().unwrap();
    let newer = r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
    fs::write(folder.path().join("newer.json"), newer).unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    for name in ["Loud+", "Loud-", "Newer", "Loud-"] {
        presets.save(name, &FlowParams::default()).unwrap();
    }
    assert_eq!(names(&presets), ["Loud+", "Loud-", "Newer"]);
    presets.rename("Newer", "loud_").unwrap();
    assert_eq!(names(&presets), ["Loud+", "Loud-", "loud_"]);
    presets.delete("Loud+").unwrap();
    presets.save("Loud-", &FlowParams::default()).unwrap();
    assert_eq!(names(&presets), ["Loud-", "loud_"]);
    let kept = fs::read_to_string(folder.path().join("newer.json"));
    assert_eq!(kept.unwrap(), newer);
}

#[test]
fn save_beside_a_damaged_file_succeeds_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    fs::write(folder.path().join("bad.json"), "{\"name\": 3").unwrap();
    presets.save("Good", &FlowParams::default()).unwrap();
    assert_eq!(names(&presets), ["Good"]);
    assert!(presets.skipped().unwrap().contains("bad.json"));
    assert!(folder.path().join("bad.json").exists());
}

#[test]
fn reload_with_preset_of_newer_version_names_unknown_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
    fs::write(folder.path().join("newer.json"), json).unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.reload();
    assert!(names(&presets).is_empty());
    let error = presets.skipped().unwrap();
    assert!(
        error.starts_with("skipped newer.json: unknown parameter \"zap\", which a newer version"),
        "{error}"
    );
}

#[test]
fn favorite_follows_its_preset_to_a_new_name_and_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.save("Mine", &FlowParams::default()).unwrap();
    presets.toggle_favorite("Mine").unwrap();
    presets.rename("Mine", "Yours").unwrap();
    assert!(presets.is_favorite("Yours") && !presets.is_favorite("Mine"));
    presets.delete("Yours").unwrap();
    presets.reload();
    assert!(!presets.is_favorite("Yours"));
    assert_eq!(presets.skipped(), None, "the file is no damaged preset");
}

#[test]
fn rename_and_delete_succeed_although_favorites_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.save("Mine", &FlowParams::default()).unwrap();
    presets.toggle_favorite("Mine").unwrap();
    let favorites = folder.path().join("favorites.txt");
    fs::remove_file(&favorites).unwrap();
    fs::create_dir(&favorites).unwrap();
    presets.rename("Mine", "Yours").unwrap();
    assert!(presets.skipped().unwrap().contains("favorites"));
    assert_eq!(names(&presets), ["Yours"]);
    presets.delete("Yours").unwrap();
    assert!(names(&presets).is_empty());
}

#[test]
fn free_name_of_a_taken_name_has_the_next_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    assert_eq!(presets.free_name("Mine"), "Mine");
    assert_eq!(presets.free_name("Club"), "Club 2", "a factory preset");
    presets.save("Club 2", &FlowParams::default()).unwrap();
    assert_eq!(presets.free_name("Club"), "Club 3");
}

#[test]
fn rename_and_delete_of_a_missing_preset_return_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.save("Mine", &FlowParams::default()).unwrap();
    fs::remove_file(folder.path().join("mine.json")).unwrap();
    assert!(presets.delete("Mine").is_err());
    assert!(presets.rename("Mine", "Yours").is_err());
    assert!(names(&presets).is_empty());
}

#[test]
fn save_under_the_name_of_a_factory_preset_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    let error = presets.save(" Club ", &FlowParams::default()).unwrap_err();
    assert!(error.contains("factory preset"), "{error}");
    presets.save("Mine", &FlowParams::default()).unwrap();
    let error = presets.rename("Mine", "Club").unwrap_err();
    assert!(error.contains("factory preset"), "{error}");
    assert_eq!(names(&presets), ["Mine"]);
}

#[test]
fn file_stem_of_device_name_gets_another_sign() {
    for (name, stem) in [
        ("Con", "con_"),
        ("nul", "nul_"),
        ("COM1", "com1_"),
        ("lpt²", "lpt²_"),
        ("Com", "com"),
        ("com10", "com10"),
        ("Console", "console"),
        ("aux.", "aux_"),
    ] {
        assert_eq!(file_stem(name).as_deref(), Some(stem), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.save("AUX", &FlowParams::default()).unwrap();
    assert_eq!(names(&presets), ["AUX"]);
    assert!(folder.path().join("aux_.json").exists());
}

#[test]
fn save_into_an_unwritable_folder_reports_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut presets = UserPresets::in_folder(Some(file.join("presets")));
    let error = presets.save("Mine", &FlowParams::default()).unwrap_err();
    assert!(error.starts_with("Can't save"), "{error}");
    let mut presets = UserPresets::in_folder(None);
    assert!(presets.save("Mine", &FlowParams::default()).is_err());
}

/// Two instances with one folder.
fn two_instances() -> (tempfile::TempDir, UserPresets, UserPresets) {
    let folder = tempfile::tempdir().unwrap();
    let instance = || UserPresets::in_folder(Some(folder.path().to_owned()));
    let (one, other) = (instance(), instance());
    (folder, one, other)
}

/// Settings with a depth.
fn deep() -> FlowParams {
    let params = FlowParams::default();
    let depth = params.get(flow_params::ParameterId::Depth);
    depth.set_normalized(0.7);
    params
}

fn has_values(presets: &mut UserPresets, name: &str) -> bool {
    presets.reload();
    let preset = presets.presets().find(|preset| preset.name == name);
    !preset.unwrap().values.is_empty()
}

#[test]
fn rename_of_a_preset_that_another_instance_has_saved_since_keeps_the_newer_values() {
    let (_folder, mut one, mut other) = two_instances();
    one.save("Mine", &FlowParams::default()).unwrap();
    other.save("Other", &FlowParams::default()).unwrap();
    other.save("Mine", &deep()).unwrap();
    let error = one.rename("Mine", "Other").unwrap_err();
    assert!(error.contains("exists already"), "{error}");
    one.rename("Mine", "Yours").unwrap();
    assert!(has_values(&mut one, "Yours"));
}

#[test]
fn save_replaces_a_preset_of_another_instance_only_once_it_is_listed() {
    let (_folder, mut one, mut other) = two_instances();
    other.save("Mine", &deep()).unwrap();
    let error = one.save("Mine", &FlowParams::default()).unwrap_err();
    assert!(error.contains("was saved in the meantime"), "{error}");
    assert!(has_values(&mut other, "Mine"));
    assert!(one.has("Mine"));
    one.save("Mine", &FlowParams::default()).unwrap();
    assert!(!has_values(&mut other, "Mine"));
}

#[test]
fn delete_of_a_preset_that_another_instance_has_changed_since_needs_a_second_confirmation() {
    let (_folder, mut one, mut other) = two_instances();
    one.save("Mine", &FlowParams::default()).unwrap();
    other.reload();
    other.save("Mine", &deep()).unwrap();
    let error = one.delete("Mine").unwrap_err();
    assert!(error.contains("has changed in the meantime"), "{error}");
    assert!(has_values(&mut other, "Mine"));
    one.delete("Mine").unwrap();
    assert!(names(&one).is_empty());
}

#[test]
fn second_file_of_one_name_is_named_and_left_alone() {
    let (folder, mut one, _other) = two_instances();
    let json = |values: &str| {
        format!(r#"{{"name": "Mine", "category": "", "description": "", "values": {{{values}}}}}"#)
    };
    let [first, second] = ["a.json", "b.json"].map(|file| folder.path().join(file));
    fs::write(&second, json(r#""fldep": "30 %""#)).unwrap();
    fs::write(&first, json("")).unwrap();
    assert!(!has_values(&mut one, "Mine"));
    assert_eq!(names(&one), ["Mine"]);
    assert_eq!(
        one.skipped(),
        Some("skipped b.json: its preset has the name of the one in a.json, “Mine”")
    );
    one.rename("Mine", "Yours").unwrap();
    assert_eq!(names(&one), ["Mine", "Yours"]);
    assert!(!first.exists() && has_values(&mut one, "Mine"));
    one.delete("Yours").unwrap();
    assert!(second.exists());
}

#[test]
fn file_with_the_name_of_a_factory_preset_is_named_and_left_alone() {
    let (folder, mut one, _other) = two_instances();
    let json = r#"{"name": "club ", "category": "Mixes", "description": "", "values": {}}"#;
    let path = folder.path().join("mine.json");
    fs::write(&path, json).unwrap();
    one.reload();
    assert!(names(&one).is_empty());
    assert_eq!(
        one.skipped(),
        Some(
            "skipped mine.json: its preset has the name of a factory preset, “club”: change it in the file"
        )
    );
    one.save("Mine", &deep()).unwrap();
    assert_eq!(names(&one), ["Mine"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), json);
}

#[test]
fn names_that_differ_in_spaces_at_their_ends_are_one() {
    let (folder, mut one, _other) = two_instances();
    for (file, name) in [("a.json", "Mine"), ("b.json", " Mine"), ("c.json", "  ")] {
        let json =
            format!(r#"{{"name": "{name}", "category": "", "description": "", "values": {{}}}}"#);
        fs::write(folder.path().join(file), json).unwrap();
    }
    one.reload();
    assert_eq!(names(&one), ["Mine"]);
    let skipped = one.skipped().unwrap();
    assert!(
        skipped.contains("b.json: its preset has the name of the one in a.json"),
        "{skipped}"
    );
    assert!(
        skipped.contains("c.json: its name has no letter or digit"),
        "{skipped}"
    );
}

#[test]
fn save_over_an_imported_preset_keeps_its_description_and_category() {
    let (folder, mut one, _other) = two_instances();
    let json = r#"{"name": "Mine", "category": "Mixes", "description": "Deep.", "values": {}}"#;
    fs::write(folder.path().join("mine.json"), json).unwrap();
    one.reload();
    one.save("Mine", &deep()).unwrap();
    let preset = one.presets().next().unwrap();
    let texts = [preset.category.as_str(), preset.description.as_str()];
    assert_eq!(texts, ["Mixes", "Deep."]);
    assert!(!preset.values.is_empty());
}

#[test]
fn reload_names_files_with_a_name_that_lists_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    for (file, name) in [("a", r"Two\nlines".to_owned()), ("b", "x".repeat(101))] {
        let text =
            format!(r#"{{"name": "{name}", "category": "", "description": "", "values": {{}}}}"#);
        fs::write(folder.path().join(format!("{file}.json")), text).unwrap();
    }
    let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
    presets.reload();
    let skipped = presets.skipped().unwrap();
    assert_eq!(
        skipped
            .matches("its name is longer than 100 characters")
            .count(),
        2
    );
    assert!(names(&presets).is_empty());
    // Nothing is saved that would be skipped.
    assert!(
        presets
            .save(&"x".repeat(101), &FlowParams::default())
            .is_err()
    );
}

#[test]
fn reload_of_a_folder_that_cannot_be_read_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("presets");
    fs::write(&file, "").unwrap();
    let mut presets = UserPresets::in_folder(Some(file));
    presets.reload();
    let skipped = presets.skipped().unwrap();
    assert!(skipped.contains("presets: "), "{skipped}");
}
