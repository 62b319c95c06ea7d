//! The X11 display of the app's window.

use std::ffi::OsString;

/// Checks that the display can be opened; `variable` is the value of `DISPLAY`.
///
/// # Errors
///
/// The reason, one line.
pub(super) fn check(variable: Option<OsString>) -> Result<(), String> {
    let remedy = "`flow master` works without one";
    let Some(name) = variable.filter(|name| !name.is_empty()) else {
        return Err(format!("there is no display (DISPLAY is empty); {remedy}"));
    };
    let name = name.to_string_lossy();
    match x11rb::connect(Some(&name)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let error = error.to_string().replace('\n', " ");
            Err(format!(
                "the display {name} can't be opened ({error}); {remedy}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_display_gives_one_line() {
        for variable in [None, Some(""), Some(":65000"), Some("no display")] {
            let error = check(variable.map(OsString::from)).unwrap_err();
            assert!(error.contains("`flow master`"), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
