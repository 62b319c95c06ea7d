//! Text tags under the names of Vorbis comments, which every name of other formats is mapped to.

use lofty::ape::ApeTag;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::mp4::{AtomData, AtomIdent, Ilst};
use lofty::ogg::tag::VorbisComments;
use lofty::tag::{ItemKey, ItemValue, Tag, TagType};
use std::collections::HashSet;

/// The largest sum of all names and values in bytes. Together with the broadcast data and the texts of cue points, whose
/// chunks are limited too, they fit into FLAC's block of comments, which ends at 16 MiB.
const LIMIT_BYTES: usize = 8 << 20;
/// The largest number of values.
const LIMIT_VALUES: usize = 4096;

/// Values that describe the song's samples or its encoder, so that they are wrong after mastering.
const OUTDATED: [&str; 8] = [
    "ENCODER",
    "ENCODING",
    "ENCODERSETTINGS",
    "ENCODER_OPTIONS",
    "LENGTH",
    "TLEN",
    "WAVEFORMATEXTENSIBLE_CHANNEL_MASK",
    "ITUNSMPB",
];
/// The beginnings of the names of gains.
const GAINS: [&str; 3] = ["REPLAYGAIN_", "R128_", "ITUNNORM"];
/// Pictures inside of comments, which the reader returns on their own.
const PICTURES: [&str; 3] = ["METADATA_BLOCK_PICTURE", "COVERART", "COVERARTMIME"];

/// Names in Vorbis comments of keys for which lofty has none there, as MusicBrainz Picard writes them.
const VORBIS_NAMES: [(ItemKey, &str); 12] = [
    (ItemKey::IntegerBpm, "BPM"),
    (ItemKey::AppleId3v2ContentGroup, "GROUPING"),
    (ItemKey::ComposerSortOrder, "COMPOSERSORT"),
    (ItemKey::OriginalAlbumTitle, "ORIGINALALBUM"),
    (ItemKey::OriginalArtist, "ORIGINALARTIST"),
    (ItemKey::OriginalFileName, "ORIGINALFILENAME"),
    (ItemKey::OriginalLyricist, "ORIGINALLYRICIST"),
    (ItemKey::CopyrightUrl, "LICENSE"),
    (ItemKey::TrackArtistUrl, "WEBSITE"),
    (ItemKey::ParentalAdvisory, "ITUNESADVISORY"),
    (ItemKey::ShowName, "SHOW"),
    (ItemKey::ShowNameSortOrder, "SHOWSORT"),
];

/// Names and values in their order. A name may occur several times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tags {
    values: Vec<(String, String)>,
    /// The same without their order.
    known: HashSet<(String, String)>,
    /// The sum of the lengths of names and values.
    bytes: usize,
    /// Whether values of ReplayGain or the like were left out.
    pub(super) had_gain: bool,
    /// Whether values were left out because of their size.
    pub(super) is_cut: bool,
}

impl Tags {
    /// All names and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Removes a name and returns its first value.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let value = self.get(name).map(str::to_owned);
        self.retain(|n| n != name);
        value
    }

    /// Removes the other names.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.values.retain(|(name, _)| is_kept(name));
        self.known.retain(|(name, _)| is_kept(name));
        self.bytes = self.values.iter().map(|(n, v)| n.len() + v.len()).sum();
    }

    /// Adds a value. Names become upper case; control characters in values other than line breaks vanish.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        let name = normalized_name(name);
        if GAINS.iter().any(|gain| name.starts_with(gain)) {
            self.had_gain = true;
        } else if !OUTDATED.contains(&name.as_str()) && !PICTURES.contains(&name.as_str()) {
            for value in value.split('\0') {
                self.push_value(&name, value);
            }
        }
    }

    fn push_value(&mut self, name: &str, value: &str) {
        let value = value.replace("\r\n", "\n").replace('\r', "\n");
        let value: String = value
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        let value = value.trim();
        let entry = (name.to_owned(), value.to_owned());
        if name.is_empty() || value.is_empty() || self.known.contains(&entry) {
            return;
        }
        let bytes = self.bytes + name.len() + value.len();
        if bytes > LIMIT_BYTES || self.values.len() == LIMIT_VALUES {
            self.is_cut = true;
            return;
        }
        self.bytes = bytes;
        self.known.insert(entry.clone());
        self.values.push(entry);
    }

    /// Adds the values of names that are missing here.
    pub(super) fn merge(&mut self, other: &Self) {
        let present: HashSet<String> = self.iter().map(|(name, _)| name.to_owned()).collect();
        for (name, value) in other.iter().filter(|(name, _)| !present.contains(*name)) {
            self.push_value(name, value);
        }
        self.had_gain |= other.had_gain;
        self.is_cut |= other.is_cut;
    }

    pub(super) fn from_vorbis_comments(comments: &VorbisComments) -> Self {
        let mut tags = Self::default();
        for (name, value) in comments.items() {
            tags.push(name, value);
        }
        tags
    }

    pub(super) fn from_id3v2(id3: &Id3v2Tag) -> Self {
        let mut tags = Self::from_tag(&id3.clone().into());
        for frame in id3 {
            match frame {
                Frame::UserText(text)
                    if ItemKey::from_key(TagType::Id3v2, &text.description).is_none() =>
                {
                    tags.push(&text.description, &text.content);
                }
                Frame::Text(text)
                    if ItemKey::from_key(TagType::Id3v2, frame.id_str()).is_none() =>
                {
                    tags.push(frame.id_str(), &text.value);
                }
                Frame::UserUrl(url) => tags.push(&format!("URL {}", url.description), &url.content),
                _ => {}
            }
        }
        tags
    }

    pub(super) fn from_ape(ape: &ApeTag) -> Self {
        let mut tags = Self::from_tag(&ape.clone().into());
        for item in ape {
            if ItemKey::from_key(TagType::Ape, item.key()).is_none()
                && let ItemValue::Text(text) | ItemValue::Locator(text) = item.value()
            {
                tags.push(item.key(), text);
            }
        }
        tags
    }

    pub(super) fn from_mp4(ilst: &Ilst) -> Self {
        let mut tags = Self::from_tag(&ilst.clone().into());
        for atom in ilst {
            let AtomIdent::Freeform { mean, name } = atom.ident() else {
                continue;
            };
            if ItemKey::from_key(TagType::Mp4Ilst, &format!("----:{mean}:{name}")).is_some() {
                continue;
            }
            for data in atom.data() {
                if let AtomData::UTF8(text) | AtomData::UTF16(text) = data {
                    tags.push(name, text);
                }
            }
        }
        tags
    }

    /// The tags that have a name in all formats.
    pub(super) fn from_tag(tag: &Tag) -> Self {
        let mut tags = Self::default();
        for item in tag.items() {
            // iTunes keeps gains and lengths in comments.
            let name = match item.key() {
                ItemKey::Comment if item.description().starts_with("iTun") => {
                    item.description().to_owned()
                }
                key => name_of(key),
            };
            if let ItemValue::Text(text) | ItemValue::Locator(text) = item.value() {
                tags.push(&name, text);
            }
        }
        tags
    }
}

