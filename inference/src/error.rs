//! The error of everything that reads or runs a network.

use std::fmt;

/// Why a network can't be used, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl ModelError {
    pub(crate) fn new(cause: impl Into<String>) -> Self {
        Self(cause.into())
    }

    /// The cause alone, for messages that name the object themselves.
    pub(crate) fn cause(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the network can't be used: {}", self.0)
    }
}

impl std::error::Error for ModelError {}
