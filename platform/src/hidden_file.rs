//! Files and folders that lists leave out.

use std::path::Path;

/// Whether a file or folder is hidden: its name begins with a dot, or on Windows it has the attribute of hidden files, as the
/// system's own folders at the root of a drive have.
#[must_use]
pub fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".") || has_hidden_attribute(path)
}

#[cfg(windows)]
fn has_hidden_attribute(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_HIDDEN;
    std::fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.file_attributes() & FILE_ATTRIBUTE_HIDDEN != 0)
}

#[cfg(not(windows))]
fn has_hidden_attribute(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_with_a_dot_in_front_is_hidden() {
        assert!(is_hidden(Path::new("/music/.cache")));
        assert!(!is_hidden(Path::new("/music/song.wav")));
        assert!(!is_hidden(Path::new("/")));
    }

    #[cfg(windows)]
    #[test]
    fn file_with_hidden_attribute_is_hidden() {
        use std::os::windows::fs::OpenOptionsExt;
        use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_HIDDEN;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desktop.ini");
        let mut options = std::fs::OpenOptions::new();
        options.attributes(FILE_ATTRIBUTE_HIDDEN);
        options.write(true).create_new(true).open(&path).unwrap();
        assert!(is_hidden(&path));
        // The folder's own name begins with a dot.
        let shown = folder.path().join("song.wav");
        std::fs::write(&shown, "song").unwrap();
        assert!(!is_hidden(&shown));
    }
}
