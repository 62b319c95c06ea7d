//! Names of types and tests.

use crate::files::SourceFile;

/// Past participles that don't end with "ed".
const IRREGULAR_PARTICIPLES: [&str; 27] = [
    "Begun", "Born", "Bought", "Built", "Done", "Drawn", "Felt", "Found", "Given", "Gone", "Heard",
    "Kept", "Known", "Led", "Left", "Lost", "Made", "Meant", "Held", "Said", "Seen", "Shown",
    "Spoken", "Taken", "Told", "Worn", "Written",
];
/// Nouns that end with "ed".
const NOUNS: [&str; 6] = ["Bed", "Feed", "Need", "Seed", "Speed", "Thread"];
/// Words that a test's name is not built from.
const VAGUE_WORDS: [&str; 8] = [
    "what",
    "whatever",
    "who",
    "whom",
    "whoever",
    "nobody",
    "somebody",
    "everybody",
];

/// The declared types of a file, with their lines.
pub(crate) fn types(file: &SourceFile) -> Vec<(usize, &str)> {
    let keywords: &[&str] = if file.is_rust() {
        &["struct", "enum", "trait", "type", "union"]
    } else if file.is_python() {
        &["class"]
    } else {
        &[]
    };
    declarations(file, keywords)
}

/// The functions that follow a `#[test]`, with their lines.
pub(crate) fn tests(file: &SourceFile) -> Vec<(usize, &str)> {
    let is_test = |line: usize| {
        let before = file.text.lines().take(line - 1).collect::<Vec<_>>();
        let attributes = before.iter().rev().map(|line| line.trim());
        attributes
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .any(|line| line == "#[test]")
    };
    let functions = declarations(file, &["fn"]);
    functions
        .into_iter()
        .filter(|(line, _)| is_test(*line))
        .collect()
}

/// The identifiers after these keywords, at the beginning of a line but for visibility.
fn declarations<'a>(file: &'a SourceFile, keywords: &[&str]) -> Vec<(usize, &'a str)> {
    let is_identifier = |c: char| c.is_alphanumeric() || c == '_';
    let declaration = |line: &'a str| {
        let mut words = line.split_whitespace();
        let mut word = words.next()?;
        while word.starts_with("pub") || word == "unsafe" || word == "async" || word == "const" {
            word = words.next()?;
        }
        let name = keywords.contains(&word).then(|| words.next()).flatten()?;
        let end = name.find(|c| !is_identifier(c)).unwrap_or(name.len());
        Some(&name[..end])
    };
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(i, line)| Some((i + 1, declaration(line)?)))
        .collect()
}

/// Whether a type's name is one past participle.
pub(crate) fn is_participle(name: &str) -> bool {
    let is_one_word = name.chars().filter(|c| c.is_uppercase()).count() == 1;
    let is_regular = name.ends_with("ed") && !NOUNS.contains(&name);
    is_one_word && (is_regular || IRREGULAR_PARTICIPLES.contains(&name))
}

/// Whether a test's name has at least three words, and none that is vague.
pub(crate) fn is_test_name(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    words.len() >= 3 && !words.iter().any(|word| VAGUE_WORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participles_of_one_word_are_told_from_nouns() {
        for name in ["Heard", "Asked", "Kept"] {
            assert!(is_participle(name), "{name}");
        }
        for name in ["Seed", "Thread", "RenderedAudio", "Limiter"] {
            assert!(!is_participle(name), "{name}");
        }
    }

    #[test]
    fn test_names_with_vague_words_or_two_words_are_refused() {
        assert!(is_test_name("limiter_at_low_threshold_holds_ceiling"));
        assert!(!is_test_name("what_was_set_stays"));
        assert!(!is_test_name("it_works"));
    }

    #[test]
    fn declarations_with_visibility_are_found() {
        let file = SourceFile {
            name: "a.rs".to_owned(),
            text: "pub(crate) struct Gain<'a> {}\n#[test]\n// Why.\nfn a_b_c() {}\nfn d() {}\n"
                .to_owned(),
        };
        assert_eq!(types(&file), [(1, "Gain")]);
        assert_eq!(super::tests(&file), [(4, "a_b_c")]);
    }
}
