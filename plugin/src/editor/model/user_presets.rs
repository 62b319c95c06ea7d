//! The user's presets: one JSON file each in the user's data folder.
//!
//! Files are replaced atomically. A file that can't be read is reported and left unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flow_params::{Preset, presets};
use flow_platform::{atomic_file, user_folders};

use crate::params::FlowParams;

/// Category of the user's presets.
pub const CATEGORY: &str = "My presets";

/// Longest file name without extension, characters: all file systems accept it.
const MAX_NAME_CHARS: usize = 60;

/// The folder of the user's presets, which may not exist yet. `None` where the system has no user data folder.
pub(crate) fn user_folder() -> Option<PathBuf> {
    user_folders::presets()
}

/// Largest preset file that is read, bytes. Flow writes a few thousand.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads one preset file.
///
/// # Errors
///
/// If the path is not a regular file, is larger than 1 MiB, or is not a preset in JSON of which this version knows every
/// parameter.
pub(crate) fn read_file(path: &Path) -> io::Result<Preset> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("not a preset file"));
    }
    let text = fs::read_to_string(path)?;
    serde_json::from_str(&text).map_err(io::Error::from)
}

/// The file of the favorites in the folder of the presets: a name in each line.
const FAVORITES_FILE: &str = "favorites.txt";

/// The presets of one folder, and the favorites among all presets.
pub struct UserPresets {
    folder: Option<PathBuf>,
    presets: Vec<(PathBuf, Preset)>,
    /// Names of factory presets and of the user's.
    favorites: BTreeSet<String>,
    /// The last error, one line.
    pub error: Option<String>,
}

impl UserPresets {
    /// Uses the user's data folder. Reads nothing yet.
    #[must_use]
    pub fn in_user_folder() -> Self {
        Self::in_folder(user_folder())
    }

