//! The chosen language, which all windows of a process that have the same preferences file share at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use flow_platform::mutex::lock;
use serde::{Deserialize, Serialize};

use crate::editor::language::Language;

/// The language that windows of this process chose last, by preferences file.
static CHOSEN: Mutex<BTreeMap<PathBuf, LanguageChoice>> = Mutex::new(BTreeMap::new());

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
    lock(&CHOSEN).insert(file.to_owned(), choice);
}

/// The choice that a window with this file has made in this process; none if there was none yet.
pub(super) fn shared(file: &Path) -> Option<LanguageChoice> {
    lock(&CHOSEN).get(file).copied()
}
