//! What a window leaves to the next one of the same project.

use std::sync::{Mutex, PoisonError};

use super::decisions::Decisions;
use super::hand::Steps;

/// Decisions, and the way back.
#[derive(Default)]
pub(crate) struct Left {
    /// See [`References::project`](crate::references::References::project).
    pub(crate) project: u32,
    pub(crate) decisions: Decisions,
    pub(crate) steps: Steps,
}

/// Where it lies between two windows: windows alone come here.
#[derive(Default)]
pub(crate) struct Between(Mutex<Option<Left>>);

impl Between {
    /// `[gui]` For the next window.
    pub(crate) fn leave(&self, left: Left) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    /// `[gui]` What the last window of this project left.
    pub(crate) fn take(&self, project: u32) -> Option<Left> {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        left.filter(|left| left.project == project)
    }
}
