//! The part of the window that only the app has. The editor knows it as a trait, so that a plug-in holds none of its code.

use std::path::PathBuf;

use egui::{Context, Rect, Ui};
use flow_dsp::ChainSettings;

use crate::editor::widgets::param_ui::ParamUi;

/// The strip for songs, and the pages that it opens.
pub(crate) trait AppPart: Send {
    /// Handles signals of the system from now on.
    fn handle_signals(&self);

    /// Whether the window should be closed.
    fn should_close(&self) -> bool;

    /// Called at the begin of every frame. Returns whether another song has replaced the input, so that all figures begin anew.
    fn begin_frame(&mut self, ctx: &Context, sample_rate_hz: Option<f32>) -> bool;

    /// Opens a song that was dropped on the window.
    fn open_song(&mut self, path: PathBuf);

    /// Draws the strip beside an open page. Returns the page that was asked for.
    fn strip(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        page: Option<SongPage>,
    ) -> Option<SongPage>;

    /// Draws a page in place of the pillars, with the present settings. Returns whether it was closed.
    fn page(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        page: (SongPage, &ChainSettings),
    ) -> bool;
}

/// A page in place of the pillars, which the strip opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SongPage {
    /// The audio devices.
    Audio,
    /// Opens a song.
    Open,
    /// Records the heard audio into a file.
    Record,
    /// Renders the song into a file.
    Render,
}
