//! Names that resemble a mistyped one.

/// The Jaro-Winkler similarity (0 to 1) from which a name is suggested.
const SIMILARITY: f64 = 0.85;

/// Whether `known` resembles `typed`, or has a word that resembles one of its words. Case doesn't matter.
pub(crate) fn is_similar(typed: &str, known: &str) -> bool {
    let (typed, known) = (typed.to_lowercase(), known.to_lowercase());
    let resembles = |a: &str, b: &str| strsim::jaro_winkler(a, b) >= SIMILARITY;
    resembles(&typed, &known)
        || words(&typed).any(|word| words(&known).any(|other| resembles(word, other)))
}

/// The words of a name, without short ones.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.len() > 2 && *word != "and")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_similar_with_typing_error_or_common_word_is_true() {
        for (typed, known) in [
            ("gleu", "Gentle glue"),
            ("ciel", "ceil"),
            ("MONO", "Mono below"),
        ] {
            assert!(is_similar(typed, known), "{typed} {known}");
        }
        for (typed, known) in [("fuzz", "ceil"), ("and", "Warm and wide")] {
            assert!(!is_similar(typed, known), "{typed} {known}");
        }
    }
}
