//! State that outlives a window: the next window of the same project goes on with it.

use std::sync::Mutex;

use flow_platform::mutex::lock;

use crate::editor::model::preset_choice::PresetChoice;
use crate::editor::model::proposals::ProposalDecisions;
use crate::editor::model::undo::UndoStacks;

/// Decisions about proposals, the undo history, the chosen preset, and the edits that the host knows of.
#[derive(Default)]
pub(crate) struct SessionState {
    /// See [`References::project`](crate::references::References::project).
    pub(crate) project: u32,
    pub(crate) decisions: ProposalDecisions,
    pub(crate) undo: UndoStacks,
    pub(crate) preset: PresetChoice,
    /// The edit counts that the host was told.
    pub(crate) reported_edits: [u32; 2],
}

/// Keeps the state between two windows. Only windows lock it.
#[derive(Default)]
pub(crate) struct SessionStore(Mutex<Option<SessionState>>);

impl SessionStore {
    /// `[gui]` Keeps the state for the next window.
    pub(crate) fn put(&self, state: SessionState) {
        *lock(&self.0) = Some(state);
    }

    /// `[gui]` Takes the state that the last window of this project kept.
    pub(crate) fn take(&self, project: u32) -> Option<SessionState> {
        let state = lock(&self.0).take();
        state.filter(|state| state.project == project)
    }
}
