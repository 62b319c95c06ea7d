//! The limits of all rules. Each may only be lowered.

/// Pronouns for persons, such as `nobody`, for each 1000 words of comments and documents.
pub(crate) const PERSON_PRONOUNS_PER_1000_WORDS: f64 = 0.1;

/// Clauses with `what` that are no questions, for each 1000 words of comments and documents.
pub(crate) const WHAT_CLAUSES_PER_1000_WORDS: f64 = 1.0;

/// Types that are named by a past participle: one associated type that a dependency names.
pub(crate) const PARTICIPLES_AS_TYPES: usize = 1;

pub(crate) const LINES_OF_A_FILE: usize = 500;
pub(crate) const FILES_OF_A_FOLDER: usize = 20;
