//! Decoders of the song formats. Each reads a section of the file block by block.

mod adts;
mod aiff;
mod bytes;
mod chunks;
mod container;
mod flac;
mod mp4;
mod mpeg;
mod ogg;
mod pcm;
mod section;
mod symphonia_decoder;
mod tags;
mod wave;

pub(super) use chunks::is_name;
pub(super) use container::open;
pub(super) use mp4::user_data;
pub(super) use section::Section;
pub(super) use wave::ChunkReader;

/// Audio of one format, decoded block by block.
pub(super) trait Decoder: Send {
    /// Overwrites the block with the next samples of each channel, all of one length, which may be 0. Returns the sample
    /// rate in Hz, or None at the end.
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>>;

    /// The number of frames from the header, if it has one.
    fn declared_frames(&self) -> Option<u64>;

    /// The number of frames that a complete file may have less than its header says.
    fn tolerance_frames(&self) -> u64 {
        0
    }

    /// Takes the warnings that have come up since the last call.
    fn take_warnings(&mut self) -> Vec<String>;
}

/// Why a song is not decoded.
pub(super) enum DecodeError {
    /// The file is damaged at the present position.
    Damaged(String),
    /// The complete reason.
    Refused(String),
}

/// The result of a step of decoding.
pub(super) type Result<T> = std::result::Result<T, DecodeError>;

impl From<std::io::Error> for DecodeError {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(format!("it cannot be read: {error}"))
    }
}

/// A refusal for this complete reason.
fn refused<T>(reason: impl Into<String>) -> Result<T> {
    Err(DecodeError::Refused(reason.into()))
}

/// The reason for which a file is refused whose header announces more than there is. The seconds have as many digits as tell
/// them apart.
pub(super) fn truncated(declared_seconds: f64, seconds: f64) -> String {
    let differs = |digits: &usize| {
        let digits = *digits;
        format!("{declared_seconds:.digits$}") != format!("{seconds:.digits$}")
    };
    let digits = (1..5).find(differs).unwrap_or(5);
    format!(
        "it is truncated: its header says {declared_seconds:.digits$} s, and it ends after {seconds:.digits$} s"
    )
}

/// Checks the number of channels of a header.
fn check_channels(count: usize) -> Result<()> {
    match count {
        1 | 2 => Ok(()),
        0 => refused("its header says that it has no channels"),
        _ => refused(format!(
            "it has {count} channels; only mono and stereo are supported"
        )),
    }
}