    /// Uses a folder, which may not exist yet.
    #[must_use]
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            presets: Vec::new(),
            favorites: BTreeSet::new(),
            error: None,
        }
    }

    /// Reads the folder again.
    pub fn reload(&mut self) {
        self.presets.clear();
        self.error = None;
        self.favorites = self
            .folder
            .as_deref()
            .map(read_favorites)
            .unwrap_or_default();
        let Some(entries) = self.folder.as_ref().and_then(|f| fs::read_dir(f).ok()) else {
            return;
        };
        let mut bad = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            match read_file(&path) {
                Ok(preset) => self.presets.push((path, preset)),
                Err(error) => bad.push(format!("{}: {error}", file_name(&path))),
            }
        }
        self.presets.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        if !bad.is_empty() {
            self.error = Some(format!("skipped {}", bad.join("; ")));
        }
    }

    /// The folder of the presets, which may not exist yet.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether the user has marked a preset as a favorite.
    #[must_use]
    pub fn is_favorite(&self, name: &str) -> bool {
        self.favorites.contains(name)
    }

    /// Marks a preset as a favorite, or no longer.
    pub fn toggle_favorite(&mut self, name: &str) {
        let mut favorites = self.favorites.clone();
        if !favorites.remove(name) {
            favorites.insert(name.to_owned());
        }
        let Some(folder) = &self.folder else {
            self.error = Some("the system has no user data folder".to_owned());
            return;
        };
        let text: String = favorites.iter().map(|name| format!("{name}\n")).collect();
        match atomic_file::replace(&folder.join(FAVORITES_FILE), text.as_bytes()) {
            Ok(()) => self.favorites = favorites,
            Err(error) => self.error = Some(format!("can't save the favorites: {error}")),
        }
    }

    /// The presets in order of their names.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter().map(|(_, preset)| preset)
    }

    /// Saves the present parameter values under a name; replaces a preset of the same name.
    pub fn save(&mut self, name: &str, params: &FlowParams) {
        let name = name.trim();
        let Some(stem) = self.stem_of_new(name) else {
            return;
        };
        let mut values = BTreeMap::new();
        for param in params.each() {
            let (id, normalized) = (param.id(), param.normalized());
            if presets::sets(id, false) && normalized != param.default_normalized() {
                values.insert(id, param.text(normalized));
            }
        }
        let preset = Preset {
            name: name.to_owned(),
            category: CATEGORY.to_owned(),
            description: String::new(),
            values,
        };
        let result = self.write(&stem, &preset).map(|_| ());
        self.finish(result, &format!("can't save \u{201c}{name}\u{201d}"));
    }

    /// The file name for a preset's name. Reports a name that can't be used.
    fn stem_of_new(&mut self, name: &str) -> Option<String> {
        if presets::find(name).is_some() {
            self.error = Some(format!(
                "\u{201c}{name}\u{201d} is a factory preset: choose another name"
            ));
            return None;
        }
        let stem = file_stem(name);
        if stem.is_none() {
            self.error = Some("the name needs a letter or digit".to_owned());
        }
        stem
    }

    /// Writes a preset over the one of the same name or to a new file, and returns its path.
    fn write(&self, stem: &str, preset: &Preset) -> io::Result<PathBuf> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other("the system has no user data folder"))?;
        let text = serde_json::to_string_pretty(preset)?;
        let path = self.path_for(folder, stem, &preset.name);
        atomic_file::replace(&path, text.as_bytes())?;
        Ok(path)
    }

    /// The path for a preset. Files of other presets and files that can't be read stay: names that differ in signs or case
    /// only have one stem.
    fn path_for(&self, folder: &Path, stem: &str, name: &str) -> PathBuf {
        let known = self.presets.iter().find(|(_, p)| p.name == name);
        let mut candidate = match known {
            Some((path, _)) => path.clone(),
            None => folder.join(format!("{stem}.json")),
        };
        let mut number = 1;
        while fs::symlink_metadata(&candidate).is_ok()
            && !read_file(&candidate).is_ok_and(|preset| preset.name == name)
        {
            number += 1;
            candidate = folder.join(format!("{stem}_{number}.json"));
        }
        candidate
    }

    /// Renames a preset.
    pub fn rename(&mut self, from: &str, to: &str) {
        let to = to.trim();
        let Some(stem) = self.stem_of_new(to) else {
            return;
        };
        if self.presets.iter().any(|(_, p)| p.name == to) {
            self.error = Some(format!("\u{201c}{to}\u{201d} exists already"));
            return;
        }
        let Some((path, preset)) = self.presets.iter().find(|(_, p)| p.name == from) else {
            return;
        };
        let renamed = Preset {
            name: to.to_owned(),
            ..preset.clone()
        };
        let old = path.clone();
        let written = self.write(&stem, &renamed);
        let result = written.and_then(|path| {
            if path == old {
                Ok(())
            } else {
                fs::remove_file(&old)
            }
        });
        self.finish(result, &format!("can't rename \u{201c}{from}\u{201d}"));
    }

    /// Removes a preset's file.
    pub fn delete(&mut self, name: &str) {
        let path = self.presets.iter().find(|(_, p)| p.name == name);
        if let Some((path, _)) = path {
            let result = fs::remove_file(path);
            self.finish(result, &format!("can't delete \u{201c}{name}\u{201d}"));
        }
    }

    /// Reloads the folder and keeps an error of the last operation.
    fn finish(&mut self, result: io::Result<()>, failure: &str) {
        self.reload();
        if let Err(error) = result {
            self.error = Some(format!("{failure}: {error}"));
        }
    }
}

/// The favorites in a folder; none if the file is missing or can't be read.
fn read_favorites(folder: &Path) -> BTreeSet<String> {
    let path = folder.join(FAVORITES_FILE);
    let is_small = fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= MAX_FILE_BYTES);
    let text = is_small.then(|| fs::read_to_string(path).ok()).flatten();
    text.unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A file name that all systems accept; `None` if the name has no letter or digit.
fn file_stem(name: &str) -> Option<String> {
    let plain: String = name
        .chars()
        .take(MAX_NAME_CHARS)
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_lowercase().next().unwrap_or(c)
            } else {
                '_'
            }
        })
        .collect();
    let has_sign = plain.chars().any(char::is_alphanumeric);
    let tail = if is_device_name(&plain) { "_" } else { "" };
    has_sign.then(|| plain + tail)
}

/// Whether Windows takes a file of this name for a device, with any extension:
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>.
fn is_device_name(stem: &str) -> bool {
    let numbered = |port: &str| {
        let mut number = stem.strip_prefix(port)?.chars();
        let digit = number.next()?;
        (number.next().is_none() && (digit.is_ascii_digit() || "¹²³".contains(digit))).then_some(())
    };
    ["con", "prn", "aux", "nul"].contains(&stem)
        || ["com", "lpt"].iter().any(|port| numbered(port).is_some())
}

