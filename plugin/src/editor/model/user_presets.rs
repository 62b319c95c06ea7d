//! The user's presets: one JSON file each in the user's data folder.
//!
//! Files are replaced atomically. A file that can't be read is reported and left unchanged.

pub(crate) mod file_transfer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flow_params::{Preset, presets};
use flow_platform::{atomic_file, user_folders};

use crate::editor::language::{key, text};
use crate::editor::model::export_file::display_path;
use crate::editor::model::favorite_presets::FavoritePresets;
use crate::params::FlowParams;
use flow_platform::file_name::file_name;

/// Category of the user's presets.
pub const CATEGORY: &str = key!("My presets");

/// Longest file name without extension, characters: all file systems accept it.
const MAX_STEM_CHARS: usize = 60;

/// The folder of the user's presets, which may not exist yet. `None` where the system has no user data folder.
pub(crate) fn user_folder() -> Option<PathBuf> {
    user_folders::presets()
}

/// Longest name, category and description of a preset that is read, and longest reason why one is not, characters. Lists and pages
/// show them.
const MAX_NAME_CHARS: usize = 100;
const MAX_CATEGORY_CHARS: usize = 100;
const MAX_DESCRIPTION_CHARS: usize = 2000;
const MAX_ERROR_CHARS: usize = 200;

/// Largest preset file that is read, bytes. Flow writes a few thousand.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads one preset file.
///
/// # Errors
///
/// If the path is not a regular file, is larger than 1 MiB, is not a preset in JSON of which this version knows every
/// parameter, has a name without letter and digit, or texts that are too long for lists or have control characters. The error is
/// one line.
pub(crate) fn read_file(path: &Path) -> io::Result<Preset> {
    let text = read_text(path)?;
    let mut preset: Preset =
        serde_json::from_str(&text).map_err(|error| io::Error::other(cause(&error)))?;
    // Lists don't show spaces at the ends of a name.
    preset.name = preset.name.trim().to_owned();
    if !preset.name.chars().any(char::is_alphanumeric) {
        return Err(io::Error::other(text!("its name has no letter or digit")));
    }
    if !fits_lists(&preset.name) {
        return Err(io::Error::other(text!(
            "its name is longer than {most} characters or has control characters",
            most = MAX_NAME_CHARS
        )));
    }
    let Preset {
        category,
        description,
        ..
    } = &preset;
    if category.chars().any(char::is_control) || category.chars().count() > MAX_CATEGORY_CHARS {
        return Err(io::Error::other(text!(
            "its category is longer than {most} characters or has control characters",
            most = MAX_CATEGORY_CHARS
        )));
    }
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(io::Error::other(text!(
            "its description is longer than {most} characters",
            most = MAX_DESCRIPTION_CHARS
        )));
    }
    Ok(preset)
}

/// Reads the text of a file, without the byte order mark that some editors write in front.
fn read_text(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other(text!("it is a folder")));
    }
    if !metadata.is_file() {
        return Err(io::Error::other(text!("not a preset file")));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::other(text!("it is larger than 1 MiB")));
    }
    let text = String::from_utf8(fs::read(path)?)
        .map_err(|_| io::Error::other(text!("its text is not in UTF-8")))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(io::Error::other(text!("the file is empty")));
    }
    Ok(text.to_owned())
}

/// The reason why a text is no preset, in one line.
fn cause(error: &serde_json::Error) -> String {
    let line = one_line(error);
    if !error.is_data() {
        return text!(
            "it is no JSON, or damaged in line {line}",
            line = error.line()
        );
    }
    // The preset's own messages are clear. Those of the library end with all names that it knows.
    let part = line.split(", expected").next().unwrap_or_default();
    if line.starts_with("unknown field") {
        text!("{part}, which a newer version of Flow may have", part)
    } else if ["missing field", "invalid", "duplicate field"]
        .iter()
        .any(|kind| line.starts_with(kind))
    {
        text!("it is JSON of something else: {part}", part)
    } else {
        line
    }
}

/// Whether lists and dialogs can show a name.
fn fits_lists(name: &str) -> bool {
    !name.chars().any(char::is_control) && name.chars().count() <= MAX_NAME_CHARS
}

/// An error in one line of at most [`MAX_ERROR_CHARS`]: it may quote the file.
fn one_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.take(MAX_ERROR_CHARS).collect();
    if text.chars().count() > MAX_ERROR_CHARS {
        line.pop();
        line.push('…');
    }
    line
}

