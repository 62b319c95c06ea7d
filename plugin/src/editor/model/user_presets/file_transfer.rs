//! Presets from files outside of the user's folder, and into such files.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use flow_params::{Preset, presets};
use flow_platform::atomic_file;

use super::{CATEGORY, UserPresets, file_stem, is_device_name, new_stem, read_file};
use crate::editor::language::text;
use crate::editor::model::export_file::{self, Outcome};
use flow_platform::file_name::file_name;

/// The extension of preset files.
pub(crate) const EXTENSION: &str = "json";

/// Signs that no file name has on at least one system.
const RESERVED_SIGNS: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// The import of preset files, one after the other. It waits for a decision where a name is taken.
#[derive(Default)]
pub(crate) struct PresetImport {
    waiting: VecDeque<PathBuf>,
    clash: Option<NameClash>,
    /// The decision about all further clashes of the waiting files.
    for_all: Option<ClashDecision>,
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
    /// Adds files, which [`advance`](Self::advance) imports.
    pub(crate) fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.waiting.extend(paths);
    }

    /// The number of files behind the one that waits for a decision or is next.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets the outcomes, unless files wait.
    pub(crate) fn begin_anew(&mut self) {
        if self.clash.is_none() && self.waiting.is_empty() {
            *self = Self::default();
        }
    }

    /// The clash that waits for a decision.
    pub(crate) fn clash(&self) -> Option<&NameClash> {
        self.clash.as_ref()
    }

    /// One line for each file so far.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Decides about the clash, or about all further ones as well. A factory preset that can't be replaced is asked about again.
    pub(crate) fn decide(
        &mut self,
        decision: ClashDecision,
        is_for_all: bool,
        user_presets: &mut UserPresets,
    ) {
        let Some(clash) = self.clash.take() else {
            return;
        };
        if is_for_all {
            self.for_all = Some(decision);
        }
        // Another instance may have saved presets while the question was open.
        user_presets.reload();
        self.settle(clash, decision, user_presets);
    }

    fn settle(
        &mut self,
        clash: NameClash,
        decision: ClashDecision,
        user_presets: &mut UserPresets,
    ) {
        let NameClash {
            file, mut preset, ..
        } = clash;
        let outcome = match decision {
            ClashDecision::Skip => Ok(text!("{file}: left out", file)),
            ClashDecision::Replace => user_presets.import(&file, &preset, UserPresets::write),
            ClashDecision::KeepBoth => {
                preset.name = user_presets.free_name(&preset.name);
                user_presets.import(&file, &preset, UserPresets::write_new)
            }
        };
        self.outcomes.push(outcome);
    }

    /// Imports the next file, or asks about it. Returns whether there was one to take.
    pub(crate) fn advance(&mut self, user_presets: &mut UserPresets) -> bool {
        if self.clash.is_some() {
            return false;
        }
        let Some(path) = self.waiting.pop_front() else {
            self.for_all = None;
            return false;
        };
        let file = file_name(&path);
        // Another instance may have saved presets since the last reload.
        user_presets.reload();
        let outcome = match read_for_import(&path) {
            Err(error) => Err(text!("{file} is no preset: {error}", file, error)),
            Ok(preset) => match user_presets.of_name(&preset.name) {
                None => user_presets.import(&file, &preset, UserPresets::write_new),
                Some(other) if other.values == preset.values => Ok(text!(
                    "{file}: you have “{name}” already",
                    name = preset.name,
                    file
                )),
                Some(_) => {
                    let clash = NameClash {
                        file,
                        free_name: user_presets.free_name(&preset.name),
                        is_replaceable: user_presets.has(&preset.name),
                        preset,
                    };
                    self.ask_or_settle(clash, user_presets);
                    return true;
                }
            },
        };
        self.outcomes.push(outcome);
        true
    }

    /// Settles a clash by the decision about all of them, or asks.
    fn ask_or_settle(&mut self, clash: NameClash, user_presets: &mut UserPresets) {
        match self.for_all {
            Some(decision) if decision != ClashDecision::Replace || clash.is_replaceable => {
                self.settle(clash, decision, user_presets);
            }
            _ => self.clash = Some(clash),
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
        let failure = |error: String| text!("{file} can't be imported: {error}", file, error);
        let stem = new_stem(&preset.name).map_err(failure)?;
        let is_replaced = self.has(&preset.name);
        let written = write(self, &stem, preset);
        self.reload();
        written.map_err(|error| failure(error.to_string()))?;
        Ok(if is_replaced {
            text!("{file}: replaced “{name}”", name = preset.name, file)
        } else {
            text!("{file}: imported as “{name}”", name = preset.name, file)
        })
    }
}

/// Reads a preset. One without a category gets that of the user's presets.
fn read_for_import(path: &Path) -> Result<Preset, String> {
    let mut preset = read_file(path).map_err(|error| error.to_string())?;
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
/// If the name is empty, that of a device or of a hidden file, or has a sign that not every system accepts, or the folder is
/// that of the user's presets.
pub(crate) fn export_path(
    folder: &Path,
    typed: &str,
    own_folder: Option<&Path>,
) -> Result<PathBuf, String> {
    let name = typed.trim();
    let (stem, extension) = match Path::new(name).extension() {
        Some(typed) if typed.eq_ignore_ascii_case(EXTENSION) => {
            name.split_at(name.len() - typed.len() - 1)
        }
        _ => (name, ".json"),
    };
    if !stem.chars().any(char::is_alphanumeric) {
        return Err(text!("The file name needs a letter or digit").to_owned());
    }
    if name.contains(RESERVED_SIGNS) || name.chars().any(char::is_control) {
        return Err(text!("A file name has none of < > : \" / \\ | ? *").to_owned());
    }
    if stem.starts_with('.') {
        return Err(
            text!("A file name that begins with a dot is hidden on some systems").to_owned(),
        );
    }
    let device = stem.split('.').next().unwrap_or(stem).trim_end();
    if is_device_name(&device.to_lowercase()) {
        return Err(text!(
            "Windows takes “{device}” for a device: choose another name",
            device
        ));
    }
    if own_folder.is_some_and(|own| is_same_folder(own, folder)) {
        return Err(
            text!("Flow's own folder has your presets already: choose another one").to_owned(),
        );
    }
    Ok(folder.join(format!("{stem}{extension}")))
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
        .map_err(|error| {
            text!(
                "{file}: {error}; nothing was written",
                file = file_name(path),
                error
            )
        })
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests;
