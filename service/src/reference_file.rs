//! What is known of a song that others shall sound like.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flow_analysis::features::{Extractor, Window};
use flow_analysis::reference::Reference;
use flow_audio_file::Stream;
use flow_dsp::Spec;

/// A longer file is no song, s.
pub const LONGEST_REFERENCE_S: f64 = 3600.0;

/// Listens to the song at `path`. Of its audio no more is ever in memory than a block, and a file that says that it is
/// too long isn't decoded at all. `goes_on` is asked before each block whether it still shall be; the stream tells it how far
/// it is.
///
/// # Errors
///
/// If it isn't a whole, healthy song, is longer than [`LONGEST_REFERENCE_S`], has less than ten seconds of sound, or was
/// called off: in one line, without its name.
pub fn read(path: &Path, goes_on: &dyn Fn(&Stream) -> bool) -> Result<Reference> {
    let mut stream = Stream::open(path)?;
    let too_long = || {
        let minutes = LONGEST_REFERENCE_S / 60.0;
        format!("it is longer than {minutes:.0} minutes")
    };
    let declared_s = stream.declared_seconds().unwrap_or(0.0);
    ensure!(declared_s <= LONGEST_REFERENCE_S, too_long());
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(stream.sample_rate_hz()),
    });
    let mut window = Window::growing();
    loop {
        ensure!(goes_on(&stream), "it was called off");
        let Some(channels) = stream.next_block()? else {
            break;
        };
        let (left, right) = match channels {
            [left, right] => (left, right),
            [only, ..] => (only, only),
            [] => continue,
        };
        extractor.push(left, right, |frame| window.push(frame));
        ensure!(stream.seconds() <= LONGEST_REFERENCE_S, too_long());
    }
    let name = path.file_stem().context("it has no file name")?;
    Ok(Reference::new(&name.to_string_lossy(), &window)?)
}
