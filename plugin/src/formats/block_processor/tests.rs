use std::sync::Arc;

use super::*;
use crate::formats::parameters::host_id;
use crate::plugin_shared::PluginShared;

fn side() -> (BlockProcessor, ParameterTable, Arc<PluginShared>) {
    let (processor, shared) = Processor::new();
    let table = ParameterTable::new(shared.params.clone());
    (BlockProcessor::new(processor), table, shared)
}

fn no_audio(frames: usize) -> HostAudio {
    HostAudio {
        inputs: [std::ptr::null(); MAX_CHANNELS],
        outputs: [std::ptr::null_mut(); MAX_CHANNELS],
        channels: 2,
        frames,
    }
}

#[test]
fn last_of_unsorted_events_at_one_frame_wins() {
    let (mut side, table, _shared) = side();
    let id = host_id("gain");
    side.push_event(9, id, Change::Value(0.9));
    side.push_event(5, id, Change::Value(0.1));
    side.push_event(9, id, Change::Value(0.5));
    side.push_event(2, id, Change::Value(0.3));
    // SAFETY: null pointers are allowed.
    unsafe { side.process(&table, &no_audio(16)) };
    let gain = table.get(id).unwrap();
    assert!(
        (gain.normalized() - 0.5).abs() < 0.01,
        "{}",
        gain.normalized()
    );
}

#[test]
fn events_beyond_the_capacity_are_dropped_and_counted() {
    let (mut side, table, shared) = side();
    let id = host_id("gain");
    for _ in 0..MAX_EVENTS + 3 {
        side.push_event(0, id, Change::Value(0.2));
    }
    assert_eq!(shared.dropped_events(), 3);
    // SAFETY: null pointers are allowed.
    unsafe { side.process(&table, &no_audio(0)) };
    side.push_event(0, id, Change::Value(0.2));
    assert_eq!(shared.dropped_events(), 3, "there is room again");
}

#[test]
fn events_without_frames_are_applied() {
    let (mut side, table, _shared) = side();
    let id = host_id("byp");
    side.push_event(7, id, Change::Value(1.0));
    // SAFETY: null pointers are allowed.
    unsafe { side.process(&table, &no_audio(0)) };
    assert_eq!(table.get(id).unwrap().normalized(), 1.0);
}

#[test]
fn modulation_changes_the_sound_and_not_the_saved_value() {
    let (mut side, table, shared) = side();
    let id = host_id("gain");
    let before = table.get(id).unwrap().normalized();
    side.push_event(0, id, Change::Modulation(0.25));
    // SAFETY: null pointers are allowed.
    unsafe { side.process(&table, &no_audio(0)) };
    assert_eq!(table.get(id).unwrap().normalized(), before);
    let modulated = shared.params.chain_settings().loudness_gain_db;
    assert!(modulated > 1.0, "{modulated}");
}
