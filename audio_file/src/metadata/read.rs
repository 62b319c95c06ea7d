//! Reading of metadata.

use super::bext::Bext;
use super::cue;
use super::model::Metadata;
use super::quicktime;
use super::riff::{self, Chunks};
use super::tags::Tags;
use super::wav::INFO_NAMES;
use crate::decode::{DecodeError, Section, user_data};
use lofty::ape::ApeTag;
use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::Mp4File;
use lofty::mpeg::MpegFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OggPictureStorage, OpusFile, VorbisFile};
use lofty::picture::Picture;
use lofty::probe::Probe;
use lofty::tag::{ItemKey, ItemValue, TagType};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

/// Chunks of WAV files that no output carries, and their names in texts.
const UNSUPPORTED: [(&[u8; 4], &str); 5] = [
    (b"iXML", "iXML production notes"),
    (b"axml", "the ADM description (axml)"),
    (b"smpl", "sampler loops"),
    (b"cart", "the cart chunk"),
    (b"_PMX", "XMP data"),
];

/// The largest number of pictures.
const MAX_PICTURES: usize = 64;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Metadata {
    /// Reads the metadata of a song. Damaged tags give a warning; no file gives an error.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        match File::open(path) {
            Ok(file) => Self::read_file(file),
            Err(_) => Self::default(),
        }
    }

    /// As [`Metadata::read`], for an open file. Its position changes.
    #[must_use]
    pub fn read_file(mut file: File) -> Self {
        let mut metadata = Self::default();
        if let Err(error) = metadata.fill(&mut file) {
            let error = error.to_string().replace('\n', " ");
            let warning = format!("its tags cannot be read completely ({error})");
            metadata.warnings.push(warning);
        }
        if metadata.tags.is_cut {
            let warning = "its texts are more than 4096 or larger than 8 MiB; the rest is left out";
            metadata.warnings.push(warning.to_owned());
        }
        if metadata.pictures.len() > MAX_PICTURES {
            metadata.pictures.truncate(MAX_PICTURES);
            let warning =
                format!("its pictures are more than {MAX_PICTURES}; the rest is left out");
            metadata.warnings.push(warning);
        }
        metadata
    }

    fn fill(&mut self, file: &mut File) -> Result<()> {
        let length = file.metadata()?.len();
        // A tag claims sizes that it may not have. None is larger than the file.
        let limit = usize::try_from(length).unwrap_or(usize::MAX);
        apply_global_options(
            GlobalOptions::new()
                .allocation_limit(limit)
                .use_custom_resolvers(false),
        );
        file.rewind()?;
        let mut start = Vec::new();
        file.by_ref().take(12).read_to_end(&mut start)?;
        if riff::is_wave(&start) {
            let file = Section::whole(file.try_clone()?)?;
            let chunks = riff::read_chunks(&file).map_err(|error| match error {
                DecodeError::Damaged(reason) | DecodeError::Refused(reason) => reason,
            })?;
            return self.read_wave(&chunks);
        }
        file.rewind()?;
        let mut reader = BufReader::new(file);
        let with_rate = ParseOptions::new();
        let options = ParseOptions::new().read_properties(false);
        let probe = Probe::new(&mut reader).guess_file_type()?;
        let file_type = probe.file_type();
        reader.rewind()?;
        let mut rate_hz = None;
        match file_type {
            Some(FileType::Flac) => {
                let song = FlacFile::read_from(&mut reader, with_rate)?;
                rate_hz = Some(song.properties().sample_rate());
                self.add_comments(song.vorbis_comments());
                self.add_id3v2(song.id3v2());
                self.add_pictures(song.pictures().iter().map(|(picture, _)| picture));
            }
            Some(FileType::Vorbis) => {
                let song = VorbisFile::read_from(&mut reader, with_rate)?;
                rate_hz = Some(song.properties().sample_rate());
                self.add_comments(Some(song.vorbis_comments()));
            }
            Some(FileType::Opus) => {
                let song = OpusFile::read_from(&mut reader, options)?;
                self.add_comments(Some(song.vorbis_comments()));
            }
            Some(FileType::Mpeg) => {
                let song = MpegFile::read_from(&mut reader, options)?;
                self.add_id3v2(song.id3v2());
                self.add_ape(song.ape());
                if let Some(id3v1) = song.id3v1() {
                    let mut tags = Tags::from_tag(&id3v1.clone().into());
                    // The date of another tag has the year, too.
                    let has_date = self.tags.get("DATE").is_some();
                    tags.retain(|name| name != "YEAR" || !has_date);
                    self.tags.merge(&tags);
                }
            }
            Some(FileType::Mp4) => {
                let file = Section::whole(reader.get_ref().try_clone()?)?;
                reader.rewind()?;
                let song = Mp4File::read_from(&mut reader, options)?;
                if let Some(ilst) = song.ilst() {
                    self.tags.merge(&Tags::from_mp4(ilst));
                    self.add_pictures(ilst.pictures().into_iter().flatten());
                }
                // The decoder refuses a file whose boxes are damaged.
                let boxes = user_data(&file).unwrap_or_default();
                self.tags.merge(&quicktime::tags(&boxes));
            }
            Some(FileType::Aiff) => {
                let song = AiffFile::read_from(&mut reader, options)?;
                self.add_id3v2(song.id3v2());
                if let Some(texts) = song.text_chunks() {
                    self.tags.merge(&Tags::from_tag(&texts.clone().into()));
                }
            }
            _ => {}
        }
        self.cue_points = cue::take_chapters(&mut self.tags);
        if let Some(rate_hz) = rate_hz {
            self.bext = Bext::take_comments(&mut self.tags, rate_hz);
        }
        Ok(())
    }

    fn read_wave(&mut self, chunks: &Chunks) -> Result<()> {
        let bodies = |name: &'static [u8; 4]| {
            let named = chunks.bodies.iter().filter(move |(other, _)| other == name);
            named.map(|(_, body)| &body[..])
        };
        for name in &chunks.too_large {
            let name = riff::text(name);
            let warning = format!("its chunk \"{name}\" is too large and is left out");
            self.warnings.push(warning);
        }
        let format = bodies(b"fmt ").next().unwrap_or_default();
        let rate = format.get(4..8).and_then(|b| b.try_into().ok());
        let rate_hz = u32::from_le_bytes(rate.unwrap_or_default());
        if let Some(body) = bodies(b"bext").next() {
            self.bext = Bext::from_chunk(body, rate_hz);
            if self.bext.is_none() {
                let warning = "its bext chunk is too short and is left out";
                self.warnings.push(warning.to_owned());
            }
        }
        let lists = |kind: &'static [u8]| {
            let bodies = bodies(b"LIST").filter(move |body| body.starts_with(kind));
            bodies.flat_map(|body| riff::sub_chunks(&body[4..]))
        };
        let adtl: Vec<_> = lists(b"adtl").collect();
        let cue = bodies(b"cue ").next().unwrap_or_default();
        let is_complete;
        (self.cue_points, is_complete) = cue::from_chunks(cue, &adtl, rate_hz);
        if !is_complete {
            let warning = "its texts of cue points are larger than 2 MiB; the rest is left out";
            self.warnings.push(warning.to_owned());
        }
        for (name, text) in UNSUPPORTED {
            if chunks.others.contains(name) {
                self.unsupported.insert(text.to_owned());
            }
        }
        let mut info = Tags::default();
        for (name, body) in lists(b"INFO") {
            info.push(&info_tag(name, &riff::text(body)), &riff::text(body));
        }
        let id3 = bodies(b"id3 ").chain(bodies(b"ID3 ")).next();
        let read = id3.map_or(Ok(()), |body| self.read_id3_chunk(body));
        self.tags.merge(&info);
        read
    }

    /// Reads an ID3 chunk as that of a small WAV file, so that damage elsewhere in the song's file doesn't matter.
    fn read_id3_chunk(&mut self, body: &[u8]) -> Result<()> {
        let mut wave = b"WAVE".to_vec();
        riff::append_chunk(
            &mut wave,
            b"fmt ",
            &[1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0],
        );
        riff::append_chunk(&mut wave, b"data", &[]);
        riff::append_chunk(&mut wave, b"id3 ", body);
        let mut file = Vec::new();
        riff::append_chunk(&mut file, b"RIFF", &wave);
        let options = ParseOptions::new().read_properties(false);
        let song = WavFile::read_from(&mut Cursor::new(file), options)?;
        self.add_id3v2(song.id3v2());
        Ok(())
    }

    fn add_comments(&mut self, comments: Option<&VorbisComments>) {
        if let Some(comments) = comments {
            self.tags.merge(&Tags::from_vorbis_comments(comments));
            self.add_pictures(comments.pictures().iter().map(|(picture, _)| picture));
        }
    }

    fn add_id3v2(&mut self, id3: Option<&Id3v2Tag>) {
        let Some(id3) = id3 else {
            return;
        };
        self.tags.merge(&Tags::from_id3v2(id3));
        for frame in id3 {
            match frame {
                Frame::Picture(frame) => self.add_pictures([&*frame.picture]),
                Frame::Binary(frame) => {
                    let name = format!("the ID3 frame {}", frame.id().as_str());
                    self.unsupported.insert(name);
                }
                _ => {}
            }
        }
    }

    fn add_ape(&mut self, ape: Option<&ApeTag>) {
        let Some(ape) = ape else {
            return;
        };
        self.tags.merge(&Tags::from_ape(ape));
        for item in ape {
            if let ItemValue::Binary(bytes) = item.value()
                && item.key().to_ascii_lowercase().starts_with("cover art")
                && let Ok(picture) = Picture::from_ape_bytes(item.key(), bytes)
            {
                self.add_pictures([&picture]);
            }
        }
    }

    /// Adds the pictures that are not there yet.
    fn add_pictures<'a>(&mut self, pictures: impl IntoIterator<Item = &'a Picture>) {
        for picture in pictures {
            let same = |other: &Picture| other.data() == picture.data();
            // One more than the limit tells that it is exceeded.
            if self.pictures.len() <= MAX_PICTURES
                && !picture.data().is_empty()
                && !self.pictures.iter().any(same)
            {
                self.pictures.push(picture.clone());
            }
        }
    }
}

/// The name in Vorbis comments of a name in an INFO list.
fn info_tag(name: &[u8], value: &str) -> String {
    // The name means the source of a digitized medium, but recorders put ISRC codes into it.
    if name == b"ISRC" && is_isrc(value) {
        return "ISRC".to_owned();
    }
    if let Some((_, tag)) = INFO_NAMES.iter().find(|(info_name, _)| *info_name == name) {
        return (*tag).to_owned();
    }
    let name = riff::text(name);
    let key = ItemKey::from_key(TagType::RiffInfo, &name);
    let mapped = key.and_then(|key| key.map_key(TagType::VorbisComments));
    mapped.map_or(name, str::to_owned)
}

/// Whether a text is an International Standard Recording Code, such as `USS1Z9900001`.
fn is_isrc(text: &str) -> bool {
    let code: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
    code.len() == 12
        && code[..2].iter().all(u8::is_ascii_alphabetic)
        && code[2..5].iter().all(u8::is_ascii_alphanumeric)
        && code[5..].iter().all(u8::is_ascii_digit)
}
