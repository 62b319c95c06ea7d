//! Catalogs in the format of gettext: <https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html>.

use std::collections::HashMap;

/// The texts of a language.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// The code of ISO 639.
    pub(super) code: String,
    /// The language's own name.
    pub(super) name: String,
    /// Translations by their English texts.
    pub(super) texts: HashMap<String, String>,
}

/// The part of an entry that a line belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Key,
    Translation,
}

impl Catalog {
    /// Reads `msgid`, `msgstr` and the strings that continue them. The entry with an empty `msgid` is the header, of which
    /// `Language` and `X-Language-Name` count. An entry without a translation is left out.
    pub(super) fn parse(file: &str) -> Self {
        let mut catalog = Self::default();
        let (mut key, mut translation) = (String::new(), String::new());
        let mut part = Part::Translation;
        for line in file.lines().chain(["msgid \"\""]) {
            let (keyword, string) = line.split_once('"').unwrap_or_default();
            match keyword.trim() {
                "msgid" => {
                    catalog.add(std::mem::take(&mut key), std::mem::take(&mut translation));
                    part = Part::Key;
                }
                "msgstr" => part = Part::Translation,
                "" => {}
                // A comment.
                _ => continue,
            }
            let string = unescape(string.strip_suffix('"').unwrap_or(string));
            match part {
                Part::Key => key += &string,
                Part::Translation => translation += &string,
            }
        }
        catalog
    }

    fn add(&mut self, key: String, translation: String) {
        if translation.is_empty() {
            return;
        }
        if key.is_empty() {
            let value = |name| translation.lines().find_map(|line| line.strip_prefix(name));
            self.code = value("Language: ").unwrap_or_default().to_owned();
            self.name = value("X-Language-Name: ").unwrap_or_default().to_owned();
        } else {
            self.texts.insert(key, translation);
        }
    }
}

/// The text of a string with `\"`, `\\` and `\n`.
fn unescape(string: &str) -> String {
    let mut text = String::new();
    let mut signs = string.chars();
    while let Some(sign) = signs.next() {
        text.push(match sign {
            '\\' => match signs.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => break,
            },
            other => other,
        });
    }
    text
}
