//! British spellings of words, in prose and in names.

use crate::files::SourceFile;

/// Parts of words in British spelling.
const BRITISH: [&str; 31] = [
    "analysed",
    "analyser",
    "analysing",
    "artefact",
    "behaviour",
    "cancelled",
    "catalogue",
    "centred",
    "centres",
    "colour",
    "favour",
    "honour",
    "initialis",
    "judgement",
    "labelled",
    "licence",
    "maximis",
    "minimis",
    "modelled",
    "neighbour",
    "normalis",
    "optimis",
    "organis",
    "quantis",
    "realis",
    "recognis",
    "serialis",
    "signalled",
    "stabilis",
    "synthesis",
    "travelled",
];
/// American words with such a part.
const AMERICAN: [&str; 3] = ["labelledby", "synthesis", "realistic"];

/// The British words of a file, with their lines.
pub(crate) fn british_words(file: &SourceFile) -> Vec<String> {
    // This list itself.
    if file.name.ends_with("source_rules/spelling.rs") {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    let found = lines.flat_map(|(i, line)| {
        let words = line.split(|c: char| !c.is_alphabetic());
        let british = words.filter(|word| is_british(&word.to_lowercase()));
        british.map(move |word| format!("{}:{}: {word}", file.name, i + 1))
    });
    found.collect()
}

fn is_british(word: &str) -> bool {
    BRITISH.iter().any(|part| word.contains(part)) && !AMERICAN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn british_words_in_prose_and_names_are_found() {
        let file = SourceFile {
            name: "a.rs".to_owned(),
            text: "// Its colour.\nfn normalise_gain() {}\nlet color = synthesis;\n".to_owned(),
        };
        assert_eq!(
            british_words(&file),
            ["a.rs:1: colour", "a.rs:2: normalise"]
        );
    }
}