/// The presets of one folder, and the favorites among all presets.
pub struct UserPresets {
    folder: Option<PathBuf>,
    presets: Vec<(PathBuf, Preset)>,
    favorites: FavoritePresets,
    /// The files that could not be read at the last reload, or the favorites that could not be written since, and why: one
    /// line.
    skipped: Option<String>,
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
            favorites: FavoritePresets::default(),
            skipped: None,
        }
    }

    /// Reads the folder again. Of several files with one name, the first in order of the file names counts. A file with the name of
    /// a factory preset doesn't count: the lists could not tell the two apart.
    pub fn reload(&mut self) {
        self.presets.clear();
        self.skipped = None;
        self.favorites = FavoritePresets::read(self.folder.as_deref());
        let (mut paths, error) = self
            .folder
            .as_deref()
            .map_or_else(Default::default, entries);
        let favorites_error = self.favorites.error().map(str::to_owned);
        let mut bad: Vec<String> = error.into_iter().chain(favorites_error).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
        paths.sort();
        for path in paths {
            let file = file_name(&path);
            match read_file(&path) {
                Ok(preset) if presets::find(&preset.name).is_some() => bad.push(text!(
                    "{file}: its preset has the name of a factory preset, “{name}”: change it in the file",
                    file,
                    name = preset.name
                )),
                Ok(preset) => match self.find(&preset.name) {
                    None => self.presets.push((path, preset)),
                    Some((first, _)) => bad.push(text!(
                        "{file}: its preset has the name of the one in {other}, “{name}”",
                        other = file_name(first),
                        name = preset.name,
                        file
                    )),
                },
                Err(error) => bad.push(format!("{file}: {error}")),
            }
        }
        self.presets.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        if !bad.is_empty() {
            self.skipped = Some(text!("skipped {files}", files = bad.join("; ")));
        }
    }

    /// The folder of the presets, which may not exist yet.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The files that could not be read at the last reload, or the favorites that could not be written since, and why.
    #[must_use]
    pub fn skipped(&self) -> Option<&str> {
        self.skipped.as_deref()
    }

    /// Whether the user has marked a preset as a favorite.
    #[must_use]
    pub fn is_favorite(&self, name: &str) -> bool {
        self.favorites.has(name)
    }

    /// Marks a preset as a favorite, or no longer.
    ///
    /// # Errors
    ///
    /// If the file of the favorites can't be written.
    pub fn toggle_favorite(&mut self, name: &str) -> Result<(), String> {
        self.favorites.toggle(name)
    }

    /// The presets in order of their names.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.presets.iter().map(|(_, preset)| preset)
    }

    /// The file and the preset of a name.
    fn find(&self, name: &str) -> Option<&(PathBuf, Preset)> {
        self.presets.iter().find(|(_, preset)| preset.name == name)
    }

    /// Whether one of these presets has a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A name that no preset has: the name itself, or with the next free number.
    #[must_use]
    pub fn free_name(&self, name: &str) -> String {
        let is_free = |name: &String| presets::find(name).is_none() && !self.has(name);
        let numbered = (2_u32..).map(|number| format!("{name} {number}"));
        let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
        candidates.find(is_free).unwrap_or_default()
    }

    /// Saves the present parameter values under a name; replaces the values of a preset of the same name.
    ///
    /// # Errors
    ///
    /// If a factory preset has the name, it has no letter or digit, the file can't be written, or another instance has saved
    /// a preset of this name since the last reload. That one is replaced by the next call.
    pub fn save(&mut self, name: &str, params: &FlowParams) -> Result<(), String> {
        let name = name.trim();
        let stem = new_stem(name)?;
        let was_listed = self.has(name);
        self.reload();
        let replaced = self.find(name).map(|(_, preset)| preset);
        if replaced.is_some() && !was_listed {
            return Err(text!(
                "“{name}” was saved in the meantime: save again to replace it",
                name
            ));
        }
        let (category, description) = match replaced {
            Some(preset) => (preset.category.clone(), preset.description.clone()),
            None => (CATEGORY.to_owned(), String::new()),
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
            category,
            description,
            values,
        };
        let result = if was_listed {
            self.write(&stem, &preset)
        } else {
            self.write_new(&stem, &preset)
        };
        self.reload();
        result
            .map(|_| ())
            .map_err(|error| text!("Can't save “{name}”: {error}", name, error))
    }

    /// Writes a preset over the one of the same name or to a new file, and returns its path.
    fn write(&self, stem: &str, preset: &Preset) -> io::Result<PathBuf> {
        self.write_by(atomic_file::replace, stem, preset)
    }

    /// Writes a preset to a new file. Fails if a file of a preset of the same name has appeared since the last reload.
    fn write_new(&self, stem: &str, preset: &Preset) -> io::Result<PathBuf> {
        self.write_by(atomic_file::create_new, stem, preset)
    }

    fn write_by(
        &self,
        write_file: fn(&Path, &[u8]) -> io::Result<()>,
        stem: &str,
        preset: &Preset,
    ) -> io::Result<PathBuf> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other(text!("the system has no user data folder")))?;
        let text = serde_json::to_string_pretty(preset)?;
        let path = self.path_for(folder, stem, &preset.name);
        write_file(&path, text.as_bytes())?;
        Ok(path)
    }

    /// The path for a preset. Files of other presets and files that can't be read stay: names that differ in signs or case
    /// only have one stem.
    fn path_for(&self, folder: &Path, stem: &str, name: &str) -> PathBuf {
        let mut candidate = match self.find(name) {
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

    /// Renames a preset. A favorite stays one; [`skipped`](Self::skipped) tells if the favorites can't be written.
    ///
    /// # Errors
    ///
    /// If a preset has the new name, it has no letter or digit, or a file can't be written.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        let to = to.trim();
        if to == from {
            return Ok(());
        }
        let stem = new_stem(to)?;
        // Another instance may have saved presets since the last reload.
        self.reload();
        if self.has(to) {
            return Err(text!("“{to}” exists already", to));
        }
        let failure = |error: io::Error| text!("Can't rename “{from}”: {error}", from, error);
        let (old, preset) = self
            .find(from)
            .ok_or_else(|| failure(io::ErrorKind::NotFound.into()))?;
        let renamed = Preset {
            name: to.to_owned(),
            ..preset.clone()
        };
        let old = old.clone();
        let result = self.write_new(&stem, &renamed).and_then(|path| {
            if path == old {
                return Ok(());
            }
            // Two files of one preset would be left otherwise.
            fs::remove_file(&old).inspect_err(|_| drop(fs::remove_file(&path)))
        });
        self.reload();
        result.map_err(failure)?;
        self.follow_favorite(from, Some(to));
        Ok(())
    }

    /// Removes a preset's file, and the preset from the favorites. [`skipped`](Self::skipped) tells if these can't be written.
    ///
    /// # Errors
    ///
    /// If the file can't be removed, or holds something else than at the last reload. That is removed by the next call.
    pub fn delete(&mut self, name: &str) -> Result<(), String> {
        let failure = |error: io::Error| text!("Can't delete “{name}”: {error}", name, error);
        let listed = self.find(name).cloned();
        self.reload();
        let found = self.find(name);
        let (path, _) = found.ok_or_else(|| failure(io::ErrorKind::NotFound.into()))?;
        if found != listed.as_ref() {
            return Err(text!(
                "“{name}” has changed in the meantime: delete again to remove it",
                name
            ));
        }
        let result = fs::remove_file(path);
        self.reload();
        result.map_err(failure)?;
        self.follow_favorite(name, None);
        Ok(())
    }

    /// Favorites follow a preset. A failure is kept to be shown, because the preset itself is changed.
    fn follow_favorite(&mut self, from: &str, to: Option<&str>) {
        if let Err(error) = self.favorites.follow(from, to) {
            self.skipped = Some(error);
        }
    }
}

/// The files of a folder, which may be missing, and the folder with the reason if it can't be read.
fn entries(folder: &Path) -> (Vec<PathBuf>, Option<String>) {
    match fs::read_dir(folder) {
        Ok(entries) => (entries.flatten().map(|entry| entry.path()).collect(), None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), None),
        Err(error) => (
            Vec::new(),
            Some(format!("{}: {error}", display_path(folder))),
        ),
    }
}

/// The file name for the name of a new preset.
fn new_stem(name: &str) -> Result<String, String> {
    if presets::find(name).is_some() {
        return Err(text!(
            "“{name}” is a factory preset: choose another name",
            name
        ));
    }
    if !fits_lists(name) {
        return Err(text!(
            "The name is longer than {most} characters or has control characters",
            most = MAX_NAME_CHARS
        ));
    }
    file_stem(name).ok_or_else(|| text!("The name needs a letter or digit").to_owned())
}

/// A file name that all systems accept; `None` if the name has no letter or digit.
fn file_stem(name: &str) -> Option<String> {
    let plain: String = name
        .chars()
        .take(MAX_STEM_CHARS)
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