/// The name in Vorbis comments of a key, or else the key's own.
pub(super) fn name_of(key: ItemKey) -> String {
    let known = VORBIS_NAMES.iter().find(|(other, _)| *other == key);
    let known = known.map(|(_, name)| *name);
    known
        .or_else(|| key.map_key(TagType::VorbisComments))
        .map_or_else(|| format!("{key:?}"), str::to_owned)
}

/// The key of a name in Vorbis comments, if other formats have a name for it.
pub(super) fn key_of(name: &str) -> Option<ItemKey> {
    let from_vorbis = ItemKey::from_key(TagType::VorbisComments, name);
    let known = || VORBIS_NAMES.iter().find(|(_, other)| *other == name);
    from_vorbis
        .or_else(|| known().map(|(key, _)| *key))
        .or_else(|| {
            let same = |key: &&ItemKey| format!("{key:?}").eq_ignore_ascii_case(name);
            ItemKey::VARIANTS.iter().find(same).copied()
        })
}

/// A name as Vorbis comments allow it: printable ASCII without `=`.
fn normalized_name(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| match c {
            '=' => '_',
            ' '..='}' => c.to_ascii_uppercase(),
            _ => '_',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushed_values_lose_control_characters_and_outdated_names() {
        let mut tags = Tags::default();
        tags.push("title", "  Über\u{7}schrift \r\nzwei\u{0}\u{0}三 ");
        tags.push("replaygain_track_gain", "-3 dB");
        tags.push("Encoder", "LAME");
        tags.push("mood=α", "calm");
        let values: Vec<_> = tags.iter().collect();
        assert_eq!(
            values,
            [
                ("TITLE", "Überschrift \nzwei"),
                ("TITLE", "三"),
                ("MOOD__", "calm")
            ]
        );
        assert!(tags.had_gain);
    }

    #[test]
    fn id3_frames_get_their_usual_names_in_comments() {
        use lofty::TextEncoding;
        use lofty::id3::v2::{FrameId, TextInformationFrame};
        let mut id3 = Id3v2Tag::new();
        let frames = [
            ("TBPM", "BPM"),
            ("TSOC", "COMPOSERSORT"),
            ("TOPE", "ORIGINALARTIST"),
            ("TKEY", "INITIALKEY"),
            ("TSRC", "ISRC"),
        ];
        for (id, _) in frames {
            let id = FrameId::new(id).unwrap();
            let text = TextInformationFrame::new(id, TextEncoding::UTF8, "128".to_owned());
            id3.insert(Frame::Text(text));
        }
        let tags = Tags::from_id3v2(&id3);
        for (id, name) in frames {
            assert_eq!(tags.get(name), Some("128"), "{id}");
        }
        assert_eq!(tags.iter().count(), frames.len(), "{tags:?}");
    }

    #[test]
    fn merge_adds_missing_names_only() {
        let (mut tags, mut other) = (Tags::default(), Tags::default());
        tags.push("TITLE", "One");
        other.push("TITLE", "Two");
        other.push("ARTIST", "Three");
        tags.merge(&other);
        assert_eq!(tags.get("TITLE"), Some("One"));
        assert_eq!(tags.get("ARTIST"), Some("Three"));
    }

    #[test]
    fn merged_and_many_values_stay_within_limits() {
        let half = "a".repeat(LIMIT_BYTES * 2 / 3);
        let (mut tags, mut other) = (Tags::default(), Tags::default());
        tags.push("LYRICS", &half);
        other.push("NOTES", &half);
        tags.merge(&other);
        assert!(tags.is_cut && tags.get("NOTES").is_none());
        let mut many = Tags::default();
        for number in 0..200_000 {
            many.push(&format!("NAME{number}"), "x");
        }
        assert!(many.is_cut && many.iter().count() == LIMIT_VALUES);
        assert_eq!(many.take("NAME0").as_deref(), Some("x"));
        many.push("NAME0", "x");
        assert_eq!(many.get("NAME0"), Some("x"));
    }

    #[test]
    fn values_above_limit_are_left_out() {
        let mut tags = Tags::default();
        tags.push("LYRICS", &"a".repeat(LIMIT_BYTES + 1));
        tags.push("TITLE", "kept");
        assert!(tags.is_cut && tags.get("LYRICS").is_none());
        assert_eq!(tags.get("TITLE"), Some("kept"));
    }
}
