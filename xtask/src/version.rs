//! The version of Flow.

/// The version, which may be a pre-release such as 1.2.3-rc.1.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The numbers of a version, 1.2.3 for the pre-release 1.2.3-rc.1. Windows and macOS know numbers only.
pub(crate) fn numbers(version: &str) -> &str {
    version.split(['-', '+']).next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_pre_release_are_those_of_its_version() {
        for version in ["1.2.3", "1.2.3-rc.1", "1.2.3+build-4"] {
            assert_eq!(numbers(version), "1.2.3");
        }
    }
}
