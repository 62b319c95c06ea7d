//! Changes by the user: gestures for the host, and the undo history. It has parameters, slots and references.

mod step;

use std::sync::Arc;

use flow_params::{ParameterId, Stage};
use nice_plug::params::internals::ParamPtr;

use self::step::{Change, EditKind, ProjectEdit, Step};
use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};
use crate::slots::Slots;

/// Receives the changes of parameters.
pub trait Host {
    /// Begins a gesture.
    fn begin(&self, param: ParamPtr);
    /// Sets a normalized value within a gesture.
    fn set(&self, param: ParamPtr, normalized: f32);
    /// Ends a gesture.
    fn end(&self, param: ParamPtr);
}

/// Number of steps that can be undone; the oldest is dropped first.
const MAX_UNDO_STEPS: usize = 200;

/// Longest pause between two notches of a wheel that are one undo step, s.
const LONGEST_PAUSE_S: f64 = 1.0;

/// The steps that can be undone and redone.
#[derive(Default)]
pub(crate) struct UndoStacks {
    done: Vec<Step>,
    undone: Vec<Step>,
}

/// Changes parameters with gestures, and keeps an undo history.
pub struct EditHistory {
    params: Arc<FlowParams>,
    host: Box<dyn Host + Send>,
    /// The parameters of the gesture in progress; empty without one.
    gesture: Vec<HeldValue>,
    /// Collects the changes of [`together`](Self::together).
    group: Option<Vec<Change>>,
    stacks: UndoStacks,
    /// The newest step, if it was a nudge.
    nudge: Option<Nudge>,
    /// The time of the newest step, if it set the match amount, s.
    amount_s: Option<f64>,
}

/// A step by a wheel or a key.
struct Nudge {
    id: ParameterId,
    /// The normalized value that the parameter had last, then those that were sent since, which it may take later. They
    /// lie off its grid.
    sent: Vec<f32>,
    time_s: f64,
}

/// A parameter of the gesture in progress.
#[derive(Clone, Copy)]
struct HeldValue {
    id: ParameterId,
    /// Normalized values when it began and now.
    before: f32,
    now: f32,
}

impl EditHistory {
    /// Creates an empty history.
    #[must_use]
    pub fn new(params: Arc<FlowParams>, host: Box<dyn Host + Send>) -> Self {
        Self {
            params,
            host,
            gesture: Vec::new(),
            group: None,
            stacks: UndoStacks::default(),
            nudge: None,
            amount_s: None,
        }
    }

    /// Goes on with the steps of an earlier window.
    #[must_use]
    pub(crate) fn with_stacks(mut self, stacks: UndoStacks) -> Self {
        self.stacks = stacks;
        self
    }

    /// Ends the gesture in progress and takes all steps out, for the next window.
    pub(crate) fn take_stacks(&mut self) -> UndoStacks {
        self.release();
        std::mem::take(&mut self.stacks)
    }

    /// Ends the gesture in progress and forgets all steps: they belong to another project.
    pub(crate) fn clear(&mut self) {
        drop(self.take_stacks());
        (self.nudge, self.amount_s) = (None, None);
    }

    /// Begins a gesture.
    pub fn begin(&mut self, param: AnyParam<'_>) {
        self.begin_all(&[param]);
    }

