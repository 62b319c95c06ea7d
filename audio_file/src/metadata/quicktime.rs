//! Texts in the user data of QuickTime files (QuickTime File Format Specification, "User Data Atoms") and of 3GP files
//! (3GPP TS 26.244, "Asset information"). MP4 has its tags elsewhere.

use super::riff::text;
use super::tags::{Tags, name_of};
use lofty::tag::{ItemKey, TagType};

/// The boxes of 3GP and their names in Vorbis comments.
const ASSETS: [([u8; 4], &str); 6] = [
    (*b"titl", "TITLE"),
    (*b"perf", "ARTIST"),
    (*b"albm", "ALBUM"),
    (*b"gnre", "GENRE"),
    (*b"dscp", "DESCRIPTION"),
    (*b"cprt", "COPYRIGHT"),
];
/// The first byte of the names of QuickTime's texts.
const COPYRIGHT_SIGN: u8 = 0xA9;

/// The texts of boxes, which are their names and contents.
pub(super) fn tags(boxes: &[([u8; 4], Vec<u8>)]) -> Tags {
    let mut tags = Tags::default();
    for (kind, contents) in boxes {
        if kind[0] == COPYRIGHT_SIGN {
            let name: String = kind.iter().copied().map(char::from).collect();
            let name = match ItemKey::from_key(TagType::Mp4Ilst, &name) {
                Some(key) => name_of(key),
                None if kind[1..] == *b"trk" => "TRACKNUMBER".to_owned(),
                None => name[COPYRIGHT_SIGN_BYTES..].to_owned(),
            };
            tags.push(&name, &quicktime_text(contents).unwrap_or_default());
        } else if let Some((_, name)) = ASSETS.iter().find(|(asset, _)| asset == kind) {
            tags.push(name, &asset_text(contents).unwrap_or_default());
        }
    }
    tags
}

/// The bytes of the sign in UTF-8.
const COPYRIGHT_SIGN_BYTES: usize = 2;

/// The first text of a box: its length, its language and its bytes.
fn quicktime_text(contents: &[u8]) -> Option<String> {
    let (length, rest) = contents.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes(*length));
    Some(text(rest.get(2..)?.get(..length)?))
}

/// The text of a box behind its version, its flags and its language: UTF-8, or UTF-16 with a mark.
fn asset_text(contents: &[u8]) -> Option<String> {
    let bytes = contents.get(6..)?;
    let Some(wide) = bytes.strip_prefix(&[0xFE, 0xFF]) else {
        return Some(text(bytes));
    };
    let (units, _) = wide.as_chunks();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_quicktime_and_3gp_become_tags() {
        let quicktime = |name: &[u8; 4], text: &str| {
            let length = u16::try_from(text.len()).unwrap().to_be_bytes();
            (
                *name,
                [&length[..], &[0x55, 0xC4], text.as_bytes()].concat(),
            )
        };
        let asset =
            |name: &[u8; 4], bytes: &[u8]| (*name, [&[0; 4][..], b"\x15\xC7", bytes].concat());
        let tags = tags(&[
            quicktime(b"\xA9nam", "Café"),
            quicktime(b"\xA9ART", "You"),
            quicktime(b"\xA9trk", "3"),
            quicktime(b"\xA9xyz", "+52.5+013.4/"),
            asset(b"albm", b"All\0"),
            asset(b"gnre", b"\xFE\xFF\0R\0o\0c\0k\0\0"),
            (*b"\xA9cmt", vec![0, 99]),
            (*b"meta", vec![1]),
        ]);
        let values: Vec<_> = tags.iter().collect();
        assert_eq!(
            values,
            [
                ("TITLE", "Café"),
                ("ARTIST", "You"),
                ("TRACKNUMBER", "3"),
                ("XYZ", "+52.5+013.4/"),
                ("ALBUM", "All"),
                ("GENRE", "Rock"),
            ]
        );
    }
}
