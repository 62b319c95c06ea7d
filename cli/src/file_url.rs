//! URLs of files (RFC 8089), which name every file exactly, also one whose name is no text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::path::Path;

/// Bytes of a file name that a relative link doesn't need to encode.
pub(crate) const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~');
/// The same for a whole path.
const PATH: &AsciiSet = &FILE_NAME.remove(b'/').remove(b':');

/// The URL of a file; none without a working folder.
pub(crate) fn file_url(path: &Path) -> Option<String> {
    let path = std::path::absolute(path).ok()?;
    if !cfg!(windows) {
        let path = path.as_os_str().as_encoded_bytes();
        return Some(format!("file://{}", percent_encode(path, PATH)));
    }
    let path = path.to_string_lossy().replace('\\', "/");
    let path_of_url = percent_encode(path.as_bytes(), PATH);
    // A path of a server begins with its name.
    Some(match path.starts_with("//") {
        true => format!("file:{path_of_url}"),
        false => format!("file:///{path_of_url}"),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn url_has_every_byte_of_the_name() {
        let path = Path::new(OsStr::from_bytes(b"/music/50 %/caf\xe9 #1.wav"));
        let url = file_url(path).unwrap();
        assert_eq!(url, "file:///music/50%20%25/caf%E9%20%231.wav");
        let relative = file_url(Path::new("song.wav")).unwrap();
        assert!(relative.starts_with("file:///") && relative.ends_with("/song.wav"));
    }
}
