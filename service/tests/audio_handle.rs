//! The audio thread's calls into the service never allocate or free memory, at any load.

use flow_platform::clock;
use flow_platform::flags::{FLAGS, Flag};
use flow_testkit::counting_allocator::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn audio_handle_at_full_rings_never_allocates() {
    let (mut audio, client) = flow_service::join(|| None);
    audio.prepare(48_000.0, true);
    let blocks = [vec![0.1_f32; 1], vec![0.2_f32; 64], vec![0.3_f32; 4096]];
    for (listen, probe) in [(false, false), (true, false), (true, true), (false, true)] {
        client.set_listening(listen);
        FLAGS.set(Flag::Probe, probe);
        let before = CountingAllocator::calls();
        // The pushes are faster than the service, so that taps and rings are full at times.
        for turn in 0..6000 {
            let block = &blocks[turn % 3];
            let begin_ns = clock::now_ns();
            audio.push(&[block, block]);
            audio.finish_callback(begin_ns, clock::now_ns(), block.len());
        }
        assert_eq!(
            CountingAllocator::calls(),
            before,
            "listening {listen}, probe {probe}"
        );
    }
    assert!(client.dropped_frames() > 0);
}
