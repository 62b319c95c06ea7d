//! The keys of a state's fields beside its parameters. They never change.

/// Key of the version among a state's fields.
pub const VERSION_FIELD: &str = "state";

/// Key of the slots among a state's fields.
pub const SLOTS_FIELD: &str = "slots";

/// Key of the slots of stages among a state's fields.
pub const STAGE_SLOTS_FIELD: &str = "stage-slots";

/// Key of the window's size among a state's fields.
pub const WINDOW_FIELD: &str = "window";

/// Key of the references among a state's fields.
pub const REFERENCES_FIELD: &str = "references";

/// Key of the unknown parts of a newer version's state among a state's fields.
pub const UNKNOWN_FIELD: &str = "unknown";

/// All keys.
pub(super) const KNOWN_FIELDS: [&str; 6] = [
    VERSION_FIELD,
    SLOTS_FIELD,
    STAGE_SLOTS_FIELD,
    WINDOW_FIELD,
    REFERENCES_FIELD,
    UNKNOWN_FIELD,
];
