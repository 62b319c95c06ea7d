//! What an audio thread does for the service never allocates or frees, whatever the others do.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};
use flow_service::service;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Counts the calls of each thread.
struct Counting;

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_audio_side_never_allocates() {
    let (mut audio, client) = service::join(|| None);
    audio.prepare(48_000.0, true);
    let blocks = [vec![0.1_f32; 1], vec![0.2_f32; 64], vec![0.3_f32; 4096]];
    for (listen, probe) in [(false, false), (true, false), (true, true), (false, true)] {
        client.listen(listen);
        FLAGS.set(Flag::Probe, probe);
        let before = CALLS.get();
        // Faster than anyone fetches: queues and rings are full in between.
        for turn in 0..6000 {
            let block = &blocks[turn % 3];
            let begin_ns = clock::now_ns();
            audio.feed(&[block, block]);
            audio.finish(begin_ns, clock::now_ns(), block.len());
        }
        assert_eq!(CALLS.get(), before, "listening {listen}, probe {probe}");
    }
    assert!(client.dropped_frames() > 0);
}
