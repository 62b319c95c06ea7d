//! Tests of all data that threads share without a lock. ThreadSanitizer (`cargo xtask test`) checks the order of their
//! accesses as well.

use std::thread;

use flow_platform::flags::{Flag, Flags};
use flow_service::audio_load::load;
use flow_service::audio_tap::{TAP_BLOCKS, TapReader, audio_tap};
use flow_service::probe::{Event, Kind, probe};

/// Enough for threads to meet, and few enough for the sanitizer.
const ROUNDS: u16 = 20_000;

#[test]
fn tap_between_threads_keeps_order_and_counts_gaps() {
    const BLOCK: u16 = 96;
    let (mut writer, mut reader, switch) = audio_tap();
    writer.prepare(48_000.0);
    switch.set_enabled(true);
    let blocks = ROUNDS / 4;
    let (fed, lost) = thread::scope(|scope| {
        let feeding = scope.spawn(move || {
            let mut lost = 0;
            for i in 0..blocks {
                // The value of each frame encodes its position.
                let from = u32::from(i) * u32::from(BLOCK) + 1;
                let left: Vec<f32> = (from..from + u32::from(BLOCK)).map(value).collect();
                let right: Vec<f32> = left.iter().map(|x| -x).collect();
                lost += writer.push(&[left, right]);
                if i % 64 == 0 {
                    thread::yield_now();
                }
            }
            (u64::from(blocks) * u64::from(BLOCK), lost)
        });
        let mut received = 0;
        let mut next = 0;
        let mut gaps = 0;
        let mut receive = |reader: &mut TapReader| {
            reader.drain(TAP_BLOCKS, |block| {
                assert!(block.position >= next.max(1));
                gaps += block.position - next.max(1);
                for (i, (left, right)) in (0..).zip(block.filled()[0].iter().zip(block.filled()[1]))
                {
                    let position = u32::try_from(block.position).unwrap() + i;
                    assert_eq!((*left, *right), (value(position), -value(position)));
                }
                next = block.position + block.frames as u64;
                received += block.frames as u64;
            })
        };
        while !feeding.is_finished() {
            receive(&mut reader);
            // The reader is slower than the writer at times.
            thread::yield_now();
        }
        receive(&mut reader);
        let (fed, lost) = feeding.join().unwrap();
        assert_eq!(lost, switch.dropped_frames());
        // The rest is in the block that was being filled.
        assert!(gaps <= lost && received + lost <= fed && fed - received - lost < 512 + lost);
        (fed, lost)
    });
    println!("{lost} of {fed} frames lost");
}

fn value(position: u32) -> f32 {
    // Integers below 2²⁴ are exact.
    #[allow(clippy::cast_precision_loss)]
    let value = (position % 1_000_003) as f32;
    value
}

#[test]
fn load_between_threads_stays_in_range_and_counts_rise() {
    let (mut writer, reader) = load();
    writer.set_real_time(true);
    thread::scope(|scope| {
        let measuring = scope.spawn(move || {
            for i in 1..=u64::from(ROUNDS) {
                let begin_ns = i * 1_333_333;
                writer.record_callback(begin_ns, begin_ns + 400_000, 64, 48_000.0);
            }
        });
        let mut last = reader.read();
        while !measuring.is_finished() {
            let load = reader.read();
            assert!((0.0..0.31).contains(&load.smoothed) && (0.0..0.31).contains(&load.peak));
            assert!(load.callbacks >= last.callbacks && load.late == 0 && load.missed == 0);
            assert!(load.last_callback_ns >= last.last_callback_ns);
            last = load;
        }
    });
    assert_eq!(reader.read().callbacks, u64::from(ROUNDS));
}

#[test]
fn probe_between_threads_keeps_order_and_counts_lost_events() {
    use flow_platform::flags::FLAGS;
    FLAGS.set(Flag::Probe, true);
    let (mut writer, mut reader) = probe();
    thread::scope(|scope| {
        let noting = scope.spawn(move || {
            for ns in 1..=u64::from(ROUNDS) {
                let event = Event::at(Kind::Load, ns, 3 * ns);
                writer.record(Event {
                    end_ns: 2 * ns,
                    ..event
                });
            }
        });
        let mut last_ns = 0;
        let mut seen = 0;
        let mut take = |event: Event| {
            assert!(event.begin_ns > last_ns);
            assert_eq!(
                (event.end_ns, event.value),
                (2 * event.begin_ns, 3 * event.begin_ns)
            );
            last_ns = event.begin_ns;
            seen += 1;
        };
        while !noting.is_finished() {
            reader.drain(&mut take);
            thread::yield_now();
        }
        // There may be more events than fit a ring, but not more than twice as many.
        reader.drain(&mut take);
        reader.drain(&mut take);
        assert_eq!(seen + reader.lost(), u64::from(ROUNDS));
    });
    FLAGS.set(Flag::Probe, false);
}

#[test]
fn flags_set_by_several_threads_are_independent() {
    let flags = Flags::new();
    thread::scope(|scope| {
        for flag in Flag::ALL {
            let flags = &flags;
            scope.spawn(move || {
                for i in 0..ROUNDS {
                    flags.set(flag, i % 2 == 0);
                    assert_eq!(flags.is_on(flag), i % 2 == 0, "only one thread sets it");
                }
            });
        }
    });
    // The last round switches all off.
    assert!(Flag::ALL.iter().all(|flag| !flags.is_on(*flag)));
}
