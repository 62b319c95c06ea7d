//! The song that is being decoded.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use flow_platform::background_task::BackgroundTask;
use flow_platform::file_name::file_name;

use crate::audio::player::decoded_song::{DecodeError, DecodedSong, Overview};
use crate::audio::player::view::StartPlace;
use crate::editor::language::text;

pub(super) type LoadResult = Result<(DecodedSong, Overview), DecodeError>;

/// The song that a background thread decodes.
pub(super) struct LoadingSong {
    pub(super) path: PathBuf,
    pub(super) rate_hz: u32,
    pub(super) start: StartPlace,
    /// The decoded percentage as `f32` bits; NaN if the file declares no length.
    pub(super) percent: Arc<AtomicU32>,
    pub(super) task: BackgroundTask<LoadResult>,
}

impl LoadingSong {
    /// The progress, one line.
    pub(super) fn progress_text(&self) -> String {
        let name = file_name(&self.path);
        let percent = f32::from_bits(self.percent.load(Relaxed));
        if percent.is_nan() {
            text!("Opening {name}", name)
        } else {
            let percent = format!("{percent:.0}");
            text!("Opening {name} {percent} %", name, percent)
        }
    }
}
