//! The hand on the controls: tells the host, and remembers the way back.

use std::sync::Arc;

use nice_plug::params::internals::ParamPtr;

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// The host's side of a change.
pub trait Host {
    /// A gesture begins.
    fn begin(&self, param: ParamPtr);
    /// A value within a gesture, normalised.
    fn set(&self, param: ParamPtr, normalised: f32);
    /// The gesture ends.
    fn end(&self, param: ParamPtr);
}

/// One parameter's way from a value to another, normalised.
#[derive(Clone, Debug, PartialEq)]
struct Change {
    id: String,
    before: f32,
    after: f32,
}

/// What one undo takes back.
type Step = Vec<Change>;

/// Steps that are remembered.
const STEPS: usize = 200;

/// Changes parameters as the user does.
pub struct Hand {
    params: Arc<FlowParams>,
    host: Box<dyn Host + Send>,
    /// The gesture that is under way, with the value before it and the newest.
    holding: Option<(ParamPtr, f32, f32)>,
    /// Changes that become one step.
    group: Option<Step>,
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl Hand {
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

    /// Takes hold of a control.
    pub fn begin(&mut self, param: AnyParam<'_>) {
        self.release();
        let normalised = param.normalised();
        self.host.begin(param.ptr());
        self.holding = Some((param.ptr(), normalised, normalised));
    }

    /// Moves the control that is held.
    pub fn turn(&mut self, param: AnyParam<'_>, normalised: f32) {
        let normalised = normalised.clamp(0.0, 1.0);
        if self.holding.is_none_or(|(ptr, ..)| ptr != param.ptr()) {
            self.begin(param);
        }
        if let Some((ptr, _, newest)) = &mut self.holding
            && *newest != normalised
        {
            *newest = normalised;
            self.host.set(*ptr, normalised);
        }
    }

    /// Where the control that is held was moved to. The parameter itself may follow a moment later, and lies on its
    /// own grid.
    #[must_use]
    pub fn held(&self, param: AnyParam<'_>) -> Option<f32> {
        self.holding
            .filter(|(ptr, ..)| *ptr == param.ptr())
            .map(|(_, _, newest)| newest)
    }

    /// Lets go.
    pub fn release(&mut self) {
        let Some((ptr, before, after)) = self.holding.take() else {
            return;
        };
        self.host.end(ptr);
        if before == after {
            return;
        }
        let id = self
            .params
            .each()
            .find_map(|(id, param)| (param.ptr() == ptr).then_some(id));
        if let Some(id) = id {
            let change = Change { id, before, after };
            match &mut self.group {
                Some(group) => group.push(change),
                None => self.remember(vec![change]),
            }
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

    /// Takes the last step back.
    pub fn undo(&mut self) {
        self.release();
        if let Some(step) = self.done.pop() {
            self.walk(step.iter().rev().map(|c| (&c.id, c.before)));
            self.undone.push(step);
        }
    }

    /// Does the step again that was taken back last.
    pub fn redo(&mut self) {
        self.release();
        if let Some(step) = self.undone.pop() {
            self.walk(step.iter().map(|c| (&c.id, c.after)));
            self.done.push(step);
        }
    }

    fn walk<'a>(&self, values: impl Iterator<Item = (&'a String, f32)>) {
        let params: std::collections::BTreeMap<_, _> = self.params.each().collect();
        for (id, normalised) in values {
            if let Some(param) = params.get(id) {
                self.host.begin(param.ptr());
                self.host.set(param.ptr(), normalised);
                self.host.end(param.ptr());
            }
        }
    }
}

impl Gestures for Hand {
    fn set(&mut self, param: AnyParam<'_>, normalised: f32) {
        self.begin(param);
        self.turn(param, normalised);
        self.release();
    }
}
