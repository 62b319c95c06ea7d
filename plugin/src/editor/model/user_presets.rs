//! The user's own presets: one JSON file each, in a folder of the user's.
//!
//! A file is written whole beside its place and then moved there, so that nothing is ever half written. One that can't be
//! read is named and left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flow_params::{Preset, presets};
use flow_platform::{atomic_file, user_folders};

use crate::params::FlowParams;

/// Heading of the user's own presets.
pub const CATEGORY: &str = "My presets";

/// Longest name, so that every file system takes it.
const LONGEST_NAME: usize = 60;

/// The folder of the user's presets, which doesn't have to be there; none where the system keeps no data of users.
pub(crate) fn user_folder() -> Option<PathBuf> {
    user_folders::presets()
}

/// The longest preset file that is read, in bytes. Flow's own have a few thousand.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads one preset file. Anything but a regular file of a sensible length is refused.
pub(crate) fn read_file(path: &Path) -> io::Result<Preset> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("this is no preset file"));
    }
    let text = fs::read_to_string(path)?;
    serde_json::from_str(&text).map_err(io::Error::from)
}

/// The presets of one folder.
pub struct UserPresets {
    folder: Option<PathBuf>,
    presets: Vec<(PathBuf, Preset)>,
    /// What went wrong last, for people.
    pub message: Option<String>,
}

impl UserPresets {
    /// In the place where the system keeps a user's data. Nothing is read yet.
    #[must_use]
    pub fn of_user() -> Self {
        Self::at(user_folder())
    }

    /// In a folder, which doesn't have to be there.
    #[must_use]
    pub fn at(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            presets: Vec::new(),
            message: None,
        }
    }

    /// Reads the folder again.
    pub fn read(&mut self) {
        self.presets.clear();
        self.message = None;
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
            self.message = Some(format!("skipped {}", bad.join("; ")));
        }
    }

    /// The presets, by name.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter().map(|(_, preset)| preset)
    }

    /// Writes what the parameters are now under a name, over one of the same name.
    pub fn save(&mut self, name: &str, params: &FlowParams) {
        let name = name.trim();
        let Some(file) = file_for(name) else {
            self.message = Some("a preset needs a name of letters or digits".to_owned());
            return;
        };
        let mut values = BTreeMap::new();
        for param in params.each() {
            let (id, normalized) = (param.id(), param.normalized());
            if presets::sets(id, false) && normalized != param.default_normalized() {
                values.insert(id.to_string(), param.text(normalized));
            }
        }
        let preset = Preset {
            name: name.to_owned(),
            category: CATEGORY.to_owned(),
            description: String::new(),
            values,
        };
        let written = self.write(&file, &preset);
        self.after(written, &format!("can't save \u{201c}{name}\u{201d}"));
    }

    fn write(&self, file: &str, preset: &Preset) -> io::Result<()> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other("no folder for user data"))?;
        let text = serde_json::to_string_pretty(preset)?;
        atomic_file::replace(&folder.join(format!("{file}.json")), text.as_bytes())
    }

    /// Gives a preset another name.
    pub fn rename(&mut self, from: &str, to: &str) {
        let to = to.trim();
        let Some(file) = file_for(to) else {
            self.message = Some("a preset needs a name of letters or digits".to_owned());
            return;
        };
        if self.presets.iter().any(|(_, p)| p.name == to) {
            self.message = Some(format!("there is already a \u{201c}{to}\u{201d}"));
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
        let done = self.write(&file, &renamed).and_then(|()| {
            if file_name(&old) == format!("{file}.json") {
                Ok(())
            } else {
                fs::remove_file(&old)
            }
        });
        self.after(done, &format!("can't rename \u{201c}{from}\u{201d}"));
    }

    /// Removes a preset's file.
    pub fn delete(&mut self, name: &str) {
        let path = self.presets.iter().find(|(_, p)| p.name == name);
        if let Some((path, _)) = path {
            let done = fs::remove_file(path);
            self.after(done, &format!("can't delete \u{201c}{name}\u{201d}"));
        }
    }

    fn after(&mut self, done: io::Result<()>, failed: &str) {
        self.read();
        if let Err(error) = done {
            self.message = Some(format!("{failed}: {error}"));
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A file name that no system minds; none where nothing would be left of the name.
fn file_for(name: &str) -> Option<String> {
    let plain: String = name
        .chars()
        .take(LONGEST_NAME)
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_lowercase().next().unwrap_or(c)
            } else {
                '_'
            }
        })
        .collect();
    plain.chars().any(char::is_alphanumeric).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(library: &UserPresets) -> Vec<&str> {
        library.presets().map(|p| p.name.as_str()).collect()
    }

    #[test]
    fn presets_are_saved_renamed_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = UserPresets::at(Some(folder.path().join("made/on/demand")));
        let params = FlowParams::default();
        library.read();
        assert_eq!(library.message, None, "no folder is no fault");
        library.save("My Club: loud!", &params);
        assert_eq!(library.message, None);
        assert_eq!(names(&library), ["My Club: loud!"]);
        library.rename("My Club: loud!", "Other");
        assert_eq!(names(&library), ["Other"]);
        library.save("Other", &params);
        assert_eq!(names(&library), ["Other"], "over the one of the same name");
        library.delete("Other");
        assert!(names(&library).is_empty());
        library.save(" ../.. ", &params);
        assert!(library.message.is_some());
    }

    #[test]
    fn damaged_files_are_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = UserPresets::at(Some(folder.path().to_owned()));
        library.save("Good", &FlowParams::default());
        fs::write(folder.path().join("bad.json"), "{\"name\": 3").unwrap();
        library.read();
        assert_eq!(names(&library), ["Good"]);
        assert!(library.message.as_ref().unwrap().contains("bad.json"));
        assert!(folder.path().join("bad.json").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_gives_a_message() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut library = UserPresets::at(Some(file.join("presets")));
        library.save("Mine", &FlowParams::default());
        assert!(library.message.as_ref().unwrap().contains("can't save"));
        let mut library = UserPresets::at(None);
        library.save("Mine", &FlowParams::default());
        assert!(library.message.is_some());
    }
}
