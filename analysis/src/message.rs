//! Sentences about a song: an English pattern with values in the places of their names. Their text is English; a window
//! translates the patterns and puts the same values in.

use std::fmt;
use std::ops::{AddAssign, Deref};

use serde::{Serialize, Serializer};

/// A text in parts, which reads as its English text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    english: String,
    parts: Vec<Part>,
}

/// A pattern, and the values of the names in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    pattern: &'static str,
    values: Vec<(&'static str, MessageValue)>,
}

/// A value in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageValue {
    /// A number or a song's name, the same in all languages.
    Text(String),
    /// Words that are translated.
    Words(Message),
    /// Words at the beginning of a sentence: their translation begins with a capital.
    Capitalized(Message),
}

impl From<String> for MessageValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&'static str> for MessageValue {
    fn from(word: &'static str) -> Self {
        Self::Words(word.into())
    }
}

impl From<Message> for MessageValue {
    fn from(words: Message) -> Self {
        Self::Words(words)
    }
}

/// A text without values, which is translated.
impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::new(text, Vec::new())
    }
}

/// A text that is the same in all languages.
impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new("{text}", vec![("text", text.into())])
    }
}

impl Message {
    /// A pattern with its values.
    #[must_use]
    pub fn new(pattern: &'static str, values: Vec<(&'static str, MessageValue)>) -> Self {
        let part = Part { pattern, values };
        let english = part.text(&|text| text);
        let parts = vec![part];
        Self { english, parts }
    }

    /// The text in a language, for which `translate` gives the translation of a pattern or a word.
    #[must_use]
    pub fn translated(&self, translate: &dyn Fn(&'static str) -> &'static str) -> String {
        self.parts.iter().map(|part| part.text(translate)).collect()
    }

    /// Words in a row: "a", "a and b", "a, b and c".
    pub(crate) fn list(words: &[&'static str]) -> Self {
        let Some((last, others)) = words.split_last() else {
            return Self::default();
        };
        let others = others.iter().copied().map(Self::from);
        let others = others.reduce(|first, second| message!("{first}, {second}", first, second));
        match others {
            Some(first) => message!("{first} and {last}", first, last = *last),
            None => (*last).into(),
        }
    }

    /// These words at the beginning of a sentence.
    pub(crate) fn capitalized(self) -> MessageValue {
        MessageValue::Capitalized(self)
    }
}

/// Makes the first letter a capital.
#[must_use]
pub fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

impl Part {
    fn text(&self, translate: &dyn Fn(&'static str) -> &'static str) -> String {
        let mut text = String::new();
        let mut rest = translate(self.pattern);
        while let Some((before, name, after)) = next_placeholder(rest) {
            text += before;
            match self.values.iter().find(|(other, _)| *other == name) {
                Some((_, MessageValue::Text(value))) => text += value,
                Some((_, MessageValue::Words(words))) => text += &words.translated(translate),
                Some((_, MessageValue::Capitalized(words))) => {
                    text += &capitalize(&words.translated(translate));
                }
                None => {}
            }
            rest = after;
        }
        text + rest
    }
}

/// The text before a name in braces, the name, and the text behind it; none if no name follows.
#[must_use]
pub fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        &self.english
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl AddAssign for Message {
    /// Goes on with another text.
    fn add_assign(&mut self, other: Self) {
        self.english += &other.english;
        self.parts.extend(other.parts);
    }
}

/// A [`Message`] of a pattern: `message!("{name} is {db} dB above.", name, db = number)`.
macro_rules! message {
    ($pattern:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        // Fails to compile if a name has no value, or a value no name.
        let _ = format_args!($pattern $(, $name = "")*);
        $crate::message::Message::new(
            $pattern,
            vec![$((stringify!($name), $crate::message::value!($name $(= $value)?).into())),*],
        )
    }};
}

/// The value of a name in [`message!`].
macro_rules! value {
    ($name:ident) => {
        $name
    };
    ($name:ident = $value:expr) => {
        $value
    };
}

/// Marks a word that is translated.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

pub(crate) use {key, message, value};

#[cfg(test)]
mod tests;
