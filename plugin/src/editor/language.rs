//! The language of the window's texts.
//!
//! The texts stand in the code in English. `plugin/languages` has a catalog for each other language, in the format of gettext,
//! which editors for translators know: the English text is the key. A panel writes `text!("Apply all")`, or with values
//! `text!("{name} exists", name)`. A number that decides between singular and plural is `plural!("{count} file", "{count} files",
//! count = number)`. A table of names writes `key!("Range")`, and the panel that draws it calls `translate`. A text that is made
//! elsewhere, or is shown for long, is a `message!("{name} exists", name)`, which is translated when it is drawn.
//! Identifiers, files, logs and all that a host sees stay English.
//!
//! The crates for this (gettext, fluent, rust-i18n, i18n-embed) read catalogs from files at run time, need a key beside each
//! text, or allocate for each of them. A look-up in a hash map is all that a window needs.

mod catalog;

use std::cell::Cell;
use std::fmt::{Display, Write};
use std::sync::LazyLock;

use flow_analysis::report::{Message, next_placeholder};

use self::catalog::{Catalog, PluralRule};

/// Marks a text of a table as a key of the catalogs. [`translate`] translates it when it is shown.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

/// All catalogs, in alphabetical order of their codes.
static CATALOGS: LazyLock<Vec<Catalog>> = LazyLock::new(|| {
    let files: &[&str] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));
    files.iter().map(|file| Catalog::parse(file)).collect()
});

thread_local! {
    /// The language of the frame that this thread draws.
    static CURRENT: Cell<Language> = const { Cell::new(Language::ENGLISH) };
}

/// A language of the window.
#[derive(Clone, Copy, Debug)]
pub struct Language(Option<&'static Catalog>);

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for Language {}

impl Language {
    /// The language of the texts in the code.
    pub const ENGLISH: Self = Self(None);

    /// English, and all languages that have a catalog.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = CATALOGS.iter().map(|catalog| Self(Some(catalog)));
        std::iter::once(Self::ENGLISH).chain(others)
    }

    /// The language with a code such as "de". The code of a system, such as "de_AT.UTF-8", is that of its language.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        let code = code.split(['_', '-', '.']).next().unwrap_or(code);
        Self::all().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// The language of the operating system, or English if Flow doesn't have it.
    #[must_use]
    pub fn of_system() -> Self {
        let code = flow_platform::locale::language();
        let language = code.and_then(|code| Self::find(&code));
        language.unwrap_or(Self::ENGLISH)
    }

    /// The code of ISO 639.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.map_or("en", |catalog| &catalog.code)
    }

    /// The language's own name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.map_or("English", |catalog| &catalog.name)
    }

    /// The English texts of the catalog with their translations; none for English.
    pub fn entries(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let texts = self.0.into_iter().flat_map(|catalog| &catalog.texts);
        texts.map(|(key, text)| (key.as_str(), text.as_str()))
    }

    fn plural_rule(self) -> PluralRule {
        self.0
            .map_or(PluralRule::default(), |catalog| catalog.plural_rule)
    }

    fn translate(self, key: &str) -> &str {
        let translation = self.0.and_then(|catalog| catalog.texts.get(key));
        translation.map_or(key, String::as_str)
    }

    /// Makes this the language of all texts that this thread makes until the guard is dropped.
    #[must_use]
    pub(crate) fn enter(self) -> LanguageGuard {
        LanguageGuard(CURRENT.replace(self))
    }
}

/// Brings back the language from before.
pub(crate) struct LanguageGuard(Language);

