//! Measures a song file for use as a reference.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flow_analysis::features::{AnalysisWindow, Extractor};
use flow_analysis::reference::Reference;
use flow_audio_file::SongStream;
use flow_dsp::Spec;

/// Longest duration of a reference, s.
pub const MAX_REFERENCE_S: f64 = 3600.0;

/// A reference with the warnings about its file.
#[derive(Clone, Debug)]
pub struct MeasuredReference {
    /// The reference.
    pub reference: Reference,
    /// Warnings about the file's completeness, each a clause.
    pub warnings: Vec<String>,
}

/// Measures the song at `path`. Decodes block by block, and nothing of a file whose header declares a longer duration
/// than [`MAX_REFERENCE_S`]. Calls `should_continue` before each block with the stream, which knows its progress.
///
/// # Errors
///
/// If the file is damaged, is longer than [`MAX_REFERENCE_S`] or has less than ten seconds of sound, or if
/// `should_continue` returns false. The message is one line without the file's name.
pub fn read(
    path: &Path,
    should_continue: &dyn Fn(&SongStream) -> bool,
) -> Result<MeasuredReference> {
    let name = path.file_stem().context("it has no file name")?;
    let stream = SongStream::open(path)?;
    measure(stream, &name.to_string_lossy(), should_continue)
}

/// As [`read`], for a song of this name that is open.
///
/// # Errors
///
/// As [`read`].
pub fn measure(
    mut stream: SongStream,
    name: &str,
    should_continue: &dyn Fn(&SongStream) -> bool,
) -> Result<MeasuredReference> {
    let too_long = || {
        let minutes = MAX_REFERENCE_S / 60.0;
        format!("it is longer than {minutes:.0} minutes")
    };
    let declared_s = stream.declared_seconds().unwrap_or(0.0);
    ensure!(declared_s <= MAX_REFERENCE_S, too_long());
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(stream.sample_rate_hz()),
    });
    let mut window = AnalysisWindow::growing();
    loop {
        ensure!(should_continue(&stream), "it was canceled");
        let Some(channels) = stream.next_block()? else {
            break;
        };
        let (left, right) = match channels {
            [left, right] => (left, right),
            [only, ..] => (only, only),
            [] => continue,
        };
        extractor.push(left, right, |frame, _| window.push(frame));
        ensure!(stream.seconds() <= MAX_REFERENCE_S, too_long());
    }
    Ok(MeasuredReference {
        reference: Reference::new(name, &window)?,
        warnings: stream.warnings().to_vec(),
    })
}
