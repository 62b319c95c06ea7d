//! Presets from files outside of the user's folder, and into such files.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use flow_params::{Preset, presets};
use flow_platform::atomic_file;

use super::{CATEGORY, UserPresets, file_stem, new_stem, read_file};
use crate::editor::model::export_file::{self, Outcome};
use crate::file_name::file_name;

/// The extension of preset files.
pub(crate) const EXTENSION: &str = "json";

/// Longest name of an imported preset, characters: lists and dialogs show it.
const MAX_NAME_CHARS: usize = 100;

/// Signs that no file name has on at least one system.
const RESERVED_SIGNS: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// The import of preset files, one after the other. It waits for a decision where a name is taken.
#[derive(Default)]
pub(crate) struct PresetImport {
    waiting: VecDeque<PathBuf>,
    clash: Option<NameClash>,
    outcomes: Vec<Outcome>,
}

/// A file whose preset has the name of another preset.
pub(crate) struct NameClash {
    /// The file's name.
    pub(crate) file: String,
    pub(crate) preset: Preset,
    /// A name that no preset has. Another one is taken if it is no longer free when the user decides.
    pub(crate) free_name: String,
    /// The other one is the user's. A factory preset is never replaced.
    pub(crate) is_replaceable: bool,
}

/// The user's decision about a clash of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClashDecision {
    KeepBoth,
    Replace,
    Skip,
}

impl PresetImport {
    /// Imports files, up to the first clash of names.
    pub(crate) fn add(
        &mut self,
        paths: impl IntoIterator<Item = PathBuf>,
        user_presets: &mut UserPresets,
    ) {
        self.waiting.extend(paths);
        self.advance(user_presets);
    }

    /// The clash that waits for a decision.
    pub(crate) fn clash(&self) -> Option<&NameClash> {
        self.clash.as_ref()
    }

    /// One line for each file so far.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Decides about the clash, and goes on with the other files.
    pub(crate) fn decide(&mut self, decision: ClashDecision, user_presets: &mut UserPresets) {
        let Some(clash) = self.clash.take() else {
            return;
        };
        let NameClash {
            file, mut preset, ..
        } = clash;
        // Another instance may have saved presets while the question was open.
        user_presets.reload();
        let outcome = match decision {
            ClashDecision::Skip => Ok(format!("{file}: left out")),
            ClashDecision::Replace => user_presets.import(&file, &preset, UserPresets::write),
            ClashDecision::KeepBoth => {
                preset.name = user_presets.free_name(&preset.name);
                user_presets.import(&file, &preset, UserPresets::write_new)
            }
        };
        self.outcomes.push(outcome);
        self.advance(user_presets);
    }

    fn advance(&mut self, user_presets: &mut UserPresets) {
        while self.clash.is_none()
            && let Some(path) = self.waiting.pop_front()
        {
            let file = file_name(&path);
            // Another instance may have saved presets since the last reload.
            user_presets.reload();
            let outcome = match read_for_import(&path) {
                Err(error) => Err(format!("{file} is no preset: {error}")),
                Ok(preset) => match user_presets.of_name(&preset.name) {
                    None => user_presets.import(&file, &preset, UserPresets::write_new),
                    Some(other) if other.values == preset.values => {
                        Ok(format!("{file}: you have “{}” already", preset.name))
                    }
                    Some(_) => {
                        self.clash = Some(NameClash {
                            file,
                            free_name: user_presets.free_name(&preset.name),
                            is_replaceable: user_presets.has(&preset.name),
                            preset,
                        });
                        return;
                    }
                },
            };
            self.outcomes.push(outcome);
        }
    }
}

impl UserPresets {
    /// The user's preset or the factory preset with a name.
    fn of_name(&self, name: &str) -> Option<&Preset> {
        let mine = self.presets().find(|preset| preset.name == name);
        mine.or_else(|| presets::find(name))
    }

    /// Writes an imported preset with `write`, which gets its stem. Returns a line about the file.
    fn import(
        &mut self,
        file: &str,
        preset: &Preset,
        write: fn(&Self, &str, &Preset) -> io::Result<PathBuf>,
    ) -> Outcome {
        let failure = |error: String| format!("{file} can't be imported: {error}");
        let stem = new_stem(&preset.name).map_err(failure)?;
        let is_replaced = self.has(&preset.name);
        let written = write(self, &stem, preset);
        self.reload();
        written.map_err(|error| failure(error.to_string()))?;
        Ok(if is_replaced {
            format!("{file}: replaced “{}”", preset.name)
        } else {
            format!("{file}: imported as “{}”", preset.name)
        })
    }
}

/// Reads a preset with a name that lists can show.
fn read_for_import(path: &Path) -> Result<Preset, String> {
    let one_line = |error: io::Error| error.to_string().replace('\n', " ");
    let mut preset = read_file(path).map_err(one_line)?;
    preset.name = preset.name.trim().to_owned();
    if preset.name.chars().any(char::is_control) || preset.name.chars().count() > MAX_NAME_CHARS {
        return Err(format!(
            "its name is longer than {MAX_NAME_CHARS} characters or has control characters"
        ));
    }
    if !preset.name.chars().any(char::is_alphanumeric) {
        return Err("its name needs a letter or digit".to_owned());
    }
    if preset.category.trim().is_empty() {
        CATEGORY.clone_into(&mut preset.category);
    }
    Ok(preset)
}

