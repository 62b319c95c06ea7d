//! The output does not depend on analysis, editor or flags.

use flow_analysis::report::Context;
use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::EditorFixture;
use crate::snapshots::WARM_AND_WIDE;

/// Renders while `after_block` changes something after each block.
fn bounce(mut after_block: impl FnMut(&EditorFixture, usize)) -> Vec<u32> {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 4.0);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    for (i, (left, right)) in left.chunks_mut(400).zip(right.chunks_mut(400)).enumerate() {
        fixture.process(&mut [left, right]);
        after_block(&fixture, i);
    }
    let samples = song.channels.iter().flatten();
    samples.map(|x| x.to_bits()).collect()
}

#[test]
fn bounce_with_analysis_and_flag_changes_is_bit_identical() {
    let plain = bounce(|fixture, _| fixture.shared.set_editor_open(false));
    let analyzed = bounce(|fixture, _| {
        FLAGS.set(Flag::Assistant, true);
        fixture.shared.set_editor_open(true);
        if !fixture.shared.analysis.is_listening() {
            fixture.shared.analysis.restart();
        }
    });
    assert!(analyzed == plain);
    let switched = bounce(|fixture, block| {
        for (i, flag) in Flag::ALL.into_iter().enumerate() {
            FLAGS.set(flag, (block >> i) % 2 == 0);
        }
        fixture.shared.set_editor_open(block % 7 > 3);
        let _ = fixture.shared.analysis.latest_report(&Context::default());
    });
    assert!(switched == plain);
    for flag in Flag::ALL {
        FLAGS.set(flag, flag != Flag::Probe);
    }
}
