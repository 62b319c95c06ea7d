use std::collections::BTreeSet;
use std::path::Path;

use egui::{Color32, Context, FontFamily, FontId, RawInput};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::Intensity;
use flow_params::{Kind, MATCH_BANDS, ParameterId, Switch, presets};

use super::*;
use crate::audio::meter_history::GainStage;
use crate::editor::widgets::theme;

fn german() -> Language {
    Language::find("de").unwrap()
}

fn others() -> impl Iterator<Item = Language> {
    Language::all().filter(|language| *language != Language::ENGLISH)
}

/// The names in braces of a text.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_placeholder(rest) {
        names.insert(name);
        rest = after;
    }
    names
}

/// The text of a string literal at the start of `code`, and the code behind it.
fn literal(code: &str) -> Option<(String, &str)> {
    let mut signs = code.trim_start().strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match signs.next()? {
            '"' => return Some((text, signs.as_str())),
            '\\' => match signs.next()? {
                'n' => text.push('\n'),
                // The text goes on behind the white space of the next line.
                '\n' => signs = signs.as_str().trim_start().chars(),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// The literals in the macros of the sources in a folder.
fn keys_of_sources(folder: &Path, keys: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            keys_of_sources(&path, keys);
        } else if path.extension() == Some("rs".as_ref()) && !path.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let lines = source.lines();
            let code: Vec<&str> = lines
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            let code = code.join("\n");
            for name in ["text!(", "key!(", "message!("] {
                let literals = code.split(name).skip(1).filter_map(literal);
                keys.extend(literals.map(|(text, _)| text));
            }
            for code in code.split("plural!(").skip(1) {
                if let Some((one, rest)) = literal(code)
                    && let Some((many, _)) = rest.strip_prefix(',').and_then(literal)
                {
                    let missing: Vec<_> = placeholders(&one)
                        .difference(&placeholders(&many))
                        .copied()
                        .collect();
                    assert!(missing.is_empty(), "{one}: {missing:?}");
                    keys.extend([one, many]);
                }
            }
        }
    }
}

/// The names and sentences of the registry of parameters, of the presets, and of lists that other crates have.
fn keys_of_registries() -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for id in ParameterId::ALL {
        keys.insert(id.effect().to_owned());
        // A band of Match is named by its frequency.
        if !MATCH_BANDS.contains(&id) {
            keys.extend([id.name(), id.label(), id.short_name()].map(str::to_owned));
        }
        if let Kind::Choice(choice) = id.kind() {
            // A ratio is the same in all languages.
            let is_word = |name: &&&str| name.contains(char::is_alphabetic);
            keys.extend(choice.names.iter().filter(is_word).map(ToString::to_string));
        }
    }
    keys.extend([false, true].map(|is_on| Switch::text(is_on).to_owned()));
    for preset in presets::all() {
        keys.extend([preset.category.clone(), preset.description.clone()]);
    }
    keys.extend(STYLES.map(str::to_owned));
    keys.extend(["low energy", "medium energy", "high energy"].map(str::to_owned));
    keys.extend(Intensity::ALL.map(|intensity| intensity.name().to_owned()));
    keys.extend(GainStage::ALL.map(|stage| stage.name().to_owned()));
    keys
}

