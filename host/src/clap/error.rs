//! Errors between a host and a plug-in.

use std::fmt;
use std::path::PathBuf;

/// An error of the source or the sink of a streaming render.
pub type StreamError = Box<dyn std::error::Error + Send + Sync>;

/// An error of the host or the plug-in. Each prints as one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// There is no bundle at this path.
    BundleNotFound(PathBuf),
    /// The file is no bundle that this system can load.
    Load {
        /// The bundle.
        path: PathBuf,
        /// The loader's message.
        reason: String,
    },
    /// The bundle contains no plug-in.
    NoPlugin(PathBuf),
    /// A call to the plug-in failed.
    Plugin {
        /// The call, such as "activate".
        step: &'static str,
        /// The message of the plug-in or its wrapper.
        reason: String,
    },
    /// The plug-in lacks an extension or interface.
    MissingExtension(&'static str),
    /// There is no parameter with this id or name.
    UnknownParameter(String),
    /// A parameter can't parse this text.
    InvalidText {
        /// The parameter.
        parameter: String,
        /// The text.
        text: String,
    },
    /// The plug-in has no layout with this many channels.
    UnsupportedChannels(usize),
    /// The sample rate, block size or event is invalid.
    InvalidFormat(String),
    /// The state could not be saved or loaded.
    State(&'static str),
    /// The source or the sink of a streaming render failed.
    Stream(StreamError),
    /// The code on the audio thread panicked.
    AudioThreadPanic,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BundleNotFound(path) => {
                write!(f, "there is no plug-in bundle at {}", path.display())
            }
            Self::Load { path, reason } => {
                write!(f, "{} cannot be loaded: {reason}", path.display())
            }
            Self::NoPlugin(path) => write!(f, "{} contains no plug-in", path.display()),
            Self::Plugin { step, reason } => write!(f, "the plug-in failed to {step}: {reason}"),
            Self::MissingExtension(name) => write!(f, "the plug-in has no {name} extension"),
            Self::UnknownParameter(name) => write!(f, "there is no parameter \"{name}\""),
            Self::InvalidText { parameter, text } => write!(
                f,
                "parameter \"{parameter}\" does not understand \"{text}\""
            ),
            Self::UnsupportedChannels(count) => {
                write!(f, "the plug-in cannot process {count} channels")
            }
            Self::InvalidFormat(reason) => write!(f, "the audio format is not usable: {reason}"),
            Self::State(action) => write!(f, "the plug-in's state could not be {action}"),
            Self::Stream(error) => error.fmt(f),
            Self::AudioThreadPanic => write!(f, "the audio thread panicked"),
        }
    }
}

impl std::error::Error for HostError {}
