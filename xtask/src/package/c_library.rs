//! The oldest C library with which the packages for Linux run.

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection};
use std::path::Path;

/// The version of glibc that the packages may need at most: that of Ubuntu 22.04. Debian 12 has 2.36. The manual's page about
/// installing names both, and install.sh asks for it.
const NEWEST: (u32, u32) = (2, 35);

/// The beginning of the names of glibc's versions.
const PREFIX: &[u8] = b"GLIBC_";

/// Checks that a library or program needs no newer C library than packages may.
///
/// # Errors
///
/// If it does, or if the file cannot be read.
pub(super) fn check(path: &Path) -> Result<()> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let needed = newest_needed(&bytes)
        .with_context(|| format!("{} is no library or program of Linux", path.display()))?;
    ensure!(
        needed <= NEWEST,
        "{} needs glibc {}.{}, newer than {}.{}; build the packages on Debian 12",
        path.display(),
        needed.0,
        needed.1,
        NEWEST.0,
        NEWEST.1
    );
    Ok(())
}

/// The newest version of glibc whose functions an ELF file names; (0, 0) if there is none.
fn newest_needed(bytes: &[u8]) -> Result<(u32, u32)> {
    let file = object::File::parse(bytes)?;
    let names = file
        .section_by_name(".dynstr")
        .context("there are no names of functions")?
        .data()?;
    let versions = names.split(|&byte| byte == 0).filter_map(version);
    Ok(versions.max().unwrap_or_default())
}

/// "GLIBC_2.35" as numbers; `None` for other names.
fn version(name: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(name.strip_prefix(PREFIX)?).ok()?;
    let mut numbers = text.split('.').map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_manual_name_the_same_version() {
        let read = |name| std::fs::read_to_string(crate::workspace::root().join(name)).unwrap();
        let version = format!("{}.{}", NEWEST.0, NEWEST.1);
        assert!(read("packaging/linux/install.sh").contains(&format!("needed={version}\n")));
        assert!(read("docs/manual/install.md").contains(&format!("glibc {version},")));
    }

    #[test]
    fn versions_of_glibc_are_read_from_names() {
        assert_eq!(version(b"GLIBC_2.35"), Some((2, 35)));
        assert_eq!(version(b"GLIBC_2.2.5"), Some((2, 2)));
        for name in [&b"GLIBC_PRIVATE"[..], b"hypot", b"", b"GCC_3.0"] {
            assert_eq!(version(name), None);
        }
    }

    #[test]
    fn running_program_needs_a_c_library_and_text_is_no_program() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        let needed = newest_needed(&own).unwrap();
        assert!(needed > (2, 0), "{needed:?}");
        assert!(newest_needed(b"text").is_err());
    }
}
