//! Lists of files as programs exchange them: `text/uri-list` (RFC 2483) with addresses of files (RFC 8089).

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use percent_encoding::percent_decode;

/// The paths of a list. An address that is no local file becomes a relative path.
pub(super) fn paths(list: &[u8]) -> Vec<PathBuf> {
    let lines = list.split(|byte| matches!(byte, b'\r' | b'\n' | 0));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.map(|line| path(line, &host_name())).collect()
}

/// The path of an address. Its name may be no UTF-8.
fn path(address: &[u8], host_name: &str) -> PathBuf {
    let of_bytes = |bytes: Vec<u8>| PathBuf::from(OsString::from_vec(bytes));
    let decode = |bytes: &[u8]| of_bytes(percent_decode(bytes).collect());
    let Some(rest) = address.strip_prefix(b"file:") else {
        // It must not look like a local file.
        let address = address.strip_prefix(b"/").unwrap_or(address);
        return of_bytes(address.to_vec());
    };
    let Some(with_host) = rest.strip_prefix(b"//") else {
        return decode(rest);
    };
    let slash = with_host.iter().position(|byte| *byte == b'/');
    let (host, path) = with_host.split_at(slash.unwrap_or(with_host.len()));
    let is_local = host.is_empty()
        || host.eq_ignore_ascii_case(b"localhost")
        || host.eq_ignore_ascii_case(host_name.as_bytes());
    if is_local {
        decode(path)
    } else {
        of_bytes(address.to_vec())
    }
}

/// The name of this computer, which some file managers write into addresses.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn addresses_of_all_forms_give_paths() {
        for (address, expected) in [
            ("file:///music/Dawn.wav", "/music/Dawn.wav"),
            ("file://localhost/music/Dawn.wav", "/music/Dawn.wav"),
            ("file://STUDIO/music/Dawn.wav", "/music/Dawn.wav"),
            ("file:/music/Dawn.wav", "/music/Dawn.wav"),
            (
                "file:///music/D%C3%A4mmerung%20%231.wav",
                "/music/Dämmerung #1.wav",
            ),
            ("file:///music/100%.wav", "/music/100%.wav"),
        ] {
            assert_eq!(path(address.as_bytes(), "studio"), PathBuf::from(expected));
        }
    }

    #[test]
    fn name_that_is_no_utf_8_keeps_its_bytes() {
        let expected = OsStr::from_bytes(b"/music/D\xE4mmerung.wav");
        assert_eq!(path(b"file:///music/D%E4mmerung.wav", ""), expected);
        assert_eq!(path(b"file:///music/D\xE4mmerung.wav", ""), expected);
    }

    #[test]
    fn addresses_of_no_local_file_are_relative_paths() {
        for address in [
            "https://example.org/Dawn.wav",
            "file://elsewhere/music/Dawn.wav",
            "/music/Dawn.wav",
            "file:",
        ] {
            assert!(
                path(address.as_bytes(), "studio").is_relative(),
                "{address}"
            );
        }
    }

    #[test]
    fn list_with_comments_and_all_line_ends_gives_its_paths() {
        let list = b"# two songs\r\nfile:///a.wav\r\n\r\nfile:///b.wav\nfile:///c.wav\0";
        assert_eq!(
            paths(list),
            ["/a.wav", "/b.wav", "/c.wav"].map(PathBuf::from)
        );
        assert_eq!(paths(b""), [] as [PathBuf; 0]);
    }
}
