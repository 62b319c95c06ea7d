//! The metadata of a song.

use super::bext::{Bext, MasterLoudness};
use super::cue::{CuePoint, MAX_CHAPTERS};
use super::tags::Tags;
use crate::output_format::{Container, OutputFormat};
use lofty::picture::Picture;
use std::collections::BTreeSet;

/// The largest picture in FLAC with its description. Blocks end at 16 MiB; the rest is room for the other fields.
const PICTURE_LIMIT_BYTES: usize = (16 << 20) - (64 << 10);

/// The metadata of a song, for [`crate::SongWriter`].
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    pub(super) tags: Tags,
    pub(super) pictures: Vec<Picture>,
    pub(super) bext: Option<Bext>,
    pub(super) cue_points: Vec<CuePoint>,
    /// The loudness of the audio that is written.
    pub(super) loudness: Option<MasterLoudness>,
    /// The names of data in the song's file that no output carries.
    pub(super) unsupported: BTreeSet<String>,
    pub(super) warnings: Vec<String>,
}

impl Metadata {
    /// The first value of a tag by its name in Vorbis comments, such as `TITLE` or `ISRC`.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name)
    }

    /// Warnings about the tags, one line each. They never stop a song.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Sets the loudness of the audio that is written. It replaces the song's own in broadcast data (EBU Tech 3285).
    pub fn set_loudness(&mut self, loudness: MasterLoudness) {
        self.loudness = Some(loudness);
    }

    /// The names of the data that a file of this format and sample rate doesn't carry, for texts.
    #[must_use]
    pub fn dropped_data(&self, format: &OutputFormat, sample_rate_hz: u32) -> Vec<String> {
        let mut names: Vec<String> = self.unsupported.iter().cloned().collect();
        if self.tags.had_gain {
            names.push("ReplayGain values, which described the song before mastering".to_owned());
        }
        if format.container() == Container::Wav {
            let is_late = |point: &CuePoint| point.is_too_late_for_wav(sample_rate_hz);
            if self.cue_points.iter().any(is_late) {
                names.push("cue points whose frame doesn't fit into 32 bits".to_owned());
            }
            if let Err(error) = self.id3_chunk() {
                let name = "pictures, and tags that an INFO list doesn't have";
                names.push(format!("{name} ({error})"));
            }
            return names;
        }
        if self.cue_points.len() > MAX_CHAPTERS {
            names.push(format!("cue points after the first {MAX_CHAPTERS}"));
        }
        if self.cue_points.iter().any(CuePoint::has_details) {
            names.push("lengths and notes of cue points".to_owned());
        }
        let is_too_large = |picture: &Picture| !fits_into_flac(picture);
        if format.container() == Container::Flac && self.pictures.iter().any(is_too_large) {
            names.push("pictures above 16 MiB".to_owned());
        }
        names
    }
}

/// Whether a picture fits into a block of FLAC.
pub(super) fn fits_into_flac(picture: &Picture) -> bool {
    let description = picture.description().map_or(0, str::len);
    let mime_type = picture.mime_type().map_or(0, |mime| mime.as_str().len());
    picture.data().len() + description + mime_type <= PICTURE_LIMIT_BYTES
}
