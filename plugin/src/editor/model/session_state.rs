//! What a window leaves to the next one of the same project.

use std::sync::{Mutex, PoisonError};

use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::undo::UndoStacks;

/// Decisions, and the way back.
#[derive(Default)]
pub(crate) struct SessionState {
    /// See [`References::project`](crate::references::References::project).
    pub(crate) project: u32,
    pub(crate) decisions: ProposalDecisions,
    pub(crate) steps: UndoStacks,
}

/// Where it lies between two windows: windows alone come here.
#[derive(Default)]
pub(crate) struct SessionStore(Mutex<Option<SessionState>>);

impl SessionStore {
    /// `[gui]` For the next window.
    pub(crate) fn leave(&self, left: SessionState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    /// `[gui]` What the last window of this project left.
    pub(crate) fn take(&self, project: u32) -> Option<SessionState> {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        left.filter(|left| left.project == project)
    }
}
