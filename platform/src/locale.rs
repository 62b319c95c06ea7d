//! The user's language.

/// The language that the operating system shows its own texts in, such as "de-AT". `None` where it names none.
#[must_use]
pub fn language() -> Option<String> {
    sys_locale::get_locale()
}
