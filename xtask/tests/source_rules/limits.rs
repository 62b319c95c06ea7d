//! The limits of all rules. Each may only be lowered.

/// Pronouns for persons, such as `nobody`, for each 1000 words of comments and documents.
pub(crate) const PERSON_PRONOUNS_PER_1000_WORDS: f64 = 0.5;

/// Clauses with `what` that are no questions, for each 1000 words of comments and documents.
pub(crate) const WHAT_CLAUSES_PER_1000_WORDS: f64 = 3.8;

/// Types that are named by a past participle.
pub(crate) const PARTICIPLES_AS_TYPES: usize = 17;

/// Tests whose name has fewer than three words, or a pronoun such as `who`.
pub(crate) const UNSTRUCTURED_TEST_NAMES: usize = 51;

pub(crate) const LINES_OF_A_FILE: usize = 500;
pub(crate) const FILES_OF_A_FOLDER: usize = 20;

/// Files and folders above the two limits.
pub(crate) const LONG_FILES_AND_FULL_FOLDERS: usize = 1;

/// Circles that are still allowed, by the beginning of the name of their first file.
pub(crate) const KNOWN_CIRCLES: [&str; 2] = ["inference/src", "plugin/src"];

/// Files with ignored tests.
pub(crate) const FILES_WITH_IGNORED_TESTS: usize = 1;
