//! Metadata as chunks of a WAV file.

use super::model::Metadata;
use super::tags::key_of;
use super::{cue, riff};
use crate::output_format::{Bits, StreamFormat};
use lofty::TextEncoding;
use lofty::config::WriteOptions;
use lofty::error::TagEncodingError;
use lofty::id3::v2::{ExtendedTextFrame, Frame, Id3v2Tag};
use lofty::tag::{ItemKey, Tag, TagExt, TagType};

/// Names that INFO lists have and the mapping doesn't.
pub(super) const INFO_NAMES: [(&[u8; 4], &str); 6] = [
    (b"IENG", "ENGINEER"),
    (b"IKEY", "KEYWORDS"),
    (b"ISBJ", "SUBJECT"),
    (b"IMED", "MEDIA"),
    (b"ITRK", "TRACKNUMBER"),
    (b"ISRC", "SOURCE"),
];

/// The chunks around the samples of a WAV file.
pub(crate) struct WavChunks {
    /// In front of the samples.
    pub(crate) front: Vec<u8>,
    /// Behind the samples.
    pub(crate) end: Vec<u8>,
}

impl Metadata {
    /// The chunks of a file of this format: `bext` and the INFO list in front, cue points and ID3 behind.
    pub(crate) fn wav_chunks(&self, stream: StreamFormat, bits: Bits) -> WavChunks {
        let mut front = Vec::new();
        if let Some(bext) = &self.bext {
            let chunk = bext.to_chunk(stream, bits, self.loudness);
            riff::append_chunk(&mut front, b"bext", &chunk);
        }
        front.extend(self.info_list().0);
        let mut end = cue::to_chunks(&self.cue_points, stream.sample_rate_hz);
        // `dropped_data` names a chunk that cannot be made.
        end.extend(self.id3_chunk().unwrap_or_default());
        WavChunks { front, end }
    }

    /// The INFO list in UTF-8, and whether it has all tags.
    fn info_list(&self) -> (Vec<u8>, bool) {
        let mut entries: Vec<([u8; 4], String)> = Vec::new();
        let mut is_complete = true;
        for (name, value) in self.tags.iter() {
            let Some(info_name) = info_name(name) else {
                is_complete = false;
                continue;
            };
            match entries.iter_mut().find(|(other, _)| *other == info_name) {
                Some((_, values)) => {
                    is_complete = false;
                    values.push_str("; ");
                    values.push_str(value);
                }
                None => entries.push((info_name, value.to_owned())),
            }
        }
        let mut list = b"INFO".to_vec();
        for (name, value) in &entries {
            riff::append_chunk(&mut list, name, &[value.as_bytes(), &[0]].concat());
        }
        let mut chunk = Vec::new();
        if !entries.is_empty() {
            riff::append_chunk(&mut chunk, b"LIST", &list);
        }
        (chunk, is_complete)
    }

    /// All tags and pictures as ID3v2.4; empty if the INFO list has all. Names that ID3 doesn't have become user texts.
    pub(super) fn id3_chunk(&self) -> Result<Vec<u8>, TagEncodingError> {
        if self.info_list().1 && self.pictures.is_empty() {
            return Ok(Vec::new());
        }
        let mut tag = Tag::new(TagType::Id3v2);
        let mut user_texts: Vec<(&str, String)> = Vec::new();
        for (name, value) in self.tags.iter() {
            let text = lofty::tag::ItemValue::Text(value.to_owned());
            let pushed = key_of(name).is_some_and(|key| {
                let key = id3_key(key, value);
                is_written(key, value) && tag.push(lofty::tag::TagItem::new(key, text))
            });
            if pushed {
                continue;
            }
            match user_texts.iter_mut().find(|(other, _)| *other == name) {
                Some((_, values)) => {
                    values.push('\0');
                    values.push_str(value);
                }
                None => user_texts.push((name, value.to_owned())),
            }
        }
        // The conversion has no order. Equal metadata gives an equal file.
        let mut frames: Vec<Frame<'static>> = Id3v2Tag::from(tag).into_iter().collect();
        frames.sort_by_cached_key(|frame| format!("{frame:?}"));
        let mut id3 = Id3v2Tag::new();
        for frame in frames {
            id3.insert(frame);
        }
        for (name, value) in user_texts {
            let text = ExtendedTextFrame::new(TextEncoding::UTF8, name.to_owned(), value);
            id3.insert(Frame::UserText(text));
        }
        for picture in &self.pictures {
            id3.insert_picture(picture.clone());
        }
        let mut body = Vec::new();
        let options = WriteOptions::default().preferred_padding(0);
        let mut chunk = Vec::new();
        id3.dump_to(&mut body, options)?;
        if !body.is_empty() {
            riff::append_chunk(&mut chunk, b"id3 ", &body);
        }
        Ok(chunk)
    }
}

/// The key in ID3 of a value, where the tempo has a frame for integers only.
fn id3_key(key: ItemKey, value: &str) -> ItemKey {
    match key {
        ItemKey::Bpm if value.parse::<u32>().is_ok() => ItemKey::IntegerBpm,
        key => key,
    }
}

/// Whether the conversion to ID3 keeps this value: it drops numbers that are none.
fn is_written(key: ItemKey, value: &str) -> bool {
    match key {
        ItemKey::TrackNumber | ItemKey::TrackTotal | ItemKey::DiscNumber | ItemKey::DiscTotal => {
            value.parse::<u32>().is_ok()
        }
        ItemKey::Popularimeter | ItemKey::ParentalAdvisory => false,
        key if key.is_flag() => matches!(value, "0" | "1"),
        ItemKey::MusicBrainzRecordingId => value.is_ascii(),
        _ => true,
    }
}

/// The name in INFO lists of a name in Vorbis comments.
fn info_name(name: &str) -> Option<[u8; 4]> {
    let mapped = key_of(name).and_then(|key| key.map_key(TagType::RiffInfo));
    match mapped {
        Some(mapped) => mapped.as_bytes().try_into().ok(),
        None => {
            let known = INFO_NAMES.iter().find(|(_, other)| *other == name);
            known.map(|(info_name, _)| **info_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_tempo_becomes_the_frame_of_id3_and_others_a_user_text() {
        for (tempo, frame) in [("128", "TBPM"), ("127.5", "TXXX")] {
            let mut metadata = Metadata::default();
            metadata.tags.push("BPM", tempo);
            let chunk = metadata.id3_chunk().unwrap();
            let has = |text: &str| chunk.windows(text.len()).any(|w| w == text.as_bytes());
            assert!(has(frame) && has(tempo), "{tempo}");
        }
    }
}