#[test]
fn catalogs_have_all_texts_of_the_code_and_no_others() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut keys = keys_of_registries();
    keys_of_sources(&manifest.join("src"), &mut keys);
    keys_of_sources(&manifest.join("../analysis/src"), &mut keys);
    assert!(keys.len() > 800, "{} texts", keys.len());
    let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let mut faults = String::new();
    for language in others() {
        let translated: BTreeSet<&str> = language.entries().map(|(key, _)| key).collect();
        let missing = keys.difference(&translated).map(|key| ("misses", key));
        let unused = translated.difference(&keys).map(|key| ("has unused", key));
        for (fault, key) in missing.chain(unused) {
            faults += &format!("{} {fault} {key:?}\n", language.name());
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn translations_have_the_placeholders_and_the_spaces_of_their_texts() {
    let ends = |text: &str| [text.starts_with([' ', ';', ',']), text.ends_with(' ')];
    for language in others() {
        for (key, text) in language.entries() {
            let name = language.name();
            assert_eq!(placeholders(text), placeholders(key), "{name}: {key}");
            let is_same = ends(&text.replace('\u{a0}', " ")) == ends(key);
            assert!(is_same, "{name}: {key}");
            assert!(!text.trim().is_empty(), "{name}: {key}");
        }
    }
}

#[test]
fn french_texts_have_typographic_apostrophes() {
    let french = Language::find("fr").unwrap();
    for (key, text) in french.entries() {
        assert!(!text.contains('\''), "{key}: {text}");
    }
}

#[test]
fn catalogs_name_their_languages() {
    let codes: BTreeSet<&str> = Language::all().map(Language::code).collect();
    assert_eq!(codes.len(), Language::all().count());
    for language in others() {
        assert_eq!(language.code().len(), 2, "{}", language.name());
        assert!(!language.name().is_empty(), "{}", language.code());
    }
}

#[test]
fn fonts_have_all_characters_of_the_catalogs() {
    let ctx = Context::default();
    theme::install(&ctx);
    // The fonts are loaded in the first frame.
    let _ = ctx.run_ui(RawInput::default(), |_| ());
    for language in others() {
        let texts: String = language.entries().map(|(_, text)| text).collect();
        let signs: BTreeSet<char> = texts.chars().chain(language.name().chars()).collect();
        for family in [FontFamily::Proportional, FontFamily::Name("bold".into())] {
            let font = FontId::new(12.0, family);
            let has_glyph = |sign: &char| ctx.fonts_mut(|fonts| fonts.has_glyph(&font, *sign));
            let missing = signs
                .iter()
                .filter(|sign| **sign != '\n' && !has_glyph(sign));
            let missing: Vec<_> = missing.collect();
            assert!(missing.is_empty(), "{}: {missing:?}", language.name());
        }
    }
}

#[test]
fn fonts_have_greek_and_cyrillic_letters_and_a_box_for_others() {
    let ctx = Context::default();
    theme::install(&ctx);
    let _ = ctx.run_ui(RawInput::default(), |_| ());
    for family in [FontFamily::Proportional, FontFamily::Name("bold".into())] {
        let font = FontId::new(12.0, family);
        let has_picture = |letter: char| {
            ctx.fonts_mut(|fonts| {
                let galley = fonts.layout_no_wrap(letter.to_string(), font.clone(), Color32::WHITE);
                !galley.rows[0].glyphs[0].uv_rect.is_nothing()
            })
        };
        for letter in "ΩώЖяҐ日العกक".chars() {
            assert!(has_picture(letter), "{letter}");
        }
        for letter in "ΩώЖяҐ".chars() {
            assert!(
                ctx.fonts_mut(|fonts| fonts.has_glyph(&font, letter)),
                "{letter}"
            );
        }
    }
}

#[test]
fn catalog_with_comments_escapes_and_continued_strings_is_read() {
    let catalog = Catalog::parse(
        "# A \"comment\".\nmsgid \"\"\nmsgstr \"\"\n\"Language: xx\\n\"\n\"X-Language-Name: Test\\n\"\n\n\
         #: a.rs:1\nmsgid \"Say \\\"hi\\\"\"\nmsgstr \"Sag \"\n\"\\\"hallo\\\"\\n\"\n\nmsgid \"Open\"\nmsgstr \"\"\n",
    );
    assert_eq!((&*catalog.code, &*catalog.name), ("xx", "Test"));
    assert_eq!(catalog.texts.len(), 1, "Open has no translation");
    assert_eq!(catalog.texts["Say \"hi\""], "Sag \"hallo\"\n");
}

#[test]
fn catalog_has_the_singular_and_the_plural_of_a_text() {
    let catalog = Catalog::parse(
        "msgid \"\"\nmsgstr \"\"\n\"Plural-Forms: nplurals=2; plural=(n > 1);\\n\"\n\n\
         msgid \"{count} file\"\nmsgid_plural \"{count} files\"\nmsgstr[0] \"{count} fichier\"\nmsgstr[1] \"{count} \"\n\"fichiers\"\n\n\
         msgid \"Open\"\nmsgstr \"Ouvrir\"\n",
    );
    assert_eq!(catalog.plural_rule, PluralRule::ZeroAndOne);
    let texts = ["{count} file", "{count} files", "Open"].map(|key| &*catalog.texts[key]);
    assert_eq!(texts, ["{count} fichier", "{count} fichiers", "Ouvrir"]);
    assert_eq!(catalog.texts.len(), 3);
}

#[test]
fn numbers_take_the_singular_of_their_language() {
    let texts = |code: &str| {
        let _guard = Language::find(code).unwrap().enter();
        [0_u64, 1, 2]
            .map(|count| plural!("{count} frame lost", "{count} frames lost", count = count))
    };
    assert_eq!(
        texts("en"),
        ["0 frames lost", "1 frame lost", "2 frames lost"]
    );
    assert_eq!(
        texts("de"),
        ["0 Frames verloren", "1 Frame verloren", "2 Frames verloren"]
    );
    assert_eq!(
        texts("fr"),
        ["0 trame perdue", "1 trame perdue", "2 trames perdues"]
    );
}

#[test]
fn reasons_of_the_system_are_translated_without_their_numbers() {
    let error = std::io::Error::from_raw_os_error(2);
    let german = german();
    assert_eq!(reason("sorry"), "sorry");
    let _guard = german.enter();
    let text = translate_message(&message!(
        "{name}: {error}.",
        name = "a.wav".to_owned(),
        error = reason(&error)
    ));
    if cfg!(target_os = "linux") {
        assert_eq!(text, "a.wav: Datei oder Ordner nicht gefunden.");
    }
}

#[test]
fn language_is_found_by_the_code_of_a_system() {
    for code in ["de", "de-AT", "de_DE.UTF-8", "DE"] {
        assert_eq!(Language::find(code), Some(german()), "{code}");
    }
    assert_eq!(Language::find("en_US"), Some(Language::ENGLISH));
    for code in ["C", "", "xx-DE"] {
        assert_eq!(Language::find(code), None, "{code}");
    }
}

#[test]
fn text_is_translated_until_the_guard_is_dropped() {
    let (name, error) = ("Night", "disk full");
    let both = || {
        let sentence = text!("Can't save “{name}”: {error}", name, error);
        (text!("Back"), sentence)
    };
    let english = ("Back", "Can't save “Night”: disk full".to_owned());
    assert_eq!(both(), english);
    let guard = german().enter();
    assert_eq!(
        both(),
        ("Zurück", "„Night“ nicht gesichert: disk full".to_owned())
    );
    drop(guard);
    assert_eq!(both(), english);
}

#[test]
fn text_without_translation_stays_english() {
    let _guard = german().enter();
    assert_eq!(
        translate("A text of another version"),
        "A text of another version"
    );
}

#[test]
fn values_with_braces_are_put_in_unchanged() {
    let (name, folder) = ("{folder}", "{");
    let text = text!("Saved {name} in {folder}", name, folder);
    assert_eq!(text, "Saved {folder} in {");
}