    /// Begins a gesture that moves several parameters together.
    pub fn begin_all(&mut self, params: &[AnyParam<'_>]) {
        self.release();
        for param in params {
            let normalized = param.normalized();
            self.host.begin(param.ptr());
            self.gesture.push(HeldValue {
                id: param.id(),
                before: normalized,
                now: normalized,
            });
        }
    }

    /// Sets a value within a gesture, which begins if there is none of this parameter.
    pub fn turn(&mut self, param: AnyParam<'_>, normalized: f32) {
        let normalized = normalized.clamp(0.0, 1.0);
        if self.held_value(param).is_none() {
            self.begin(param);
        }
        let mut gesture = self.gesture.iter_mut();
        if let Some(held) = gesture.find(|held| held.id == param.id())
            && held.now != normalized
        {
            held.now = normalized;
            self.host.set(param.ptr(), normalized);
        }
    }

    fn held_value(&self, param: AnyParam<'_>) -> Option<&HeldValue> {
        self.gesture.iter().find(|held| held.id == param.id())
    }

    /// The newest value of the gesture on this parameter. The parameter itself may follow later, and lies on its own
    /// grid.
    #[must_use]
    pub fn held(&self, param: AnyParam<'_>) -> Option<f32> {
        self.held_value(param).map(|held| held.now)
    }

    /// The value of this parameter before the gesture in progress.
    #[must_use]
    pub fn held_before(&self, param: AnyParam<'_>) -> Option<f32> {
        self.held_value(param).map(|held| held.before)
    }

    /// Ends the gesture in progress.
    pub fn release(&mut self) {
        let gesture = std::mem::take(&mut self.gesture);
        for held in &gesture {
            self.host.end(self.params.get(held.id).ptr());
        }
        let is_changed = |held: &HeldValue| held.before != held.now;
        let changes = gesture.into_iter().filter(is_changed).map(|held| Change {
            id: held.id,
            before: held.before,
            after: held.now,
        });
        let changes: Vec<Change> = changes.collect();
        self.add(changes);
    }

    /// Adds changes to the group in progress, or as a step of their own.
    fn add(&mut self, changes: Vec<Change>) {
        match &mut self.group {
            _ if changes.is_empty() => {}
            Some(group) => group.extend(changes),
            None => self.push(changes.into()),
        }
    }

    /// Changes a normalized value by a part of a notch of a wheel or by a key, `time_s` being the time of the frame. Notches of
    /// one parameter with short pauses are one undo step, and add up although the parameter lies on its own grid. A value that
    /// the host sets in between begins a new step.
    pub fn nudge(&mut self, param: AnyParam<'_>, by: f32, time_s: f64) {
        self.release();
        let id = param.id();
        let last = self.nudge.take();
        let last = last.filter(|last| last.id == id && time_s - last.time_s < LONGEST_PAUSE_S);
        let mut sent = last.map_or_else(Vec::new, |last| last.sent);
        let present = param.normalized();
        let has_value = |value: &f32| param.is_within_a_step(*value, present);
        let older = sent.iter().rposition(has_value).unwrap_or(sent.len());
        sent.drain(..older);
        let is_continued = !sent.is_empty();
        let from = sent.last().copied().unwrap_or(present);
        let to = (from + by).clamp(0.0, 1.0);
        if to != from {
            self.send(std::iter::once((id, to)));
            if is_continued
                && let Some([change]) = self.stacks.done.last_mut().map(|s| &mut s.changes[..])
                && change.id == id
                && change.after == from
            {
                change.after = to;
            } else {
                let change = Change {
                    id,
                    before: from,
                    after: to,
                };
                self.push(vec![change].into());
                sent = vec![from];
            }
            sent.push(to);
        }
        // At a limit there is no step of this parameter to go on with.
        self.nudge = (!sent.is_empty()).then_some(Nudge { id, sent, time_s });
    }

    /// Sets several parameters, normalized, as one gesture and one undo step: all begin, all are set, all end. A host
    /// then does not see a sequence of changes.
    pub fn set_all(&mut self, settings: &[(AnyParam<'_>, f32)]) {
        let changes = settings.iter().filter_map(|(param, after)| {
            let change = Change {
                id: param.id(),
                before: param.normalized(),
                after: after.clamp(0.0, 1.0),
            };
            (change.before != change.after).then_some(change)
        });
        let changes: Vec<Change> = changes.collect();
        if changes.is_empty() {
            // A gesture in progress goes on.
            return;
        }
        self.release();
        self.send(changes.iter().map(|c| (c.id, c.after)));
        self.add(changes);
    }

    /// Makes all changes that `change` does one undo step.
    pub fn together(&mut self, change: impl FnOnce(&mut Self)) {
        let changes = self.grouped(change);
        self.add(changes);
    }

    /// Runs `change`, and returns its changes.
    fn grouped(&mut self, change: impl FnOnce(&mut Self)) -> Vec<Change> {
        self.release();
        self.group = Some(Vec::new());
        change(self);
        self.release();
        self.group.take().unwrap_or_default()
    }

    /// Switches or copies slots as one undo step.
    pub(crate) fn edit_slots(&mut self, change: impl FnOnce(&FlowParams, &mut Self)) {
        let params = self.params.clone();
        let (before, edits) = (params.slots.saved(), params.slots.edits());
        let changes = self.grouped(|history| change(&params, history));
        if params.slots.edits() != edits {
            let kind = EditKind::Slots(Box::new([before, params.slots.saved()]));
            let edit = Some(ProjectEdit::new(&params, kind));
            self.push(Step { changes, edit });
        }
    }

    /// Switches or copies the slots of a stage as one undo step.
    pub(crate) fn edit_stage_slots(
        &mut self,
        stage: Stage,
        change: impl FnOnce(&Slots, &FlowParams, &mut Self),
    ) {
        let params = self.params.clone();
        let slots = params.stage_slots.get(stage);
        let (before, edits) = (slots.saved(), slots.edits());
        let changes = self.grouped(|history| change(slots, &params, history));
        if slots.edits() != edits {
            let kind = EditKind::StageSlots(stage, Box::new([before, slots.saved()]));
            let edit = Some(ProjectEdit::new(&params, kind));
            self.push(Step { changes, edit });
        }
    }

    /// Removes the reference at an index of the list as an undo step.
    pub(crate) fn remove_reference(&mut self, index: usize) {
        self.release();
        if let Some(removed) = self.params.references.take(index) {
            self.push_edit(EditKind::Removal(Box::new(removed)));
        }
    }

    /// Sets the match amount, `time_s` being the time of the frame. Changes with short pauses are one undo step.
    pub(crate) fn set_match_amount(&mut self, amount: f32, time_s: f64) {
        self.release();
        let references = &self.params.references;
        let before = references.target().amount;
        references.set_amount(amount);
        let after = references.target().amount;
        let is_continued = self
            .amount_s
            .is_some_and(|last_s| time_s - last_s < LONGEST_PAUSE_S);
        let newest = self
            .stacks
            .done
            .last_mut()
            .and_then(|step| step.edit.as_mut());
        match newest.map(|edit| &mut edit.kind) {
            Some(EditKind::MatchAmount([_, last])) if is_continued && *last == before => {
                *last = after;
            }
            _ if before != after => self.push_edit(EditKind::MatchAmount([before, after])),
            _ => return,
        }
        self.amount_s = Some(time_s);
    }

    fn push_edit(&mut self, kind: EditKind) {
        let edit = Some(ProjectEdit::new(&self.params, kind));
        let changes = Vec::new();
        self.push(Step { changes, edit });
    }

    fn push(&mut self, step: Step) {
        self.nudge = None;
        self.amount_s = None;
        self.stacks.undone.clear();
        self.stacks.done.push(step);
        if self.stacks.done.len() > MAX_UNDO_STEPS {
            self.stacks.done.remove(0);
        }
    }

    /// The change that [`undo`](Self::undo) would revert, such as "Depth" or "12 parameters".
    #[must_use]
    pub fn undo_name(&self) -> Option<String> {
        self.newest(&self.stacks.done).map(Step::name)
    }

    /// The change that [`redo`](Self::redo) would repeat.
    #[must_use]
    pub fn redo_name(&self) -> Option<String> {
        self.newest(&self.stacks.undone).map(Step::name)
    }

    /// The newest step that can be reverted or repeated.
    fn newest<'s>(&self, steps: &'s [Step]) -> Option<&'s Step> {
        let mut newest_first = steps.iter().rev();
        newest_first.find(|step| !step.is_stale(&self.params))
    }

    /// Whether a step that is not undone set a parameter to a normalized value.
    #[must_use]
    pub fn has_set(&self, id: ParameterId, to: f32) -> bool {
        let mut changes = self.stacks.done.iter().flat_map(|step| &step.changes);
        changes.any(|change| change.id == id && change.after == to)
    }

    /// The normalized value that a parameter was last set to, if it was set alone: presets set many at once. A switch of slots
    /// sets none.
    #[must_use]
    pub fn set_alone_to(&self, id: ParameterId) -> Option<f32> {
        let has_it = |step: &&Step| {
            let mut changes = step.changes.iter();
            step.edit.is_none() && changes.any(|change| change.id == id)
        };
        match &self.stacks.done.iter().rev().find(has_it)?.changes[..] {
            [only] => Some(only.after),
            _ => None,
        }
    }

    /// Reverts the last step.
    pub fn undo(&mut self) {
        self.release();
        (self.nudge, self.amount_s) = (None, None);
        let params = self.params.clone();
        self.stacks.done.retain(|step| !step.is_stale(&params));
        if let Some(step) = self.stacks.done.pop() {
            self.send(step.changes.iter().rev().map(|c| (c.id, c.before)));
            step.undo_edit(&params);
            self.stacks.undone.push(step);
        }
    }

    /// Repeats the step that was undone last.
    pub fn redo(&mut self) {
        self.release();
        (self.nudge, self.amount_s) = (None, None);
        let params = self.params.clone();
        self.stacks.undone.retain(|step| !step.is_stale(&params));
        if let Some(step) = self.stacks.undone.pop() {
            self.send(step.changes.iter().map(|c| (c.id, c.after)));
            step.redo_edit(&params);
            self.stacks.done.push(step);
        }
    }

    /// Begins all gestures, sets all values, ends all gestures.
    fn send(&self, values: impl Iterator<Item = (ParameterId, f32)>) {
        let values: Vec<(ParamPtr, f32)> = values
            .map(|(id, to)| (self.params.get(id).ptr(), to))
            .collect();
        values.iter().for_each(|(param, _)| self.host.begin(*param));
        for (param, normalized) in &values {
            self.host.set(*param, *normalized);
        }
        values.iter().for_each(|(param, _)| self.host.end(*param));
    }
}

impl Gestures for EditHistory {
    fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
        self.begin(param);
        self.turn(param, normalized);
        self.release();
    }
}

#[cfg(test)]
mod tests;
