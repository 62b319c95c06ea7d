//! Changes of parameters by the user: gestures for the host, and the undo history.

use std::sync::Arc;

use flow_params::ParameterId;
use nice_plug::params::internals::ParamPtr;

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// Receives the changes of parameters.
pub trait Host {
    /// Begins a gesture.
    fn begin(&self, param: ParamPtr);
    /// Sets a normalized value within a gesture.
    fn set(&self, param: ParamPtr, normalized: f32);
    /// Ends a gesture.
    fn end(&self, param: ParamPtr);
}

/// A parameter's values before and after a change, normalized.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    id: ParameterId,
    before: f32,
    after: f32,
}

/// The changes that one undo reverts.
type Step = Vec<Change>;

/// The name of a step for tooltips.
fn name(step: &Step) -> String {
    match &step[..] {
        [only] => only.id.name().to_owned(),
        _ => format!("{} parameters", step.len()),
    }
}

/// Number of steps that can be undone; the oldest is dropped first.
const MAX_UNDO_STEPS: usize = 200;

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
    /// The gesture in progress.
    gesture: Option<Gesture>,
    /// Collects the changes of [`together`](Self::together).
    group: Option<Step>,
    stacks: UndoStacks,
}

/// A gesture in progress.
#[derive(Clone, Copy)]
struct Gesture {
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
            gesture: None,
            group: None,
            stacks: UndoStacks::default(),
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

    /// Begins a gesture.
    pub fn begin(&mut self, param: AnyParam<'_>) {
        self.release();
        let normalized = param.normalized();
        self.host.begin(param.ptr());
        self.gesture = Some(Gesture {
            id: param.id(),
            before: normalized,
            now: normalized,
        });
    }

    /// Sets a value within a gesture, which begins if there is none of this parameter.
    pub fn turn(&mut self, param: AnyParam<'_>, normalized: f32) {
        let normalized = normalized.clamp(0.0, 1.0);
        if self.gesture.is_none_or(|gesture| gesture.id != param.id()) {
            self.begin(param);
        }
        if let Some(gesture) = &mut self.gesture
            && gesture.now != normalized
        {
            gesture.now = normalized;
            self.host.set(param.ptr(), normalized);
        }
    }

    /// The newest value of the gesture on this parameter. The parameter itself may follow later, and lies on its own
    /// grid.
    #[must_use]
    pub fn held(&self, param: AnyParam<'_>) -> Option<f32> {
        let gesture = self.gesture.filter(|gesture| gesture.id == param.id());
        gesture.map(|gesture| gesture.now)
    }

    /// Ends the gesture in progress.
    pub fn release(&mut self) {
        let Some(Gesture { id, before, now }) = self.gesture.take() else {
            return;
        };
        self.host.end(self.params.get(id).ptr());
        if before == now {
            return;
        }
        let change = Change {
            id,
            before,
            after: now,
        };
        match &mut self.group {
            Some(group) => group.push(change),
            None => self.push(vec![change]),
        }
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
        let step: Step = changes.collect();
        if step.is_empty() {
            // A gesture in progress goes on.
            return;
        }
        self.release();
        self.send(step.iter().map(|c| (c.id, c.after)));
        match &mut self.group {
            Some(group) => group.extend(step),
            None => self.push(step),
        }
    }

    /// Makes all changes that `change` does one undo step.
    pub fn together(&mut self, change: impl FnOnce(&mut Self)) {
        self.release();
        self.group = Some(Step::new());
        change(self);
        self.release();
        if let Some(step) = self.group.take()
            && !step.is_empty()
        {
            self.push(step);
        }
    }

    fn push(&mut self, step: Step) {
        self.stacks.undone.clear();
        self.stacks.done.push(step);
        if self.stacks.done.len() > MAX_UNDO_STEPS {
            self.stacks.done.remove(0);
        }
    }

    /// The change that [`undo`](Self::undo) would revert, such as "Depth" or "12 parameters".
    #[must_use]
    pub fn undo_name(&self) -> Option<String> {
        self.stacks.done.last().map(name)
    }

    /// The change that [`redo`](Self::redo) would repeat.
    #[must_use]
    pub fn redo_name(&self) -> Option<String> {
        self.stacks.undone.last().map(name)
    }

    /// Whether a step that is not undone set a parameter to a normalized value.
    #[must_use]
    pub fn has_set(&self, id: ParameterId, to: f32) -> bool {
        let mut changes = self.stacks.done.iter().flatten();
        changes.any(|change| change.id == id && change.after == to)
    }

    /// The normalized value that a parameter was last set to, if it was set alone: presets and slots set many at once.
    #[must_use]
    pub fn set_alone_to(&self, id: ParameterId) -> Option<f32> {
        let has_it = |step: &&Step| step.iter().any(|change| change.id == id);
        match &self.stacks.done.iter().rev().find(has_it)?[..] {
            [only] => Some(only.after),
            _ => None,
        }
    }

    /// Reverts the last step.
    pub fn undo(&mut self) {
        self.release();
        if let Some(step) = self.stacks.done.pop() {
            self.send(step.iter().rev().map(|c| (c.id, c.before)));
            self.stacks.undone.push(step);
        }
    }

    /// Repeats the step that was undone last.
    pub fn redo(&mut self) {
        self.release();
        if let Some(step) = self.stacks.undone.pop() {
            self.send(step.iter().map(|c| (c.id, c.after)));
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
