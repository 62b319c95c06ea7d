//! The chosen language, which all windows of a process that have the same preferences file share at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_platform::mutex::lock;
use serde::{Deserialize, Serialize};

use crate::editor::language::Language;

/// The language that windows of this process chose last, by preferences file.
static CHOSEN: Mutex<BTreeMap<PathBuf, SharedChoice>> = Mutex::new(BTreeMap::new());

/// The language of the windows with one preferences file.
#[derive(Default)]
struct SharedChoice {
    chosen: Option<LanguageChoice>,
    /// The file's, as this process has read or written it last. Another process may change it.
    in_file: Option<LanguageChoice>,
}

/// The user's choice of a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LanguageChoice {
    /// That of the operating system, or English if Flow doesn't have it.
    #[default]
    System,
    /// One of Flow's.
    Fixed(Language),
}

impl TryFrom<String> for LanguageChoice {
    type Error = String;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        if code == "system" {
            return Ok(Self::System);
        }
        let language = Language::find(&code).map(Self::Fixed);
        language.ok_or_else(|| format!("there is no language {code}"))
    }
}

impl From<LanguageChoice> for String {
    fn from(choice: LanguageChoice) -> Self {
        match choice {
            LanguageChoice::System => "system".to_owned(),
            LanguageChoice::Fixed(language) => language.code().to_owned(),
        }
    }
}

/// Notes a choice for the other windows with this file.
pub(super) fn share(file: &Path, choice: LanguageChoice) {
    lock(&CHOSEN).entry(file.to_owned()).or_default().chosen = Some(choice);
}

/// Notes the choice in the file. If another process has changed it, all windows take it.
pub(super) fn note_file(file: &Path, choice: LanguageChoice) {
    let mut all = lock(&CHOSEN);
    let shared = all.entry(file.to_owned()).or_default();
    if shared.in_file.replace(choice) != Some(choice) {
        shared.chosen = Some(choice);
    }
}

/// The choice of the windows with this file; none if there was none yet.
pub(super) fn shared(file: &Path) -> Option<LanguageChoice> {
    lock(&CHOSEN).get(file)?.chosen
}