/// The usual file name for an exported preset.
pub(crate) fn export_name(preset: &Preset) -> String {
    let stem = file_stem(&preset.name).unwrap_or_else(|| "preset".to_owned());
    format!("{stem}.{EXTENSION}")
}

/// The path for a typed file name in a folder.
///
/// # Errors
///
/// If the name is empty or has a sign that not every system accepts, or the folder is that of the user's presets.
pub(crate) fn export_path(
    folder: &Path,
    typed: &str,
    own_folder: Option<&Path>,
) -> Result<PathBuf, String> {
    let name = typed.trim();
    let stem = name.strip_suffix(".json").unwrap_or(name);
    if !stem.chars().any(char::is_alphanumeric) {
        return Err("The file name needs a letter or digit".to_owned());
    }
    if name.contains(RESERVED_SIGNS) || name.chars().any(char::is_control) {
        return Err("A file name has none of < > : \" / \\ | ? *".to_owned());
    }
    if own_folder.is_some_and(|own| is_same_folder(own, folder)) {
        return Err("Flow's own folder has your presets already: choose another one".to_owned());
    }
    Ok(folder.join(format!("{stem}.{EXTENSION}")))
}

/// Writes a preset into a file.
///
/// # Errors
///
/// If it can't be written. Then nothing has changed.
pub(crate) fn export(preset: &Preset, path: &Path) -> Outcome {
    let text = serde_json::to_string_pretty(preset).map_err(io::Error::from);
    text.and_then(|text| atomic_file::replace(path, text.as_bytes()))
        .map(|()| export_file::saved(path))
        .map_err(|error| format!("{}: {error}; nothing was written", file_name(path)))
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
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
        let newer =
            r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
        fs::write(at("newer.json"), newer).unwrap();
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
        ];
        let good = file(from.path(), "one.json", "One", "10 %");
        let more = file(from.path(), "two.json", "Two", "20 %");
        let mut import = PresetImport::default();
        import.add(
            std::iter::once(good)
                .chain(bad.clone())
                .chain(std::iter::once(more)),
            &mut presets,
        );
        assert_eq!(names(&presets), ["One", "Two"]);
        assert_eq!(import.outcomes().len(), bad.len() + 2);
        for (path, outcome) in bad.iter().zip(&import.outcomes()[1..]) {
            let line = outcome.as_ref().unwrap_err();
            assert!(line.starts_with(&format!("{} is no preset: ", file_name(path))));
            assert!(!line.contains('\n'), "{line}");
        }
        let kept = presets.presets().next().unwrap();
        assert_eq!(kept.category, CATEGORY, "an empty heading");
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
        import.add(files.into_iter().chain([other]), &mut presets);
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
        import.decide(ClashDecision::KeepBoth, &mut presets);
        assert_eq!(depth(&presets, "Mine 2"), "30 %");
        import.decide(ClashDecision::Replace, &mut presets);
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
        import.add([path], &mut presets);
        assert_eq!(import.clash().unwrap().free_name, "Deep 2");
        // While the question is open, the free name is taken as well.
        other.save("Deep 2", &FlowParams::default()).unwrap();
        import.decide(ClashDecision::KeepBoth, &mut presets);
        assert_eq!(lines(&import), ["deep.json: imported as “Deep 3”"]);
        let is_changed: Vec<_> = presets.presets().map(|p| !p.values.is_empty()).collect();
        assert_eq!(names(&presets), ["Deep", "Deep 2", "Deep 3"]);
        assert_eq!(is_changed, [false, false, true]);
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
        import.add([path], &mut presets);
        assert!(!import.clash().unwrap().is_replaceable);
        import.decide(ClashDecision::Replace, &mut presets);
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
        import.add([path.clone()], &mut presets);
        assert_eq!(lines(&import), ["club.json: you have “Club” already"]);

        presets.save("Mine", &FlowParams::default()).unwrap();
        let mine = Preset {
            name: "Mine: louder?".to_owned(),
            ..club.clone()
        };
        let path = export_path(from.path(), &export_name(&mine), None).unwrap();
        export(&mine, &path).unwrap();
        import.add([path], &mut presets);
        assert!(presets.presets().any(|preset| *preset == mine));
    }

    #[test]
    fn export_path_with_a_bad_name_or_in_the_own_folder_is_refused() {
        let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = |typed: &str| export_path(folder.path(), typed, Some(own.path()));
        for typed in [
            "", " .json", "..", "a/b", "a\\b", "a:b.json", "what?", "a\nb",
        ] {
            let error = path(typed).unwrap_err();
            assert!(!error.is_empty() && error.len() < 100, "{error}");
        }
        let expected = folder.path().join("Mine v1.2.json");
        assert_eq!(path(" Mine v1.2 ").unwrap(), expected);
        assert_eq!(path("Mine v1.2.json").unwrap(), expected);
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
}