impl Drop for LanguageGuard {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// The translation of an English text; the text itself where the catalog has none.
pub(crate) fn translate(key: &str) -> &str {
    CURRENT.get().translate(key)
}

/// The sentence of an analysis or of another part that knows no language.
pub(crate) fn translate_message(message: &Message) -> String {
    message.translated(&translate)
}

/// The key for a number: the singular or the plural.
pub(crate) fn plural_key(count: u64, [one, many]: [&'static str; 2]) -> &'static str {
    match CURRENT.get().plural_rule().is_singular(count) {
        true => one,
        false => many,
    }
}

/// Reasons of the system and of the crates below that users meet most. They come as English texts.
const REASONS: [&str; 23] = [
    key!("the disk is full"),
    key!("the disk quota is used up"),
    key!("the file is too large for this file system"),
    key!("there is no audio in it"),
    key!("there is no audio"),
    key!("there is no such file"),
    key!("there is no such file or folder"),
    key!("it is a folder, not a song"),
    key!("the file is empty"),
    key!("it is no WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC file"),
    key!("it was canceled"),
    key!("no audio is running"),
    key!("an internal error"),
    key!("its folder doesn't exist"),
    key!("it is a folder"),
    key!("it is the song itself"),
    key!("it exists already"),
    key!("the analysis failed"),
    key!("No such file or directory"),
    key!("Permission denied"),
    key!("No space left on device"),
    key!("Read-only file system"),
    key!("Is a directory"),
];

/// A text of the system or of another crate, which is translated where it is one of [`REASONS`].
pub(crate) fn reason(text: impl Display) -> Message {
    let text = text.to_string().replace('\n', " ");
    // The system's texts end in a number.
    let plain = text.split(" (os error ").next().unwrap_or_default();
    let known = REASONS.iter().find(|known| **known == plain);
    known.map_or_else(|| Message::from(text.clone()), |known| (*known).into())
}

/// The translation of a text with values in the places of their names in braces.
pub(crate) fn translate_with(key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    let mut text = String::new();
    let mut rest = translate(key);
    while let Some((before, name, after)) = next_placeholder(rest) {
        text += before;
        if let Some((_, value)) = values.iter().find(|(other, _)| *other == name) {
            // A string takes everything.
            let _ = write!(text, "{value}");
        }
        rest = after;
    }
    text + rest
}

/// A text of the window in the language of the frame: a `&'static str`, or with values for its names in braces a `String`.
macro_rules! text {
    ($key:literal) => {
        $crate::editor::language::translate($key)
    };
    ($key:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        // Fails to compile if a name has no value, or a value no name.
        let _ = format_args!($key, $($name = ""),+);
        let values: &[(&str, &dyn ::std::fmt::Display)] =
            &[$((stringify!($name), &$crate::editor::language::value!($name $(= $value)?))),+];
        $crate::editor::language::translate_with($key, values)
    }};
}

/// The value of a name in [`text!`].
macro_rules! value {
    ($name:ident) => {
        $name
    };
    ($name:ident = $value:expr) => {
        $value
    };
}

/// A text with a number, as [`text!`]: the singular, the plural, the number as `count`, and values for other names.
macro_rules! plural {
    ($one:literal, $many:literal, count = $count:expr $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        // Fails to compile if a name has no value, or a value no name.
        let _ = format_args!($many, count = "" $(, $name = "")*);
        let count = u64::try_from($count).unwrap_or(u64::MAX);
        let key = $crate::editor::language::plural_key(count, [$one, $many]);
        let values: &[(&str, &dyn ::std::fmt::Display)] = &[
            ("count", &count)
            $(, (stringify!($name), &$crate::editor::language::value!($name $(= $value)?)))*
        ];
        $crate::editor::language::translate_with(key, values)
    }};
}

/// A [`Message`] of a pattern, as [`text!`], in English until it is translated.
macro_rules! message {
    ($key:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        // Fails to compile if a name has no value, or a value no name.
        let _ = format_args!($key $(, $name = "")*);
        ::flow_analysis::report::Message::new(
            $key,
            vec![$((stringify!($name), $crate::editor::language::value!($name $(= $value)?).into())),*],
        )
    }};
}

pub(crate) use {key, message, plural, text, value};

#[cfg(test)]
mod tests;
