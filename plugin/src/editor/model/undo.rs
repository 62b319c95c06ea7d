//! The hand on the controls: tells the host, and remembers the way back.

use std::sync::Arc;

use flow_params::ParameterId;
use nice_plug::params::internals::ParamPtr;

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// The host's side of a change.
pub trait Host {
    /// A gesture begins.
    fn begin(&self, param: ParamPtr);
    /// A value within a gesture, normalized.
    fn set(&self, param: ParamPtr, normalized: f32);
    /// The gesture ends.
    fn end(&self, param: ParamPtr);
}

/// One parameter's way from a value to another, normalized.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    id: ParameterId,
    before: f32,
    after: f32,
}

/// What one undo takes back.
type Step = Vec<Change>;

/// Steps that are remembered.
const STEPS: usize = 200;

/// What can be undone and redone.
#[derive(Default)]
pub(crate) struct UndoStacks {
    done: Vec<Step>,
    undone: Vec<Step>,
}

/// Changes parameters as the user does.
pub struct EditHistory {
    params: Arc<FlowParams>,
    host: Box<dyn Host + Send>,
    /// The gesture that is under way, with the value before it and the newest.
    holding: Option<(ParameterId, f32, f32)>,
    /// Changes that become one step.
    group: Option<Step>,
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl EditHistory {
    /// With nothing to take back.
    #[must_use]
    pub fn new(params: Arc<FlowParams>, host: Box<dyn Host + Send>) -> Self {
        Self {
            params,
            host,
            holding: None,
            group: None,
            done: Vec::new(),
            undone: Vec::new(),
        }
    }

    /// That goes on from what another hand did.
    #[must_use]
    pub(crate) fn after(mut self, steps: UndoStacks) -> Self {
        (self.done, self.undone) = (steps.done, steps.undone);
        self
    }

    /// What was done so far, for the next hand; whatever is held is let go.
    pub(crate) fn take_steps(&mut self) -> UndoStacks {
        self.release();
        UndoStacks {
            done: std::mem::take(&mut self.done),
            undone: std::mem::take(&mut self.undone),
        }
    }

    /// Takes hold of a control.
    pub fn begin(&mut self, param: AnyParam<'_>) {
        self.release();
        let normalized = param.normalized();
        self.host.begin(param.ptr());
        self.holding = Some((param.id(), normalized, normalized));
    }

    /// Moves the control that is held.
    pub fn turn(&mut self, param: AnyParam<'_>, normalized: f32) {
        let normalized = normalized.clamp(0.0, 1.0);
        if self.holding.is_none_or(|(id, ..)| id != param.id()) {
            self.begin(param);
        }
        if let Some((_, _, newest)) = &mut self.holding
            && *newest != normalized
        {
            *newest = normalized;
            self.host.set(param.ptr(), normalized);
        }
    }

    /// Where the control that is held was moved to. The parameter itself may follow a moment later, and lies on its
    /// own grid.
    #[must_use]
    pub fn held(&self, param: AnyParam<'_>) -> Option<f32> {
        self.holding
            .filter(|(id, ..)| *id == param.id())
            .map(|(_, _, newest)| newest)
    }

    /// Lets go.
    pub fn release(&mut self) {
        let Some((id, before, after)) = self.holding.take() else {
            return;
        };
        self.host.end(self.params.get(id).ptr());
        if before == after {
            return;
        }
        let change = Change { id, before, after };
        match &mut self.group {
            Some(group) => group.push(change),
            None => self.remember(vec![change]),
        }
    }

    /// Sets several parameters, normalized, as one gesture: all begin, all are set, all end, so that no host takes them for
    /// one change after the other. One step back.
    pub fn all(&mut self, settings: &[(AnyParam<'_>, f32)]) {
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
            // Whatever is held stays held.
            return;
        }
        self.release();
        self.walk(step.iter().map(|c| (c.id, c.after)));
        match &mut self.group {
            Some(group) => group.extend(step),
            None => self.remember(step),
        }
    }

    /// Makes everything that `change` does one step.
    pub fn together(&mut self, change: impl FnOnce(&mut Self)) {
        self.release();
        self.group = Some(Step::new());
        change(self);
        self.release();
        if let Some(step) = self.group.take()
            && !step.is_empty()
        {
            self.remember(step);
        }
    }

    fn remember(&mut self, step: Step) {
        self.undone.clear();
        self.done.push(step);
        if self.done.len() > STEPS {
            self.done.remove(0);
        }
    }

    /// Whether there is something to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is something to do again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Whether a step that still counts brought a parameter to a value.
    #[must_use]
    pub fn has_brought(&self, id: ParameterId, to: f32) -> bool {
        let mut changes = self.done.iter().flatten();
        changes.any(|change| change.id == id && change.after == to)
    }

    /// Where a parameter was turned last, normalized, if it was turned alone: presets and slots say nothing about it.
    #[must_use]
    pub fn turned_to(&self, id: ParameterId) -> Option<f32> {
        let has_it = |step: &&Step| step.iter().any(|change| change.id == id);
        match &self.done.iter().rev().find(has_it)?[..] {
            [only] => Some(only.after),
            _ => None,
        }
    }

    /// Takes the last step back.
    pub fn undo(&mut self) {
        self.release();
        if let Some(step) = self.done.pop() {
            self.walk(step.iter().rev().map(|c| (c.id, c.before)));
            self.undone.push(step);
        }
    }

    /// Does the step again that was taken back last.
    pub fn redo(&mut self) {
        self.release();
        if let Some(step) = self.undone.pop() {
            self.walk(step.iter().map(|c| (c.id, c.after)));
            self.done.push(step);
        }
    }

    /// All begin, all are set, all end.
    fn walk(&self, values: impl Iterator<Item = (ParameterId, f32)>) {
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
