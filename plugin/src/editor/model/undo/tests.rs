use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use flow_analysis::features::AnalysisWindow;
use flow_analysis::reference::Reference;
use flow_dsp::Spec;
use nice_plug::params::persist::PersistentField;

use super::*;
use crate::references::SavedReferences;
use crate::slots::Slot;

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

/// A reference of the demo song.
fn reference(name: &str) -> Reference {
    let song = flow_demo_song::demo_excerpt(48_000, 20.0, 11.0).channels;
    let window = AnalysisWindow::of(Spec::default(), &song[0], &song[1]);
    Reference::new(name, &window).unwrap()
}

fn names(params: &FlowParams) -> Vec<String> {
    let list = params.references.list();
    list.into_iter().map(|listed| listed.name).collect()
}

#[test]
fn removal_of_a_reference_is_undone_at_its_place_and_redone() {
    let (params, _, mut history) = history();
    for name in ["Day", "Night", "Dawn"] {
        assert!(params.references.add(reference(name)));
    }
    let edits = params.references.edits();
    history.remove_reference(1);
    assert_eq!(names(&params), ["Day", "Dawn"]);
    assert_eq!(history.undo_name().unwrap(), "removal of Night");
    history.undo();
    assert_eq!(names(&params), ["Day", "Night", "Dawn"]);
    assert_eq!(params.references.target().references.len(), 3);
    history.redo();
    assert_eq!(names(&params), ["Day", "Dawn"]);
    // The host has to save each of them.
    assert_eq!(params.references.edits(), edits.wrapping_add(3));
    // A reference that was added again meanwhile is not added twice.
    assert!(params.references.add(reference("Night")));
    history.undo();
    assert_eq!(names(&params), ["Day", "Dawn", "Night"]);
}

#[test]
fn edits_of_another_project_are_not_undone() {
    let (params, _, mut history) = history();
    let drive = params.get(ParameterId::Drive);
    let before = drive.normalized();
    Gestures::set(&mut history, drive, 0.8);
    assert!(params.references.add(reference("Night")));
    history.remove_reference(0);
    params.references.set(SavedReferences::default());
    assert_eq!(history.undo_name().unwrap(), "Drive");
    history.undo();
    assert_eq!((names(&params).len(), drive.normalized()), (0, before));
}

#[test]
fn changes_of_the_match_amount_with_short_pauses_are_one_step() {
    let (params, _, mut history) = history();
    let amount = |params: &FlowParams| params.references.target().amount;
    for (time_s, to) in [(0.0, 0.9), (0.1, 0.8), (0.2, 0.7), (5.0, 0.2)] {
        history.set_match_amount(to, time_s);
    }
    history.undo();
    assert_eq!(amount(&params), 0.7);
    history.undo();
    assert_eq!((amount(&params), history.undo_name()), (1.0, None));
    history.redo();
    assert_eq!(amount(&params), 0.7);
}

#[test]
fn switches_and_copies_of_slots_are_undone_with_both_slots() {
    let (params, _, mut history) = history();
    params.slots.start(&params);
    let drive = params.get(ParameterId::Drive);
    Gestures::set(&mut history, drive, 0.8);
    history.edit_slots(|params, history| params.slots.copy(Slot::A, params, history));
    assert_eq!(history.undo_name().unwrap(), "copy to slot B");
    Gestures::set(&mut history, drive, 0.3);
    history.edit_slots(|params, history| params.slots.switch(params, history));
    assert_eq!(history.undo_name().unwrap(), "switch to slot B");
    assert_eq!((params.slots.active(), drive.normalized()), (Slot::B, 0.8));
    history.undo();
    assert_eq!((params.slots.active(), drive.normalized()), (Slot::A, 0.3));
    // B has kept its values.
    let values = |params: &FlowParams| serde_json::to_value(params.slots.saved().other).unwrap();
    let copied = values(&params);
    history.undo();
    history.undo();
    assert_ne!(values(&params), copied, "the copy is undone");
    history.redo();
    assert_eq!(values(&params), copied);
}

#[test]
fn switch_of_slots_is_no_setting_of_its_own() {
    let (params, _, mut history) = history();
    let (amount, threshold) = (ParameterId::GlueAmount, ParameterId::GlueThreshold);
    history.edit_stage_slots(Stage::Glue, |slots, params, history| {
        slots.switch(params, history);
    });
    Gestures::set(&mut history, params.get(threshold), 0.25);
    Gestures::set(&mut history, params.get(amount), 0.5);
    history.edit_stage_slots(Stage::Glue, |slots, params, history| {
        slots.switch(params, history);
    });
    assert_ne!(params.get(amount).normalized(), 0.5);
    assert_eq!(history.set_alone_to(amount), Some(0.5));
}

#[test]
fn switches_and_copies_of_a_stage_are_undone_with_both_slots() {
    let (params, _, mut history) = history();
    let glue = params.stage_slots.get(Stage::Glue);
    let mix = params.get(ParameterId::GlueMix);
    let before = mix.normalized();
    history.edit_stage_slots(Stage::Glue, |slots, params, history| {
        slots.switch(params, history);
    });
    Gestures::set(&mut history, mix, 0.5);
    history.edit_stage_slots(Stage::Glue, |slots, params, history| {
        slots.switch(params, history);
    });
    assert_eq!((glue.active(), mix.normalized()), (Slot::A, before));
    assert_eq!(
        history.undo_name().as_deref(),
        Some("Glue: switch to slot A")
    );
    history.undo();
    assert_eq!((glue.active(), mix.normalized()), (Slot::B, 0.5));
    history.edit_stage_slots(Stage::Glue, |slots, params, history| {
        slots.copy(Slot::B, params, history);
    });
    assert!(glue.are_equal(&params));
    assert_eq!(history.undo_name().as_deref(), Some("Glue: copy to slot A"));
    history.undo();
    assert!(!glue.are_equal(&params));
    history.undo();
    history.undo();
    assert_eq!((glue.active(), mix.normalized()), (Slot::A, before));
    assert!(glue.are_equal(&params));
    assert_eq!(params.slots.active(), Slot::A);
}
