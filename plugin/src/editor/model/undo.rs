//! Changes of parameters by the user: gestures for the host, and the undo history.

use std::sync::Arc;

use flow_params::ParameterId;
use nice_plug::params::internals::ParamPtr;

use crate::editor::language::{text, translate};
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
        [only] => translate(only.id.name()).to_owned(),
        [first, second] => text!(
            "{first} and {second}",
            first = translate(first.id.name()),
            second = translate(second.id.name())
        ),
        _ => text!("{count} parameters", count = step.len()),
    }
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
    group: Option<Step>,
    stacks: UndoStacks,
    /// The newest step, if it was a nudge.
    nudge: Option<Nudge>,
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
        let step: Step = changes.collect();
        if step.is_empty() {
            return;
        }
        match &mut self.group {
            Some(group) => group.extend(step),
            None => self.push(step),
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
                && let Some([change]) = self.stacks.done.last_mut().map(Vec::as_mut_slice)
                && change.id == id
                && change.after == from
            {
                change.after = to;
            } else {
                self.push(vec![Change {
                    id,
                    before: from,
                    after: to,
                }]);
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
        self.nudge = None;
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
        self.nudge = None;
        if let Some(step) = self.stacks.done.pop() {
            self.send(step.iter().rev().map(|c| (c.id, c.before)));
            self.stacks.undone.push(step);
        }
    }

    /// Repeats the step that was undone last.
    pub fn redo(&mut self) {
        self.release();
        self.nudge = None;
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Sets parameters at once, or later.
    #[derive(Default)]
    struct LateHost {
        is_late: AtomicBool,
        pending: Mutex<Vec<(ParamPtr, f32)>>,
    }

    // SAFETY: the parameters outlive the host, and one thread uses them.
    unsafe impl Send for LateHost {}
    // SAFETY: as above.
    unsafe impl Sync for LateHost {}

    impl Host for Arc<LateHost> {
        fn begin(&self, _: ParamPtr) {}

        fn set(&self, param: ParamPtr, normalized: f32) {
            self.pending.lock().unwrap().push((param, normalized));
            if !self.is_late.load(Ordering::Relaxed) {
                self.deliver(usize::MAX);
            }
        }

        fn end(&self, _: ParamPtr) {}
    }

    impl LateHost {
        /// Sets the oldest values that wait.
        fn deliver(&self, number: usize) {
            let mut pending = self.pending.lock().unwrap();
            let number = number.min(pending.len());
            for (param, normalized) in pending.drain(..number) {
                // SAFETY: the parameters are the test's own.
                unsafe { param._internal_set_normalized_value(normalized) };
            }
        }
    }

    fn history() -> (Arc<FlowParams>, Arc<LateHost>, EditHistory) {
        let (params, host) = (Arc::new(FlowParams::default()), Arc::default());
        let history = EditHistory::new(params.clone(), Box::new(Arc::clone(&host)));
        (params, host, history)
    }

    #[test]
    fn nudge_at_a_limit_leaves_the_step_of_another_parameter() {
        let (params, _, mut history) = history();
        let (drive, width) = (
            params.get(ParameterId::Drive),
            params.get(ParameterId::Width),
        );
        width.set_normalized(1.0);
        let drive_before = drive.normalized();
        Gestures::set(&mut history, drive, 0.8);
        history.nudge(width, 0.1, 0.0);
        history.nudge(width, -0.1, 0.2);
        history.undo();
        assert_eq!((width.normalized(), drive.normalized()), (1.0, 0.8));
        history.undo();
        assert_eq!(drive.normalized(), drive_before);
        history.redo();
        assert_eq!(drive.normalized(), 0.8);
    }

    #[test]
    fn nudge_to_a_limit_and_back_is_one_step() {
        let (params, _, mut history) = history();
        let width = params.get(ParameterId::Width);
        width.set_normalized(0.95);
        for (time_s, by) in [(0.0, 0.1), (0.1, 0.1), (0.2, -0.2)] {
            history.nudge(width, by, time_s);
        }
        assert!((width.normalized() - 0.8).abs() < 0.002);
        history.undo();
        assert!((width.normalized() - 0.95).abs() < 0.002);
        assert_eq!(history.undo_name(), None);
    }

    #[test]
    fn nudge_after_a_change_by_the_host_goes_on_from_it() {
        let (params, _, mut history) = history();
        let width = params.get(ParameterId::Width);
        width.set_normalized(0.2);
        history.nudge(width, 0.01, 0.0);
        width.set_normalized(0.7);
        history.nudge(width, 0.01, 0.2);
        assert!((width.normalized() - 0.71).abs() < 0.002);
        history.undo();
        assert!((width.normalized() - 0.7).abs() < 0.002);
        history.undo();
        assert!((width.normalized() - 0.2).abs() < 0.002);
    }

    #[test]
    fn nudges_add_up_before_the_host_sets_them() {
        let (params, host, mut history) = history();
        let width = params.get(ParameterId::Width);
        width.set_normalized(0.2);
        host.is_late.store(true, Ordering::Relaxed);
        for (time_s, delivered) in [(0.0, 0), (0.1, 0), (0.2, 1), (0.3, 2)] {
            history.nudge(width, 0.05, time_s);
            host.deliver(delivered);
        }
        host.deliver(usize::MAX);
        assert!((width.normalized() - 0.4).abs() < 0.002);
        history.undo();
        host.deliver(usize::MAX);
        assert!((width.normalized() - 0.2).abs() < 0.002);
    }
}
