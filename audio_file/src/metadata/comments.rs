//! Metadata as Vorbis comments, for FLAC and Ogg Vorbis.

use super::cue;
use super::model::{Metadata, fits_into_flac};
use crate::output_format::StreamFormat;
use flac_codec::metadata::PictureType;
use lofty::picture::{Picture, PictureInformation};
use std::num::NonZeroU32;

/// The types of pictures in the order of their numbers.
const PICTURE_TYPES: [PictureType; 21] = [
    PictureType::Other,
    PictureType::Png32x32,
    PictureType::GeneralFileIcon,
    PictureType::FrontCover,
    PictureType::BackCover,
    PictureType::LinerNotes,
    PictureType::MediaLabel,
    PictureType::LeadArtist,
    PictureType::Artist,
    PictureType::Conductor,
    PictureType::Band,
    PictureType::Composer,
    PictureType::Lyricist,
    PictureType::RecordingLocation,
    PictureType::DuringRecording,
    PictureType::DuringPerformance,
    PictureType::ScreenCapture,
    PictureType::Fish,
    PictureType::Illustration,
    PictureType::BandLogo,
    PictureType::PublisherLogo,
];
/// The types of pictures of which a file may have one each: icons.
const SINGLE_TYPES: [u8; 2] = [1, 2];

/// The blocks of a FLAC file.
pub(crate) struct FlacBlocks {
    /// Comments such as `TITLE=Song`.
    pub(crate) comments: Vec<String>,
    pub(crate) pictures: Vec<flac_codec::metadata::Picture>,
}

impl Metadata {
    /// The blocks of a FLAC file of this format.
    pub(crate) fn flac_blocks(&self, stream: StreamFormat) -> FlacBlocks {
        let comments = self.comments(stream).into_iter();
        FlacBlocks {
            comments: comments
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
            pictures: self
                .single_pictures()
                .filter(|picture| fits_into_flac(picture))
                .map(flac_picture)
                .collect(),
        }
    }

    /// The comments of an Ogg Vorbis file of this format. Pictures are comments too.
    pub(crate) fn ogg_comments(&self, stream: StreamFormat) -> Vec<(String, String)> {
        let mut comments = self.comments(stream);
        for picture in self.single_pictures() {
            let block = picture.as_flac_bytes(information(picture), true);
            if let Ok(block) = String::from_utf8(block) {
                comments.push(("METADATA_BLOCK_PICTURE".to_owned(), block));
            }
        }
        comments
    }

    fn comments(&self, stream: StreamFormat) -> Vec<(String, String)> {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut comments: Vec<_> = self.tags.iter().map(own).collect();
        comments.extend(self.bext.iter().flat_map(|bext| bext.to_comments(stream)));
        comments.extend(cue::to_chapters(&self.cue_points));
        comments
    }

    /// The pictures without second icons.
    fn single_pictures(&self) -> impl Iterator<Item = &Picture> {
        let kind = |i: usize| self.pictures[i].pic_type().as_u8();
        let is_second = move |i: usize| {
            SINGLE_TYPES.contains(&kind(i)) && (0..i).any(|earlier| kind(earlier) == kind(i))
        };
        let indices = (0..self.pictures.len()).filter(move |i| !is_second(*i));
        indices.map(|i| &self.pictures[i])
    }
}

fn flac_picture(picture: &Picture) -> flac_codec::metadata::Picture {
    let information = information(picture);
    let number = usize::from(picture.pic_type().as_u8());
    let picture_type = PICTURE_TYPES.get(number).copied();
    flac_codec::metadata::Picture {
        picture_type: picture_type.unwrap_or(PictureType::Other),
        media_type: mime(picture).to_owned(),
        description: picture.description().unwrap_or_default().to_owned(),
        width: information.width,
        height: information.height,
        color_depth: information.color_depth,
        colors_used: NonZeroU32::new(information.num_colors),
        data: picture.data().to_vec(),
    }
}

fn mime(picture: &Picture) -> &str {
    picture.mime_type().map_or("", |mime| mime.as_str())
}

/// The size of the picture, as far as it is known.
fn information(picture: &Picture) -> PictureInformation {
    PictureInformation::from_picture(picture).unwrap_or_default()
}
