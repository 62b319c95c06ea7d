//! What is heard never depends on who listens.

use flow_platform::flags::{FLAGS, Flag};

use crate::fixture::EditorFixture;
use crate::snapshots::WARM_AND_WIDE;

/// What comes out while `beside` does something after each block.
fn bounce(mut beside: impl FnMut(&EditorFixture, usize)) -> Vec<u32> {
    let mut fixture = EditorFixture::new();
    fixture.set(&WARM_AND_WIDE);
    let mut song = flow_demo_song::demo_excerpt(48_000, 20.0, 4.0);
    let [left, right] = song.channels.as_mut_slice() else {
        panic!("stereo")
    };
    for (i, (left, right)) in left.chunks_mut(400).zip(right.chunks_mut(400)).enumerate() {
        fixture.process(&mut [left, right]);
        beside(&fixture, i);
    }
    song.channels
        .iter()
        .flatten()
        .map(|x| x.to_bits())
        .collect()
}

#[test]
fn a_bounce_is_the_same_whoever_listens_and_whatever_is_switched() {
    let alone = bounce(|fixture, _| fixture.shared.set_editor_open(false));
    let listening = bounce(|fixture, _| {
        FLAGS.set(Flag::Assistant, true);
        fixture.shared.set_editor_open(true);
        if !fixture.shared.analysis.is_listening() {
            fixture.shared.analysis.restart();
        }
    });
    assert!(listening == alone);
    let switched = bounce(|fixture, block| {
        for (i, flag) in Flag::ALL.into_iter().enumerate() {
            FLAGS.set(flag, (block >> i) % 2 == 0);
        }
        fixture.shared.set_editor_open(block % 7 > 3);
        let context = flow_analysis::report::Context::default();
        let _ = fixture.shared.analysis.latest_report(&context);
    });
    assert!(switched == alone);
    for flag in Flag::ALL {
        FLAGS.set(flag, flag != Flag::Probe);
    }
}
