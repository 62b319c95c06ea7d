//! What can go wrong between a host and a plug-in.

use std::fmt;
use std::path::PathBuf;

/// Why the host could not do what it was asked. Each prints as one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// There is no bundle at this path.
    Missing(PathBuf),
    /// The file is no CLAP bundle that can be loaded here.
    Load {
        /// The bundle.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The bundle has no plug-in in it.
    Empty(PathBuf),
    /// A step of the plug-in's life failed.
    Plugin {
        /// The step, such as "activate".
        step: &'static str,
        /// What the plug-in or its wrapper said.
        reason: String,
    },
    /// The plug-in lacks a CLAP extension that is needed.
    NoExtension(&'static str),
    /// There is no parameter of this name.
    NoParameter(String),
    /// A parameter does not understand this text.
    BadText {
        /// The parameter.
        parameter: String,
        /// The text.
        text: String,
    },
    /// The plug-in has no layout with this many channels.
    Channels(usize),
    /// The sample rate or block size is not usable.
    Format(String),
    /// The state could not be saved, or the plug-in refused to load it.
    State(&'static str),
    /// The code on the audio thread panicked.
    Panicked,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "there is no plug-in bundle at {}", path.display()),
            Self::Load { path, reason } => {
                write!(f, "{} cannot be loaded: {reason}", path.display())
            }
            Self::Empty(path) => write!(f, "{} contains no plug-in", path.display()),
            Self::Plugin { step, reason } => write!(f, "the plug-in failed to {step}: {reason}"),
            Self::NoExtension(name) => write!(f, "the plug-in has no {name} extension"),
            Self::NoParameter(name) => write!(f, "there is no parameter \"{name}\""),
            Self::BadText { parameter, text } => write!(
                f,
                "parameter \"{parameter}\" does not understand \"{text}\""
            ),
            Self::Channels(count) => write!(f, "the plug-in cannot process {count} channels"),
            Self::Format(reason) => write!(f, "the audio format is not usable: {reason}"),
            Self::State(what) => write!(f, "the plug-in's state could not be {what}"),
            Self::Panicked => write!(f, "the audio thread panicked"),
        }
    }
}

impl std::error::Error for HostError {}
