use std::sync::Arc;

use super::*;
use crate::audio::song_position::SongPosition;
use crate::plugin_shared::PluginShared;
use flow_params::host_id;

fn create() -> (BlockProcessor, ParameterTable, Arc<PluginShared>) {
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
fn unsorted_events_at_one_frame_end_with_the_last_value() {
    let (mut block_processor, table, _shared) = create();
    let id = host_id("gain");
    block_processor.push_event(9, id, Change::Value(0.9));
    block_processor.push_event(5, id, Change::Value(0.1));
    block_processor.push_event(9, id, Change::Value(0.5));
    block_processor.push_event(2, id, Change::Value(0.3));
    // SAFETY: null pointers are allowed.
    unsafe { block_processor.process(&table, &no_audio(16)) };
    let gain = table.get(id).unwrap();
    assert!(
        (gain.normalized() - 0.5).abs() < 0.01,
        "{}",
        gain.normalized()
    );
}

#[test]
fn events_beyond_the_capacity_drop_and_count() {
    let (mut block_processor, table, shared) = create();
    let id = host_id("gain");
    for _ in 0..MAX_EVENTS + 3 {
        block_processor.push_event(0, id, Change::Value(0.2));
    }
    assert_eq!(shared.dropped_events(), 3);
    // SAFETY: null pointers are allowed.
    unsafe { block_processor.process(&table, &no_audio(0)) };
    block_processor.push_event(0, id, Change::Value(0.2));
    assert_eq!(shared.dropped_events(), 3, "processing must empty the list");
}

#[test]
fn events_in_empty_block_still_apply() {
    let (mut block_processor, table, _shared) = create();
    let id = host_id("byp");
    block_processor.push_event(7, id, Change::Value(1.0));
    // SAFETY: null pointers are allowed.
    unsafe { block_processor.process(&table, &no_audio(0)) };
    assert_eq!(table.get(id).unwrap().normalized(), 1.0);
}

#[test]
fn modulation_event_changes_the_settings_but_not_the_value() {
    let (mut block_processor, table, shared) = create();
    let id = host_id("gain");
    let before = table.get(id).unwrap().normalized();
    block_processor.push_event(0, id, Change::Modulation(0.25));
    // SAFETY: null pointers are allowed.
    unsafe { block_processor.process(&table, &no_audio(0)) };
    assert_eq!(table.get(id).unwrap().normalized(), before);
    let modulated = shared.params.chain_settings().loudness_gain_db;
    assert!(modulated > 1.0, "{modulated}");
}

#[test]
fn value_under_a_modulation_to_the_end_of_the_range_is_kept() {
    for name in ["gain", "byp", "deliv"] {
        let (mut block_processor, table, _shared) = create();
        let id = host_id(name);
        let param = table.get(id).unwrap();
        let mut apply = |change| {
            block_processor.push_event(0, id, change);
            // SAFETY: null pointers are allowed.
            unsafe { block_processor.process(&table, &no_audio(0)) };
        };
        apply(Change::Value(0.0));
        apply(Change::Modulation(1.0));
        apply(Change::Value(1.0));
        assert_eq!(param.normalized(), 1.0, "{name}");
        assert!(param.set_saved(&param.value_at(0.0)));
        assert_eq!(param.normalized(), 0.0, "{name}");
        apply(Change::Value(1.0));
        apply(Change::Modulation(0.0));
        assert_eq!(param.normalized(), 1.0, "{name}");
    }
}

#[test]
fn song_position_of_a_block_reaches_the_history_in_all_its_parts() {
    let (mut block_processor, table, shared) = create();
    block_processor.activate(48_000.0, true);
    let noise: Vec<f32> = (0..48_000_u16)
        .map(|frame| (f32::from(frame) * 0.37).sin())
        .collect();
    let audio = HostAudio {
        inputs: [noise.as_ptr(); MAX_CHANNELS],
        frames: noise.len(),
        ..no_audio(0)
    };
    for position in [SongPosition::new(Some(30.0), None), None] {
        block_processor.processor.set_song_position(position);
        // Events split the block.
        for frame in [100, 20_000] {
            block_processor.push_event(frame, host_id("gain"), Change::Value(0.5));
        }
        // SAFETY: inputs have this length, and missing outputs are allowed.
        unsafe { block_processor.process(&table, &audio) };
    }
    let points = shared.meter_history.iter();
    let seconds: Vec<Option<f32>> = points.map(|point| point.position.seconds).collect();
    assert_eq!(seconds.len(), 20, "{seconds:?}");
    assert_eq!(
        seconds[4..10],
        [30.5, 30.6, 30.7, 30.8, 30.9, 31.0].map(Some)
    );
    assert_eq!(seconds[10..], [None; 10]);
}
