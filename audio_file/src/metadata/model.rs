//! The metadata of a song.

use super::bext::{Bext, MasterLoudness};
use super::cue::CuePoint;
use super::tags::Tags;
use crate::output_format::{Container, OutputFormat};
use lofty::picture::Picture;
use std::collections::BTreeSet;

/// The largest picture in FLAC, whose blocks end at 16 MiB, with room for its description.
pub(super) const PICTURE_LIMIT_BYTES: usize = (16 << 20) - (64 << 10);

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

    /// Doubts about the tags, one line each. They never stop a song.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Sets the loudness of the audio that is written. It replaces the song's own in broadcast data (EBU Tech 3285).
    pub fn set_loudness(&mut self, loudness: MasterLoudness) {
        self.loudness = Some(loudness);
    }

    /// The names of the data that a file of this format doesn't carry, for texts.
    #[must_use]
    pub fn left_behind(&self, format: &OutputFormat) -> Vec<String> {
        let mut names: Vec<String> = self.unsupported.iter().cloned().collect();
        if self.tags.had_gain {
            names.push("ReplayGain values, which described the song before mastering".to_owned());
        }
        if format.container() == Container::Wav {
            return names;
        }
        if self.cue_points.iter().any(CuePoint::has_details) {
            names.push("lengths and notes of cue points".to_owned());
        }
        let too_large = |picture: &Picture| picture.data().len() > PICTURE_LIMIT_BYTES;
        if format.container() == Container::Flac && self.pictures.iter().any(too_large) {
            names.push("pictures above 16 MiB".to_owned());
        }
        names
    }
}