#[cfg(test)]
mod tests {
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
        assert_eq!(presets.error, None, "a missing folder is not an error");
        presets.save("My Club: loud!", &params);
        assert_eq!(presets.error, None);
        assert_eq!(names(&presets), ["My Club: loud!"]);
        presets.rename("My Club: loud!", "Other");
        assert_eq!(names(&presets), ["Other"]);
        presets.save("Other", &params);
        assert_eq!(names(&presets), ["Other"], "over the one of the same name");
        presets.delete("Other");
        assert!(names(&presets).is_empty());
        presets.save(" ../.. ", &params);
        assert!(presets.error.is_some());
    }

    #[test]
    fn save_with_a_name_of_the_same_stem_keeps_other_presets_and_unreadable_files() {
        let folder = tempfile::tempdir().unwrap();
        let newer =
            r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
        fs::write(folder.path().join("newer.json"), newer).unwrap();
        let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
        for name in ["Loud+", "Loud-", "Newer", "Loud-"] {
            presets.save(name, &FlowParams::default());
        }
        assert_eq!(names(&presets), ["Loud+", "Loud-", "Newer"]);
        presets.rename("Newer", "loud_");
        assert_eq!(names(&presets), ["Loud+", "Loud-", "loud_"]);
        presets.delete("Loud+");
        presets.save("Loud-", &FlowParams::default());
        assert_eq!(names(&presets), ["Loud-", "loud_"]);
        let kept = fs::read_to_string(folder.path().join("newer.json"));
        assert_eq!(kept.unwrap(), newer);
    }

    #[test]
    fn reload_with_a_damaged_file_reports_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
        presets.save("Good", &FlowParams::default());
        fs::write(folder.path().join("bad.json"), "{\"name\": 3").unwrap();
        presets.reload();
        assert_eq!(names(&presets), ["Good"]);
        assert!(presets.error.as_ref().unwrap().contains("bad.json"));
        assert!(folder.path().join("bad.json").exists());
    }

    #[test]
    fn reload_with_preset_of_newer_version_names_unknown_parameter() {
        let folder = tempfile::tempdir().unwrap();
        let json =
            r#"{"name": "Newer", "category": "", "description": "", "values": {"zap": "1"}}"#;
        fs::write(folder.path().join("newer.json"), json).unwrap();
        let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
        presets.reload();
        assert!(names(&presets).is_empty());
        let error = presets.error.unwrap();
        assert!(
            error.starts_with(
                "skipped newer.json: unknown parameter \"zap\", which a newer version"
            ),
            "{error}"
        );
    }

    #[test]
    fn favorites_outlive_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let presets = || {
            let mut presets = UserPresets::in_folder(Some(folder.path().join("new")));
            presets.reload();
            presets
        };
        presets().toggle_favorite("Club");
        let mut again = presets();
        assert!(again.is_favorite("Club") && !again.is_favorite("Vinyl"));
        again.toggle_favorite("Club");
        assert!(!presets().is_favorite("Club"));
        assert_eq!(presets().error, None, "the file is no damaged preset");
        UserPresets::in_folder(None).toggle_favorite("Club");
    }

    #[test]
    fn save_under_the_name_of_a_factory_preset_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut presets = UserPresets::in_folder(Some(folder.path().to_owned()));
        presets.save(" Club ", &FlowParams::default());
        assert!(presets.error.as_ref().unwrap().contains("factory preset"));
        presets.save("Mine", &FlowParams::default());
        presets.rename("Mine", "Club");
        assert!(presets.error.as_ref().unwrap().contains("factory preset"));
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
        presets.save("AUX", &FlowParams::default());
        assert_eq!(names(&presets), ["AUX"]);
        assert!(folder.path().join("aux_.json").exists());
    }

    #[test]
    fn save_into_an_unwritable_folder_reports_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut presets = UserPresets::in_folder(Some(file.join("presets")));
        presets.save("Mine", &FlowParams::default());
        assert!(presets.error.as_ref().unwrap().contains("can't save"));
        let mut presets = UserPresets::in_folder(None);
        presets.save("Mine", &FlowParams::default());
        assert!(presets.error.is_some());
    }
}
