//! Catalogs in the format of gettext: <https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html>.

use std::collections::HashMap;

/// The texts of a language.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// The code of ISO 639.
    pub(super) code: String,
    /// The language's own name.
    pub(super) name: String,
    /// The numbers that take a singular.
    pub(super) plural_rule: PluralRule,
    /// Translations by their English texts. A text with a number has two of them: its singular and its plural.
    pub(super) texts: HashMap<String, String>,
}

/// The numbers that take a singular: the `Plural-Forms` of a catalog. Languages with more than two forms need more of the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PluralRule {
    /// 1, as in English and German.
    #[default]
    One,
    /// 0 and 1, as in French.
    ZeroAndOne,
}

impl PluralRule {
    /// The rules as they are written in a catalog.
    const ALL: [(&'static str, Self); 2] = [
        ("nplurals=2; plural=(n != 1);", Self::One),
        ("nplurals=2; plural=(n > 1);", Self::ZeroAndOne),
    ];

    pub(super) fn is_singular(self, count: u64) -> bool {
        match self {
            Self::One => count == 1,
            Self::ZeroAndOne => count <= 1,
        }
    }

    /// # Panics
    ///
    /// If the rule is unknown. The catalogs are part of the program, and tests read them.
    fn parse(text: &str) -> Self {
        let known = Self::ALL.iter().find(|(rule, _)| *rule == text);
        let Some((_, rule)) = known else {
            panic!("unknown Plural-Forms: {text}");
        };
        *rule
    }
}

/// The part of an entry that a line belongs to: the singular and the plural of the key, and of its translation.
#[derive(Clone, Copy)]
enum Part {
    Key(usize),
    Translation(usize),
}

impl Catalog {
    /// Reads `msgid`, `msgid_plural`, `msgstr` and the strings that continue them. The entry with an empty `msgid` is the header,
    /// of which `Language`, `X-Language-Name` and `Plural-Forms` count. An entry without a translation is left out.
    pub(super) fn parse(file: &str) -> Self {
        let mut catalog = Self::default();
        let [mut keys, mut translations] = <[[String; 2]; 2]>::default();
        let mut part = Part::Translation(0);
        for line in file.lines().chain(["msgid \"\""]) {
            let (keyword, string) = line.split_once('"').unwrap_or_default();
            match keyword.trim() {
                "msgid" => {
                    let keys = std::mem::take(&mut keys);
                    for (key, translation) in keys.into_iter().zip(&mut translations) {
                        catalog.add(key, std::mem::take(translation));
                    }
                    part = Part::Key(0);
                }
                "msgid_plural" => part = Part::Key(1),
                "msgstr" | "msgstr[0]" => part = Part::Translation(0),
                "msgstr[1]" => part = Part::Translation(1),
                "" => {}
                // A comment.
                _ => continue,
            }
            let string = unescape(string.strip_suffix('"').unwrap_or(string));
            match part {
                Part::Key(number) => keys[number] += &string,
                Part::Translation(number) => translations[number] += &string,
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
            self.plural_rule =
                value("Plural-Forms: ").map_or_else(PluralRule::default, PluralRule::parse);
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
