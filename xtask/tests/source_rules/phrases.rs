//! Counts of words and clauses that the style avoids.

use std::fmt;

use crate::files::SourceFile;
use crate::prose::Paragraph;

const PERSON_PRONOUNS: [&str; 7] = [
    "who",
    "whom",
    "whoever",
    "nobody",
    "somebody",
    "everybody",
    "whomever",
];
const WHAT: [&str; 2] = ["what", "whatever"];

/// The number of words, and all places of a phrase.
pub(crate) struct PhraseReport {
    words: usize,
    places: Vec<String>,
}

impl PhraseReport {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn per_1000_words(&self) -> f64 {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        1000.0 * count(self.places.len()) / count(self.words.max(1))
    }
}

impl fmt::Display for PhraseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} places in {} words: {:.2} per 1000",
            self.places.len(),
            self.words,
            self.per_1000_words()
        )?;
        self.places
            .iter()
            .try_for_each(|place| writeln!(f, "  {place}"))
    }
}

/// Applies `find` to all paragraphs that `prose` takes from the files; it returns the sentences with the phrase, once for
/// each occurrence.
pub(crate) fn count(
    files: &[SourceFile],
    prose: fn(&SourceFile) -> Vec<Paragraph>,
    find: fn(&str) -> Vec<&str>,
) -> PhraseReport {
    let mut report = PhraseReport {
        words: 0,
        places: Vec::new(),
    };
    for file in files {
        for Paragraph { line, text } in prose(file) {
            report.words += words(&text).count();
            let places = find(&text).into_iter();
            let name = &file.name;
            report
                .places
                .extend(places.map(|sentence| format!("{name}:{line}: {}", sentence.trim())));
        }
    }
    report
}

/// Pronouns for persons. "whose" isn't among them, because it mostly belongs to things.
pub(crate) fn person_pronouns(text: &str) -> Vec<&str> {
    occurrences(text, |word| PERSON_PRONOUNS.contains(&word), |_| true)
}

/// Clauses with `what` that are no questions, such as `What is left`.
pub(crate) fn what_clauses(text: &str) -> Vec<&str> {
    let is_statement = |sentence: &str| !sentence.trim_end().ends_with('?');
    occurrences(text, |word| WHAT.contains(&word), is_statement)
}

fn occurrences(
    text: &str,
    is_word: impl Fn(&str) -> bool,
    is_sentence: impl Fn(&str) -> bool,
) -> Vec<&str> {
    let sentences = text.split_inclusive(['.', '?', '!', ';', ':']);
    let found = sentences.filter(|sentence| is_sentence(sentence));
    let each = found.flat_map(|sentence| {
        let hits = words(sentence).filter(|word| is_word(&word.to_lowercase()));
        hits.map(move |_| sentence)
    });
    each.collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_in_questions_are_not_counted() {
        assert_eq!(what_clauses("It does what it should. What now?").len(), 1);
        assert_eq!(what_clauses("Somewhat whatsoever.").len(), 0);
    }

    #[test]
    fn person_pronouns_in_any_case_are_counted() {
        assert_eq!(person_pronouns("Who asks, and nobody answers?").len(), 2);
        assert_eq!(person_pronouns("The whole file, whose name.").len(), 0);
    }
}
