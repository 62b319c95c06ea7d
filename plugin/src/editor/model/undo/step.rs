//! The changes that one undo reverts.

use flow_params::{ParameterId, Stage};

use crate::editor::language::{text, translate};
use crate::params::FlowParams;
use crate::references::RemovedReference;
use crate::slots::{SavedSlots, Slot};

/// A parameter's values before and after a change, normalized.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) id: ParameterId,
    pub(super) before: f32,
    pub(super) after: f32,
}

/// Changes of parameters, and at most one of something else that a project holds.
#[derive(Default)]
pub(super) struct Step {
    pub(super) changes: Vec<Change>,
    pub(super) edit: Option<ProjectEdit>,
}

/// A change of something that is no parameter. It belongs to one project.
pub(super) struct ProjectEdit {
    /// See [`References::project`](crate::references::References::project).
    project: u32,
    pub(super) kind: EditKind,
}

/// The thing that was changed.
pub(super) enum EditKind {
    /// The slots, before and after a switch or a copy.
    Slots(Box<[SavedSlots; 2]>),
    /// The slots of a stage, before and after a switch or a copy.
    StageSlots(Stage, Box<[SavedSlots; 2]>),
    /// The removal of a reference.
    Removal(Box<RemovedReference>),
    /// The amount by which references are matched, before and after.
    MatchAmount([f32; 2]),
}

impl ProjectEdit {
    /// An edit of the present project.
    pub(super) fn new(params: &FlowParams, kind: EditKind) -> Self {
        let project = params.references.project();
        Self { project, kind }
    }

    fn name(&self) -> String {
        match &self.kind {
            EditKind::Slots(slots) => slots_edit_name(slots),
            EditKind::StageSlots(stage, slots) => text!(
                "{stage}: {change}",
                stage = translate(stage.name()),
                change = slots_edit_name(slots)
            ),
            EditKind::Removal(removed) => text!("removal of {name}", name = removed.name()),
            EditKind::MatchAmount(_) => text!("Match amount").to_owned(),
        }
    }

    fn undo(&self, params: &FlowParams) {
        match &self.kind {
            EditKind::Slots(slots) => params.slots.restore(slots[0].clone()),
            EditKind::StageSlots(stage, slots) => {
                params.stage_slots.get(*stage).restore(slots[0].clone());
            }
            EditKind::Removal(removed) => params.references.put_back(removed),
            EditKind::MatchAmount(amounts) => params.references.set_amount(amounts[0]),
        }
    }

    fn redo(&self, params: &FlowParams) {
        match &self.kind {
            EditKind::Slots(slots) => params.slots.restore(slots[1].clone()),
            EditKind::StageSlots(stage, slots) => {
                params.stage_slots.get(*stage).restore(slots[1].clone());
            }
            EditKind::Removal(removed) => params.references.remove_again(removed),
            EditKind::MatchAmount(amounts) => params.references.set_amount(amounts[1]),
        }
    }
}

/// The name of a switch or a copy.
fn slots_edit_name([before, after]: &[SavedSlots; 2]) -> String {
    let name = |slot| match slot {
        Slot::A => "A",
        Slot::B => "B",
    };
    if before.active == after.active {
        text!("copy to slot {slot}", slot = name(after.active.other()))
    } else {
        text!("switch to slot {slot}", slot = name(after.active))
    }
}

impl Step {
    /// Whether another project was loaded since an edit, so that the step can't be reverted.
    pub(super) fn is_stale(&self, params: &FlowParams) -> bool {
        let project = params.references.project();
        self.edit
            .as_ref()
            .is_some_and(|edit| edit.project != project)
    }

    /// Its name for tooltips.
    pub(super) fn name(&self) -> String {
        match (&self.edit, &self.changes[..]) {
            (Some(edit), _) => edit.name(),
            (None, [only]) => translate(only.id.name()).to_owned(),
            (None, [first, second]) => text!(
                "{first} and {second}",
                first = translate(first.id.name()),
                second = translate(second.id.name())
            ),
            (None, changes) => text!("{count} parameters", count = changes.len()),
        }
    }

    /// Reverts what is no parameter.
    pub(super) fn undo_edit(&self, params: &FlowParams) {
        if let Some(edit) = &self.edit {
            edit.undo(params);
        }
    }

    /// Repeats what is no parameter.
    pub(super) fn redo_edit(&self, params: &FlowParams) {
        if let Some(edit) = &self.edit {
            edit.redo(params);
        }
    }
}

impl From<Vec<Change>> for Step {
    fn from(changes: Vec<Change>) -> Self {
        let edit = None;
        Self { changes, edit }
    }
}
