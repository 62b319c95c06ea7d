//! The root folders of the file systems.

use std::path::PathBuf;

/// The root folders: the drives on Windows, and one elsewhere.
#[must_use]
pub fn roots() -> Vec<PathBuf> {
    system_roots()
}

#[cfg(windows)]
fn system_roots() -> Vec<PathBuf> {
    // SAFETY: the function has no arguments and only returns a number.
    roots_of(unsafe { windows_sys::Win32::Storage::FileSystem::GetLogicalDrives() })
}

#[cfg(not(windows))]
fn system_roots() -> Vec<PathBuf> {
    vec![PathBuf::from("/")]
}

/// The drives of a bit mask, in which bit 0 is drive A.
#[cfg(any(windows, test))]
fn roots_of(drives: u32) -> Vec<PathBuf> {
    let letters = ('A'..='Z').enumerate();
    let present = letters.filter(|(bit, _)| drives & (1 << bit) != 0);
    present
        .map(|(_, letter)| PathBuf::from(format!(r"{letter}:\")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_bit_mask_name_their_drives() {
        assert_eq!(roots_of(0b1100), [r"C:\", r"D:\"].map(PathBuf::from));
        assert_eq!(roots_of(1 << 25), [PathBuf::from(r"Z:\")]);
        assert!(roots_of(0).is_empty());
    }

    #[test]
    fn roots_of_this_system_are_folders() {
        assert!(roots().iter().any(|root| root.is_dir()));
    }
}
